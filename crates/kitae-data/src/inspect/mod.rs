//! What is to be known about a table before a network is trained on it.

mod display;
mod leak;
mod rows;
mod spread;
mod target;
#[cfg(test)]
mod tests;
mod twins;

pub use rows::{Rows, SplitOf};

use std::collections::HashSet;

use rayon::prelude::*;
use serde::Serialize;

use crate::alike::{Likeness, Repeats, likeness};
use crate::cell::canonical;
use crate::cell::{TimeForm, format_time};
use crate::error::DataError;
use crate::facts::{NumberFacts, TextFacts};
use crate::finding::{self, Cure, Finding, Setting, Severity, What};
use crate::hash::RowHashes;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Column, Table};
use crate::target::{Target, guess_task};
use crate::times::TimeForms;

/// The levels listed of a category.
const MOST_LEVELS: usize = 5;
/// Rows that are searched for leaks.
const MOST_ROWS: usize = 50_000;

/// All that is to be told about a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How many rows there are.
    pub n_rows: usize,
    /// How many rows are the same as one before, in all columns.
    pub n_duplicate_rows: usize,
    /// One entry a column.
    pub columns: Vec<ColumnReport>,
    /// About the column to predict, if one was named.
    pub target: Option<TargetReport>,
    /// What should be known of it, the worst first.
    pub findings: Vec<Finding>,
}

/// What is to be told about a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnReport {
    /// The header.
    pub name: String,
    /// What it is taken for.
    pub kind: Kind,
    /// Why.
    pub reason: String,
    /// How many cells are missing.
    pub n_missing: usize,
    /// The share of cells that are missing, in [0, 1].
    pub missing_share: f64,
    /// How many distinct values there are.
    pub n_distinct: usize,
    /// The values in short.
    pub summary: Summary,
}

/// The values of a column in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Summary {
    /// No value.
    Nothing,
    /// Numbers.
    Numbers {
        /// The least.
        min: f64,
        /// The one in the middle.
        median: f64,
        /// The greatest.
        max: f64,
    },
    /// Times as text.
    Times {
        /// The earliest.
        first: String,
        /// The latest.
        last: String,
    },
    /// Texts, the most frequent ones first, at most five.
    Levels {
        /// The texts.
        top: Vec<LevelCount>,
    },
}

/// A text and how often it comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LevelCount {
    /// The text.
    pub level: String,
    /// How many cells hold it.
    pub count: usize,
}

/// What is to be told about the column to predict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetReport {
    /// The header.
    pub name: String,
    /// How many rows have no value there, and so cannot be learnt from.
    pub n_missing: usize,
    /// The classes, the most frequent first; empty if the target is a quantity.
    pub classes: Vec<LevelCount>,
    /// The share of the most frequent class among the rows that have one: the accuracy of who always says
    /// it. `None` if the target is a quantity.
    pub majority_share: Option<f64>,
}

/// Looks at a table as it was read and at its schema.
pub fn inspect(table: &Table, schema: &Schema) -> Report {
    let mut report = described(table, schema);
    let n_duplicate_rows = report.n_duplicate_rows;
    let mut findings = column_findings(schema);
    findings.extend(twins::find(table, schema, None));
    if n_duplicate_rows > 0 {
        let share = 100.0 * n_duplicate_rows as f64 / table.n_rows.max(1) as f64;
        let message = format!(
            "{n_duplicate_rows} rows ({share:.1} %) are the same as another row in every column; copies in \
             training and test rows make scores too optimistic"
        );
        findings.push(Finding::new(What::Copies, Severity::Warning, message));
    }
    finding::sort(&mut findings);
    report.findings = findings;
    report
}

/// All but the findings.
fn described(table: &Table, schema: &Schema) -> Report {
    let found = table.columns_named(schema.columns.iter().map(|column| column.name.as_str()));
    let pairs = found.into_par_iter().zip(&schema.columns);
    let columns = pairs.filter_map(|(column, described)| Some(column_report(column?, described))).collect();
    let n_duplicate_rows = Repeats::of(RowHashes::of_table(table).unkeyed()).n_again();
    Report { n_rows: table.n_rows, n_duplicate_rows, columns, target: None, findings: Vec::new() }
}

