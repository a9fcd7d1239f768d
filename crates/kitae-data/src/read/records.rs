//! Where records end, so that a file can be cut into pieces: a line end inside a quoted cell ends none.

use memchr::{memchr, memchr3};

/// Why no record ends in the bytes at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// The bytes stop before a line end, or after a carriage return that a newline may follow.
    Record,
    /// The bytes stop inside the quotes that open at this position.
    Quote(usize),
}

/// What is odd about the quotes of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quirks {
    /// Closing quotes that text follows.
    pub(super) n_loose: usize,
    /// The first of them.
    pub(super) first_loose: Option<usize>,
    /// Where a quoted cell opens that holds lines like rows, and how many lines it goes on.
    pub(super) swallowed: Option<(usize, usize)>,
}

/// How quotes are looked at on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    /// What separates cells in the file.
    pub(super) delimiter: Option<u8>,
    pub(super) n_columns: usize,
}

impl Watch {
    fn look(self, quirks: &mut Quirks, bytes: &[u8], open: usize, close: usize, delimiter: u8) {
        let next = bytes.get(close + 1).copied().unwrap_or(b'\n');
        if next != delimiter && !matches!(next, b'\n' | b'\r' | b' ' | b'\t' | 0x1a) {
            quirks.n_loose += 1;
            quirks.first_loose.get_or_insert(close);
        }
        if quirks.swallowed.is_none() && close - open > 16 {
            let n_lines = self.swallowed_lines(&bytes[open..close]);
            quirks.swallowed = n_lines.map(|n_lines| (open, n_lines));
        }
    }

    /// How many lines the inside of a quoted cell goes on, if those within look like rows.
    fn swallowed_lines(self, cell: &[u8]) -> Option<usize> {
        let delimiter = self.delimiter?;
        let n_least = match self.n_columns {
            0 | 1 => return None,
            2 => 20,
            _ => 2,
        };
        let first = memchr::memchr(b'\n', cell)?;
        let lines = || cell[first + 1..].split(|byte| *byte == b'\n');
        let n_inner = lines().count() - 1;
        let is_row = |line: &[u8]| memchr::memchr_iter(delimiter, line).count() + 1 == self.n_columns;
        (n_inner >= n_least && lines().take(n_inner).all(is_row)).then_some(n_inner + 1)
    }
}

/// The position after the first record end at or beyond `min`. `start` is the start of a record.
///
/// A quote opens a quoted cell only as the cell's first byte, as in the `csv` crate; elsewhere it is
/// a character like any other.
pub(super) fn record_end(bytes: &[u8], start: usize, min: usize, delimiter: u8) -> Result<usize, Unfinished> {
    let watch = Watch { delimiter: None, n_columns: 0 };
    watched_end(bytes, start, min, delimiter, (watch, &mut Quirks::default()))
}

/// As [`record_end`], and what is odd about the quotes on the way.
pub(super) fn watched_end(
    bytes: &[u8],
    start: usize,
    min: usize,
    delimiter: u8,
    (watch, quirks): (Watch, &mut Quirks),
) -> Result<usize, Unfinished> {
    let min = min.min(bytes.len());
    let mut position = start;
    while position < min {
        let Some(found) = memchr(b'"', &bytes[position..min]) else {
            position = min;
            break;
        };
        position = after_quote(bytes, start, position + found, delimiter, (watch, quirks))?;
    }
    // A line end just before `min` belongs to the record before it.
    if position == min && position > start && is_line_end(bytes[position - 1]) {
        position -= 1;
    }
    while let Some(found) = memchr3(b'"', b'\n', b'\r', bytes.get(position..).unwrap_or_default()) {
        let at = position + found;
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => position = after_quote(bytes, start, at, delimiter, (watch, quirks))?,
            (b'\r', Some(b'\n')) => return Ok(at + 2),
            (b'\r', None) => break,
            _ => return Ok(at + 1),
        }
    }
    Err(Unfinished::Record)
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Where to go on after the quote at `at`: behind the cell that it opens, or the next byte.
fn after_quote(
    bytes: &[u8],
    start: usize,
    at: usize,
    delimiter: u8,
    (watch, quirks): (Watch, &mut Quirks),
) -> Result<usize, Unfinished> {
    let opens = at == start || bytes[at - 1] == delimiter || is_line_end(bytes[at - 1]);
    if opens {
        let close = closing_quote(bytes, at).ok_or(Unfinished::Quote(at))?;
        watch.look(quirks, bytes, at, close, delimiter);
        Ok(close + 1)
    } else {
        Ok(at + 1)
    }
}

/// The quote that closes the cell whose opening quote is at `open`.
fn closing_quote(bytes: &[u8], open: usize) -> Option<usize> {
    let mut position = open + 1;
    loop {
        let at = position + memchr(b'"', bytes.get(position..)?)?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        position = at + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str, min: usize) -> Result<usize, Unfinished> {
        record_end(text.as_bytes(), 0, min, b',')
    }

    #[test]
    fn a_line_end_ends_a_record_unless_it_is_quoted() {
        assert_eq!(end("a,b\nc,d\n", 0), Ok(4));
        assert_eq!(end("a,b\nc,d\n", 4), Ok(4));
        assert_eq!(end("a,b\nc,d\n", 5), Ok(8));
        assert_eq!(end("a,\"x\ny\"\nc", 0), Ok(8));
        assert_eq!(end("a,\"x\ny\"\nc", 5), Ok(8));
        assert_eq!(end("\"x\"\"\n\",b\nc", 0), Ok(9));
        assert_eq!(end("a,b\r\nc,d\n", 0), Ok(5));
        assert_eq!(end("a,b\r\nc,d\n", 4), Ok(5));
        assert_eq!(end("a,b\rc,d\n", 0), Ok(4));
        assert_eq!(end("a,\"x\ry\"\r\"c\r\"\n", 0), Ok(8));
    }

    #[test]
    fn a_quote_inside_a_cell_is_an_ordinary_character() {
        assert_eq!(end("5\" pipe,b\nc\n", 0), Ok(10));
        assert_eq!(end("\"a\"b\"\nc\n", 0), Ok(6));
    }

    #[test]
    fn an_end_that_is_not_there_is_reported() {
        assert_eq!(end("a,b", 0), Err(Unfinished::Record));
        assert_eq!(end("a,b\r", 0), Err(Unfinished::Record));
        assert_eq!(end("a,\"b\n", 0), Err(Unfinished::Quote(2)));
        assert_eq!(end("a,\"b\n", 5), Err(Unfinished::Quote(2)));
    }
}
