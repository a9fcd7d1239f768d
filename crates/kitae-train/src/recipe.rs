//! The recipe: every hyperparameter of a training, resolved to one value each.
//!
//! A recipe is made in three stages: a [preset](crate::Preset) that fits the task and the number of
//! rows, what a file says ([`Recipe::with`]), what the command line says (the same). The result has
//! no automatic values left and is stored with the model.
//!
//! ```
//! use kitae_data::target::Task;
//! use kitae_train::{Facts, Preset, SplitBy};
//!
//! let (task, class_counts, by) = (Task::Regression, Vec::new(), SplitBy::Target);
//! let facts = Facts { task, n_rows: 300, n_columns: 4, class_counts, by };
//! let file = "training.epochs = 40\nnetwork.hidden = [32]".parse()?;
//! let command_line = "training.epochs = 10".parse()?;
//! let recipe = Preset::Fast.recipe(&facts).with(&file, &facts)?.with(&command_line, &facts)?;
//! assert_eq!((recipe.training.epochs, recipe.network.hidden), (10, vec![32]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agreement;
pub(crate) mod bounds;
mod changed;
mod couplings;
mod feeding;
mod number_embedding;
pub(crate) mod reading;

use kitae_data::preprocess::{PreprocessConfig, TargetTransform};
use kitae_data::target::Task;
use kitae_eval::Metric;
use serde::{Deserialize, Serialize};

use crate::averaging::Averaging;
use crate::blend::Blend;
use crate::calibration::Calibration;
use crate::defaults::whole;
use crate::mixing::Mixing;
use crate::objective::Objective;
use crate::optimiser::{Clip, Groups, OptimiserConfig, UpdateConfig};
use crate::schedule::{Plateau, ScheduleConfig};
use crate::stopping::{Keep, Stopping};

pub use feeding::Feeding;
pub use kitae_model::{
    Activation, Ensemble, Initialiser, InputScale, Normalisation, Parametrisation, Skip, Slope,
};
pub use number_embedding::NumberEmbedding;
pub use reading::{read, word_of, words_of};

/// All hyperparameters of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Where all randomness comes from.
    pub seed: u64,
    /// What is predicted: a class or a number.
    pub task: Task,
    /// What heads the report, and what the linear model's share is chosen by.
    pub metric: Metric,
    /// What chooses the epoch, and whether to go on, on the validation rows.
    pub validation_metric: Metric,
    /// Of two classes the one that f1, average precision and the like are about: a note of
    /// [`Problem::positive`](crate::Problem::positive), so that who has the recipe can name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// What the gradient descends on.
    pub objective: Objective,
    /// In which scale the values of a regression are learnt; predictions and scores are in the table's own.
    #[serde(default)]
    pub target_scale: TargetTransform,
    /// Whether the probabilities are calibrated.
    #[serde(default)]
    pub calibration: Calibration,
    /// Whether the linear model has a share in the predictions.
    #[serde(default)]
    pub blend: Blend,
    /// Which rows play which role.
    pub split: SplitRecipe,
    /// How cells become features.
    pub preprocess: PreprocessConfig,
    /// The shape of the network.
    pub network: NetworkRecipe,
    /// How gradients become weights.
    pub optimiser: OptimiserConfig,
    /// How the network is trained.
    pub training: TrainingRecipe,
    /// When a lane stops early.
    pub stopping: Stopping,
}

/// Which rows train, choose the epoch, and score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitRecipe {
    /// Hold-out or k-fold.
    pub scheme: Scheme,
    /// Share of a fold's training rows that only choose the epoch, in (0, 1).
    pub validation_share: f64,
}

/// How the held-out rows are chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scheme {
    /// Every row is a held-out row of exactly one fold in each repeat; the model is the bag of all
    /// networks. By time, each fold trains on the past of its held-out rows, the earliest rows are never
    /// scored, and the model is the last fold's.
    KFold {
        /// At least 2.
        n_folds: usize,
        /// How often the rows are split anew, at least 1.
        #[serde(default = "whole::<1>")]
        n_repeats: usize,
    },
    /// One network; a share of the rows scores it.
    HoldOut {
        /// Share of the rows that scores, in (0, 1).
        held_out_share: f64,
    },
}

