//! The marks of a chart on pixels.

use roxmltree::{Document, Node};
use tiny_skia::{
    Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Shader, Stroke, StrokeDash, Transform,
};

use super::letters::Letters;
use super::path::read_path;
use super::style::{Anchor, Sheet, Style};

/// Pixels of height for which there is memory: a metre and a quarter of paper.
const HIGHEST: f32 = 30_000.0;

/// The picture of `svg`, as wide as that many pixels on white, and the letters that are boxes, each once.
pub(super) fn draw(svg: &str, width: u32) -> Result<(Pixmap, Vec<char>), String> {
    let document = Document::parse(svg).map_err(|error| error.to_string())?;
    let root = document.root_element();
    let view: Vec<f32> = root
        .attribute("viewBox")
        .unwrap_or_default()
        .split(' ')
        .filter_map(|number| number.parse().ok())
        .collect();
    let [left, top, wide, tall] = view[..] else { return Err("it has no `viewBox`".to_owned()) };
    let scale = width as f32 / wide;
    let height = (scale * tall).round();
    let pixmap = if height <= HIGHEST { Pixmap::new(width, height as u32) } else { None };
    let mut pixmap =
        pixmap.ok_or_else(|| format!("expected a height from 1 to {HIGHEST} pixels, got {height}"))?;
    pixmap.fill(Color::WHITE);
    let css = root.children().find(|child| child.has_tag_name("style")).and_then(|style| style.text());
    let sheet = Sheet::read(css.unwrap_or_default())?;
    let mut canvas = Canvas { pixmap, sheet, letters: Letters::new()?, missing: Vec::new() };
    canvas.group(root, Transform::from_scale(scale, scale).pre_translate(-left, -top))?;
    canvas.missing.sort_unstable();
    canvas.missing.dedup();
    Ok((canvas.pixmap, canvas.missing))
}

struct Canvas<'a> {
    pixmap: Pixmap,
    sheet: Sheet<'a>,
    letters: Letters,
    missing: Vec<char>,
}

impl Canvas<'_> {
    fn group(&mut self, group: Node, transform: Transform) -> Result<(), String> {
        group.children().filter(Node::is_element).try_for_each(|element| self.element(element, transform))
    }

    fn element(&mut self, element: Node, transform: Transform) -> Result<(), String> {
        let number = |name: &str| number(&element, name);
        let path = match element.tag_name().name() {
            "title" | "desc" | "style" => return Ok(()),
            "g" => {
                let own = moved(element.attribute("transform").unwrap_or_default())?;
                return self.group(element, transform.pre_concat(own));
            }
            "text" => return self.text(element, transform),
            "path" => read_path(element.attribute("d").unwrap_or_default())?,
            "circle" => PathBuilder::from_circle(number("cx")?, number("cy")?, number("r")?),
            "rect" => {
                let (x, y) = (number("x")?, number("y")?);
                Rect::from_xywh(x, y, number("width")?, number("height")?).map(PathBuilder::from_rect)
            }
            other => return Err(format!("the element `{other}` is not known")),
        };
        let style = self.sheet.style(&element)?;
        if let Some(path) = path {
            self.paint(&path, &style, transform);
        }
        Ok(())
    }

    fn text(&mut self, element: Node, transform: Transform) -> Result<(), String> {
        let style = self.sheet.style(&element)?;
        let line = self.letters.line(element.text().unwrap_or_default(), style.font_size, style.is_bold);
        self.missing.extend(line.missing);
        let before = match style.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => line.width / 2.0,
            Anchor::End => line.width,
        };
        let (x, y) = (number(&element, "x")? - before, number(&element, "y")?);
        if let Some(path) = line.path {
            self.paint(&path, &style, transform.pre_translate(x, y));
        }
        Ok(())
    }

    fn paint(&mut self, path: &Path, style: &Style, transform: Transform) {
        if style.is_stroke_below {
            self.stroke(path, style, transform);
            self.fill(path, style, transform);
        } else {
            self.fill(path, style, transform);
            self.stroke(path, style, transform);
        }
    }

    fn fill(&mut self, path: &Path, style: &Style, transform: Transform) {
        if let Some(colour) = style.fill {
            let paint = paint(colour, style.fill_opacity);
            self.pixmap.fill_path(path, &paint, FillRule::Winding, transform, None);
        }
    }

    fn stroke(&mut self, path: &Path, style: &Style, transform: Transform) {
        if let Some(colour) = style.stroke {
            let paint = paint(colour, style.stroke_opacity);
            let dash = StrokeDash::new(style.dashes.clone(), 0.0);
            let (width, line_cap, line_join) = (style.width, style.cap, style.join);
            let stroke = Stroke { width, line_cap, line_join, dash, ..Stroke::default() };
            self.pixmap.stroke_path(path, &paint, &stroke, transform, None);
        }
    }
}

