//! The baselines that every network is measured against, on the same folds: a constant and a linear
//! model.

mod cache;
mod penalties;
mod recipe;
mod rotation;
mod sparse;

use std::sync::Arc;

use kitae_data::preprocess::{Layout, NumericTransform, PreprocessConfig, Preprocessor};
use kitae_eval::{Score, baseline};
use kitae_model::NetworkConfig;

use crate::blend::linear_share;
use crate::engine::{self, Checkpoints, LaneResult, Predictions, Probing, fit_lanes};
use crate::error::TrainError;
use crate::objective::Objective;
use crate::observer::Event;
use crate::plan::Plan;
use crate::prepare::{LaneData, Targets, prepare_fold};
use crate::problem::Problem;
use crate::recipe::Recipe;
use crate::roles::LanePlace;
use kitae_infer::blended;
pub(crate) use penalties::n_penalties;
use penalties::{has_many_predictions, penalised, penalties};
pub(crate) use recipe::linear_shape;
use recipe::{linear_network, linear_recipe};
use rotation::rotated;

pub use cache::LinearCache;

/// Rows that are added to each class where one has no training row. The fewest are those of Krichevsky and
/// Trofimov (1981, "The performance of universal encoding"), the most make all classes alike.
const PSEUDO_ROWS: [f64; 8] = [0.5, 1.0, 2.0, 4.0, 8.0, 32.0, 256.0, 8_192.0];

/// For each lane the prediction that ignores the features: the class frequencies or the mean of its training
/// rows. A class that has none of these rows is not called impossible, which would cost 36 nats a row and
/// make anything look better: rows are added to each class, as many as the validation rows prefer, which
/// choose the penalty of the linear model and the temperature of a network too.
pub fn constant_predictions(lanes: &[LaneData], n_classes: usize) -> Vec<Predictions> {
    let answer = |lane: &LaneData| {
        let (constant, n_columns) = match &lane.fold.train.targets {
            Targets::Classes(classes) => {
                (frequencies(classes, &lane.fold.validation.targets, n_classes), n_classes)
            }
            Targets::Values(values) => (baseline::mean(values).ok().map(|mean| vec![mean]), 1),
        };
        // Training rows are never empty, so the fallback is not met.
        let constant = constant.unwrap_or_else(|| vec![f64::NAN; n_columns]);
        Predictions { values: baseline::repeat(&constant, lane.fold.held_out.rows.len()), n_columns }
    };
    lanes.iter().map(answer).collect()
}

/// The class frequencies; where a class has no training row, those with the pseudo rows that explain the
/// validation rows best, of equals the fewest.
fn frequencies(classes: &[u32], stop: &Targets, n_classes: usize) -> Option<Vec<f64>> {
    let plain = baseline::class_frequencies(classes, n_classes).ok()?;
    if plain.iter().all(|frequency| *frequency > 0.0) {
        return Some(plain);
    }
    let Targets::Classes(stop) = stop else { return Some(plain) };
    let mut best: Option<(f64, Vec<f64>)> = None;
    for pseudo_rows in PSEUDO_ROWS {
        let smoothed = baseline::smoothed_frequencies(classes, n_classes, pseudo_rows).ok()?;
        let likelihood: f64 = stop.iter().map(|class| smoothed[*class as usize].ln()).sum();
        if best.as_ref().is_none_or(|(highest, _)| likelihood > *highest) {
            best = Some((likelihood, smoothed));
        }
    }
    best.map(|(_, smoothed)| smoothed)
}

/// Linear models, one for each fold.
#[derive(Clone, Debug)]
pub struct LinearModels {
    /// A network without hidden layers.
    pub network: NetworkConfig,
    /// What its outputs mean.
    pub objective: Objective,
    /// For each fold the model that did best on the validation rows.
    pub folds: Vec<LinearModel>,
}

/// The linear model of a fold.
#[derive(Clone, Debug)]
pub struct LinearModel {
    /// Where its fold stands in the run.
    pub place: LanePlace,
    /// What its rows went through, if not through what the lane's went.
    pub preprocessor: Option<Preprocessor>,
    /// How good it is on the validation rows: higher is better.
    pub validation_score: Score,
    /// Its weights and predictions.
    pub result: LaneResult,
}

