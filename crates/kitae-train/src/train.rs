//! From a problem and a recipe to a model: the main job.

use kitae_data::preprocess::Layout;
use kitae_data::profile::Profile;
use kitae_data::read::ReadOptions;

use crate::baselines::{Baselines, LinearCache, LinearModels};
use crate::blend::Blend;
use crate::engine::checkpoint::SavedLane;
use crate::engine::{LaneResult, RunContext, fit_lanes};
use crate::error::TrainError;
use crate::model::{Course, Fitted, LaneManifest, LinearManifest, LinearShare, Manifest, Model, Source};
use crate::nonconformity::collect;
use crate::observer::{Event, Observer};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::recipe::Recipe;
use crate::scores::{OutOfFold, ScoreReport};

/// A model and its predictions for the rows it was scored on.
#[derive(Clone, Debug)]
pub struct Trained {
    /// What is delivered.
    pub model: Model,
    /// Predictions for the held-out rows, each by networks that had not seen the row.
    pub out_of_fold: OutOfFold,
    /// Networks that diverged before their first good epoch; the model is without them.
    pub n_lost: usize,
}

/// Trains all lanes of `plan`, scores them on rows that decided nothing, and compares them with the
/// constant and the linear model. `saved` holds lanes of an unfinished run, or none.
///
/// # Errors
///
/// If the run is interrupted, diverges, or a checkpoint cannot be written.
pub fn train(
    problem: &Problem,
    recipe: &Recipe,
    plan: &Plan,
    saved: &[Option<SavedLane>],
    place: &RunContext,
    observer: &mut dyn Observer,
) -> Result<Trained, TrainError> {
    let mut results = fit_lanes(recipe, &plan.network, &plan.lanes, saved, place, observer)?;
    observer.observe(&Event::BaselinesStarted);
    let baselines = Baselines::fit(problem, recipe, plan, place).map_err(|error| match error {
        // The networks have all their epochs.
        TrainError::Interrupted { .. } => TrainError::Interrupted { epoch: recipe.training.epochs },
        error => error,
    })?;
    let alone = OutOfFold::of_networks(&plan.lanes, &results);
    let (shares, out_of_fold, alone) = match (recipe.blend, &baselines.linear) {
        (Blend::Linear, Some(linear)) => {
            let shares = linear.join(recipe, &plan.lanes, &mut results);
            (shares, OutOfFold::of_networks(&plan.lanes, &results), Some(alone))
        }
        _ => (vec![0.0; results.len()], alone, None),
    };
    let predictions = (&out_of_fold, alone.as_ref());
    let mut scores = ScoreReport::of(problem, recipe, plan, &results, predictions, &baselines);
    if recipe.blend != Blend::None {
        scores.linear_share = Some(shares.iter().sum::<f64>() / shares.len() as f64);
    }
    let n_lost = results.iter().filter(|result| result.is_lost()).count();
    let n_epochs = results.iter().map(|result| result.n_epochs).min().unwrap_or(0);
    let networks = Networks { results, shares, linear: baselines.linear };
    let model = assemble(problem, recipe, plan, networks, scores);
    // By time, the networks of earlier folds are no model.
    if model.manifest.model.lanes.is_empty() {
        return Err(TrainError::Diverged { epoch: n_epochs, learning_rate: recipe.training.learning_rate });
    }
    Ok(Trained { model, out_of_fold, n_lost })
}

/// What the networks of `plan` predict for their validation and held-out rows as parts of a model, each
/// joined by its linear model if the recipe says so: [`train`](fn@train) without a comparison and without a
/// model. Lanes of one fold may differ in their hyperparameters. Linear models that `linear` knows are not
/// fitted again.
///
/// # Errors
///
/// If the run is interrupted or every lane diverges.
pub fn fit_plan(
    problem: &Problem,
    recipe: &Recipe,
    plan: &Plan,
    place: &RunContext,
    linear: &mut LinearCache,
) -> Result<Vec<LaneResult>, TrainError> {
    let new_run = vec![None; plan.lanes.len()];
    let mut results = fit_lanes(recipe, &plan.network, &plan.lanes, &new_run, place, &mut |_: &Event| {})?;
    if recipe.blend == Blend::Linear {
        linear.models(problem, recipe, plan, place)?.join(recipe, &plan.lanes, &mut results);
    }
    Ok(results)
}

