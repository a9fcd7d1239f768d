//! A grid of dots, two across and four down in each Braille letter.

use kitae_report::chart::Point;

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stroke {
    /// All dots from point to point.
    Line,
    /// Every third dot.
    Dots,
}

/// Dots that are set or not.
pub(super) struct Canvas {
    n_columns: usize,
    /// One bit for each dot of a letter.
    cells: Vec<u8>,
}

/// Bits of the dots of a Braille letter (Unicode 28xx), by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    pub(super) fn new(n_columns: usize, n_rows: usize) -> Self {
        Self { n_columns, cells: vec![0; n_columns * n_rows] }
    }

    /// A curve through points in dots, from the top left; what lies outside is not drawn.
    pub(super) fn draw(&mut self, points: &[Point], stroke: Stroke) {
        let mut n_drawn = 0;
        let mut last: Option<Point> = None;
        for point in points {
            for (x, y) in between(last.unwrap_or(*point), *point) {
                // The first dot of a piece is the last one of the piece before.
                if stroke == Stroke::Line || n_drawn % 3 == 0 {
                    self.set(x, y);
                }
                n_drawn += 1;
            }
            last = Some(*point);
        }
        if let [only] = points {
            self.set(only.0.round(), only.1.round());
        }
    }

    fn set(&mut self, x: f64, y: f64) {
        if !(x >= 0.0 && y >= 0.0) {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        if x / 2 < self.n_columns
            && let Some(cell) = self.cells.get_mut(y / 4 * self.n_columns + x / 2)
        {
            *cell |= BITS[y % 4][x % 2];
        }
    }

    /// The lines of letters, from the top.
    pub(super) fn rows(&self) -> impl Iterator<Item = String> {
        let letter =
            |cell: &u8| if *cell == 0 { Some(' ') } else { char::from_u32(0x2800 + u32::from(*cell)) };
        self.cells.chunks(self.n_columns).map(move |row| row.iter().filter_map(letter).collect::<String>())
    }
}

/// Dots after `from`, up to `to`.
fn between(from: Point, to: Point) -> impl Iterator<Item = Point> {
    let (from, to) = ((from.0.round(), from.1.round()), (to.0.round(), to.1.round()));
    let n_steps = (to.0 - from.0).abs().max((to.1 - from.1).abs());
    (1..=n_steps as usize).map(move |step| {
        let share = step as f64 / n_steps;
        ((from.0 + share * (to.0 - from.0)).round(), (from.1 + share * (to.1 - from.1)).round())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagonal_crosses_each_letter_from_corner_to_corner() {
        let mut canvas = Canvas::new(2, 1);
        canvas.draw(&[(0.0, 0.0), (3.0, 3.0)], Stroke::Line);
        canvas.set(0.0, 0.0);
        // Dots 1 and 5, then 3 and 8.
        assert_eq!(canvas.rows().collect::<Vec<_>>(), ["\u{2811}\u{2884}"]);
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        let mut canvas = Canvas::new(1, 1);
        canvas.draw(&[(-5.0, 0.0), (9.0, 0.0)], Stroke::Line);
        canvas.draw(&[(f64::NAN, 0.0)], Stroke::Line);
        assert_eq!(canvas.rows().collect::<Vec<_>>(), ["\u{2809}"]);
    }
}
