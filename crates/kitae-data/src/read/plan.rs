//! What is done with the cells of one column, and what comes out.

use std::borrow::Cow;

use super::tally::Tally;
use crate::cell::Interner;
use crate::cell::parse_number;
use crate::cell::{MarkerRule, Markers, is_infinite, is_soft, is_usual, missing_among};
use crate::cell::{is_blank, same_looking};
use crate::levels::LevelCodes;
use crate::notation::Notation;
use crate::table::{Cells, MISSING, UNSEEN};
use crate::times::TimeForms;

/// How a column is read.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// Not at all.
    Skip,
    /// As numbers, until a cell is none.
    Guess,
    /// As texts.
    Text(MarkerRule),
    /// As numbers in a notation; another cell is missing.
    Quantity(Notation),
    /// As times in some forms; another cell is missing.
    Time(TimeForms),
    /// As codes of known levels.
    Levels(LevelCodes),
}

/// The cells of a column in a piece of a file.
#[derive(Clone, Debug)]
pub(super) enum Parsed {
    Skipped,
    Numbers(Numbers),
    /// A guess that turned out wrong.
    NotNumbers,
    Codes(Codes),
    Texts(Texts),
}

/// Numbers, and what the missing cells among them looked like.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    pub(super) values: Vec<f64>,
    /// Cells that are numbers.
    pub(super) n_valid: usize,
    /// Cells that are missing only if the column holds numbers.
    pub(super) n_soft: usize,
    pub(super) tally: Tally,
    pub(super) form: Form,
}

/// How numbers are written that are read without knowing their column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// A point before exactly three digits.
    has_thousands: bool,
    /// A point that can only stand before decimals.
    has_decimals: bool,
    /// Zeros before a whole number.
    is_padded: bool,
}

/// Codes of known levels.
#[derive(Clone, Debug, Default)]
pub(super) struct Codes {
    pub(super) codes: Vec<u32>,
    pub(super) tally: Tally,
}

/// A text of a column that may mean missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) text: String,
    pub(super) n_cells: usize,
    /// Whether it was taken for missing; else it is a level.
    pub(super) is_missing: bool,
}

/// Codes in the order in which the texts came; [`MISSING`] or 1 + the number of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pub(super) codes: Vec<u32>,
    pub(super) distinct: Interner,
    pub(super) rule: MarkerRule,
}

impl Plan {
    /// What a column read by this plan is before its first cell.
    pub(super) fn start(&self) -> Parsed {
        match self {
            Self::Skip => Parsed::Skipped,
            Self::Guess | Self::Quantity(_) | Self::Time(_) => Parsed::Numbers(Numbers::default()),
            Self::Text(rule) => Parsed::Texts(Texts { rule: *rule, ..Texts::default() }),
            Self::Levels(_) => Parsed::Codes(Codes::default()),
        }
    }

    /// Appends `cells`.
    pub(super) fn extend<'a>(
        &self,
        parsed: &mut Parsed,
        cells: impl Iterator<Item = &'a [u8]>,
        markers: &Markers,
    ) {
        match (self, &mut *parsed) {
            (Self::Guess, Parsed::Numbers(numbers)) => {
                let are_numbers = numbers.guess(cells, markers);
                if !are_numbers {
                    *parsed = Parsed::NotNumbers;
                }
            }
            (Self::Quantity(notation), Parsed::Numbers(numbers)) => {
                numbers.read(cells, markers, |cell| notation.parse_bytes(cell));
            }
            (Self::Time(forms), Parsed::Numbers(numbers)) => {
                numbers.read(cells, markers, |cell| forms.parse_bytes(cell));
            }
            (Self::Text(_), Parsed::Texts(texts)) => texts.extend(cells, markers),
            (Self::Levels(levels), Parsed::Codes(codes)) => codes.extend(cells, levels, markers),
            _ => {}
        }
    }
}

impl Codes {
    fn extend<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>, levels: &LevelCodes, markers: &Markers) {
        for cell in cells {
            let code = if cell.is_empty() { MISSING } else { Self::code(cell, levels, markers) };
            if code == UNSEEN {
                self.tally.unseen.add(cell);
            }
            self.codes.push(code);
        }
    }

    /// A level may be called like a marker: `NA` is a country.
    #[inline]
    fn code(cell: &[u8], levels: &LevelCodes, markers: &Markers) -> u32 {
        match levels.of_text(cell) {
            UNSEEN if markers.is_missing(cell) || is_blank(cell) => MISSING,
            code if code != UNSEEN && markers.is_extra(cell) => MISSING,
            code => code,
        }
    }
}

