//! Lines under the names that are no rows: rules, units, the names again, totals and remarks. They are
//! overwritten with blanks, so that positions and line numbers stay.

use super::dialect::{Dialect, Record, Sample, is_figure};
use super::fields::{FieldReader, Fields};
use super::guess::line_end;
use crate::cell::is_soft;
use crate::error::shortened;
use crate::finding::{Finding, Severity, What};

/// How many bytes from the end are searched for totals and remarks.
pub(super) const TAIL_BYTES: usize = 1 << 14;
const TAIL_LINES: usize = 24;

/// What the first rows say about the columns.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) delimiter: u8,
    /// The names as they are written in the file, without the line end.
    header: Vec<u8>,
    /// Which columns hold figures.
    pub(super) figures: Vec<bool>,
    /// Whether rows begin with a cell for which there is no name.
    pub(super) has_row_names: bool,
    /// Whether the line of names is a row like the others.
    pub(super) lacks_names: bool,
}

/// What is left out of the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Lines that repeat the names.
    pub(super) n_headers: usize,
    /// A line of units, or a second line of names.
    pub(super) units: Option<String>,
    /// Lines behind the rows, and the first of them.
    pub(super) tail: Option<(usize, String)>,
}

/// Lines right under the names that are no rows.
#[derive(Clone, Debug)]
pub(super) struct HeadLines {
    pub(super) range: std::ops::Range<usize>,
    /// What they hold, if it is units.
    pub(super) units: Option<String>,
}

impl Body {
    /// Looks at the first of the rows in `text`, which follow `header`.
    pub(super) fn look(header: &[u8], names: &[String], text: &[u8], goes_on: bool, delimiter: u8) -> Self {
        let rows = first_rows(text, goes_on, delimiter);
        let has_row_names = has_row_names(&rows, names.len());
        let n_columns = names.len() + usize::from(has_row_names);
        let figures = (0..n_columns).map(|column| are_figures(&rows, column)).collect();
        let header = header.trim_ascii().to_vec();
        let body = Self { delimiter, header, figures, has_row_names, lacks_names: false };
        Self { lacks_names: !has_row_names && body.are_values(names, &rows), ..body }
    }

    fn n_columns(&self) -> usize {
        self.figures.len()
    }

    /// Whether the names are values: figures above figures, and texts that come again below.
    fn are_values(&self, names: &[String], rows: &[Record]) -> bool {
        let values = |column: usize| rows.iter().filter_map(move |row| row.cells.get(column));
        let is_above_figures = |column: usize| self.figures[column] && is_figure(&names[column]);
        let comes_again = |column: usize| values(column).any(|cell| *cell == names[column]);
        let texts: Vec<usize> = (0..names.len()).filter(|column| !self.figures[*column]).collect();
        let n_figures = self.figures.iter().filter(|is_figures| **is_figures).count();
        let n_again = texts.iter().filter(|column| comes_again(**column)).count();
        let all_figures = (0..names.len()).all(|column| !self.figures[column] || is_above_figures(column));
        if rows.len() < 5 || names.len() < 2 || !all_figures {
            return false;
        }
        if n_figures == 0 { n_again == texts.len() } else { n_again > 0 && n_again * 2 >= texts.len() }
    }

    /// A rule or a line of units at the start of `text`.
    pub(super) fn head(&self, text: &[u8], goes_on: bool) -> Option<HeadLines> {
        let start = text.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let start = memchr::memrchr2(b'\n', b'\r', &text[..start]).map_or(0, |at| at + 1);
        let end = line_end(text, start);
        if is_rule(&text[start..end]) {
            return Some(HeadLines { range: start..end, units: None });
        }
        let rows = first_rows(text, goes_on, self.delimiter);
        let [first, second, ..] = &rows[..] else { return None };
        let cells: Vec<&str> = first.cells.iter().map(String::as_str).collect();
        let lines =
            HeadLines { range: first.offset..second.offset, units: Some(shortened(&cells.join(" "))) };
        self.holds_units(first, &rows[1..]).then_some(lines)
    }

    /// Whether a row has texts above all figures, and nothing that comes again above texts.
    fn holds_units(&self, first: &Record, rows: &[Record]) -> bool {
        let figures: Vec<bool> = (0..self.n_columns()).map(|column| are_figures(rows, column)).collect();
        let n_figures = figures.iter().filter(|is_figures| **is_figures).count();
        let is_unit = |cell: &str| !cell.is_empty() && !is_figure(cell) && !is_soft(cell.as_bytes());
        let is_marker = |cell: &str| cell.is_empty() || is_soft(cell.as_bytes());
        let above = |wanted: bool| {
            let cells = first.cells.iter().zip(&figures).enumerate();
            cells
                .filter(move |(_, (_, is_figures))| **is_figures == wanted)
                .map(|(column, (cell, _))| (column, cell))
        };
        let comes_again = |column: usize, cell: &str| {
            rows.iter().any(|row| row.cells.get(column).is_some_and(|other| other == cell))
        };
        let n_units = above(true).filter(|(_, cell)| is_unit(cell)).count();
        first.cells.len() == self.n_columns()
            && rows.len() >= 4
            && n_units > 0
            && (n_figures > 1 || self.n_columns() > 1)
            && n_units * 2 > n_figures
            && above(true).all(|(_, cell)| is_unit(cell) || is_marker(cell))
            && above(false).all(|(column, cell)| is_marker(cell) || !comes_again(column, cell))
    }

