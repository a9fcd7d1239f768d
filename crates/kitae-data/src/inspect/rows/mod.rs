//! What the rows say about how they may be split: copies, near copies, groups, time. Measured on a part of
//! them, by what the nearest rows tell of a row's target.

mod bunched;
mod groups;
mod near;
mod neighbours;
mod order;
mod repeats;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::columns_in_use;
use crate::alike::Likeness;
use crate::finding::{Finding, What};
use crate::hash::{RowHashes, mix};
use crate::schema::Schema;
use crate::table::{Column, Table};
use crate::target::Target;

/// Rows, and how they are to be split.
pub struct Rows<'a> {
    /// The table; its cells fit the schema.
    pub table: &'a Table,
    /// What the columns are.
    pub schema: &'a Schema,
    /// The column to predict.
    pub target_column: &'a str,
    /// Hashes of all its rows over the [`columns_in_use`].
    pub hashes: &'a RowHashes,
    /// Its cells.
    pub target: &'a Target,
    /// The rows that may be looked at; all have a target.
    pub rows: &'a [u32],
    /// What they are split by.
    pub split: SplitOf<'a>,
}

/// What rows are split by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SplitOf<'a> {
    /// At random, or by the target.
    Rows(&'a Likeness),
    /// By this column of groups or times.
    Column(&'a str),
}

impl Rows<'_> {
    /// What is to be known of them.
    pub fn findings(&self) -> Vec<Finding> {
        let SplitOf::Rows(likeness) = self.split else { return Vec::new() };
        if self.columns().is_empty() || self.rows.is_empty() {
            return Vec::new();
        }
        let repeats = repeats::find(self, likeness);
        let are_copies = repeats.as_ref().is_some_and(|finding| finding.what == What::Copies);
        let mut findings: Vec<Finding> = repeats.into_iter().collect();
        // Of copies one is enough to tell what others say.
        let firsts = if are_copies { self.firsts(likeness) } else { self.rows.to_vec() };
        let rows = Rows { rows: &firsts, ..*self };
        findings.extend(order::find(&rows));
        let groups = groups::find(&rows);
        // Whoever knows the group needs not be told that its rows are near each other.
        if groups.is_none() && *likeness != Likeness::Near {
            findings.extend(near::find(&rows).or_else(|| bunched::find(&rows)));
        }
        findings.extend(groups);
        findings
    }

    /// The first of all rows that are the same.
    pub(super) fn firsts(&self, likeness: &Likeness) -> Vec<u32> {
        let hashes = self.hashes_of(likeness);
        let mut seen = HashSet::new();
        self.rows.iter().copied().filter(|row| seen.insert(hashes.unkeyed()[*row as usize])).collect()
    }

    /// Hashes that are the same for rows that are alike, without what numbers them.
    fn hashes_of(&self, likeness: &Likeness) -> RowHashes {
        let Likeness::Together { but_for } = likeness else { return self.hashes.clone() };
        self.hashes.without(self.columns().into_iter().filter(|column| but_for.contains(&column.name)))
    }

    /// The columns in use.
    fn columns(&self) -> Vec<&Column> {
        columns_in_use(self.table, self.schema, self.target_column)
    }

    /// At most `most` of the rows, in their order, whichever they are.
    pub(super) fn some(&self, most: usize) -> Vec<u32> {
        let share = most as f64 / self.rows.len().max(1) as f64;
        if share >= 1.0 {
            return self.rows.to_vec();
        }
        let threshold = (share * u64::MAX as f64) as u64;
        self.rows.iter().copied().filter(|row| mix(u64::from(*row)) <= threshold).collect()
    }
}
