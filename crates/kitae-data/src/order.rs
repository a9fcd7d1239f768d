//! Rows in the order of their contents: the same whatever their order in a file.
//!
//! ```
//! use kitae_data::hash::RowHashes;
//! use kitae_data::order::by_contents;
//! use kitae_data::read::{ReadOptions, read_csv_bytes};
//! use kitae_data::table::Table;
//!
//! let read = |text: &[u8]| read_csv_bytes(text, "table", &ReadOptions::default());
//! let (one, other) = (read(b"a,b\n1,x\n2,y\n3,z\n")?, read(b"a,b\n3,z\n1,x\n2,y\n")?);
//! let sorted = |table: &Table| {
//!     table.select(&by_contents(table, &RowHashes::of_table(table), "b"))
//! };
//! assert_eq!(sorted(&one), sorted(&other));
//! # Ok::<(), kitae_data::error::DataError>(())
//! ```

use std::cmp::Ordering;

use crate::hash::{RowHashes, mix};
use crate::table::{Cells, Table};

/// The positions of all rows of `table` in the order of their `hashes`, the column `target` left out, so that
/// what its classes are called decides nothing. Rows that are equal in every cell are interchangeable, so
/// they stay in the order of the table.
///
/// A hash has no meaning, so neither has the order: it is as good as one drawn at random.
pub fn by_contents(table: &Table, hashes: &RowHashes, target: &str) -> Vec<u32> {
    let hashes = hashes.without(table.column(target)).keyed(0);
    let mut order: Vec<u32> = (0..table.n_rows as u32).collect();
    order.sort_by(|a, b| {
        let by_hash = hashes[*a as usize].cmp(&hashes[*b as usize]);
        // Texts that write the same number have the same hash.
        by_hash.then_with(|| by_cells(table, *a as usize, *b as usize))
    });
    order
}

fn by_cells(table: &Table, a: usize, b: usize) -> Ordering {
    let by_cell = |cells: &Cells| match cells {
        Cells::Numbers(values) => values[a].total_cmp(&values[b]),
        // Levels are sorted, so their codes are.
        Cells::Levels { codes, .. } => codes[a].cmp(&codes[b]),
    };
    table
        .columns
        .iter()
        .map(|column| by_cell(&column.cells))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// A hash of a sequence of row hashes: of their order, too.
///
/// ```
/// use kitae_data::order::hash_of;
///
/// assert_eq!(hash_of([1, 2]), hash_of([1, 2]));
/// assert_ne!(hash_of([1, 2]), hash_of([2, 1]));
/// ```
pub fn hash_of(row_hashes: impl IntoIterator<Item = u64>) -> u64 {
    row_hashes.into_iter().fold(0, |state: u64, hash| mix(state.rotate_left(29) ^ hash).wrapping_add(state))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{ReadOptions, read_csv_bytes};

    fn table(lines: &[&str]) -> Table {
        let text = format!("a,b\n{}\n", lines.join("\n"));
        read_csv_bytes(text.as_bytes(), "table", &ReadOptions::default()).unwrap()
    }

    #[test]
    fn every_order_of_a_file_becomes_the_same() {
        // Copies, missing cells, and texts that write the same number.
        let lines = ["1,x", "2,01", "2,1", "1,x", ",y", "2,1", "3,", "2,01"];
        let first = table(&lines);
        let order = |table: &Table| by_contents(table, &RowHashes::of_table(table), "y");
        let sorted = first.select(&order(&first));
        for turn in 1..lines.len() {
            let mut turned = lines;
            turned.rotate_left(turn);
            turned.swap(0, turn);
            let turned = table(&turned);
            let order = order(&turned);
            let same = turned.select(&order);
            assert_eq!(format!("{same:?}"), format!("{sorted:?}"), "{turn}");
            let mut all = order;
            all.sort_unstable();
            assert_eq!(all, (0..lines.len() as u32).collect::<Vec<_>>());
        }
    }
}
