//! Reads files of any size, some rows at a time, when the columns are known.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fault::{Fault, MAX_RECORD_BYTES, Problem, count_lines};
use super::header::{Extent, Header, SAMPLE_BYTES};
use super::piece::{Format, Piece};
use super::plan::{Parsed, Plan};
use super::records::{Unfinished, record_end};
use super::source::Source;
use super::whole::parse_pieces;
use super::workers::Workers;
use super::{Markers, ReadOptions};
use crate::apply::LevelCodes;
use crate::error::DataError;
use crate::infer::TimeForm;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Column, Table};

const READ_BYTES: usize = 1 << 20;

/// Which columns are read and how many rows at a time.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::read::{ChunkOptions, ReadOptions, read_csv_as};
///
/// let (schema, _) = csv::described("size,price\n1.5,10\n2,12\n4,9.5\n")?;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("new.csv");
/// std::fs::write(&path, "size\n3\n")?;
/// // The price is what is to be found out.
/// let columns = ChunkOptions { optional: vec!["price".to_owned()], ..ChunkOptions::default() };
/// let table = read_csv_as(&path, &schema, &ReadOptions::default(), &columns)?;
/// assert_eq!((table.n_rows, table.columns.len()), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkOptions {
    /// The most rows a chunk has; 0 counts as 1.
    pub chunk_rows: usize,
    /// Feature columns that the file may lack, such as the target when one predicts.
    pub optional: Vec<String>,
    /// Columns that are not read even if they are there.
    pub skip: Vec<String>,
    /// Columns that are no features and are read all the same, as texts, such as identifiers.
    pub keep: Vec<String>,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self { chunk_rows: 1 << 16, optional: Vec::new(), skip: Vec::new(), keep: Vec::new() }
    }
}

/// The tables of a file, a chunk of rows each. Made by [`read_chunks`].
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::read::{ChunkOptions, ReadOptions, read_chunks};
///
/// let (schema, _) = csv::described("size\n1.5\n2\n4\n")?;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shirts.csv");
/// std::fs::write(&path, "size\n1\n2\nthree\n")?;
/// let options = ChunkOptions { chunk_rows: 2, ..ChunkOptions::default() };
/// let mut chunks = read_chunks(&path, &schema, &ReadOptions::default(), &options)?;
/// assert!(chunks.next().is_some_and(|chunk| chunk.is_ok()));
/// // Nothing follows an error.
/// assert!(chunks.next().is_some_and(|chunk| chunk.is_err()));
/// assert!(chunks.next().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Chunks {
    path: PathBuf,
    source: Source,
    /// Bytes read and not yet given out start at `start`; line `line` starts at position 0.
    buffer: Vec<u8>,
    start: usize,
    line: u64,
    names: Vec<String>,
    format: Format,
    plans: Vec<Plan>,
    picked: Vec<Picked>,
    chunk_rows: usize,
    workers: Workers,
    state: State,
}

/// A column of the chunks and where it is in the file.
struct Picked {
    file_idx: usize,
    name: String,
    levels: Vec<String>,
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
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::read::{ChunkOptions, ReadOptions, read_chunks};
///
/// let (schema, _) = csv::described("size\n1.5\n2\n4\n")?;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shirts.csv");
/// std::fs::write(&path, "size\n1\n2\n3\n4\n5\n")?;
/// let options = ChunkOptions { chunk_rows: 2, ..ChunkOptions::default() };
/// let chunks = read_chunks(&path, &schema, &ReadOptions::default(), &options)?;
/// let n_rows: Result<Vec<usize>, _> = chunks.map(|chunk| chunk.map(|table| table.n_rows)).collect();
/// assert_eq!(n_rows?, [2, 2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    let mut source = Source::open(path)?;
    let mut buffer = Vec::new();
    let header = read_header(&mut source, &mut buffer, options, path)?;
    let (plans, picked) = plan_columns(&header.names, schema, chunks, path)?;
    let markers = Markers::new(&options.extra_missing);
    Ok(Chunks {
        path: path.to_path_buf(),
        source,
        buffer,
        start: header.body_start,
        line: 1,
        format: Format { delimiter: header.delimiter, n_columns: header.names.len(), markers },
        names: header.names,
        plans,
        picked,
        chunk_rows: chunks.chunk_rows.max(1),
        workers: Workers::new(options.n_threads),
        state: State::Fresh,
    })
}

/// Reads a whole file whose columns are known; as [`read_chunks`], in one table.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::read::{ChunkOptions, ReadOptions, read_csv_as};
/// use kitae_data::table::{Cells, UNSEEN};
///
/// let (schema, _) = csv::described("size,colour\n1.5,red\n2,blue\n4,red\n")?;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shirts.csv");
/// std::fs::write(&path, "colour,size\npink,3\nred,5\n")?;
/// let table = read_csv_as(&path, &schema, &ReadOptions::default(), &ChunkOptions::default())?;
/// assert_eq!(table.columns[0].cells, Cells::Numbers(vec![3.0, 5.0]));
/// assert!(matches!(&table.columns[1].cells, Cells::Levels { codes, .. } if *codes == [UNSEEN, 2]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
        let table = self.next_table().transpose();
        if matches!(table, Some(Err(_))) {
            self.state = State::Done;
        }
        table
    }
}

