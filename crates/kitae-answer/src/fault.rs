//! Why rows get no answer.

use kitae_data::error::DataError;
use kitae_infer::PredictError;
use kitae_infer::csv_lines::LinesError;
use thiserror::Error;

/// A sentence for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// What was asked is wrong.
    #[error("{0}")]
    Wrong(String),
    /// There is more of it than is accepted.
    #[error("{0}")]
    TooMuch(String),
}

impl Fault {
    /// What was asked is wrong.
    pub fn wrong(message: impl Into<String>) -> Self {
        Self::Wrong(message.into())
    }
}

impl From<DataError> for Fault {
    fn from(error: DataError) -> Self {
        Self::Wrong(error.to_string())
    }
}

/// A model was checked when it was loaded, so what is wrong now is in the rows or in what was asked for.
impl From<PredictError> for Fault {
    fn from(error: PredictError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<LinesError> for Fault {
    fn from(error: LinesError) -> Self {
        Self::Wrong(error.to_string())
    }
}
