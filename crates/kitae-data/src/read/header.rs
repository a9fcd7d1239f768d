//! The delimiter and the column names, from the first bytes of a file.

use std::collections::HashMap;
use std::path::Path;

use super::fault::{Fault, MAX_RECORD_BYTES, Problem, check_text};
use super::fields::{FieldReader, Fields};
use super::number::parse_number;
use super::records::{Unfinished, record_end};
use super::{Delimiter, source};
use crate::error::DataError;

/// How many bytes are enough to tell the delimiter.
pub(super) const SAMPLE_BYTES: usize = 1 << 18;
const SAMPLE_RECORDS: usize = 64;
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What the beginning of a file says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) delimiter: u8,
    pub(super) names: Vec<String>,
    /// Where the first row starts.
    pub(super) body_start: usize,
}

/// Whether the bytes at hand are a whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Beginning,
}

impl Header {
    /// Reads the names. The header of a beginning may be cut off if it reaches to the end of `bytes`.
    pub(super) fn read(
        bytes: &[u8],
        extent: Extent,
        delimiter: Delimiter,
        path: &Path,
    ) -> Result<Self, DataError> {
        source::check_format(bytes, path)?;
        let start = source::text_start(bytes);
        let text = &bytes[start..bytes.len().min(MAX_RECORD_BYTES)];
        let extent = if bytes.len() > MAX_RECORD_BYTES { Extent::Beginning } else { extent };
        let delimiter = match delimiter {
            Delimiter::Auto => detect(text, extent),
            Delimiter::Byte(byte) => checked(byte)?,
        };
        let mut fields = Fields::new(0);
        let Some(offset) = FieldReader::new(text, delimiter).next_record(&mut fields) else {
            return Err(DataError::Empty { path: path.to_path_buf() });
        };
        let end = checked_end(text, offset, delimiter, extent)
            .map_err(|fault| fault.into_error(path, text, 1, &[]))?;
        let names = named(fields.cells());
        check_names(&names, path)?;
        Ok(Self { delimiter, names, body_start: start + end })
    }
}

/// Where the header at `offset` ends. Refuses one that is no text, is too long, or does not end.
fn checked_end(text: &[u8], offset: usize, delimiter: u8, extent: Extent) -> Result<usize, Fault> {
    let found = record_end(text, offset, 0, delimiter);
    let end = found.unwrap_or(text.len());
    check_text(&text[..end], delimiter)?;
    // The length is short of the limit by a byte order mark at most.
    if end == text.len() && text.len() + 3 >= MAX_RECORD_BYTES {
        return Err(Fault { offset, problem: Problem::LongRecord });
    }
    match (found, extent) {
        (Err(Unfinished::Quote(offset)), Extent::Whole) => Err(Fault { offset, problem: Problem::OpenQuote }),
        _ => Ok(end),
    }
}

fn checked(byte: u8) -> Result<u8, DataError> {
    let fits = byte == b'\t' || (byte.is_ascii_graphic() || byte == b' ') && byte != b'"';
    if fits { Ok(byte) } else { Err(DataError::Delimiter { byte }) }
}

/// The candidate that cuts the first records into equally many cells, at least two.
fn detect(text: &[u8], extent: Extent) -> u8 {
    let text = &text[..text.len().min(SAMPLE_BYTES)];
    let extent = if text.len() == SAMPLE_BYTES { Extent::Beginning } else { extent };
    let mut best = (0.0, 0, b',');
    for candidate in CANDIDATES {
        let counts = cell_counts(text, candidate, extent);
        let Some(&n_columns) = counts.first().filter(|count| **count > 1) else { continue };
        let n_equal = counts.iter().filter(|count| **count == n_columns).count();
        let share = n_equal as f64 / counts.len() as f64;
        if (share, n_columns) > (best.0, best.1) {
            best = (share, n_columns, candidate);
        }
    }
    best.2
}

/// How many cells the first records have. The last record of a beginning may be cut off and is left out.
fn cell_counts(text: &[u8], delimiter: u8, extent: Extent) -> Vec<usize> {
    let mut fields = Fields::new(0);
    let mut reader = FieldReader::new(text, delimiter);
    let mut counts = Vec::new();
    while counts.len() < SAMPLE_RECORDS && reader.next_record(&mut fields).is_some() {
        let is_cut = extent == Extent::Beginning && reader.is_at_end();
        if is_cut && !counts.is_empty() {
            break;
        }
        counts.push(fields.cells().len());
    }
    counts
}

/// The names; an empty one becomes `column_3` if it is the third.
fn named<'a>(cells: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    cells
        .enumerate()
        .map(|(idx, cell)| match String::from_utf8_lossy(cell).trim() {
            "" => format!("column_{}", idx + 1),
            name => name.to_owned(),
        })
        .collect()
}

fn check_names(names: &[String], path: &Path) -> Result<(), DataError> {
    let mut first_of = HashMap::new();
    for (idx, name) in names.iter().enumerate() {
        if let Some(first) = first_of.insert(name.as_str(), idx) {
            if are_values(names) {
                return Err(DataError::NoHeader { path: path.to_path_buf() });
            }
            return Err(DataError::DuplicateName {
                path: path.to_path_buf(),
                name: name.clone(),
                first: first + 1,
                second: idx + 1,
            });
        }
    }
    if are_values(names) { Err(DataError::NoHeader { path: path.to_path_buf() }) } else { Ok(()) }
}

/// Whether the names are numbers that do not rise from column to column, as wavelengths or positions do.
fn are_values(names: &[String]) -> bool {
    let values: Option<Vec<f64>> = names.iter().map(|name| parse_number(name.as_bytes())).collect();
    values.is_some_and(|values| values.len() > 1 && !values.is_sorted_by(|a, b| a < b))
}
