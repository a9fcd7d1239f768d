//! Scores and plans as text for people.

use std::fmt::Write;

use kitae_eval::intervals::Interval;
use kitae_train::scores::{MetricScore, RivalReport, ScoreReport};

/// A number with four significant digits.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() || !(1e-4..1e7).contains(&size) {
        return format!("{value:.3e}");
    }
    // Between -4 and 6 here.
    let magnitude = size.log10().floor() as i32;
    let decimals = usize::try_from(3 - magnitude).unwrap_or(0);
    format!("{value:.decimals$}")
}

/// `[low, high]`, or a dash where there is none.
pub(crate) fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "-".to_owned(), bracket)
}

fn bracket(interval: Interval) -> String {
    format!("[{}, {}]", number(interval.low), number(interval.high))
}

/// A share as a percentage with at most one decimal.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", (1000.0 * share).round() / 10.0)
}

/// `1 row`, `2 rows`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

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

/// The table of all metrics.
pub(crate) fn scores(report: &ScoreReport) -> String {
    let header = ["metric", "value", "95 % interval", "mean over folds", "95 % interval"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    lines.extend(report.entries.iter().map(|entry| {
        let mean = mean(&entry.folds).map_or_else(|| "-".to_owned(), number);
        let (rows, folds) = (interval(entry.interval), interval(entry.folds_interval));
        vec![entry.metric.to_string(), number(entry.value), rows, mean, folds]
    }));
    let rows = count(report.n_rows, "row");
    format!("Scores on {rows}, each answered by networks that had not seen it\n{}", table(&lines))
}

/// None if a fold has no score.
fn mean(folds: &[Option<f64>]) -> Option<f64> {
    let folds: Vec<f64> = folds.iter().copied().collect::<Option<_>>()?;
    (!folds.is_empty()).then(|| folds.iter().sum::<f64>() / folds.len() as f64)
}

/// What the network is compared with, and what a tool would report that scores where it stops.
pub(crate) fn comparisons(report: &ScoreReport) -> String {
    let mut text = format!("Compared by {} on the same folds\n", report.metric);
    for rival in &report.rivals {
        let _ = writeln!(text, "  {}", verdict(report.entries.first(), rival));
    }
    match report.linear_share {
        Some(1.0) => text.push_str(
            "On the rows that chose, the networks added nothing to the linear model: it answers alone.\n",
        ),
        Some(share) => {
            let _ = writeln!(text, "The linear model has a share of {} in the answers.", percent(share));
        }
        None => {}
    }
    if let Some(optimism) = report.optimism {
        let metric = report.metric;
        let looked = if optimism > 0.0 { "better" } else { "worse" };
        let by = number(optimism.abs());
        let _ =
            writeln!(text, "On the rows that chose the epoch, {metric} would have looked {looked} by {by}.");
    }
    text
}

/// Whether the network is better than a rival, in plain words.
fn verdict(network: Option<&MetricScore>, rival: &RivalReport) -> String {
    let article = if rival.name.starts_with("the ") { "" } else { "the " };
    let name = format!("{article}{}", rival.name);
    let scored = number(rival.score.value);
    match &rival.gain {
        Some(gain) if gain.interval.low > 0.0 => {
            format!("better than {name} ({scored}) by {}", gained(gain.mean, gain.interval))
        }
        Some(gain) if gain.interval.high < 0.0 => {
            let interval = Interval { low: -gain.interval.high, high: -gain.interval.low };
            let loss = gained(-gain.mean, interval);
            format!("worse than {name} ({scored}) by {loss}: here {name} is the better choice")
        }
        Some(gain) => format!(
            "cannot tell whether better than {name} ({scored}): gain {}; a difference of {} or more would have been \
             seen",
            gained(gain.mean, gain.interval),
            number(gain.smallest_effect)
        ),
        None if network.is_some_and(|network| network.folds == rival.score.folds) => {
            format!("the same as {name} ({scored})")
        }
        None => {
            let network = network.map_or_else(|| "-".to_owned(), |network| number(network.value));
            format!("{network}, and {name} {scored}: too few folds to tell whether that is chance")
        }
    }
}

fn gained(mean: f64, interval: Interval) -> String {
    format!("{} {}", number(mean), bracket(interval))
}

#[cfg(test)]
mod tests {
    use kitae_eval::Metric;
    use kitae_eval::tests::PairedTest;

    use super::*;

    #[test]
    fn numbers_have_four_significant_digits() {
        let shown = [0.0, 1.0, -0.123_456, 1234.56, 98_765.4, 0.000_012_3, 1e9, f64::NAN].map(number);
        assert_eq!(shown, ["0", "1.000", "-0.1235", "1235", "98765", "1.230e-5", "1.000e9", "NaN"]);
    }

    #[test]
    fn columns_of_a_table_line_up() {
        let lines = [vec!["a".to_owned(), "b".to_owned()], vec!["long".to_owned(), "1".to_owned()]];
        assert_eq!(table(&lines), "  a      b\n  long   1\n");
    }

    fn rival(mean: f64, low: f64, high: f64) -> RivalReport {
        let score = MetricScore {
            metric: Metric::LogLoss,
            value: 0.5,
            interval: None,
            folds: Vec::new(),
            folds_interval: None,
        };
        let gain = PairedTest {
            mean,
            standard_error: 0.01,
            t: 1.0,
            p_value: 0.1,
            interval: Interval { low, high },
            smallest_effect: 0.05,
        };
        RivalReport { name: "linear model".into(), score, gain: Some(gain) }
    }

    #[test]
    fn a_verdict_is_sure_only_if_the_interval_is() {
        let check = |rival: &RivalReport, start: &str| {
            let text = verdict(None, rival);
            assert!(text.starts_with(start), "{text}");
        };
        check(
            &rival(0.021, 0.01, 0.032),
            "better than the linear model (0.5000) by 0.02100 [0.01000, 0.03200]",
        );
        check(&rival(0.021, -0.01, 0.05), "cannot tell whether better than the linear model");
        check(
            &rival(-0.02, -0.03, -0.01),
            "worse than the linear model (0.5000) by 0.02000 [0.01000, 0.03000]",
        );
        check(
            &RivalReport { gain: None, ..rival(0.0, 0.0, 0.0) },
            "-, and the linear model 0.5000: too few folds",
        );
        let same = RivalReport { gain: None, ..rival(0.0, 0.0, 0.0) };
        assert_eq!(verdict(Some(&same.score), &same), "the same as the linear model (0.5000)");
    }
}
