//! Rows for neural networks: read CSV, describe the columns, split the rows, preprocess them.
//!
//! ```
//! use kitae_data::infer::{Hints, infer_schema};
//! use kitae_data::preprocess::{Layout, PreprocessConfig};
//! use kitae_data::split::{HoldSize, hold_out};
//! use kitae_data::synthetic::{Synthetic, make};
//! use kitae_data::target::{Target, Task};
//!
//! let table = make(Synthetic::Mixed, 200, 42);
//! let schema = infer_schema(&table, &Hints::default())?;
//! let table = schema.apply(table)?;
//!
//! let late = table.column("late").expect("the last column");
//! let target = Target::from_column(late, Task::Classification)?;
//! let (train, held) =
//!     hold_out(&target.rows_with_target(), &target.strata(), HoldSize::Share(0.25), 42)?;
//!
//! let config = PreprocessConfig::default();
//! let layout = Layout::new(&schema, &["late"], &config);
//! let features = config.fit(&layout, &table, &train)?.transform(&table, &held)?;
//! assert_eq!((features.n_rows, features.d_numbers), (50, layout.d_numbers()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod alike;
mod apply;
mod cell;
pub mod error;
mod facts;
pub mod features;
pub mod finding;
pub mod hash;
pub mod infer;
pub mod inspect;
mod levels;
pub mod names;
pub mod notation;
pub mod order;
pub mod preprocess;
pub mod profile;
pub mod read;
mod rounding;
pub mod schema;
mod setting;
pub mod split;
pub mod synthetic;
pub mod table;
pub mod target;
mod task;
mod times;
pub mod visible;

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
