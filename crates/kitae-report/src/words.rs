//! Numbers, intervals and verdicts in words, the same on the page and in the terminal.
//!
//! ```
//! use kitae_report::words::{count, number, percent};
//!
//! assert_eq!([number(0.123_456), percent(0.25), count(2, "row")], ["0.1235", "25 %", "2 rows"]);
//! ```

pub use kitae_data::finding::quoted;
use kitae_eval::intervals::Interval;
pub use kitae_eval::words::{count, gain, number, percent};
use kitae_train::scores::{BaselineReport, MetricScore, ScoreReport};

/// A number with a sign in front of what is above 0, as for a gain.
///
/// ```
/// use kitae_report::words::signed;
///
/// assert_eq!([0.25, -0.25, 0.0].map(signed), ["+0.2500", "-0.2500", "0"]);
/// ```
pub fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", number(value)) } else { number(value) }
}

/// A limit of time, as `--time` takes it, with which work goes on that has taken `spent` seconds: those count too, so
/// it is twice as much, and ten minutes more at least.
///
/// ```
/// use kitae_report::words::more_time;
///
/// assert_eq!([0.0, 95.0, 1_200.0, 14_400.0].map(more_time), ["10m", "15m", "40m", "8h"]);
/// ```
pub fn more_time(spent: f64) -> String {
    const STEP: f64 = 5.0;
    let minutes = (spent / 60.0 * 2.0).max(spent / 60.0 + 10.0);
    if minutes > 120.0 {
        return format!("{:.0}h", (minutes / 60.0).ceil());
    }
    format!("{:.0}m", (minutes / STEP).ceil() * STEP)
}

/// The mean of a metric over folds; none without folds, or if one has no value.
///
/// ```
/// use kitae_report::words::mean_over_folds;
///
/// assert_eq!(mean_over_folds(&[Some(0.5), Some(1.0)]), Some(0.75));
/// assert_eq!([mean_over_folds(&[Some(0.5), None]), mean_over_folds(&[])], [None, None]);
/// ```
pub fn mean_over_folds(folds: &[Option<f64>]) -> Option<f64> {
    let folds: Vec<f64> = folds.iter().copied().collect::<Option<_>>()?;
    (!folds.is_empty()).then(|| folds.iter().sum::<f64>() / folds.len() as f64)
}

/// `[low, high]`.
///
/// ```
/// use kitae_eval::intervals::Interval;
/// use kitae_report::words::bracket;
///
/// assert_eq!(bracket(Interval { low: -1.0, high: 0.5 }), "[-1.000, 0.5000]");
/// ```
pub fn bracket(interval: Interval) -> String {
    format!("[{}, {}]", number(interval.low), number(interval.high))
}

/// `[low, high]`, or a dash where there is none.
pub fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "-".to_owned(), bracket)
}

/// A p-value with three decimals.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// The baseline with its article, which some names bring along.
///
/// ```
/// use kitae_report::words::with_article;
///
/// assert_eq!([with_article("linear model"), with_article("the mean")], ["the linear model", "the mean"]);
/// ```
pub fn with_article(name: &str) -> String {
    if name.starts_with("the ") { name.to_owned() } else { format!("the {name}") }
}

/// Whether the network, whose heading score is `network`, is better than a baseline, as the end of a
/// sentence.
pub fn verdict(network: Option<&MetricScore>, baseline: &BaselineReport) -> String {
    let name = with_article(&baseline.name);
    let scored = number(baseline.score.value);
    match &baseline.gain {
        Some(test) if test.interval.low > 0.0 => {
            format!("better than {name} ({scored}): {}", gain(test.mean, Some(test.interval)))
        }
        Some(test) if test.interval.high < 0.0 => format!(
            "worse than {name} ({scored}): {}; prefer {name} here",
            gain(test.mean, Some(test.interval))
        ),
        Some(test) => format!(
            "inconclusive against {name} ({scored}): {}, which could be zero; a difference of {} or more \
             would have been detected",
            gain(test.mean, Some(test.interval)),
            number(test.smallest_effect)
        ),
        None if network.is_some_and(|network| network.folds == baseline.score.folds) => {
            format!("the same as {name} ({scored})")
        }
        None => {
            let network = network.map_or_else(|| "-".to_owned(), |network| number(network.value));
            format!("{network}, and {name} {scored}: too few folds for a test")
        }
    }
}

/// All that have a heading score, the delivered predictions last: the constant, the networks alone where they
/// do not predict alone, the linear model, and what is delivered.
pub fn side_by_side(scores: &ScoreReport) -> Vec<(String, &MetricScore)> {
    let mut rows: Vec<(String, &MetricScore)> =
        scores.baselines.iter().map(|baseline| (with_article(&baseline.name), &baseline.score)).collect();
    if let Some(networks) = &scores.networks {
        rows.insert(rows.len().min(1), ("the networks alone".to_owned(), &networks.score));
    }
    rows.extend(scores.entries.first().map(|own| (format!("{} (this model)", scores.predictions_by()), own)));
    rows
}

