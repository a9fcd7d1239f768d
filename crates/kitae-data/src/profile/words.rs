//! What is unlike training, as sentences.

use std::fmt::Write;

use super::range::{Outside, Range, Reach};
use super::unit::Unit;
use super::{ColumnProfile, RANKS, quantiles};
use crate::cell::format_time;
use crate::error::shortened;
use crate::finding::{Finding, Severity, What};
use crate::names::{Renamed, plain};
use crate::read::Oddities;
use crate::schema::ColumnSchema;

/// A column that has no value is no chance if that were rarer than this.
const LEAST_CHANCE: f64 = 1e-3;
/// From this share on, categories that nobody knows are no chance.
const MOST_UNSEEN: f64 = 0.9;
/// As many names are said.
const MOST_NAMES: usize = 5;

pub(super) fn of_names(renamed: &[Renamed], unknown: &[String]) -> Vec<Finding> {
    let one = |Renamed { column, found }: &Renamed| {
        let message = format!("`{}` is read as `{}`", shortened(found), shortened(column));
        Finding::new(What::ColumnName, Severity::Note, message).of(column)
    };
    let mut findings: Vec<Finding> = renamed.iter().map(one).collect();
    if !unknown.is_empty() {
        let names = unknown.iter().take(MOST_NAMES).map(|name| format!("`{}`", shortened(name)));
        let mut names = names.collect::<Vec<_>>().join(", ");
        if unknown.len() > MOST_NAMES {
            let _ = write!(names, " and {} more", unknown.len() - MOST_NAMES);
        }
        let were = if unknown.len() == 1 { "was a column" } else { "were columns" };
        let message = format!("{names}: not used, as no such {were} of the training file");
        let mut finding = Finding::new(What::UnknownColumn, Severity::Note, message);
        finding.columns = unknown.iter().take(MOST_NAMES).cloned().collect();
        findings.push(finding);
    }
    findings
}

pub(super) fn of_infinite(column: &str, n_infinite: usize) -> Option<Finding> {
    if n_infinite == 0 {
        return None;
    }
    let are = if n_infinite == 1 { "is" } else { "are" };
    let message = format!(
        "column `{}`: {} {are} infinite and treated as missing",
        shortened(column),
        cells(n_infinite)
    );
    Some(Finding::new(What::Infinite, Severity::Warning, message).of(column))
}

/// Cells that are no numbers or times as the column of training wrote them.
pub(super) fn of_odd(column: &str, odd: &Oddities) -> Option<Finding> {
    if odd.n_cells == 0 {
        return None;
    }
    let are = if odd.n_cells == 1 { "is" } else { "are" };
    let message = format!(
        "column `{}`: {} such as {} {are} not written as in training and treated as missing",
        shortened(column),
        cells(odd.n_cells),
        listed(&odd.texts)
    );
    Some(Finding::new(What::OddCells, Severity::Warning, message).of(column))
}

/// Of the cells that are not missing, `n_known` were in training and `n_cells` are new, `n_unseen` of them of
/// no known level; `unseen` holds some of these, if they are known.
pub(super) fn of_unseen(
    column: &ColumnSchema,
    n_known: usize,
    (n_unseen, n_cells): (usize, usize),
    unseen: &Oddities,
) -> Finding {
    let (name, unseen_cells) = (shortened(&column.name), cells(n_unseen));
    let mut message =
        format!("column `{name}`: {unseen_cells} with a category that was not there in training");
    if !unseen.texts.is_empty() {
        let _ = write!(message, ", such as {}", listed(&unseen.texts));
    }
    let twin = unseen.texts.iter().find_map(|text| {
        let twin = column.levels.iter().find(|level| plain(level) == plain(text))?;
        Some(format!("; `{}` differs from `{}` in case or blanks alone", shortened(text), shortened(twin)))
    });
    // Where many rows had a category of their own, the next ones will.
    let share_of_new = column.n_distinct as f64 / n_known.max(1) as f64;
    let is_chance = share_of_new.powf(n_cells as f64) >= LEAST_CHANCE;
    let is_grave = twin.is_some() || !is_chance && n_unseen as f64 >= MOST_UNSEEN * n_cells as f64;
    message += &twin.unwrap_or_default();
    let severity = if is_grave { Severity::Warning } else { Severity::Note };
    Finding::new(What::UnseenCategory, severity, message).of(&column.name)
}

