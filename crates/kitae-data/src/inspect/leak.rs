//! Columns that give the target away.
//!
//! One half of the rows says what to expect for each value of the column, the other half shows how often that
//! is right. Numbers that hardly repeat are held against the nearest ones instead. A column that is (nearly)
//! always right alone is more often a copy of the target, or something written down after it, than a lucky
//! find.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::hash::mix;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Column, Table};

/// Fewer rows are told by chance.
pub(super) const FEWEST_ROWS: usize = 50;
/// With fewer rows for each value numbers are held against their neighbours.
const ROWS_PER_GROUP: usize = 20;
/// Larger count tables are not made; so many groups have too few rows each anyway.
const MOST_COUNTS: usize = 1 << 24;
const SURE_ACCURACY: f64 = 0.99;
const SURE_R2: f64 = 0.98;

/// One number for each row, from 0; rows in one group share the value of a column.
struct Groups {
    of_row: Vec<u32>,
    n_groups: usize,
}

/// The features of `schema` that alone (nearly) determine the target.
pub(super) fn find(
    table: &Table,
    schema: &Schema,
    target: &Column,
    described: &ColumnSchema,
) -> Vec<Finding> {
    let against = Against::new(target, described);
    let is_feature = |column: &&ColumnSchema| column.kind.is_feature() && column.name != target.name;
    let features: Vec<&ColumnSchema> = schema.columns.iter().filter(is_feature).collect();
    let columns = table.columns_named(features.iter().map(|feature| feature.name.as_str()));
    let columns = features.into_par_iter().zip(columns);
    columns
        .filter_map(|(feature, column)| against.finding(column?, feature.kind == Kind::Time, &target.name))
        .collect()
}

/// What a column is held against.
enum Against {
    Classes { rows: Vec<usize>, classes: Groups },
    Values { rows: Vec<usize>, values: Vec<f64> },
}

impl Against {
    fn new(target: &Column, described: &ColumnSchema) -> Self {
        match (&target.cells, described.kind) {
            (Cells::Numbers(values), Kind::Number | Kind::Time | Kind::Constant | Kind::Empty) => {
                let rows = (0..values.len()).filter(|row| values[*row].is_finite()).collect();
                Self::Values { rows, values: values.clone() }
            }
            (cells, _) => {
                let classes = exact_groups(cells);
                let rows = (0..cells.len()).filter(|row| classes.of_row[*row] > 0).collect();
                Self::Classes { rows, classes }
            }
        }
    }

    fn finding(&self, column: &Column, is_time: bool, target: &str) -> Option<Finding> {
        let evidence = match self {
            Self::Classes { rows, classes } => {
                let (accuracy, majority) = accuracy(&Neighbours::of(&column.cells, rows), rows, classes)?;
                let is_sure = accuracy >= SURE_ACCURACY && 1.0 - accuracy <= 0.05 * (1.0 - majority);
                is_sure.then(|| {
                    format!(
                        "predicts the class correctly in {:.1} % of rows not used to fit it",
                        100.0 * accuracy
                    )
                })
            }
            Self::Values { rows, values } => {
                let r2 = r2(&Neighbours::of(&column.cells, rows), rows, values)?;
                (r2 >= SURE_R2).then(|| {
                    format!("explains {:.1} % of the variance of rows not used to fit it", 100.0 * r2)
                })
            }
        }?;
        let name = &column.name;
        let after = format!("if it is known only after `{target}`, leave it out");
        let told = |advice: String| {
            Finding::new(What::Leak, Severity::Warning, format!("`{name}` alone {evidence}; {advice}"))
                .of(name)
        };
        let (by_time, drop) = (Cure::with(Setting::ByTime, name), Cure::with(Setting::Drop, name));
        Some(if is_time {
            let later = "if the model is to predict later rows, the score is too optimistic";
            told(format!("{later}; {after}")).cured_by(by_time).cured_by(drop)
        } else {
            told(after).cured_by(drop)
        })
    }
}

/// Which learnt rows a held row is like.
enum Neighbours {
    /// Those with the same value.
    Same(Groups),
    /// The one with the nearest number: pairs of a held and a learnt row.
    Nearest(Vec<(usize, usize)>),
}

impl Neighbours {
    fn of(cells: &Cells, rows: &[usize]) -> Self {
        let groups = exact_groups(cells);
        match cells {
            Cells::Numbers(values) if groups.n_groups * ROWS_PER_GROUP > rows.len() => {
                Self::Nearest(nearest(values, rows))
            }
            _ => Self::Same(groups),
        }
    }
}

/// Each held row with the learnt row whose number is nearest; missing numbers lie below all others.
fn nearest(values: &[f64], rows: &[usize]) -> Vec<(usize, usize)> {
    let value = |row: usize| if values[row].is_nan() { f64::MIN } else { values[row] };
    let mut order = rows.to_vec();
    // Rows of equal value are mixed, or their order in the file would decide which are neighbours.
    order.sort_by(|a, b| value(*a).total_cmp(&value(*b)).then_with(|| mix(*a as u64).cmp(&mix(*b as u64))));
    let learnt: Vec<usize> = order.iter().copied().filter(|row| is_learnt(*row)).collect();
    let mut n_below = 0_usize;
    let mut pairs = Vec::new();
    for &row in &order {
        if is_learnt(row) {
            n_below += 1;
            continue;
        }
        let below = learnt.get(n_below.wrapping_sub(1));
        let above = learnt.get(n_below);
        let distance = |other: &&usize| (value(**other) - value(row)).abs();
        let nearest = below.into_iter().chain(above).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        pairs.extend(nearest.map(|nearest| (row, *nearest)));
    }
    pairs
}

