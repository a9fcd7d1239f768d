//! Rows that are alike: which are copies of one row, and which are the same by nature.
//!
//! Copies (an oversampled class, a file joined to itself) must not be both trained and scored on, so they
//! stay together wherever rows are split. Rows of a survey or of a table of counts are the same because few
//! rows are possible: new rows will be the same again, and to keep them together would keep whole cells from
//! the network.
//!
//! The two are told apart by what the columns do alone. In copies any few columns tell which row it is, so
//! rows that agree in all columns but one agree in that one too; where rows repeat by nature they often do
//! not. And copies repeat many thousand times more often than the columns' own repetitions explain.

mod bunches;
pub(crate) mod space;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::hash::{RowHashes, mix};
use crate::table::{Cells, Column};

pub use bunches::bunches;
pub(crate) use bunches::{Neighbourhood, are_bunched, neighbourhoods};

/// Rows that agree in all columns but one agree in that one too, at least in this share of the pairs, in the
/// median column. Of 28 public tables those with copies have 0.97 to 1, strongly correlated surveys up to
/// 0.94.
const DETERMINED: f64 = 0.96;
/// Some column of copies has nearly as many values as there are distinct rows.
const TELLING: f64 = 0.3;
/// So much more often than by chance do copies repeat whose columns have few values each.
const LIFT: f64 = 1e6;
/// The same where no row stands alone.
const LIFT_WITHOUT_SINGLES: f64 = 100.0;
/// Rows that came so many times at most, and hardly one alone, were copied evenly.
const MOST_EVEN: f64 = 5.0;
const FEWEST_EVEN: usize = 50;
const SINGLES: f64 = 0.01;
/// A row that makes up more of the table comes again by nature, whatever the others do.
const LARGEST_UNIT: f64 = 0.05;
/// Fewer rows that come again are not worth a search for a number of their own.
const FEW: f64 = 0.1;
/// Rows and columns that are looked at to tell the two apart.
const SAMPLE: usize = 20_000;
const MOST_COLUMNS: usize = 64;
/// Pairs of columns that may number the copies are tried among so many.
const MOST_NUMBERS: usize = 12;
/// Of larger tables single columns alone are tried.
const MOST_ROWS_FOR_PAIRS: usize = 1_000_000;

/// What becomes of rows that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Likeness {
    /// Each row has a role of its own.
    Apart,
    /// Rows that are equal in all columns in use stay together.
    Together {
        /// But for these columns, which number the copies.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        but_for: Vec<String>,
    },
    /// Bunches of rows that are nearer to each other than to all others stay together.
    Near,
}

/// How many rows come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// Rows in all.
    pub n_rows: usize,
    /// Distinct rows.
    pub n_distinct: usize,
}

impl Repeats {
    /// Counts the distinct keys.
    pub fn of(keys: &[u64]) -> Self {
        let mut distinct = keys.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        Self { n_rows: keys.len(), n_distinct: distinct.len() }
    }

    /// How many rows are the same as one before.
    pub fn n_again(self) -> usize {
        self.n_rows - self.n_distinct
    }

    /// The share of rows that are the same as one before.
    pub fn share(self) -> f64 {
        1.0 - self.n_distinct as f64 / self.n_rows.max(1) as f64
    }
}

/// Whether equal rows are copies, and of what; `columns` are those in use, of which `hashes` are.
pub fn likeness(columns: &[&Column], hashes: &RowHashes) -> Likeness {
    let repeats = Repeats::of(hashes.unkeyed());
    if repeats.share() > 0.0 && are_copies(columns, hashes) {
        return Likeness::Together { but_for: Vec::new() };
    }
    if repeats.share() < FEW
        && let Some(but_for) = numbers_of_copies(columns, hashes)
    {
        return Likeness::Together { but_for };
    }
    Likeness::Apart
}

