//! What the cells of a column are, counted.

use crate::cell::{canonical, level_value, parse_number};
use crate::table::{Cells, MISSING};

/// The values of a column of numbers.
#[derive(Clone, Debug)]
pub(crate) struct NumberFacts {
    pub(crate) n_present: usize,
    pub(crate) n_missing: usize,
    /// Each value and how often it comes, rising.
    pub(crate) values: Vec<(f64, usize)>,
}

/// The texts of a column.
#[derive(Clone, Debug)]
pub(crate) struct TextFacts<'a> {
    pub(crate) n_present: usize,
    pub(crate) n_missing: usize,
    /// Each text that comes and how often, in the order of the levels.
    pub(crate) texts: Vec<(&'a str, usize)>,
}

impl NumberFacts {
    pub(crate) fn of(cells: &[f64]) -> Self {
        let mut sorted: Vec<f64> =
            cells.iter().filter(|value| !value.is_nan()).map(|value| value + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let values: Vec<(f64, usize)> =
            sorted.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len())).collect();
        Self { n_present: sorted.len(), n_missing: cells.len() - sorted.len(), values }
    }

    /// The same from values and how often each comes, in any order.
    pub(crate) fn counted(mut values: Vec<(f64, usize)>, n_missing: usize) -> Self {
        values.retain(|(value, _)| !value.is_nan());
        for (value, _) in &mut values {
            *value += 0.0;
        }
        values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        values.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            kept.1 += if is_same { next.1 } else { 0 };
            is_same
        });
        Self { n_present: values.iter().map(|(_, count)| count).sum(), n_missing, values }
    }

    pub(crate) fn n_distinct(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn min(&self) -> f64 {
        self.values.first().map_or(f64::NAN, |(value, _)| *value)
    }

    pub(crate) fn max(&self) -> f64 {
        self.values.last().map_or(f64::NAN, |(value, _)| *value)
    }

    /// The value below which `share` of the cells lie.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let rank = (share * self.n_present.saturating_sub(1) as f64).round() as usize;
        let mut n_below = 0;
        for (value, count) in &self.values {
            n_below += count;
            if n_below > rank {
                return *value;
            }
        }
        f64::NAN
    }

    /// Whether all are whole numbers that a 64-bit float tells from their neighbours.
    pub(crate) fn are_whole(&self) -> bool {
        self.values.iter().all(|(value, _)| value.fract() == 0.0 && value.abs() <= (1_u64 << 53) as f64)
    }

    /// Whether they are whole numbers without gaps.
    pub(crate) fn are_contiguous(&self) -> bool {
        self.are_whole() && self.max() - self.min() + 1.0 == self.n_distinct() as f64
    }

    /// The values as levels, in the order of the numbers.
    pub(crate) fn levels(&self) -> Vec<String> {
        self.values.iter().map(|(value, _)| canonical(*value)).collect()
    }
}

impl<'a> TextFacts<'a> {
    pub(crate) fn of(codes: &[u32], levels: &'a [String]) -> Self {
        let mut counts = vec![0_usize; levels.len()];
        let mut n_missing = 0;
        for &code in codes {
            match counts.get_mut((code as usize).wrapping_sub(1)) {
                Some(count) => *count += 1,
                None => n_missing += 1,
            }
        }
        let texts = levels.iter().map(String::as_str).zip(counts).filter(|(_, count)| *count > 0).collect();
        Self { n_present: codes.len() - n_missing, n_missing, texts }
    }

    pub(crate) fn n_distinct(&self) -> usize {
        self.texts.len()
    }

    /// The texts as levels: in the order of the numbers if all are numbers. Numbers that are equal are one
    /// level, but codes padded with zeros are not numbers: `0.00` is `0`, and `01` is not `1`.
    pub(crate) fn levels(&self) -> Vec<String> {
        let level = |(text, _): &(&str, usize)| match level_value(text) {
            Some(value) => canonical(value),
            None => (*text).to_owned(),
        };
        let mut levels: Vec<String> = self.texts.iter().map(level).collect();
        levels.sort_unstable();
        levels.dedup();
        let values: Option<Vec<f64>> = levels.iter().map(|level| parse_number(level.as_bytes())).collect();
        if values.is_some() {
            let value = |level: &String| parse_number(level.as_bytes()).unwrap_or(f64::NAN);
            levels.sort_by(|a, b| value(a).total_cmp(&value(b)));
        }
        levels
    }

    /// The share of cells whose text is such.
    pub(crate) fn share(&self, is_such: impl Fn(&str) -> bool) -> f64 {
        let n_such: usize = self.texts.iter().filter(|(text, _)| is_such(text)).map(|(_, count)| count).sum();
        n_such as f64 / self.n_present.max(1) as f64
    }

    /// The mean of a measure of the text over the cells.
    pub(crate) fn mean(&self, measure: impl Fn(&str) -> usize) -> f64 {
        let total: f64 = self.texts.iter().map(|(text, count)| (measure(text) * count) as f64).sum();
        total / self.n_present.max(1) as f64
    }
}

/// The position of the first row whose cell has this text.
pub(crate) fn first_row(cells: &Cells, text: &str) -> usize {
    let Cells::Levels { codes, levels } = cells else { return 0 };
    let Some(position) = levels.iter().position(|level| level == text) else { return 0 };
    codes.iter().position(|code| *code != MISSING && *code as usize == position + 1).unwrap_or(0)
}