impl LinearModels {
    /// Fitted on the folds of these lanes, on their own features or on standardised numbers, as the
    /// validation rows of each prefer. None if they cannot be trained, which does not cost the user the
    /// model.
    pub(crate) fn fit(
        problem: &Problem,
        recipe: &Recipe,
        plan: &Plan,
        folds: &[LaneData],
        place: &engine::RunContext,
    ) -> Result<Option<Self>, TrainError> {
        let n_classes = problem.class_names().len();
        let fit = |folds: &[LaneData]| match linear_models(recipe, &plan.layout, n_classes, folds, place) {
            Err(TrainError::Diverged { .. }) => Ok(None),
            models => models.map(Some),
        };
        let mut best = fit(folds)?;
        let Some(models) = best.as_mut() else { return Ok(None) };
        if is_bent(recipe, &plan.layout) && !has_many_predictions(folds, models.network.n_outputs) {
            // One fold at a time, so that the rows of all folds are not held twice.
            for lane in folds {
                let lane = standardised(problem, recipe, plan, lane)?;
                let others = fit(std::slice::from_ref(&lane))?.map(|others| others.folds).unwrap_or_default();
                let sparse = models.sparse(problem, recipe, &lane, place);
                for mut model in others.into_iter().chain(sparse) {
                    model.preprocessor = Some(lane.fold.preprocessor.clone());
                    models.improve(model);
                }
            }
        } else {
            let sparse: Vec<_> =
                folds.iter().filter_map(|lane| models.sparse(problem, recipe, lane, place)).collect();
            for model in sparse {
                models.improve(model);
            }
        }
        Ok(best)
    }

    /// The one that was fitted on the fold of this lane.
    pub(crate) fn of_fold(&self, lane: &LaneData) -> Option<&LinearModel> {
        self.folds.iter().find(|model| is_same_fold(model.place, lane.place))
    }

    /// Takes `other` if it is better on the validation rows of its fold.
    fn improve(&mut self, other: LinearModel) {
        let same = self.folds.iter_mut().find(|model| is_same_fold(model.place, other.place));
        if let Some(model) = same.filter(|model| other.validation_score > model.validation_score) {
            *model = other;
        }
    }

    /// One that chooses its columns, where a fold has more of them than rows.
    fn sparse(
        &self,
        problem: &Problem,
        recipe: &Recipe,
        lane: &LaneData,
        place: &engine::RunContext,
    ) -> Option<LinearModel> {
        let (by, recipe) = (&problem.seal.by, linear_recipe(recipe));
        sparse::is_wide(lane).then(|| sparse::fit(by, &recipe, self, lane, place)).flatten()
    }

    /// Blends the linear model of each fold with its networks, and says with what share.
    pub(crate) fn join(&self, recipe: &Recipe, lanes: &[LaneData], results: &mut [LaneResult]) -> Vec<f64> {
        let mut shares = vec![0.0; results.len()];
        for ((lane, result), share) in lanes.iter().zip(results).zip(&mut shares) {
            // A network without weights is left out of the model.
            let Some(linear) = self.of_fold(lane).filter(|_| !result.is_lost()) else { continue };
            let linear = &linear.result;
            *share = linear_share(
                &result.validation,
                &linear.validation,
                &lane.fold.validation.targets,
                recipe.metric,
            );
            result.validation = blended(&result.validation, &linear.validation, *share);
            result.held_out = blended(&result.held_out, &linear.held_out, *share);
            result.in_bag = blended(&result.in_bag, &linear.in_bag, *share);
        }
        shares
    }
}

/// The first lane of each fold.
pub(crate) fn first_lanes(lanes: &[LaneData]) -> Vec<LaneData> {
    let mut first: Vec<LaneData> = Vec::new();
    for lane in lanes {
        if !first.iter().any(|other| is_same_fold(other.place, lane.place)) {
            first.push(lane.clone());
        }
    }
    first
}

fn is_same_fold(one: LanePlace, other: LanePlace) -> bool {
    (one.repeat, one.fold) == (other.repeat, other.fold)
}

