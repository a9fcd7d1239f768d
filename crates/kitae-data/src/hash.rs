//! Hashes of rows that depend on their contents alone.
//!
//! They choose the sealed test rows, so they are a file format: the same row with the same seed has the same
//! hash in every release, wherever it stands and in whatever order its columns come.

use crate::read::{is_soft, parse_number};
use crate::table::{Cells, Column, Table, UNSEEN};

/// Keeps a number apart from a text of the same bits.
const NUMBER: u64 = 0x6e75_6d62_6572_0001;
const TEXT: u64 = 0x7465_7874_0000_0002;

/// A hash of each row: of the names and values of its columns and of `seed`.
///
/// A text that writes a number hashes as that number, and a missing cell adds nothing. So the hash of a row stays
/// when the rest of its column changes from numbers to texts, and equal rows have equal hashes.
pub fn row_hashes(table: &Table, seed: u64) -> Vec<u64> {
    row_hashes_of(table.columns.iter(), table.n_rows, seed)
}

/// The same of some columns, in any order.
pub fn row_hashes_of<'a>(columns: impl Iterator<Item = &'a Column>, n_rows: usize, seed: u64) -> Vec<u64> {
    let mut sums = vec![0_u64; n_rows];
    for column in columns {
        add_cells(column, &mut sums);
    }
    let key = mix(seed ^ TEXT);
    sums.into_iter().map(|sum| mix(mix(sum ^ key).wrapping_add(seed))).collect()
}

/// Another hash of the same row for each that came before it.
pub fn counted_on(hash: u64, n_before: u64) -> u64 {
    if n_before == 0 { hash } else { mix(hash.wrapping_add(mix(n_before))) }
}

/// Adds to each sum the hash of a cell; a missing one adds nothing.
pub(crate) fn add_cells(column: &Column, sums: &mut [u64]) {
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

/// Spreads each bit over all (D. Stafford's variant 13 of the finaliser of `MurmurHash3`, as in `SplitMix64`).
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