impl Chunks {
    fn next_table(&mut self) -> Result<Option<Table>, DataError> {
        loop {
            let pieces = self.next_pieces()?;
            let Some(end) = pieces.last().map(|range| range.end) else {
                let is_fresh = std::mem::replace(&mut self.state, State::Done) == State::Fresh;
                return Ok(is_fresh.then(|| self.table(&[])));
            };
            let parsed = parse_pieces(&self.buffer, &pieces, &self.format, &self.plans, &self.workers)
                .map_err(|fault| self.error(fault))?;
            self.start = end;
            if parsed.iter().any(|piece| piece.n_rows > 0) {
                self.state = State::Running;
                return Ok(Some(self.table(&parsed)));
            }
        }
    }

    /// The bytes of the next records, at most `chunk_rows`, cut into a piece for each thread.
    fn next_pieces(&mut self) -> Result<Vec<Range<usize>>, DataError> {
        self.line += count_lines(&self.buffer[..self.start]);
        self.buffer.drain(..self.start);
        self.start = 0;
        let piece_rows = self.chunk_rows.div_ceil(self.workers.n_threads()).max(256);
        let (mut pieces, mut piece_start, mut position) = (Vec::new(), 0, 0);
        let (mut n_rows, mut n_piece_rows) = (0, 0);
        while n_rows < self.chunk_rows {
            let Some(end) = self.next_record(position)? else { break };
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
            let unfinished = match record_end(&self.buffer, position, position, self.format.delimiter) {
                Ok(end) => return Ok(Some(end)),
                Err(unfinished) => unfinished,
            };
            let n_left = self.buffer.len() - position;
            if n_left > MAX_RECORD_BYTES {
                return Err(self.error(Fault { offset: position, problem: Problem::LongRecord }));
            }
            let n_wanted = READ_BYTES.max(n_left);
            if self.source.read(n_wanted, &mut self.buffer, &self.path)? == 0 {
                return match unfinished {
                    Unfinished::Quote(offset) => {
                        Err(self.error(Fault { offset, problem: Problem::OpenQuote }))
                    }
                    Unfinished::Record => Ok((n_left > 0).then_some(self.buffer.len())),
                };
            }
        }
    }

    fn table(&self, pieces: &[Piece]) -> Table {
        let mut joined: Vec<(Parsed, Cells)> = self
            .picked
            .iter()
            .map(|picked| (self.plans[picked.file_idx].start(), Cells::Numbers(Vec::new())))
            .collect();
        let n_rows = pieces.iter().map(|piece| piece.n_rows).sum();
        let all_picked = &self.picked;
        self.workers.each(&mut joined, |idx, (parsed, cells)| {
            let picked = &all_picked[idx];
            parsed.reserve(n_rows);
            for piece in pieces {
                parsed.append(&piece.columns[picked.file_idx]);
            }
            *cells = std::mem::replace(parsed, Parsed::Skipped).into_cells(&picked.levels);
        });
        let columns = self.picked.iter().zip(joined);
        let columns =
            columns.map(|(picked, (_, cells))| Column { name: picked.name.clone(), cells }).collect();
        Table { columns, n_rows }
    }

    fn error(&self, fault: Fault) -> DataError {
        fault.into_error(&self.path, &self.buffer, self.line, &self.names)
    }
}

/// Reads until the header is whole.
fn read_header(
    source: &mut Source,
    buffer: &mut Vec<u8>,
    options: &ReadOptions,
    path: &Path,
) -> Result<Header, DataError> {
    loop {
        let n_wanted = SAMPLE_BYTES.max(buffer.len());
        let extent =
            if source.read(n_wanted, buffer, path)? < n_wanted { Extent::Whole } else { Extent::Beginning };
        let header = Header::read(buffer, extent, options.delimiter, path)?;
        if extent == Extent::Whole || header.body_start < buffer.len() {
            return Ok(header);
        }
    }
}

/// What is done with each column of the file, and which come out in what order.
fn plan_columns(
    names: &[String],
    schema: &Schema,
    chunks: &ChunkOptions,
    path: &Path,
) -> Result<(Vec<Plan>, Vec<Picked>), DataError> {
    let mut plans = vec![Plan::Skip; names.len()];
    let (mut picked, mut missing) = (Vec::new(), Vec::new());
    let place: HashMap<&str, usize> =
        names.iter().enumerate().map(|(file_idx, name)| (name.as_str(), file_idx)).collect();
    for column in &schema.columns {
        let is_kept = chunks.keep.contains(&column.name);
        if chunks.skip.contains(&column.name) || !(is_kept || column.kind.is_feature()) {
            continue;
        }
        match place.get(column.name.as_str()) {
            Some(&file_idx) => {
                plans[file_idx] = plan_of(column)?;
                let levels = column.levels.clone();
                picked.push(Picked { file_idx, name: column.name.clone(), levels });
            }
            None if chunks.optional.contains(&column.name) => {}
            None => missing.push(column.name.clone()),
        }
    }
    if missing.is_empty() {
        return Ok((plans, picked));
    }
    Err(DataError::MissingColumns { name: path.display().to_string(), missing, found: names.to_vec() })
}

fn plan_of(column: &ColumnSchema) -> Result<Plan, DataError> {
    Ok(match column.kind {
        Kind::Number => Plan::Quantity,
        Kind::Category | Kind::Boolean => Plan::Levels(LevelCodes::new(&column.levels)),
        Kind::Time => Plan::Time(TimeForm::of_column(column)?),
        _ => Plan::Text,
    })
}