impl Numbers {
    /// Appends `cells`; `false` as soon as one is neither a number nor missing.
    pub(super) fn guess<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>, markers: &Markers) -> bool {
        for cell in cells {
            let value = match parse_number(cell) {
                Some(value) if !markers.is_missing_value(value) => {
                    self.n_valid += 1;
                    self.form.add(cell, value);
                    value
                }
                Some(_) => f64::NAN,
                None if markers.is_missing(cell) => f64::NAN,
                None if is_soft(cell) => {
                    self.n_soft += 1;
                    f64::NAN
                }
                None => return false,
            };
            self.values.push(value);
        }
        true
    }

    /// Appends `cells`; what is neither parsed nor missing is counted and missing.
    fn read<'a>(
        &mut self,
        cells: impl Iterator<Item = &'a [u8]>,
        markers: &Markers,
        parse: impl Fn(&[u8]) -> Option<f64>,
    ) {
        for cell in cells {
            let value = match parse(cell) {
                Some(value) if !markers.is_missing_value(value) => value,
                Some(_) => f64::NAN,
                None => {
                    self.count_missing(cell, markers);
                    f64::NAN
                }
            };
            self.values.push(value);
        }
    }

    #[cold]
    fn count_missing(&mut self, cell: &[u8], markers: &Markers) {
        if markers.is_missing(cell) || is_blank(cell) {
            return;
        }
        if is_soft(cell) {
            self.tally.n_infinite += usize::from(is_infinite(cell));
        } else {
            self.tally.odd.add(cell);
        }
    }
}

impl Form {
    /// Looks at a cell that is a number.
    #[inline]
    fn add(&mut self, cell: &[u8], value: f64) {
        if cell[0] == b'0' && cell.len() > 1 && !self.is_padded {
            self.is_padded = cell.iter().all(u8::is_ascii_digit);
        }
        let has_point = |from_end: usize| cell.len() > from_end && cell[cell.len() - from_end] == b'.';
        if !self.has_decimals && (value.fract() != 0.0 || has_point(4) || has_point(3) || has_point(2)) {
            self.look(cell);
        }
    }

    /// Looks at a cell with a point in it, or a fraction.
    fn look(&mut self, cell: &[u8]) {
        let digits = cell.strip_prefix(b"-").or_else(|| cell.strip_prefix(b"+")).unwrap_or(cell);
        let is_before_three = match digits.len().checked_sub(4) {
            Some(place @ 1..=3) => digits[place] == b'.' && digits[0] != b'0',
            _ => false,
        };
        let others = digits.iter().filter(|byte| !byte.is_ascii_digit()).count();
        if is_before_three && others == 1 { self.has_thousands = true } else { self.has_decimals = true }
    }

    fn merge(&mut self, next: Self) {
        self.has_thousands |= next.has_thousands;
        self.has_decimals |= next.has_decimals;
        self.is_padded |= next.is_padded;
    }

    /// Whether the numbers may mean something else than they say: `8.037` may be thousands, and `007` a code.
    pub(super) fn is_doubtful(self) -> bool {
        self.has_thousands && !self.has_decimals || self.is_padded
    }
}

