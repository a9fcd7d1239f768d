//! Reads files of any size, some rows at a time, when the columns are known.

use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::body::{self, Body, LeftOut};
use super::choice::{Choice, Chunk, ChunkOptions, Picked};
use super::fault::{Fault, MAX_RECORD_BYTES, Problem, count_lines};
use super::guess::line_end;
use super::opening::{Opened, open};
use super::piece::{Format, Piece};
use super::plan::Parsed;
use super::records::{Quirks, Unfinished, watched_end};
use super::source::{self, Source};
use super::tally::Tally;
use super::verbatim::VerbatimColumn;
use super::whole::parse_pieces;
use super::workers::Workers;
use super::{Markers, ReadOptions, remarks};
use crate::error::DataError;
use crate::schema::Schema;
use crate::table::{Cells, Column, Table};
use crate::{finding::Finding, names::Renamed};

const READ_BYTES: usize = 1 << 20;

/// The tables of a file, a chunk of rows each. Made by [`read_chunks`].
pub struct Chunks {
    path: PathBuf,
    source: Source<'static>,
    /// Bytes read and not yet given out start at `start`; line `line` starts at position 0.
    buffer: Vec<u8>,
    start: usize,
    line: u64,
    /// Where the rows end in the buffer, once the end of the file is there.
    rows_end: Option<usize>,
    names: Vec<String>,
    format: Format,
    body: Body,
    seen: Seen,
    choice: Choice,
    tallies: Vec<Tally>,
    chunk_rows: usize,
    workers: Workers,
    state: State,
}

/// What was odd so far.
#[derive(Default)]
struct Seen {
    findings: Vec<Finding>,
    left_out: LeftOut,
    quirks: Quirks,
    /// The line of the first odd quote.
    quirk_line: u64,
    n_rows: usize,
    n_short: usize,
    n_long: usize,
}

/// How far the reading is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No table was given out yet.
    Fresh,
    /// A table was given out.
    Running,
    /// The end, or an error.
    Done,
}

/// Reads a file chunk by chunk. Memory does not grow with the file.
///
/// Cells are made to fit the kinds of `schema`, as by [`Schema::apply`]. Columns come in the order of the
/// schema; other columns of the file are not looked at. A file without rows gives one empty table.
///
/// # Errors
///
/// If the file cannot be opened, its header breaks a rule of the [module](super), or a feature column
/// is missing. Each chunk is an error if a row in it cannot be read, and no chunk follows.
pub fn read_chunks(
    path: &Path,
    schema: &Schema,
    options: &ReadOptions,
    chunks: &ChunkOptions,
) -> Result<Chunks, DataError> {
    let source = Source::open(path, options)?;
    chunks_of(source, source::shown(path), schema, options, chunks)
}

/// The same of CSV that `reader` gives, packed with gzip or not. `name` stands for the path in errors.
///
/// # Errors
///
/// As [`read_chunks`].
pub fn read_chunks_from(
    reader: impl Read + Send + 'static,
    name: &str,
    schema: &Schema,
    options: &ReadOptions,
    chunks: &ChunkOptions,
) -> Result<Chunks, DataError> {
    let path = Path::new(name);
    chunks_of(Source::of(reader, path, options)?, path, schema, options, chunks)
}

fn chunks_of(
    mut source: Source<'static>,
    path: &Path,
    schema: &Schema,
    options: &ReadOptions,
    chunks: &ChunkOptions,
) -> Result<Chunks, DataError> {
    let Opened { header, mut buffer, guess, start, goes_on } = open(&mut source, options, path)?;
    let mut findings = guess.findings;
    let mut left_out = LeftOut::default();
    if let Some(lines) = header.body.head(&buffer[start..], goes_on) {
        header.body.blank(&mut buffer[start..][lines.range]);
        left_out.units = lines.units;
    }
    if header.body.has_row_names {
        findings.push(remarks::of_row_names());
    }
    let mut choice = Choice::new(&header.names, schema, chunks, path)?;
    let format = Format {
        delimiter: header.delimiter,
        written_delimiter: guess.dialect.watched_delimiter(options),
        n_columns: header.names.len(),
        fills_short_rows: options.fills_short_rows,
        markers: Markers::new(options.usual_markers, &options.extra_missing),
        verbatim: std::mem::take(&mut choice.verbatim),
    };
    Ok(Chunks {
        path: path.to_path_buf(),
        source,
        buffer,
        start,
        line: 1,
        rows_end: None,
        format,
        body: header.body,
        seen: Seen { findings, left_out, ..Seen::default() },
        names: header.names,
        tallies: vec![Tally::default(); choice.picked.len()],
        choice,
        chunk_rows: chunks.chunk_rows.max(1),
        workers: Workers::new(options.n_threads),
        state: State::Fresh,
    })
}

