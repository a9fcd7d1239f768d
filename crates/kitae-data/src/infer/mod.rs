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
//! | texts that are times, but for a few; whole numbers in a column named after time that count seconds, or parts of them, since 1970 | time |
//! | more than 20 texts, more than half as many as rows, and few cells whose text comes again; long texts | text |
//! | other texts | category |
//!
//! Texts are looked at as numbers first, in whatever [notation](crate::notation) they are: with a decimal
//! comma, separated thousands, a sign or a unit, and with some cells among them that are none. Those count as
//! missing and are named.
//!
//! The kind of a column does not look at the target. [`Hints`] overrule it.

mod hints;
mod marks;
mod names;
mod numbers;
mod quantities;
mod remarks;
mod stray;
mod target;
#[cfg(test)]
mod tests;
mod texts;
mod times;
mod wishes;

use crate::error::DataError;
use crate::facts::{NumberFacts, TextFacts};
use crate::finding::Finding;
use crate::notation::Notation;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Column, Table};

pub use hints::{ColumnHint, Hints};
use marks::FileMarks;
use quantities::{Belief, Quantities};

/// Describes each column of a table: its kind, its levels, and the evidence.
///
/// # Errors
///
/// If a hint names a column that is not there, contradicts another, or does not fit the cells.
pub fn infer_schema(table: &Table, hints: &Hints) -> Result<Schema, DataError> {
    hints.check(table)?;
    let file = FileMarks::of(table, hints.decimal);
    let columns = table
        .columns
        .iter()
        .map(|column| describe(column, hints, table.n_rows, file))
        .collect::<Result<_, _>>()?;
    Ok(Schema { columns })
}

/// What a column is taken for.
#[derive(Clone, Debug)]
struct Verdict {
    kind: Kind,
    levels: Vec<String>,
    reason: String,
    /// What looks odd whatever the column is taken for; its name is put before the messages.
    odd: Vec<Finding>,
    notation: Notation,
    findings: Vec<Finding>,
    /// How many cells are missing and how many values are different, where the facts say otherwise.
    counts: Option<(usize, usize)>,
}

impl Verdict {
    fn new(kind: Kind, reason: String) -> Self {
        Self::with_levels(kind, Vec::new(), reason)
    }

    /// Whether the column holds texts that are numbers.
    fn are_numbers(&self) -> bool {
        self.counts.is_some() && self.kind != Kind::Time
    }

    fn with_levels(kind: Kind, levels: Vec<String>, reason: String) -> Self {
        Self {
            kind,
            levels,
            reason,
            odd: Vec::new(),
            notation: Notation::default(),
            findings: Vec::new(),
            counts: None,
        }
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

fn describe(
    column: &Column,
    hints: &Hints,
    n_rows: usize,
    file: FileMarks,
) -> Result<ColumnSchema, DataError> {
    let facts = Facts::of(&column.cells);
    let natural = match &facts {
        Facts::Numbers(numbers) => numbers::verdict(&column.name, numbers),
        Facts::Texts(texts) => as_numbers(column, texts, file, Belief::Evident)
            .unwrap_or_else(|| texts::verdict(column, texts, n_rows)),
    };
    let mut verdict = wishes::overrule(natural, column, &facts, hints, file)?;
    if hints.target.as_deref() == Some(column.name.as_str()) {
        verdict.findings.extend(target::findings(column, &verdict, &facts, hints.task));
    }
    let (n_missing, n_distinct) = verdict.counts.unwrap_or((facts.n_missing(), facts.n_distinct()));
    let mut findings = verdict.findings;
    findings.extend(verdict.odd.into_iter().map(|odd| {
        let message = format!("column `{}`: {}", column.name, odd.message);
        Finding { message, ..odd }.of(&column.name)
    }));
    Ok(ColumnSchema {
        name: column.name.clone(),
        kind: verdict.kind,
        levels: verdict.levels,
        notation: verdict.notation,
        n_missing,
        n_distinct,
        reason: verdict.reason,
        findings,
    })
}

/// The verdict on texts that are numbers in some notation.
fn as_numbers(column: &Column, texts: &TextFacts, file: FileMarks, belief: Belief) -> Option<Verdict> {
    let quantities = Quantities::of(texts, file, belief)?;
    let mut verdict = match belief {
        Belief::Evident => numbers::verdict(&column.name, &quantities.facts),
        Belief::Asked => Verdict::new(Kind::Number, numbers::number_reason(&quantities.facts)),
    };
    // Texts among the levels of a category are levels.
    if verdict.kind != Kind::Number && !quantities.odd.is_empty()
        || remarks::are_two_spellings(texts, &verdict)
    {
        return None;
    }
    verdict.counts = Some((quantities.facts.n_missing, quantities.facts.n_distinct()));
    verdict.findings = remarks::findings(column, texts, &quantities);
    verdict.notation = quantities.notation;
    Some(verdict)
}

/// Whether a column of one value and gaps has enough of both to be worth learning from.
fn is_informative_gap(n_present: usize, n_missing: usize) -> bool {
    let fewest = ((n_present + n_missing) / 200).max(5);
    n_present.min(n_missing) >= fewest
}