/// Like [`inspect`], and also looks for what concerns the column to predict: its classes, and columns that
/// give it away.
///
/// # Errors
///
/// If no column is called `target`.
pub fn inspect_with_target(table: &Table, schema: &Schema, target: &str) -> Result<Report, DataError> {
    let (Some(column), Some(kind)) = (table.column(target), schema.column(target)) else {
        let found: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        return Err(DataError::MissingColumns {
            name: "the table".to_owned(),
            missing: vec![target.to_owned()],
            found,
        });
    };
    let mut report = described(table, schema);
    report.target = Some(target::report(column, kind));
    let applied = schema.apply(table.clone())?;
    let of_target =
        applied.column(target).map(|column| Target::from_column(column, guess_task(column, kind)));
    // What cannot be predicted is refused by whoever wants to.
    let Some(Ok(of_target)) = of_target else {
        return Ok(Report { findings: inspect(table, schema).findings, ..report });
    };
    let in_use = columns_in_use(&applied, schema, target);
    let hashes = RowHashes::of(in_use.iter().copied(), applied.n_rows);
    let likeness = likeness(&in_use, &hashes);
    let rows = Rows {
        table: &applied,
        schema,
        target_column: target,
        hashes: &hashes,
        target: &of_target,
        rows: &of_target.rows_with_target(),
        split: SplitOf::Rows(&likeness),
    };
    report.findings = findings(&rows);
    Ok(report)
}

/// What is to be known of a table before a network is trained on it: of its columns, its target, and of how
/// its rows may be split; the worst first.
pub fn findings(rows: &Rows) -> Vec<Finding> {
    let Rows { table, schema, target_column, .. } = *rows;
    let mut findings = column_findings(schema);
    findings.extend(match rows.split {
        // In copies every column goes with every other.
        SplitOf::Rows(likeness @ Likeness::Together { .. }) => {
            twins::find(&table.select(&rows.firsts(likeness)), schema, Some(target_column))
        }
        _ => twins::find(table, schema, Some(target_column)),
    });
    findings.retain(|finding| finding.columns != [target_column]);
    if let (Some(column), Some(described)) = (table.column(target_column), schema.column(target_column)) {
        findings.extend(described.findings.iter().cloned());
        findings.extend(target::findings(column, described));
        if let Target::Values(values) = rows.target {
            findings.extend(spread::find(values, rows.rows, target_column));
        }
        let looked_at = table.select(&rows.some(MOST_ROWS));
        if let Some(column) = looked_at.column(target_column) {
            let known = findings.iter().filter(|finding| finding.what == What::Leak);
            let known: HashSet<String> = known.flat_map(|finding| finding.columns.clone()).collect();
            let mut leaks = leak::find(&looked_at, schema, column, described);
            leaks.retain(|leak| !leak.columns.iter().any(|name| known.contains(name)));
            findings.extend(leaks);
        }
    }
    let of_rows = rows.findings();
    // What names groups or times tells the target without giving it away.
    let is_told = |finding: &Finding| {
        let is_split_by = matches!(rows.split, SplitOf::Column(name) if finding.columns == [name]);
        is_split_by || of_rows.iter().any(|told| told.columns == finding.columns)
    };
    findings.retain(|finding| finding.what != What::Leak || !is_told(finding));
    findings.extend(of_rows);
    finding::sort(&mut findings);
    findings
}

/// The columns of `table` that a network is fed with.
pub fn columns_in_use<'a>(table: &'a Table, schema: &Schema, target_column: &str) -> Vec<&'a Column> {
    let features = schema.columns.iter().filter(|column| column.kind.is_feature());
    let names: HashSet<&str> = features.map(|column| column.name.as_str()).collect();
    let is_used = |column: &&Column| column.name != target_column && names.contains(column.name.as_str());
    table.columns.iter().filter(is_used).collect()
}

