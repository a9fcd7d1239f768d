//! Distances between rows: how far their numbers lie apart in spreads of the column, and how many texts
//! differ.

use crate::hash::mix;
use crate::table::{Cells, Column};

/// Numbers further apart than so many spreads count as that far, so that one column does not decide alone.
const MOST: f32 = 3.0;
/// The square of the distance of two texts that differ.
const TEXTS: f32 = 2.0;
/// As many columns are held against each other.
const MOST_COLUMNS: usize = 64;

/// Some rows as points.
pub(crate) struct Space {
    /// How many rows there are.
    pub(crate) n_rows: usize,
    /// How many columns hold more than a few numbers.
    pub(crate) d_numbers: usize,
    d_codes: usize,
    numbers: Vec<f32>,
    codes: Vec<u32>,
}

impl Space {
    /// `rows` as points of `columns`; those of one value are left out.
    pub(crate) fn of(columns: &[&Column], rows: &[u32]) -> Self {
        let step = columns.len().div_ceil(MOST_COLUMNS).max(1);
        let (mut numbers, mut codes) = (Vec::new(), Vec::new());
        for column in columns.iter().step_by(step) {
            match &column.cells {
                Cells::Numbers(values) => numbers.extend(scaled(values, rows)),
                Cells::Levels { codes: of_rows, .. } => {
                    codes.push(rows.iter().map(|row| of_rows[*row as usize]).collect::<Vec<_>>());
                }
            }
        }
        Self {
            n_rows: rows.len(),
            d_numbers: numbers.len(),
            d_codes: codes.len(),
            numbers: row_by_row(&numbers, rows.len()),
            codes: row_by_row(&codes, rows.len()),
        }
    }

    /// The square of the distance of two rows.
    pub(crate) fn distance(&self, a: usize, b: usize) -> f32 {
        let numbers = |row: usize| &self.numbers[row * self.d_numbers..(row + 1) * self.d_numbers];
        let codes = |row: usize| &self.codes[row * self.d_codes..(row + 1) * self.d_codes];
        let apart = |a: f32, b: f32| match (a.is_nan(), b.is_nan()) {
            (true, true) => 0.0,
            (false, false) => (a - b).abs().min(MOST).powi(2),
            _ => MOST * MOST,
        };
        let of_numbers: f32 = numbers(a).iter().zip(numbers(b)).map(|(a, b)| apart(*a, *b)).sum();
        let n_other = codes(a).iter().zip(codes(b)).filter(|(a, b)| a != b).count();
        of_numbers + TEXTS * n_other as f32
    }

    /// The `n` nearest of `others` to `row`, itself left out, the nearest first; equally near ones in random
    /// order.
    pub(crate) fn nearest(
        &self,
        row: usize,
        others: impl Iterator<Item = usize>,
        n: usize,
    ) -> Vec<(f32, usize)> {
        let order = |(distance, other): &(f32, usize)| (distance.to_bits(), mix(*other as u64));
        let mut near: Vec<(f32, usize)> = Vec::with_capacity(n + 1);
        for other in others.filter(|other| *other != row) {
            let found = (self.distance(row, other), other);
            if near.len() == n && near.last().is_some_and(|last| order(last) <= order(&found)) {
                continue;
            }
            let at = near.partition_point(|known| order(known) < order(&found));
            near.insert(at, found);
            near.truncate(n);
        }
        near
    }
}

/// In units of the spread that a normal distribution with the same quartiles has, or of the standard
/// deviation where half of the values are one and the same. None if all are.
fn scaled(values: &[f64], rows: &[u32]) -> Option<Vec<f32>> {
    let of_rows: Vec<f64> = rows.iter().map(|row| values[*row as usize]).collect();
    let spread = spread(&of_rows)?;
    let middle = of_rows.iter().copied().find(|value| value.is_finite()).unwrap_or(0.0);
    Some(of_rows.iter().map(|value| ((value - middle) / spread) as f32).collect())
}

/// See [`scaled`].
pub(crate) fn spread(values: &[f64]) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let quartile = |share: usize| sorted.get(sorted.len() * share / 4).copied();
    let of_quartiles = (quartile(3)? - quartile(1)?) / 1.349;
    if of_quartiles > 0.0 {
        return Some(of_quartiles);
    }
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let deviation = (sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    (deviation > 0.0 && deviation.is_finite()).then_some(deviation)
}

fn row_by_row<T: Copy>(columns: &[Vec<T>], n_rows: usize) -> Vec<T> {
    (0..n_rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect()
}
