//! What can go wrong between a table and a model.

use kitae_data::error::DataError;
use kitae_data::preprocess::{PreprocessError, TargetScaleError};
use kitae_data::split::SplitError;
use kitae_data::target::TargetError;
pub use kitae_infer::{ArtefactError, PredictError};
use thiserror::Error;

/// A recipe with a key, a type or a value that does not fit; the sentence says which and why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct RecipeError(pub String);

/// Why a training ended without a model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The table does not fit its schema.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The recipe contradicts itself or the table.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The rows cannot be split as asked.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The target column cannot be learned.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The columns cannot be made into features.
    #[error(transparent)]
    Preprocess(#[from] PreprocessError),
    /// The numeric target of a fold cannot be standardised.
    #[error(transparent)]
    TargetScale(#[from] TargetScaleError),
    /// No column is left to learn from.
    #[error("no column is left to predict `{target}` from: {}", .left_out.as_deref().unwrap_or("the table has no other"))]
    NoFeatures {
        /// The target column.
        target: String,
        /// Which columns were left out and why; none if there is no other than the target.
        left_out: Option<String>,
    },
    /// Every lane's loss stopped being a number.
    #[error(
        "training diverged: the loss of every network became NaN or infinite (first in epoch {epoch}); \
         lower `training.learning_rate` (now {learning_rate}), or clip gradients \
         (`training.clip = {{ kind = \"global_norm\", value = 1 }}`)"
    )]
    Diverged {
        /// The first epoch in which a loss was not finite.
        epoch: usize,
        /// The recipe's base learning rate.
        learning_rate: f64,
    },
    /// The weights that a lane would begin with are no numbers.
    #[error(
        "the networks cannot begin: {reason}; a number far from the others of its column may be the cause \
         (single precision ends at 3.4e38): mend it, or leave `preprocess.numeric` at its default"
    )]
    Start {
        /// What is wrong with the weights.
        reason: String,
    },
    /// The run was asked to stop; what was done is in the checkpoint.
    #[error("stopped after epoch {epoch}")]
    Interrupted {
        /// The last whole epoch of the lane that was furthest behind.
        epoch: usize,
    },
    /// The model folder or a file in it.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// A model cannot predict.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// The thread pool could not be started.
    #[error("cannot start the training threads: {0}")]
    Threads(String),
}
