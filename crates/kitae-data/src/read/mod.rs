//! Reads CSV into tables: whole files whose columns are not known yet, and files of any size whose
//! columns a [`Schema`] describes.
//!
//! # What is read
//!
//! RFC 4180, with the liberties that real files take:
//! - The delimiter is `,` `;` tab or `|`, whichever cuts the first records into equally many cells; where
//!   none does, `^` `~` `:`, blanks and some others are tried. A delimiter may be written twice, and a first
//!   line `sep=;` names it.
//! - Cells may be quoted; a quoted cell may hold delimiters, newlines and, doubled, quotes. A quote inside a
//!   cell that does not start with one is a character like any other, and text that follows a closing quote
//!   belongs to the cell: `"a"b` is `ab`. Single quotes, quotes after a backslash, blanks before a quote and
//!   quotes around whole lines are found out from the first records.
//! - Lines end with a newline, with carriage return and newline, or with a carriage return alone. Lines of
//!   nothing but spaces are skipped. A byte order mark is skipped.
//! - The first record names the columns. Spaces around names and cells do not count, inside quotes neither. A
//!   column without name is called `column_3` if it is the third, and left out if it has no values. Two
//!   columns of one name are an error: whichever was renamed, a later file with its columns in another order
//!   would mix them up.
//! - Lines above the names, lines that begin with `#`, a rule or units under the names, the names again among
//!   the rows, totals and remarks at the end are no rows, where that is beyond doubt; [`Reading::findings`]
//!   says so.
//! - Files may be packed with gzip, whatever they are called; `-` is the standard input. Text is UTF-8 or
//!   UTF-16, unless [`ReadOptions::encoding`] names another encoding.
//!
//! # Missing cells
//!
//! Empty cells, `NA`, `N/A`, `NaN`, `null` and `?` are missing, and so are the markers in
//! [`ReadOptions::extra_missing`]. In a column of texts one of them is a level where it is as frequent as the
//! other levels and empty cells are there too, or where it is Namibia or North America among codes of places.
//! `None`, `-`, `.`, `nil`, `inf`, `unknown` and their like are missing among numbers and times only: in a
//! column of texts, `None` is a category of its own.
//!
//! # Numbers
//!
//! A column holds numbers if every cell that is not missing is a finite number such as `12`, `-1.5` or
//! `1e-3`. Whole numbers with more digits than a 64-bit float holds are kept as texts, so that long codes
//! stay different, and so are columns with numbers such as `007`, and those whose numbers all may have
//! separated thousands, `8.037`: [`infer`](crate::infer) says what they are. Texts that look the same,
//! composed of other letters or with other blanks, are one text.

mod body;
mod choice;
mod dialect;
mod encoding;
mod fault;
mod fields;
mod foreign;
mod guess;
mod header;
mod known;
mod memory;
mod opening;
mod piece;
mod plan;
mod records;
mod remarks;
mod rewrite;
mod source;
mod stream;
mod tally;
#[cfg(test)]
mod tests;
mod verbatim;
mod whole;
mod workers;

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cell::Markers;
use crate::error::DataError;
use crate::finding::Finding;
use crate::names::positions;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Column, Table};
use body::LeftOut;
use guess::{Guess, guess};
use header::{Extent, Header};
use piece::Format;
use rewrite::CANONICAL;
use source::Source;
use whole::{PieceSizes, read_columns};
use workers::Workers;

pub use crate::cell::UsualMarkers;
pub use choice::{Chunk, ChunkOptions, Verbatim};
pub use encoding::TextEncoding;
pub use known::KnownColumns;
pub use memory::{InMemory, Value, read_memory};
pub use stream::{Chunks, read_chunks, read_chunks_from, read_csv_as};
pub use tally::{Oddities, Tally};
pub use verbatim::VerbatimColumn;

/// How a file is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// What separates cells.
    pub delimiter: Delimiter,
    /// Texts that mean missing, beside the usual ones. They match whole cells without the spaces around
    /// them; one that is a number also matches its other spellings.
    pub extra_missing: Vec<String>,
    /// What quotes cells; by itself `"`, or `'` where that explains the first records.
    pub quote: Mark,
    /// What makes a quote after it an ordinary character, beside doubling; by itself nothing, or `\\` where
    /// that explains the first records.
    pub escape: Mark,
    /// What begins a line that is no row; by itself `#`, where such lines are no rows beyond doubt.
    pub comment: Mark,
    /// How many lines at the start are no part of the table; found out if it is not said.
    pub skip_rows: Option<usize>,
    /// Whether the first record names the columns; otherwise they are called `column_1` and so on.
    pub has_header: bool,
    /// Whether cells that a row lacks at its end are missing; otherwise such a row is an error.
    pub fills_short_rows: bool,
    /// The encoding of the text; if it is not said, UTF-8, or UTF-16 where the bytes show it.
    pub encoding: Option<TextEncoding>,
    /// How much text may be read into memory at once. Chunks know no limit. It is a matter of the machine, so
    /// it is not written down.
    #[serde(skip, default = "usual_most")]
    pub max_bytes: u64,
    /// Whether `NA` and its like mean missing.
    pub usual_markers: UsualMarkers,
    /// How many threads parse; 0 counts as 1. The table does not depend on it, so it is not written down.
    #[serde(skip, default = "one_thread")]
    pub n_threads: usize,
}

