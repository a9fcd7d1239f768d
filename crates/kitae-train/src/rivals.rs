//! The rivals that every network is measured against, on the same folds: a constant and a linear
//! model.
//!
//! ```
//! # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
//! use kitae_train::rivals::{constant_answers, linear_models};
//!
//! let (_, recipe, plan) = moons::planned()?;
//! let linear = linear_models(&recipe, &plan.network, 2, &plan.lanes, &moons::place())?.folds;
//! let truth = &plan.lanes[0].fold.score.truth;
//! let score = |answers: &kitae_train::engine::Answers| answers.score(truth, recipe.metric);
//! // A straight line tells the moons apart better than a coin does.
//! assert!(score(&linear[0].result.score) > score(&constant_answers(&plan.lanes, 2)[0]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;

use kitae_data::target::Task;
use kitae_eval::baseline;
use kitae_model::{
    Activation, Ensemble, Initialiser, InputScale, NetworkConfig, Normalisation, Parametrisation, Skip, Slope,
};

use crate::averaging::Averaging;
use crate::engine::{self, Answers, Checkpoints, LaneResult, Probing, fit_lanes};
use crate::error::TrainError;
use crate::mixing::Mixing;
use crate::objective::Objective;
use crate::observer::Event;
use crate::optimiser::{LbfgsConfig, OptimiserConfig};
use crate::prepare::{FoldData, LaneData, LaneLevers, Truth};
use crate::recipe::{Dropout, Feeding, Recipe};
use crate::roles::Place;
use crate::schedule::{Schedule, ScheduleConfig};
use crate::stopping::{Keep, Stopping};

/// Strengths of the linear model's penalty; the stop rows choose one for each fold.
const PENALTIES: [f64; 4] = [1e-4, 1e-3, 1e-2, 1e-1];

/// Steps of L-BFGS, each of [`ITERATIONS`] iterations; the stop rows choose among the steps too.
const STEPS: usize = 20;

/// 100 iterations in all, as scikit-learn's logistic regression.
const ITERATIONS: usize = 5;

/// For each lane the answer that ignores the features: the class frequencies or the mean of its
/// training rows.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// use kitae_train::rivals::constant_answers;
///
/// let (_, _, plan) = moons::planned()?;
/// let answers = &constant_answers(&plan.lanes, 2)[0];
/// assert!(answers.values.chunks(2).all(|row| *row == answers.values[..2]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn constant_answers(lanes: &[LaneData], n_classes: usize) -> Vec<Answers> {
    let answer = |lane: &LaneData| {
        let (constant, n_columns) = match &lane.fold.train.truth {
            Truth::Classes(classes) => (baseline::class_frequencies(classes, n_classes), n_classes),
            Truth::Values(values) => (baseline::mean(values).map(|mean| vec![mean]), 1),
        };
        // Training rows are never empty, so the fallback is not met.
        let constant = constant.unwrap_or_else(|_| vec![f64::NAN; n_columns]);
        Answers { values: baseline::repeat(&constant, lane.fold.score.rows.len()), n_columns }
    };
    lanes.iter().map(answer).collect()
}

/// Linear models, one for each fold.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// use kitae_train::rivals::linear_models;
///
/// let (_, recipe, plan) = moons::planned()?;
/// let models = linear_models(&recipe, &plan.network, 2, &plan.lanes, &moons::place())?;
/// // Straight lines, whatever the recipe does to numbers.
/// assert!(models.network.hidden.is_empty() && models.network.periodic.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LinearModels {
    /// A network without hidden layers.
    pub network: NetworkConfig,
    /// What its outputs mean.
    pub objective: Objective,
    /// For each fold the model that did best on the stop rows.
    pub folds: Vec<LinearModel>,
}

/// The linear model of a fold.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// use kitae_train::rivals::linear_models;
///
/// let (_, recipe, plan) = moons::planned()?;
/// let models = linear_models(&recipe, &plan.network, 2, &plan.lanes, &moons::place())?;
/// let model = &models.folds[0];
/// assert_eq!(model.result.score.n_rows(), plan.lanes[0].fold.score.rows.len());
/// // It was fed with what the fold's rows became.
/// assert_eq!(model.fold.preprocessor, plan.lanes[0].fold.preprocessor);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LinearModel {
    /// Where its fold stands in the run.
    pub place: Place,
    /// What it was fed with.
    pub fold: Arc<FoldData>,
    /// Its weights and answers.
    pub result: LaneResult,
}

