//! Cuts records into cells without copying them.

use super::records::closing_quote;

/// Marks a span that points into the buffer of unescaped cells.
const UNESCAPED: u32 = 1 << 31;
const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// A row whose number of cells is not the header's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RaggedRow {
    /// Where the row starts.
    pub(super) offset: usize,
    /// How many cells it has.
    pub(super) found: usize,
}

/// The cells of some rows, as positions. The buffers are reused from batch to batch.
#[derive(Debug)]
pub(super) struct Fields {
    n_columns: usize,
    /// Start and end of each cell, row by row.
    spans: Vec<(u32, u32)>,
    /// Where each row starts.
    row_starts: Vec<u32>,
    /// The cells that are not a piece of the input, because a doubled quote was resolved.
    unescaped: Vec<u8>,
}

impl Fields {
    pub(super) fn new(n_columns: usize) -> Self {
        Self { n_columns, spans: Vec::new(), row_starts: Vec::new(), unescaped: Vec::new() }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.row_starts.len()
    }

    /// Where row `row_idx` starts in the input.
    pub(super) fn row_start(&self, row_idx: usize) -> usize {
        self.row_starts[row_idx] as usize
    }

    /// The cells of one column without the spaces around them.
    pub(super) fn column<'a>(&'a self, bytes: &'a [u8], column: usize) -> impl Iterator<Item = &'a [u8]> {
        let spans = self.spans.get(column..).unwrap_or_default();
        spans.iter().step_by(self.n_columns.max(1)).map(|span| self.cell(bytes, *span))
    }

    /// All cells in order, for headers.
    pub(super) fn cells<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.spans.iter().map(|span| self.cell(bytes, *span))
    }

    fn cell<'a>(&'a self, bytes: &'a [u8], (start, end): (u32, u32)) -> &'a [u8] {
        let cell = if start & UNESCAPED == 0 {
            &bytes[start as usize..end as usize]
        } else {
            &self.unescaped[(start & !UNESCAPED) as usize..end as usize]
        };
        match cell {
            [first, .., last] if *first > b' ' && *last > b' ' => cell,
            _ => cell.trim_ascii(),
        }
    }

    fn clear(&mut self) {
        self.spans.clear();
        self.row_starts.clear();
        self.unescaped.clear();
    }
}

/// Walks over bytes that start at a record and hold less than 2 GiB.
#[derive(Debug)]
pub(super) struct Tokeniser<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    separators: Separators<'a>,
    position: usize,
}

impl<'a> Tokeniser<'a> {
    pub(super) fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        Self { bytes, delimiter, separators: Separators::new(bytes, delimiter), position: 0 }
    }

    /// Replaces what `fields` holds by the next rows, at most `max_rows`; none at the end. Lines that
    /// hold nothing but spaces are skipped.
    pub(super) fn fill(&mut self, fields: &mut Fields, max_rows: usize) -> Result<(), RaggedRow> {
        fields.clear();
        while fields.n_rows() < max_rows && self.position < self.bytes.len() {
            let (offset, first) = (self.position, fields.spans.len());
            self.record(fields);
            let found = fields.spans.len() - first;
            if found == 1 && self.bytes[offset..self.position].trim_ascii().is_empty() {
                fields.spans.pop();
            } else if found == fields.n_columns {
                fields.row_starts.push(offset as u32);
            } else {
                return Err(RaggedRow { offset, found });
            }
        }
        Ok(())
    }

    /// Replaces what `fields` holds by the cells of the next record, however many, and gives the position
    /// where it starts; `None` at the end.
    pub(super) fn next_record(&mut self, fields: &mut Fields) -> Option<usize> {
        while self.position < self.bytes.len() {
            fields.clear();
            let offset = self.position;
            self.record(fields);
            if !self.bytes[offset..self.position].trim_ascii().is_empty() {
                return Some(offset);
            }
        }
        None
    }

    /// Where the next record starts.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    fn record(&mut self, fields: &mut Fields) {
        loop {
            let start = self.position;
            let end = if self.bytes.get(start) == Some(&b'"') {
                self.quoted(start, fields)
            } else {
                let end = self.separators.next_position();
                fields.spans.push((start as u32, end as u32));
                end
            };
            self.position = (end + 1).min(self.bytes.len());
            match self.bytes.get(end) {
                Some(byte) if *byte == self.delimiter => {}
                _ => return,
            }
        }
    }

    /// Pushes the quoted cell that opens at `open`, and gives the position of the separator after it.
    #[cold]
    fn quoted(&mut self, open: usize, fields: &mut Fields) -> usize {
        let close = closing_quote(self.bytes, open).unwrap_or(self.bytes.len());
        self.separators.seek((close + 1).min(self.bytes.len()));
        let end = self.separators.next_position();
        let content = &self.bytes[open + 1..close];
        if close + 1 >= end && memchr::memchr(b'"', content).is_none() {
            fields.spans.push((open as u32 + 1, close as u32));
        } else {
            let start = fields.unescaped.len();
            push_unescaped(content, &mut fields.unescaped);
            fields.unescaped.extend_from_slice(self.bytes.get(close + 1..end).unwrap_or_default());
            fields.spans.push((start as u32 | UNESCAPED, fields.unescaped.len() as u32));
        }
        end
    }
}