/// What separates cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// Found out from the first records.
    Auto,
    /// This byte: an ASCII character, no quote and no line end.
    Byte(u8),
    /// This text, such as `||`.
    Text(String),
    /// One or more blanks or tabs.
    Blanks,
}

/// A character with a task of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Found out from the text.
    #[default]
    Auto,
    /// No character.
    None,
    /// This ASCII character.
    Byte(u8),
}

impl Mark {
    /// The character that was asked for.
    pub(crate) fn byte(self) -> Option<u8> {
        match self {
            Self::Byte(byte) => Some(byte),
            Self::Auto | Self::None => None,
        }
    }
}

/// A table, and what is to be said about its file.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The rows.
    pub table: Table,
    /// What was left out, mended or is odd.
    pub findings: Vec<Finding>,
    /// The options, with what later files of the same kind need to be read alike.
    pub options: ReadOptions,
}

fn one_thread() -> usize {
    1
}

fn usual_most() -> u64 {
    8 << 30
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            delimiter: Delimiter::Auto,
            extra_missing: Vec::new(),
            quote: Mark::Auto,
            escape: Mark::Auto,
            comment: Mark::Auto,
            skip_rows: None,
            has_header: true,
            fills_short_rows: false,
            encoding: None,
            max_bytes: usual_most(),
            usual_markers: UsualMarkers::default(),
            n_threads: 1,
        }
    }
}

/// Reads a whole file, and says what was odd about it. The path `-` is the standard input.
///
/// A column whose cells are all numbers or missing becomes [`Cells::Numbers`](crate::table::Cells::Numbers),
/// every other one [`Cells::Levels`](crate::table::Cells::Levels) with sorted levels.
///
/// # Errors
///
/// If the file cannot be read, is not CSV, has no rows, or breaks a rule of the [module](self).
pub fn read(path: &Path, options: &ReadOptions) -> Result<Reading, DataError> {
    read_by(path, options, None)
}

fn read_by(path: &Path, options: &ReadOptions, schema: Option<&Schema>) -> Result<Reading, DataError> {
    source::check_size(path, options)?;
    let mut source = Source::open(path, options)?;
    let path = source::shown(path);
    let bytes = source.read_all(options, path)?;
    let mut reading = parse(Cow::Owned(bytes), path, options, PieceSizes::default(), schema)?;
    reading.findings.splice(0..0, remarks::of_source(&source));
    Ok(reading)
}

/// The table of [`read`] alone.
///
/// # Errors
///
/// As [`read`].
pub fn read_csv(path: &Path, options: &ReadOptions) -> Result<Table, DataError> {
    read(path, options).map(|reading| reading.table)
}

/// Reads a whole CSV file whose columns `schema` knows, so that [`Schema::apply`] reads its cells as those
/// that the schema was made from: what [`read_csv`] would take for numbers may be in another notation.
/// Columns that the schema does not know are read as by [`read_csv`].
///
/// # Errors
///
/// As [`read_csv`].
pub fn read_csv_like(path: &Path, schema: &Schema, options: &ReadOptions) -> Result<Table, DataError> {
    read_by(path, options, Some(schema)).map(|reading| reading.table)
}

/// The columns called `names` that are read as they are written.
fn as_written(names: &[String], schema: Option<&Schema>) -> Vec<bool> {
    let mut are_written = vec![false; names.len()];
    let Some(schema) = schema else { return are_written };
    let known: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
    for (column, place) in schema.columns.iter().zip(positions(&known, names)) {
        if let Some(place) = place.filter(|_| is_written(column)) {
            are_written[place] = true;
        }
    }
    are_written
}

/// Whether the texts of a column are kept: the schema says what they are.
fn is_written(column: &ColumnSchema) -> bool {
    match column.kind {
        Kind::Number => !column.notation.is_plain(),
        Kind::Category | Kind::Boolean => true,
        _ => false,
    }
}

