//! What the columns of a table are: names, kinds, levels, and why.

use serde::{Deserialize, Serialize};

use crate::cell::{canonical, parse_number};
use crate::finding::Finding;
use crate::notation::Notation;

/// The columns of a table in file order. Serialisable: it is stored with a model, and a user may
/// write parts of it by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// One entry a column.
    pub columns: Vec<ColumnSchema>,
}

/// One column: what it is taken for and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// The header.
    pub name: String,
    /// What the column is taken for.
    pub kind: Kind,
    /// For [`Kind::Category`] and [`Kind::Boolean`] the distinct texts in a fixed order; for
    /// [`Kind::Time`] the forms in which the times are written, mostly one; else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<String>,
    /// How its numbers are written.
    #[serde(default, skip_serializing_if = "Notation::is_plain")]
    pub notation: Notation,
    /// How many cells were missing in the rows the schema was made from.
    pub n_missing: usize,
    /// How many distinct values were seen.
    pub n_distinct: usize,
    /// Why this kind: the evidence in one plain sentence.
    pub reason: String,
    /// What should be known of the column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// What a column is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Quantities: order and distance mean something.
    Number,
    /// One of a set of levels.
    Category,
    /// A category of exactly two levels.
    Boolean,
    /// Dates, times of day or both.
    Time,
    /// Names its row: (almost) every cell is different. Not a feature.
    Identifier,
    /// Free text. Not a feature.
    Text,
    /// The same value in every cell. Not a feature.
    Constant,
    /// Every cell is missing. Not a feature.
    Empty,
    /// Left out because the user said so. Not a feature.
    Dropped,
}

impl ColumnSchema {
    /// The levels as numbers, where all are numbers: a cell then names the level of its value, however it
    /// writes it.
    pub fn numeric_levels(&self) -> Option<Vec<f64>> {
        self.levels.iter().map(|level| level_number(level)).collect()
    }
}

/// The number that a level is, if it is one in canonical form.
pub(crate) fn level_number(level: &str) -> Option<f64> {
    parse_number(level.as_bytes()).filter(|value| canonical(*value) == level)
}

impl Kind {
    /// Whether a network is fed with columns of this kind.
    pub fn is_feature(self) -> bool {
        matches!(self, Self::Number | Self::Category | Self::Boolean | Self::Time)
    }
}

impl Schema {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&ColumnSchema> {
        self.columns.iter().find(|column| column.name == name)
    }
}
