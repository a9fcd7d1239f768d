//! A recipe on the folds of a study.

use kitae_eval::Score;
use kitae_eval::intervals::Interval;
use kitae_train::baselines::LinearCache;
use kitae_train::engine::{Predictions, RunContext};
use kitae_train::plan::plan_roles;
use kitae_train::prepare::Targets;
use kitae_train::recipe::Scheme;
use kitae_train::roles::{LanePlace, Roles, assign_roles, row_groups};
use kitae_train::scores::whole_scores;
use kitae_train::train::fit_plan;
use kitae_train::{Problem, Recipe, TrainError};

use crate::rows::{join, members};
use crate::trial::{FoldNetworks, by_fold};

/// The roles of each fold: what the recipe would score is what chooses its epochs, and what chooses it. So
/// every row is a validation row of one fold, and no row is a held-out row; those that measure the study were
/// taken out before.
pub(crate) fn study_folds(problem: &Problem, recipe: &Recipe) -> Result<Vec<(LanePlace, Roles)>, TrainError> {
    let mut dealt = recipe.clone();
    if let Scheme::KFold { n_repeats, .. } = &mut dealt.split.scheme {
        *n_repeats = 1;
    }
    dealt.training.members = 1;
    let folds = assign_roles(&dealt, problem, &problem.open_rows)?;
    let roles = |(place, roles): (LanePlace, Roles)| {
        let Roles { train, validation, held_out } = roles;
        (place, Roles { train: join(train, validation), validation: held_out, held_out: Vec::new() })
    };
    Ok(folds.into_iter().map(roles).collect())
}

/// The validation rows of a fold and the predictions for them.
#[derive(Debug)]
pub(crate) struct Predicted {
    pub(crate) rows: Vec<u32>,
    pub(crate) targets: Targets,
    pub(crate) predictions: Predictions,
}

/// Trains a recipe on some folds; what each predicts. None of a fold whose networks all diverged.
pub(crate) fn fit_folds(
    problem: &Problem,
    recipe: &Recipe,
    folds: &[(LanePlace, Roles)],
    place: &RunContext,
    linear: &mut LinearCache,
) -> Result<Vec<Option<Predicted>>, TrainError> {
    let plan = plan_roles(problem, recipe, &members(recipe, folds))?;
    let results = fit_plan(problem, recipe, &plan, place, linear)?;
    let predicted = |networks: FoldNetworks| {
        let validation = &networks.lane().fold.validation;
        Some(Predicted {
            rows: validation.rows.clone(),
            targets: validation.targets.clone(),
            predictions: networks.validation()?,
        })
    };
    Ok(by_fold(&plan.lanes, &results).map(predicted).collect())
}

/// Predictions for the rows of several folds.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    predicted: Option<Predicted>,
}

impl Pool {
    pub(crate) fn add(&mut self, more: Predicted) {
        let Some(all) = &mut self.predicted else {
            self.predicted = Some(more);
            return;
        };
        all.targets.extend(&more.targets);
        all.predictions.values.extend(more.predictions.values);
        all.rows.extend(more.rows);
    }

    /// The metric on all rows; none where it is undefined or not a number.
    pub(crate) fn score(&self, recipe: &Recipe) -> Option<Score> {
        let Predicted { targets, predictions, .. } = self.predicted.as_ref()?;
        predictions.score(targets, recipe.metric).filter(|score| score.0.is_finite())
    }

    pub(crate) fn score_with_interval(
        &self,
        problem: &Problem,
        recipe: &Recipe,
    ) -> Option<(Score, Option<Interval<Score>>)> {
        let Predicted { rows, targets, predictions } = self.predicted.as_ref()?;
        let groups = groups_of(problem, rows);
        whole_score(targets, predictions, recipe, groups.as_deref()).filter(|(score, _)| score.0.is_finite())
    }
}

/// The groups of some rows, if rows are split by them.
pub(crate) fn groups_of(problem: &Problem, rows: &[u32]) -> Option<Vec<u32>> {
    let groups = row_groups(&problem.seal.by, &problem.table)?;
    Some(rows.iter().map(|row| groups[*row as usize]).collect())
}

/// The recipe's metric on some rows and its interval, higher being better.
pub(crate) fn whole_score(
    targets: &Targets,
    predictions: &Predictions,
    recipe: &Recipe,
    groups: Option<&[u32]>,
) -> Option<(Score, Option<Interval<Score>>)> {
    let metric = recipe.metric;
    let (value, interval) = whole_scores(targets, predictions, &[metric], recipe.seed, groups).pop()??;
    Some((metric.score_of(value), interval.map(|interval| metric.score_interval(interval))))
}
