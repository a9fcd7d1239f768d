//! What is known as text for people.

use std::fmt::Write;

use crate::flags::in_flags;
use kitae_data::finding::{Finding, Severity};
use kitae_report::document::Block;
use kitae_report::text::{Terminal, text};
pub(crate) use kitae_report::words::{count, number, percent, signed};

/// Rows of a table that a reader scrolls through.
const MOST_ROWS: usize = 50;

/// Blocks for the terminal behind the standard output; without one no line is broken.
pub(crate) fn drawn(blocks: &[Block]) -> String {
    text(blocks, &Terminal { most_rows: MOST_ROWS, ..terminal() })
}

/// The same with tables that are not cut.
pub(crate) fn drawn_whole(blocks: &[Block]) -> String {
    text(blocks, &terminal())
}

/// The terminal behind the standard output.
pub(crate) fn terminal() -> Terminal {
    let size = terminal_size::terminal_size_of(std::io::stdout());
    Terminal { width: size.map_or(usize::MAX, |(width, _)| usize::from(width.0)), ..Terminal::ENDLESS }
}

/// What is going to be done, a line each.
pub(crate) fn plan<const N: usize>(title: String, lines: [(&str, String); N]) -> String {
    let lines = lines.into_iter().map(|(name, line)| (name.to_owned(), line)).collect();
    drawn(&[Block::Heading(title), Block::Facts(lines)])
}

/// Files and commands, a line each, apart from what is above them.
pub(crate) fn commands(lines: &[(&str, String)]) -> String {
    let lines = lines.iter().map(|(name, line)| format!("{name:<10}{line}\n"));
    format!("\n{}", lines.collect::<String>())
}

/// A line for each finding, `most` for those of one kind, which stand together; `more` says how many are left
/// out.
pub(crate) fn findings(findings: &[Finding], most: usize, more: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for of_one_kind in findings.chunk_by(|a, b| (a.severity, a.what) == (b.severity, b.what)) {
        let title = if of_one_kind[0].severity == Severity::Warning { "warning" } else { "note" };
        for finding in of_one_kind.iter().take(most) {
            let _ = writeln!(text, "{title}: {}", in_flags(&finding.to_string()));
        }
        if let Some(n_more) = of_one_kind.len().checked_sub(most).filter(|n_more| *n_more > 0) {
            let _ = writeln!(text, "{title}: {}", more(n_more));
        }
    }
    text
}

/// Those about new rows, as many of one kind as a reader takes in.
pub(crate) fn findings_of_columns(of_columns: &[Finding]) -> String {
    findings(of_columns, 10, |n| format!("the same of {}", count(n, "more column")))
}

#[cfg(test)]
mod tests {
    use kitae_data::finding::What;

    use super::*;

    #[test]
    fn findings_of_one_kind_are_as_many_as_a_reader_takes_in() {
        let finding = |i: usize| Finding::new(What::OutOfRange, Severity::Warning, format!("column {i}"));
        let many: Vec<Finding> = (0..12).map(finding).collect();
        let text = findings_of_columns(&many);
        assert_eq!(text.lines().count(), 11);
        assert!(text.ends_with("warning: column 9\nwarning: the same of 2 more columns\n"), "{text}");
        assert_eq!(findings_of_columns(&many[..10]).lines().count(), 10);
    }
}
