//! What can go wrong between a file and predictions.

use std::io;

use kitae_data::error::DataError;
use kitae_data::target::TargetError;
use kitae_infer::csv_lines::LinesError;
use kitae_train::{ArtefactError, PredictError, RecipeError, TrainError};
use thiserror::Error;

use crate::device::Backend;

/// Why something could not be done. The message says what was expected, what came, and how to mend it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or its cells.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A target.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A lever.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A model folder.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// Predicting.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// Predictions as CSV.
    #[error(transparent)]
    Lines(#[from] LinesError),
    /// Results cannot be written.
    #[error("cannot write the results: {0}")]
    Write(#[from] io::Error),
    /// A device that this build does not have.
    #[error("kitae was built without the device `{backend}`; it has: {}", compiled())]
    NotCompiled {
        /// The feature that compiles it.
        backend: &'static str,
    },
    /// What was asked for does not fit.
    #[error("{0}")]
    Invalid(String),
}

fn compiled() -> String {
    let names: Vec<&str> = Backend::COMPILED.iter().map(|backend| backend.name()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