impl LinearModels {
    /// The one that was fitted on the fold of this lane.
    pub(crate) fn of_fold(&self, lane: &LaneData) -> Option<&LinearModel> {
        self.folds.iter().find(|model| is_same_fold(model.place, lane.place))
    }
}

fn is_same_fold(one: Place, other: Place) -> bool {
    (one.repeat, one.fold) == (other.repeat, other.fold)
}

/// For each fold of `lanes` a linear model with an L2 penalty. Where a fold has several lanes, which may feed its rows in
/// several ways, the stop rows choose among them as they choose the penalty.
/// Penalties of all folds are lanes of the same packs.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// use kitae_train::rivals::linear_models;
///
/// let (_, recipe, plan) = moons::planned()?;
/// let models = linear_models(&recipe, &plan.network, 2, &plan.lanes, &moons::place())?;
/// assert_eq!(models.folds.len(), plan.lanes.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If the run is interrupted or every lane diverges.
pub fn linear_models(
    recipe: &Recipe,
    network: &NetworkConfig,
    n_classes: usize,
    lanes: &[LaneData],
    place: &engine::Place,
) -> Result<LinearModels, TrainError> {
    let n_classes = if recipe.task == Task::Classification { n_classes } else { 0 };
    let (recipe, network) = (linear_recipe(recipe), linear_network(network));
    let network = NetworkConfig { n_outputs: recipe.objective.n_outputs(n_classes), ..network };
    let varied: Vec<LaneData> = lanes.iter().flat_map(|lane| penalised(&recipe, lane)).collect();
    let quiet = engine::Place {
        checkpoints: Checkpoints::Off,
        probing: Probing::Off,
        device: place.device.clone(),
        ..*place
    };
    let mut silent = |_: &Event| {};
    let results = fit_lanes(&recipe, &network, &varied, &vec![None; varied.len()], &quiet, &mut silent)?;
    let mut folds: Vec<(f64, LinearModel)> = Vec::new();
    for (LaneData { place, fold, .. }, result) in varied.into_iter().zip(results) {
        let score = result.stop.score(&fold.stop.truth, recipe.metric).unwrap_or(f64::NEG_INFINITY);
        let model = LinearModel { place, fold, result };
        match folds.iter_mut().find(|(_, best)| is_same_fold(best.place, place)) {
            Some((highest, _)) if score < *highest => {}
            Some(best) => *best = (score, model),
            None => folds.push((score, model)),
        }
    }
    let folds = folds.into_iter().map(|(_, model)| model).collect();
    Ok(LinearModels { network, objective: recipe.objective, folds })
}

fn penalised(recipe: &Recipe, lane: &LaneData) -> Vec<LaneData> {
    let with =
        |l2: &f64| LaneData { levers: LaneLevers { l2: *l2, ..LaneLevers::of(recipe) }, ..lane.clone() };
    PENALTIES.iter().map(with).collect()
}

fn linear_network(network: &NetworkConfig) -> NetworkConfig {
    NetworkConfig {
        periodic: None,
        piecewise: None,
        input_scale: InputScale::None,
        ensemble: Ensemble::None,
        hidden: Vec::new(),
        activation: Activation::Identity,
        slope: Slope::Fixed,
        normalisation: Normalisation::None,
        skip: Skip::None,
        parametrisation: Parametrisation::Standard,
        initialiser: Initialiser::LecunNormal,
        ..network.clone()
    }
}

fn linear_recipe(recipe: &Recipe) -> Recipe {
    let mut linear = recipe.clone();
    let constant = ScheduleConfig::from(Schedule::Constant);
    if recipe.task == Task::Classification {
        linear.objective = Objective::cross_entropy();
    }
    linear.stop_metric = linear.metric;
    linear.network.hidden = Vec::new();
    linear.network.dropout = Dropout::Everywhere(0.0);
    linear.optimiser =
        OptimiserConfig::Lbfgs(LbfgsConfig { iterations: ITERATIONS, ..LbfgsConfig::default() });
    linear.training.feeding = Feeding::Full;
    linear.training.mixing = Mixing::None;
    linear.training.epochs = STEPS;
    linear.training.averaging = Averaging::None;
    linear.training.keep = Keep::Best;
    linear.training.learning_rate = 1.0;
    linear.training.schedule = constant;
    linear.training.plateau = None;
    linear.training.weight_decay = 0.0;
    linear.training.weight_decay_schedule = constant;
    linear.training.l1 = 0.0;
    linear.training.max_norm = None;
    linear.stopping =
        Stopping::Early { patience: 4, patience_factor: 0.0, min_delta: 0.0, warm_up_epochs: 0 };
    linear
}