/// For each of `lanes`, one a fold, a linear model with an L2 penalty chosen on the validation rows.
/// Penalties of all folds are lanes of the same packs.
///
/// # Errors
///
/// If the run is interrupted or every lane diverges.
pub fn linear_models(
    recipe: &Recipe,
    layout: &Layout,
    n_classes: usize,
    lanes: &[LaneData],
    place: &engine::RunContext,
) -> Result<LinearModels, TrainError> {
    let recipe = linear_recipe(recipe);
    let network = linear_network(&recipe, layout, n_classes);
    let mut models = LinearModels { network, objective: recipe.objective.clone(), folds: Vec::new() };
    if lanes.iter().all(sparse::is_wide) {
        let (rotations, lanes) = rotated(lanes);
        let width = lanes.first().map_or(0, |lane| lane.fold.train.features.d_numbers);
        let narrow = NetworkConfig { d_numbers: width, ..models.network.clone() };
        models.folds = ridge_models(&recipe, &narrow, &lanes, place)?;
        for (model, rotation) in models.folds.iter_mut().zip(rotations) {
            rotation.undo(&mut model.result.weights, width);
        }
    } else {
        models.folds = ridge_models(&recipe, &models.network, lanes, place)?;
    }
    Ok(models)
}

/// For each lane the model of the penalty that its validation rows choose.
fn ridge_models(
    recipe: &Recipe,
    network: &NetworkConfig,
    lanes: &[LaneData],
    place: &engine::RunContext,
) -> Result<Vec<LinearModel>, TrainError> {
    let penalties = penalties(lanes, network.n_outputs);
    let varied: Vec<LaneData> = lanes.iter().flat_map(|lane| penalised(recipe, lane, penalties)).collect();
    let quiet = engine::RunContext {
        checkpoints: Checkpoints::Off,
        probing: Probing::Off,
        engine: place.engine.clone(),
        ..*place
    };
    let mut silent = |_: &Event| {};
    let results = fit_lanes(recipe, network, &varied, &vec![None; varied.len()], &quiet, &mut silent)?;
    let mut results = results.into_iter();
    let best = |lane: &LaneData| {
        let score = |result: LaneResult| {
            let score = result.validation.score(&lane.fold.validation.targets, recipe.metric);
            (score.unwrap_or(Score(f64::NEG_INFINITY)), result)
        };
        let penalties = results.by_ref().take(penalties.len()).map(score);
        let (validation_score, result) =
            penalties.max_by(|(one, _), (other, _)| one.0.total_cmp(&other.0))?;
        Some(LinearModel { place: lane.place, preprocessor: None, validation_score, result })
    };
    Ok(lanes.iter().filter_map(best).collect())
}

/// What the networks are measured against, fitted on the same folds.
pub(crate) struct Baselines {
    /// The first lane of each.
    pub(crate) folds: Vec<LaneData>,
    pub(crate) constant: Vec<Predictions>,
    /// None if it cannot be trained, which does not cost the user the model.
    pub(crate) linear: Option<LinearModels>,
}

impl Baselines {
    pub(crate) fn fit(
        problem: &Problem,
        recipe: &Recipe,
        plan: &Plan,
        place: &engine::RunContext,
    ) -> Result<Self, TrainError> {
        let folds = first_lanes(&plan.lanes);
        let constant = constant_predictions(&folds, problem.class_names().len());
        let linear = LinearModels::fit(problem, recipe, plan, &folds, place)?;
        Ok(Self { folds, constant, linear })
    }
}

/// Whether numbers are fed otherwise than standardised. The default bends those that are far out, which
/// serves a network and takes from a straight line what it sees best.
fn is_bent(recipe: &Recipe, layout: &Layout) -> bool {
    recipe.preprocess.numeric != NumericTransform::Standardise && layout.n_numeric() > 0
}

/// The same rows in the same roles, with numbers that are standardised.
fn standardised(
    problem: &Problem,
    recipe: &Recipe,
    plan: &Plan,
    lane: &LaneData,
) -> Result<LaneData, TrainError> {
    let numeric = NumericTransform::Standardise;
    let preprocess = PreprocessConfig { numeric, ..recipe.preprocess.clone() };
    let recipe = Recipe { preprocess, ..recipe.clone() };
    let fold = prepare_fold(&recipe, &plan.layout, &problem.table, &problem.target, &lane.fold.roles())?;
    Ok(LaneData { fold: Arc::new(fold), ..lane.clone() })
}
