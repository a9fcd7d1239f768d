//! Parses a piece of a file that starts and ends with a record.

use std::ops::Range;

use super::fault::{Fault, MAX_RECORD_BYTES, Problem, check_text};
use super::fields::{FieldReader, Fields};
use super::marker::Markers;
use super::plan::{Parsed, Plan};
use super::records::{Unfinished, record_end};

/// How many cells are cut before they are parsed column by column: few enough to stay in the cache.
const BATCH_CELLS: usize = 1 << 13;

/// How the rows of a file are written.
#[derive(Clone, Debug)]
pub(super) struct Format {
    pub(super) delimiter: u8,
    pub(super) n_columns: usize,
    pub(super) markers: Markers,
}

/// The parsed columns of a piece, in file order.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) n_rows: usize,
    pub(super) columns: Vec<Parsed>,
}

/// Parses `bytes`, which hold whole records.
pub(super) fn parse_piece(bytes: &[u8], format: &Format, plans: &[Plan]) -> Result<Piece, Fault> {
    check_text(bytes, format.delimiter)?;
    let mut piece = Piece { n_rows: 0, columns: plans.iter().map(Plan::start).collect() };
    let mut fields = Fields::new(format.n_columns);
    let mut reader = FieldReader::new(bytes, format.delimiter);
    let batch_rows = (BATCH_CELLS / format.n_columns.max(1)).max(16);
    loop {
        reader
            .fill(&mut fields, batch_rows)
            .map_err(|row| Fault { offset: row.offset, problem: Problem::Ragged { found: row.found } })?;
        if fields.n_rows() == 0 {
            return Ok(piece);
        }
        piece.n_rows += fields.n_rows();
        for (column, (plan, parsed)) in plans.iter().zip(&mut piece.columns).enumerate() {
            plan.extend(parsed, fields.column(column), &format.markers).map_err(|misfit| Fault {
                offset: fields.row_start(misfit.row_idx),
                problem: Problem::Cell {
                    column,
                    text: misfit.text,
                    expected: misfit.expected,
                    advice: misfit.advice,
                },
            })?;
        }
    }
}

/// Cuts `body` into pieces of at least `piece_bytes` that hold whole records.
pub(super) fn cut(body: &[u8], piece_bytes: usize, delimiter: u8) -> Result<Vec<Range<usize>>, Fault> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < body.len() {
        let end = match record_end(body, start, start.saturating_add(piece_bytes), delimiter) {
            Ok(end) => end,
            Err(Unfinished::Record) => body.len(),
            Err(Unfinished::Quote(offset)) => return Err(Fault { offset, problem: Problem::OpenQuote }),
        };
        if end - start > MAX_RECORD_BYTES + piece_bytes {
            return Err(Fault { offset: start, problem: Problem::LongRecord });
        }
        pieces.push(start..end);
        start = end;
    }
    Ok(pieces)
}
