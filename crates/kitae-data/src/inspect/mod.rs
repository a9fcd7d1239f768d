//! What is to be known about a table before a network is trained on it.

mod display;
mod leak;
mod target;
#[cfg(test)]
mod tests;
mod twins;

use std::collections::HashSet;

use serde::Serialize;

use crate::error::DataError;
use crate::hash::row_hashes;
use crate::infer::{NumberFacts, TextFacts, TimeForm, format_time};
use crate::read::canonical;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Table};

/// The levels listed of a category.
const MOST_LEVELS: usize = 5;

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
    /// What looks wrong, the worst first.
    pub suspicions: Vec<Suspicion>,
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
    /// What looks odd.
    pub warnings: Vec<String>,
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

/// Something that looks wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspicion {
    /// What it is.
    pub what: Suspect,
    /// The columns it is about.
    pub columns: Vec<String>,
    /// One plain sentence with the evidence.
    pub message: String,
}

/// What may be wrong with a table, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Suspect {
    /// A column that alone (nearly) gives the target away.
    Leak,
    /// Rows without target.
    MissingTarget,
    /// Classes that hardly any row has.
    RareClass,
    /// Columns that say the same.
    Twins,
    /// Rows that come more than once.
    DuplicateRows,
    /// A column that names its row.
    Identifier,
    /// A column of one value.
    Constant,
    /// A column without values.
    Empty,
}

/// Looks at a table as it was read and at its schema.
pub fn inspect(table: &Table, schema: &Schema) -> Report {
    let columns = schema.columns.iter().filter_map(|column| column_report(table, column)).collect();
    let n_duplicate_rows = n_duplicates(&row_hashes(table, 0));
    let mut suspicions = column_suspicions(schema);
    suspicions.extend(twins::find(table, schema));
    if n_duplicate_rows > 0 {
        let share = 100.0 * n_duplicate_rows as f64 / table.n_rows.max(1) as f64;
        let message = format!(
            "{n_duplicate_rows} rows ({share:.1} %) are the same as another row in every column; copies in training and test rows make scores look better than they are"
        );
        suspicions.push(Suspicion { what: Suspect::DuplicateRows, columns: Vec::new(), message });
    }
    suspicions.sort_by_key(|suspicion| suspicion.what);
    Report { n_rows: table.n_rows, n_duplicate_rows, columns, target: None, suspicions }
}

/// Like [`inspect`], and also looks for what concerns the column to predict: its classes, and columns that give
/// it away.
///
/// # Errors
///
/// If no column is called `target`.
pub fn inspect_with_target(table: &Table, schema: &Schema, target: &str) -> Result<Report, DataError> {
    let mut report = inspect(table, schema);
    let (Some(column), Some(described)) = (table.column(target), schema.column(target)) else {
        let found: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        return Err(DataError::MissingColumns {
            name: "the table".to_owned(),
            missing: vec![target.to_owned()],
            found,
        });
    };
    report.suspicions.retain(|suspicion| suspicion.columns != [target]);
    report.suspicions.extend(leak::find(table, schema, column, described));
    report.suspicions.extend(target::suspicions(column, described));
    report.suspicions.sort_by_key(|suspicion| suspicion.what);
    report.target = Some(target::report(column, described));
    Ok(report)
}

fn column_report(table: &Table, column: &ColumnSchema) -> Option<ColumnReport> {
    let cells = &table.column(&column.name)?.cells;
    Some(ColumnReport {
        name: column.name.clone(),
        kind: column.kind,
        reason: column.reason.clone(),
        n_missing: cells.n_missing(),
        missing_share: cells.n_missing() as f64 / cells.len().max(1) as f64,
        n_distinct: column.n_distinct,
        summary: summary(cells, column),
        warnings: column.warnings.clone(),
    })
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

/// Times that were read as numbers are dates such as 20240131; others are seconds.
fn date_text(value: f64) -> String {
    format_time(TimeForm::Digits.parse(&canonical(value)).unwrap_or(value))
}

fn text_summary(facts: &TextFacts, column: &ColumnSchema) -> Summary {
    if column.kind == Kind::Time
        && let Ok(form) = TimeForm::of_column(column)
    {
        let times: Vec<f64> = facts.texts.iter().filter_map(|(text, _)| form.parse(text)).collect();
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

fn n_duplicates(hashes: &[u64]) -> usize {
    let distinct: HashSet<u64> = hashes.iter().copied().collect();
    hashes.len() - distinct.len()
}

fn column_suspicions(schema: &Schema) -> Vec<Suspicion> {
    let suspicion = |column: &ColumnSchema| {
        let what = match column.kind {
            Kind::Identifier => Suspect::Identifier,
            Kind::Constant => Suspect::Constant,
            Kind::Empty => Suspect::Empty,
            _ => return None,
        };
        let message = format!("`{}` is left out: {}", column.name, column.reason);
        Some(Suspicion { what, columns: vec![column.name.clone()], message })
    };
    schema.columns.iter().filter_map(suspicion).collect()
}
