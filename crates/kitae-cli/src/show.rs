//! Scores and plans as text for people.

use std::fmt::Write;

use kitae_data::finding::{Finding, Severity};
use kitae_report::words::{blended, mean_over_folds, optimistic, side_by_side, verdict};
pub(crate) use kitae_report::words::{count, interval, number, p_value, percent, signed};
use kitae_train::scores::{MetricScore, ScoreReport};

/// Lines of cells in columns; the first line is the header.
pub(crate) fn table(lines: &[Vec<String>]) -> String {
    let n_columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let cells: Vec<String> = cells.collect();
        text.push_str(&format!("  {}", cells.join("   ")).trim_end().replace('\n', " "));
        text.push('\n');
    }
    text
}

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

/// The table of all metrics.
pub(crate) fn scores(report: &ScoreReport) -> String {
    let header = ["metric", "value", "95 % interval", "mean over folds", "95 % interval"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    lines.extend(report.entries.iter().map(|entry| {
        let mean = mean_over_folds(&entry.folds).map_or_else(|| "-".to_owned(), number);
        let (rows, folds) = (interval(entry.interval), interval(entry.folds_interval));
        vec![entry.label(), number(entry.value), rows, mean, folds]
    }));
    let rows = count(report.n_rows, "row");
    format!(
        "Out-of-fold scores on {rows} (each predicted by networks that had not seen it)\n{}",
        table(&lines)
    )
}

/// What the network is compared with, and what a tool would report that scores where it stops.
pub(crate) fn comparisons(report: &ScoreReport) -> String {
    let heading = report.heading();
    let line =
        |(name, score): (String, &MetricScore)| vec![name, number(score.value), interval(score.interval)];
    let lines: Vec<Vec<String>> = side_by_side(report).into_iter().map(line).collect();
    let mut text = format!("Compared by {heading} on the same folds\n{}", table(&lines));
    let _ = writeln!(text, "Fold by fold, {} against the baselines", report.predictions_by());
    for baseline in &report.baselines {
        let _ = writeln!(text, "  {}", verdict(report.entries.first(), baseline));
    }
    if let Some(share) = report.linear_share {
        let _ = writeln!(text, "{}", blended(share));
    }
    if let Some(optimism) = report.optimism {
        let _ = writeln!(text, "{}", optimistic(optimism));
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

    #[test]
    fn columns_of_a_table_line_up() {
        let lines = [vec!["a".to_owned(), "b".to_owned()], vec!["long".to_owned(), "1".to_owned()]];
        assert_eq!(table(&lines), "  a      b\n  long   1\n");
    }
}
