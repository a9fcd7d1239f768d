//! The style sheet of charts: which properties the classes of an element give it.

use roxmltree::Node;
use tiny_skia::{Color, LineCap, LineJoin};

/// What an element looks like.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Style {
    pub(super) fill: Option<Color>,
    pub(super) fill_opacity: f32,
    pub(super) stroke: Option<Color>,
    pub(super) stroke_opacity: f32,
    pub(super) width: f32,
    /// Lengths of strokes and gaps; none for a solid line.
    pub(super) dashes: Vec<f32>,
    pub(super) cap: LineCap,
    pub(super) join: LineJoin,
    /// Whether the stroke lies below the fill.
    pub(super) is_stroke_below: bool,
    pub(super) font_size: f32,
    pub(super) is_bold: bool,
    pub(super) anchor: Anchor,
}

/// Which end of a text its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What SVG says of an element without a style.
impl Default for Style {
    fn default() -> Self {
        Self {
            fill: Some(Color::BLACK),
            fill_opacity: 1.0,
            stroke: None,
            stroke_opacity: 1.0,
            width: 1.0,
            dashes: Vec::new(),
            cap: LineCap::Butt,
            join: LineJoin::Miter,
            is_stroke_below: false,
            font_size: 16.0,
            is_bold: false,
            anchor: Anchor::Start,
        }
    }
}

/// A style sheet whose selectors are `svg NAME` and `svg .CLASS`.
pub(super) struct Sheet<'a> {
    rules: Vec<(&'a str, Vec<(&'a str, &'a str)>)>,
}

impl<'a> Sheet<'a> {
    pub(super) fn read(css: &'a str) -> Result<Self, String> {
        let mut rules = Vec::new();
        for rule in css.split('}').map(str::trim).filter(|rule| !rule.is_empty()) {
            let (selectors, body) =
                rule.split_once('{').ok_or_else(|| format!("expected a rule, got `{rule}`"))?;
            let declarations: Vec<(&str, &str)> =
                body.split(';').filter_map(|declaration| declaration.split_once(':')).collect();
            for selector in selectors.split(',') {
                let name = selector.trim().strip_prefix("svg ");
                let name = name.ok_or_else(|| format!("expected `svg NAME`, got `{selector}`"))?;
                rules.push((name, declarations.clone()));
            }
        }
        Ok(Self { rules })
    }

    /// Attributes count least, then what the name of the element says, then its classes in the order of the
    /// sheet.
    pub(super) fn style(&self, element: &Node) -> Result<Style, String> {
        let mut style = Style::default();
        for name in ["fill", "fill-opacity", "stroke-opacity"] {
            if let Some(value) = element.attribute(name) {
                style.set(name, value)?;
            }
        }
        let classes = element.attribute("class").unwrap_or_default();
        let is_of_class =
            |name: &str| name.strip_prefix('.').is_some_and(|class| classes.split(' ').any(|c| c == class));
        let own = self.rules.iter().filter(|(name, _)| *name == element.tag_name().name());
        for (_, declarations) in own.chain(self.rules.iter().filter(|(name, _)| is_of_class(name))) {
            declarations.iter().try_for_each(|(name, value)| style.set(name, value))?;
        }
        Ok(style)
    }
}

impl Style {
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let unknown = || format!("`{name}: {value}` is not known");
        let number = || length(value).ok_or_else(unknown);
        match (name, value) {
            ("fill", "none") => self.fill = None,
            ("fill", _) => self.fill = Some(colour(value).ok_or_else(unknown)?),
            ("stroke", "none") => self.stroke = None,
            ("stroke", _) => self.stroke = Some(colour(value).ok_or_else(unknown)?),
            ("fill-opacity", _) => self.fill_opacity = number()?,
            ("stroke-opacity", _) => self.stroke_opacity = number()?,
            ("stroke-width", _) => self.width = number()?,
            ("stroke-dasharray", _) => {
                let dashes: Option<Vec<f32>> = value.split(' ').map(length).collect();
                self.dashes = dashes.ok_or_else(unknown)?;
            }
            ("stroke-linejoin", "round") => self.join = LineJoin::Round,
            ("stroke-linecap", "round") => self.cap = LineCap::Round,
            ("paint-order", "stroke") => self.is_stroke_below = true,
            ("text-anchor", "end") => self.anchor = Anchor::End,
            ("text-anchor", "middle") => self.anchor = Anchor::Middle,
            ("font-size", _) => self.font_size = number()?,
            ("font-weight", "600") => self.is_bold = true,
            // The families that follow are those of a screen; here there is one typeface.
            ("font", _) => self.font_size = value.split(' ').next().and_then(length).ok_or_else(unknown)?,
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

fn length(text: &str) -> Option<f32> {
    text.strip_suffix("px").unwrap_or(text).parse().ok()
}

/// Six digits.
fn colour(text: &str) -> Option<Color> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some(Color::from_rgba8(part(0)?, part(2)?, part(4)?, 255))
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::*;

    fn style(css: &str, element: &str) -> Result<Style, String> {
        let document = Document::parse(element).unwrap();
        Sheet::read(css)?.style(&document.root_element())
    }

    #[test]
    fn classes_count_more_than_names_and_names_more_than_attributes() {
        let css = "svg .small{font-size:11px}svg text{font:12px sans;fill:#ff0000}svg .end{text-anchor:end}";
        let small = style(css, "<text class=\"small end\" fill=\"#00ff00\"/>").unwrap();
        assert_eq!((small.font_size, small.anchor), (11.0, Anchor::End));
        assert_eq!(small.fill, Some(Color::from_rgba8(255, 0, 0, 255)));
        assert_eq!(style(css, "<path class=\"smaller\"/>").unwrap(), Style::default());
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for css in ["svg path{clip-path:url(#a)}", "svg path{fill:red}", "path{fill:none}", "svg path"] {
            assert!(style(css, "<path/>").is_err(), "{css}");
        }
    }
}
