//! The parts of the page, each made from the contents of the report.

mod classes;
mod columns;
mod layers;
mod learning;
mod rates;
pub(crate) mod recipe;
pub(crate) mod scores;
mod sharing;
mod tenths;
mod test_rows;
mod values;
mod verdict;

use crate::Contents;
use crate::document::{Block, Document, Section};

pub use scores::scores;

impl Contents<'_> {
    /// The whole report.
    pub fn document(&self) -> Document {
        verdict::headed(self, all(self))
    }
}

/// All parts in the order of the page. A new part is a line here.
fn all(contents: &Contents) -> Vec<Section> {
    let mut sections = vec![scores::section(contents), learning::section(contents)];
    sections.extend(layers::section(contents));
    sections.extend([test_rows::section(contents), predictions(contents)]);
    sections.extend(contents.more.iter().cloned());
    sections.push(columns::section(contents));
    sections.push(sharing::section(contents));
    sections.push(recipe::section(contents));
    sections
}

/// What the networks predicted for the held-out rows.
fn predictions(contents: &Contents) -> Section {
    if contents.manifest.model.class_names.is_empty() {
        values::section(contents)
    } else {
        classes::section(contents)
    }
}

/// A section of nothing but a note.
pub(crate) fn note(text: impl Into<String>) -> Vec<Block> {
    vec![Block::Note(text.into())]
}

/// Names of the user's longer than this are cut.
pub(crate) const NAME: usize = 60;
/// Findings longer than this are cut.
const FINDING: usize = 500;
