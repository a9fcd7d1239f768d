//! How the numbers of a column are written: which mark stands before the decimals, whether thousands are
//! separated, which sign or unit stands beside them.
//!
//! What means the same in every notation is always read: minus signs of all kinds, blanks and apostrophes
//! between thousands, negative numbers in parentheses, digits of other scripts, `1D5` for `1e5`, and what
//! spreadsheets put around a number (`="1.5"`, `'1.5`).

mod affix;
mod grouped;
mod written;

use serde::{Deserialize, Serialize};

use crate::cell::parse_quantity;
pub(crate) use affix::{is_currency, is_unit};
pub(crate) use grouped::{Marks, quantity};
pub(crate) use written::{Wrap, Written};

/// How the numbers of a column are written. It belongs to the schema, so new rows are read like those that
/// the schema was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notation {
    /// What stands before the decimals.
    pub decimal: Decimal,
    /// Whether the other mark separates thousands.
    pub thousands: Thousands,
    /// The sign or unit beside the numbers, such as `€`, `%` or `kg`; empty if there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub affix: String,
    /// What a number without the sign or unit means.
    pub bare: Bare,
}

/// What stands before the decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decimal {
    /// `1.5`.
    #[default]
    Point,
    /// `1,5`.
    Comma,
    /// A point, or a comma where a point makes no sense.
    PointFirst,
    /// A comma, or a point where a comma makes no sense.
    CommaFirst,
}

/// Whether thousands are separated by the mark that does not stand before decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thousands {
    /// No: `1,234` beside decimal points is in another notation.
    #[default]
    Joined,
    /// Yes: `1,234` beside decimal points, `1.234` beside decimal commas.
    Separated,
}

/// What a number means that lacks the sign or unit of its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bare {
    /// The same as with it.
    #[default]
    Same,
    /// It is a share where the others are percent: `0.5` is `50%`.
    Share,
    /// That is not known: no cell that the schema was made from lacked it.
    Unknown,
}

impl Notation {
    /// Whether numbers are written as programs write them.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The number that `text` writes in this notation.
    pub fn parse(&self, text: &str) -> Option<f64> {
        if self.is_plain()
            && let Some(value) = parse_quantity(text.as_bytes())
        {
            return Some(value);
        }
        let written = Written::of(text)?;
        let value = self.quantity(&written)?;
        let factor = match (written.affix.is_none(), self.bare) {
            (true, Bare::Unknown) if value != 0.0 => return None,
            (false, Bare::Share) => 0.01,
            _ => 1.0,
        };
        let is_mine = written.affix.is_none() || written.affix.text == self.affix;
        is_mine.then(|| written.signed(value) * factor)
    }

    /// Like [`parse`](Self::parse); bytes that are not UTF-8 are no number.
    #[inline]
    pub(crate) fn parse_bytes(&self, text: &[u8]) -> Option<f64> {
        if self.decimal == Decimal::Point
            && self.thousands == Thousands::Joined
            && self.affix.is_empty()
            && let Some(value) = parse_quantity(text)
        {
            return Some(value);
        }
        self.parse_slowly(text)
    }

    #[cold]
    fn parse_slowly(&self, text: &[u8]) -> Option<f64> {
        self.parse(std::str::from_utf8(text).ok()?)
    }

    /// Whether a number has the mark before decimals that is not the usual one of its column.
    pub(crate) fn is_second(&self, written: &Written) -> bool {
        match self.decimal {
            Decimal::PointFirst => quantity(&written.core, b'.', self.thousands).is_none(),
            Decimal::CommaFirst => quantity(&written.core, b',', self.thousands).is_none(),
            Decimal::Point | Decimal::Comma => false,
        }
    }

    fn quantity(&self, written: &Written) -> Option<f64> {
        let read = |decimal| quantity(&written.core, decimal, self.thousands);
        match self.decimal {
            Decimal::Point => read(b'.'),
            Decimal::Comma => read(b','),
            Decimal::PointFirst => read(b'.').or_else(|| read(b',')),
            Decimal::CommaFirst => read(b',').or_else(|| read(b'.')),
        }
    }
}

#[cfg(test)]
mod tests;
