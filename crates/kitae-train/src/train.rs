//! From a problem and a recipe to a model: the main job.

mod checks;

use kitae_data::finding::Cure;
use kitae_data::hash::row_hashes;
use kitae_data::preprocess::Layout;
use kitae_data::profile::Profile;
use kitae_data::read::ReadOptions;
use kitae_data::schema::Kind;
use kitae_model::NetworkConfig;

use checks::{check_classes, check_seal, check_target, check_target_scale};

use crate::baselines::{Baselines, LinearCache, LinearModels};
use crate::blend::Blend;
use crate::engine::checkpoint::SavedLane;
use crate::engine::{LaneResult, RunContext, fit_lanes};
use crate::error::{RecipeError, TrainError};
use crate::model::{Course, Fitted, LaneManifest, LinearManifest, LinearShare, Manifest, Model, Source};
use crate::nonconformity::collect;
use crate::observer::{Event, Observer};
use crate::prepare::{LaneData, prepare_lanes};
use crate::problem::Problem;
use crate::recipe::{Recipe, SplitBy};
use crate::roles::{LanePlace, Roles, assign_roles};
use crate::scores::{OutOfFold, ScoreReport};

/// A problem made ready: roles assigned, preprocessing fitted, network shaped.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How columns become features.
    pub layout: Layout,
    /// The shape of the networks.
    pub network: NetworkConfig,
    /// What each network is trained and scored on.
    pub lanes: Vec<LaneData>,
}

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

/// Assigns roles, fits preprocessing and shapes the network. Nothing is trained.
///
/// # Errors
///
/// If no column is left to learn from, or the rows cannot be split or preprocessed.
pub fn plan(problem: &Problem, recipe: &Recipe) -> Result<Plan, TrainError> {
    let places = assign_roles(recipe, problem, &problem.open_rows)?;
    plan_roles(problem, recipe, &places)
}

/// As [`plan`](fn@plan), with roles of the caller's choice: an experiment assigns them in its own way.
///
/// # Errors
///
/// If no column is left to learn from, or the rows cannot be preprocessed.
pub fn plan_roles(
    problem: &Problem,
    recipe: &Recipe,
    places: &[(LanePlace, Roles)],
) -> Result<Plan, TrainError> {
    check_target(problem, recipe)?;
    check_target_scale(problem, recipe)?;
    check_seal(problem, recipe)?;
    let (layout, network) = shape(problem, recipe)?;
    let lanes = prepare_lanes(recipe, &layout, &problem.table, &problem.target, places)?;
    Ok(Plan { layout, network, lanes })
}

/// What networks are fed with, and how they look.
pub(crate) fn shape(problem: &Problem, recipe: &Recipe) -> Result<(Layout, NetworkConfig), TrainError> {
    check_classes(problem)?;
    let mut excluded = vec![problem.target_column.as_str()];
    if let SplitBy::Group { column } = &recipe.split.by {
        excluded.push(column);
    }
    let layout = Layout::new(&problem.schema, &excluded, &recipe.preprocess);
    if layout.d_numbers() == 0 && layout.cardinalities().is_empty() {
        let target = problem.target_column.clone();
        return Err(TrainError::NoFeatures { target, left_out: left_out(problem, &layout) });
    }
    let network = network_config(recipe, &layout, problem.class_names().len());
    network.check().map_err(|error| RecipeError(error.to_string()))?;
    Ok((layout, network))
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
/// model. Lanes of one fold may differ in their levers. Linear models that `linear` knows are not fitted
/// again.
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

/// The columns that no network is fed with and why, and how to keep texts all the same.
fn left_out(problem: &Problem, layout: &Layout) -> Option<String> {
    let one = |column: &kitae_data::preprocess::LeftOut| format!("`{}` ({})", column.column, column.reason);
    let all: Vec<String> = layout.left_out.iter().map(one).collect();
    let text = problem.schema.columns.iter().find(|column| column.kind == Kind::Text);
    let keep = text.map(|column| format!("; `{}` keeps it", Cure::with("--categorical", &column.name)));
    (!all.is_empty()).then(|| all.join(", ") + &keep.unwrap_or_default())
}

pub(crate) fn network_config(recipe: &Recipe, layout: &Layout, n_classes: usize) -> NetworkConfig {
    let network = &recipe.network;
    NetworkConfig {
        d_numbers: layout.d_numbers(),
        cardinalities: layout.cardinalities(),
        d_embedding: network.d_embedding,
        periodic: network.number_embedding.of_periodic(layout.n_numeric()),
        piecewise: network.number_embedding.of_piecewise(layout.n_numeric()),
        input_scale: network.input_scale,
        ensemble: network.ensemble,
        hidden: network.hidden.clone(),
        n_outputs: recipe.objective.n_outputs(n_classes),
        activation: network.activation,
        slope: network.slope,
        normalisation: network.normalisation,
        skip: network.skip,
        parametrisation: network.parametrisation,
        initialiser: network.initialiser,
    }
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
    let by_time = matches!(recipe.split.by, SplitBy::Time { .. });
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
    let hashes = row_hashes(&problem.table, 0);
    Source {
        path: String::new(),
        n_rows: problem.table.n_rows,
        n_open: problem.open_rows.len(),
        n_sealed: problem.sealed_rows.len(),
        fingerprint: hashes.into_iter().fold(0, u64::wrapping_add),
        order: problem.file_order(),
    }
}
