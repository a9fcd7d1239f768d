//! How many rows a step sees.

use serde::{Deserialize, Serialize};

/// How rows are fed to a step.
///
/// ```
/// use kitae_train::recipe::Feeding;
///
/// let feeding: Feeding = toml::from_str("kind = 'mini'\nrows = 32")?;
/// assert_eq!(feeding, Feeding::Mini { rows: 32 });
/// # Ok::<(), toml::de::Error>(())
/// ```
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
    ///
    /// ```
    /// use kitae_train::recipe::Feeding;
    ///
    /// let feedings = [Feeding::Full, Feeding::Online, Feeding::Mini { rows: 32 }];
    /// assert_eq!(feedings.map(|feeding| feeding.batch_rows(500)), [500, 1, 32]);
    /// ```
    pub fn batch_rows(self, n_rows: usize) -> usize {
        match self {
            Self::Full => n_rows,
            Self::Online => 1,
            Self::Mini { rows } => rows.min(n_rows),
        }
    }
}
