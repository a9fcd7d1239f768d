//! What is going to be trained: who plays which role, what networks are fed with, how they look.

mod checks;

use kitae_data::finding::{Cure, Setting};
use kitae_data::preprocess::{Layout, LeftOut};
use kitae_data::schema::Kind;
use kitae_model::NetworkConfig;

use checks::{check_classes, check_target, check_target_scale};

use crate::error::{RecipeError, TrainError};
use crate::prepare::{LaneData, prepare_lanes};
use crate::problem::Problem;
use crate::recipe::Recipe;
use crate::roles::{LanePlace, Roles, assign_roles};
use crate::seal::SplitBy;

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
    let (layout, network) = shape(problem, recipe)?;
    let lanes = prepare_lanes(recipe, &layout, &problem.table, &problem.target, places)?;
    Ok(Plan { layout, network, lanes })
}

/// What networks are fed with, and how they look.
pub(crate) fn shape(problem: &Problem, recipe: &Recipe) -> Result<(Layout, NetworkConfig), TrainError> {
    check_classes(problem)?;
    let mut excluded = vec![problem.target_column.as_str()];
    if let SplitBy::Group { column } = &problem.seal.by {
        excluded.push(column);
    }
    excluded.extend(recipe.training.weight_column.as_deref());
    let layout = Layout::new(&problem.schema, &excluded, &recipe.preprocess);
    if layout.d_numbers() == 0 && layout.cardinalities().is_empty() {
        let target = problem.target_column.clone();
        return Err(TrainError::NoFeatures { target, left_out: left_out(problem, &layout) });
    }
    let network = network_config(recipe, &layout, problem.class_names().len());
    network.check().map_err(|error| RecipeError::unfit("network", error.to_string()))?;
    Ok((layout, network))
}

/// The columns that no network is fed with and why, and how to keep texts all the same.
fn left_out(problem: &Problem, layout: &Layout) -> Option<String> {
    let one = |column: &LeftOut| format!("`{}` ({})", column.column, column.reason);
    let all: Vec<String> = layout.left_out.iter().map(one).collect();
    let text = problem.schema.columns.iter().find(|column| column.kind == Kind::Text);
    let keep = text.map(|column| format!("; `{}` keeps it", Cure::with(Setting::Categorical, &column.name)));
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