/// The shape of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkRecipe {
    /// Widths of the hidden layers; none is a linear model.
    pub hidden: Vec<usize>,
    /// After each hidden layer.
    pub activation: Activation,
    /// Whether the activation's slope is learned for each neuron.
    pub slope: Slope,
    /// Between a hidden layer and its activation.
    pub normalisation: Normalisation,
    /// Whether hidden layers of equal width add their input.
    pub skip: Skip,
    /// How weights enter the product.
    pub parametrisation: Parametrisation,
    /// How weights begin.
    pub initialiser: Initialiser,
    /// Share of units that a step drops, for all hidden layers or for each.
    pub dropout: Dropout,
    /// Width of the embedding of a category with many levels.
    pub d_embedding: usize,
    /// What quantities (numbers and parts of times) become beside themselves.
    #[serde(default)]
    pub number_embedding: NumberEmbedding,
    /// Whether each input has a factor that is learned.
    #[serde(default)]
    pub input_scale: InputScale,
    /// Whether it is one function of a row or several that share matrices, each trained on its own loss;
    /// their mean is the prediction, and `validation_metric` judges it. `TabM`: 32 members.
    #[serde(default)]
    pub ensemble: Ensemble,
}

/// Dropout rates in [0, 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected one rate, or a list of one for each hidden layer")]
pub enum Dropout {
    /// The same after every hidden layer.
    Everywhere(f64),
    /// One for each hidden layer.
    PerLayer(Vec<f64>),
}

impl Dropout {
    /// One rate for each of `n_layers` layers.
    pub fn rates(&self, n_layers: usize) -> Vec<f64> {
        match self {
            Self::Everywhere(rate) => vec![*rate; n_layers],
            Self::PerLayer(rates) => rates.clone(),
        }
    }
}

/// How the network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecipe {
    /// How rows are fed.
    pub feeding: Feeding,
    /// How the training rows of a batch are mixed.
    #[serde(default)]
    pub mixing: Mixing,
    /// Planned passes over the training rows.
    pub epochs: usize,
    /// Which weights are judged and delivered: those of an epoch or an average.
    #[serde(default)]
    pub averaging: Averaging,
    /// Which epoch is delivered.
    pub keep: Keep,
    /// Networks for each fold, which differ in their initial weights and row order; averaged.
    pub members: usize,
    /// The base learning rate.
    pub learning_rate: f64,
    /// Its course over the epochs.
    pub schedule: ScheduleConfig,
    /// Lowers the learning rate further when the score on the validation rows stalls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau: Option<Plateau>,
    /// Decoupled weight decay: weights shrink by learning rate times this in each step.
    pub weight_decay: f64,
    /// Its course over the epochs.
    pub weight_decay_schedule: ScheduleConfig,
    /// The course of dropout over the epochs.
    pub dropout_schedule: ScheduleConfig,
    /// Added to the loss: `l1` times the sum of the weights' sizes.
    pub l1: f64,
    /// Added to the loss: half of `l2` times the sum of the weights' squares.
    pub l2: f64,
    /// The largest norm of a unit's incoming weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_norm: Option<f64>,
    /// How large gradients are cut.
    pub clip: Clip,
    /// Factors of learning rate and decay by the role of a parameter.
    pub groups: Groups,
    /// The column that says how much a training row counts in the loss, from 0; all rows count alike if none.
    /// Preprocessing, validation rows and scores do not look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_column: Option<String>,
}

impl Recipe {
    /// The metric, with the class that it is about.
    pub fn measured(&self) -> String {
        self.metric.of_class(self.positive.as_deref())
    }

    /// The metric that judges the epochs, with the class that it is about.
    pub fn stop_measured(&self) -> String {
        self.validation_metric.of_class(self.positive.as_deref())
    }

    /// What the validation rows choose, besides the temperature of each network and the share of its linear
    /// model.
    pub fn validation_rows_choose(&self) -> &'static str {
        match (self.training.keep, &self.stopping) {
            (Keep::Best, _) => "the epoch",
            (Keep::Last, Stopping::Never) => "no epoch",
            (Keep::Last, Stopping::Early { .. }) => "when to stop",
        }
    }

    /// Whether the prediction for a row is the mean of what may come, not its median or another quantile,
    /// which stay what they are when a logarithm is undone.
    pub(crate) fn predicts_means(&self) -> bool {
        let is_of_quantiles = matches!(self.objective, Objective::MeanAbsolute | Objective::Pinball { .. });
        !is_of_quantiles && self.is_scored_by_squares()
    }

    /// Whether a few large values of the target decide what is learnt and how it is scored.
    pub(crate) fn follows_the_largest(&self) -> bool {
        !self.target_scale.is_logarithm() && self.is_scored_by_squares()
    }

    fn is_scored_by_squares(&self) -> bool {
        matches!(self.metric, Metric::Rmse | Metric::R2)
    }

    /// The part of the recipe that an optimiser takes.
    pub fn update(&self) -> UpdateConfig {
        UpdateConfig {
            optimiser: self.optimiser,
            groups: self.training.groups.clone(),
            clip: self.training.clip,
            max_norm: self.training.max_norm,
        }
    }
}
