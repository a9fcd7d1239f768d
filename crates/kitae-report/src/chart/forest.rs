//! Means with their intervals, one below the other: a forest plot.

use kitae_eval::intervals::Interval;

use super::along::{Tick, ticks_along};
use super::{Chart, Scale, Spacing, WIDTH, extent, label, place, span};
use crate::words::{bracket, number, shorten};

/// One line of a forest plot.
#[derive(Clone, Debug, PartialEq)]
pub struct ForestRow {
    /// What is measured.
    pub label: String,
    /// The dot.
    pub mean: f64,
    /// The line through the dot.
    pub interval: Option<Interval>,
    /// A few words at the right end, such as a verdict.
    pub note: String,
    /// How the dot looks.
    pub shape: Shape,
}

impl ForestRow {
    /// A line that stands out.
    pub fn new(label: &str, mean: f64, interval: Option<Interval>, note: String) -> Self {
        Self { label: label.to_owned(), mean, interval, note, shape: Shape::Disc }
    }
}

/// How the dot of a line looks, so that kinds of lines are told apart without colours too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A filled disc on a strong line: what stands out.
    Disc,
    /// A disc with a hole on a grey line: what could be chance.
    Ring,
    /// A cross on a grey line: what is against.
    Cross,
}

/// Room for the axis below the lines.
const AXIS: f64 = 44.0;
/// Of each line: its words, and the dot below them.
const LINE: f64 = 42.0;

/// A forest plot of at least one line, with words above each dot, so that long names have room on a phone
/// too. `mark` is a value to compare with, such as 0 for a gain: an upright line runs through it. With it, a
/// few rings and crosses that reach far beyond all other lines do not squeeze them: what lies outside of the
/// axis is an arrow at its end.
///
/// ```
/// use kitae_report::chart::{ForestRow, forest};
///
/// let row = |(label, mean)| ForestRow::new(label, mean, None, String::new());
/// let rows = [("network", 0.1), ("a constant", 0.6)].map(row);
/// let chart = forest("scores", "Scores", "log_loss", &rows, None);
/// assert_eq!(chart.marks.matches("<circle").count(), 2);
/// ```
pub fn forest(name: &str, title: &str, axis: &str, rows: &[ForestRow], mark: Option<f64>) -> Chart {
    draw(name, title, axis, rows, (limits(rows, mark), mark))
}

/// The same in as many pictures as there is need for, side by side, with the same axis, so that each can be
/// seen at once and fits on a sheet of paper. They are named `name`, `name-2` and so on.
///
/// ```
/// use kitae_report::chart::{ForestRow, forest_columns};
///
/// let rows = vec![ForestRow::new("a lever", 0.1, None, String::new()); 30];
/// let charts = forest_columns("levers", "Levers", "gain", &rows, Some(0.0));
/// assert_eq!(charts.iter().map(|chart| chart.name.as_str()).collect::<Vec<_>>(), ["levers", "levers-2"]);
/// assert_eq!(charts[0].height, charts[1].height);
/// ```
pub fn forest_columns(
    name: &str,
    title: &str,
    axis: &str,
    rows: &[ForestRow],
    mark: Option<f64>,
) -> Vec<Chart> {
    /// Lines of one picture.
    const MOST: usize = 24;
    let n_charts = rows.len().div_ceil(MOST).max(1);
    let limits = (limits(rows, mark), mark);
    let chart = |(at, rows): (usize, &[ForestRow])| match at {
        0 => draw(name, title, axis, rows, limits),
        _ => draw(&format!("{name}-{}", at + 1), &format!("{title}, continued"), axis, rows, limits),
    };
    rows.chunks(rows.len().div_ceil(n_charts).max(1)).enumerate().map(chart).collect()
}

/// With an axis that spans these values and is marked at one.
fn draw(
    name: &str,
    title: &str,
    axis: &str,
    rows: &[ForestRow],
    (values, mark): ((f64, f64), Option<f64>),
) -> Chart {
    let spacing = Spacing::Linear;
    let scale = Scale { values, places: (8.0, WIDTH - 12.0), spacing };
    let height = LINE * rows.len() as f64 + AXIS;
    let bottom = height - AXIS + 4.0;
    let tick = |Tick { value, at, text }: Tick| {
        let up = format!("<path class=\"grid\" d=\"M{} {}V4\"/>", place(scale.at(value)), place(bottom));
        up + &label("tick middle", (at, bottom + 16.0), &text)
    };
    let mut marks: String = ticks_along(&scale, 4).into_iter().map(tick).collect();
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

/// What the axis spans: all of what stands out, and of the rest not much more than what three quarters of the
/// lines need.
fn limits(rows: &[ForestRow], mark: Option<f64>) -> (f64, f64) {
    /// Lines farther out than so many times the upper quartile are cut.
    const FARTHEST: f64 = 2.0;
    let ends = |row: &ForestRow| {
        let ends = row.interval.map(|ends| [ends.low, ends.high]);
        std::iter::once(row.mean).chain(ends.into_iter().flatten())
    };
    let values: Vec<f64> = rows.iter().flat_map(ends).chain(mark).collect();
    let (low, high) = extent(&values).unwrap_or((0.0, 1.0));
    let Some(mark) = mark.filter(|mark| mark.is_finite()) else { return span(&values, Spacing::Linear) };
    let reach = |row: &ForestRow| ends(row).map(|end| (end - mark).abs()).fold(0.0, f64::max);
    let mut reaches: Vec<f64> = rows.iter().map(reach).filter(|r| r.is_finite()).collect();
    reaches.sort_unstable_by(f64::total_cmp);
    let usual = reaches.get((reaches.len() * 3).div_ceil(4).saturating_sub(1)).copied().unwrap_or(0.0);
    if usual == 0.0 {
        return span(&values, Spacing::Linear);
    }
    let strong = rows.iter().filter(|row| row.shape == Shape::Disc).map(reach);
    let farthest = strong.filter(|reach| reach.is_finite()).fold(FARTHEST * usual, f64::max);
    span(&[low.max(mark - farthest), high.min(mark + farthest), mark], Spacing::Linear)
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
    let known = row.interval.filter(|ends| ends.low.is_finite() && ends.high.is_finite());
    let whisker =
        known.map(|ends| whisker(scale, middle, (ends.low, ends.high), row.shape)).unwrap_or_default();
    words + &whisker + &centre(scale, middle, row.mean, row.shape)
}

fn line_class(shape: Shape) -> &'static str {
    if shape == Shape::Disc { "accent" } else { "base" }
}

