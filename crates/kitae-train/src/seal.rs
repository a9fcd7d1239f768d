//! Which rows are sealed as test rows, and which rows have one role because they are alike.

use std::collections::HashMap;

use kitae_data::alike::{self, Likeness};
use kitae_data::hash::{RowHashes, counted_on};
use kitae_data::inspect::{SplitOf, columns_in_use};
use kitae_data::schema::Schema;
use kitae_data::split::{self, HoldSize, Parts, Strata};
use kitae_data::table::{Cells, Column, Table};
use serde::{Deserialize, Serialize};

use crate::error::{ProblemError, TrainError};

/// Which rows are sealed as test rows. What the split of open rows respects they respect too, so that sealed
/// rows are as new to the model as held-out rows are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The key of the hash.
    pub seed: u64,
    /// Expected share of sealed rows, in [0, 1).
    pub share: f64,
    /// What splits respect.
    #[serde(default)]
    pub by: SplitBy,
    /// What becomes of rows that are alike, found out from the table if none; rows that are split by a column
    /// have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likeness: Option<Likeness>,
}

/// What splits respect, that of the sealed rows and those of the folds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SplitBy {
    /// Every part of the open rows has the same share of each class, or of each quantile of a numeric target.
    /// Rows are sealed by the keyed hash of their cells, the target left out, so that a row keeps its role
    /// when rows are added and whatever its target is.
    #[default]
    Target,
    /// Nothing: as by the target, but open rows are split at random.
    Random,
    /// Rows with the same value of a column stay together, and are sealed by the keyed hash of that value.
    Group {
        /// The column; it is no feature.
        column: String,
    },
    /// Training rows come before validation rows, these before held-out rows, and the latest are sealed.
    Time {
        /// A number or time column.
        column: String,
    },
}

impl SplitBy {
    /// The column that says which rows stay together or come first.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Target | Self::Random => None,
            Self::Group { column } | Self::Time { column } => Some(column),
        }
    }

    /// Whether training rows come before those that they are scored on.
    pub fn is_time(&self) -> bool {
        matches!(self, Self::Time { .. })
    }
}

impl Seal {
    /// What rows are split by.
    pub(crate) fn split_of(&self) -> SplitOf<'_> {
        match self.by.column() {
            Some(column) => SplitOf::Column(column),
            None => SplitOf::Rows(self.likeness.as_ref().unwrap_or(&Likeness::Apart)),
        }
    }

    /// With what is found out about equal rows; `hashes` are over `columns`, those in use.
    pub(crate) fn resolved(mut self, columns: &[&Column], hashes: &RowHashes) -> Self {
        self.likeness = self.likeness.filter(|_| self.by.column().is_none());
        if self.by.column().is_none() && self.likeness.is_none() {
            self.likeness = Some(alike::likeness(columns, hashes));
        }
        self
    }

    /// The rows of `table` as (open, sealed).
    ///
    /// # Errors
    ///
    /// If the share is out of range, or the column is missing or has missing times.
    pub fn parts(&self, table: &Table, schema: &Schema, target_column: &str) -> Result<Parts, TrainError> {
        let hashes = RowHashes::of_table(table);
        let columns = columns_in_use(table, schema, target_column);
        let units = self.units(&columns, &hashes.over(&columns, table))?;
        self.parts_of(table, &hashes, target_column, units.as_deref())
    }

    /// The same; `hashes` are those of all columns, and `units` those of the rows that stay together.
    pub(crate) fn parts_of(
        &self,
        table: &Table,
        hashes: &RowHashes,
        target_column: &str,
        units: Option<&[u32]>,
    ) -> Result<Parts, TrainError> {
        match &self.by {
            SplitBy::Target | SplitBy::Random => {
                let of_features = hashes.without(table.column(target_column)).keyed(self.seed);
                let keys = role_keys(of_features, units, &hashes.keyed(self.seed));
                Ok(split::seal(&keys, self.share)?)
            }
            SplitBy::Group { column } => {
                let groups = RowHashes::of([column_of_split(table, column)?], table.n_rows);
                Ok(split::seal(&groups.keyed(self.seed), self.share)?)
            }
            SplitBy::Time { .. } if self.share == 0.0 => Ok(((0..table.n_rows as u32).collect(), Vec::new())),
            SplitBy::Time { column } => {
                let rows: Vec<u32> = (0..table.n_rows as u32).collect();
                let times = times(column_of_split(table, column)?, &rows)?;
                let size = HoldSize::Share(self.share);
                Ok(split::hold_out(&rows, &Strata::Time(&times), size, self.seed)?)
            }
        }
    }

    /// Which rows have one role; none if each has its own. `hashes` are over `columns`, those in use.
    pub(crate) fn units(
        &self,
        columns: &[&Column],
        hashes: &RowHashes,
    ) -> Result<Option<Vec<u32>>, TrainError> {
        let Some(likeness) = &self.likeness else { return Ok(None) };
        Ok(match likeness {
            Likeness::Apart => None,
            Likeness::Together { but_for } => {
                let numbering = columns.iter().copied().filter(|column| but_for.contains(&column.name));
                Some(alike::units(hashes.without(numbering).unkeyed()))
            }
            Likeness::Near => Some(alike::bunches(columns, hashes.unkeyed().len()).map_err(ProblemError)?),
        })
    }
}