/// What was trained.
struct Networks {
    results: Vec<LaneResult>,
    shares: Vec<f64>,
    linear: Option<LinearModels>,
}

/// The model of all lanes that have weights to predict with. Where rows are split by time, those of the
/// last fold alone, which were trained up to the latest rows.
fn assemble(
    problem: &Problem,
    recipe: &Recipe,
    plan: &Plan,
    networks: Networks,
    scores: ScoreReport,
) -> Model {
    let Networks { results, shares, linear } = networks;
    let (mut lanes, mut courses) = (Vec::new(), Vec::new());
    let (mut weights, mut linear_weights) = (Vec::new(), Vec::new());
    let (mut delivered, mut predictions) = (Vec::new(), Vec::new());
    let by_time = problem.seal.by.is_time();
    let last_fold = plan.lanes.iter().map(|lane| lane.place.fold).max();
    for ((lane, result), share) in plan.lanes.iter().zip(results).zip(shares) {
        if result.is_lost() || (by_time && Some(lane.place.fold) != last_fold) {
            continue;
        }
        let linear = linear.as_ref().filter(|_| share > 0.0).and_then(|models| models.of_fold(lane));
        lanes.push(LaneManifest {
            place: lane.place,
            preprocessor: lane.fold.preprocessor.clone(),
            target_scale: lane.fold.target_scale,
            calibrator: result.calibrator,
            linear: linear.map(|linear| LinearShare {
                share,
                calibrator: linear.result.calibrator,
                preprocessor: linear.preprocessor.clone(),
            }),
        });
        let LaneResult { kept_epoch, n_epochs, end, .. } = result;
        courses.push(Course { kept_epoch, n_epochs, end });
        delivered.push(lane.clone());
        predictions.push(result.held_out);
        weights.push(result.weights);
        linear_weights.push(linear.map(|linear| linear.result.weights.clone()));
    }
    let has_linear = linear_weights.iter().any(Option::is_some);
    let linear = linear.filter(|_| has_linear);
    let model = kitae_infer::Manifest {
        kitae: env!("CARGO_PKG_VERSION").to_string(),
        // Known to the caller only, as is the path.
        reading: ReadOptions::default(),
        schema: problem.schema.clone(),
        target: problem.target_column.clone(),
        class_names: problem.class_names().to_vec(),
        layout: plan.layout.clone(),
        network: plan.network.clone(),
        objective: recipe.objective.clone(),
        lanes,
        linear: linear.map(|models| LinearManifest { network: models.network, objective: models.objective }),
        profile: profile(problem, &plan.layout),
        source: source(problem),
    };
    let (recipe, seal) = (recipe.clone(), problem.seal.clone());
    let manifest = Manifest { model, recipe, courses, seal, findings: Vec::new(), scores };
    let nonconformity = Some(collect(&delivered, &predictions));
    Model { manifest, fitted: Fitted { networks: weights, linear: linear_weights, nonconformity } }
}

/// Of the open rows alone: sealed rows decide nothing, not even what is said of new ones.
fn profile(problem: &Problem, layout: &Layout) -> Profile {
    let columns = layout.inputs.iter().map(|input| input.column.as_str());
    Profile::of(&problem.table, &problem.open_rows, columns)
}

/// The path is known to the caller only.
fn source(problem: &Problem) -> Source {
    Source {
        path: String::new(),
        n_rows: problem.table.n_rows,
        n_open: problem.open_rows.len(),
        n_sealed: problem.sealed_rows.len(),
        fingerprint: problem.hashes.fingerprint(),
        order: problem.file_order(),
    }
}