/// Reads a whole file whose columns are known; as [`read_chunks`], in one table.
///
/// # Errors
///
/// As [`read_chunks`], and if the file has no rows.
pub fn read_csv_as(
    path: &Path,
    schema: &Schema,
    options: &ReadOptions,
    columns: &ChunkOptions,
) -> Result<Table, DataError> {
    let mut tables =
        read_chunks(path, schema, options, &ChunkOptions { chunk_rows: 1 << 18, ..columns.clone() })?;
    let mut all = tables.next().transpose()?.unwrap_or(Table { columns: Vec::new(), n_rows: 0 });
    for table in tables {
        all.append(table?);
        if all.n_rows >= u32::MAX as usize {
            return Err(DataError::TooManyRows { path: path.to_path_buf() });
        }
    }
    if all.n_rows == 0 { Err(DataError::NoRows { path: path.to_path_buf() }) } else { Ok(all) }
}

impl Iterator for Chunks {
    type Item = Result<Table, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        Some(self.next_chunk()?.map(|chunk| chunk.table))
    }
}

impl Chunks {
    /// The next rows as [`next`](Self::next) gives them, and as they are written.
    pub fn next_chunk(&mut self) -> Option<Result<Chunk, DataError>> {
        if self.state == State::Done {
            return None;
        }
        let chunk = self.try_next().transpose();
        if matches!(chunk, Some(Err(_))) {
            self.state = State::Done;
        }
        chunk
    }

    /// The columns of the file that [`Chunk::verbatim`] holds, in its order.
    pub fn verbatim_names(&self) -> impl Iterator<Item = &str> {
        self.format.verbatim.iter().map(|idx| self.names[*idx].as_str())
    }

    /// What was counted so far of each column of the tables.
    pub fn tallies(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.choice.picked.iter().map(|picked| picked.name.as_str()).zip(&self.tallies)
    }

    /// The columns that were taken though the file calls them a little differently.
    pub fn renamed(&self) -> &[Renamed] {
        &self.choice.renamed
    }

    /// The columns of the file that the schema does not know.
    pub fn unknown(&self) -> &[String] {
        &self.choice.unknown
    }

    fn try_next(&mut self) -> Result<Option<Chunk>, DataError> {
        loop {
            let pieces = self.next_pieces()?;
            let Some(end) = pieces.last().map(|range| range.end) else {
                let is_fresh = std::mem::replace(&mut self.state, State::Done) == State::Fresh;
                return Ok(is_fresh.then(|| self.chunk(&[])));
            };
            let parsed = parse_pieces(&self.buffer, &pieces, &self.format, &self.choice.plans, &self.workers)
                .map_err(|fault| self.error(fault))?;
            self.start = end;
            for piece in &parsed {
                self.seen.n_rows += piece.n_rows;
                self.seen.n_short += piece.n_short;
                self.seen.n_long += piece.n_long;
            }
            if parsed.iter().any(|piece| piece.n_rows > 0) {
                self.state = State::Running;
                return Ok(Some(self.chunk(&parsed)));
            }
        }
    }

    /// The bytes of the next records, at most `chunk_rows`, cut into a piece for each thread.
    fn next_pieces(&mut self) -> Result<Vec<Range<usize>>, DataError> {
        self.line += count_lines(&self.buffer[..self.start]);
        self.buffer.drain(..self.start);
        self.rows_end = self.rows_end.map(|end| end - self.start);
        self.start = 0;
        let piece_rows = self.chunk_rows.div_ceil(self.workers.n_threads()).max(256);
        let (mut pieces, mut piece_start, mut position) = (Vec::new(), 0, 0);
        let (mut n_rows, mut n_piece_rows) = (0, 0);
        while n_rows < self.chunk_rows {
            let Some(end) = self.next_record(position)? else { break };
            if self.body.is_header(&self.buffer[position..end]) {
                self.body.blank(&mut self.buffer[position..end]);
                self.seen.left_out.n_headers += 1;
            }
            position = end;
            n_rows += 1;
            n_piece_rows += 1;
            if n_piece_rows == piece_rows || position - piece_start > MAX_RECORD_BYTES {
                pieces.push(piece_start..position);
                (piece_start, n_piece_rows) = (position, 0);
            }
        }
        if piece_start < position {
            pieces.push(piece_start..position);
        }
        Ok(pieces)
    }

