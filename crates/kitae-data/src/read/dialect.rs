//! How the cells of a text are written, and how well a guess fits the first lines.

use std::collections::HashSet;

use super::fault::count_lines;
use super::fields::{FieldReader, Fields};
use super::rewrite::{CANONICAL, Rewriter};
use super::{Mark, ReadOptions};

/// How many records a guess is judged by.
const SAMPLE_RECORDS: usize = 100;

/// What stands between two cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Byte(u8),
    Text(Vec<u8>),
    /// So many blanks or more.
    Blanks(usize),
}

/// How cells are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) separator: Separator,
    pub(super) quote: Option<u8>,
    /// What makes the next character an ordinary one.
    pub(super) escape: Option<u8>,
    /// What begins a line that is no row.
    pub(super) comment: Option<u8>,
    /// Whether blanks may stand before an opening quote.
    pub(super) has_padding: bool,
    /// Whether whole lines are quoted, beside their cells.
    pub(super) is_wrapped: bool,
}

impl Dialect {
    /// Plain CSV.
    pub(super) fn plain(delimiter: u8) -> Self {
        Self {
            separator: Separator::Byte(delimiter),
            quote: Some(b'"'),
            escape: None,
            comment: None,
            has_padding: false,
            is_wrapped: false,
        }
    }

    /// The delimiter, if the text can be read without being rewritten.
    pub(super) fn as_plain(&self) -> Option<u8> {
        match self.separator {
            Separator::Byte(delimiter) if *self == Self::plain(delimiter) => Some(delimiter),
            _ => None,
        }
    }

    /// The byte between cells, if it is one and quotes are to be watched: whoever names the quote means it.
    pub(super) fn watched_delimiter(&self, options: &ReadOptions) -> Option<u8> {
        match self.separator {
            Separator::Byte(byte) if options.quote == Mark::Auto => Some(byte),
            _ => None,
        }
    }

    /// The options, with what was found out that a short file of the same kind may not show.
    pub(super) fn pinned(&self, options: &ReadOptions) -> ReadOptions {
        let comment = match (options.comment, self.comment) {
            (Mark::Auto, Some(byte)) => Mark::Byte(byte),
            (asked, _) => asked,
        };
        ReadOptions { comment, ..options.clone() }
    }

    /// How long the separator is that `text` begins with.
    #[inline]
    pub(super) fn separator_at(&self, text: &[u8]) -> Option<usize> {
        match &self.separator {
            Separator::Byte(byte) => (text[0] == *byte).then_some(1),
            Separator::Text(separator) => text.starts_with(separator).then_some(separator.len()),
            Separator::Blanks(_) => None,
        }
    }

    /// Whether only what follows `text` says if it begins with the separator.
    #[inline]
    pub(super) fn may_begin_separator(&self, text: &[u8]) -> bool {
        match &self.separator {
            Separator::Text(separator) => text.len() < separator.len() && separator.starts_with(text),
            _ => false,
        }
    }

    /// The whole of `text` as plain CSV; the first `n_skipped` bytes hold no rows.
    pub(super) fn rewrite(&self, text: &[u8], n_skipped: usize) -> (Vec<u8>, Rewriter) {
        let mut rewriter = Rewriter::new(self, n_skipped);
        let mut output = Vec::with_capacity(text.len() + text.len() / 8);
        rewriter.push(text, &mut output);
        rewriter.finish(&mut output);
        (output, rewriter)
    }
}

/// The first records of a text as a dialect cuts them.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) records: Vec<Record>,
    /// Closing quotes that text follows, or a quote that does not close.
    pub(super) n_faults: usize,
    /// Which record names the columns.
    pub(super) header: usize,
    /// How many cells that has.
    pub(super) n_columns: usize,
    /// The share of the records that have as many cells.
    pub(super) share: f64,
}

/// The cells of a record and where it is.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) cells: Vec<String>,
    /// Where it starts in the text, as the dialect rewrites it if it is not plain.
    pub(super) offset: usize,
    /// How many lines are before it.
    pub(super) n_lines: usize,
}

impl Record {
    /// How many cells there are but for empty ones behind the first `n_columns`.
    fn n_cells(&self, n_columns: usize) -> usize {
        let is_tail_empty = self.cells.iter().skip(n_columns).all(String::is_empty);
        if is_tail_empty { self.cells.len().min(n_columns) } else { self.cells.len() }
    }

    pub(super) fn n_filled(&self) -> usize {
        self.cells.iter().filter(|cell| !cell.is_empty()).count()
    }
}

impl Sample {
    /// Cuts the first records of `text`; the last one of a text that goes on is left out.
    pub(super) fn cut(text: &[u8], goes_on: bool, dialect: &Dialect) -> Self {
        let rewritten;
        let (canonical, delimiter, n_faults) = if let Some(delimiter) = dialect.as_plain() {
            (text, delimiter, n_quote_faults(text, goes_on, delimiter))
        } else {
            let rewriter;
            (rewritten, rewriter) = dialect.rewrite(text, 0);
            (&rewritten[..], CANONICAL, rewriter.n_faults(goes_on))
        };
        let (mut fields, mut reader) = (Fields::new(0), FieldReader::new(canonical, delimiter));
        let mut records = Vec::new();
        let (mut last, mut n_lines) = (0, 0);
        while records.len() < SAMPLE_RECORDS {
            let Some(offset) = reader.next_record(&mut fields) else { break };
            if goes_on && reader.is_at_end() && !records.is_empty() {
                break;
            }
            let cells = fields.cells().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
            n_lines += count_lines(&canonical[last..offset]) as usize;
            last = offset;
            records.push(Record { cells, offset, n_lines });
        }
        let mut sample = Self { records, n_faults, header: 0, n_columns: 0, share: 0.0 };
        sample.find_header();
        sample
    }

