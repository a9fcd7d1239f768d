//! What is drawn on a frame: lines, dots, intervals, bars, cells, words.

use super::{Frame, Point, WIDTH, place};
use crate::html::escape;

/// How a line looks: looks differ in their dashes or widths too, so that none is told by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// What the chart is about: a solid line in the accent colour.
    Accent,
    /// What it is read against, such as guessing or zero: a grey line of dashes, which no other line has.
    Quiet,
    /// One of many: a thin line in the accent colour.
    Thin,
    /// The same on rows that were trained on: a solid grey line.
    Trained,
}

impl Stroke {
    fn class(self) -> &'static str {
        match self {
            Self::Accent => "accent",
            Self::Quiet => "quiet",
            Self::Thin => "thin",
            Self::Trained => "trained",
        }
    }
}

/// A line through the points; where a value is not finite it is broken.
pub fn line(frame: &Frame, points: &[Point], look: Stroke) -> String {
    let mut path = String::new();
    let mut pen = "M";
    for (x, y) in points {
        if !(x.is_finite() && y.is_finite()) {
            pen = "M";
            continue;
        }
        path.push_str(pen);
        path.push_str(&place(frame.x.at(*x)));
        path.push(' ');
        path.push_str(&place(frame.y.at(*y)));
        pen = "L";
    }
    if path.is_empty() {
        return path;
    }
    format!("<path class=\"{}\" d=\"{path}\"/>", look.class())
}

/// A line from left to right at a height.
///
/// ```
/// use kitae_report::chart::{Axis, Frame, Stroke, cross_line};
///
/// let frame = Frame::new(Axis::share("x"), Axis::share("y"), 200.0);
/// assert!(cross_line(&frame, 0.5, Stroke::Quiet).contains('H'));
/// ```
pub fn cross_line(frame: &Frame, y: f64, look: Stroke) -> String {
    let (left, right) = frame.x.places;
    let (left, right, at) = (place(left), place(right), place(frame.y.at(y)));
    format!("<path class=\"{}\" d=\"M{left} {at}H{right}\"/>", look.class())
}

/// A line from the bottom to the top of the plot.
///
/// ```
/// use kitae_report::chart::{Axis, Frame, Stroke, up_line};
///
/// let frame = Frame::new(Axis::share("x"), Axis::share("y"), 200.0);
/// assert!(up_line(&frame, 0.5, Stroke::Quiet).contains('V'));
/// ```
pub fn up_line(frame: &Frame, x: f64, look: Stroke) -> String {
    let (bottom, top) = frame.y.places;
    let (bottom, top, at) = (place(bottom), place(top), place(frame.x.at(x)));
    format!("<path class=\"{}\" d=\"M{at} {bottom}V{top}\"/>", look.class())
}

/// A dot with a hole, as for the epoch that was kept; nothing where a value is not finite.
pub fn dot(frame: &Frame, (x, y): Point) -> String {
    if !(x.is_finite() && y.is_finite()) {
        return String::new();
    }
    let (x, y) = (place(frame.x.at(x)), place(frame.y.at(y)));
    format!("<circle class=\"ring\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>")
}

/// A dot with a line from `low` to `high` above and below it.
pub fn interval(frame: &Frame, (x, y): Point, low: f64, high: f64) -> String {
    if !(x.is_finite() && y.is_finite()) {
        return String::new();
    }
    let at = place(frame.x.at(x));
    let (low, high, y) = (place(frame.y.at(low)), place(frame.y.at(high)), place(frame.y.at(y)));
    format!(
        "<path class=\"base\" d=\"M{at} {low}V{high}\"/><circle class=\"dot\" cx=\"{at}\" cy=\"{y}\" r=\"3.5\"/>"
    )
}

