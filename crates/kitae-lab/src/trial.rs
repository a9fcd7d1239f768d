//! One lever on the folds of one repeat.

use std::collections::BTreeMap;

use kitae_eval::{Metric, Score};
use kitae_train::baselines::LinearCache;
use kitae_train::engine::{LaneResult, Predictions, RunContext};
use kitae_train::pool::pooled;
use kitae_train::prepare::{LaneData, LaneHyperparameters, Targets};
use kitae_train::scores::OutOfFold;
use kitae_train::train::fit_plan;
use kitae_train::{Plan, Problem, ProblemError, Recipe, TrainError};
use serde::{Deserialize, Serialize};

/// What came of a recipe, or of it with one lever switched, on the folds of one repeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The lever's name; none for the recipe as it is.
    pub lever: Option<String>,
    /// Which repeat, from 0.
    pub repeat: usize,
    /// How long it took, all learning rates together.
    pub seconds: f64,
    /// How much longer it would have taken without the linear models that earlier trials had fitted.
    #[serde(default)]
    pub seconds_saved: f64,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: TrialOutcome,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialOutcome {
    /// A score for each fold.
    Folds(Vec<FoldScore>),
    /// It could not be trained, or not scored on every fold.
    Failed(String),
}

impl TrialOutcome {
    /// The scores, none where the trial failed.
    pub fn folds(&self) -> &[FoldScore] {
        match self {
            Self::Folds(folds) => folds,
            Self::Failed(_) => &[],
        }
    }
}

/// One fold at the learning rate that its validation rows preferred.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldScore {
    /// Which fold.
    pub fold: usize,
    /// The base learning rate that was taken.
    pub learning_rate: f64,
    /// The validation metric on the validation rows, higher is better: what chose the rate.
    pub validation: Score,
    /// The metric on the held-out rows, higher is better: what chose nothing.
    pub score: Score,
    /// Rows that were trained on.
    pub n_train: usize,
    /// Rows that were scored.
    pub n_held_out: usize,
    /// How many of these are not of their largest class; none where numbers were predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_rare: Option<usize>,
}

/// Trains the lanes of `plan`, of one repeat, at each of `rates` side by side, and scores each fold at the
/// rate that its validation rows prefer.
///
/// # Errors
///
/// Also if a fold has no score: the others alone are no comparison, as those that are missing are not missing
/// by chance.
pub(crate) fn try_recipe(
    problem: &Problem,
    recipe: &Recipe,
    plan: &Plan,
    rates: &[f64],
    place: &RunContext,
    linear: &mut LinearCache,
) -> Result<Vec<FoldScore>, TrainError> {
    let folds = try_folds(problem, recipe, plan, rates, place, linear)?;
    Ok(folds.into_iter().collect::<Result<_, String>>().map_err(ProblemError)?)
}

/// The same; of a fold without a score, why there is none.
pub(crate) fn try_folds(
    problem: &Problem,
    recipe: &Recipe,
    plan: &Plan,
    rates: &[f64],
    place: &RunContext,
    linear: &mut LinearCache,
) -> Result<Vec<Result<FoldScore, String>>, TrainError> {
    // L-BFGS searches the length of each step itself.
    let rates = if recipe.optimiser.is_lbfgs() { &[1.0] } else { rates };
    let lanes = rates.iter().flat_map(|rate| plan.lanes.iter().map(|lane| with_rate(lane, *rate))).collect();
    let plan = Plan { layout: plan.layout.clone(), network: plan.network.clone(), lanes };
    let results = fit_plan(problem, recipe, &plan, place, linear)?;
    let mut best: BTreeMap<usize, Result<FoldScore, String>> = BTreeMap::new();
    for networks in by_fold(&plan.lanes, &results) {
        let (fold, score) = (networks.lane().place.fold, fold_score(recipe, &networks));
        match (best.get(&fold), &score) {
            (Some(Ok(other)), Ok(score)) if score.validation <= other.validation => {}
            (Some(_), Err(_)) => {}
            _ => {
                best.insert(fold, score);
            }
        }
    }
    Ok(best.into_values().collect())
}

fn with_rate(lane: &LaneData, factor: f64) -> LaneData {
    let learning_rate = lane.hyperparameters.learning_rate * factor;
    LaneData {
        hyperparameters: LaneHyperparameters { learning_rate, ..lane.hyperparameters.clone() },
        ..lane.clone()
    }
}

/// Why there is no score, if no network of the fold has finite predictions, or a metric is undefined on its
/// rows.
fn fold_score(recipe: &Recipe, networks: &FoldNetworks) -> Result<FoldScore, String> {
    let lane = networks.lane();
    let fold = lane.place.fold + 1;
    let diverged = || format!("training diverged: all networks of fold {fold}");
    let undefined = |metric: Metric, rows: &str| {
        format!(
            "{metric} has no value on the {rows} rows of fold {fold}: name another metric, or fewer folds"
        )
    };
    let validation = networks.validation().ok_or_else(diverged)?;
    let held_out = networks.held_out().ok_or_else(diverged)?;
    Ok(FoldScore {
        fold: lane.place.fold,
        learning_rate: lane.hyperparameters.learning_rate,
        validation: validation
            .score(&lane.fold.validation.targets, recipe.validation_metric)
            .ok_or_else(|| undefined(recipe.validation_metric, "validation"))?,
        score: held_out
            .score(&lane.fold.held_out.targets, recipe.metric)
            .ok_or_else(|| undefined(recipe.metric, "held-out"))?,
        n_train: lane.fold.train.rows.len(),
        n_held_out: lane.fold.held_out.rows.len(),
        n_rare: n_rare(&lane.fold.held_out.targets),
    })
}

fn n_rare(targets: &Targets) -> Option<usize> {
    let Targets::Classes(classes) = targets else { return None };
    let mut classes = classes.clone();
    classes.sort_unstable();
    let largest = classes.chunk_by(|a, b| a == b).map(<[u32]>::len).max().unwrap_or(0);
    Some(classes.len() - largest)
}

/// The networks of a fold that were trained at one learning rate.
pub(crate) struct FoldNetworks<'a> {
    lanes: &'a [LaneData],
    results: &'a [LaneResult],
}

/// Lanes of a fold at one rate lie side by side: its members.
pub(crate) fn by_fold<'a>(
    lanes: &'a [LaneData],
    results: &'a [LaneResult],
) -> impl Iterator<Item = FoldNetworks<'a>> {
    let same = |a: &LaneData, b: &LaneData| {
        a.place.fold == b.place.fold && a.hyperparameters.learning_rate == b.hyperparameters.learning_rate
    };
    let mut from = 0;
    lanes.chunk_by(same).map(move |lanes| {
        let results = &results[from..from + lanes.len()];
        from += lanes.len();
        FoldNetworks { lanes, results }
    })
}

impl FoldNetworks<'_> {
    /// One of its lanes, whose rows are those of all.
    pub(crate) fn lane(&self) -> &LaneData {
        &self.lanes[0]
    }

    /// What they say together of the held-out rows, as a model of them would; none if no network has finite
    /// predictions.
    fn held_out(&self) -> Option<Predictions> {
        let fold = OutOfFold::of_networks(self.lanes, self.results).folds.pop()?;
        Some(fold.predictions)
    }

    /// The same of the validation rows. Of several networks each keeps the smoothing that it has alone.
    pub(crate) fn validation(&self) -> Option<Predictions> {
        let is_finite = |validation: &Predictions| validation.values.iter().all(|value| value.is_finite());
        let validations = self.results.iter().map(|result| result.validation.clone());
        pooled(&validations.filter(is_finite).collect::<Vec<_>>())
    }
}