    /// Finds the record that names the columns: the first one, or the first one of the usual length.
    fn find_header(&mut self) {
        let Some(first) = self.records.first().map(|record| record.cells.len()) else { return };
        let usual = self.usual_length();
        self.n_columns = first;
        if usual > first && (usual > first + 1 || first == 1) {
            let found = self.records.iter().position(|record| record.cells.len() == usual);
            if let Some(found) =
                found.filter(|found| self.names_columns(*found) && self.is_above_figures(*found))
            {
                (self.header, self.n_columns) = (found, usual);
            }
        } else if usual == first {
            self.header = if self.has_two_levels() { 1 } else { self.padded_preamble() };
        }
        let n_equal = self.records.iter().filter(|record| record.n_cells(self.n_columns) == self.n_columns);
        self.share = n_equal.count() as f64 / self.records.len() as f64;
    }

    /// The most frequent number of cells above 1.
    fn usual_length(&self) -> usize {
        let lengths: Vec<usize> = self.records.iter().map(|record| record.cells.len()).collect();
        let n_of = |length: usize| lengths.iter().filter(|other| **other == length).count();
        let many = lengths.iter().copied().filter(|length| *length > 1);
        many.max_by_key(|length| (n_of(*length), std::cmp::Reverse(*length))).unwrap_or(1)
    }

    /// Whether a record can be the line of names under lines of another kind.
    fn names_columns(&self, idx: usize) -> bool {
        let cells = &self.records[idx].cells;
        let distinct: HashSet<&String> = cells.iter().collect();
        let is_name = |cell: &String| !cell.is_empty() && (!is_figure(cell) || is_year(cell));
        idx <= 30
            && distinct.len() == cells.len()
            && cells.iter().filter(|cell| is_name(cell)).count() + 1 >= cells.len()
            && cells.iter().any(|cell| !cell.is_empty() && !is_figure(cell))
    }

    /// Whether a record has a word where the records below have figures.
    fn is_above_figures(&self, idx: usize) -> bool {
        let cells = &self.records[idx].cells;
        let below = || self.records[idx + 1..].iter().filter(|record| record.cells.len() == cells.len());
        let n_figures = |column: usize| below().filter(|record| is_figure(&record.cells[column])).count();
        let n_below = below().count();
        let is_word = |cell: &str| !is_figure(cell) || is_year(cell);
        let is_above = |column: usize| is_word(&cells[column]) && n_figures(column) * 5 >= n_below * 4;
        n_below > 0 && (0..cells.len()).any(is_above)
    }

    /// Whether the first record gathers columns under common names, and the second one names them.
    fn has_two_levels(&self) -> bool {
        let [first, second, ..] = &self.records[..] else { return false };
        let filled: Vec<&String> = first.cells.iter().filter(|cell| !cell.is_empty()).collect();
        let distinct: HashSet<&&String> = filled.iter().collect();
        distinct.len() < filled.len()
            && first.cells.len() == second.cells.len()
            && filled.iter().all(|cell| !is_figure(cell))
            && self.names_columns(1)
            && self.is_above_figures(1)
    }

    /// Lines of remarks above the names that are filled up with delimiters; 0 without them.
    fn padded_preamble(&self) -> usize {
        let n_columns = self.n_columns;
        let is_sparse =
            |record: &Record| record.cells.len() == n_columns && record.n_filled() * 2 <= n_columns;
        if n_columns < 3 || !self.records.first().is_some_and(is_sparse) {
            return 0;
        }
        let found = self.records.iter().position(|record| record.n_filled() == n_columns);
        found.filter(|idx| self.names_columns(*idx) && self.is_above_figures(*idx)).unwrap_or(0)
    }

    /// The records under the names.
    pub(super) fn rows(&self) -> &[Record] {
        self.records.get(self.header + 1..).unwrap_or_default()
    }

    /// Whether the guess explains the text: it cuts most records into as many cells, at least `n_least`.
    pub(super) fn fits(&self, n_least: usize, share: f64) -> bool {
        self.n_columns >= n_least && self.share >= share
    }
}

/// Closing quotes that something else than a delimiter or a line end follows, and a quote that stays open.
fn n_quote_faults(text: &[u8], goes_on: bool, delimiter: u8) -> usize {
    if memchr::memchr(b'"', text).is_none() {
        return 0;
    }
    let mut rewriter = Rewriter::new(&Dialect::plain(delimiter), 0);
    rewriter.push(text, &mut Vec::with_capacity(text.len()));
    rewriter.n_faults(goes_on)
}

/// Whether a cell holds a number, an amount, a date or a time in any notation.
pub(super) fn is_figure(cell: &str) -> bool {
    let is_sign = |c: char| ".,-+%$€£¥'():/ \u{a0}\u{202f}\u{2212}".contains(c);
    let n_letters = cell.chars().filter(|c| "eEdDT".contains(*c)).count();
    cell.chars().any(|c| c.is_ascii_digit())
        && cell.chars().all(|c| c.is_ascii_digit() || is_sign(c) || "eEdDT".contains(c))
        && (n_letters == 0 || n_letters == 1 && cell.starts_with(|c: char| !c.is_alphabetic()))
}

fn is_year(cell: &str) -> bool {
    cell.len() == 4 && cell.bytes().all(|byte| byte.is_ascii_digit())
}