/// A sentence where the networks, without the linear model that is blended with them, are no better than a
/// constant: a blend hides that.
pub fn learned_nothing(scores: &ScoreReport) -> Option<String> {
    let constant = scores.baselines.iter().find(|baseline| baseline.name != "linear model")?;
    let own = match &scores.networks {
        Some(networks) => &networks.score,
        None => scores.entries.first()?,
    };
    let by = |value: f64| scores.metric.natural(value);
    if by(own.value) > by(constant.score.value) {
        return None;
    }
    let than = if own.value == constant.score.value { "no better than" } else { "worse than" };
    let alone = if scores.networks.is_some() { " alone" } else { "" };
    let is_better = |own: &MetricScore| by(own.value) > by(constant.score.value);
    let rests = match scores.linear_share {
        Some(share) if share > 0.0 && scores.entries.first().is_some_and(is_better) => {
            format!("; the blend relies on the linear model, whose share is {}", percent(share))
        }
        _ => String::new(),
    };
    Some(format!(
        "the networks{alone} score {than} {}: {} {} against {}{rests}",
        with_article(&constant.name),
        own.label(),
        number(own.value),
        number(constant.score.value)
    ))
}

/// Who predicts where networks are blended with a linear model, whose share is `linear`, as a sentence.
pub fn blended(linear: f64) -> String {
    if linear >= 1.0 {
        return "On the validation rows the networks added nothing to the linear model: predictions are the linear \
                model's alone."
            .to_owned();
    }
    let (linear, networks) = (percent(linear), percent(1.0 - linear));
    format!("Predictions blend {linear} linear model and {networks} networks.")
}

/// By how much a score on the rows that choose the epoch would have been better than that on held-out rows, as a
/// sentence.
pub fn optimistic(optimism: f64) -> String {
    let by = number(optimism.abs());
    if optimism > 0.0 {
        format!("Scoring on the validation rows would have been too optimistic by {by}.")
    } else {
        format!("Scoring on the validation rows would not have been too optimistic here (worse by {by}).")
    }
}

/// How much of what was promised one by one was seen of all together, on rows that chose nothing, as the end of a
/// sentence; none where nothing was promised. `mean` is what was seen, `interval` where the gain may lie.
pub fn promise(promised: f64, mean: f64, interval: Option<Interval>) -> Option<String> {
    if promised <= 0.0 {
        return None;
    }
    let share = if mean > 0.0 { percent(mean / promised) } else { "none".to_owned() };
    let sure = match interval {
        Some(interval) if interval.low > 0.0 => "the interval excludes zero, so the gain is significant",
        Some(interval) if interval.high < 0.0 => "the interval lies below zero, so the loss is significant",
        Some(_) => "the interval includes zero, so the gain could be chance",
        None => "there were too few folds for an interval",
    };
    Some(format!("so {share} of that sum was confirmed; {sure}"))
}

/// A text of the user's of at most `most` characters.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// With a capital letter in front.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Names one after the other, at most `most` of them.
pub(crate) fn listed(names: &[String], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let shown = names[..names.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

#[cfg(test)]
mod tests {
    use kitae_eval::Metric;
    use kitae_eval::tests::PairedTest;

    use super::*;

    #[test]
    fn long_lists_and_texts_are_cut() {
        let names: Vec<String> = (0..12).map(|number| number.to_string()).collect();
        assert_eq!(listed(&names, 3), "0, 1, 2 and 9 more");
        assert_eq!(listed(&names[..1], 3), "0");
        assert_eq!([shorten("größe", 5), shorten("größen", 5)], ["größe", "größ…"]);
    }

    fn baseline(mean: f64, low: f64, high: f64) -> BaselineReport {
        let score = MetricScore {
            metric: Metric::LogLoss,
            positive: None,
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
        BaselineReport { name: "linear model".into(), score, gain: Some(gain) }
    }

    #[test]
    fn a_verdict_is_sure_only_if_the_interval_is() {
        let check = |baseline: &BaselineReport, start: &str| {
            let text = verdict(None, baseline);
            assert!(text.starts_with(start), "{text}");
        };
        check(
            &baseline(0.021, 0.01, 0.032),
            "better than the linear model (0.5000): a gain of 0.02100 [0.01000, 0.03200]",
        );
        check(
            &baseline(0.021, -0.01, 0.05),
            "inconclusive against the linear model (0.5000): a gain of 0.02100 [-0.01000",
        );
        check(
            &baseline(-0.02, -0.03, -0.01),
            "worse than the linear model (0.5000): a loss of 0.02000 [0.01000, 0.03000]",
        );
        check(&baseline(-0.02, -0.05, 0.01), "inconclusive against the linear model (0.5000): a loss of");
        let same = BaselineReport { gain: None, ..baseline(0.0, 0.0, 0.0) };
        check(&same, "-, and the linear model 0.5000: too few folds");
        assert_eq!(verdict(Some(&same.score), &same), "the same as the linear model (0.5000)");
    }
}
