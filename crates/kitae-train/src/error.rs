//! What can go wrong between a table and a model.

use std::path::PathBuf;

use kitae_data::error::DataError;
use kitae_data::preprocess::{PreprocessError, TargetScaleError};
use kitae_data::split::SplitError;
use kitae_data::target::TargetError;
use kitae_eval::EvalError;
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
    /// There is no file with what intervals are made from: an older version stored the model, or it was lost.
    #[error(
        "the model, of kitae {written_by}, has no `nonconformity.safetensors`, which calibrates intervals: \
         bring the file back, or train again"
    )]
    NoRegions {
        /// The version that wrote the model.
        written_by: String,
    },
    /// Regions of this level need more rows than were scored.
    #[error("{0}; ask for a lower level, or train with more rows")]
    Level(EvalError),
    /// The thread pool could not be started.
    #[error("cannot start the training threads: {0}")]
    Threads(String),
}

/// What is wrong with a model folder.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArtefactError {
    /// A file cannot be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// "read", "write", …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that belongs to the folder is not there.
    #[error("`{}` is missing: bring it back from a copy of the folder, or train the model again", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// There is no such folder.
    #[error("there is no folder `{}`", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is no model folder.
    #[error("`{}` is not a kitae model folder: it has no `model.json`", path.display())]
    NotAModel {
        /// The folder.
        path: PathBuf,
    },
    /// Written by a later version.
    #[error(
        "`{}` has format {found}, but this kitae reads format {known}: use the kitae that wrote \
         it ({written_by}) or a later one", path.display()
    )]
    Newer {
        /// The model folder.
        path: PathBuf,
        /// Its format number.
        found: u32,
        /// The format number that this version reads.
        known: u32,
        /// The version that wrote it.
        written_by: String,
    },
    /// Written by an earlier version.
    #[error(
        "`{}` has format {found}, which kitae {written_by} wrote, but this kitae reads format {known} alone: train the \
         model again, or use that version", path.display()
    )]
    Older {
        /// The model folder.
        path: PathBuf,
        /// Its format number.
        found: u32,
        /// The format number that this version reads.
        known: u32,
        /// The version that wrote it.
        written_by: String,
    },
    /// A checkpoint that is damaged, or of another run.
    #[error(
        "the checkpoint `{}` cannot be used: {reason}; remove it, and its networks are trained anew", path.display()
    )]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A file is cut short, changed or of another kind.
    #[error("`{}` is damaged: {reason}; train again or restore the folder from a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
}

impl ArtefactError {
    pub(crate) fn io(action: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_path_buf(), source }
    }

    pub(crate) fn damaged(path: &std::path::Path, reason: impl std::fmt::Display) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.to_string() }
    }
}
