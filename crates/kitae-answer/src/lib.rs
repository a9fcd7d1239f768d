//! Rows as JSON or CSV in, the answers of a model as JSON or CSV out: what the server and the browser have in
//! common.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use kitae_answer::{Ready, rows};
//! use kitae_infer::Model;
//!
//! let ready = Ready::new(Model::load(Path::new("models/houses"))?)?;
//! let mut input = ready.input(&rows(br#"{"area": 120, "city": null}"#, 1000)?)?;
//! let answer = ready.answer(&mut input, Some("0.9".parse()?))?;
//! println!("{}", String::from_utf8(answer.json())?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod body;
mod describe;
mod fault;
pub mod page;
mod ready;
mod rows;

pub use answer::Answer;
pub use body::{Nested, hint, rows};
pub use fault::Fault;
pub use ready::Ready;
pub use rows::{Cell, Given, Input, too_many};
