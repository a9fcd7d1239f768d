//! Numbers, intervals and sentences about scores, the same on the page and in the terminal.
//!
//! ```
//! use kitae_report::words::{count, number, percent};
//!
//! assert_eq!([number(0.123_456), percent(0.25), count(2, "row")], ["0.1235", "25 %", "2 rows"]);
//! ```

pub use kitae_data::finding::quoted;
use kitae_eval::MetricValue;
use kitae_eval::intervals::Interval;
pub use kitae_eval::words::{count, gain, number, percent};
use kitae_train::SplitBy;
use kitae_train::scores::{MetricScore, ScoreReport};

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

/// A limit of time with which work goes on that has taken `spent` seconds: those count too, so it is twice
/// as much, and ten minutes more at least.
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
/// use kitae_eval::MetricValue;
/// use kitae_report::words::mean_over_folds;
///
/// let (low, high) = (Some(MetricValue(0.5)), Some(MetricValue(1.0)));
/// assert_eq!(mean_over_folds(&[low, high]), Some(0.75));
/// assert_eq!([mean_over_folds(&[low, None]), mean_over_folds(&[])], [None, None]);
/// ```
pub fn mean_over_folds(folds: &[Option<MetricValue>]) -> Option<f64> {
    let folds: Vec<f64> = folds.iter().map(|value| value.map(f64::from)).collect::<Option<_>>()?;
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
pub fn bracket<T: Into<f64>>(interval: Interval<T>) -> String {
    format!("[{}, {}]", number(interval.low), number(interval.high))
}

/// `[low, high]`, or a dash where there is none.
pub fn interval<T: Into<f64>>(interval: Option<Interval<T>>) -> String {
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
    let by = |value: MetricValue| scores.metric.score_of(value);
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

/// By how much a score on the rows that choose the epoch would have been better than that on held-out rows,
/// as a sentence.
pub fn optimistic(optimism: f64) -> String {
    let by = number(optimism.abs());
    if optimism > 0.0 {
        format!("Scoring on the validation rows would have been too optimistic by {by}.")
    } else {
        format!("Scoring on the validation rows would not have been too optimistic here (worse by {by}).")
    }
}

/// How much of what was promised one by one was seen of all together, on rows that chose nothing, as the end
/// of a sentence; none where nothing was promised. `mean` is what was seen, `interval` where the gain may
/// lie.
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

/// `2 min` or the like.
///
/// ```
/// use kitae_report::words::duration;
///
/// assert_eq!([95.0, 1_200.0, 14_400.0].map(duration), ["95 s", "20.0 min", "4.0 h"]);
/// ```
pub fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7200.0 => format!("{:.1} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3600.0),
    }
}

/// A number, or a dash where there is none.
pub(crate) fn or_dash(value: Option<impl Into<f64>>) -> String {
    value.map_or_else(|| "-".to_owned(), number)
}

/// The last part of a path.
pub(crate) fn last_part(folder: &str) -> Option<&str> {
    folder.rsplit(['/', '\\']).find(|part| !part.is_empty())
}

/// The foot of a page from `what`, which is in a folder.
pub(crate) fn written_from(what: &str, folder: &str) -> String {
    format!("Written by kitae {} from {what} `{}`.", env!("CARGO_PKG_VERSION"), shorten(folder, 120))
}

/// A text of the user's of at most `most` characters.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Lines of whole words. What stands between backticks is one word, so that a command can be copied.
pub(crate) fn broken(text: &str, width: usize) -> Vec<String> {
    let mut is_code = false;
    let ends = |letter: char| {
        is_code ^= letter == '`';
        letter == ' ' && !is_code
    };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(ends) {
        match lines.last_mut() {
            Some(line) if n_letters(line) + 1 + n_letters(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

pub(crate) fn n_letters(text: &str) -> usize {
    text.chars().count()
}

/// With a capital letter in front.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Names one after the other, at most `most` of them.
///
/// ```
/// let names = ["a", "b", "c"].map(str::to_owned);
/// assert_eq!(kitae_report::words::listed(&names, 2), "a, b and 1 more");
/// ```
pub fn listed(names: &[String], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let shown = names[..names.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// What splits respect, behind “rows are split”.
pub(crate) fn split_by(by: &SplitBy) -> String {
    match by {
        SplitBy::Target => "alike in the target".to_owned(),
        SplitBy::Random => "at random".to_owned(),
        SplitBy::Group { column } => format!("by groups of `{column}`"),
        SplitBy::Time { column } => format!("by time, `{column}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_and_texts_are_cut() {
        let names: Vec<String> = (0..12).map(|number| number.to_string()).collect();
        assert_eq!(listed(&names, 3), "0, 1, 2 and 9 more");
        assert_eq!(listed(&names[..1], 3), "0");
        assert_eq!([shorten("größe", 5), shorten("größen", 5)], ["größe", "größ…"]);
    }
}
