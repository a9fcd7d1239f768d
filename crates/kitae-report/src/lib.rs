//! What is known of a model, a ledger or a study as one document: an HTML page that needs nothing else, no
//! network and no other file, and text for a terminal.
//!
//! [`Contents`], [`Ledger`](ledger::Ledger) and [`StudyReport`](study::StudyReport) hold what is known, in
//! the types of the crates that found it; each makes a [`Document`](document::Document) of sections of
//! blocks, so a sentence is written once. [`Document::html`](document::Document::html) draws it as a page,
//! [`text::text`] draws blocks for a terminal, and [`Document::charts`](document::Document::charts) gives its
//! pictures. Everything is a value: the crate reads and writes no file. A [`document::Section`] of another
//! part of kitae goes into [`Contents::more`].

pub mod chart;
mod contents;
pub mod diagnosis;
pub mod document;
mod experiment;
pub mod html;
pub mod importance;
pub mod ledger;
mod render;
mod section;
pub mod study;
pub mod text;
mod wording;
pub mod words;

pub use contents::{Contents, ScoredRows};
pub use experiment::Experiment;
pub use section::scores;
pub use wording::{Step, Wording};
