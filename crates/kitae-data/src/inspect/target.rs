//! The column to predict: its classes and what is wrong with them.

use super::{LevelCount, TargetReport, top};
use crate::facts::{NumberFacts, TextFacts};
use crate::finding::{Finding, Severity, What};
use crate::schema::{ColumnSchema, Kind};
use crate::table::{Cells, Column};

/// Classes with fewer rows than this cannot be spread over folds and measured.
const FEWEST_CLASS_ROWS: usize = 10;

pub(super) fn report(column: &Column, described: &ColumnSchema) -> TargetReport {
    let classes = classes(column, described);
    let n_rows: usize = classes.iter().map(|class| class.count).sum();
    let majority_share = classes.first().map(|class| class.count as f64 / n_rows as f64);
    TargetReport { name: column.name.clone(), n_missing: column.cells.n_missing(), classes, majority_share }
}

pub(super) fn findings(column: &Column, described: &ColumnSchema) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found =
        |what, message: String| findings.push(Finding::new(what, Severity::Note, message).of(&column.name));
    let n_missing = column.cells.n_missing();
    if n_missing > 0 {
        let message =
            format!("{n_missing} rows have no value in the target `{}` and are not learnt from", column.name);
        found(What::MissingTarget, message);
    }
    let classes = classes(column, described);
    let rare: Vec<String> = classes
        .iter()
        .filter(|class| class.count < FEWEST_CLASS_ROWS)
        .map(|class| format!("`{}` ({})", class.level, class.count))
        .collect();
    if !rare.is_empty() {
        let shown = rare.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let (n_rare, more) = (rare.len(), if rare.len() > 5 { ", …" } else { "" });
        let message = format!(
            "{n_rare} of {} classes have fewer than {FEWEST_CLASS_ROWS} rows: {shown}{more}; scores on them \
             are unreliable",
            classes.len()
        );
        found(What::RareClass, message);
    }
    findings
}

/// The classes, the most frequent first; none if the target is a quantity.
fn classes(column: &Column, described: &ColumnSchema) -> Vec<LevelCount> {
    let counts: Vec<(String, usize)> = match &column.cells {
        Cells::Levels { codes, levels } => {
            let facts = TextFacts::of(codes, levels);
            facts.texts.iter().map(|(text, count)| ((*text).to_owned(), *count)).collect()
        }
        Cells::Numbers(values) if matches!(described.kind, Kind::Category | Kind::Boolean) => {
            let facts = NumberFacts::of(values);
            facts.levels().into_iter().zip(facts.values.iter().map(|(_, count)| *count)).collect()
        }
        Cells::Numbers(_) => Vec::new(),
    };
    if described.kind == Kind::Number { Vec::new() } else { top(counts, usize::MAX) }
}
