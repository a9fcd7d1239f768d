//! What can go wrong between a table and a model.

use kitae_data::error::DataError;
use kitae_data::preprocess::{PreprocessError, TargetScaleError};
use kitae_data::split::SplitError;
use kitae_data::target::TargetError;
pub use kitae_infer::{ArtefactError, PredictError};
use thiserror::Error;

/// Why a recipe is none. Keys are dotted, such as `training.epochs`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// No recipe has this key.
    #[error("unknown key `{key}`, expected one of {}", quoted(expected))]
    UnknownKey {
        /// The key.
        key: String,
        /// Keys that are known there.
        expected: &'static [&'static str],
    },
    /// Other kinds of the table have this key, the one that was chosen has not.
    #[error("the recipe has no key `{key}`: `{}` is {kind}", .key.rsplit_once('.').unwrap_or_default().0)]
    KeyOfAnotherKind {
        /// The key.
        key: String,
        /// The kind of the table in which it would be.
        kind: String,
    },
    /// A key that has to be there is not.
    #[error("missing key `{key}`")]
    MissingKey {
        /// The key.
        key: String,
    },
    /// A word that stands for nothing.
    #[error("`{key}` has the unknown value `{got}`, expected one of {}", quoted(expected))]
    UnknownWord {
        /// The key.
        key: String,
        /// The word that came.
        got: String,
        /// The words that are known.
        expected: &'static [&'static str],
    },
    /// A value of another type, or out of its range.
    #[error("{} {expected}, got {got}", must_be(key))]
    Value {
        /// The key.
        key: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// A value that fits neither the others nor the target; the reason is a sentence.
    #[error("{}", told(key, reason))]
    Unfit {
        /// The key.
        key: String,
        /// What it contradicts.
        reason: String,
    },
    /// What splits respect decides which rows are sealed, before there is a recipe.
    #[error(
        "`split.by` is no part of a recipe: what splits respect is said with the target, and a folder that is gone on with keeps its own, by `question.by_group` or \
         `question.by_time`"
    )]
    SplitBy,
}

/// What has no key is a value alone.
fn must_be(key: &str) -> String {
    if key.is_empty() { "expected".to_owned() } else { format!("`{key}` must be") }
}

/// A reason that names no key itself, with its key.
fn told(key: &str, reason: &str) -> String {
    let is_whole = key.is_empty() || reason.starts_with('`');
    if is_whole { reason.to_owned() } else { format!("`{key}`: {reason}") }
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

impl RecipeError {
    pub(crate) fn unfit(key: &str, reason: impl Into<String>) -> Self {
        Self::Unfit { key: key.to_owned(), reason: reason.into() }
    }

    pub(crate) fn value(expected: &str, got: &str) -> Self {
        Self::Value { key: String::new(), expected: expected.to_owned(), got: got.to_owned() }
    }

    /// The same of what stands at `part` of a table.
    #[must_use]
    pub(crate) fn under(mut self, part: &str) -> Self {
        match &mut self {
            Self::UnknownKey { key, .. }
            | Self::KeyOfAnotherKind { key, .. }
            | Self::MissingKey { key }
            | Self::UnknownWord { key, .. }
            | Self::Value { key, .. }
            | Self::Unfit { key, .. } => {
                *key = if key.is_empty() { part.to_owned() } else { format!("{part}.{key}") };
            }
            Self::SplitBy => {}
        }
        self
    }
}

/// Of a number that TOML has no form for.
impl From<toml::ser::Error> for RecipeError {
    fn from(error: toml::ser::Error) -> Self {
        Self::unfit("", error.to_string())
    }
}

/// Rows of which what was asked for cannot be learned; the sentence says why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ProblemError(pub String);

/// Why a training ended without a model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The table does not fit its schema.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The recipe contradicts itself or the target.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The rows do not answer what was asked.
    #[error(transparent)]
    Problem(#[from] ProblemError),
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
         lower `training.learning_rate` (now {learning_rate}), or clip gradients by `training.clip`"
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
