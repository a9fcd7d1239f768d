//! Hashes of rows that depend on their contents alone.
//!
//! They choose the sealed test rows, so they are a file format: the same row with the same seed has the same
//! hash in every release, wherever it stands and in whatever order its columns come.

use std::collections::HashSet;

use crate::cell::{is_soft, parse_number};
use crate::table::{Cells, Column, Table, UNSEEN};

/// Keeps a number apart from a text of the same bits.
const NUMBER: u64 = 0x6e75_6d62_6572_0001;
const TEXT: u64 = 0x7465_7874_0000_0002;

/// A hash of each row: of the names and values of its columns and of `seed`, as [`RowHashes`] makes it.
pub fn row_hashes(table: &Table, seed: u64) -> Vec<u64> {
    RowHashes::of_table(table).keyed(seed)
}

/// What is hashed of each row of a table, before a seed is mixed in: the sum of the hashes of its cells, each
/// of the name of a column and a value. A table is hashed once, and columns are taken out again.
///
/// A text that writes a number hashes as that number, and a missing cell adds nothing. So the hash of a row
/// stays when the rest of its column changes from numbers to texts, and equal rows have equal hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowHashes {
    sums: Vec<u64>,
}

impl RowHashes {
    /// Of the cells of `columns`, in any order.
    pub fn of<'a>(columns: impl IntoIterator<Item = &'a Column>, n_rows: usize) -> Self {
        let mut sums = vec![0; n_rows];
        columns.into_iter().for_each(|column| add_cells(column, &mut sums));
        Self { sums }
    }

    /// Of all cells of a table.
    pub fn of_table(table: &Table) -> Self {
        Self::of(&table.columns, table.n_rows)
    }

    /// Without `columns`, which are some of those that were hashed.
    #[must_use]
    pub fn without<'a>(&self, columns: impl IntoIterator<Item = &'a Column>) -> Self {
        let out = Self::of(columns, self.sums.len());
        Self { sums: self.sums.iter().zip(out.sums).map(|(all, out)| all.wrapping_sub(out)).collect() }
    }

    /// Of `columns` alone, some of those of `table`, which was hashed as a whole.
    #[must_use]
    pub fn over(&self, columns: &[&Column], table: &Table) -> Self {
        let names: HashSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        self.without(table.columns.iter().filter(|column| !names.contains(column.name.as_str())))
    }

    /// Of these rows, in this order.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        Self { sums: rows.iter().map(|row| self.sums[*row as usize]).collect() }
    }

    /// One number a row, the same for rows that are equal, but not spread evenly over all numbers.
    pub fn unkeyed(&self) -> &[u64] {
        &self.sums
    }

    /// The hash of each row under `seed`.
    pub fn keyed(&self, seed: u64) -> Vec<u64> {
        let key = mix(seed ^ TEXT);
        self.sums.iter().map(|sum| mix(mix(sum ^ key).wrapping_add(seed))).collect()
    }

    /// A hash of the contents of all rows, whatever their order: it tells a table from others.
    pub fn fingerprint(&self) -> u64 {
        self.keyed(0).into_iter().fold(0, u64::wrapping_add)
    }
}

/// Another hash of the same row for each that came before it.
pub fn counted_on(hash: u64, n_before: u64) -> u64 {
    if n_before == 0 { hash } else { mix(hash.wrapping_add(mix(n_before))) }
}

/// Adds to each sum the hash of a cell; a missing one adds nothing.
fn add_cells(column: &Column, sums: &mut [u64]) {
    let name = hash_bytes(column.name.as_bytes(), TEXT);
    match &column.cells {
        Cells::Numbers(values) => {
            for (sum, value) in sums.iter_mut().zip(values).filter(|(_, value)| !value.is_nan()) {
                *sum = sum.wrapping_add(cell_hash(name, number_hash(*value)));
            }
        }
        Cells::Levels { codes, levels } => {
            let hashes: Vec<u64> = levels.iter().map(|level| level_hash(name, level)).collect();
            for (sum, code) in sums.iter_mut().zip(codes) {
                *sum = sum.wrapping_add(code_hash(&hashes, name, *code));
            }
        }
    }
}

fn code_hash(hashes: &[u64], name: u64, code: u32) -> u64 {
    if code == UNSEEN {
        return cell_hash(name, u64::from(UNSEEN));
    }
    (code as usize).checked_sub(1).and_then(|position| hashes.get(position)).copied().unwrap_or(0)
}

fn level_hash(name: u64, level: &str) -> u64 {
    if is_soft(level.as_bytes()) {
        return 0;
    }
    let value =
        parse_number(level.as_bytes()).map_or_else(|| hash_bytes(level.as_bytes(), TEXT), number_hash);
    cell_hash(name, value)
}

fn number_hash(value: f64) -> u64 {
    mix((value + 0.0).to_bits() ^ NUMBER)
}

fn cell_hash(name: u64, value: u64) -> u64 {
    mix(name.rotate_left(23) ^ mix(value.wrapping_add(name)))
}

