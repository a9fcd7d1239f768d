//! A model folder of kitae for others: one ONNX graph that proves itself, documented weights, a folder to
//! share, a page that answers in a browser, a card.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use kitae_export::{ModelFolder, OnnxExport};
//!
//! let folder = ModelFolder::load(Path::new("models/houses"))?;
//! let export = OnnxExport::new(&folder, None)?;
//! println!("largest difference from kitae: {:.1e}", export.proof.largest);
//! export.write(Path::new("houses.onnx"))?;
//! # Ok::<(), kitae_export::ExportError>(())
//! ```
//!
//! # The graph
//!
//! Opset 20 of `ai.onnx` and 3 of `ai.onnx.ml`, IR version 9: onnxruntime 1.17 and later. One input `[n_rows,
//! 1]` a column under its own name: doubles for numbers and for levels that are numbers, with NaN where a
//! cell is missing; texts for other levels and for dates. Outputs: `prediction`; of classes also
//! `probabilities`, and with a level `prediction_set`; of values with a level `prediction_low` and
//! `prediction_high`. `docs/export.md` tells it to users.
//!
//! # The proof
//!
//! Before a file is written its bytes are read back and evaluated on some hundred made rows, and so does
//! kitae on the same rows as a CSV file. The evaluator (`run`) is of this crate and knows the operators of
//! these graphs alone. `tract-onnx` 0.23, the Rust runtime that covers most, has no `LabelEncoder`,
//! `StringSplit` and `RegexFullMatch`, without which no text enters a graph, and brings 101 crates; `ort`
//! binds a library of C++. A Python test (`tests/graphs.py`) compares the evaluator's claim with onnxruntime,
//! on every shipped table and every lever that changes the graph.
//!
//! Messages of ONNX are written by `prost` (four crates, no protoc): varints, lengths and unknown fields are
//! its work.

mod card;
mod check;
mod error;
mod folder;
mod graph;
mod onnx;
mod onnx_file;
mod run;
mod share;
mod verify;
mod web;
mod weights;

pub use card::card;
pub use check::Proof;
pub use error::ExportError;
pub use folder::ModelFolder;
pub use onnx_file::OnnxExport;
pub use share::{Shared, share};
pub use verify::{FileState, Verification, verify};
pub use web::write_page;
pub use weights::write_weights;