impl Texts {
    pub(super) fn extend<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>, markers: &Markers) {
        for cell in cells {
            let is_missing = match self.rule {
                MarkerRule::Missing => markers.is_missing(cell),
                MarkerRule::Evidence | MarkerRule::Level => cell.is_empty() || markers.is_extra(cell),
            };
            let code = if is_missing { MISSING } else { self.distinct.intern(cell) + 1 };
            self.codes.push(code);
        }
    }

    /// The texts that may mean missing, how often each comes, and whether it does.
    fn markers(&self) -> Vec<Marked> {
        if self.rule != MarkerRule::Evidence {
            return Vec::new();
        }
        let counts = self.counts();
        let texts: Vec<Cow<str>> =
            (0..self.distinct.len()).map(|id| same_looking(self.distinct.get(id))).collect();
        let missing = missing_among(&texts, &counts);
        let is_marker = |id: &usize| is_usual(texts[*id].as_bytes()) && !texts[*id].is_empty();
        let marked = |id: usize| Marked {
            text: texts[id].to_string(),
            n_cells: counts[id + 1],
            is_missing: missing.contains(&id),
        };
        (0..texts.len()).filter(is_marker).map(marked).collect()
    }

    /// How often each text comes; first the missing cells.
    fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.distinct.len() + 1];
        for code in &self.codes {
            counts[*code as usize] += 1;
        }
        counts
    }

    /// Codes into the sorted texts, so that they do not depend on the order of the rows. Spellings that look
    /// the same are one text.
    fn into_cells(self) -> Cells {
        let mut texts: Vec<Cow<str>> =
            (0..self.distinct.len()).map(|id| same_looking(self.distinct.get(id))).collect();
        if self.rule == MarkerRule::Evidence {
            for id in missing_among(&texts, &self.counts()) {
                texts[id] = Cow::Borrowed("");
            }
        }
        let mut levels: Vec<&str> =
            texts.iter().map(|text| &**text).filter(|text| !text.is_empty()).collect();
        levels.sort_unstable();
        levels.dedup();
        let code = |text: &Cow<str>| match levels.binary_search(&&**text) {
            Ok(place) => place as u32 + 1,
            Err(_) => MISSING,
        };
        let code_of: Vec<u32> = std::iter::once(MISSING).chain(texts.iter().map(code)).collect();
        let levels: Vec<String> = levels.into_iter().map(str::to_owned).collect();
        let mut codes = self.codes;
        for code in &mut codes {
            *code = code_of[*code as usize];
        }
        Cells::Levels { codes, levels }
    }
}

impl Parsed {
    /// Makes room for `n_rows` cells in all.
    pub(super) fn reserve(&mut self, n_rows: usize) {
        match self {
            Self::Numbers(numbers) => numbers.values.reserve(n_rows.saturating_sub(numbers.values.len())),
            Self::Texts(texts) => texts.codes.reserve(n_rows.saturating_sub(texts.codes.len())),
            Self::Codes(Codes { codes, .. }) => codes.reserve(n_rows.saturating_sub(codes.len())),
            Self::Skipped | Self::NotNumbers => {}
        }
    }

    /// Appends the same column of the next piece.
    pub(super) fn append(&mut self, next: &Self) {
        match (&mut *self, next) {
            (Self::Numbers(all), Self::Numbers(more)) => {
                all.values.extend_from_slice(&more.values);
                all.n_valid += more.n_valid;
                all.n_soft += more.n_soft;
                all.form.merge(more.form);
                all.tally.merge(&more.tally);
            }
            (Self::Codes(all), Self::Codes(more)) => {
                all.codes.extend_from_slice(&more.codes);
                all.tally.merge(&more.tally);
            }
            (Self::Texts(all), Self::Texts(more)) => {
                let ids = (0..more.distinct.len()).map(|id| all.distinct.intern(more.distinct.get(id)) + 1);
                let code_of: Vec<u32> = std::iter::once(MISSING).chain(ids).collect();
                all.codes.extend(more.codes.iter().map(|code| code_of[*code as usize]));
            }
            (_, Self::NotNumbers) => *self = Self::NotNumbers,
            _ => {}
        }
    }

    /// What became of texts that may mean missing.
    pub(super) fn markers(&self) -> Vec<Marked> {
        match self {
            Self::Texts(texts) => texts.markers(),
            _ => Vec::new(),
        }
    }

    /// What was counted beside the cells.
    pub(super) fn tally(&self) -> Option<&Tally> {
        match self {
            Self::Numbers(numbers) => Some(&numbers.tally),
            Self::Codes(codes) => Some(&codes.tally),
            Self::Skipped | Self::NotNumbers | Self::Texts(_) => None,
        }
    }

    /// The finished cells. `levels` are those of a column of known levels.
    pub(super) fn into_cells(self, levels: &[String]) -> Cells {
        match self {
            Self::Numbers(numbers) => Cells::Numbers(numbers.values),
            Self::Codes(Codes { codes, .. }) => Cells::Levels { codes, levels: levels.to_vec() },
            Self::Texts(texts) => texts.into_cells(),
            Self::Skipped | Self::NotNumbers => Cells::Numbers(Vec::new()),
        }
    }
}
