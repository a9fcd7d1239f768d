//! Finds out what the columns of a table are.
//!
//! # Which kind
//!
//! | cells | kind |
//! |---|---|
//! | all missing | empty |
//! | one value | constant; a category if so many are missing that the gap may say something |
//! | two texts; 0 and 1; two whole numbers in at least 50 rows | boolean |
//! | whole numbers without gap or repetition; (nearly) all different and so named; one-word texts, all different | identifier |
//! | whole numbers that repeat, in a column named as code (`zip_code`, `store_id`) | category |
//! | other numbers | number |
//! | texts that all are times of one form | time |
//! | more than 20 texts, more than half as many as rows, and few cells whose text comes again; long texts | text |
//! | other texts | category |
//!
//! The kind of a column does not look at the target. [`Hints`] overrule it.

mod facts;
mod hints;
mod names;
mod numbers;
#[cfg(test)]
mod tests;
mod texts;
mod time;
mod wishes;

use crate::error::DataError;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Column, Table};

pub(crate) use facts::{NumberFacts, TextFacts};
pub use hints::{ColumnHint, Hints};
pub(crate) use time::{TimeForm, format_time};

/// Describes each column of a table: its kind, its levels, and the evidence.
///
/// ```
/// use kitae_data::infer::{Hints, infer_schema};
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
/// use kitae_data::schema::Kind;
///
/// let table = read_csv_bytes(b"size,sold\n1.5,2024-01-31\n2,2024-02-01\n", "shirts", &ReadOptions::default())?;
/// let schema = infer_schema(&table, &Hints::default())?;
/// assert_eq!(schema.columns[0].kind, Kind::Number);
/// assert_eq!(schema.columns[1].kind, Kind::Time);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
///
/// # Errors
///
/// If a hint names a column that is not there, contradicts another, or does not fit the cells.
pub fn infer_schema(table: &Table, hints: &Hints) -> Result<Schema, DataError> {
    hints.check(table)?;
    let columns =
        table.columns.iter().map(|column| describe(column, hints, table.n_rows)).collect::<Result<_, _>>()?;
    Ok(Schema { columns })
}

/// What a column is taken for.
#[derive(Clone, Debug)]
struct Verdict {
    kind: Kind,
    levels: Vec<String>,
    reason: String,
    warnings: Vec<String>,
}

impl Verdict {
    fn new(kind: Kind, reason: String) -> Self {
        Self::with_levels(kind, Vec::new(), reason)
    }

    fn with_levels(kind: Kind, levels: Vec<String>, reason: String) -> Self {
        Self { kind, levels, reason, warnings: Vec::new() }
    }
}

/// The counted cells of a column.
enum Facts<'a> {
    Numbers(NumberFacts),
    Texts(TextFacts<'a>),
}

impl<'a> Facts<'a> {
    fn of(cells: &'a Cells) -> Self {
        match cells {
            Cells::Numbers(values) => Self::Numbers(NumberFacts::of(values)),
            Cells::Levels { codes, levels } => Self::Texts(TextFacts::of(codes, levels)),
        }
    }

    fn n_distinct(&self) -> usize {
        match self {
            Self::Numbers(facts) => facts.n_distinct(),
            Self::Texts(facts) => facts.n_distinct(),
        }
    }

    fn n_missing(&self) -> usize {
        match self {
            Self::Numbers(facts) => facts.n_missing,
            Self::Texts(facts) => facts.n_missing,
        }
    }

    fn levels(&self) -> Vec<String> {
        match self {
            Self::Numbers(facts) => facts.levels(),
            Self::Texts(facts) => facts.levels(),
        }
    }
}

fn describe(column: &Column, hints: &Hints, n_rows: usize) -> Result<ColumnSchema, DataError> {
    let facts = Facts::of(&column.cells);
    let natural = match &facts {
        Facts::Numbers(numbers) => numbers::judge(&column.name, numbers),
        Facts::Texts(texts) => texts::judge(&column.name, texts, n_rows),
    };
    let verdict = wishes::overrule(natural, column, &facts, hints)?;
    Ok(ColumnSchema {
        name: column.name.clone(),
        kind: verdict.kind,
        levels: verdict.levels,
        n_missing: facts.n_missing(),
        n_distinct: facts.n_distinct(),
        reason: verdict.reason,
        warnings: verdict.warnings,
    })
}

/// Whether a column of one value and gaps has enough of both to be worth learning from.
fn is_informative_gap(n_present: usize, n_missing: usize) -> bool {
    let fewest = ((n_present + n_missing) / 200).max(5);
    n_present.min(n_missing) >= fewest
}
