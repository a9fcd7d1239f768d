//! The columns that the networks are fed with, and those that are left out.

use kitae_data::finding::{Severity, What};
use kitae_data::preprocess::InputKind;

use super::{FINDING, NAME};
use crate::Contents;
use crate::document::{Block, Section, Table};
use crate::words::{capital, count, shorten};

/// Findings that are told.
const MOST_FINDINGS: usize = 40;

pub(super) fn section(contents: &Contents) -> Section {
    let layout = &contents.manifest.model.layout;
    let n_left_out = layout.left_out.len();
    let used = count(layout.inputs.len(), "column");
    let mut blocks = vec![Block::Text(match n_left_out {
        0 => format!("The networks use {used}; none was left out."),
        n => format!("The networks use {used}; {} left out.", were(n)),
    })];
    if n_left_out > 0 {
        blocks.push(Block::Table(left_out(contents)));
    }
    blocks.extend(findings(contents));
    let summary = format!("Encoding of the {used}");
    blocks.push(Block::Details { summary, blocks: vec![Block::Table(inputs(contents))] });
    Section::new("columns", "Columns", blocks)
}

/// What was found out about the table, columns that are left out aside, which a table lists.
fn findings(contents: &Contents) -> Vec<Block> {
    let is_left_out = |what| matches!(what, What::Identifier | What::Text | What::Constant | What::Empty);
    let findings = contents.manifest.findings.iter().filter(|finding| !is_left_out(finding.what));
    let told: Vec<Block> = findings
        .map(|finding| {
            let text = capital(&shorten(&(contents.wording.settings)(&finding.to_string()), FINDING)) + ".";
            match finding.severity {
                Severity::Warning => Block::Note(text),
                Severity::Note => Block::Text(text),
            }
        })
        .collect();
    told.into_iter().take(MOST_FINDINGS).collect()
}

fn were(n: usize) -> String {
    if n == 1 { "1 was".to_owned() } else { format!("{n} were") }
}

fn left_out(contents: &Contents) -> Table {
    let notes = contents.manifest.model.layout.left_out.iter();
    let rows = notes.map(|note| vec![shorten(&note.column, NAME), shorten(&note.reason, 200)]).collect();
    Table::new("Columns left out", &["left out", "why"], rows)
}

fn inputs(contents: &Contents) -> Table {
    let manifest = contents.manifest;
    let row = |input: &kitae_data::preprocess::Input| {
        let schema = manifest.model.schema.column(&input.column);
        let missing = schema.map_or_else(|| "-".to_owned(), |column| column.n_missing.to_string());
        vec![shorten(&input.column, NAME), became(&input.kind), missing]
    };
    let columns = ["column", "encoding", "missing cells"];
    let rows = manifest.model.layout.inputs.iter().map(row).collect();
    Table::new("Columns used", &columns, rows)
}

fn became(kind: &InputKind) -> String {
    match kind {
        InputKind::Number => "a number".to_owned(),
        InputKind::NumberOrMissing => "a number and a missing indicator".to_owned(),
        InputKind::Time => "calendar features".to_owned(),
        InputKind::TimeOrMissing => "calendar features and a missing indicator".to_owned(),
        InputKind::Sign { .. } => "binary".to_owned(),
        InputKind::OneHot { levels } => format!("one-hot, {} levels", levels.len()),
        InputKind::Code { levels } => format!("embedding, {} levels", levels.len()),
        _ => "a feature".to_owned(),
    }
}
