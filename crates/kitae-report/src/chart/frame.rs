//! A plot with axes: the ground that marks are drawn on.

use super::along::{DIGIT, Tick, ticks_along};
use super::{Chart, Scale, Spacing, WIDTH, place, span};
use crate::html::escape;

/// What an axis shows: its name, its values and their spacing.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is measured, with its unit.
    pub name: String,
    /// The lowest and the highest value, both finite and not equal.
    pub values: (f64, f64),
    /// What equal distances mean.
    pub spacing: Spacing,
}

impl Axis {
    /// An axis that shows all finite ones of `values`, with a little room at both ends.
    pub fn of(name: &str, values: &[f64]) -> Self {
        let spacing = Spacing::Linear;
        Self { name: name.to_owned(), values: span(values, spacing), spacing }
    }

    /// The same for values that may fall over orders of magnitude, as a loss does.
    ///
    /// ```
    /// use kitae_report::chart::{Axis, Spacing};
    ///
    /// assert_eq!(Axis::of_ratios("loss", &[0.01, 3.0]).spacing, Spacing::Log);
    /// ```
    pub fn of_ratios(name: &str, values: &[f64]) -> Self {
        let spacing = Spacing::of(values);
        Self { name: name.to_owned(), values: span(values, spacing), spacing }
    }

    /// An axis from 0 to 1.
    pub fn share(name: &str) -> Self {
        Self { name: name.to_owned(), values: (0.0, 1.0), spacing: Spacing::Linear }
    }
}

/// Room above a plot for the name of its y axis.
const TOP: f64 = 26.0;
/// Room below for the ticks and the name of its x axis.
const BOTTOM: f64 = 40.0;
const RIGHT: f64 = 10.0;
/// Between two ticks upwards, about.
const Y_STEP: f64 = 42.0;
const X_TICKS: usize = 5;

/// How many ticks have room.
fn y_ticks(scale: &Scale) -> usize {
    ((scale.places.0 - scale.places.1) / Y_STEP).clamp(1.0, 8.0) as usize
}

/// A plot of two axes, which turns values into places.
///
/// ```
/// use kitae_report::chart::{Axis, Frame};
///
/// let frame = Frame::new(Axis::share("x"), Axis::share("y"), 200.0);
/// // Up is where the numbers of a picture are small.
/// assert!(frame.y.at(1.0) < frame.y.at(0.0));
/// assert!(frame.axes().contains(">1.0</text>"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Values to the right.
    pub x: Scale,
    /// Values upwards.
    pub y: Scale,
    /// Of the whole picture.
    pub height: f64,
    names: (String, String),
}

impl Frame {
    /// A plot within a picture of this height; its left margin is as wide as the numbers there.
    pub fn new(x: Axis, y: Axis, height: f64) -> Self {
        let up =
            Scale { values: y.values, places: ((height - BOTTOM).max(TOP + 1.0), TOP), spacing: y.spacing };
        let longest = up.ticks(y_ticks(&up)).iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0);
        let left = 12.0 + DIGIT * longest as f64;
        let right = Scale { values: x.values, places: (left, WIDTH - RIGHT), spacing: x.spacing };
        Self { x: right, y: up, height, names: (x.name, y.name) }
    }

    /// The same with `room` units at the right, for words beside the plot.
    ///
    /// ```
    /// use kitae_report::chart::{Axis, Frame};
    ///
    /// let frame = Frame::new(Axis::share("x"), Axis::share("y"), 200.0);
    /// let narrow = frame.clone().with_room(40.0);
    /// assert_eq!(frame.x.places.1 - narrow.x.places.1, 40.0);
    /// ```
    #[must_use]
    pub fn with_room(mut self, room: f64) -> Self {
        self.x.places.1 = (self.x.places.1 - room).max(self.x.places.0 + 1.0);
        self
    }

    /// Both axes with their names, ticks, and lines across the plot.
    pub fn axes(&self) -> String {
        let (left, right) = self.x.places;
        let (bottom, top) = self.y.places;
        let across = |(value, text): (f64, String)| {
            let (at, end) = (place(self.y.at(value)), place(left - 5.0));
            let baseline = place(self.y.at(value) + 4.0);
            format!(
                "<path class=\"grid\" d=\"M{} {at}H{}\"/><text class=\"tick end\" x=\"{end}\" y=\"{baseline}\">{text}</text>",
                place(left),
                place(right)
            )
        };
        let along = |Tick { at, text, .. }: Tick| {
            let (at, below) = (place(at), place(bottom + 17.0));
            format!("<text class=\"tick middle\" x=\"{at}\" y=\"{below}\">{text}</text>")
        };
        let ticks: String = self.y.ticks(y_ticks(&self.y)).into_iter().map(across).collect();
        let texts: String = ticks_along(&self.x, X_TICKS).into_iter().map(along).collect();
        format!(
            "{ticks}<path class=\"base\" d=\"M{} {}H{}\"/>{texts}\
             <text class=\"name\" x=\"2\" y=\"{}\">{}</text>\
             <text class=\"name end\" x=\"{}\" y=\"{}\">{}</text>",
            place(left),
            place(bottom),
            place(right),
            place(top - 12.0),
            escape(&self.names.1),
            place(right),
            place(self.height - 6.0),
            escape(&self.names.0),
        )
    }

    /// The picture of what was drawn.
    pub fn chart(&self, name: &str, title: &str, description: &str, marks: String) -> Chart {
        Chart {
            name: name.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            height: self.height,
            marks,
        }
    }
}