    /// Whether a record repeats the names.
    #[inline]
    pub(super) fn is_header(&self, record: &[u8]) -> bool {
        record.first() == self.header.first()
            && self.n_columns() > 1
            && record.starts_with(&self.header)
            && record[self.header.len()..].trim_ascii().is_empty()
    }

    /// Overwrites all records of `text` that repeat the names.
    pub(super) fn clear_headers(&self, text: &mut std::borrow::Cow<[u8]>, start: usize) -> usize {
        if self.n_columns() < 2 || self.header.is_empty() {
            return 0;
        }
        let found: Vec<usize> =
            memchr::memmem::find_iter(&text[start..], &self.header).map(|at| at + start).collect();
        let is_line = |at: &usize| {
            let begins = *at == 0 || matches!(text[at - 1], b'\n' | b'\r');
            begins && self.is_header(&text[*at..line_end(text, *at)])
        };
        let found: Vec<usize> = found.into_iter().filter(is_line).collect();
        for at in &found {
            let end = line_end(text, *at);
            self.blank(&mut text.to_mut()[*at..end]);
        }
        found.len()
    }

    /// Where totals and remarks begin behind the rows, and how many lines they are. `text` starts with a
    /// record and ends where the file ends.
    pub(super) fn tail(&self, text: &[u8]) -> Option<(usize, usize)> {
        let (mut end, mut found, mut first, mut n_lines) = (text.len(), None, 0, 0);
        for _ in 0..TAIL_LINES {
            let Some(start) = last_line(text, end) else { break };
            match self.line_kind(&text[start..end]) {
                // What stands apart is no row, if nothing of it looks like one.
                LineKind::Blank if n_lines > 0 => found = Some((first, n_lines)),
                LineKind::Blank => {}
                LineKind::Row => break,
                LineKind::Odd => (first, n_lines) = (start, n_lines + 1),
                LineKind::Aside => {
                    (first, n_lines) = (start, n_lines + 1);
                    found = Some((first, n_lines));
                }
            }
            end = start;
        }
        found
    }

    fn line_kind(&self, line: &[u8]) -> LineKind {
        let cells = self.cut_line(line);
        let first = cells.iter().find(|cell| !cell.is_empty());
        // Half of a quoted cell belongs to the line above.
        if !memchr::memchr_iter(b'"', line).count().is_multiple_of(2) || line.contains(&0) {
            LineKind::Row
        } else if line.trim_ascii().is_empty() || first.is_none() && self.n_columns() > 1 {
            LineKind::Blank
        } else if self.is_total(&cells) || self.is_remark(&cells) {
            LineKind::Aside
        } else if cells.len() != self.n_columns() && first.is_some_and(|cell| !is_figure(cell)) {
            LineKind::Odd
        } else {
            LineKind::Row
        }
    }

    fn cut_line(&self, line: &[u8]) -> Vec<String> {
        let (mut fields, mut reader) = (Fields::new(0), FieldReader::new(line, self.delimiter));
        match reader.next_record(&mut fields) {
            Some(_) => fields.cells().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect(),
            None => Vec::new(),
        }
    }

    /// Whether a line sums the rows up: a word for it, and cells that are empty or not there.
    fn is_total(&self, cells: &[String]) -> bool {
        let n_filled = cells.iter().filter(|cell| !cell.is_empty()).count();
        let word = cells.iter().find(|cell| !is_figure(cell) && !cell.is_empty());
        word.is_some_and(|word| is_total_word(word)) && (n_filled < self.n_columns()) && self.n_columns() > 1
    }

    /// Whether a line has a single cell that does not fit its column.
    fn is_remark(&self, cells: &[String]) -> bool {
        let filled: Vec<(usize, &String)> =
            cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()).collect();
        let [(column, cell)] = filled[..] else { return false };
        let is_odd = self.figures.get(column).copied().unwrap_or(true) && !is_soft(cell.as_bytes());
        let is_sentence = cell.split_whitespace().count() > 1 || cell.ends_with(':');
        self.n_columns() > 1 && !is_figure(cell) && (is_odd || is_sentence && self.n_columns() > 2)
    }

    /// Overwrites with blanks all but line ends.
    pub(super) fn blank(&self, text: &mut [u8]) {
        let blank = if self.delimiter == b' ' { b'\t' } else { b' ' };
        text.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = blank);
    }
}

/// What a line at the end is.
enum LineKind {
    /// Nothing, or delimiters alone.
    Blank,
    Row,
    /// Of another length; no row if it stands apart.
    Odd,
    /// A total or a remark.
    Aside,
}