/// Whether a row is one to learn from.
fn is_learnt(row: usize) -> bool {
    mix(row as u64).is_multiple_of(2)
}

/// The share of held rows whose class is that of the learnt rows they are like, and the share of the class
/// that is most frequent of all.
fn accuracy(neighbours: &Neighbours, rows: &[usize], classes: &Groups) -> Option<(f64, f64)> {
    let mut overall = vec![0_u32; classes.n_groups];
    for &row in rows.iter().filter(|row| is_learnt(**row)) {
        overall[classes.of_row[row] as usize] += 1;
    }
    let majority = most_frequent(&overall)?;
    let class = |row: usize| classes.of_row[row] as usize;
    let guesses: Vec<(usize, usize)> = match neighbours {
        Neighbours::Same(groups) => group_classes(groups, rows, classes, majority)?,
        Neighbours::Nearest(pairs) => pairs.iter().map(|(row, nearest)| (*row, class(*nearest))).collect(),
    };
    if rows.len() < FEWEST_ROWS || classes.n_groups < 3 || guesses.is_empty() {
        return None;
    }
    let n_right = guesses.iter().filter(|(row, guess)| class(*row) == *guess).count();
    let n_majority = guesses.iter().filter(|(row, _)| class(*row) == majority).count();
    Some((n_right as f64 / guesses.len() as f64, n_majority as f64 / guesses.len() as f64))
}

/// Each held row with the most frequent class of the learnt rows of its group.
fn group_classes(
    groups: &Groups,
    rows: &[usize],
    classes: &Groups,
    majority: usize,
) -> Option<Vec<(usize, usize)>> {
    let n_classes = classes.n_groups;
    if groups.n_groups.saturating_mul(n_classes) > MOST_COUNTS {
        return None;
    }
    let mut counts = vec![0_u32; groups.n_groups * n_classes];
    for &row in rows.iter().filter(|row| is_learnt(**row)) {
        counts[groups.of_row[row] as usize * n_classes + classes.of_row[row] as usize] += 1;
    }
    let guesses: Vec<usize> =
        counts.chunks(n_classes).map(|counts| most_frequent(counts).unwrap_or(majority)).collect();
    let held = rows.iter().filter(|row| !is_learnt(**row));
    Some(held.map(|row| (*row, guesses[groups.of_row[*row] as usize])).collect())
}

fn most_frequent(counts: &[u32]) -> Option<usize> {
    let (position, count) = counts.iter().enumerate().max_by_key(|(_, count)| **count)?;
    (*count > 0).then_some(position)
}

/// The share of the variance of held rows that the learnt rows they are like explain.
fn r2(neighbours: &Neighbours, rows: &[usize], values: &[f64]) -> Option<f64> {
    let learnt: Vec<f64> = rows.iter().filter(|row| is_learnt(**row)).map(|row| values[*row]).collect();
    let mean = learnt.iter().sum::<f64>() / learnt.len() as f64;
    let guesses: Vec<(usize, f64)> = match neighbours {
        Neighbours::Same(groups) => group_means(groups, rows, values, mean),
        Neighbours::Nearest(pairs) => pairs.iter().map(|(row, nearest)| (*row, values[*nearest])).collect(),
    };
    let error: f64 = guesses.iter().map(|(row, guess)| (values[*row] - guess).powi(2)).sum();
    let variance: f64 = guesses.iter().map(|(row, _)| (values[*row] - mean).powi(2)).sum();
    let r2 = 1.0 - error / variance;
    (rows.len() >= FEWEST_ROWS && r2.is_finite()).then_some(r2)
}

/// Each held row with the mean of the learnt rows of its group.
fn group_means(groups: &Groups, rows: &[usize], values: &[f64], mean: f64) -> Vec<(usize, f64)> {
    let mut sums = vec![(0.0, 0.0); groups.n_groups];
    for &row in rows.iter().filter(|row| is_learnt(**row)) {
        let (sum, count) = &mut sums[groups.of_row[row] as usize];
        *sum += values[row];
        *count += 1.0;
    }
    let guess = |row: usize| {
        let (sum, count) = sums[groups.of_row[row] as usize];
        if count > 0.0 { sum / count } else { mean }
    };
    rows.iter().filter(|row| !is_learnt(**row)).map(|row| (*row, guess(*row))).collect()
}

/// The rows by exact value; group 0 holds the missing cells.
fn exact_groups(cells: &Cells) -> Groups {
    match cells {
        Cells::Levels { codes, levels } => {
            let n_levels = levels.len() as u32;
            let of_row = codes.iter().map(|code| if *code <= n_levels { *code } else { 0 }).collect();
            Groups { of_row, n_groups: levels.len() + 1 }
        }
        Cells::Numbers(values) => {
            let mut group_of = HashMap::new();
            let mut group = |value: &f64| {
                if value.is_nan() {
                    return 0;
                }
                let next = group_of.len() as u32 + 1;
                *group_of.entry((value + 0.0).to_bits()).or_insert(next)
            };
            let of_row = values.iter().map(&mut group).collect();
            Groups { of_row, n_groups: group_of.len() + 1 }
        }
    }
}