/// A column without a value that had some.
pub(super) fn of_missing(
    column: &ColumnProfile,
    n_known: usize,
    n_missing: usize,
    n_rows: usize,
) -> Option<Finding> {
    let share = column.n_missing as f64 / n_known.max(1) as f64;
    let is_chance = share.powf(n_rows as f64) >= LEAST_CHANCE;
    if n_rows == 0 || n_missing < n_rows || is_chance {
        return None;
    }
    let rows = if n_rows == 1 { "the one row".to_owned() } else { format!("all {n_rows} rows") };
    let message = format!(
        "column `{}` is missing in {rows}; in training it was in {} of {n_known}",
        shortened(&column.name),
        column.n_missing
    );
    Some(Finding::new(What::Empty, Severity::Warning, message).of(&column.name))
}

pub(super) fn of_unit(column: &str, unit: Unit, training: &[f64], values: &mut [f64]) -> Finding {
    let median = |quantiles: &[f64]| number(quantiles[RANKS.len() / 2]);
    let new = quantiles(values).map_or_else(String::new, |new| median(&new));
    let message = format!(
        "column `{}`: the values look like {} of training, as if in another unit (median {new}; in training {})",
        shortened(column),
        unit.words,
        median(training)
    );
    Finding::new(What::Unit, Severity::Warning, message).of(column)
}

/// Values beyond the range of training, if they are more than chance puts there or far away.
pub(super) fn of_range(
    column: &str,
    range: &Range,
    outside: &Outside,
    n_sides: usize,
    is_time: bool,
) -> Option<Finding> {
    let n_outside = outside.n_outside();
    let (farthest, widths) = outside.farthest(range);
    let is_beyond_chance = outside.is_beyond_chance(range, n_sides);
    let reach = range.reach(widths);
    if n_outside == 0 || !(is_beyond_chance || reach > Reach::Near) {
        return None;
    }
    // New rows are later than old ones by nature.
    let is_grave = !is_time && (is_beyond_chance || reach == Reach::VeryFar);
    let text = |value: f64| if is_time { format_time(value) } else { number(value) };
    let lie = if n_outside == 1 { "lies" } else { "lie" };
    let mut message = format!(
        "column `{}`: {n_outside} of {} {} ({}) {lie} outside {} to {} of training",
        shortened(column),
        outside.n_values,
        if is_time { "times" } else { "values" },
        percent(n_outside, outside.n_values),
        text(range.low),
        text(range.high)
    );
    let at = if n_outside == 1 { "at" } else { "as far as" };
    let _ = write!(message, ", {at} {}", text(farthest));
    if widths.is_finite() {
        let _ = write!(message, ", {} times the width of that range beyond it", rounded(widths));
    }
    let severity = if is_grave { Severity::Warning } else { Severity::Note };
    Some(Finding::new(What::OutOfRange, severity, message).of(column))
}

fn cells(n: usize) -> String {
    if n == 1 { "1 cell".to_owned() } else { format!("{n} cells") }
}

fn listed(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{}`", shortened(text))).collect::<Vec<_>>().join(", ")
}

/// With four digits that count, as far as they are needed.
fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    let size = rounded.abs();
    if value.fract() == 0.0 && size < 1e9 || size == 0.0 {
        format!("{}", value + 0.0)
    } else if (1e-4..1e9).contains(&size) {
        format!("{rounded}")
    } else {
        format!("{rounded:e}")
    }
}

fn rounded(widths: f64) -> String {
    match widths {
        0.1..10.0 => format!("{widths:.1}"),
        10.0..1e6 => format!("{widths:.0}"),
        0.0..0.1 => format!("{widths:.2}"),
        _ => format!("{widths:.0e}"),
    }
}

fn percent(part: usize, whole: usize) -> String {
    let percent = 100.0 * part as f64 / whole.max(1) as f64;
    if part == whole || percent >= 10.0 {
        format!("{percent:.0} %")
    } else if percent >= 0.1 {
        format!("{percent:.1} %")
    } else {
        "less than 0.1 %".to_owned()
    }
}
