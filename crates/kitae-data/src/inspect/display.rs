//! The report as plain text.

use std::fmt::{self, Display, Formatter};

use super::{ColumnReport, LevelCount, Report, Summary, TargetReport};
use crate::error::shortened;
use crate::finding::{Finding, Severity};
use crate::schema::Kind;

/// Names longer than this are cut.
const NAME_WIDTH: usize = 32;
/// As many columns are listed; `--json` has all.
const MOST_COLUMNS: usize = 200;
/// As many findings of one kind are listed.
const MOST_OF_ONE_KIND: usize = 10;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let counted = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        writeln!(f, "{}, {}", counted(self.n_rows, "row"), counted(self.columns.len(), "column"))?;
        writeln!(f)?;
        let width = self.columns.iter().map(|column| cut(&column.name, NAME_WIDTH).chars().count()).max();
        let width = width.unwrap_or(0).max(6);
        writeln!(f, "{:width$}  {:10}  {:>9}  {:>8}  values", "column", "kind", "missing", "distinct")?;
        for column in self.columns.iter().take(MOST_COLUMNS) {
            write_column(f, column, width)?;
        }
        write_rest(f, self.columns.get(MOST_COLUMNS..).unwrap_or_default())?;
        if let Some(target) = &self.target {
            writeln!(f)?;
            write_target(f, target)?;
        }
        for (severity, title) in [(Severity::Warning, "warnings"), (Severity::Note, "notes")] {
            write_findings(f, self.findings.iter().filter(|finding| finding.severity == severity), title)?;
        }
        Ok(())
    }
}

/// How many columns of which kind are not listed.
fn write_rest(f: &mut Formatter<'_>, columns: &[ColumnReport]) -> fmt::Result {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for word in columns.iter().map(|column| kind_word(column.kind)) {
        match counts.iter_mut().find(|(other, _)| *other == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    if columns.is_empty() {
        return Ok(());
    }
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{word} {count}")).collect();
    writeln!(f, "… and {} more columns ({})", columns.len(), counts.join(", "))
}

fn write_column(f: &mut Formatter<'_>, column: &ColumnReport, width: usize) -> fmt::Result {
    let missing = if column.n_missing == 0 { "-".to_owned() } else { percent(column.missing_share) };
    let (name, kind) = (cut(&column.name, NAME_WIDTH), kind_word(column.kind));
    writeln!(
        f,
        "{name:width$}  {kind:10}  {missing:>9}  {:>8}  {}",
        column.n_distinct,
        values(&column.summary)
    )
}

fn write_target(f: &mut Formatter<'_>, target: &TargetReport) -> fmt::Result {
    let Some(share) = target.majority_share else {
        return writeln!(f, "target `{}`: a quantity", target.name);
    };
    let n_classes = target.classes.len();
    let shown = levels(&target.classes[..n_classes.min(10)]);
    let more = if n_classes > 10 { ", …" } else { "" };
    writeln!(f, "target `{}`: {n_classes} classes: {shown}{more}", target.name)?;
    writeln!(f, "always predicting the most frequent class has an accuracy of {}", percent(share))
}

/// Lines under a title; of one kind only as many as a reader takes in.
fn write_findings<'a>(
    f: &mut Formatter<'_>,
    findings: impl Iterator<Item = &'a Finding>,
    title: &str,
) -> fmt::Result {
    let findings: Vec<&Finding> = findings.collect();
    if !findings.is_empty() {
        writeln!(f, "\n{title}")?;
    }
    for of_one_kind in findings.chunk_by(|a, b| a.what == b.what) {
        for finding in of_one_kind.iter().take(MOST_OF_ONE_KIND) {
            writeln!(f, "- {finding}")?;
        }
        if let Some(more) = of_one_kind.get(MOST_OF_ONE_KIND..).filter(|more| !more.is_empty()) {
            writeln!(f, "- and {} more like these", more.len())?;
        }
    }
    Ok(())
}

/// The word for a kind, as in a `schema.toml`.
fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "number",
        Kind::Category => "category",
        Kind::Boolean => "boolean",
        Kind::Time => "time",
        Kind::Identifier => "identifier",
        Kind::Text => "text",
        Kind::Constant => "constant",
        Kind::Empty => "empty",
        Kind::Dropped => "dropped",
    }
}

fn values(summary: &Summary) -> String {
    match summary {
        Summary::Nothing => "-".to_owned(),
        Summary::Numbers { min, median, max } => {
            format!("{} … {} … {}", number(*min), number(*median), number(*max))
        }
        Summary::Times { first, last } => format!("{first} … {last}"),
        Summary::Levels { top } => levels(top),
    }
}

fn levels(counts: &[LevelCount]) -> String {
    let texts: Vec<String> = counts
        .iter()
        .map(|count| format!("{} ({})", cut(&shortened(&count.level), 24), count.count))
        .collect();
    texts.join(", ")
}

pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e9).contains(&size) {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.001 { "< 0.1 %".to_owned() } else { format!("{:.1} %", 100.0 * share) }
}

fn cut(text: &str, n_letters: usize) -> String {
    if text.chars().count() <= n_letters {
        return text.to_owned();
    }
    text.chars().take(n_letters - 1).chain(['…']).collect()
}
