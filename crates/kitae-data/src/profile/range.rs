//! Values beyond those that a model was made from.

use super::RANKS;

/// What lies within so much of the width of a range beyond it is taken for the range itself.
const MARGIN: f64 = 0.01;
/// A chance of fewer than one in so many columns' sides is none.
const LEAST_CHANCE: f64 = 1e-3;
/// So many widths beyond the range a single value is worth a word.
const FAR: f64 = 3.0;
/// So many widths beyond the range a single value makes the prediction of its row a guess.
const VERY_FAR: f64 = 10.0;
/// The width of a range that is this many times as wide as its middle eight tenths is still nothing unusual.
const LIGHT: f64 = 10.0;
const HEAVIEST: f64 = 10.0;

/// How far beyond a range a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Near,
    Far,
    VeryFar,
}

/// The least and the greatest value that a column had.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
    /// How many values it was taken from.
    pub(super) n_values: usize,
    /// How much farther than elsewhere a value must lie beyond it to be far, from 1 to [`HEAVIEST`]: where a
    /// few values in training lay far beyond the others, the next one may lie far beyond them.
    tail: f64,
}

/// What was seen of new values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outside {
    pub(super) n_values: usize,
    pub(super) n_below: usize,
    pub(super) n_above: usize,
    pub(super) least: f64,
    pub(super) most: f64,
    from: f64,
    to: f64,
}

impl Range {
    pub(super) fn new(quantiles: &[f64; RANKS.len()], n_values: usize) -> Self {
        let [low, tenth, .., nine_tenths, high] = *quantiles;
        let middle = nine_tenths / 2.0 - tenth / 2.0;
        // Without a middle nothing says how far is far.
        let tail = if middle > 0.0 { (high / 2.0 - low / 2.0) / middle / LIGHT } else { HEAVIEST };
        Self { low, high, n_values, tail: tail.clamp(1.0, HEAVIEST) }
    }

    /// Of a value that lies `widths` beyond.
    pub(super) fn reach(&self, widths: f64) -> Reach {
        match widths / self.tail {
            VERY_FAR.. => Reach::VeryFar,
            FAR.. => Reach::Far,
            _ => Reach::Near,
        }
    }

    /// Half of it, as the whole may overflow.
    fn half_width(&self) -> f64 {
        self.high / 2.0 - self.low / 2.0
    }

    /// How many widths of the range `value` lies beyond it; infinitely many beyond a single value.
    pub(super) fn widths_beyond(&self, value: f64) -> f64 {
        let half =
            if value > self.high { value / 2.0 - self.high / 2.0 } else { self.low / 2.0 - value / 2.0 };
        if half <= 0.0 { 0.0 } else { half / self.half_width() }
    }
}

impl Outside {
    pub(super) fn new(range: &Range) -> Self {
        let margin = MARGIN * 2.0 * range.half_width();
        let (from, to) = (range.low - margin, range.high + margin);
        let (least, most) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { n_values: 0, n_below: 0, n_above: 0, least, most, from, to }
    }

    /// A finite value.
    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        self.n_values += 1;
        self.n_below += usize::from(value < self.from);
        self.n_above += usize::from(value > self.to);
        self.least = self.least.min(value);
        self.most = self.most.max(value);
    }

    pub(super) fn n_outside(&self) -> usize {
        self.n_below + self.n_above
    }

    /// The value that lies farthest beyond `range`, and how many widths.
    pub(super) fn farthest(&self, range: &Range) -> (f64, f64) {
        let [below, above] = [self.least, self.most].map(|value| (value, range.widths_beyond(value)));
        if below.1 > above.1 { below } else { above }
    }

    /// Whether more values lie beyond an end of `range` than chance puts there, if all rows, old and new,
    /// came in any order: one of `n_sides` ends is said so wrongly once in a thousand such files.
    ///
    /// The chance that the `k` greatest of all values are among the `m` new ones, `n` being old, is
    /// m/(n+m) · (m-1)/(n+m-1) · … with `k` factors; ties only lessen it.
    pub(super) fn is_beyond_chance(&self, range: &Range, n_sides: usize) -> bool {
        let limit = (LEAST_CHANCE / n_sides.max(1) as f64).ln();
        let chance = |k: usize| {
            let factor = |i: usize| {
                let left = (self.n_values - i) as f64;
                (left / (range.n_values as f64 + left)).ln()
            };
            // Factors beyond the limit change nothing.
            let mut sum = 0.0;
            for i in 0..k.min(self.n_values) {
                sum += factor(i);
                if sum < limit {
                    break;
                }
            }
            sum
        };
        [self.n_below, self.n_above].into_iter().any(|k| k > 0 && chance(k) < limit)
    }
}
