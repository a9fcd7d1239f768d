//! Which rows do what: folds, held-out parts and sealed rows, as index vectors into a table.
//!
//! Nothing is copied and nothing is fitted here. Rows are positions in the table; every returned
//! vector is sorted ascending. The order in which rows are passed in does not matter, and the same
//! seed gives the same split on every machine and in every release.
//!
//! ```
//! use kitae_data::split::{Strata, k_fold, without};
//!
//! let rows: Vec<u32> = (0..6).collect();
//! let classes = [0, 0, 0, 0, 1, 1];
//! let folds = k_fold(&rows, &Strata::Classes(&classes), 2, 42)?;
//! let train = without(&rows, &folds[0]);
//! assert_eq!(folds[0].len(), 3);
//! assert_eq!(train, folds[1]);
//! # Ok::<(), kitae_data::split::SplitError>(())
//! ```

mod folds;
mod hold_out;
mod order;
mod seal;

use crate::error::Location;

pub use folds::{RepeatConfig, forward_chain, k_fold, repeated_k_fold};
pub use hold_out::{HoldSize, hold_out};
pub use seal::seal;

/// What the parts of a split must share out evenly or keep together. The slices have one entry for
/// each row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Strata<'a> {
    /// Nothing: rows are split at random.
    None,
    /// Class codes: every part holds its proportion of every class. `u32::MAX` marks a row without a
    /// class, which cannot be split.
    Classes(&'a [u32]),
    /// Numbers: every part holds its proportion of small, middling and large ones.
    Values(&'a [f64]),
    /// Group codes: a group is never torn apart.
    Groups(&'a [u32]),
    /// Times: a part is a stretch of time. Rows of the same time are ordered by their position.
    Time(&'a [f64]),
    /// Unit codes: a unit, such as the copies of a row, is never torn apart; its first row stands for it
    /// among the strata, so parts hold equally many units, not rows.
    Together {
        /// The unit of each row.
        units: &'a [u32],
        /// What units are stratified by; not groups or times.
        strata: &'a Strata<'a>,
    },
}

/// Why rows could not be split.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// The number of folds does not fit the rows.
    #[error("`n_folds` must lie between {least} and {most} for {n_rows} rows, got {n_folds}")]
    FoldCount {
        /// What was asked for.
        n_folds: usize,
        /// The fewest folds that make sense.
        least: usize,
        /// The most folds that these rows allow.
        most: usize,
        /// How many rows there are.
        n_rows: usize,
    },
    /// There are fewer units than parts, and copies of a row stay together.
    #[error("{n_parts} parts need at least as many distinct rows, but copies left aside there are {n_units}")]
    TooFewUnits {
        /// How many parts were asked for.
        n_parts: usize,
        /// How many units the rows hold.
        n_units: usize,
    },
    /// There are fewer groups than parts, and a group is never torn apart.
    #[error("{n_parts} parts need at least as many groups, but the rows to be split hold {n_groups}")]
    TooFewGroups {
        /// How many parts were asked for.
        n_parts: usize,
        /// How many groups the rows hold.
        n_groups: usize,
    },
    /// The number of repeats is zero.
    #[error("`n_repeats` must be positive, got 0")]
    NoRepeats,
    /// Folds in time order leave nothing to chance, so a repeat would be a copy.
    #[error("folds of rows in time order are the same in every repeat; ask for one repeat, got {n_repeats}")]
    RepeatedTime {
        /// What was asked for.
        n_repeats: usize,
    },
    /// Rows of the same time are never parted.
    #[error("the rows to be split all have the same time, so none come before the others")]
    OneTime,
    /// One row cannot be parted.
    #[error("at least 2 rows are needed to hold some out, got {n_rows}")]
    TooFewRows {
        /// How many rows there are.
        n_rows: usize,
    },
    /// A share outside its range.
    #[error("the share of rows must lie {range}, got {share}")]
    Share {
        /// What was asked for.
        share: f64,
        /// The range in words.
        range: &'static str,
    },
    /// A number of held rows that leaves a part empty.
    #[error("the number of held rows must lie between 1 and {most}, got {n_held}")]
    HeldCount {
        /// What was asked for.
        n_held: usize,
        /// One less than the number of rows.
        most: usize,
    },
    /// A row that the strata do not know.
    #[error("{} lies outside the table: the strata hold {n_rows} rows", Location::Row(*row as usize + 1))]
    RowOutside {
        /// The position of the row.
        row: u32,
        /// How many rows the strata hold.
        n_rows: usize,
    },
    /// A row that was passed more than once.
    #[error("{} was passed more than once", Location::Row(*row as usize + 1))]
    RowTwice {
        /// The position of the row.
        row: u32,
    },
    /// A row whose class, value or time is missing.
    #[error("{} has no {what}; pass only rows that have one", Location::Row(*row as usize + 1))]
    NoStratum {
        /// The position of the row.
        row: u32,
        /// What is missing: class, value or time.
        what: &'static str,
    },
}

/// Two sets of rows that share none: those that are kept (or trained on) and those that are held.
pub type Parts = (Vec<u32>, Vec<u32>);

/// The rows that are not in `held`, sorted ascending.
pub fn without(rows: &[u32], held: &[u32]) -> Vec<u32> {
    let mut held = held.to_vec();
    held.sort_unstable();
    let mut others: Vec<u32> = rows.iter().copied().filter(|row| held.binary_search(row).is_err()).collect();
    others.sort_unstable();
    others
}
