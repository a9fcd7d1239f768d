//! Why a model is not exported.

use kitae_data::error::DataError;
use kitae_eval::EvalError;
use kitae_infer::{ArtefactError, PredictError};
use thiserror::Error;

/// Why a model is not exported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The model folder, or a file that is written.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// What kitae itself says of the rows that the graph is compared on.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// The rows that the graph is compared on.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Regions of this level need more rows than were scored.
    #[error("{0}; ask for a lower level, or train with more rows")]
    Level(EvalError),
    /// A part of the model that a graph of standard operators cannot say.
    #[error("the model is not exported: {part}")]
    NotCovered {
        /// Which part, why, and what to do.
        part: String,
    },
    /// The graph is larger than a file of ONNX may be.
    #[error(
        "the graph has {n_bytes} bytes, and a file of ONNX may have 2 GB: train narrower networks, or fewer"
    )]
    TooLarge {
        /// How many.
        n_bytes: usize,
    },
    /// The evaluator of this crate met what it does not know.
    #[error("the graph cannot be evaluated: {reason}")]
    Evaluation {
        /// What it met.
        reason: String,
    },
    /// The graph does not say what kitae says.
    #[error(
        "the graph and kitae differ by {difference:.1e} in `{output}` of row {row} of {n_rows} made rows, more than \
         {allowed:.0e}: no file is written; please report it with the recipe of the model"
    )]
    Differs {
        /// Relative, as [`Proof`](crate::Proof) says.
        difference: f64,
        /// The output of the graph.
        output: String,
        /// Which row, from 1.
        row: usize,
        /// How many rows were compared.
        n_rows: usize,
        /// The largest difference that is allowed.
        allowed: f64,
    },
}

impl ExportError {
    pub(crate) fn not_covered(part: impl Into<String>) -> Self {
        Self::NotCovered { part: part.into() }
    }

    pub(crate) fn evaluation(reason: impl Into<String>) -> Self {
        Self::Evaluation { reason: reason.into() }
    }
}