    /// Where the record that starts at `position` ends, reading on as needed; `None` at the end of the file.
    fn next_record(&mut self, position: usize) -> Result<Option<usize>, DataError> {
        loop {
            // Near the end of the file a line may be a remark behind the rows, so the end is looked for first.
            if self.rows_end.is_none() && self.buffer.len() - position < body::TAIL_BYTES {
                self.read_on(position)?;
                continue;
            }
            let end = self.rows_end.unwrap_or(self.buffer.len());
            if position >= end {
                return Ok(None);
            }
            let watch = (self.format.watch(), &mut self.seen.quirks);
            let n_loose = watch.1.n_loose;
            let found = watched_end(&self.buffer[..end], position, position, self.format.delimiter, watch);
            if let Some((offset, n_lines)) = self.seen.quirks.swallowed {
                return Err(self.error(Fault { offset, problem: Problem::Swallowed { n_lines } }));
            }
            if n_loose == 0 && self.seen.quirks.n_loose > 0 {
                self.seen.quirk_line = self.line + count_lines(&self.buffer[..position]);
            }
            match (found, self.rows_end) {
                (Ok(end), _) | (Err(Unfinished::Record), Some(end)) => return Ok(Some(end)),
                (Err(_), None) => self.read_on(position)?,
                (Err(Unfinished::Quote(offset)), Some(_)) => {
                    return Err(self.error(Fault { offset, problem: Problem::OpenQuote }));
                }
            }
        }
    }

    /// Reads more behind the record that starts at `position`; at the end of the file finds where the rows end.
    fn read_on(&mut self, position: usize) -> Result<(), DataError> {
        let n_left = self.buffer.len() - position;
        if n_left > MAX_RECORD_BYTES {
            return Err(self.error(Fault { offset: position, problem: Problem::LongRecord }));
        }
        let n_wanted = READ_BYTES.max(n_left);
        if self.source.read(n_wanted, &mut self.buffer, &self.path)? == 0 {
            self.rows_end = Some(self.end_of_rows(position));
        }
        Ok(())
    }

    /// Where totals and remarks start at the end of the file, if any do behind `position`.
    fn end_of_rows(&mut self, position: usize) -> usize {
        let filled = self.buffer[position..].iter().rposition(|byte| !byte.is_ascii_whitespace());
        if let Some(at) = filled.map(|at| position + at).filter(|at| self.buffer[*at] == 0x1a) {
            self.body.blank(&mut self.buffer[at..=at]);
        }
        let tail_start = self.buffer.len().saturating_sub(body::TAIL_BYTES);
        let tail_start = if tail_start > position { line_end(&self.buffer, tail_start) } else { position };
        match self.body.tail(&self.buffer[tail_start..]) {
            Some((at, n_lines)) => {
                let first = body::first_line(&self.buffer[tail_start + at..]);
                self.seen.left_out.tail = Some((n_lines, first));
                tail_start + at
            }
            None => self.buffer.len(),
        }
    }

    /// What was odd about the file as far as it was read.
    pub fn findings(&self) -> Vec<Finding> {
        let seen = &self.seen;
        let mut findings = remarks::of_source(&self.source);
        findings.extend(seen.findings.iter().cloned());
        findings.extend(seen.left_out.findings());
        findings.extend(remarks::of_lengths(seen.n_short, seen.n_long, seen.n_rows));
        findings.extend(remarks::of_quotes(&seen.quirks, |_| seen.quirk_line));
        findings
    }

    fn chunk(&mut self, pieces: &[Piece]) -> Chunk {
        let mut verbatim = vec![VerbatimColumn::default(); self.format.verbatim.len()];
        for piece in pieces {
            verbatim.iter_mut().zip(&piece.verbatim).for_each(|(all, more)| all.append(more));
            for (picked, tally) in self.choice.picked.iter().zip(&mut self.tallies) {
                if let Some(more) = piece.columns[picked.file_idx].tally() {
                    tally.merge(more);
                }
            }
        }
        Chunk { table: self.table(pieces), verbatim }
    }

    fn table(&self, pieces: &[Piece]) -> Table {
        let Choice { plans, picked: all_picked, .. } = &self.choice;
        let start = |picked: &Picked| (plans[picked.file_idx].start(), Cells::Numbers(Vec::new()));
        let mut joined: Vec<(Parsed, Cells)> = all_picked.iter().map(start).collect();
        let n_rows = pieces.iter().map(|piece| piece.n_rows).sum();
        self.workers.each(&mut joined, |idx, (parsed, cells)| {
            let picked = &all_picked[idx];
            parsed.reserve(n_rows);
            for piece in pieces {
                parsed.append(&piece.columns[picked.file_idx]);
            }
            *cells = std::mem::replace(parsed, Parsed::Skipped).into_cells(&picked.levels);
        });
        let columns = all_picked.iter().zip(joined);
        let columns =
            columns.map(|(picked, (_, cells))| Column { name: picked.name.clone(), cells }).collect();
        Table { columns, n_rows }
    }

    fn error(&self, fault: Fault) -> DataError {
        fault.into_error(&self.path, &self.buffer, self.line, &self.names)
    }
}
