//! Cuts records into cells by the `csv-core` crate, many rows at a time.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// How much the buffers hold at first.
const FIRST_TEXT_BYTES: usize = 1 << 16;
const FIRST_CELLS: usize = 1 << 10;

/// A row whose number of cells is not the header's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RaggedRow {
    /// Where the row starts.
    pub(super) offset: usize,
    /// How many cells it has.
    pub(super) found: usize,
}

/// The cells of some rows. The buffers are reused from batch to batch.
#[derive(Debug)]
pub(super) struct Fields {
    n_columns: usize,
    /// The cells without their quotes, one after the other, in the first `n_bytes` bytes.
    text: Vec<u8>,
    n_bytes: usize,
    /// Cell `idx` of the `n_cells` cells lies between the bounds `idx` and `idx + 1`.
    bounds: Vec<usize>,
    n_cells: usize,
    /// Where each row starts in the input.
    row_starts: Vec<usize>,
    /// Whether cells that a row lacks at its end are missing.
    fills_short_rows: bool,
    /// Rows that lacked cells, in all batches.
    pub(super) n_short: usize,
    /// Rows with empty cells beyond the last column, in all batches.
    pub(super) n_long: usize,
}

impl Fields {
    pub(super) fn new(n_columns: usize) -> Self {
        Self {
            n_columns,
            text: vec![0; FIRST_TEXT_BYTES],
            n_bytes: 0,
            bounds: vec![0; FIRST_CELLS],
            n_cells: 0,
            row_starts: Vec::new(),
            fills_short_rows: false,
            n_short: 0,
            n_long: 0,
        }
    }

    /// The same where rows may lack cells at their end.
    pub(super) fn filling_short_rows(mut self, fills_short_rows: bool) -> Self {
        self.fills_short_rows = fills_short_rows;
        self
    }

    pub(super) fn n_rows(&self) -> usize {
        self.row_starts.len()
    }

    /// The cells of one column without the spaces around them.
    #[inline]
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = &[u8]> {
        self.verbatim(column).map(trimmed)
    }

    /// The cells of one column with the spaces around them.
    #[inline]
    pub(super) fn verbatim(&self, column: usize) -> impl Iterator<Item = &[u8]> {
        let spans = self.bounds[..=self.n_cells].windows(2).skip(column).step_by(self.n_columns.max(1));
        spans.map(|span| &self.text[span[0]..span[1]])
    }

    /// All cells in order, for headers.
    #[inline]
    pub(super) fn cells(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.bounds[..=self.n_cells].windows(2).map(|span| trimmed(&self.text[span[0]..span[1]]))
    }

    /// Makes the last row of `n_cells` as long as the others, if nothing is lost by that.
    #[cold]
    fn mend(&mut self, n_cells: usize) -> bool {
        let first = self.n_cells - n_cells;
        if n_cells < self.n_columns {
            let n_wanted = first + self.n_columns;
            let end = self.bounds[self.n_cells];
            self.bounds.resize(self.bounds.len().max(n_wanted + 2), 0);
            self.bounds[self.n_cells + 1..=n_wanted].fill(end);
            self.n_cells = n_wanted;
            self.n_short += 1;
            return self.fills_short_rows;
        }
        let tail = self.bounds[first + self.n_columns..=self.n_cells].windows(2);
        let is_empty = tail.map(|span| trimmed(&self.text[span[0]..span[1]])).all(<[u8]>::is_empty);
        self.n_cells = first + self.n_columns;
        self.n_bytes = self.bounds[self.n_cells];
        self.n_long += 1;
        is_empty
    }

    fn clear(&mut self) {
        self.n_bytes = 0;
        self.n_cells = 0;
        self.row_starts.clear();
    }
}

#[inline]
fn trimmed(cell: &[u8]) -> &[u8] {
    match cell {
        [first, .., last] if *first > b' ' && *last > b' ' => cell,
        _ => cell.trim_ascii(),
    }
}

/// Walks over bytes that start at a record.
pub(super) struct FieldReader<'a> {
    bytes: &'a [u8],
    reader: Reader,
    position: usize,
}

/// A record that was appended to [`Fields`].
struct Record {
    offset: usize,
    n_cells: usize,
}

