//! From cells to numbers that a network can eat, fitted on training rows alone.
//!
//! A [`PreprocessConfig`] and a schema decide the [`Layout`]: which numbers and codes a row becomes.
//! The layout never looks at the rows of a fold, so every fold has the same width. Fitting the config
//! on training rows gives a [`Preprocessor`], which turns any rows into
//! [`Features`](crate::features::Features).
//!
//! ```
//! use kitae_data::preprocess::{Layout, PreprocessConfig};
//! use kitae_data::schema::{ColumnSchema, Kind, Schema};
//! use kitae_data::table::{Cells, Column, Table};
//!
//! let age = ColumnSchema {
//!     name: "age".into(),
//!     kind: Kind::Number,
//!     levels: vec![],
//!     n_missing: 0,
//!     n_distinct: 4,
//!     reason: "all cells are numbers".into(),
//!     notation: Default::default(), findings: vec![],
//! };
//! let cells = Cells::Numbers(vec![20.0, 30.0, 40.0, 1000.0]);
//! let table = Table { columns: vec![Column { name: "age".into(), cells }], n_rows: 4 };
//!
//! let config = PreprocessConfig::default();
//! let layout = Layout::new(&Schema { columns: vec![age] }, &[], &config);
//! let preprocessor = config.fit(&layout, &table, &[0, 1, 2])?;
//! let features = preprocessor.transform_all(&table)?;
//! assert_eq!(features.numbers[1], 0.0); // 30 is the median of the training rows.
//! assert!(features.numbers[3] < 3.0); // However far away a cell is, its number is bounded.
//! # Ok::<(), kitae_data::preprocess::PreprocessError>(())
//! ```

mod calendar;
mod cells;
mod config;
mod error;
mod fit;
mod layout;
mod moments;
pub mod normal;
mod preprocessor;
pub mod scaling;
mod target_scale;
mod target_transform;

pub use calendar::{Cycle, TimePart, Wave};
pub use config::{MissingNumbers, NumericTransform, PreprocessConfig, UnseenLevels};
pub use error::PreprocessError;
pub use layout::{Aspect, Input, InputKind, Layout, LeftOut, Number};
pub use preprocessor::Preprocessor;
pub use scaling::{ScaledNumber, Scaling};
pub use target_scale::{TargetScale, TargetScaleError};
pub use target_transform::TargetTransform;
