//! What is to be said about a file that was read all the same.

use std::collections::BTreeSet;

use super::body::is_sum_word;
use super::fault::count_lines;
use super::header::Header;
use super::plan::Marked;
use super::records::Quirks;
use super::source::Source;
use super::whole::Rows;
use crate::error::shortened;
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::table::{Cells, Table};

fn warning(message: String) -> Finding {
    Finding::new(What::File, Severity::Warning, message)
}

fn note(message: String) -> Finding {
    Finding::new(What::File, Severity::Note, message)
}

/// About the bytes.
pub(super) fn of_source(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(encoding) = source.told {
        findings.push(note(format!("the file is {}, and was read as that", encoding.name())));
    }
    if let Some(encoding) = source.doubted {
        findings.push(
            warning(format!("the file looks like UTF-8, but was read as {}, as asked", encoding.name()))
                .cured_by(Cure::with(Setting::Encoding, "utf-8")),
        );
    }
    if source.n_zeros > 0 {
        let bytes = if source.n_zeros == 1 {
            "a zero byte".to_owned()
        } else {
            format!("{} zero bytes", source.n_zeros)
        };
        findings
            .push(warning(format!("{bytes}, which no text holds, were left out; the file may be damaged")));
    }
    findings
}

/// About rows of another length and about quotes.
pub(super) fn of_rows(bytes: &[u8], header: &Header, rows: &Rows) -> Vec<Finding> {
    let mut findings = of_lengths(rows.n_short, rows.n_long, rows.n_rows);
    if header.body.has_row_names {
        findings.push(of_row_names());
    }
    let line = |at: usize| 1 + count_lines(&bytes[..header.body_start + at]);
    findings.extend(of_quotes(&rows.quirks, line));
    findings.extend(of_markers(&header.names, &rows.markers));
    findings
}

/// What became of texts that may mean missing.
fn of_markers(names: &[String], markers: &[Vec<Marked>]) -> Vec<Finding> {
    let all =
        || names.iter().zip(markers).flat_map(|(name, marked)| marked.iter().map(move |one| (name, one)));
    let level = |(name, marked): (&String, &Marked)| {
        let message = format!(
            "`{}` in column `{}` ({} cells) is a level like others, not a missing cell",
            marked.text,
            shortened(name),
            marked.n_cells
        );
        let finding = Finding::new(What::MissingMarkers, Severity::Note, message).of(name);
        finding.cured_by(Cure::with(Setting::Missing, marked.text.as_str()))
    };
    let mut findings: Vec<Finding> = all().filter(|(_, marked)| !marked.is_missing).map(level).collect();
    let missing: Vec<(&String, &Marked)> = all().filter(|(_, marked)| marked.is_missing).collect();
    let Some((name, most)) = missing.iter().max_by_key(|(_, marked)| marked.n_cells) else { return findings };
    let texts: BTreeSet<String> = missing.iter().map(|(_, marked)| format!("`{}`", marked.text)).collect();
    let texts: Vec<String> = texts.into_iter().collect();
    let columns: BTreeSet<&String> = missing.iter().map(|(name, _)| *name).collect();
    let where_ = if columns.len() == 1 {
        format!("column `{}` ({} cells)", shortened(name), most.n_cells)
    } else {
        format!("{} columns of texts, most in `{}` ({} cells)", columns.len(), shortened(name), most.n_cells)
    };
    let message = format!("{} counts as missing in {where_}; if it is a level, say so", texts.join(" or "));
    let mut finding = Finding::new(What::MissingMarkers, Severity::Note, message);
    finding.columns = columns.into_iter().cloned().collect();
    findings.push(finding.cured_by(Cure::with(Setting::UsualMarkers, "texts")));
    findings
}

pub(super) fn of_row_names() -> Finding {
    note("each row begins with a cell for which the first line has no name; it is `column_1`".to_owned())
}

pub(super) fn of_lengths(n_short: usize, n_long: usize, n_rows: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    if n_short > 0 {
        findings.push(warning(format!(
            "{n_short} of {n_rows} rows lack cells at their end, which were read as missing"
        )));
    }
    if n_long > 0 {
        findings.push(note(format!("{n_long} of {n_rows} rows end with empty cells beyond the last column")));
    }
    findings
}

/// About quotes in the middle of quoted cells. `line` tells the line of a position.
pub(super) fn of_quotes(quirks: &Quirks, line: impl Fn(usize) -> u64) -> Option<Finding> {
    let at = quirks.first_loose?;
    let n_cells =
        if quirks.n_loose == 1 { "one cell".to_owned() } else { format!("{} cells", quirks.n_loose) };
    let message = format!(
        "in {n_cells} text follows a closing quote, first on line {}: quotes within a quoted cell must be written twice, \
         and such cells may be cut in the wrong place",
        line(at)
    );
    Some(warning(message).cured_by(Cure::with(Setting::Quote, "none")))
}

/// Leaves out columns without name and without any value, such as the one that a delimiter at the end of each
/// line makes.
pub(super) fn without_nameless(table: &mut Table, is_unnamed: &[bool]) -> Option<Finding> {
    let is_void = |idx: usize| is_unnamed[idx] && table.columns[idx].cells.n_missing() == table.n_rows;
    let keeps: Vec<bool> = (0..table.columns.len()).map(|idx| !is_void(idx)).collect();
    let n_void = keeps.iter().filter(|keep| !**keep).count();
    if n_void == 0 || n_void == keeps.len() {
        return None;
    }
    let mut keeps = keeps.into_iter();
    table.columns.retain(|_| keeps.next().unwrap_or(true));
    Some(note(match n_void {
        1 => "a column without name and without a single value was left out".to_owned(),
        _ => format!("{n_void} columns without name and without a single value were left out"),
    }))
}

/// About rows that sum others up.
pub(super) fn of_table(table: &Table) -> Option<Finding> {
    let total = table.columns.iter().find_map(|column| {
        let Cells::Levels { codes, levels } = &column.cells else { return None };
        let is_sum = |level: &&String| is_sum_word(level);
        let level = levels.iter().position(|level| is_sum(&level))?;
        let sums: Vec<u32> =
            (0..levels.len()).filter(|idx| is_sum(&&levels[*idx])).map(|idx| idx as u32 + 1).collect();
        let n_rows = codes.iter().filter(|code| sums.contains(code)).count();
        (n_rows * 5 <= table.n_rows).then(|| (column.name.clone(), levels[level].clone(), n_rows))
    });
    let (column, level, n_rows) = total?;
    let rows = if n_rows == 1 { "1 row".to_owned() } else { format!("{n_rows} rows") };
    let message = format!(
        "{rows} with `{}` in column `{}`: sums of other rows are no rows of their own; delete them",
        shortened(&level),
        shortened(&column)
    );
    Some(warning(message).of(&column))
}
