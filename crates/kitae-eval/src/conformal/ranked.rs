//! Selection among several ascending lists, each with a number added, without merging them.

/// So few are looked at one by one.
const FEW: usize = 64;

/// Rounds in which the values that are left are made fewer. Two or three are enough, unless many are equal or
/// the lists lie far apart; what is left then is looked at whole.
const ROUNDS: usize = 8;

/// Of all `offset + value`, each list with its offset, the one with `rank` others before it in ascending
/// order. `typical` is the one of that rank where all offsets are 0. The lists are ascending and not all
/// empty, the offsets finite, `rank` is below the number of values.
pub(super) fn ranked(lists: &[Vec<f64>], offsets: &[f64], typical: f64, rank: usize) -> f64 {
    let part = |(values, offset): (_, &f64)| RankedFold { values, offset: *offset, n_below: 0 };
    let parts: Vec<RankedFold> = lists.iter().map(Vec::as_slice).zip(offsets).map(part).collect();
    let mut left = Left { parts, rank };
    // If all lists moved by the least offset, the one sought would be this; it can only be higher. So for the
    // greatest.
    left.keep_from(typical + offsets.iter().copied().fold(f64::INFINITY, f64::min));
    left.keep_to(typical + offsets.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    for round in 0..ROUNDS {
        let n = left.len();
        if n <= FEW {
            break;
        }
        // One pivot a little below the one sought and the next a little above, so that both ends come near.
        let margin = 0.5 * (n as f64).sqrt() + 8.0;
        let aim = left.rank as f64 + if round % 2 == 0 { -margin } else { margin };
        left.cut(left.about(aim / n as f64));
    }
    left.select()
}

/// The values that are left.
struct Left<'a> {
    parts: Vec<RankedFold<'a>>,
    /// Of the one sought, among them.
    rank: usize,
}

/// What is left of a list.
struct RankedFold<'a> {
    values: &'a [f64],
    offset: f64,
    /// Values below the last pivot.
    n_below: usize,
}

impl Left<'_> {
    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.values.len()).sum()
    }

    /// Leaves out what lies below `low`; the one sought does not.
    fn keep_from(&mut self, low: f64) {
        for part in &mut self.parts {
            let n_below = part.n_below(low);
            part.values = &part.values[n_below..];
            self.rank -= n_below;
        }
    }

    /// Leaves out what lies above `high`; the one sought does not.
    fn keep_to(&mut self, high: f64) {
        for part in &mut self.parts {
            let n = part.values.partition_point(|value| part.offset + value <= high);
            part.values = &part.values[..n];
        }
    }

    /// A value that about the share `share` of what is left lies below, if the others are as the longest
    /// part.
    fn about(&self, share: f64) -> f64 {
        let longest = self.parts.iter().max_by_key(|part| part.values.len());
        let value = |part: &RankedFold| {
            let at = (share * part.values.len() as f64) as usize;
            Some(part.offset + part.values[at.min(part.values.len().checked_sub(1)?)])
        };
        longest.and_then(value).unwrap_or(f64::NEG_INFINITY)
    }

    /// Leaves out the side of `pivot` where the one sought is not.
    fn cut(&mut self, pivot: f64) {
        let mut n_below = 0;
        for part in &mut self.parts {
            part.n_below = part.n_below(pivot);
            n_below += part.n_below;
        }
        let is_above = self.rank >= n_below;
        for part in &mut self.parts {
            let (below, above) = part.values.split_at(part.n_below);
            part.values = if is_above { above } else { below };
        }
        if is_above {
            self.rank -= n_below;
        }
    }

    fn select(&self) -> f64 {
        let all = self.parts.iter().flat_map(|part| part.values.iter().map(|value| part.offset + value));
        let mut all: Vec<f64> = all.collect();
        *all.select_nth_unstable_by(self.rank, f64::total_cmp).1
    }
}

impl RankedFold<'_> {
    fn n_below(&self, limit: f64) -> usize {
        self.values.partition_point(|value| self.offset + value < limit)
    }
}
