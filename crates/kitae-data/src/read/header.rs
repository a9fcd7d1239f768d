//! The column names, and where the rows start.

use std::collections::HashMap;
use std::path::Path;

use super::body::Body;
use super::fault::{Fault, FaultKind, MAX_RECORD_BYTES, check_text};
use super::fields::{FieldReader, Fields};
use super::records::{Unfinished, record_end};
use super::{ReadOptions, foreign};
use crate::cell::parse_number;
use crate::error::DataError;

/// How much of a stream is read at first.
pub(super) const SAMPLE_BYTES: usize = 1 << 18;
/// More columns than that are a mistake: rows and columns exchanged, or lines without ends.
const MAX_COLUMNS: usize = 100_000;

/// What the beginning of a text says about it.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) delimiter: u8,
    pub(super) names: Vec<String>,
    /// Which of the names the file does not give.
    pub(super) is_unnamed: Vec<bool>,
    /// Where the first row starts.
    pub(super) body_start: usize,
    pub(super) body: Body,
}

/// Whether the bytes at hand are a whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Beginning,
}

impl Header {
    /// Reads the names, which stand at `start` or behind blank lines. The header of a beginning may be cut
    /// off if it reaches to the end of `bytes`.
    pub(super) fn read(
        bytes: &[u8],
        start: usize,
        extent: Extent,
        delimiter: u8,
        (options, path): (&ReadOptions, &Path),
    ) -> Result<Self, DataError> {
        let text = &bytes[start..bytes.len().min(start + MAX_RECORD_BYTES)];
        let extent = if start + text.len() < bytes.len() { Extent::Beginning } else { extent };
        let mut fields = Fields::new(0);
        let Some(offset) = FieldReader::new(text, delimiter).next_record(&mut fields) else {
            return Err(DataError::Empty { path: path.to_path_buf() });
        };
        let end = checked_end(text, offset, delimiter, extent)
            .map_err(|fault| fault.shifted(start).into_error(path, bytes, 1, &[]))?;
        let n_columns = fields.cells().len();
        if n_columns > MAX_COLUMNS {
            return Err(DataError::TooWide { path: path.to_path_buf(), n_columns, limit: MAX_COLUMNS });
        }
        let (mut is_unnamed, mut names) = if options.has_header {
            (fields.cells().map(|cell| cell.trim_ascii().is_empty()).collect(), named(fields.cells()))
        } else {
            (vec![true; n_columns], named(std::iter::repeat_n(&b""[..], n_columns)))
        };
        let body_start = start + if options.has_header { end } else { offset };
        let goes_on = extent == Extent::Beginning;
        let written: &[u8] = if options.has_header { &text[offset..end] } else { b"" };
        let body = Body::look(written, &names, &bytes[body_start..], goes_on, delimiter);
        if body.has_row_names {
            names.insert(0, "column_1".to_owned());
            is_unnamed.insert(0, true);
        }
        let header = Self { delimiter, names, is_unnamed, body_start, body };
        header.check_names(options, path)?;
        Ok(header)
    }

    fn check_names(&self, options: &ReadOptions, path: &Path) -> Result<(), DataError> {
        if options.has_header && (self.body.lacks_names || are_values(&self.names)) {
            return Err(DataError::NoHeader { path: path.to_path_buf() });
        }
        check_distinct(&self.names, path)
    }
}

/// Refuses two columns of one name.
pub(super) fn check_distinct(names: &[String], path: &Path) -> Result<(), DataError> {
    let mut first_of = HashMap::new();
    for (idx, name) in names.iter().enumerate() {
        if let Some(first) = first_of.insert(name.as_str(), idx) {
            return Err(DataError::DuplicateName {
                path: path.to_path_buf(),
                name: name.clone(),
                first: first + 1,
                second: idx + 1,
            });
        }
    }
    Ok(())
}

/// Where the header at `offset` ends. Refuses one that is no text, is too long, or does not end.
fn checked_end(text: &[u8], offset: usize, delimiter: u8, extent: Extent) -> Result<usize, Fault> {
    let found = record_end(text, offset, 0, delimiter);
    let end = found.unwrap_or(text.len());
    check_text(&text[..end], delimiter)?;
    // The length is short of the limit by a byte order mark at most.
    if end == text.len() && text.len() + 3 >= MAX_RECORD_BYTES {
        return Err(Fault { offset, kind: FaultKind::LongRecord });
    }
    match (found, extent) {
        (Err(Unfinished::Quote(offset)), Extent::Whole) => Err(Fault { offset, kind: FaultKind::OpenQuote }),
        _ => Ok(end),
    }
}

/// Refuses a text that is none of rows and columns.
pub(super) fn check_kind(text: &[u8], path: &Path) -> Result<(), DataError> {
    match foreign::told_by(text) {
        Some(foreign::Foreign { found, advice }) => {
            Err(DataError::OtherFormat { path: path.to_path_buf(), found, advice })
        }
        None => Ok(()),
    }
}

/// The names; an empty one becomes `column_3` if it is the third.
pub(super) fn named<'a>(cells: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    cells
        .enumerate()
        .map(|(idx, cell)| match String::from_utf8_lossy(cell).trim() {
            "" => format!("column_{}", idx + 1),
            name => name.to_owned(),
        })
        .collect()
}

/// Whether the names are numbers that do not rise from column to column, as wavelengths or positions do.
fn are_values(names: &[String]) -> bool {
    let values: Option<Vec<f64>> = names.iter().map(|name| parse_number(name.as_bytes())).collect();
    values.is_some_and(|values| values.len() > 1 && !values.is_sorted_by(|a, b| a < b))
}
