//! Scores and plans as text for people.

use std::fmt::Write;

use kitae_data::finding::{Finding, Severity};
pub(crate) use kitae_report::text::{comparisons, scores, table};
pub(crate) use kitae_report::words::{count, interval, number, p_value, percent, signed};

/// Lines for findings of one kind, as many as a reader takes in.
const MOST_OF_ONE_KIND: usize = 10;

/// A line for each finding about new rows; those of one kind stand together.
pub(crate) fn findings(findings: &[Finding]) -> String {
    let mut text = String::new();
    for of_one_kind in findings.chunk_by(|a, b| (a.severity, a.what) == (b.severity, b.what)) {
        let title = if of_one_kind[0].severity == Severity::Warning { "warning" } else { "note" };
        for finding in of_one_kind.iter().take(MOST_OF_ONE_KIND) {
            let _ = writeln!(text, "{title}: {finding}");
        }
        if let Some(more) = of_one_kind.len().checked_sub(MOST_OF_ONE_KIND).filter(|more| *more > 0) {
            let _ = writeln!(text, "{title}: the same of {}", count(more, "more column"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use kitae_data::finding::What;

    use super::*;

    #[test]
    fn findings_of_one_kind_are_as_many_as_a_reader_takes_in() {
        let finding = |i: usize| Finding::new(What::OutOfRange, Severity::Warning, format!("column {i}"));
        let many: Vec<Finding> = (0..12).map(finding).collect();
        let text = findings(&many);
        assert_eq!(text.lines().count(), 11);
        assert!(text.ends_with("warning: column 9\nwarning: the same of 2 more columns\n"), "{text}");
        assert_eq!(findings(&many[..10]).lines().count(), 10);
    }
}
