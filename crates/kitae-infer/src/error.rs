//! What can go wrong between a model folder and predictions.

use std::path::PathBuf;

use kitae_data::preprocess::PreprocessError;
use kitae_eval::EvalError;
use thiserror::Error;

/// Why a model cannot predict.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The model folder or a file in it.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// The columns cannot be made into features.
    #[error(transparent)]
    Preprocess(#[from] PreprocessError),
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
    /// There is something where a folder was to be made.
    #[error("`{}` exists: name another folder, or remove it", path.display())]
    Exists {
        /// What is there.
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
    /// A file that cannot be read or written; `action` is "read", "write", …
    pub fn io(action: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_path_buf(), source }
    }

    /// A file that is damaged, and how.
    pub fn damaged(path: &std::path::Path, reason: impl std::fmt::Display) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.to_string() }
    }
}
