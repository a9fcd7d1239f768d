//! Which rows are sealed as test rows, and which rows have one role because they are alike.

use std::collections::HashMap;

use kitae_data::alike::{self, Likeness};
use kitae_data::hash::{counted_on, row_hashes, row_hashes_of};
use kitae_data::inspect::{SplitOf, columns_in_use};
use kitae_data::schema::Schema;
use kitae_data::split::{self, HoldSize, Parts, Strata};
use kitae_data::table::Table;
use serde::{Deserialize, Serialize};

use crate::error::{RecipeError, TrainError};
use crate::recipe::SplitBy;
use crate::roles::times;

/// Which rows are sealed as test rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The key of the hash.
    pub seed: u64,
    /// Expected share of sealed rows, in [0, 1).
    pub share: f64,
    /// What is sealed as one.
    #[serde(default)]
    pub unit: SealUnit,
}

/// What is sealed as one: it follows [`SplitBy`], so that sealed rows are as new to the model as
/// held-out rows are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SealUnit {
    /// A row, or the copies of one: whether equal rows are copies is found out from the table, and becomes
    /// [`SealUnit::Alike`].
    #[default]
    Row,
    /// Rows by the keyed hash of their cells, the target left out, so that a row keeps its role when rows are added and
    /// whatever its target is.
    Alike {
        /// What becomes of rows that are alike.
        likeness: Likeness,
    },
    /// All rows with the same cell in this column, by the keyed hash of that cell.
    Group {
        /// The column.
        column: String,
    },
    /// The latest rows by this column.
    Latest {
        /// The column.
        column: String,
    },
}

impl From<&SplitBy> for SealUnit {
    fn from(by: &SplitBy) -> Self {
        match by {
            SplitBy::Target | SplitBy::Random => Self::Row,
            SplitBy::Group { column } => Self::Group { column: column.clone() },
            SplitBy::Time { column } => Self::Latest { column: column.clone() },
        }
    }
}

impl SealUnit {
    /// Whether sealed rows are as new to a model whose rows are split by `by` as its held-out rows are.
    pub(crate) fn suits(&self, by: &SplitBy) -> bool {
        match (self, Self::from(by)) {
            (Self::Alike { .. }, Self::Row) => true,
            (unit, of_split) => *unit == of_split,
        }
    }
}

impl SealUnit {
    /// What rows are split by.
    pub(crate) fn split_of(&self) -> SplitOf<'_> {
        match self {
            Self::Row => SplitOf::Rows(&Likeness::Apart),
            Self::Alike { likeness } => SplitOf::Rows(likeness),
            Self::Group { column } | Self::Latest { column } => SplitOf::Column(column),
        }
    }
}

impl Seal {
    /// With what is found out about equal rows.
    pub(crate) fn resolved(mut self, table: &Table, schema: &Schema, target_column: &str) -> Self {
        if self.unit == SealUnit::Row {
            let columns = columns_in_use(table, schema, target_column);
            self.unit = SealUnit::Alike { likeness: alike::likeness(&columns, table.n_rows) };
        }
        self
    }

    /// The rows of `table` as (open, sealed).
    ///
    /// # Errors
    ///
    /// If the share is out of range, or the column is missing or has missing times.
    pub fn parts(&self, table: &Table, schema: &Schema, target_column: &str) -> Result<Parts, TrainError> {
        let units = units(table, schema, target_column, &self.unit)?;
        self.parts_of(table, target_column, units.as_deref())
    }

    /// The same; `units` are those of its rows that stay together.
    pub(crate) fn parts_of(
        &self,
        table: &Table,
        target_column: &str,
        units: Option<&[u32]>,
    ) -> Result<Parts, TrainError> {
        let find = |name: &String| {
            let message = || format!("rows are split by column `{name}`, but the table has no such column");
            table.column(name).cloned().ok_or_else(|| RecipeError(message()))
        };
        match &self.unit {
            SealUnit::Row | SealUnit::Alike { .. } => {
                let columns = table.columns.iter().filter(|column| column.name != target_column);
                let hashes = row_hashes_of(columns, table.n_rows, self.seed);
                let whole = row_hashes(table, self.seed);
                Ok(split::seal(&role_keys(hashes, units, &whole), self.share)?)
            }
            SealUnit::Group { column } => {
                let groups = Table { columns: vec![find(column)?], n_rows: table.n_rows };
                Ok(split::seal(&row_hashes(&groups, self.seed), self.share)?)
            }
            SealUnit::Latest { .. } if self.share == 0.0 => {
                Ok(((0..table.n_rows as u32).collect(), Vec::new()))
            }
            SealUnit::Latest { column } => {
                let rows: Vec<u32> = (0..table.n_rows as u32).collect();
                let times = times(column, &find(column)?.cells, &rows)?;
                let size = HoldSize::Share(self.share);
                Ok(split::hold_out(&rows, &Strata::Time(&times), size, self.seed)?)
            }
        }
    }
}

/// Which rows have one role; none if each has its own.
pub(crate) fn units(
    table: &Table,
    schema: &Schema,
    target_column: &str,
    unit: &SealUnit,
) -> Result<Option<Vec<u32>>, TrainError> {
    let SealUnit::Alike { likeness } = unit else { return Ok(None) };
    let columns = columns_in_use(table, schema, target_column);
    Ok(match likeness {
        Likeness::Apart => None,
        Likeness::Together { but_for } => {
            let columns = columns.into_iter().filter(|column| !but_for.contains(&column.name));
            Some(alike::units(&alike::keys(columns, table.n_rows)))
        }
        Likeness::Near => Some(alike::bunches(&columns, table.n_rows).map_err(RecipeError)?),
    })
}

/// Keys for the roles of rows, from hashes of what is in them: rows of one unit share one made of the least of theirs, and
/// rows that are the same by nature count on, in an order that `whole`, hashes of whole rows, gives them in any file.
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
