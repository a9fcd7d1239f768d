//! What can be wrong with a table, said so that its owner can mend it.

use std::fmt::Write;
use std::path::PathBuf;

use crate::finding::{Cure, Setting};
use crate::names::alike;
use crate::visible::{self, is_steering};

/// Why a table could not be read or described.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file cannot be opened or read.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The path is a folder.
    #[error("{}: is a folder; expected a CSV file", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The gzip stream is damaged or ends early.
    #[error("{}: the gzip data is damaged or cut off ({source}); fetch or compress the file again", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decompressor said.
        source: std::io::Error,
    },
    /// The file is of another format.
    #[error("{}: expected CSV text, found {found}; {advice}", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// What its first bytes say.
        found: &'static str,
        /// How to get a table of it.
        advice: &'static str,
    },
    /// Standard input was asked for, and it is the keyboard.
    #[error("standard input: nothing is piped into it; name a file, or write `… | kitae …`")]
    NothingPiped,
    /// More text than may be held in memory at once.
    #[error(
        "{}: {} of text, and at most {} are read into memory; `reading.max_bytes = \"{}\"` raises the limit, or take fewer \
         rows or columns (`kitae predict` reads files of any size)",
        path.display(), size_of(*n_bytes, *limit), in_units(*limit), raised(*n_bytes, *limit)
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How much it is, if that is known.
        n_bytes: Option<u64>,
        /// How much is allowed.
        limit: u64,
    },
    /// More columns than a table can have.
    #[error("{}: {n_columns} columns, and at most {limit} are read; are rows and columns exchanged, or line ends missing?", path.display())]
    TooWide {
        /// The file.
        path: PathBuf,
        /// How many columns the first line names.
        n_columns: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The text is not of the encoding asked for.
    #[error("{}: not all of it is {encoding}; give another `reading.encoding`", path.display())]
    NotInEncoding {
        /// The file.
        path: PathBuf,
        /// The encoding asked for.
        encoding: String,
    },
    /// There is not a single record.
    #[error("{}: the file is empty; expected a line of column names, then one line a row", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// There are column names and nothing else.
    #[error("{}: there are column names but no rows", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// More rows than positions can be numbered.
    #[error("{}: more than 4 294 967 294 rows; split the file", path.display())]
    TooManyRows {
        /// The file.
        path: PathBuf,
    },
    /// The delimiter asked for cannot separate cells.
    #[error(
        "the delimiter cannot be byte {byte:#04x}; expected a printable ASCII character or a tab, no quote"
    )]
    Delimiter {
        /// The byte asked for.
        byte: u8,
    },
    /// A byte that is not UTF-8.
    #[error(
        "{}: line {line}, column {column}: byte {byte:#04x} is not UTF-8; {}",
        path.display(), encoding_advice(guessed.as_deref())
    )]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: usize,
        /// The first byte that cannot be read.
        byte: u8,
        /// What the text is most probably; nothing if it is UTF-8 but for damage.
        guessed: Option<String>,
    },
    /// Zero bytes, which no text holds.
    #[error("{}: line {line}: zero bytes; the file is damaged, or it is UTF-16 (`reading.encoding = \"utf-16le\"` or `reading.encoding = \"utf-16be\"`)", path.display())]
    ZeroByte {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A quote that opens and never closes.
    #[error(
        "{}: line {line}: the quote that opens here never closes; a quote inside a quoted cell is written twice; `reading.quote = \"none\"` reads quotes as ordinary characters",
        path.display()
    )]
    OpenQuote {
        /// The file.
        path: PathBuf,
        /// The line of the opening quote, from 1.
        line: u64,
    },
    /// A quoted cell that holds lines like rows.
    #[error(
        "{}: line {line}: the quote that opens here closes {n_lines} lines further down, and those look like rows; mend the line, or `reading.quote = \"none\"` reads quotes as ordinary characters, or `reading.quote = \"\\\"\"` reads the lines as one cell",
        path.display()
    )]
    SwallowedRows {
        /// The file.
        path: PathBuf,
        /// The line of the opening quote, from 1.
        line: u64,
        /// How many lines the cell goes on.
        n_lines: usize,
    },
    /// A record of absurd length.
    #[error("{}: line {line}: this record is longer than 256 MiB; is the closing quote of a cell missing?", path.display())]
    LongRecord {
        /// The file.
        path: PathBuf,
        /// The line where the record starts, from 1.
        line: u64,
    },
    /// A row with too many or too few cells.
    #[error(
        "{}: line {line}: {found} cells where the header has {expected}; {advice}",
        path.display()
    )]
    Ragged {
        /// The file.
        path: PathBuf,
        /// The line where the row starts, from 1.
        line: u64,
        /// How many columns the header names.
        expected: usize,
        /// How many cells the row has.
        found: usize,
        /// How to mend it.
        advice: String,
    },
    /// Two columns with one name.
    #[error("{}: columns {first} and {second} are both called `{}`; rename one", path.display(), shortened(name))]
    DuplicateName {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// The first column of that name, from 1.
        first: usize,
        /// The second column of that name, from 1.
        second: usize,
    },
    /// The first line holds values, not names.
    #[error(
        "{}: the first line holds values like those below it, so the column names seem to be missing; add a line of names, or `reading.has_header = false` calls the columns column_1, column_2 and so on",
        path.display()
    )]
    NoHeader {
        /// The file.
        path: PathBuf,
    },
    /// A cell that does not fit the kind of its column.
    #[error("{place}, column `{}`: expected {expected}, found `{text}`; {advice}", shortened(column))]
    Cell {
        /// The file and line, or the row.
        place: Location,
        /// The column.
        column: String,
        /// What the column holds.
        expected: &'static str,
        /// What the cell holds, shortened.
        text: String,
        /// How to mend it.
        advice: &'static str,
    },
    /// Columns that are needed and not there.
    #[error(
        "{name}: missing {}: {}; the columns are {}{}",
        plural(missing.len()), listed(missing), listed(found), namesakes(missing, found)
    )]
    MissingColumns {
        /// The file or table.
        name: String,
        /// The columns that are needed.
        missing: Vec<String>,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// A name that no column has.
    #[error("no column is called `{}`{}", shortened(name), suggestion(close, found))]
    UnknownColumn {
        /// The name asked for.
        name: String,
        /// Names that look alike, the closest first.
        close: Vec<String>,
        /// All names.
        found: Vec<String>,
    },
    /// What was asked for a column cannot be.
    #[error("column `{column}`: {problem}")]
    Hint {
        /// The column.
        column: String,
        /// What is wrong and how to mend it.
        problem: String,
    },
    /// A file of hints that cannot be understood.
    #[error("{}: {message}", path.display())]
    HintFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        message: String,
    },
}