/// The unit of each row: rows with equal keys are one, unless they are too many.
pub fn units(keys: &[u64]) -> Vec<u32> {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for key in keys {
        *counts.entry(*key).or_default() += 1;
    }
    let most = ((keys.len() as f64 * LARGEST_UNIT) as usize).max(3);
    let mut unit_of: HashMap<u64, u32> = HashMap::new();
    let mut n_units = 0;
    let mut next = || {
        n_units += 1;
        n_units - 1
    };
    let unit =
        |key: &u64| if counts[key] > most { next() } else { *unit_of.entry(*key).or_insert_with(&mut next) };
    keys.iter().map(unit).collect()
}

/// How often rows of some keys are the same: pairs, and how many keys come once.
struct Coincidences {
    pairs: f64,
    n_distinct: usize,
    singles: usize,
}

impl Coincidences {
    fn of(mut keys: Vec<u64>) -> Self {
        keys.sort_unstable();
        let (mut n_pairs, mut n_distinct, mut n_single) = (0.0, 0, 0);
        for group in keys.chunk_by(|a, b| a == b) {
            let n = group.len();
            n_pairs += n as f64 * (n - 1) as f64 / 2.0;
            n_distinct += 1;
            n_single += usize::from(n == 1);
        }
        Self { pairs: n_pairs, n_distinct, singles: n_single }
    }
}

/// Rows whose keys fall into a share of all keys, so that equal rows are all there or none is.
fn sampled(keys: &[u64], n_distinct: usize) -> (Vec<usize>, f64) {
    let share = (SAMPLE as f64 / keys.len() as f64).max(200.0 / n_distinct.max(1) as f64).min(1.0);
    let threshold = (share * u64::MAX as f64) as u64;
    ((0..keys.len()).filter(|row| mix(keys[*row]) <= threshold).collect(), share)
}

fn are_copies(columns: &[&Column], hashes: &RowHashes) -> bool {
    let keys = hashes.unkeyed();
    let all = Coincidences::of(keys.to_vec());
    let n_rows = keys.len() as f64;
    let mean = n_rows / all.n_distinct as f64;
    let no_singles = all.singles as f64 <= SINGLES * all.n_distinct as f64;
    if mean <= MOST_EVEN && no_singles && all.n_distinct >= FEWEST_EVEN {
        return true;
    }
    let (rows, share) = sampled(keys, all.n_distinct);
    let mut pairs_within = Coincidences::of(rows.iter().map(|row| keys[*row]).collect());
    if pairs_within.pairs == 0.0 {
        pairs_within.pairs = all.pairs * share;
    }
    let step = columns.len().div_ceil(MOST_COLUMNS).max(1);
    let looked_at: Vec<&Column> = columns.iter().copied().step_by(step).collect();
    let mut determined: Vec<f64> = Vec::new();
    let (mut log_chance, mut telling) = (0.0, 0.0_f64);
    for same in in_other_words(&looked_at, &rows, TELLING * all.n_distinct as f64) {
        let cells = RowHashes::of(same, keys.len());
        let cells = cells.unkeyed();
        let own = Coincidences::of(cells.to_vec());
        log_chance += (own.pairs.max(1.0) / (n_rows * (n_rows - 1.0) / 2.0)).ln();
        telling = telling.max(own.n_distinct as f64 / all.n_distinct as f64);
        let without = Coincidences::of(rows.iter().map(|row| keys[*row].wrapping_sub(cells[*row])).collect());
        let others = (without.pairs - pairs_within.pairs) / share;
        determined.push(pairs_within.pairs / (pairs_within.pairs + others));
    }
    determined.sort_by(f64::total_cmp);
    let median = determined.get(determined.len() / 2).copied().unwrap_or(0.0);
    let lift = ((all.pairs / (n_rows * (n_rows - 1.0) / 2.0)).ln() - log_chance).exp();
    median >= DETERMINED && (telling >= TELLING || lift >= LIFT || no_singles && lift >= LIFT_WITHOUT_SINGLES)
}

