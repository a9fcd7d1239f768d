//! Rows that are nearly the same as another: measured twice, written with other digits, or neighbours in a series.

use kitae_data::table::Cells;
use kitae_data::target::Target;
use kitae_eval::words::percent;
use kitae_train::Problem;
use kitae_train::recipe::SplitBy;

use super::rows::{COPIES, copies_advice};
use super::{Ailment, Finding, Patient, Treatment};

/// Numbers are near if they differ by at most this share of their column's spread.
const NEAR: f64 = 0.01;
/// Where rows are spread in k directions, twice the distance holds 2^k times the pairs; near copies stay the same
/// number. Between one and the two of a single direction lies this.
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
    fn of(problem: &'a Problem, patient: &Patient) -> Self {
        let inputs = &patient.case.manifest.layout.inputs;
        let is_input = |name: &str| inputs.iter().any(|input| input.column == name);
        let mut columns = Self { numbers: Vec::new(), codes: Vec::new() };
        for column in problem.table.columns.iter().filter(|column| is_input(&column.name)) {
            match &column.cells {
                Cells::Numbers(values) => columns.add(values, &problem.open_rows),
                Cells::Levels { codes, .. } => columns.codes.push(codes),
            }
        }
        match &problem.target {
            Target::Values(values) => columns.add(values, &problem.open_rows),
            Target::Classes { codes, .. } => columns.codes.push(codes),
        }
        columns
    }

    fn add(&mut self, values: &'a [f64], rows: &[u32]) {
        if let Some(spread) = spread(values, rows) {
            self.numbers.push((values, NEAR * spread));
        }
    }

    /// The largest distance in any column, in units of near; none if a cell is missing in one row alone, or the rows
    /// are of other categories, or further apart than `most`.
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

/// The standard deviation that a normal distribution with the same quartiles has, so that single far values do not
/// count; where half of the values are one and the same, that of all. None if all are.
fn spread(values: &[f64], rows: &[u32]) -> Option<f64> {
    let seen = rows.iter().map(|row| values[*row as usize]).filter(|value| value.is_finite());
    let mut sorted: Vec<f64> = seen.collect();
    sorted.sort_by(f64::total_cmp);
    let quartile = |share: usize| sorted.get(sorted.len() * share / 4).copied();
    let of_quartiles = (quartile(3)? - quartile(1)?) / 1.349;
    if of_quartiles > 0.0 {
        return Some(of_quartiles);
    }
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let deviation = (sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    (deviation > 0.0).then_some(deviation)
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

pub(super) fn near_copies(patient: &Patient) -> Option<Finding> {
    let problem = patient.case.problem?;
    if let SplitBy::Group { .. } | SplitBy::Time { .. } = patient.case.manifest.recipe.split.by {
        return None;
    }
    let found = neighbours(&Columns::of(problem, patient), &problem.open_rows)?;
    let share = found.n_near as f64 / found.n_queries as f64;
    if share < COPIES || found.pairs[1] as f64 >= FLAT * found.pairs[0] as f64 {
        return None;
    }
    let evidence = format!(
        "Of {} rows looked at, {} differ from another by less than {} of the spread in every column, the target \
         included, and hardly more by less than twice that: they are no neighbours by chance",
        found.n_queries,
        percent(share),
        percent(NEAR)
    );
    let treatments = vec![Treatment::Advice(copies_advice().into())];
    Some(Finding { ailment: Ailment::Copies, evidence, plot: None, treatments })
}
