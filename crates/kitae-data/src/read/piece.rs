//! Parses a piece of a file that starts and ends with a record.

use std::ops::Range;

use super::fault::{Fault, FaultKind, MAX_RECORD_BYTES, check_text};
use super::fields::{FieldReader, Fields};
use super::plan::{Parsed, Plan};
use super::records::{Quirks, Unfinished, Watch, watched_end};
use super::verbatim::VerbatimColumn;
use crate::cell::Markers;

/// How many cells are cut before they are parsed column by column: few enough to stay in the cache.
const BATCH_CELLS: usize = 1 << 13;

/// How the rows of a file are written.
#[derive(Clone, Debug)]
pub(super) struct Format {
    pub(super) delimiter: u8,
    /// What separates cells in the file, if that is one byte.
    pub(super) written_delimiter: Option<u8>,
    pub(super) n_columns: usize,
    pub(super) fills_short_rows: bool,
    pub(super) markers: Markers,
    /// The columns whose cells are kept as they are written too.
    pub(super) verbatim: Vec<usize>,
}

/// The parsed columns of a piece, in file order.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) n_rows: usize,
    pub(super) columns: Vec<Parsed>,
    /// As the format asks for them.
    pub(super) verbatim: Vec<VerbatimColumn>,
    /// Rows that lacked cells at their end.
    pub(super) n_short: usize,
    /// Rows with empty cells beyond the last column.
    pub(super) n_long: usize,
}

impl Piece {
    /// No rows of columns that are read by `plans`, and of so many kept as they are written.
    pub(super) fn empty(plans: &[Plan], n_verbatim: usize) -> Self {
        let columns = plans.iter().map(Plan::start).collect();
        let verbatim = vec![VerbatimColumn::default(); n_verbatim];
        Self { n_rows: 0, columns, verbatim, n_short: 0, n_long: 0 }
    }
}

impl Format {
    /// How quotes are looked at.
    pub(super) fn watch(&self) -> Watch {
        Watch { delimiter: self.written_delimiter, n_columns: self.n_columns }
    }
}

/// Parses `bytes`, which hold whole records.
pub(super) fn parse_piece(bytes: &[u8], format: &Format, plans: &[Plan]) -> Result<Piece, Fault> {
    check_text(bytes, format.delimiter)?;
    let mut piece = Piece::empty(plans, format.verbatim.len());
    let mut fields = Fields::new(format.n_columns).filling_short_rows(format.fills_short_rows);
    let mut reader = FieldReader::new(bytes, format.delimiter);
    let batch_rows = (BATCH_CELLS / format.n_columns.max(1)).max(16);
    loop {
        reader
            .fill(&mut fields, batch_rows)
            .map_err(|row| Fault { offset: row.offset, kind: FaultKind::Ragged { found: row.found } })?;
        if fields.n_rows() == 0 {
            (piece.n_short, piece.n_long) = (fields.n_short, fields.n_long);
            return Ok(piece);
        }
        piece.n_rows += fields.n_rows();
        for (column, verbatim) in format.verbatim.iter().zip(&mut piece.verbatim) {
            verbatim.extend(fields.verbatim(*column));
        }
        for (column, (plan, parsed)) in plans.iter().zip(&mut piece.columns).enumerate() {
            plan.extend(parsed, fields.column(column), &format.markers);
        }
    }
}

/// Cuts `body` into pieces of at least `piece_bytes` that hold whole records, and says what is odd about its
/// quotes.
pub(super) fn cut(
    body: &[u8],
    piece_bytes: usize,
    format: &Format,
) -> Result<(Vec<Range<usize>>, Quirks), Fault> {
    let (mut pieces, mut quirks) = (Vec::new(), Quirks::default());
    let mut start = 0;
    while start < body.len() {
        let min = start.saturating_add(piece_bytes);
        let end = match watched_end(body, start, min, format.delimiter, (format.watch(), &mut quirks)) {
            Ok(end) => end,
            Err(Unfinished::Record) => body.len(),
            Err(Unfinished::Quote(offset)) => return Err(Fault { offset, kind: FaultKind::OpenQuote }),
        };
        if end - start > MAX_RECORD_BYTES + piece_bytes {
            return Err(Fault { offset: start, kind: FaultKind::LongRecord });
        }
        pieces.push(start..end);
        start = end;
    }
    match quirks.swallowed {
        Some((offset, n_lines)) => Err(Fault { offset, kind: FaultKind::Swallowed { n_lines } }),
        None => Ok((pieces, quirks)),
    }
}