/// With a stop at each end that lies within the axis.
fn whisker(scale: &Scale, middle: f64, (low, high): (f64, f64), shape: Shape) -> String {
    let at = place(middle);
    let mut path = format!("M{} {at}H{}", place(scale.at(low)), place(scale.at(high)));
    for end in [low, high] {
        if is_within(scale, end) {
            let stop = format!("M{} {}V{}", place(scale.at(end)), place(middle - 4.0), place(middle + 4.0));
            path.push_str(&stop);
        } else {
            path.push_str(&arrow(scale, middle, end));
        }
    }
    format!("<path class=\"{}\" d=\"{path}\"/>", line_class(shape))
}

fn centre(scale: &Scale, middle: f64, mean: f64, shape: Shape) -> String {
    if !is_within(scale, mean) {
        return format!("<path class=\"{}\" d=\"{}\"/>", line_class(shape), arrow(scale, middle, mean));
    }
    let (x, y) = (scale.at(mean), place(middle));
    match shape {
        Shape::Disc => format!("<circle class=\"dot\" cx=\"{}\" cy=\"{y}\" r=\"4.5\"/>", place(x)),
        Shape::Ring => format!("<circle class=\"hole\" cx=\"{}\" cy=\"{y}\" r=\"4\"/>", place(x)),
        Shape::Cross => {
            let (left, up) = (place(x - 4.0), place(middle - 4.0));
            format!("<path class=\"cross\" d=\"M{left} {up}l8 8m0 -8l-8 8\"/>")
        }
    }
}

/// A head at the end of the axis that lies in the direction of `value`.
fn arrow(scale: &Scale, middle: f64, value: f64) -> String {
    let tip = scale.at(value);
    let back = if value < scale.values.0 { tip + 6.0 } else { tip - 6.0 };
    let (tip, back) = (place(tip), place(back));
    format!("M{back} {}L{tip} {}L{back} {}", place(middle - 4.0), place(middle), place(middle + 4.0))
}

fn is_within(scale: &Scale, value: f64) -> bool {
    (scale.values.0..=scale.values.1).contains(&value)
}

fn told(row: &ForestRow) -> String {
    let between = row.interval.map(|ends| format!(" {}", bracket(ends))).unwrap_or_default();
    let note = if row.note.is_empty() { String::new() } else { format!(", {}", row.note) };
    format!("{}: {}{between}{note}.", row.label, number(row.mean))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(reaches: &[f64]) -> Vec<ForestRow> {
        let interval = |reach: f64| Some(Interval { low: -1.0, high: reach });
        let row = |reach: &f64| ForestRow::new("", *reach, interval(*reach), String::new());
        reaches.iter().map(|reach| ForestRow { shape: Shape::Ring, ..row(reach) }).collect()
    }

    #[test]
    fn one_line_far_out_does_not_squeeze_the_others() {
        let (low, high) = limits(&rows(&[1.0, 2.0, 2.0, 1000.0]), Some(0.0));
        assert!((-1.5..=-1.0).contains(&low) && (4.0..5.0).contains(&high), "{low} {high}");
        // Without something to compare with, or where half of the lines reach as far, all are shown.
        assert!(limits(&rows(&[1.0, 2.0, 2.0, 1000.0]), None).1 > 1000.0);
        assert!(limits(&rows(&[1.0, 1000.0]), Some(0.0)).1 > 1000.0);
        assert!(limits(&rows(&[]), Some(0.0)).0 < 0.0);
        // What stands out is what one looks for.
        let mut strong = rows(&[1.0, 2.0, 2.0, 1000.0]);
        strong[3].shape = Shape::Disc;
        assert!(limits(&strong, Some(0.0)).1 > 1000.0);
    }

    #[test]
    fn what_lies_outside_is_an_arrow() {
        let chart = forest("a", "A", "gain", &rows(&[1.0, 2.0, 2.0, 1000.0]), Some(0.0));
        assert_eq!(chart.marks.matches("<circle").count(), 3);
        assert!(!chart.marks.contains("NaN"));
    }
}
