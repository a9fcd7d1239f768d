//! The codes of the levels of a column, however a cell writes them.

use std::collections::HashMap;

use crate::cell::{Interner, level_value, same_looking};
use crate::finding::What;
use crate::notation::Notation;
use crate::schema::{ColumnSchema, level_number};
use crate::table::{MISSING, UNSEEN};

/// Finds the code of a cell among known levels.
#[derive(Clone, Debug)]
pub(crate) struct LevelCodes {
    texts: Interner,
    /// The code of each text.
    codes: Vec<u32>,
    /// The codes of the levels that are numbers, by value.
    of_value: HashMap<u64, u32>,
    /// Whether every level is a number in canonical form, so that other spellings mean it too, codes padded
    /// with zeros included.
    are_numbers: bool,
    /// The code of what is no number among such levels.
    of_odd: u32,
    notation: Notation,
}

impl LevelCodes {
    /// The codes of a column of levels.
    pub(crate) fn of_column(column: &ColumnSchema) -> Self {
        let mut codes = Self::new(&column.levels);
        codes.notation = column.notation.clone();
        // Where some cells were no numbers and counted as missing, others do so too.
        if codes.are_numbers && column.findings.iter().any(|finding| finding.what == What::OddCells) {
            codes.of_odd = MISSING;
        }
        codes
    }

    /// The codes of levels without a column.
    pub(crate) fn new(levels: &[String]) -> Self {
        let (mut texts, mut codes, mut of_value) = (Interner::default(), Vec::new(), HashMap::new());
        let mut are_numbers = true;
        for (level, code) in levels.iter().zip(1..) {
            if texts.intern(level.as_bytes()) as usize == codes.len() {
                codes.push(code);
            }
            let value = level_number(level);
            are_numbers &= value.is_some();
            if let Some(value) = value {
                of_value.insert(bits(value), code);
            }
        }
        Self { texts, codes, of_value, are_numbers, of_odd: UNSEEN, notation: Notation::default() }
    }

    /// The code of a text that is not missing.
    #[inline]
    pub(crate) fn of_text(&self, text: &[u8]) -> u32 {
        match self.texts.find(text) {
            Some(id) => self.codes[id as usize],
            None => self.of_other(text),
        }
    }

    /// The code of a text that is no level as it is written.
    fn of_other(&self, text: &[u8]) -> u32 {
        let same = same_looking(text);
        if let Some(id) = self.texts.find(same.as_bytes()) {
            return self.codes[id as usize];
        }
        let value = if self.are_numbers { self.notation.parse(&same) } else { level_value(&same) };
        value.map_or(self.of_odd, |value| self.of_value(value))
    }

    /// The code of a number, however its level is written.
    pub(crate) fn of_value(&self, value: f64) -> u32 {
        if value.is_nan() { MISSING } else { self.of_value.get(&bits(value)).copied().unwrap_or(UNSEEN) }
    }
}

/// Equal for equal numbers, -0 and 0 included.
fn bits(value: f64) -> u64 {
    (value + 0.0).to_bits()
}
