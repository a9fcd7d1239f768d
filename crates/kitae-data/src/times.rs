//! The forms in which the times of a column are written.

use crate::cell::{TimeForm, canonical};
use crate::error::DataError;
use crate::schema::ColumnSchema;

/// The forms that the times of a column have; most columns have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeForms(pub(crate) Vec<TimeForm>);

impl TimeForms {
    /// The forms that a column of times is written in.
    pub(crate) fn of_column(column: &ColumnSchema) -> Result<Self, DataError> {
        let unknown = |name: &str| DataError::Hint {
            column: column.name.clone(),
            problem: format!("the form of its times is `{name}`, expected one of {}", TimeForm::names()),
        };
        let form = |name: &String| TimeForm::named(name).ok_or_else(|| unknown(name));
        let forms: Vec<TimeForm> = column.levels.iter().map(form).collect::<Result<_, _>>()?;
        if forms.is_empty() { Err(unknown("")) } else { Ok(Self(forms)) }
    }

    /// Their names, as a schema stores them.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|form| form.name().to_owned()).collect()
    }

    /// Seconds since 1970-01-01 UTC.
    pub(crate) fn parse(&self, text: &str) -> Option<f64> {
        self.0.iter().find_map(|form| form.parse(text))
    }

    /// Like [`parse`](Self::parse); bytes that are not UTF-8 are no time.
    pub(crate) fn parse_bytes(&self, text: &[u8]) -> Option<f64> {
        self.parse(std::str::from_utf8(text).ok()?)
    }

    /// The value of a number in such a column: dates such as 20240131 and counts of milliseconds are no
    /// seconds yet.
    pub(crate) fn of_number(&self, value: f64) -> Option<f64> {
        match self.0.as_slice() {
            [TimeForm::Digits] => TimeForm::Digits.parse(&canonical(value)),
            [form] => Some(form.per_second().map_or(value, |unit| value / unit)),
            _ => Some(value),
        }
    }
}
