//! Words as outlines, in the typeface that is built in.

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

const REGULAR: &[u8] = include_bytes!("../../font/Inter-Regular.otf");
const SEMI_BOLD: &[u8] = include_bytes!("../../font/Inter-SemiBold.otf");

/// Both weights.
pub(super) struct Letters {
    regular: Face<'static>,
    semi_bold: Face<'static>,
}

/// A line of words that starts at (0, 0), on its baseline.
pub(super) struct Line {
    /// None if there is nothing to see.
    pub(super) path: Option<Path>,
    pub(super) width: f32,
    /// Letters that are boxes.
    pub(super) missing: Vec<char>,
}

impl Letters {
    pub(super) fn new() -> Result<Self, String> {
        let face = |bytes| Face::parse(bytes, 0).map_err(|error| format!("the typeface is damaged: {error}"));
        Ok(Self { regular: face(REGULAR)?, semi_bold: face(SEMI_BOLD)? })
    }

    pub(super) fn line(&self, text: &str, size: f32, is_bold: bool) -> Line {
        let face = if is_bold { &self.semi_bold } else { &self.regular };
        let scale = size / f32::from(face.units_per_em());
        let mut pen = Pen { path: PathBuilder::new(), scale, at: 0.0 };
        let mut missing = Vec::new();
        for letter in text.chars() {
            // The first glyph of a font is the box that stands for what it lacks.
            let glyph = face.glyph_index(letter).unwrap_or(GlyphId(0));
            if glyph.0 == 0 {
                missing.push(letter);
            }
            face.outline_glyph(glyph, &mut pen);
            pen.at += scale * f32::from(face.glyph_hor_advance(glyph).unwrap_or(0));
        }
        Line { path: pen.path.finish(), width: pen.at, missing }
    }
}

/// Draws outlines side by side; in a font up is positive.
struct Pen {
    path: PathBuilder,
    scale: f32,
    at: f32,
}

impl Pen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.at + self.scale * x, -self.scale * y)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_as_wide_as_the_typeface_says() {
        let letters = Letters::new().unwrap();
        // fontTools: TTFont("Inter-Regular.otf")["hmtx"] has 1760 for zero and 776 for the full stop, of
        // 2816.
        let line = letters.line("0.0", 2816.0, false);
        assert!((line.width - 4296.0).abs() < 0.5, "{}", line.width);
        let bounds = line.path.unwrap().bounds();
        assert!(bounds.left() > 0.0 && bounds.right() < line.width && bounds.bottom() < 60.0);
        assert!(letters.line("0.0", 2816.0, true).width > line.width);
    }

    #[test]
    fn letters_of_many_languages_are_there_and_the_others_are_told() {
        let letters = Letters::new().unwrap();
        for text in
            ["größe × 10⁻³ ≤ ½", "Ελληνικά", "Русский", "Tiếng Việt", "“a”, ‘b’ – c — d… ±µ°", "ő ș ğ"]
        {
            for is_bold in [false, true] {
                assert!(letters.line(text, 12.0, is_bold).missing.is_empty(), "{text}");
            }
        }
        let line = letters.line("a鍛b", 12.0, false);
        assert_eq!(line.missing, ['鍛']);
        assert!(line.path.is_some());
    }
}
