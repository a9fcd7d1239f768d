//! Means with their intervals, one below the other: a forest plot.

use super::{Chart, Scale, Spacing, WIDTH, label, place, span};
use crate::words::shorten;

/// One line of a forest plot.
///
/// ```
/// use kitae_report::chart::{ForestRow, forest};
///
/// let row = ForestRow {
///     label: "dropout 0.3".into(),
///     mean: 0.012,
///     low: Some(0.004),
///     high: Some(0.020),
///     note: "adopt".into(),
/// };
/// let chart = forest("ledger", "What each lever gains", "gain in auc", &[row], Some(0.0));
/// assert!(chart.marks.contains("dropout 0.3") && chart.marks.contains("adopt"));
/// assert!(chart.description.contains("dropout 0.3: 0.01200 [0.004000, 0.02000], adopt."));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ForestRow {
    /// What is measured.
    pub label: String,
    /// The dot.
    pub mean: f64,
    /// Where the line through the dot begins; no line without both ends.
    pub low: Option<f64>,
    /// Where it ends.
    pub high: Option<f64>,
    /// A few words at the right end, such as a verdict.
    pub note: String,
}

/// Room for the axis below the lines.
const AXIS: f64 = 44.0;
/// Of each line: its words, and the dot below them.
const LINE: f64 = 42.0;

/// A forest plot of at least one line, with words above each dot, so that long names have room on a phone
/// too. `mark` is a value to compare with, such as 0 for a gain: a line of dots runs through it.
///
/// ```
/// use kitae_report::chart::{ForestRow, forest};
///
/// let row = |label: &str, mean: f64| {
///     ForestRow { label: label.into(), mean, low: None, high: None, note: String::new() }
/// };
/// let chart = forest("scores", "Scores", "log_loss", &[row("network", 0.1), row("a constant", 0.6)], None);
/// assert_eq!(chart.marks.matches("<circle").count(), 2);
/// ```
pub fn forest(name: &str, title: &str, axis: &str, rows: &[ForestRow], mark: Option<f64>) -> Chart {
    let ends = |row: &ForestRow| [Some(row.mean), row.low, row.high];
    let values: Vec<f64> = rows.iter().flat_map(ends).flatten().chain(mark).collect();
    let spacing = Spacing::Linear;
    let scale = Scale { values: span(&values, spacing), places: (8.0, WIDTH - 12.0), spacing };
    let height = LINE * rows.len() as f64 + AXIS;
    let bottom = height - AXIS + 4.0;
    let tick = |(value, text): (f64, String)| {
        let at = scale.at(value);
        let half = 3.2 * text.chars().count() as f64;
        let up = format!("<path class=\"grid\" d=\"M{} {}V4\"/>", place(at), place(bottom));
        up + &label("tick middle", (at.clamp(half, WIDTH - half), bottom + 16.0), &text)
    };
    let mut marks: String = scale.ticks(4).into_iter().map(tick).collect();
    if let Some(mark) = mark.filter(|mark| mark.is_finite()) {
        let at = place(scale.at(mark));
        let upright = format!("<path class=\"base\" d=\"M{at} {}V4\"/>", place(bottom));
        marks.push_str(&upright);
    }
    let lines = rows.iter().enumerate();
    let lines: String = lines.map(|(at, row)| forest_line(&scale, LINE * at as f64, row)).collect();
    marks.push_str(&lines);
    marks.push_str(&label("name end", (WIDTH - 4.0, height - 6.0), axis));
    let told: Vec<String> = rows.iter().map(told).collect();
    let description = format!("{axis}. {}", told.join(" "));
    Chart { name: name.to_owned(), title: title.to_owned(), description, height, marks }
}

fn forest_line(scale: &Scale, top: f64, row: &ForestRow) -> String {
    /// Characters of both texts that fit side by side.
    const ROOM: usize = 52;
    let room = ROOM.saturating_sub(row.note.chars().count().min(ROOM / 2));
    let words = label("", (2.0, top + 15.0), &shorten(&row.label, room))
        + &label("note end", (WIDTH - 4.0, top + 15.0), &shorten(&row.note, ROOM / 2));
    if !row.mean.is_finite() {
        return words;
    }
    let middle = top + 27.0;
    let at = place(middle);
    let whisker = match (row.low, row.high) {
        (Some(low), Some(high)) if low.is_finite() && high.is_finite() => {
            let (low, high) = (place(scale.at(low)), place(scale.at(high)));
            let (up, down) = (place(middle - 4.0), place(middle + 4.0));
            format!("<path class=\"accent\" d=\"M{low} {up}V{down}M{low} {at}H{high}M{high} {up}V{down}\"/>")
        }
        _ => String::new(),
    };
    let dot = format!("<circle class=\"dot\" cx=\"{}\" cy=\"{at}\" r=\"4.5\"/>", place(scale.at(row.mean)));
    words + &whisker + &dot
}

fn told(row: &ForestRow) -> String {
    use kitae_eval::intervals::Interval;

    use crate::words::{bracket, number};

    let between = match (row.low, row.high) {
        (Some(low), Some(high)) => format!(" {}", bracket(Interval { low, high })),
        _ => String::new(),
    };
    let note = if row.note.is_empty() { String::new() } else { format!(", {}", row.note) };
    format!("{}: {}{between}{note}.", row.label, number(row.mean))
}
