//! Rows that are nearly the same as another: measured twice, written with other digits, or neighbours in a
//! series.

use super::Rows;
use crate::alike::space::spread;
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::table::Cells;
use crate::target::Target;

/// Fewer near copies do not change a score that can be seen.
const COPIES: f64 = 0.1;
/// Numbers are near if they differ by at most this share of their column's spread.
const NEAR: f64 = 0.01;
/// Where rows are spread in k directions, twice the distance holds 2^k times the pairs; near copies stay the
/// same number. Between one and the two of a single direction lies this.
const FLAT: f64 = 1.5;
/// Rows that are compared with all others.
const QUERIES: usize = 2_000;
/// A column with fewer values orders no rows.
const FEWEST_VALUES: usize = 50;

/// The columns that a model sees, and the target.
struct Columns<'a> {
    /// Values and the distance at which two of them are near.
    numbers: Vec<(&'a [f64], f64)>,
    codes: Vec<&'a [u32]>,
}

impl<'a> Columns<'a> {
    fn of(rows: &'a Rows) -> Self {
        let mut columns = Self { numbers: Vec::new(), codes: Vec::new() };
        for column in rows.columns() {
            match &column.cells {
                Cells::Numbers(values) => columns.add(values, rows.rows),
                Cells::Levels { codes, .. } => columns.codes.push(codes),
            }
        }
        match rows.target {
            Target::Values(values) => columns.add(values, rows.rows),
            Target::Classes { codes, .. } => columns.codes.push(codes),
        }
        columns
    }

    fn add(&mut self, values: &'a [f64], rows: &[u32]) {
        let of_rows: Vec<f64> = rows.iter().map(|row| values[*row as usize]).collect();
        if let Some(spread) = spread(&of_rows) {
            self.numbers.push((values, NEAR * spread));
        }
    }

    /// The largest distance in any column, in units of near; none if a cell is missing in one row alone, or
    /// the rows are of other categories, or further apart than `most`.
    fn distance(&self, a: u32, b: u32, most: f64) -> Option<f64> {
        let (a, b) = (a as usize, b as usize);
        if self.codes.iter().any(|codes| codes[a] != codes[b]) {
            return None;
        }
        let mut largest = 0.0_f64;
        for (values, near) in &self.numbers {
            match (values[a].is_nan(), values[b].is_nan()) {
                (true, true) => {}
                (false, false) => largest = largest.max((values[a] - values[b]).abs() / near),
                _ => return None,
            }
            if largest > most {
                return None;
            }
        }
        Some(largest)
    }
}

/// What comparing some rows with all others tells.
#[derive(Default)]
struct Neighbours {
    n_queries: usize,
    /// Rows with another near them that is not the very same.
    n_near: usize,
    /// Pairs within the distance, and within twice the distance.
    pairs: [usize; 2],
}

/// Along the column with the most values, so that only rows of a narrow window are compared.
fn neighbours(columns: &Columns, rows: &[u32]) -> Option<Neighbours> {
    let n_values = |values: &[f64]| {
        let mut bits: Vec<u64> = rows.iter().map(|row| values[*row as usize].to_bits()).collect();
        bits.sort_unstable();
        bits.dedup();
        bits.len()
    };
    let counted = columns.numbers.iter().map(|(values, near)| (n_values(values), *values, *near));
    let (n_values, along, near) = counted.max_by_key(|(n_values, ..)| *n_values)?;
    let mut ordered: Vec<u32> = rows.iter().copied().filter(|row| along[*row as usize].is_finite()).collect();
    if n_values < FEWEST_VALUES || ordered.is_empty() {
        return None;
    }
    ordered.sort_by(|a, b| along[*a as usize].total_cmp(&along[*b as usize]));
    let mut found = Neighbours::default();
    for at in (0..ordered.len()).step_by(ordered.len().div_ceil(QUERIES)) {
        found.n_queries += 1;
        let query = ordered[at];
        let within = |other: &&u32| (along[**other as usize] - along[query as usize]).abs() <= 2.0 * near;
        let before = ordered[..at].iter().rev().take_while(within);
        let after = ordered[at + 1..].iter().take_while(within);
        let distances = before.chain(after).filter_map(|other| columns.distance(query, *other, 2.0));
        // The very same rows are copies, which are counted elsewhere.
        let (mut n_near, mut n_far) = (0, 0);
        for distance in distances.filter(|distance| *distance > 0.0) {
            n_far += 1;
            n_near += usize::from(distance <= 1.0);
        }
        found.n_near += usize::from(n_near > 0);
        found.pairs[0] += n_near;
        found.pairs[1] += n_far;
    }
    Some(found)
}

pub(super) fn find(rows: &Rows) -> Option<Finding> {
    let found = neighbours(&Columns::of(rows), rows.rows)?;
    let share = found.n_near as f64 / found.n_queries as f64;
    if share < COPIES || found.pairs[1] as f64 >= FLAT * found.pairs[0] as f64 {
        return None;
    }
    let message = format!(
        "of {} rows looked at, {:.0} % differ from another by less than {:.0} % of the spread in every column, the target \
         included, and hardly more by less than twice that: they are not neighbours by chance, and are scored \
              by networks that saw near copies; keep them together, or name the column that says what they \
              belong to (`question.by_group`)",
        found.n_queries,
        100.0 * share,
        100.0 * NEAR
    );
    Some(
        Finding::new(What::NearCopies, Severity::Warning, message)
            .cured_by(Cure::with(Setting::Copies, "near")),
    )
}
