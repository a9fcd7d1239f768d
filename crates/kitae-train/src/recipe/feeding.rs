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

    /// Rows in a batch by rows in the table: pytabkit's automatic rule.
    ///
    /// ```
    /// use kitae_train::recipe::Feeding;
    ///
    /// assert_eq!([300, 5_000, 1_000_000].map(Feeding::automatic_rows), [64, 128, 1024]);
    /// ```
    pub fn automatic_rows(n_rows: usize) -> usize {
        match n_rows {
            0..=1_024 => 64,
            1_025..=8_192 => 128,
            8_193..=30_000 => 256,
            30_001..=100_000 => 512,
            _ => 1024,
        }
    }
}
