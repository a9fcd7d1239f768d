//! A recipe on the folds of a study.

use kitae_eval::intervals::Interval;
use kitae_train::engine::{Answers, Place};
use kitae_train::prepare::Truth;
use kitae_train::recipe::Scheme;
use kitae_train::rivals::LinearCache;
use kitae_train::roles::{Place as LanePlace, Roles, assign_roles, row_groups};
use kitae_train::train::{fit_plan, plan_roles};
use kitae_train::{Problem, Recipe, TrainError};

use crate::outer::join;
use crate::trial::{FoldNetworks, by_fold};
use crate::tune::report::whole_score;

/// The roles of each fold: what the recipe would score is what chooses its epochs, and what chooses it. So every row is
/// a stop row of one fold, and no row is a score row; those were held back.
pub(crate) fn study_folds(problem: &Problem, recipe: &Recipe) -> Result<Vec<(LanePlace, Roles)>, TrainError> {
    let mut dealt = recipe.clone();
    if let Scheme::KFold { n_repeats, .. } = &mut dealt.split.scheme {
        *n_repeats = 1;
    }
    dealt.training.members = 1;
    let folds = assign_roles(&dealt, problem, &problem.open_rows)?;
    let roles = |(place, roles): (LanePlace, Roles)| {
        let Roles { train, stop, score } = roles;
        (place, Roles { train: join(train, stop), stop: score, score: Vec::new() })
    };
    Ok(folds.into_iter().map(roles).collect())
}

/// The lanes of each fold.
pub(crate) fn members(recipe: &Recipe, folds: &[(LanePlace, Roles)]) -> Vec<(LanePlace, Roles)> {
    let of_fold = |(place, roles): &(LanePlace, Roles)| -> Vec<(LanePlace, Roles)> {
        (0..recipe.training.members).map(|member| (LanePlace { member, ..*place }, roles.clone())).collect()
    };
    folds.iter().flat_map(of_fold).collect()
}

/// The stop rows of a fold and the answers to them.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) rows: Vec<u32>,
    pub(crate) truth: Truth,
    pub(crate) answers: Answers,
}

/// Trains a recipe on some folds; what each answers. None of a fold whose networks all diverged.
pub(crate) fn fit_folds(
    problem: &Problem,
    recipe: &Recipe,
    folds: &[(LanePlace, Roles)],
    place: &Place,
    linear: &mut LinearCache,
) -> Result<Vec<Option<Answered>>, TrainError> {
    let plan = plan_roles(problem, recipe, &members(recipe, folds))?;
    let results = fit_plan(problem, recipe, &plan, place, linear)?;
    let answered = |networks: FoldNetworks| {
        let stop = &networks.lane().fold.stop;
        Some(Answered { rows: stop.rows.clone(), truth: stop.truth.clone(), answers: networks.stop()? })
    };
    Ok(by_fold(&plan.lanes, &results).map(answered).collect())
}

/// Answers to the rows of several folds.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    answered: Option<Answered>,
}

impl Pool {
    pub(crate) fn add(&mut self, more: Answered) {
        let Some(all) = &mut self.answered else {
            self.answered = Some(more);
            return;
        };
        match (&mut all.truth, more.truth) {
            (Truth::Classes(all), Truth::Classes(more)) => all.extend(more),
            (Truth::Values(all), Truth::Values(more)) => all.extend(more),
            _ => {}
        }
        all.answers.values.extend(more.answers.values);
        all.rows.extend(more.rows);
    }

    /// The metric on all rows; none where it is undefined or not a number.
    pub(crate) fn score(&self, recipe: &Recipe) -> Option<f64> {
        let Answered { truth, answers, .. } = self.answered.as_ref()?;
        answers.score(truth, recipe.metric).filter(|score| score.is_finite())
    }

    pub(crate) fn score_with_interval(
        &self,
        problem: &Problem,
        recipe: &Recipe,
    ) -> Option<(f64, Option<Interval>)> {
        let Answered { rows, truth, answers } = self.answered.as_ref()?;
        let groups = groups_of(problem, recipe, rows);
        whole_score(truth, answers, recipe, groups.as_deref()).filter(|(score, _)| score.is_finite())
    }
}

/// The groups of some rows, if the recipe splits by them.
pub(crate) fn groups_of(problem: &Problem, recipe: &Recipe, rows: &[u32]) -> Option<Vec<u32>> {
    let groups = row_groups(&recipe.split.by, &problem.table)?;
    Some(rows.iter().map(|row| groups[*row as usize]).collect())
}