impl LeftOut {
    /// What is to be said about it.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut note = |message: String| findings.push(Finding::new(What::File, Severity::Note, message));
        if let Some(units) = &self.units {
            note(format!(
                "the line under the names holds units or second names, not values, and was left out: `{units}`"
            ));
        }
        if self.n_headers > 0 {
            note(match self.n_headers {
                1 => "1 line among the rows repeats the names of the columns and was left out".to_owned(),
                n => format!("{n} lines among the rows repeat the names of the columns and were left out"),
            });
        }
        if let Some((n_lines, first)) = &self.tail {
            note(match n_lines {
                1 => format!("the last line is no row but a total or a remark, and was left out: `{first}`"),
                _ => format!(
                    "the last {n_lines} lines are no rows but totals or remarks, and were left out, from `{first}` on"
                ),
            });
        }
        findings
    }
}

fn first_rows(text: &[u8], goes_on: bool, delimiter: u8) -> Vec<Record> {
    let end = text.len().min(1 << 20);
    Sample::cut(&text[..end], goes_on || end < text.len(), &Dialect::plain(delimiter)).records
}

/// Whether all cells of a column that are not missing hold figures; most do, where the first is another
/// thing.
fn are_figures(rows: &[Record], column: usize) -> bool {
    let cells = rows.iter().filter_map(|row| row.cells.get(column));
    let known = cells.filter(|cell| !cell.is_empty() && !is_soft(cell.as_bytes()) && !is_usual_marker(cell));
    let (mut n_known, mut n_figures) = (0, 0);
    for cell in known {
        n_known += 1;
        n_figures += usize::from(is_figure(cell));
    }
    n_known > 0 && n_figures * 10 >= n_known * 8
}

fn is_usual_marker(cell: &str) -> bool {
    super::Markers::default().is_missing(cell.as_bytes())
}

/// Whether each row has a cell more than there are names, and the first is a number of its own or a name.
fn has_row_names(rows: &[Record], n_columns: usize) -> bool {
    let first: Vec<&String> = rows.iter().filter_map(|row| row.cells.first()).collect();
    let distinct: std::collections::HashSet<&&String> = first.iter().collect();
    let counts: Option<Vec<u64>> = first.iter().map(|cell| cell.parse().ok()).collect();
    let has_figures = (1..=n_columns).any(|column| are_figures(rows, column));
    let is_name = |cell: &&String| !is_figure(cell);
    !rows.is_empty()
        && rows.iter().all(|row| row.cells.len() == n_columns + 1)
        && rows.iter().any(|row| row.cells.last().is_some_and(|cell| !cell.is_empty()))
        && distinct.len() == rows.len()
        && first.iter().all(|cell| !cell.is_empty())
        && (counts.is_some_and(|counts| counts.is_sorted())
            || rows.len() > 2 && has_figures && first.iter().all(is_name))
}

/// The first line of `text`, for a message.
pub(super) fn first_line(text: &[u8]) -> String {
    let line = String::from_utf8_lossy(&text[..line_end(text, 0)]).replace('\u{1f}', " ");
    shortened(line.trim())
}

/// Whether a line is drawn, as between the names and the rows of a Markdown table.
fn is_rule(line: &[u8]) -> bool {
    line.iter().filter(|byte| matches!(byte, b'-' | b'=')).count() >= 3
        && line.iter().all(|byte| b"-=+|: \t\r\n\x1f".contains(byte))
}

/// Where the line starts that ends at `end`, its line end included.
fn last_line(text: &[u8], end: usize) -> Option<usize> {
    let inner = text[..end].strip_suffix(b"\n").unwrap_or(&text[..end]);
    let inner = inner.strip_suffix(b"\r").unwrap_or(inner);
    (end > 0).then(|| memchr::memrchr2(b'\n', b'\r', inner).map_or(0, |at| at + 1))
}

/// Whether a text begins with a word that names a sum of rows.
pub(super) fn is_sum_word(text: &str) -> bool {
    const WORDS: [&str; 34] = [
        "total",
        "totals",
        "subtotal",
        "sub-total",
        "sum",
        "sums",
        "summe",
        "gesamt",
        "gesamtsumme",
        "gesamtergebnis",
        "zwischensumme",
        "insgesamt",
        "summa",
        "somme",
        "totaux",
        "suma",
        "totale",
        "totaal",
        "totalt",
        "razem",
        "celkem",
        "toplam",
        "összesen",
        "yhteensä",
        "итого",
        "всего",
        "合計",
        "総計",
        "小計",
        "合计",
        "总计",
        "小计",
        "합계",
        "총계",
    ];
    let lower = text.trim().to_lowercase();
    let word = lower.split(|c: char| c.is_whitespace() || ":.(（：".contains(c)).next().unwrap_or_default();
    WORDS.contains(&word) || lower.starts_with("grand total")
}

/// Whether a text names a sum or a mean of rows.
fn is_total_word(text: &str) -> bool {
    let lower = text.trim().trim_end_matches(':').to_lowercase();
    is_sum_word(text)
        || ["average", "mean", "durchschnitt", "mittelwert", "moyenne", "平均"].contains(&lower.as_str())
}
