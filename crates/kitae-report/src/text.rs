//! Scores as text for a terminal.

use std::fmt::Write;

use kitae_train::scores::{MetricScore, ScoreReport};

use crate::words::{blended, count, interval, mean_over_folds, number, optimistic, side_by_side, verdict};

/// Lines of cells in columns; the first line is the header.
pub fn table(lines: &[Vec<String>]) -> String {
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

/// The table of all metrics.
pub fn scores(report: &ScoreReport) -> String {
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
pub fn comparisons(report: &ScoreReport) -> String {
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
    use super::*;

    #[test]
    fn columns_of_a_table_line_up() {
        let lines = [vec!["a".to_owned(), "b".to_owned()], vec!["long".to_owned(), "1".to_owned()]];
        assert_eq!(table(&lines), "  a      b\n  long   1\n");
    }
}