fn column_report(column: &Column, described: &ColumnSchema) -> ColumnReport {
    let n_missing = match (&column.cells, described.kind) {
        // Some of the texts are no numbers.
        (Cells::Levels { .. }, Kind::Number | Kind::Time) => described.n_missing,
        _ => column.cells.n_missing(),
    };
    ColumnReport {
        name: described.name.clone(),
        kind: described.kind,
        reason: described.reason.clone(),
        n_missing,
        missing_share: n_missing as f64 / column.cells.len().max(1) as f64,
        n_distinct: described.n_distinct,
        summary: summary(&column.cells, described),
    }
}

fn summary(cells: &Cells, column: &ColumnSchema) -> Summary {
    match cells {
        Cells::Numbers(values) => {
            let facts = NumberFacts::of(values);
            if facts.n_present == 0 {
                return Summary::Nothing;
            }
            if column.kind == Kind::Time {
                return Summary::Times { first: date_text(facts.min()), last: date_text(facts.max()) };
            }
            if matches!(column.kind, Kind::Category | Kind::Boolean) {
                let counts = facts.levels().into_iter().zip(facts.values.iter().map(|(_, count)| *count));
                return Summary::Levels { top: top(counts.collect(), MOST_LEVELS) };
            }
            Summary::Numbers { min: facts.min(), median: facts.quantile(0.5), max: facts.max() }
        }
        Cells::Levels { codes, levels } => text_summary(&TextFacts::of(codes, levels), column),
    }
}

/// Times that were read as numbers may be dates such as 20240131; others are seconds.
fn date_text(value: f64) -> String {
    format_time(TimeForm::Digits.parse(&canonical(value)).unwrap_or(value))
}

fn text_summary(facts: &TextFacts, column: &ColumnSchema) -> Summary {
    if column.kind == Kind::Number {
        let values =
            facts.texts.iter().filter_map(|(text, count)| Some((column.notation.parse(text)?, *count)));
        let facts = NumberFacts::counted(values.collect(), 0);
        return Summary::Numbers { min: facts.min(), median: facts.quantile(0.5), max: facts.max() };
    }
    if column.kind == Kind::Time
        && let Ok(forms) = TimeForms::of_column(column)
    {
        let times: Vec<f64> = facts.texts.iter().filter_map(|(text, _)| forms.parse(text)).collect();
        let times = NumberFacts::of(&times);
        return Summary::Times { first: format_time(times.min()), last: format_time(times.max()) };
    }
    if facts.n_present == 0 {
        return Summary::Nothing;
    }
    let counts = facts.texts.iter().map(|(text, count)| ((*text).to_owned(), *count));
    Summary::Levels { top: top(counts.collect(), MOST_LEVELS) }
}

/// The most frequent levels, in their own order where they are equally frequent.
fn top(mut counts: Vec<(String, usize)>, n_levels: usize) -> Vec<LevelCount> {
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().take(n_levels).map(|(level, count)| LevelCount { level, count }).collect()
}

/// Columns that are left out, and what is odd about the others.
fn column_findings(schema: &Schema) -> Vec<Finding> {
    let about = |column: &ColumnSchema| {
        let (name, reason) = (&column.name, &column.reason);
        let left_out = |what, cure: Option<Cure>| {
            let finding = Finding::new(what, Severity::Note, format!("`{name}` is left out: {reason}"));
            Finding { cures: cure.into_iter().collect(), ..finding.of(name) }
        };
        let keep = Cure::with(Setting::Categorical, name);
        let mut findings: Vec<Finding> = match column.kind {
            Kind::Identifier => vec![left_out(What::Identifier, Some(keep))],
            Kind::Text => vec![left_out(What::Text, Some(keep))],
            Kind::Constant => vec![left_out(What::Constant, None)],
            Kind::Empty => vec![left_out(What::Empty, None)],
            _ => Vec::new(),
        };
        // What the user leaves out does not matter.
        if column.kind != Kind::Dropped {
            findings.extend(column.findings.iter().cloned());
        }
        findings
    };
    schema.columns.iter().flat_map(about).collect()
}
