//! What is done with the cells of one column, and what comes out.

use super::interner::Interner;
use super::marker::{Markers, is_soft};
use super::number::{parse_number, parse_quantity};
use crate::apply::{LevelCodes, NUMBER_ADVICE, TIME_ADVICE};
use crate::infer::TimeForm;
use crate::table::{Cells, MISSING};

/// How a column is read.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// Not at all.
    Skip,
    /// As numbers, until a cell is none.
    Guess,
    /// As texts.
    Text,
    /// As numbers; another cell is an error.
    Quantity,
    /// As times of one form; another cell is an error.
    Time(TimeForm),
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
    Codes(Vec<u32>),
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
}

/// Codes in the order in which the texts came; [`MISSING`] or 1 + the number of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pub(super) codes: Vec<u32>,
    pub(super) distinct: Interner,
}

/// A cell that does not fit.
#[derive(Clone, Debug)]
pub(super) struct Misfit {
    /// The position among the cells given.
    pub(super) row_idx: usize,
    pub(super) text: String,
    pub(super) expected: &'static str,
    pub(super) advice: &'static str,
}

impl Plan {
    /// What a column read by this plan is before its first cell.
    pub(super) fn start(&self) -> Parsed {
        match self {
            Self::Skip => Parsed::Skipped,
            Self::Guess | Self::Quantity | Self::Time(_) => Parsed::Numbers(Numbers::default()),
            Self::Text => Parsed::Texts(Texts::default()),
            Self::Levels(_) => Parsed::Codes(Vec::new()),
        }
    }

    /// Appends `cells`.
    pub(super) fn extend<'a>(
        &self,
        parsed: &mut Parsed,
        cells: impl Iterator<Item = &'a [u8]>,
        markers: &Markers,
    ) -> Result<(), Misfit> {
        match (self, &mut *parsed) {
            (Self::Guess, Parsed::Numbers(numbers)) => {
                let are_numbers = numbers.guess(cells, markers);
                if !are_numbers {
                    *parsed = Parsed::NotNumbers;
                }
            }
            (Self::Quantity, Parsed::Numbers(numbers)) => {
                numbers.require(cells, markers, parse_quantity, ("a number", NUMBER_ADVICE))?;
            }
            (Self::Time(form), Parsed::Numbers(numbers)) => {
                let parse = |cell: &[u8]| form.parse_bytes(cell);
                numbers.require(cells, markers, parse, (form.name(), TIME_ADVICE))?;
            }
            (Self::Text, Parsed::Texts(texts)) => texts.extend(cells, markers),
            (Self::Levels(levels), Parsed::Codes(codes)) => {
                let code = |cell| if markers.is_missing(cell) { MISSING } else { levels.of_text(cell) };
                codes.extend(cells.map(code));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Numbers {
    /// Appends `cells`; `false` as soon as one is neither a number nor missing.
    fn guess<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>, markers: &Markers) -> bool {
        for cell in cells {
            let value = match parse_number(cell) {
                Some(value) if !markers.is_missing_value(value) => {
                    self.n_valid += 1;
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

    /// Appends `cells`; an error at the first that is neither parsed nor missing.
    fn require<'a>(
        &mut self,
        cells: impl Iterator<Item = &'a [u8]>,
        markers: &Markers,
        parse: impl Fn(&[u8]) -> Option<f64>,
        (expected, advice): (&'static str, &'static str),
    ) -> Result<(), Misfit> {
        for (row_idx, cell) in cells.enumerate() {
            let value = match parse(cell) {
                Some(value) if !markers.is_missing_value(value) => value,
                Some(_) => f64::NAN,
                None if markers.is_missing(cell) || is_soft(cell) => f64::NAN,
                None => {
                    let text = String::from_utf8_lossy(cell).into_owned();
                    return Err(Misfit { row_idx, text, expected, advice });
                }
            };
            self.values.push(value);
        }
        Ok(())
    }
}

impl Texts {
    fn extend<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>, markers: &Markers) {
        for cell in cells {
            let code = if markers.is_missing(cell) { MISSING } else { self.distinct.intern(cell) + 1 };
            self.codes.push(code);
        }
    }

    /// Codes into the sorted texts, so that they do not depend on the order of the rows.
    fn into_cells(self) -> Cells {
        let mut order: Vec<usize> = (0..self.distinct.len()).collect();
        order.sort_unstable_by_key(|id| self.distinct.get(*id));
        let mut code_of = vec![MISSING; order.len() + 1];
        for (rank, id) in order.iter().enumerate() {
            code_of[id + 1] = rank as u32 + 1;
        }
        let text = |id: &usize| String::from_utf8_lossy(self.distinct.get(*id)).into_owned();
        let levels = order.iter().map(text).collect();
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
            Self::Codes(codes) => codes.reserve(n_rows.saturating_sub(codes.len())),
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
            }
            (Self::Codes(all), Self::Codes(more)) => all.extend_from_slice(more),
            (Self::Texts(all), Self::Texts(more)) => {
                let ids = (0..more.distinct.len()).map(|id| all.distinct.intern(more.distinct.get(id)) + 1);
                let code_of: Vec<u32> = std::iter::once(MISSING).chain(ids).collect();
                all.codes.extend(more.codes.iter().map(|code| code_of[*code as usize]));
            }
            (_, Self::NotNumbers) => *self = Self::NotNumbers,
            _ => {}
        }
    }

    /// The finished cells. `levels` are those of a column of known levels.
    pub(super) fn into_cells(self, levels: &[String]) -> Cells {
        match self {
            Self::Numbers(numbers) => Cells::Numbers(numbers.values),
            Self::Codes(codes) => Cells::Levels { codes, levels: levels.to_vec() },
            Self::Texts(texts) => texts.into_cells(),
            Self::Skipped | Self::NotNumbers => Cells::Numbers(Vec::new()),
        }
    }
}
