//! What the search found, measured on rows that chose nothing.

use kitae_eval::Score;
use kitae_eval::difference::{bootstrap_difference, difference_interval};
use kitae_eval::intervals::{BootstrapConfig, Interval};
use kitae_train::engine::{Predictions, RunContext};
use kitae_train::plan::plan_roles;
use kitae_train::prepare::Targets;
use kitae_train::roles::Roles;
use kitae_train::{Event, Problem, ProblemError, Recipe, TrainError, train};
use serde::{Deserialize, Serialize};

use crate::rows::members;
use crate::tune::folds::{groups_of, study_folds, whole_score};

/// A recipe on the holdout rows. Scores are of the recipe's metric; higher is better.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldoutScore {
    /// Of what a model says whose networks are those of all folds.
    pub score: Score,
    /// 95 % interval from resampling rows.
    pub interval: Option<Interval<Score>>,
    /// Of the networks of one fold, the mean over folds: what a trial's own score is the score of.
    pub single: Score,
    /// The mean of the folds' 95 % intervals from resampling rows.
    pub single_interval: Option<Interval<Score>>,
}

/// A look at the holdout rows: the recipe that the search started from, and the best that it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldoutLook {
    /// The number of the trial that was chosen.
    pub best: u32,
    /// The recipe itself.
    pub own: HoldoutScore,
    /// The recipe of the best trial; none if that is the recipe itself.
    pub tuned: Option<HoldoutScore>,
    /// 95 % interval of the best recipe's score minus that of the recipe itself, from resampling the rows
    /// that both predicted; none where they are the same.
    pub gain: Option<Interval>,
    /// How long it took.
    pub seconds: f64,
}

impl HoldoutLook {
    /// The measure of the best trial.
    pub fn best_measured(&self) -> &HoldoutScore {
        self.tuned.as_ref().unwrap_or(&self.own)
    }

    /// By how much the best recipe is better than the recipe itself; none where they are the same.
    pub fn mean_gain(&self) -> Option<f64> {
        self.tuned.as_ref().map(|tuned| tuned.score - self.own.score)
    }
}

/// By how much a trial's own score, on the validation rows that chose its epochs and chose it, is better than
/// the score of the same networks on holdout rows, with the interval of that difference. The rows of the two
/// are not the same ones, so the estimates are taken for independent (Zou and Donner 2008).
pub fn optimism(
    stop: Score,
    interval: Option<Interval<Score>>,
    holdout: &HoldoutScore,
) -> (f64, Option<Interval>) {
    let plain = |score: Score, interval: Interval<Score>| (score.0, interval.map(|end| end.0));
    let both = interval.zip(holdout.single_interval);
    let interval =
        both.map(|(own, other)| difference_interval(plain(stop, own), plain(holdout.single, other)));
    (stop - holdout.single, interval)
}

/// Looks at the holdout rows, which `hold_back` took: the networks of both recipes are trained on the folds
/// of the study as its trials are, and predict all holdout rows. `best` is the best trial's number and
/// recipe.
///
/// # Errors
///
/// If a recipe cannot be trained, or scored on the holdout rows.
pub fn look(
    problem: &Problem,
    holdout: &[u32],
    recipe: &Recipe,
    (best, tuned): (u32, &Recipe),
    context: &RunContext,
) -> Result<HoldoutLook, TrainError> {
    let start = (context.clock)();
    let rows = Rows { targets: Targets::of(&problem.target, holdout), groups: groups_of(problem, holdout) };
    let own = predictions(problem, holdout, recipe, context)?;
    let (own_measured, mut tuned_measured, mut gain) = (rows.measured(recipe, &own)?, None, None);
    if tuned != recipe {
        let other = predictions(problem, holdout, tuned, context)?;
        tuned_measured = Some(rows.measured(tuned, &other)?);
        gain = rows.gain(recipe, &other.joined, &own.joined);
    }
    let seconds = (context.clock)().saturating_sub(start).as_secs_f64();
    Ok(HoldoutLook { best, own: own_measured, tuned: tuned_measured, gain, seconds })
}

/// Predictions for the holdout rows.
pub(crate) struct HoldoutPredictions {
    folds: Vec<Predictions>,
    /// What a model of them says.
    pub(crate) joined: Predictions,
}

pub(crate) fn predictions(
    problem: &Problem,
    holdout: &[u32],
    recipe: &Recipe,
    context: &RunContext,
) -> Result<HoldoutPredictions, TrainError> {
    let folds = study_folds(problem, recipe)?;
    let with_holdout =
        folds.into_iter().map(|(context, roles)| (context, Roles { held_out: holdout.to_vec(), ..roles }));
    let plan = plan_roles(problem, recipe, &members(recipe, &with_holdout.collect::<Vec<_>>()))?;
    let new_run = vec![None; plan.lanes.len()];
    let trained = train(problem, recipe, &plan, &new_run, context, &mut |_: &Event| {})?;
    let table = problem.table.select(holdout);
    let joined = trained.model.predictor(&context.engine)?.predictions(&table)?;
    // A fold whose networks all diverged has no predictions; the others have.
    let folds = trained.out_of_fold.folds.into_iter().map(|fold| fold.predictions).collect();
    Ok(HoldoutPredictions { folds, joined })
}

/// The holdout rows: their targets, and which of them repeat each other.
struct Rows {
    targets: Targets,
    groups: Option<Vec<u32>>,
}

impl Rows {
    fn measured(
        &self,
        recipe: &Recipe,
        predictions: &HoldoutPredictions,
    ) -> Result<HoldoutScore, TrainError> {
        let score = |predictions: &Predictions| {
            whole_score(&self.targets, predictions, recipe, self.groups.as_deref())
        };
        let (all, interval) = score(&predictions.joined).ok_or_else(|| undefined(recipe))?;
        let folds: Vec<(Score, Option<Interval<Score>>)> =
            predictions.folds.iter().filter_map(score).collect();
        let single = Score::mean(folds.iter().map(|(score, _)| *score)).ok_or_else(|| undefined(recipe))?;
        let intervals: Option<Vec<Interval<Score>>> = folds.iter().map(|(_, interval)| *interval).collect();
        let mean = |end: fn(&Interval<Score>) -> Score| Score::mean(intervals.iter().flatten().map(end));
        let single_interval = mean(|interval| interval.low).zip(mean(|interval| interval.high));
        Ok(HoldoutScore {
            score: all,
            interval,
            single,
            single_interval: single_interval.map(|(low, high)| Interval { low, high }),
        })
    }

    fn gain(&self, recipe: &Recipe, tuned: &Predictions, own: &Predictions) -> Option<Interval> {
        let groups = self.groups.as_deref();
        let config = BootstrapConfig { seed: recipe.seed, groups, ..BootstrapConfig::default() };
        let (tuned, own) = (tuned.outcome(&self.targets).ok()?, own.outcome(&self.targets).ok()?);
        bootstrap_difference(&tuned, &own, recipe.metric, &config)
    }
}

fn undefined(recipe: &Recipe) -> TrainError {
    ProblemError(format!("{} has no value on the holdout rows: keep more as holdout", recipe.metric)).into()
}
