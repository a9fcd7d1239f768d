//! Whether rows from before tell as much of a row as rows from all times do.

use super::Rows;
use super::neighbours::{Answers, nearest, skill_text};
use crate::alike::space::Space;
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::hash::mix;
use crate::schema::Kind;
use crate::table::{Cells, Column};

const MOST_ROWS: usize = 8_000;
const QUERIES: usize = 300;
const FEWEST_QUERIES: usize = 40;
/// The latest rows are told by others.
const LATEST: usize = 5;
const N_NEAR: usize = 5;
/// Rows of all times tell so much more.
const LEAST: f64 = 0.15;
/// In standard errors.
const SURE: f64 = 4.0;

pub(super) fn find(rows: &Rows) -> Option<Finding> {
    let times = rows.schema.columns.iter().filter(|column| column.kind == Kind::Time);
    let times = times.filter_map(|described| rows.table.column(&described.name));
    let judged = times.filter_map(|column| Some((judged(rows, column)?, column)));
    let ((_, message), column) = judged.max_by(|a, b| a.0.0.total_cmp(&b.0.0))?;
    let finding = Finding::new(What::TimeOrder, Severity::Warning, message).of(&column.name);
    Some(finding.cured_by(Cure::with(Setting::ByTime, &column.name)))
}

/// How much more rows of all times tell than rows from before, and what to say of it.
fn judged(rows: &Rows, column: &Column) -> Option<(f64, String)> {
    let Cells::Numbers(times) = &column.cells else { return None };
    let time = |row: &u32| times[*row as usize];
    let mut sample: Vec<u32> = rows.some(MOST_ROWS).into_iter().filter(|row| time(row).is_finite()).collect();
    sample.sort_by(|a, b| time(a).total_cmp(&time(b)));
    let cut = sample.len() - sample.len() / LATEST;
    // Rows of one time stay on one side.
    let cut = (cut..sample.len()).find(|at| *at > 0 && time(&sample[*at]) > time(&sample[at - 1]))?;
    let answers = Answers::of(rows.target, &sample);
    let without: Vec<&Column> =
        rows.columns().into_iter().filter(|other| other.name != column.name).collect();
    // With the time, alone and beside the others, and without it: what changes then looks as it did before.
    let spaces = [vec![column], rows.columns(), without];
    let gain = |(all, before): &(f64, f64)| all - before.max(0.0);
    let found = spaces.iter().filter_map(|columns| changed(&answers, &Space::of(columns, &sample), cut));
    let (all, before) = found.max_by(|a, b| gain(a).total_cmp(&gain(b)))?;
    let name = &column.name;
    let message = format!(
        "in the order of `{name}`, similar earlier rows explain {} of the target of the latest rows, while \
         similar rows of all times explain {} of any, and rows are split at random; if the model is to \
         predict later rows, the score is too optimistic",
        skill_text(before),
        skill_text(all)
    );
    let gain = gain(&(all, before));
    (gain >= LEAST).then_some((gain, message))
}

/// How well rows of all times are told by the nearest of all times, and the latest by the nearest from
/// before.
fn changed(answers: &Answers, space: &Space, cut: usize) -> Option<(f64, f64)> {
    let drawn = drawn(space.n_rows, cut);
    let all: Vec<_> =
        queries(0, space.n_rows).map(|at| (at, nearest(space, at, drawn.iter().copied(), N_NEAR))).collect();
    let latest: Vec<_> =
        queries(cut, space.n_rows).map(|at| (at, nearest(space, at, 0..cut, N_NEAR))).collect();
    let (all, before) = (answers.told(&all)?, answers.told(&latest)?);
    let is_sure = all.skill - before.skill >= SURE * all.error.hypot(before.error);
    (is_sure && latest.len() >= FEWEST_QUERIES).then_some((all.skill, before.skill))
}

fn queries(from: usize, to: usize) -> impl Iterator<Item = usize> {
    (from..to).step_by((to - from).div_ceil(QUERIES).max(1))
}

/// About as many rows of all times as there are from before.
fn drawn(n_rows: usize, cut: usize) -> Vec<usize> {
    let threshold = (cut as f64 / n_rows as f64 * u64::MAX as f64) as u64;
    (0..n_rows).filter(|at| mix(!(*at as u64)) <= threshold).collect()
}