/// Many points, fainter the more there are, and darker where many lie on each other.
///
/// ```
/// use kitae_report::chart::{Axis, Frame, cloud};
///
/// let frame = Frame::new(Axis::share("x"), Axis::share("y"), 200.0);
/// assert_eq!(cloud(&frame, &[(0.1, 0.2), (0.3, f64::NAN)]).matches('M').count(), 1);
/// ```
pub fn cloud(frame: &Frame, points: &[Point]) -> String {
    /// Points of one path do not darken each other, and a path for each would make a large page.
    const PATHS: usize = 8;
    let opacity = (16.0 / (points.len() as f64 + 1.0).sqrt()).clamp(0.2, 0.8);
    let one = |(x, y): &Point| {
        let is_known = x.is_finite() && y.is_finite();
        is_known.then(|| format!("M{} {}h0", place(frame.x.at(*x)), place(frame.y.at(*y))))
    };
    let path = |points: &[Point]| {
        let path: String = points.iter().filter_map(one).collect();
        format!("<path class=\"cloud\" stroke-opacity=\"{}\" d=\"{path}\"/>", place(opacity))
    };
    points.chunks(points.len().div_ceil(PATHS).max(1)).map(path).collect()
}

/// A bar from the bottom of the plot to `height`, between two values of the x axis.
pub fn bar(frame: &Frame, (from, to): (f64, f64), height: f64) -> String {
    let (left, right) = (frame.x.at(from), frame.x.at(to));
    let (bottom, top) = (frame.y.places.0, frame.y.at(height));
    // A gap keeps bars apart.
    let (width, tall) = (place((right - left - 1.0).max(0.5)), place((bottom - top).max(0.0)));
    format!(
        "<rect class=\"soft\" x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{tall}\"/>",
        place(left + 0.5),
        place(top)
    )
}

/// A square cell whose ground is the darker the higher `share`, with a text in its middle. `corner` and
/// `side` are in units of the chart, `share` is from 0 to 1.
///
/// ```
/// use kitae_report::chart::heat_cell;
///
/// let svg = heat_cell((10.0, 20.0), 30.0, 0.9, "45");
/// assert!(svg.contains(">45</text>") && svg.contains("fill-opacity=\"0.85\""));
/// ```
pub fn heat_cell(corner: Point, side: f64, share: f64, text: &str) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let (x, y, inner) = (place(corner.0 + 0.5), place(corner.1 + 0.5), place((side - 1.0).max(0.5)));
    // The faintest colour that is still seen marks a cell that is not empty.
    let opacity = if share > 0.0 { 0.06 + 0.88 * share } else { 0.0 };
    let opacity = (100.0 * opacity).round() / 100.0;
    let ground = format!(
        "<rect class=\"grid\" x=\"{x}\" y=\"{y}\" width=\"{inner}\" height=\"{inner}\"/>\
         <rect class=\"fill\" fill-opacity=\"{opacity}\" x=\"{x}\" y=\"{y}\" width=\"{inner}\" height=\"{inner}\"/>"
    );
    if text.is_empty() {
        return ground;
    }
    let class = match opacity {
        0.0 => "tick middle plain",
        opacity if opacity > 0.55 => "middle on",
        _ => "middle plain",
    };
    let (x, y) = (corner.0 + side / 2.0, corner.1 + side / 2.0 + 4.0);
    ground + &label(class, (x, y), text)
}

/// Words at a place of the chart; `class` says how they look and where they end.
pub fn label(class: &str, (x, y): Point, text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>", place(x), place(y), escape(text))
}

/// Lines that lie one behind the other, such as the first of `n` layers: the later, the stronger is its
/// colour, and the name at its right end tells it from the others. Draw on a frame that has room at the
/// right, see [`Frame::with_room`].
///
/// ```
/// use kitae_report::chart::{Axis, Frame, series};
///
/// let frame = Frame::new(Axis::share("x"), Axis::share("y"), 200.0).with_room(40.0);
/// let lines = ["layer 1", "layer 2"].map(|name| (name, vec![(0.0, 0.0), (1.0, 1.0)]));
/// let svg = series(&frame, &lines, 2);
/// assert!(svg.contains("stroke-opacity=\"0.35\"") && svg.contains("stroke-opacity=\"1\""));
/// assert_eq!(svg.matches("<text").count(), 2);
/// ```
pub fn series(frame: &Frame, lines: &[(&str, Vec<Point>)], n: usize) -> String {
    let drawn = lines.iter().enumerate().map(|(at, (_, points))| shaded(frame, points, (at, n)));
    let ends = lines.iter().filter_map(|(name, points)| Some((*name, points.last()?.1)));
    drawn.collect::<String>() + &end_names(frame, &ends.collect::<Vec<_>>())
}