/// Appends `content` with each doubled quote written once.
fn push_unescaped(content: &[u8], out: &mut Vec<u8>) {
    let mut rest = content;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=quote]);
        rest = rest.get(quote + 2..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Finds delimiters and newlines, eight bytes at a time.
#[derive(Debug)]
struct Separators<'a> {
    bytes: &'a [u8],
    delimiters: u64,
    newlines: u64,
    /// Where the word at hand starts.
    base: usize,
    /// The high bit of each byte of the word at hand that is a separator not yet given out.
    mask: u64,
}

impl<'a> Separators<'a> {
    fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        let mut separators = Self {
            bytes,
            delimiters: ONES * u64::from(delimiter),
            newlines: ONES * u64::from(b'\n'),
            base: 0,
            mask: 0,
        };
        separators.mask = separators.mask_at(0);
        separators
    }

    /// The next separator, or the end of the bytes.
    #[inline]
    fn next_position(&mut self) -> usize {
        while self.mask == 0 {
            self.base += 8;
            if self.base >= self.bytes.len() {
                return self.bytes.len();
            }
            self.mask = self.mask_at(self.base);
        }
        let position = self.base + (self.mask.trailing_zeros() / 8) as usize;
        self.mask &= self.mask - 1;
        position
    }

    /// Goes on from `position`.
    fn seek(&mut self, position: usize) {
        self.base = position & !7;
        self.mask = self.mask_at(self.base) & (u64::MAX << (8 * (position - self.base)));
    }

    #[inline]
    fn mask_at(&self, base: usize) -> u64 {
        let word = if let Some(word) = self.bytes.get(base..).and_then(|rest| rest.first_chunk::<8>()) {
            u64::from_le_bytes(*word)
        } else {
            let rest = self.bytes.get(base..).unwrap_or_default();
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            u64::from_le_bytes(word)
        };
        zero_bytes(word ^ self.delimiters) | zero_bytes(word ^ self.newlines)
    }
}

/// The high bit of each byte of `word` that is zero (H. S. Warren, Hacker's Delight, section 6-1).
#[inline]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, n_columns: usize) -> Result<Vec<Vec<String>>, RaggedRow> {
        let mut fields = Fields::new(n_columns);
        let mut tokeniser = Tokeniser::new(text.as_bytes(), b',');
        let mut rows = Vec::new();
        loop {
            tokeniser.fill(&mut fields, 2)?;
            if fields.n_rows() == 0 {
                return Ok(rows);
            }
            let cells: Vec<String> = fields
                .cells(text.as_bytes())
                .map(|cell| String::from_utf8(cell.to_vec()).expect("the text is UTF-8"))
                .collect();
            rows.extend(cells.chunks(n_columns).map(<[String]>::to_vec));
        }
    }

    #[test]
    fn cells_are_cut_at_delimiters_and_newlines() {
        assert_eq!(rows("a,b\nlonger cell here,d\n", 2).unwrap(), [["a", "b"], ["longer cell here", "d"]]);
        assert_eq!(rows("a,\r\n,b", 2).unwrap(), [["a", ""], ["", "b"]]);
        assert_eq!(rows("a,", 2).unwrap(), [["a", ""]]);
    }

    #[test]
    fn quotes_protect_delimiters_newlines_and_quotes() {
        assert_eq!(rows("\"a,1\",\"x\ny\"\n", 2).unwrap(), [["a,1", "x\ny"]]);
        assert_eq!(rows("\"say \"\"hi\"\"\",b\n", 2).unwrap(), [["say \"hi\"", "b"]]);
        assert_eq!(rows("\"a\"tail,\"\"\r\n", 2).unwrap(), [["atail", ""]]);
        assert_eq!(rows("5\" pipe,b\n", 2).unwrap(), [["5\" pipe", "b"]]);
    }

    #[test]
    fn blank_lines_are_no_rows() {
        assert_eq!(rows("\n\na,b\n  \r\n\nc,d\n\n", 2).unwrap(), [["a", "b"], ["c", "d"]]);
        assert_eq!(rows("a\n\n\"\"\n", 1).unwrap(), [["a"], [""]]);
    }

    #[test]
    fn a_row_with_other_cells_than_the_header_is_refused() {
        assert_eq!(rows("a,b\nc\n", 2).unwrap_err(), RaggedRow { offset: 4, found: 1 });
        assert_eq!(rows("a,b,c\n", 2).unwrap_err(), RaggedRow { offset: 0, found: 3 });
    }
}
