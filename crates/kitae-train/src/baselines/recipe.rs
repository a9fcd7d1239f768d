//! What the linear models are trained with.

use std::num::NonZeroUsize;

use kitae_data::preprocess::Layout;
use kitae_data::target::Task;
use kitae_model::{
    Activation, Ensemble, Initialiser, InputScale, NetworkConfig, Normalisation, Parametrisation, Skip, Slope,
};

use crate::averaging::Averaging;
use crate::blend::Blend;
use crate::mixing::Mixing;
use crate::objective::Objective;
use crate::optimiser::{Clip, Groups, LbfgsConfig, OptimiserConfig};
use crate::plan::network_config;
use crate::recipe::{Dropout, Feeding, NetworkRecipe, NumberEmbedding, Recipe, TrainingRecipe};
use crate::schedule::{Schedule, ScheduleConfig};
use crate::stopping::{Keep, Stopping};

/// Steps of L-BFGS, each of [`ITERATIONS`] iterations; the validation rows choose among the steps too.
const STEPS: usize = 20;

/// 100 iterations in all, as scikit-learn's logistic regression.
const ITERATIONS: usize = 5;

/// The shape of the linear models beside the networks of `recipe`.
pub(crate) fn linear_shape(recipe: &Recipe, layout: &Layout, n_classes: usize) -> NetworkConfig {
    linear_network(&linear_recipe(recipe), layout, n_classes)
}

pub(super) fn linear_network(recipe: &Recipe, layout: &Layout, n_classes: usize) -> NetworkConfig {
    let n_classes = if recipe.task == Task::Classification { n_classes } else { 0 };
    network_config(recipe, layout, n_classes)
}

/// The recipe of the linear models beside the networks of `recipe`: of two that ask for the same ones it is
/// the same.
pub(super) fn linear_recipe(recipe: &Recipe) -> Recipe {
    let constant = ScheduleConfig::from(Schedule::Constant);
    let objective = match recipe.task {
        Task::Classification => Objective::cross_entropy(),
        Task::Regression => recipe.objective.clone(),
    };
    Recipe {
        validation_metric: recipe.metric,
        objective,
        blend: Blend::None,
        network: NetworkRecipe {
            hidden: Vec::new(),
            activation: Activation::Identity,
            slope: Slope::Fixed,
            normalisation: Normalisation::None,
            skip: Skip::None,
            parametrisation: Parametrisation::Standard,
            initialiser: Initialiser::LecunNormal,
            dropout: Dropout::Everywhere(0.0),
            d_embedding: recipe.network.d_embedding,
            number_embedding: NumberEmbedding::None,
            input_scale: InputScale::None,
            ensemble: Ensemble::None,
        },
        optimiser: OptimiserConfig::Lbfgs(LbfgsConfig { iterations: ITERATIONS, ..LbfgsConfig::default() }),
        training: TrainingRecipe {
            feeding: Feeding::Full,
            mixing: Mixing::None,
            epochs: STEPS,
            averaging: Averaging::None,
            keep: Keep::Best,
            members: 1,
            learning_rate: 1.0,
            schedule: constant,
            plateau: None,
            weight_decay: 0.0,
            weight_decay_schedule: constant,
            dropout_schedule: constant,
            l1: 0.0,
            l2: 0.0,
            max_norm: None,
            weight_column: recipe.training.weight_column.clone(),
            clip: Clip::None,
            groups: Groups::default(),
        },
        stopping: Stopping::Early {
            patience: NonZeroUsize::new(4),
            patience_factor: 0.0,
            patience_share: 0.0,
            min_delta: 0.0,
            warm_up_epochs: 0,
        },
        ..recipe.clone()
    }
}