fn shaded(frame: &Frame, points: &[Point], (at, n): (usize, usize)) -> String {
    const FAINTEST: f64 = 0.35;
    let depth = if n > 1 { at as f64 / (n - 1) as f64 } else { 1.0 };
    let opacity = (100.0 * (FAINTEST + (1.0 - FAINTEST) * depth)).round() / 100.0;
    let known: Vec<Point> = points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let one = |(x, y): &Point| format!("M{} {}h0", place(frame.x.at(*x)), place(frame.y.at(*y)));
    let dots: String = known.iter().map(one).collect();
    let shade = format!("stroke-opacity=\"{opacity}\"");
    let drawn = line(frame, points, Stroke::Accent).replacen(
        "class=\"accent\"",
        &format!("class=\"deep\" {shade}"),
        1,
    );
    if dots.is_empty() { drawn } else { drawn + &format!("<path class=\"pin\" {shade} d=\"{dots}\"/>") }
}

/// The names of lines at their right ends, moved apart where they would lie on each other. Each name comes
/// with the height, in values of the y axis, at which its line ends.
fn end_names(frame: &Frame, names: &[(&str, f64)]) -> String {
    /// The height of a line of text.
    const APART: f64 = 12.0;
    let (bottom, top) = frame.y.places;
    let known = names.iter().filter(|(_, value)| value.is_finite());
    let all: Vec<(&str, f64)> = known.map(|(name, value)| (*name, frame.y.at(*value))).collect();
    let most = ((bottom - top) / APART) as usize;
    let has_room = |at: &usize| {
        all.len() <= most || (0..most).any(|place| place * (all.len() - 1) / (most - 1).max(1) == *at)
    };
    let mut places: Vec<(&str, f64)> = (0..all.len()).filter(has_room).map(|at| all[at]).collect();
    places.sort_by(|a, b| a.1.total_cmp(&b.1));
    // Down from the top, then up from the bottom, so that all are within the plot if they fit at all.
    let mut least = top;
    for (_, at) in &mut places {
        *at = at.max(least);
        least = *at + APART;
    }
    let mut most = bottom - 4.0;
    for (_, at) in places.iter_mut().rev() {
        *at = at.min(most);
        most = *at - APART;
    }
    let right = frame.x.places.1 + 6.0;
    places.iter().map(|(name, at)| label("note", (right, at + 4.0), name)).collect()
}

/// What the lines of a chart stand for, at its top right; with `dot`, what its dots do.
pub fn legend(lines: &[(Stroke, &str)], dot: Option<&str>) -> String {
    const BASELINE: f64 = 14.0;
    let width = |text: &str| 6.2 * text.chars().count() as f64;
    let mut right = WIDTH - 10.0;
    let mut marks = String::new();
    if let Some(text) = dot {
        marks.push_str(&label("note end", (right, BASELINE), text));
        right -= width(text) + 9.0;
        let ring = format!("<circle class=\"ring\" cx=\"{}\" cy=\"10\" r=\"4\"/>", place(right));
        marks.push_str(&ring);
        right -= 16.0;
    }
    for (look, text) in lines.iter().rev() {
        marks.push_str(&label("note end", (right, BASELINE), text));
        right -= width(text) + 26.0;
        let sample = format!("<path class=\"{}\" d=\"M{} 10h20\"/>", look.class(), place(right));
        marks.push_str(&sample);
        right -= 14.0;
    }
    marks
}
