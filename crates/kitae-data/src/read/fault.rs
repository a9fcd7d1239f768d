//! What is wrong at a position of the bytes at hand, before file and line are known.

use std::path::Path;

use crate::error::{DataError, Place, shortened};

/// The longest record that is read: any longer one is a quote that does not close.
pub(super) const MAX_RECORD_BYTES: usize = 1 << 28;

/// A problem and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The position in the bytes at hand.
    pub(super) offset: usize,
    pub(super) problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    Encoding { byte: u8, column: usize },
    ZeroByte,
    OpenQuote,
    LongRecord,
    TooManyRows,
    Ragged { found: usize },
    Cell { column: usize, text: String, expected: &'static str, advice: &'static str },
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
        match self.problem {
            Problem::Encoding { byte, column } => DataError::Encoding { path, line, column, byte },
            Problem::ZeroByte => DataError::ZeroByte { path, line },
            Problem::OpenQuote => DataError::OpenQuote { path, line },
            Problem::LongRecord => DataError::LongRecord { path, line },
            Problem::TooManyRows => DataError::TooManyRows { path },
            Problem::Ragged { found } => DataError::Ragged { path, line, expected: names.len(), found },
            Problem::Cell { column, text, expected, advice } => DataError::Cell {
                place: Place::Line { path, line },
                column: names.get(column).cloned().unwrap_or_default(),
                expected,
                text: shortened(&text),
                advice,
            },
        }
    }
}

/// How many line ends `bytes` hold; a carriage return and the newline after it are one.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    let is_one = |at: &usize| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
    memchr::memchr2_iter(b'\n', b'\r', bytes).filter(is_one).count() as u64
}

/// Refuses bytes that are not text.
pub(super) fn check_text(bytes: &[u8], delimiter: u8) -> Result<(), Fault> {
    if let Some(offset) = memchr::memchr(0, bytes) {
        return Err(Fault { offset, problem: Problem::ZeroByte });
    }
    let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
    let offset = error.valid_up_to();
    let line_start = memchr::memrchr2(b'\n', b'\r', &bytes[..offset]).map_or(0, |line_end| line_end + 1);
    let column = 1 + memchr::memchr_iter(delimiter, &bytes[line_start..offset]).count();
    Err(Fault { offset, problem: Problem::Encoding { byte: bytes[offset], column } })
}
