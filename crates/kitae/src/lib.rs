//! A table in, an honestly scored neural network out.
//!
//! ```no_run
//! # fn main() -> Result<(), kitae::Error> {
//! use kitae::{Model, Preset, Trainer, read_csv};
//!
//! let table = read_csv("houses.csv")?;
//! let model = Trainer::new("price").preset(Preset::Fast).train(&table)?;
//! println!("{}", model.scores());
//! model.save("models/houses")?;
//! let predictions = Model::load("models/houses")?.predict(&read_csv("new.csv")?)?;
//! # drop(predictions);
//! # Ok(())
//! # }
//! ```
//!
//! [`Trainer`] finds out what is not said: kinds of columns, the task, the recipe. A fifth of the rows is
//! sealed as test rows; the scores are of rows that no decision saw. [`Model::findings`] says what makes a
//! number untrue. [`Model::evaluate`] scores other rows and, once, at the end, the sealed ones;
//! [`Model::importance`] says what the networks rely on. The folder is the one that the command line writes,
//! and either goes on with the other's.
//!
//! The crates below are re-exported under their short names, for those who want one step by itself.

mod beside;
pub mod csv_lines;
mod device;
mod error;
mod evaluate;
pub mod folder;
mod model;
pub mod page;
mod predictions;
mod question;
mod table;
mod trainer;

pub use burn::tensor::Device;
pub use device::{Backend, Machine, threads};
pub use error::Error;
pub use evaluate::{Deviation, EvaluateConfig, Evaluation, Measured, Overlap, TestScore};
pub use kitae_data as data;
pub use kitae_eval as eval;
pub use kitae_infer as infer;
pub use kitae_lab as lab;
pub use kitae_lab::{Importance, ImportanceConfig};
pub use kitae_model as networks;
pub use kitae_report as report;
pub use kitae_train as training;
pub use kitae_train::engine::RunContext;
pub use kitae_train::looks::Looks;
pub use kitae_train::{Event, Observer, Preset};
pub use model::{Model, Scores};
pub use predictions::Predictions;
pub use question::{KnownQuestion, Question, TEST_SIZE, findings};
pub use table::{Source, Table, read_csv};
pub use trainer::Trainer;
