//! Reads all rows of a file that is in memory, finding out which columns hold numbers.

use std::ops::Range;

use super::fault::{Fault, FaultKind};
use super::piece::{Format, Piece, cut, parse_piece};
use super::plan::{Marked, Parsed, Plan};
use super::records::{Quirks, record_end};
use super::workers::Workers;
use crate::cell::MarkerRule;
use crate::table::Cells;

/// As texts, of which markers are told from levels when all are read.
const TEXT: Plan = Plan::Text(MarkerRule::Evidence);

/// How much is read at a time. Results do not depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PieceSizes {
    /// The bytes from which the first guess is made.
    pub(super) sample_bytes: usize,
    /// The bytes that one thread takes at a time.
    pub(super) piece_bytes: usize,
}

impl Default for PieceSizes {
    fn default() -> Self {
        Self { sample_bytes: 1 << 16, piece_bytes: 1 << 20 }
    }
}

/// The rows of a file.
#[expect(clippy::struct_field_names, reason = "they are rows of the file, not of the struct")]
pub(super) struct Rows {
    pub(super) n_rows: usize,
    pub(super) cells: Vec<Cells>,
    /// Of each column the texts that may mean missing.
    pub(super) markers: Vec<Vec<Marked>>,
    /// Rows that lacked cells at their end.
    pub(super) n_short: usize,
    /// Rows with empty cells beyond the last column.
    pub(super) n_long: usize,
    pub(super) quirks: Quirks,
}

/// The rows of `body` and the cells of its columns. A column is numbers if every cell that is
/// not missing is a finite number, and if it is not to be read as it is written.
pub(super) fn read_columns(
    body: &[u8],
    format: &Format,
    workers: &Workers,
    sizes: PieceSizes,
    are_written: &[bool],
) -> Result<Rows, Fault> {
    let (pieces, quirks) = cut(body, sizes.piece_bytes, format)?;
    let mut plans = first_plans(body, format, sizes.sample_bytes)?;
    for (plan, _) in plans.iter_mut().zip(are_written).filter(|(_, is_written)| **is_written) {
        *plan = Plan::Text(MarkerRule::Level);
    }
    let Piece { n_rows, mut columns, n_short, n_long, .. } =
        read_pieces(body, &pieces, format, plans, workers)?;
    let again: Vec<Plan> = columns.iter().map(plan_again).collect();
    if again.iter().any(|plan| matches!(plan, Plan::Text(_))) {
        let texts = read_pieces(body, &pieces, format, again, workers)?.columns;
        for (column, text) in columns.iter_mut().zip(texts) {
            if matches!(text, Parsed::Texts(_)) {
                *column = text;
            }
        }
    }
    let markers = columns.iter().map(Parsed::markers).collect();
    let mut cells: Vec<(Parsed, Cells)> =
        columns.into_iter().map(|column| (column, Cells::Numbers(Vec::new()))).collect();
    workers.each(&mut cells, |_, (parsed, cells)| {
        *cells = std::mem::replace(parsed, Parsed::Skipped).into_cells(&[]);
    });
    let cells = cells.into_iter().map(|(_, cells)| cells).collect();
    Ok(Rows { n_rows, cells, markers, n_short, n_long, quirks })
}

/// Reads the first rows as numbers: where that fails the column is texts, whatever follows.
fn first_plans(body: &[u8], format: &Format, sample_bytes: usize) -> Result<Vec<Plan>, Fault> {
    let guesses = vec![Plan::Guess; format.n_columns];
    let Ok(end) = record_end(body, 0, sample_bytes, format.delimiter) else { return Ok(guesses) };
    let sample = parse_piece(&body[..end], format, &guesses)?;
    let plan = |column: &Parsed| if matches!(column, Parsed::NotNumbers) { TEXT } else { Plan::Guess };
    Ok(sample.columns.iter().map(plan).collect())
}

/// A column that was guessed wrong, whose numbers may mean something else, or whose every cell is a text that
/// may or may not mean missing, is read once more as texts.
pub(super) fn plan_again(column: &Parsed) -> Plan {
    match column {
        Parsed::NotNumbers => TEXT,
        Parsed::Numbers(numbers) if numbers.n_valid == 0 && numbers.n_soft > 0 => TEXT,
        Parsed::Numbers(numbers) if numbers.form.is_doubtful() => TEXT,
        _ => Plan::Skip,
    }
}

/// Parses some pieces at a time, in parallel, and joins them, so that little is held twice.
fn read_pieces(
    body: &[u8],
    pieces: &[Range<usize>],
    format: &Format,
    mut plans: Vec<Plan>,
    workers: &Workers,
) -> Result<Piece, Fault> {
    let mut all = Piece::empty(&plans, 0);
    for wave in pieces.chunks(8 * workers.n_threads()) {
        let parsed = parse_pieces(body, wave, format, &plans, workers)?;
        all.n_rows += parsed.iter().map(|piece| piece.n_rows).sum::<usize>();
        all.n_short += parsed.iter().map(|piece| piece.n_short).sum::<usize>();
        all.n_long += parsed.iter().map(|piece| piece.n_long).sum::<usize>();
        let end = wave.last().map_or(0, |range| range.end);
        if all.n_rows >= u32::MAX as usize {
            return Err(Fault { offset: end, kind: FaultKind::TooManyRows });
        }
        let expected_rows = rows_in(body.len(), end, all.n_rows);
        workers.each(&mut all.columns, |idx, column| {
            column.reserve(expected_rows);
            for piece in &parsed {
                column.append(&piece.columns[idx]);
            }
        });
        for (plan, column) in plans.iter_mut().zip(&all.columns) {
            if matches!(column, Parsed::NotNumbers) {
                *plan = Plan::Skip;
            }
        }
    }
    Ok(all)
}

/// The parsed pieces in order, or the fault that comes first.
pub(super) fn parse_pieces(
    body: &[u8],
    pieces: &[Range<usize>],
    format: &Format,
    plans: &[Plan],
    workers: &Workers,
) -> Result<Vec<Piece>, Fault> {
    let parsed = workers.map(pieces, |range| {
        parse_piece(&body[range.clone()], format, plans).map_err(|fault| fault.shifted(range.start))
    });
    parsed.into_iter().collect()
}

/// How many rows `n_bytes` will hold if `seen_bytes` held `seen_rows`.
fn rows_in(n_bytes: usize, seen_bytes: usize, seen_rows: usize) -> usize {
    let estimate = seen_rows as f64 / seen_bytes.max(1) as f64 * n_bytes as f64;
    (estimate * 1.01) as usize
}
