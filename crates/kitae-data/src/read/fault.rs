//! What is wrong at a position of the bytes at hand, before file and line are known.

use std::path::Path;

use super::encoding::TextEncoding;
use super::guess::line_end;
use crate::error::DataError;
use crate::finding::{Cure, Setting};

/// The longest record that is read: any longer one is a quote that does not close.
pub(super) const MAX_RECORD_BYTES: usize = 1 << 28;

/// A problem and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The position in the bytes at hand.
    pub(super) offset: usize,
    pub(super) kind: FaultKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    Encoding { byte: u8, column: usize },
    ZeroByte,
    OpenQuote,
    Swallowed { n_lines: usize },
    LongRecord,
    TooManyRows,
    Ragged { found: usize },
}

impl Fault {
    /// The same fault where the bytes at hand start `by` later.
    pub(super) fn shifted(mut self, by: usize) -> Self {
        self.offset += by;
        self
    }

    /// The error for the user. `bytes` are those at hand and start on line `first_line`.
    pub(super) fn into_error(
        self,
        path: &Path,
        bytes: &[u8],
        first_line: u64,
        names: &[String],
    ) -> DataError {
        let path = path.to_path_buf();
        let line = first_line + count_lines(bytes.get(..self.offset).unwrap_or(bytes));
        match self.kind {
            FaultKind::Encoding { byte, column } => {
                let guessed = TextEncoding::guessed(bytes).map(TextEncoding::name);
                DataError::Encoding { path, line, column, byte, guessed }
            }
            FaultKind::ZeroByte => DataError::ZeroByte { path, line },
            FaultKind::OpenQuote => DataError::OpenQuote { path, line },
            FaultKind::Swallowed { n_lines } => DataError::SwallowedRows { path, line, n_lines },
            FaultKind::LongRecord => DataError::LongRecord { path, line },
            FaultKind::TooManyRows => DataError::TooManyRows { path },
            FaultKind::Ragged { found } => {
                let advice = ragged_advice(bytes, self.offset, names.len(), found);
                DataError::Ragged { path, line, expected: names.len(), found, advice }
            }
        }
    }
}

/// How to mend a row of another length, from how it looks.
fn ragged_advice(bytes: &[u8], offset: usize, expected: usize, found: usize) -> String {
    let line = &bytes[offset.min(bytes.len())..line_end(bytes, offset.min(bytes.len()))];
    let is_last = offset + line.len() >= bytes.len();
    let first = line.trim_ascii_start().first().copied().unwrap_or(b' ');
    if b"#%;!*/".contains(&first) {
        return format!(
            "if it is a remark, `{}` leaves such lines out",
            Cure::with(Setting::Comment, char::from(first))
        );
    }
    if expected == 1 && found > 2 {
        let n_lines = count_lines(&bytes[..offset]);
        return format!(
            "if the column names stand further down, `{}` leaves the lines above them out; otherwise name the `{}`",
            Cure::with(Setting::SkipRows, n_lines.to_string()),
            Setting::Delimiter
        );
    }
    if found < expected {
        let end = if is_last { "is the file cut off there? " } else { "" };
        return format!(
            "{end}`{}` reads cells that lines lack at their end as missing",
            Cure::with(Setting::FillsShortRows, "true")
        );
    }
    if memchr::memchr_iter(b'\'', line).count() >= 2 && memchr::memchr(b'"', line).is_none() {
        return format!("if cells are in single quotes, `{}` says so", Cure::with(Setting::Quote, "'"));
    }
    if memchr::memmem::find(line, b"\\\"").is_some() {
        return format!(
            "if quotes are written with a backslash, `{}` says so",
            Cure::with(Setting::Escape, "\\")
        );
    }
    if found == expected + 1 {
        return "a cell that holds the delimiter needs quotes around it, or a column has no name in the first line".to_owned();
    }
    format!(
        "a cell that holds the delimiter needs quotes around it; `{}` says what separates cells",
        Setting::Delimiter
    )
}

/// How many line ends `bytes` hold; a carriage return and the newline after it are one.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    let is_one = |at: &usize| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
    memchr::memchr2_iter(b'\n', b'\r', bytes).filter(is_one).count() as u64
}

/// Refuses bytes that are not text.
pub(super) fn check_text(bytes: &[u8], delimiter: u8) -> Result<(), Fault> {
    if let Some(offset) = memchr::memchr(0, bytes) {
        return Err(Fault { offset, kind: FaultKind::ZeroByte });
    }
    let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
    let offset = error.valid_up_to();
    let line_start = memchr::memrchr2(b'\n', b'\r', &bytes[..offset]).map_or(0, |line_end| line_end + 1);
    let column = 1 + memchr::memchr_iter(delimiter, &bytes[line_start..offset]).count();
    Err(Fault { offset, kind: FaultKind::Encoding { byte: bytes[offset], column } })
}