/// Where a cell is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A line of a file, from 1.
    Line {
        /// The file.
        path: PathBuf,
        /// The line where the row starts.
        line: u64,
    },
    /// A row of a table in memory, from 1; the header is not counted.
    Row(usize),
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line { path, line } => write!(f, "{}: line {line}", path.display()),
            Self::Row(row) => write!(f, "row {row} (the header not counted)"),
        }
    }
}

/// `text` cut to a length that fits into a message, with control characters made visible.
pub(crate) fn shortened(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().take(60) {
        match c {
            '\n' | '\r' | '\t' => short.extend(c.escape_debug()),
            c if is_steering(c) => visible::push(&mut short, c),
            c => short.push(c),
        }
    }
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

fn encoding_advice(guessed: Option<&str>) -> String {
    match guessed {
        Some(name) => format!("the text looks like {name}: `{}`", Cure::with(Setting::Encoding, name)),
        None => "the rest of the file is UTF-8, so these bytes are damaged: mend or remove them".to_owned(),
    }
}

/// Bytes as a person says them.
fn in_units(n_bytes: u64) -> String {
    let (unit, name) = match n_bytes {
        0..0x10_0000 => (1 << 10, "KiB"),
        0x10_0000..0x4000_0000 => (1 << 20, "MiB"),
        _ => (1 << 30, "GiB"),
    };
    format!("{:.1} {name}", n_bytes as f64 / f64::from(unit))
}

fn size_of(n_bytes: Option<u64>, limit: u64) -> String {
    n_bytes.map_or_else(|| format!("more than {}", in_units(limit)), in_units)
}

/// A limit under which a text fits, as far as its size is known.
fn raised(n_bytes: Option<u64>, limit: u64) -> String {
    let wanted = n_bytes.unwrap_or(limit.saturating_mul(2));
    format!("{}G", (wanted >> 30) + 1)
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "column" } else { "columns" }
}

fn listed(names: &[String]) -> String {
    let mut text: Vec<String> = names.iter().take(20).map(|name| format!("`{}`", shortened(name))).collect();
    if names.len() > 20 {
        text.push(format!("… ({} in all)", names.len()));
    }
    text.join(", ")
}

/// Several columns that could be a missing one.
fn namesakes(missing: &[String], found: &[String]) -> String {
    let mut text = String::new();
    for name in missing.iter().take(20) {
        let alike: Vec<String> = alike(name, found).into_iter().map(str::to_owned).collect();
        if !alike.is_empty() {
            let _ = write!(text, "; call one of {} `{name}`", listed(&alike));
        }
    }
    text
}

fn suggestion(close: &[String], found: &[String]) -> String {
    if close.is_empty() {
        format!("; the columns are {}", listed(found))
    } else {
        format!("; did you mean {}?", listed(close))
    }
}
