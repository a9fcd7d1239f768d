//! Rows for neural networks: read CSV, describe the columns, split the rows, preprocess them.
mod apply;
pub mod error;
pub mod features;
pub mod hash;
pub mod infer;
pub mod inspect;
pub mod preprocess;
pub mod read;
pub mod schema;
pub mod split;
pub mod synthetic;
pub mod table;
pub mod target;
mod task;

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
