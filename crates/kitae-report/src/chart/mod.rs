//! Charts as SVG: small pure functions that are put together to a picture.
//!
//! A [`Frame`] has axes and turns values into places. The functions of this module draw on it and return
//! text; [`Chart`] makes a picture of that, for a page ([`Chart::inline`]) or a file ([`Chart::standalone`]).
//!
//! ```
//! use kitae_report::chart::{Axis, Chart, Frame, Stroke, line};
//!
//! let loss = [(1.0, 0.9), (2.0, 0.5), (3.0, 0.4)];
//! let frame = Frame::new(Axis::of("epoch", &[1.0, 3.0]), Axis::of("loss", &[0.4, 0.9]), 200.0);
//! let marks = frame.axes() + &line(&frame, &loss, Stroke::Accent);
//! let chart = frame.chart("loss", "Loss over epochs", "The loss falls from 0.9 to 0.4.", marks);
//! assert!(chart.inline().contains("role=\"img\""));
//! assert!(chart.standalone().starts_with("<svg xmlns="));
//! ```

mod along;
mod forest;
mod frame;
mod marks;
mod png;
mod scale;
mod thin;

use crate::html::escape;
use crate::words::{broken, shorten};

pub use forest::{ForestRow, Shape, forest, forest_columns};
pub use frame::{Axis, Frame};
pub use marks::{
    Stroke, bar, cloud, cross_line, dot, heat_cell, interval, label, legend, line, series, up_line,
};
pub use png::{Png, PngError};
pub use scale::{Scale, Spacing, extent, span};
pub use thin::{Point, thin_cloud, thin_line};

/// The width of every chart in its own units: on a narrow phone a unit is about a pixel, so that texts of
/// 12 units can be read there.
pub const WIDTH: f64 = 360.0;

/// How charts look; colours are variables of the page.
const STYLE: &str = include_str!("../chart.css");

/// The colours of a chart that stands alone: those of the page on a bright screen.
const COLOURS: [(&str, &str); 5] = [
    ("var(--ink)", "#22262b"),
    ("var(--muted)", "#5d6470"),
    ("var(--line)", "#dcd9d2"),
    ("var(--accent)", "#1c5d85"),
    ("var(--paper)", "#ffffff"),
];

/// A picture and what it says in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Names the chart among those of a page, and its file: letters, digits and hyphens.
    pub name: String,
    /// What is shown.
    pub title: String,
    /// What one sees, for those who do not see it.
    pub description: String,
    /// In units, of which the width has [`WIDTH`].
    pub height: f64,
    /// SVG.
    pub marks: String,
}

impl Chart {
    /// The picture as an element of a page that has the style of charts.
    ///
    /// ```
    /// # use kitae_report::chart::{Axis, Frame};
    /// let frame = Frame::new(Axis::of("x", &[0.0, 1.0]), Axis::of("y", &[0.0, 1.0]), 200.0);
    /// let svg = frame.chart("a", "A title", "What one sees.", frame.axes()).inline();
    /// assert!(svg.contains("<desc id=\"a-desc\">What one sees.</desc>"));
    /// ```
    pub fn inline(&self) -> String {
        let Self { name, height, marks, .. } = self;
        let (title, description) = (escape(&self.title), escape(&self.description));
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{name}-title {name}-desc\">\
             <title id=\"{name}-title\">{title}</title><desc id=\"{name}-desc\">{description}</desc>{marks}</svg>"
        )
    }

    /// The picture as a file of its own, with its style, its title and a white ground.
    pub fn standalone(&self) -> String {
        /// Room above the picture for one line of the title.
        const HEAD: f64 = 30.0;
        /// From one line of the title to the next.
        const LINE: f64 = 18.0;
        /// White at the other sides.
        const SIDE: f64 = 8.0;
        let Self { height, marks, .. } = self;
        let style = COLOURS.iter().fold(STYLE.to_owned(), |style, (name, hex)| style.replace(name, hex));
        let (title, description) = (escape(&self.title), escape(&self.description));
        let lines = wrapped(&self.title);
        let line = |(at, text): (usize, &String)| label("head", (2.0, 21.0 + LINE * at as f64), text);
        let words: String = lines.iter().enumerate().map(line).collect();
        let head = HEAD + LINE * (lines.len() - 1) as f64;
        let (wide, tall) = (WIDTH + 2.0 * SIDE, height + head + SIDE);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-{SIDE} 0 {wide} {tall}\" width=\"{width}\" \
             height=\"{double}\" role=\"img\"><title>{title}</title><desc>{description}</desc>\
             <style>{style}</style><rect x=\"-{SIDE}\" width=\"{wide}\" height=\"{tall}\" fill=\"#ffffff\"/>{words}\
             <g transform=\"translate(0 {head})\">{marks}</g></svg>\n",
            width = 2.0 * wide,
            double = 2.0 * tall,
        )
    }
}

/// Characters of a line of the title.
const WIDEST: usize = 40;

/// A title as lines that a picture has room for, at least one, and about equally long.
fn wrapped(title: &str) -> Vec<String> {
    let lines = wrapped_at(title, WIDEST);
    let mut narrower = (1..WIDEST).map(|most| wrapped_at(title, most));
    narrower.find(|narrow| narrow.len() == lines.len()).unwrap_or(lines)
}

/// A line for each `most` characters; only a word that has more is alone and longer, up to what a picture
/// holds.
fn wrapped_at(title: &str, most: usize) -> Vec<String> {
    let words: Vec<String> = title.split_whitespace().map(|word| shorten(word, WIDEST)).collect();
    broken(&words.join(" "), most)
}

/// The style that a page with charts needs.
pub(crate) fn style() -> &'static str {
    STYLE
}

/// A place with one decimal, as short as that can be.
pub(crate) fn place(value: f64) -> String {
    let rounded = (10.0 * value).round() / 10.0;
    // 0 + x, so that nothing is at -0.
    format!("{}", 0.0 + rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_titles_have_as_many_lines_as_they_need() {
        assert_eq!(wrapped("Loss, fold 1"), ["Loss, fold 1"]);
        assert_eq!(
            wrapped("weighted_average_precision on the validation rows, all folds"),
            ["weighted_average_precision on", "the validation rows, all folds"]
        );
        assert_eq!(wrapped(""), [""]);
        let word = wrapped(&"m".repeat(200)).remove(0);
        assert_eq!(word.chars().count(), 40);
    }
}