/// Columns of few values that say the same in other words, such as a class and its code, count as one: one of
/// them alone is told by the other in any table.
fn in_other_words<'a>(columns: &[&'a Column], rows: &[usize], few: f64) -> Vec<Vec<&'a Column>> {
    let mut groups: Vec<Vec<&Column>> = Vec::new();
    let mut group_of: HashMap<u64, usize> = HashMap::new();
    for column in columns {
        let mut first_of: HashMap<u64, usize> = HashMap::new();
        let mut parts = 0_u64;
        for (at, row) in rows.iter().enumerate() {
            let first = *first_of.entry(cell_key(&column.cells, *row)).or_insert(at);
            parts = mix(parts.rotate_left(7) ^ first as u64);
        }
        let next = groups.len();
        let group = if (first_of.len() as f64) < few { *group_of.entry(parts).or_insert(next) } else { next };
        if group == next {
            groups.push(Vec::new());
        }
        groups[group].push(column);
    }
    groups
}

fn cell_key(cells: &Cells, row: usize) -> u64 {
    match cells {
        Cells::Numbers(values) => (values[row] + 0.0).to_bits(),
        Cells::Levels { codes, .. } => u64::from(codes[row]),
    }
}

/// Columns without which many rows are copies: each copy has a number of its own there.
fn numbers_of_copies(columns: &[&Column], hashes: &RowHashes) -> Option<Vec<String>> {
    let n_rows = hashes.unkeyed().len();
    let numbers = numbering(columns, n_rows);
    let mut tried: Vec<Vec<usize>> = (0..numbers.len()).map(|one| vec![one]).collect();
    if n_rows <= MOST_ROWS_FOR_PAIRS {
        let n_paired = numbers.len().min(MOST_NUMBERS);
        tried.extend((0..n_paired).flat_map(|a| (a + 1..n_paired).map(move |b| vec![a, b])));
    }
    tried.into_iter().filter(|left_out| left_out.len() < columns.len()).find_map(|left_out| {
        let without = hashes.without(left_out.iter().map(|position| numbers[*position]));
        if Repeats::of(without.unkeyed()).share() < FEW {
            return None;
        }
        let names: Vec<String> = left_out.iter().map(|position| numbers[*position].name.clone()).collect();
        let rest: Vec<&Column> =
            columns.iter().copied().filter(|column| !names.contains(&column.name)).collect();
        are_copies(&rest, &without).then_some(names)
    })
}

/// Columns in which nearly each row has a value of its own, whole numbers first.
fn numbering<'a>(columns: &[&'a Column], n_rows: usize) -> Vec<&'a Column> {
    let is_own = |column: &&&Column| n_distinct(&column.cells) * 10 > n_rows * 9;
    let mut numbers: Vec<&Column> = columns.iter().filter(is_own).copied().collect();
    numbers.sort_by_key(|column| match &column.cells {
        Cells::Numbers(values) => values.iter().any(|value| value.fract() != 0.0 && !value.is_nan()),
        Cells::Levels { .. } => true,
    });
    numbers.truncate(MOST_COLUMNS);
    numbers
}

