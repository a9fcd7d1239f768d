//! From rows and roles to what a lane is fed with: preprocessing fitted on its training rows.

use std::sync::Arc;

use kitae_data::features::Features;
use kitae_data::preprocess::{Layout, Preprocessor, TargetScale};
use kitae_data::table::Table;
use kitae_data::target::Target;
pub use kitae_infer::Targets;
use kitae_model::Lane;

use crate::error::TrainError;
use crate::objective::Objective;
use crate::recipe::Recipe;
use crate::roles::{LanePlace, Roles};
use crate::row_weights::row_weights;

/// Everything that one lane is trained and scored on.
#[derive(Clone, Debug)]
pub struct LaneData {
    /// Where the lane stands in the run.
    pub place: LanePlace,
    /// Whose randomness it uses.
    pub lane: Lane,
    /// The numbers in which lanes of a pack may differ.
    pub hyperparameters: LaneHyperparameters,
    /// What the fold's rows became; shared by the members of a fold.
    pub fold: Arc<FoldData>,
}

/// Numeric hyperparameters of one lane; the recipe's own values unless an experiment varies them.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneHyperparameters {
    /// The base learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Weight of the sum of sizes.
    pub l1: f64,
    /// Weight of half the sum of squares.
    pub l2: f64,
    /// One rate for each hidden layer.
    pub dropout: Vec<f64>,
}

impl LaneHyperparameters {
    /// The recipe's own values.
    pub fn of(recipe: &Recipe) -> Self {
        let training = &recipe.training;
        Self {
            learning_rate: training.learning_rate,
            weight_decay: training.weight_decay,
            l1: training.l1,
            l2: training.l2,
            dropout: recipe.network.dropout.rates(recipe.network.hidden.len()),
        }
    }
}

/// A fold's rows as features, and what was fitted to make them.
#[derive(Clone, Debug)]
pub struct FoldData {
    /// Fitted on the training rows.
    pub preprocessor: Preprocessor,
    /// Fitted on the training rows; none for classes and counts.
    pub target_scale: Option<TargetScale>,
    /// Rows that give gradients.
    pub train: RoleData,
    /// Rows that choose the epoch.
    pub validation: RoleData,
    /// Rows that no decision sees.
    pub held_out: RoleData,
}

impl FoldData {
    /// Which rows play which role.
    pub(crate) fn roles(&self) -> Roles {
        let rows = |part: &RoleData| part.rows.clone();
        Roles { train: rows(&self.train), validation: rows(&self.validation), held_out: rows(&self.held_out) }
    }
}

/// Rows of one role.
#[derive(Clone, Debug)]
pub struct RoleData {
    /// Positions in the table.
    pub rows: Vec<u32>,
    /// What the network is fed with.
    pub features: Features,
    /// What it should predict.
    pub targets: Targets,
    /// How much each row counts in the loss, from 0; all alike if none, as validation and held-out rows do.
    pub weights: Option<Vec<f32>>,
}

/// Fits each fold's preprocessing and transforms its rows. Members of a fold share the result.
///
/// # Errors
///
/// If a fold's rows cannot be preprocessed.
pub fn prepare_lanes(
    recipe: &Recipe,
    layout: &Layout,
    table: &Table,
    target: &Target,
    places: &[(LanePlace, Roles)],
) -> Result<Vec<LaneData>, TrainError> {
    let mut lanes: Vec<LaneData> = Vec::with_capacity(places.len());
    for (place, roles) in places {
        let same_fold = |lane: &&LaneData| (lane.place.repeat, lane.place.fold) == (place.repeat, place.fold);
        let fold = match lanes.last().filter(same_fold) {
            Some(lane) => Arc::clone(&lane.fold),
            None => Arc::new(prepare_fold(recipe, layout, table, target, roles)?),
        };
        let (lane, hyperparameters) = (place.lane(recipe.seed), LaneHyperparameters::of(recipe));
        lanes.push(LaneData { place: *place, lane, hyperparameters, fold });
    }
    Ok(lanes)
}

pub(crate) fn prepare_fold(
    recipe: &Recipe,
    layout: &Layout,
    table: &Table,
    target: &Target,
    roles: &Roles,
) -> Result<FoldData, TrainError> {
    let preprocessor = recipe.preprocess.fit(layout, table, &roles.train)?;
    let part = |rows: &[u32]| -> Result<RoleData, TrainError> {
        let features = preprocessor.transform(table, rows)?;
        Ok(RoleData { rows: rows.to_vec(), features, targets: Targets::of(target, rows), weights: None })
    };
    let column = recipe.training.weight_column.as_deref();
    let weights = column.map(|column| row_weights(table, column, &roles.train)).transpose()?;
    let train = RoleData { weights, ..part(&roles.train)? };
    let (validation, held_out) = (part(&roles.validation)?, part(&roles.held_out)?);
    let target_scale = match target {
        Target::Values(values) if recipe.objective != Objective::Poisson => {
            Some(recipe.target_scale.fit(values, &roles.train)?)
        }
        _ => None,
    };
    Ok(FoldData { preprocessor, target_scale, train, validation, held_out })
}