/// A hash of `bytes`, eight at a time, each word mixed into what came before.
fn hash_bytes(bytes: &[u8], key: u64) -> u64 {
    let mut state = mix(key ^ bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = mix(state.rotate_left(29) ^ u64::from_le_bytes(word)).wrapping_add(state);
    }
    mix(state)
}

/// Spreads each bit over all (D. Stafford's variant 13 of the finaliser of `MurmurHash3`, as in
/// `SplitMix64`).
pub(crate) fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{ReadOptions, read_csv_bytes};

    fn hashes(text: &str, seed: u64) -> Vec<u64> {
        row_hashes(&read_csv_bytes(text.as_bytes(), "table", &ReadOptions::default()).unwrap(), seed)
    }

    #[test]
    fn hashes_never_change() {
        let text = "age,city,note\n39,Oslo,\n-0.5,São Paulo,a longer note\n,,x\n";
        assert_eq!(
            hashes(text, 0),
            [14_133_339_388_612_153_090, 3_161_959_197_126_404_545, 113_423_971_030_872_413]
        );
        assert_eq!(
            hashes(text, 42),
            [15_293_386_580_253_176_715, 733_143_544_425_352_361, 7_785_144_849_032_197_347]
        );
    }

    #[test]
    fn a_row_keeps_its_hash_wherever_it_stands() {
        let here = hashes("a,b\n1,x\n2,y\n3,z\n", 7);
        let there = hashes("b,a\nz,3.0\nx,1\nnew,9\ny,02\n", 7);
        assert_eq!((here[0], here[1], here[2]), (there[1], there[3], there[0]));
    }

    #[test]
    fn columns_that_are_taken_out_leave_no_trace() {
        let read = |text: &str| read_csv_bytes(text.as_bytes(), "t", &ReadOptions::default()).unwrap();
        let (table, rest) = (read("a,b,c\n1,x,5\n2,,6\n"), read("a,b\n1,x\n2,\n"));
        let of = |table: &Table| RowHashes::of_table(table);
        assert_eq!(of(&table).without(table.column("c")), of(&rest));
        assert_eq!(of(&table).over(&rest.columns.iter().collect::<Vec<_>>(), &table), of(&rest));
        assert_eq!(of(&table.select(&[1, 0])), of(&table).select(&[1, 0]));
        assert_eq!(of(&table.select(&[1, 0])).fingerprint(), of(&table).fingerprint());
        assert_ne!(of(&rest).fingerprint(), of(&table).fingerprint());
    }

    #[test]
    fn a_row_keeps_its_hash_when_its_column_turns_into_texts() {
        assert_eq!(hashes("a,b\n1,5\n2,None\n", 7), hashes("a,b\n1,5\n2,None\n3,x\n", 7)[..2]);
    }

    #[test]
    fn values_do_not_move_between_columns_unseen() {
        assert_ne!(hashes("a,b\n1,2\n", 7), hashes("a,b\n2,1\n", 7));
        assert_ne!(hashes("a,b\n1,\n", 7), hashes("a,b\n,1\n", 7));
        assert_ne!(hashes("a\nx\n", 7), hashes("b\nx\n", 7));
        assert_ne!(hashes("a\nx\n", 7), hashes("a\nx\n", 8));
    }

    #[test]
    fn a_fingerprint_sees_every_cell_and_no_order() {
        let read = |text: &str| read_csv_bytes(text.as_bytes(), "t", &ReadOptions::default()).unwrap();
        let of = |text: &str| RowHashes::of_table(&read(text)).fingerprint();
        assert_eq!(of("a,b\n1,x\n2,y\n"), of("a,b\n2,y\n1,x\n"));
        assert_ne!(of("a,b\n1,x\n2,y\n"), of("a,b\n2,x\n1,y\n"));
        assert_ne!(of("a,b\n1,x\n2,y\n"), of("a,b\n1,x\n2.5,y\n"));
    }

    #[test]
    fn a_small_change_turns_half_of_the_bits() {
        let text: String =
            std::iter::once("a,b\n".to_owned()).chain((0..4000).map(|i| format!("{i},x\n"))).collect();
        let (first, second) = (hashes(&text, 1), hashes(&text, 2));
        let turned = |pairs: &[(u64, u64)]| {
            f64::from(pairs.iter().map(|(a, b)| (a ^ b).count_ones()).sum::<u32>()) / pairs.len() as f64
        };
        let neighbours: Vec<(u64, u64)> = first.windows(2).map(|pair| (pair[0], pair[1])).collect();
        let seeds: Vec<(u64, u64)> = first.iter().copied().zip(second).collect();
        assert!((turned(&neighbours) - 32.0).abs() < 0.3, "{}", turned(&neighbours));
        assert!((turned(&seeds) - 32.0).abs() < 0.3, "{}", turned(&seeds));
        let n_low = first.iter().filter(|hash| **hash < u64::MAX / 5).count();
        assert!((700..900).contains(&n_low), "{n_low}");
    }
}
