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

/// The position after the first record end at or beyond `min`. `start` is the start of a record.
///
/// A quote opens a quoted cell only as the cell's first byte, as in the `csv` crate; elsewhere it is
/// a character like any other.
pub(super) fn record_end(bytes: &[u8], start: usize, min: usize, delimiter: u8) -> Result<usize, Unfinished> {
    let min = min.min(bytes.len());
    let mut position = start;
    while position < min {
        let Some(found) = memchr(b'"', &bytes[position..min]) else {
            position = min;
            break;
        };
        position = after_quote(bytes, start, position + found, delimiter)?;
    }
    // A line end just before `min` belongs to the record before it.
    if position == min && position > start && is_line_end(bytes[position - 1]) {
        position -= 1;
    }
    while let Some(found) = memchr3(b'"', b'\n', b'\r', bytes.get(position..).unwrap_or_default()) {
        let at = position + found;
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => position = after_quote(bytes, start, at, delimiter)?,
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
fn after_quote(bytes: &[u8], start: usize, at: usize, delimiter: u8) -> Result<usize, Unfinished> {
    let opens = at == start || bytes[at - 1] == delimiter || is_line_end(bytes[at - 1]);
    if opens {
        closing_quote(bytes, at).map(|close| close + 1).ok_or(Unfinished::Quote(at))
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