impl<'a> FieldReader<'a> {
    pub(super) fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
        // The reader skips a byte order mark in what it is given first. The one of the file was skipped
        // before, and any later one is text, wherever the file was cut, so it is given a blank line first.
        reader.read_record(b"\n", &mut [0], &mut [0]);
        Self { bytes, reader, position: 0 }
    }

    /// Replaces what `fields` holds by the next rows, at most `max_rows`; none at the end. Lines that
    /// hold nothing but spaces are skipped.
    pub(super) fn fill(&mut self, fields: &mut Fields, max_rows: usize) -> Result<(), RaggedRow> {
        fields.clear();
        while fields.n_rows() < max_rows {
            let Some(Record { offset, n_cells }) = self.append(fields) else { return Ok(()) };
            if n_cells != fields.n_columns && !fields.mend(n_cells) {
                return Err(RaggedRow { offset, found: n_cells });
            }
            fields.row_starts.push(offset);
        }
        Ok(())
    }

    /// Replaces what `fields` holds by the cells of the next record, however many, and gives the position
    /// where it starts; `None` at the end.
    pub(super) fn next_record(&mut self, fields: &mut Fields) -> Option<usize> {
        fields.clear();
        self.append(fields).map(|record| record.offset)
    }

    /// Whether all bytes are read.
    pub(super) fn is_at_end(&self) -> bool {
        self.position == self.bytes.len()
    }

    /// Appends the cells of the next record that is no blank line; `None` at the end.
    fn append(&mut self, fields: &mut Fields) -> Option<Record> {
        loop {
            let (first_byte, first_cell) = (fields.n_bytes, fields.n_cells);
            let line_ends =
                self.bytes[self.position..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let offset = self.position + line_ends.count();
            self.append_any(fields)?;
            let n_cells = fields.n_cells - first_cell;
            if n_cells > 1 || !self.bytes[offset..self.position].trim_ascii().is_empty() {
                return Some(Record { offset, n_cells });
            }
            (fields.n_bytes, fields.n_cells) = (first_byte, first_cell);
        }
    }

    /// Appends the cells of the next record; `None` at the end.
    fn append_any(&mut self, fields: &mut Fields) -> Option<()> {
        let (first_byte, first_cell) = (fields.n_bytes, fields.n_cells);
        loop {
            let (result, n_read, n_bytes, n_cells) = self.reader.read_record(
                &self.bytes[self.position..],
                &mut fields.text[fields.n_bytes..],
                &mut fields.bounds[fields.n_cells + 1..],
            );
            self.position += n_read;
            fields.n_bytes += n_bytes;
            fields.n_cells += n_cells;
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return None,
                // The next call, without input, ends the last record.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => fields.text.resize(2 * fields.text.len(), 0),
                ReadRecordResult::OutputEndsFull => fields.bounds.resize(2 * fields.bounds.len(), 0),
            }
        }
        // The reader counts from where the record starts.
        for end in &mut fields.bounds[first_cell + 1..=fields.n_cells] {
            *end += first_byte;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, n_columns: usize) -> Result<Vec<Vec<String>>, RaggedRow> {
        let mut fields = Fields::new(n_columns);
        let mut reader = FieldReader::new(text.as_bytes(), b',');
        let mut rows = Vec::new();
        loop {
            reader.fill(&mut fields, 2)?;
            if fields.n_rows() == 0 {
                return Ok(rows);
            }
            let cells: Vec<String> = fields
                .cells()
                .map(|cell| String::from_utf8(cell.to_vec()).expect("the text is UTF-8"))
                .collect();
            rows.extend(cells.chunks(n_columns).map(<[String]>::to_vec));
        }
    }

    #[test]
    fn cells_are_cut_at_delimiters_and_line_ends() {
        assert_eq!(rows("a,b\nlonger cell here,d\n", 2).unwrap(), [["a", "b"], ["longer cell here", "d"]]);
        assert_eq!(rows("a,\r\n,b", 2).unwrap(), [["a", ""], ["", "b"]]);
        assert_eq!(rows("a,b\rc,d\r\r\ne,f\r", 2).unwrap(), [["a", "b"], ["c", "d"], ["e", "f"]]);
        assert_eq!(rows("a,", 2).unwrap(), [["a", ""]]);
    }

    #[test]
    fn quotes_protect_delimiters_line_ends_and_quotes() {
        assert_eq!(rows("\"a,1\",\"x\ny\"\n", 2).unwrap(), [["a,1", "x\ny"]]);
        assert_eq!(rows("\"a\rb\",\"x\r\ny\"\n", 2).unwrap(), [["a\rb", "x\r\ny"]]);
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
    fn rows_larger_than_the_buffers_are_read() {
        let (wide, long) = (vec!["cell"; 3 * FIRST_CELLS], "x".repeat(3 * FIRST_TEXT_BYTES));
        assert_eq!(rows(&wide.join(","), wide.len()).unwrap(), [wide]);
        assert_eq!(rows(&format!("a,{long}\n{long},b"), 2).unwrap(), [["a", &long], [&long, "b"]]);
    }

    #[test]
    fn a_byte_order_mark_inside_a_file_is_text() {
        assert_eq!(rows("\u{feff}a,b\n", 2).unwrap(), [["\u{feff}a", "b"]]);
    }

    #[test]
    fn a_row_with_other_cells_than_the_header_is_refused() {
        assert_eq!(rows("a,b\nc\n", 2).unwrap_err(), RaggedRow { offset: 4, found: 1 });
        assert_eq!(rows("a,b,c\n", 2).unwrap_err(), RaggedRow { offset: 0, found: 3 });
        assert_eq!(rows("a,b\r\n\r\nc\n", 2).unwrap_err(), RaggedRow { offset: 7, found: 1 });
    }
}