fn paint(mut colour: Color, opacity: f32) -> Paint<'static> {
    colour.apply_opacity(opacity);
    Paint { shader: Shader::SolidColor(colour), anti_alias: true, ..Paint::default() }
}

/// An attribute; 0 where it is not there.
fn number(element: &Node, name: &str) -> Result<f32, String> {
    let Some(text) = element.attribute(name) else { return Ok(0.0) };
    text.parse().map_err(|_| format!("expected a number as `{name}`, got `{text}`"))
}

/// `translate(X Y)`, or the same and `rotate(DEGREES)`.
fn moved(text: &str) -> Result<Transform, String> {
    let mut transform = Transform::identity();
    for function in text.split_inclusive(')').map(str::trim) {
        let unknown = || format!("the transformation `{function}` is not known");
        let (name, rest) = function.split_once('(').ok_or_else(unknown)?;
        let numbers = rest.trim_end_matches(')').split(' ').map(str::parse).collect::<Result<Vec<f32>, _>>();
        transform = match (name, numbers.map_err(|_| unknown())?.as_slice()) {
            ("translate", &[x, y]) => transform.pre_translate(x, y),
            ("rotate", &[degrees]) => transform.pre_concat(Transform::from_rotate(degrees)),
            _ => return Err(unknown()),
        };
    }
    Ok(transform)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The colour in the middle of the pixel at (x, y) of a picture of 10 times 10 units on 100 pixels.
    fn colour_at(marks: &str, (x, y): (u32, u32)) -> [u8; 3] {
        let css = "svg text{font:10px sans}svg .red{fill:#ff0000}svg .line{stroke:#0000ff;fill:none;stroke-width:2}";
        let svg = format!("<svg viewBox=\"-5 0 10 10\"><style>{css}</style>{marks}</svg>");
        let (pixmap, _) = draw(&svg, 100).unwrap();
        let pixel = pixmap.pixel(x, y).unwrap();
        [pixel.red(), pixel.green(), pixel.blue()]
    }

    const WHITE: [u8; 3] = [255; 3];
    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    #[test]
    fn marks_are_where_and_as_they_should_be() {
        let rect = "<rect class=\"red\" x=\"-5\" y=\"0\" width=\"5\" height=\"5\"/>";
        assert_eq!([(49, 49), (51, 49), (49, 51)].map(|at| colour_at(rect, at)), [RED, WHITE, WHITE]);
        let circle = "<circle class=\"red\" cx=\"0\" cy=\"5\" r=\"2\"/>";
        assert_eq!([(50, 50), (50, 69), (50, 72)].map(|at| colour_at(circle, at)), [RED, RED, WHITE]);
        let line = "<path class=\"line\" d=\"M-5 5H5\"/>";
        assert_eq!([(50, 42), (50, 57), (50, 38)].map(|at| colour_at(line, at)), [BLUE, BLUE, WHITE]);
        let turned =
            format!("<g transform=\"translate(0 5) rotate(-90)\">{}</g>", line.replace("M-5 5", "M-5 0"));
        assert_eq!([(50, 5), (5, 50)].map(|at| colour_at(&turned, at)), [BLUE, WHITE]);
    }

    #[test]
    fn faint_marks_let_the_ground_through() {
        let marks = "<rect fill=\"#000000\" fill-opacity=\"0.5\" x=\"-5\" width=\"10\" height=\"10\"/>";
        assert_eq!(colour_at(marks, (50, 50)), [127; 3]);
    }

    #[test]
    fn what_is_not_known_is_an_error_and_no_gap() {
        for marks in
            ["<ellipse rx=\"3\"/>", "<g transform=\"skewX(3)\"/>", "<circle r=\"a\"/>", "<path d=\"A3\"/>"]
        {
            let svg = format!("<svg viewBox=\"0 0 10 10\">{marks}</svg>");
            assert!(draw(&svg, 100).is_err(), "{marks}");
        }
        assert!(draw("<svg/>", 100).is_err() && draw("<svg", 100).is_err());
    }
}