/// The column by which rows are split.
pub(crate) fn column_of_split<'a>(table: &'a Table, name: &str) -> Result<&'a Column, ProblemError> {
    let none = || format!("rows are split by column `{name}`, but the table has no such column");
    table.column(name).ok_or_else(|| ProblemError(none()))
}

/// Keys for the roles of rows, from hashes of what is in them: rows of one unit share one made of the least
/// of theirs, and rows that are the same by nature count on, in an order that `whole`, hashes of whole rows,
/// gives them in any file.
fn role_keys(mut hashes: Vec<u64>, units: Option<&[u32]>, whole: &[u64]) -> Vec<u64> {
    let mut n_rows_of: HashMap<u32, u32> = HashMap::new();
    units.into_iter().flatten().for_each(|unit| *n_rows_of.entry(*unit).or_default() += 1);
    let shared = |row: usize| units.map(|units| units[row]).filter(|unit| n_rows_of[unit] > 1);
    let mut least: HashMap<u32, u64> = HashMap::new();
    let mut n_before: HashMap<u64, u64> = HashMap::new();
    let mut order: Vec<usize> = (0..hashes.len()).collect();
    order.sort_unstable_by_key(|row| (hashes[*row], whole[*row], *row));
    for row in order {
        let hash = &mut hashes[row];
        if let Some(unit) = shared(row) {
            let least = least.entry(unit).or_insert(*hash);
            *least = (*least).min(*hash);
        } else {
            let before = n_before.entry(*hash).or_default();
            *hash = counted_on(*hash, *before);
            *before += 1;
        }
    }
    for (row, hash) in hashes.iter_mut().enumerate() {
        if let Some(unit) = shared(row) {
            // The least of several is no longer as likely to be large as small; another hash of it is.
            *hash = counted_on(least[&unit], 1);
        }
    }
    hashes
}

/// The times of all rows, of which `rows` must have one.
pub(crate) fn times(column: &Column, rows: &[u32]) -> Result<Vec<f64>, ProblemError> {
    let name = &column.name;
    let Cells::Numbers(values) = &column.cells else {
        let message = format!("rows are split by time, but column `{name}` holds neither numbers nor times");
        return Err(ProblemError(message));
    };
    let n_missing = rows.iter().filter(|row| values[**row as usize].is_nan()).count();
    if n_missing > 0 {
        let rows = if n_missing == 1 { "1 row has".to_owned() } else { format!("{n_missing} rows have") };
        let message = format!(
            "rows are split by time, but {rows} no time in column `{name}`: fill what is missing or leave those rows out"
        );
        return Err(ProblemError(message));
    }
    Ok(values.clone())
}
