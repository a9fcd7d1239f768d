//! How many rows a step sees.

use serde::{Deserialize, Serialize};

/// How rows are fed to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Feeding {
    /// All training rows in every step: one step an epoch.
    Full,
    /// One row a step.
    Online,
    /// Shuffled batches; the last, shorter one is kept.
    Mini {
        /// Rows in a batch, at least 2.
        rows: usize,
    },
}

impl Feeding {
    /// Rows in a full batch out of `n_rows` training rows.
    pub fn batch_rows(self, n_rows: usize) -> usize {
        match self {
            Self::Full => n_rows,
            Self::Online => 1,
            Self::Mini { rows } => rows.min(n_rows),
        }
    }
}