/// Reads CSV that is in memory, packed with gzip or not. `name` stands for the path in errors.
///
/// # Errors
///
/// As [`read`].
pub fn read_csv_bytes(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Table, DataError> {
    read_bytes(bytes, name, options).map(|reading| reading.table)
}

/// As [`read`], from memory. `name` stands for the path in errors.
///
/// # Errors
///
/// As [`read`].
pub fn read_bytes(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Reading, DataError> {
    read_bytes_by(bytes, name, options, None)
}

/// As [`read_csv_like`], from memory. `name` stands for the path in errors.
///
/// # Errors
///
/// As [`read`].
pub fn read_csv_bytes_like(
    bytes: &[u8],
    name: &str,
    schema: &Schema,
    options: &ReadOptions,
) -> Result<Table, DataError> {
    read_bytes_by(bytes, name, options, Some(schema)).map(|reading| reading.table)
}

fn read_bytes_by(
    bytes: &[u8],
    name: &str,
    options: &ReadOptions,
    schema: Option<&Schema>,
) -> Result<Reading, DataError> {
    let path = Path::new(name);
    let mut source = Source::of(bytes, path, options)?;
    let text = source.read_all(options, path)?;
    let mut reading = parse(Cow::Owned(text), path, options, PieceSizes::default(), schema)?;
    reading.findings.splice(0..0, remarks::of_source(&source));
    Ok(reading)
}

/// Reads a text whose every byte is at hand.
fn parse(
    bytes: Cow<[u8]>,
    path: &Path,
    options: &ReadOptions,
    sizes: PieceSizes,
    schema: Option<&Schema>,
) -> Result<Reading, DataError> {
    let text_start = source::text_start(&bytes);
    let text = &bytes[text_start..];
    header::check_kind(text, path)?;
    let Guess { mut dialect, start, mut findings } = guess(text, false, options)?;
    let inner = guess::inner_comments(&text[start..], false, &dialect, options);
    dialect.comment = inner.comment;
    findings.extend(inner.finding);
    let start = text_start + start;
    let (mut bytes, start, delimiter) = match dialect.as_plain() {
        Some(delimiter) => (bytes, start, delimiter),
        None => (Cow::Owned(dialect.rewrite(&bytes, start).0), 0, CANONICAL),
    };
    let header = Header::read(&bytes, start, Extent::Whole, delimiter, (options, path))?;
    let left_out = leave_out(&mut bytes, &header);
    let body = &bytes[header.body_start..];
    let format = Format {
        delimiter,
        written_delimiter: dialect.watched_delimiter(options),
        n_columns: header.names.len(),
        fills_short_rows: options.fills_short_rows,
        markers: Markers::new(options.usual_markers, &options.extra_missing),
        verbatim: Vec::new(),
    };
    let workers = Workers::new(options.n_threads);
    let are_written = as_written(&header.names, schema);
    let rows = read_columns(body, &format, &workers, sizes, &are_written)
        .map_err(|fault| fault.shifted(header.body_start).into_error(path, &bytes, 1, &header.names))?;
    if rows.n_rows == 0 {
        return Err(DataError::NoRows { path: path.to_path_buf() });
    }
    findings.extend(left_out.findings());
    findings.extend(remarks::of_rows(&bytes, &header, &rows));
    let columns = header.names.into_iter().zip(rows.cells).map(|(name, cells)| Column { name, cells });
    let mut table = Table { columns: columns.collect(), n_rows: rows.n_rows };
    findings.extend(remarks::without_nameless(&mut table, &header.is_unnamed));
    findings.extend(remarks::of_table(&table));
    Ok(Reading { table, findings, options: dialect.pinned(options) })
}

/// Overwrites what is no row, where that is beyond doubt.
fn leave_out(bytes: &mut Cow<[u8]>, header: &Header) -> LeftOut {
    let body = &header.body;
    let mut left_out = LeftOut::default();
    if let Some(lines) = body.head(&bytes[header.body_start..], false) {
        body.blank(&mut bytes.to_mut()[header.body_start..][lines.range]);
        left_out.units = lines.units;
    }
    left_out.n_headers = body.clear_headers(bytes, header.body_start);
    if let Some(at) =
        bytes.iter().rposition(|byte| !byte.is_ascii_whitespace()).filter(|at| bytes[*at] == 0x1a)
    {
        body.blank(&mut bytes.to_mut()[at..=at]);
    }
    let tail_start = bytes.len().saturating_sub(body::TAIL_BYTES).max(header.body_start);
    let tail_start =
        if tail_start == header.body_start { tail_start } else { guess::line_end(bytes, tail_start) };
    if let Some((at, n_lines)) = body.tail(&bytes[tail_start..]) {
        let lines = &mut bytes.to_mut()[tail_start + at..];
        left_out.tail = Some((n_lines, body::first_line(lines)));
        body.blank(lines);
    }
    left_out
}