fn n_distinct(cells: &Cells) -> usize {
    let mut bits: Vec<u64> = match cells {
        Cells::Numbers(values) => values.iter().filter(|v| !v.is_nan()).map(|v| v.to_bits()).collect(),
        Cells::Levels { codes, .. } => {
            codes.iter().filter(|code| **code > 0).map(|code| u64::from(*code)).collect()
        }
    };
    bits.sort_unstable();
    bits.dedup();
    bits.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{ReadOptions, read_csv_bytes};

    /// A number from 0 to 1 that looks random.
    fn noise(row: usize, purpose: usize) -> f64 {
        mix((row * 64 + purpose) as u64) as f64 / u64::MAX as f64
    }

    /// What is told of rows made by `cells`.
    fn told(n_rows: usize, cells: impl Fn(usize) -> Vec<String>) -> Likeness {
        let header: Vec<String> = (0..cells(0).len()).map(|column| format!("c{column}")).collect();
        let rows: String = (0..n_rows).map(|row| cells(row).join(",") + "\n").collect();
        let text = format!("{}\n{rows}", header.join(","));
        let table = read_csv_bytes(text.as_bytes(), "t", &ReadOptions::default()).unwrap();
        likeness(&table.columns.iter().collect::<Vec<_>>(), &RowHashes::of_table(&table))
    }

    fn level(row: usize, purpose: usize, n_levels: usize) -> String {
        format!("l{}", (noise(row, purpose) * n_levels as f64) as usize)
    }

    fn together() -> Likeness {
        Likeness::Together { but_for: Vec::new() }
    }

    #[test]
    fn oversampled_rows_are_copies() {
        let numbers =
            |row: usize| (0..4).map(|column| format!("{:.4}", noise(row, column))).collect::<Vec<_>>();
        assert_eq!(told(1_200, |row| numbers(row % 300)), together());
        // A tenth of the rows comes nine times.
        assert_eq!(told(1_800, |row| numbers(if row < 1_000 { row } else { row % 100 })), together());
        // One column of numbers among categories tells which row it is.
        let mixed = |row: usize| {
            let levels = (1..6).map(|column| level(row, column, 3));
            levels.chain([format!("{:.4}", noise(row, 0))]).collect()
        };
        assert_eq!(told(1_200, |row| mixed(row % 300)), together());
        // Categories alone, but many.
        assert_eq!(
            told(1_200, |row| (0..20).map(|column| level(row % 300, column, 3)).collect()),
            together()
        );
    }

    #[test]
    fn copies_with_a_number_of_their_own_are_copies() {
        let but_for = vec!["c4".to_owned()];
        let numbered = |row: usize| {
            let cells = (0..4).map(|column| format!("{:.4}", noise(row % 300, column)));
            cells.chain([(row * 3).to_string()]).collect()
        };
        assert_eq!(told(1_200, numbered), Likeness::Together { but_for });
    }

    #[test]
    fn rows_of_few_possible_kinds_are_the_same_by_nature() {
        for n_levels in [2, 3, 6, 12, 30] {
            let cells = |row| vec![level(row, 0, n_levels), level(row, 1, n_levels)];
            assert_eq!(told(2_000, cells), Likeness::Apart, "{n_levels}");
        }
        // Answers of people who mostly answer alike, also as one column a level.
        let answer = |row, column: usize| {
            let own = noise(row, column + 1) < 0.2;
            (if own { noise(row, column + 20) } else { noise(row, 0) } * 5.0) as usize
        };
        assert_eq!(told(2_000, |row| (0..8).map(|c| answer(row, c).to_string()).collect()), Likeness::Apart);
        let one_hot = |row: usize| {
            let column = |c: usize| (0..6).map(move |l| ((noise(row, c) * 6.0) as usize == l).to_string());
            (0..2).flat_map(column).collect()
        };
        assert_eq!(told(2_000, one_hot), Likeness::Apart);
        // Each level also as a number.
        let coded = |row| {
            let levels = (0..3).map(|column| (noise(row, column) * 4.0) as usize).collect::<Vec<_>>();
            levels
                .iter()
                .map(|level| format!("l{level}"))
                .chain(levels.iter().map(ToString::to_string))
                .collect()
        };
        assert_eq!(told(2_000, coded), Likeness::Apart);
    }

    #[test]
    fn distinct_rows_have_roles_of_their_own() {
        let numbers = |row| (0..3).map(|column| format!("{}", noise(row, column))).collect();
        assert_eq!(told(500, numbers), Likeness::Apart);
        assert_eq!(told(500, |row| vec![row.to_string(), level(row, 1, 3)]), Likeness::Apart);
    }

    #[test]
    fn equal_rows_are_one_unit_unless_they_are_too_many() {
        let mut keys: Vec<u64> = (0..90).map(|row| row / 3).collect();
        keys.extend([77; 10]);
        let units = units(&keys);
        assert!((0..90).all(|row| units[row] == units[row - row % 3]));
        let mut distinct = units.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 30 + 10);
    }
}
