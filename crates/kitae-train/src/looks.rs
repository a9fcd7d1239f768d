//! Looks at test rows: each is a line of [`LOOKS_FILE`](crate::model::LOOKS_FILE).
//!
//! ```
//! use kitae_train::looks::{Which, read_looks};
//!
//! let text = concat!(
//!     r#"{"unix_seconds":1795547198,"file":"houses.csv","fingerprint":7,"which":"sealed","#,
//!     r#""n_rows":100,"metric":"rmse","value":3.5}"#
//! );
//! let looks = read_looks(&format!("{text}\n{{\"unix_sec"));
//! assert_eq!((looks.len(), looks[0].which), (1, Which::Sealed));
//! ```

mod files;
mod past;
mod rows;
mod sealed;
mod written;

use kitae_eval::intervals::Interval;
use kitae_eval::{Metric, MetricValue};
use serde::{Deserialize, Serialize};

pub use files::{hand_on, take_along};
pub use past::column_sets;
pub use rows::{Key, KnownRows, hashes_by};
pub use sealed::SealedRows;
pub use written::{Hashed, Looks};

/// Which rows a model has sealed, by the columns that it is fed with ([`KnownRows`]).
pub const SEALED_FILE: &str = "sealed.rows";

/// Which rows of a file are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Those of the training file that were sealed.
    Sealed,
    /// All rows of another file.
    All,
}

/// One look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Seconds since 1970.
    pub unix_seconds: u64,
    /// The file as it was named.
    pub file: String,
    /// A hash of the contents of all rows of the file, whatever their order.
    pub fingerprint: u64,
    /// Which of its rows were scored.
    pub which: Which,
    /// How many these were.
    pub n_rows: usize,
    /// The file beside this one by which they are known again ([`KnownRows`]); none in files of older
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
    /// The heading metric.
    pub metric: Metric,
    /// What it was, as people know it: a loss is positive.
    pub value: MetricValue,
    /// Its 95 % interval; none where there is none, or in files of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval<MetricValue>>,
    /// Whether it was at the predictions of a model that this one took the place of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_an_earlier_model: bool,
}

/// The looks of a file; lines that are no looks, such as one that was cut short, are left out.
pub fn read_looks(text: &str) -> Vec<Look> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
