//! Columns that name what rows belong to, where that tells the target and other rows do not.

use std::collections::HashMap;

use super::Rows;
use super::neighbours::{Answers, nearest, skill_text};
use crate::alike::space::Space;
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::hash::mix;
use crate::table::{Cells, Column};

/// Rows that are held against each other.
const MOST_ROWS: usize = 12_000;
const QUERIES: usize = 300;
const FEWEST_QUERIES: usize = 40;
/// A group has so many rows in the mean.
const ROWS_OF_GROUP: std::ops::RangeInclusive<f64> = 1.5..=60.0;
const FEWEST_GROUPS: usize = 20;
/// As many columns are tried, those of the largest groups first.
const MOST_COLUMNS: usize = 12;
/// The nearest rows that tell.
const N_NEAR: usize = 5;
/// Rows of the group tell so much more of the target than the nearest rows of others.
const LEAST: f64 = 0.2;
/// Rows with the next values of a quantity tell at least so much of what those with the same value do.
const SHARE_OF_QUANTITY: f64 = 0.5;

pub(super) fn find(rows: &Rows) -> Option<Finding> {
    let mut candidates: Vec<(f64, &Column, Vec<u64>)> = Vec::new();
    let may_name = |column: &&Column| column.name != rows.target_column && !has_fractions(column);
    for column in rows.table.columns.iter().filter(may_name) {
        let groups = groups(column, rows.rows);
        let n_groups = n_distinct(&groups);
        let mean = rows.rows.len() as f64 / n_groups as f64;
        if n_groups >= FEWEST_GROUPS && ROWS_OF_GROUP.contains(&mean) {
            candidates.push((mean, column, groups));
        }
    }
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
    candidates.truncate(MOST_COLUMNS);
    let judged = candidates.iter().filter_map(|(_, column, groups)| {
        let (gain, message) = judged(rows, column, groups)?;
        Some((gain, column, message))
    });
    let (_, column, message) = judged.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let finding = Finding::new(What::Groups, Severity::Warning, message).of(&column.name);
    Some(finding.cured_by(Cure::with(Setting::ByGroup, &column.name)))
}

/// How much more rows of one group tell of each other's target than other rows do, and what to say of it.
fn judged(rows: &Rows, column: &Column, groups: &[u64]) -> Option<(f64, String)> {
    let sample = whole_groups(groups);
    let of_sample: Vec<u32> = sample.iter().map(|at| rows.rows[*at]).collect();
    let others: Vec<&Column> = rows.columns().into_iter().filter(|other| other.name != column.name).collect();
    let is_used = rows.columns().len() > others.len();
    let space = Space::of(&others, &of_sample);
    let answers = Answers::of(rows.target, &of_sample);
    let group = |at: usize| groups[sample[at]];
    let mut members: HashMap<u64, usize> = HashMap::new();
    (0..sample.len()).for_each(|at| *members.entry(group(at)).or_default() += 1);
    let with_others: Vec<usize> = (0..sample.len()).filter(|at| members[&group(*at)] > 1).collect();
    let step = with_others.len().div_ceil(QUERIES).max(1);
    let queries = with_others.iter().copied().step_by(step);
    let told: Vec<_> = queries
        .map(|at| {
            // A network that is not fed with the column has to find the group by the other cells.
            let all = (0..sample.len()).filter(|other| !is_used || group(*other) == group(at));
            let apart = (0..sample.len()).filter(|other| group(*other) != group(at));
            (at, nearest(&space, at, all, N_NEAR), nearest(&space, at, apart, N_NEAR))
        })
        .collect();
    if told.len() < FEWEST_QUERIES {
        return None;
    }
    let comparison = answers.compare(&told).filter(|comparison| comparison.is_clear(LEAST))?;
    if matches!(column.cells, Cells::Numbers(_)) {
        // Next to a quantity lie rows that tell as much; next to a number that is a name lie rows of somebody
        // else.
        let line = Space::of(&[column], &of_sample);
        let beside: Vec<_> = told
            .iter()
            .map(|(at, ..)| {
                let apart = (0..sample.len()).filter(|other| group(*other) != group(*at));
                (*at, nearest(&line, *at, apart, N_NEAR))
            })
            .collect();
        if answers.told(&beside)?.skill >= SHARE_OF_QUANTITY * comparison.skill {
            return None;
        }
    }
    let name = &column.name;
    let message = format!(
        "rows of the same `{name}` explain {} of each other's target, the nearest rows of another {}; if new \
         rows are of other `{name}`, the score is too optimistic",
        skill_text(comparison.skill),
        skill_text(comparison.other_skill)
    );
    Some((comparison.skill - comparison.other_skill, message))
}

/// Names are whole numbers.
fn has_fractions(column: &Column) -> bool {
    matches!(&column.cells, Cells::Numbers(values) if values.iter().any(|value| value.is_finite() && value.fract() != 0.0))
}

/// The group of each row; rows without one are each their own.
fn groups(column: &Column, rows: &[u32]) -> Vec<u64> {
    let alone = |row: u32| mix(u64::from(row)) | 1 << 63;
    match &column.cells {
        Cells::Levels { codes, .. } => {
            let code = |row: &u32| codes[*row as usize];
            rows.iter().map(|row| if code(row) == 0 { alone(*row) } else { u64::from(code(row)) }).collect()
        }
        Cells::Numbers(values) => {
            let value = |row: &u32| values[*row as usize];
            let key =
                |row: &u32| if value(row).is_nan() { alone(*row) } else { (value(row) + 0.0).to_bits() };
            rows.iter().map(key).collect()
        }
    }
}

fn n_distinct(groups: &[u64]) -> usize {
    let mut groups = groups.to_vec();
    groups.sort_unstable();
    groups.dedup();
    groups.len()
}

/// Positions of all rows of some groups.
fn whole_groups(groups: &[u64]) -> Vec<usize> {
    let share = (MOST_ROWS as f64 / groups.len() as f64).min(1.0);
    let threshold = (share * u64::MAX as f64) as u64;
    (0..groups.len()).filter(|at| mix(groups[*at]) <= threshold).collect()
}
