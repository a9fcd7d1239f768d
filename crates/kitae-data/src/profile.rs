//! What the rows that a model was made from held, column by column, and how new rows differ from it.

mod compare;
mod distance;
mod range;
mod sample;
#[cfg(test)]
mod tests;
mod unit;
mod words;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::table::{Cells, Table};

pub use compare::Comparison;

/// The shares of the values of a column that lie below its [`ColumnProfile::quantiles`].
pub const RANKS: [f64; 7] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0];

/// What some rows hold, column by column. It holds no row, but the least and the greatest value of each number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How many rows.
    pub n_rows: usize,
    /// The columns that a model is fed with.
    pub columns: Vec<ColumnProfile>,
}

/// What some rows hold in a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnProfile {
    /// The name of the column.
    pub name: String,
    /// How many cells are missing.
    pub n_missing: usize,
    /// Of numbers and times the values at [`RANKS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<[f64; RANKS.len()]>,
}

impl Profile {
    /// What `rows` of `table`, whose cells fit a schema, hold in the `columns`; those that are not there are left out.
    pub fn of<'a>(table: &Table, rows: &[u32], columns: impl IntoIterator<Item = &'a str>) -> Self {
        let known: HashMap<&str, &Cells> =
            table.columns.iter().map(|column| (column.name.as_str(), &column.cells)).collect();
        let of_column = |name: &str| Some(ColumnProfile::of(name, known.get(name)?, rows));
        Self { n_rows: rows.len(), columns: columns.into_iter().filter_map(of_column).collect() }
    }
}

impl ColumnProfile {
    fn of(name: &str, cells: &Cells, rows: &[u32]) -> Self {
        let (n_missing, quantiles) = match cells {
            Cells::Numbers(values) => {
                let mut values: Vec<f64> = rows.iter().map(|row| values[*row as usize]).collect();
                values.retain(|value| value.is_finite());
                (rows.len() - values.len(), quantiles(&mut values))
            }
            Cells::Levels { codes, .. } => {
                let is_missing = |row: &&u32| codes[**row as usize] == crate::table::MISSING;
                (rows.iter().filter(is_missing).count(), None)
            }
        };
        Self { name: name.to_owned(), n_missing, quantiles }
    }
}

/// The values at [`RANKS`]: each is one of `values`, which are brought into some other order.
fn quantiles(values: &mut [f64]) -> Option<[f64; RANKS.len()]> {
    let last = values.len().checked_sub(1)?;
    Some(RANKS.map(|rank| {
        let position = (rank * last as f64).round() as usize;
        *values.select_nth_unstable_by(position, f64::total_cmp).1
    }))
}
