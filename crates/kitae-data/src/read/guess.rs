//! Finds out how a text is written and where its names stand.

use super::dialect::{Dialect, Sample, Separator, is_figure};
use super::fault::count_lines;
use super::{Delimiter, Mark, ReadOptions};
use crate::error::{DataError, shortened};
use crate::finding::{Cure, Finding, Setting, Severity, What};

/// So many lines, but no more bytes, are enough to tell how a text is written.
const SAMPLE_LINES: usize = 150;
const SAMPLE_BYTES: usize = 1 << 20;
const USUAL: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Looked for where none of the usual ones separates cells.
const UNUSUAL: [&[u8]; 8] = [b"^", b"~", b":", b"\x01", b"\x1f", "§".as_bytes(), "¦".as_bytes(), b"!"];

/// How a text is written.
#[derive(Clone, Debug)]
pub(super) struct Guess {
    pub(super) dialect: Dialect,
    /// Where the line of names starts.
    pub(super) start: usize,
    pub(super) findings: Vec<Finding>,
}

/// How `text` is written. `goes_on` says whether it is only the beginning.
pub(super) fn guess(text: &[u8], goes_on: bool, options: &ReadOptions) -> Result<Guess, DataError> {
    let mut start = options.skip_rows.map_or(0, |n_lines| after_lines(text, n_lines));
    let mut separator = asked(&options.delimiter)?;
    if let Some((delimiter, end)) = separator_line(text).filter(|(_, end)| *end > start) {
        start = end;
        separator = separator.or(Some(Separator::Byte(delimiter)));
    }
    let first = start;
    let commented =
        if options.skip_rows.is_none() { leading_comments(text, start, options) } else { Vec::new() };
    let mut comment = options.comment.byte();
    if let Some(end) = commented.last().map(|(_, end)| *end) {
        (start, comment) = (end, comment.or(Some(b'#')));
    }
    let sample = sampled(&text[start..]);
    let goes_on = goes_on || start + sample.len() < text.len();
    let (mut dialect, found) = written(sample, goes_on, separator.as_ref(), comment, options);
    let mut findings = Vec::new();
    let header = found.records.get(found.header);
    if options.skip_rows.is_none() {
        if let Some((line, _)) = commented.last().filter(|_| holds_names(text, &commented, &dialect, &found))
        {
            start = *line;
            dialect.comment = options.comment.byte();
        } else if let Some(record) = header.filter(|_| found.header > 0) {
            start += after_lines(&text[start..], record.n_lines);
            findings.push(skipped(&text[first..start], count_lines(&text[..start])));
        }
    }
    Ok(Guess { dialect, start, findings })
}

/// What the options ask for.
fn asked(delimiter: &Delimiter) -> Result<Option<Separator>, DataError> {
    let fits = |byte: u8| !matches!(byte, 0 | b'\n' | b'\r' | b'"' | 127..);
    match delimiter {
        Delimiter::Auto => Ok(None),
        Delimiter::Byte(byte) if fits(*byte) => Ok(Some(Separator::Byte(*byte))),
        Delimiter::Byte(byte) => Err(DataError::Delimiter { byte: *byte }),
        Delimiter::Text(text) => match text.bytes().find(|byte| matches!(byte, 0 | b'\n' | b'\r' | b'"')) {
            Some(byte) => Err(DataError::Delimiter { byte }),
            None if text.is_empty() => Err(DataError::Delimiter { byte: 0 }),
            None => Ok(Some(Separator::Text(text.as_bytes().to_vec()))),
        },
        Delimiter::Blanks => Ok(Some(Separator::Blanks(1))),
    }
}

/// The delimiter of a first line such as `sep=;`, and where the line ends.
fn separator_line(text: &[u8]) -> Option<(u8, usize)> {
    let end = line_end(text, 0);
    let line = text[..end].strip_suffix(b"\n").unwrap_or(&text[..end]);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (word, value) = line.split_at_checked(4)?;
    match value {
        [delimiter] if word.eq_ignore_ascii_case(b"sep=") && *delimiter != b'"' => Some((*delimiter, end)),
        _ => None,
    }
}

/// The lines above the names that begin with `#`: where each starts and ends.
fn leading_comments(text: &[u8], start: usize, options: &ReadOptions) -> Vec<(usize, usize)> {
    let mark = match options.comment {
        Mark::None => return Vec::new(),
        Mark::Auto => b'#',
        Mark::Byte(byte) => byte,
    };
    let (mut lines, mut at) = (Vec::new(), start);
    while at < text.len() {
        let end = line_end(text, at);
        match text[at] {
            first if first == mark => lines.push((at, end)),
            b'\n' | b'\r' if !lines.is_empty() => {}
            _ => break,
        }
        at = end;
    }
    lines
}

/// Whether the last of the commented lines names the columns, as in many formats of biology.
fn holds_names(text: &[u8], commented: &[(usize, usize)], dialect: &Dialect, found: &Sample) -> bool {
    let Some((line, end)) = commented.last() else { return false };
    let Some(first) = found.records.first() else { return false };
    let names = Sample::cut(&text[*line..*end], false, &Dialect { comment: None, ..dialect.clone() });
    let has_figures = |cells: &[String]| cells.iter().any(|cell| is_figure(cell));
    found.header == 0
        && names.records.len() == 1
        && names.n_columns == first.cells.len()
        && names.n_columns > 1
        && !has_figures(&names.records[0].cells)
        && has_figures(&first.cells)
}

/// The separator and the quotes that explain the first records best.
fn written(
    text: &[u8],
    goes_on: bool,
    separator: Option<&Separator>,
    comment: Option<u8>,
    options: &ReadOptions,
) -> (Dialect, Sample) {
    let usual: Vec<Separator> = match separator {
        Some(separator) => vec![separator.clone()],
        None => USUAL.map(Separator::Byte).to_vec(),
    };
    let base = Dialect {
        quote: if options.quote == Mark::None { None } else { options.quote.byte().or(Some(b'"')) },
        escape: options.escape.byte(),
        comment,
        ..Dialect::plain(b',')
    };
    let tried = |dialect: Dialect| {
        let sample = Sample::cut(text, goes_on, &dialect);
        (dialect, sample)
    };
    let best = |base: &Dialect, separators: &[Separator]| {
        let all = separators
            .iter()
            .map(|separator| tried(Dialect { separator: separator.clone(), ..base.clone() }));
        all.reduce(|best, next| if is_better(&next.1, &best.1) { next } else { best })
    };
    let mut chosen = best(&base, &usual).unwrap_or_else(|| tried(base.clone()));
    for other in others(text, &base, options) {
        if let Some(other) = best(&other, &usual).filter(|other| explains_more(other, &chosen)) {
            chosen = other;
        }
    }
    if separator.is_none() && !chosen.1.fits(2, 0.8) {
        let base = Dialect { separator: Separator::Byte(b','), ..base };
        if let Some(other) = unusual(&base).into_iter().map(tried).find(is_clear) {
            chosen = other;
        }
    }
    if let Some(doubled) = doubled(&chosen).filter(|_| separator.is_none()) {
        chosen = tried(doubled);
    }
    chosen
}

/// A better guess cuts more records into as many cells, or as many into more.
fn is_better(new: &Sample, old: &Sample) -> bool {
    let rank = |sample: &Sample| match sample.n_columns {
        0 | 1 => (0.0, 0),
        n_columns => (if sample.header > 0 { 0.95 } else { 1.0 } * sample.share, n_columns),
    };
    rank(new) > rank(old)
}

/// Other ways of quoting of which there is a trace in the text.
fn others(text: &[u8], base: &Dialect, options: &ReadOptions) -> Vec<Dialect> {
    let mut others = Vec::new();
    let holds = |pattern: &[u8]| memchr::memmem::find(text, pattern).is_some();
    if options.escape == Mark::Auto && holds(b"\\\"") {
        others.push(Dialect { escape: Some(b'\\'), ..base.clone() });
    }
    if options.quote == Mark::Auto && holds(b"'") {
        others.push(Dialect { quote: Some(b'\''), ..base.clone() });
    }
    if base.quote.is_some_and(|quote| holds(&[b' ', quote])) {
        others.push(Dialect { has_padding: true, ..base.clone() });
    }
    let lines: Vec<&[u8]> =
        text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty()).collect();
    let is_quoted = |line: &&&[u8]| line.len() > 1 && line.starts_with(b"\"") && line.ends_with(b"\"");
    if options.quote == Mark::Auto
        && lines.iter().filter(is_quoted).count() * 10 >= lines.len() * 9
        && lines.len() > 1
    {
        others.push(Dialect { is_wrapped: true, ..base.clone() });
    }
    others
}

/// Whether the other way of quoting leaves less unexplained.
fn explains_more((dialect, new): &(Dialect, Sample), (_, old): &(Dialect, Sample)) -> bool {
    let old_share = if old.n_columns < 2 { 0.0 } else { old.share };
    if !new.fits(2, 0.9) {
        return false;
    }
    let gains = new.share > old_share + 0.005 && new.n_faults <= old.n_faults
        || new.share >= old_share && new.n_faults < old.n_faults;
    gains || dialect.quote == Some(b'\'') && new.share >= old_share && are_quoted_singly(old)
}

/// Whether single quotes embrace cells, and are never anything else.
fn are_quoted_singly(sample: &Sample) -> bool {
    let cells = || sample.rows().iter().flat_map(|record| &record.cells).filter(|cell| cell.contains('\''));
    let is_quoted = |cell: &String| {
        cell.len() > 1 && cell.starts_with('\'') && cell.ends_with('\'') && cell.matches('\'').count() == 2
    };
    cells().all(is_quoted) && cells().count() * 2 >= sample.rows().len() && !sample.rows().is_empty()
}

fn unusual(base: &Dialect) -> Vec<Dialect> {
    let marks = UNUSUAL.iter().map(|mark| match mark {
        [byte] => Separator::Byte(*byte),
        text => Separator::Text(text.to_vec()),
    });
    let blanks = [Separator::Blanks(2), Separator::Blanks(1), Separator::Byte(b' ')];
    marks.chain(blanks).map(|separator| Dialect { separator, ..base.clone() }).collect()
}

/// Whether an unusual separator is beyond doubt: texts hold blanks and colons too.
fn is_clear((dialect, sample): &(Dialect, Sample)) -> bool {
    let is_rare = !matches!(dialect.separator, Separator::Blanks(_) | Separator::Byte(b' ' | b':'));
    let is_colon = dialect.separator == Separator::Byte(b':');
    let is_figures = |column: usize| {
        let mut cells = sample.rows().iter().filter_map(|record| record.cells.get(column)).peekable();
        cells.peek().is_some() && cells.all(|cell| is_figure(cell))
    };
    let Some(names) = sample.records.get(sample.header) else { return false };
    sample.fits(2, 0.97)
        && (is_rare || sample.header == 0)
        && names.n_filled() == sample.n_columns
        && !(is_colon && names.cells.iter().any(|cell| is_figure(cell)))
        && (sample.n_columns > 2 && sample.records.len() > 2 || (0..sample.n_columns).any(is_figures))
}

/// A delimiter that is written twice leaves each second cell empty.
fn doubled((dialect, sample): &(Dialect, Sample)) -> Option<Dialect> {
    let Separator::Byte(byte) = dialect.separator else { return None };
    let has_gaps = |cells: &[String]| cells.iter().skip(1).step_by(2).all(String::is_empty);
    let is_doubled = sample.n_columns > 2
        && sample.n_columns % 2 == 1
        && sample.records.iter().all(|record| has_gaps(&record.cells))
        && sample.records.get(sample.header)?.n_filled() == sample.n_columns.div_ceil(2);
    is_doubled.then(|| Dialect { separator: Separator::Text(vec![byte; 2]), ..dialect.clone() })
}

/// What begins the lines among the rows that are none.
#[derive(Clone, Debug, Default)]
pub(super) struct InnerComments {
    pub(super) comment: Option<u8>,
    pub(super) finding: Option<Finding>,
}

/// Looks for commented lines among the rows of `text`, which starts with the names.
pub(super) fn inner_comments(
    text: &[u8],
    goes_on: bool,
    dialect: &Dialect,
    options: &ReadOptions,
) -> InnerComments {
    let mark = match options.comment {
        Mark::None => return InnerComments::default(),
        Mark::Byte(_) => return InnerComments { comment: dialect.comment, finding: None },
        Mark::Auto => b'#',
    };
    let is_first = |at: &usize| *at > 0 && matches!(text[at - 1], b'\n' | b'\r');
    let lines: Vec<usize> = memchr::memchr_iter(mark, text).filter(is_first).collect();
    let Some(first) = lines.first() else {
        return InnerComments { comment: dialect.comment.filter(|_| goes_on), finding: None };
    };
    // Where many lines begin with the mark it belongs to the values.
    let n_lines = memchr::memchr2_iter(b'\n', b'\r', text).count();
    let is_remark = |at: &usize| matches!(text.get(at + 1), Some(b' ' | b'\t' | b'#' | b'-' | b'='));
    let is_sure = match dialect.comment {
        Some(_) => lines.len() * 5 <= n_lines,
        None => lines.iter().all(is_remark) && lines.len() * 20 <= n_lines + 20 && lines.len() * 3 <= n_lines,
    };
    if is_sure {
        return InnerComments { comment: Some(mark), finding: Some(commented(text, *first, lines.len())) };
    }
    InnerComments::default()
}

fn commented(text: &[u8], first: usize, n_lines: usize) -> Finding {
    let line = String::from_utf8_lossy(&text[first..line_end(text, first)]);
    let line = shortened(line.trim());
    let message = match n_lines {
        1 => format!("a line among the rows that begins with `#` is a remark and was left out: `{line}`"),
        _ => format!(
            "{n_lines} lines among the rows that begin with `#` are remarks and were left out, first `{line}`"
        ),
    };
    Finding::new(What::File, Severity::Note, message).cured_by(Cure::with(Setting::Comment, "#"))
}

fn skipped(text: &[u8], n_lines: u64) -> Finding {
    let text = String::from_utf8_lossy(text);
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let lines =
        if n_lines == 1 { "the first line is".to_owned() } else { format!("the first {n_lines} lines are") };
    let message = format!("{lines} no part of the table and left out, from `{}` on", shortened(first));
    Finding::new(What::File, Severity::Note, message)
        .cured_by(Cure::with(Setting::SkipRows, n_lines.to_string()))
}

/// The beginning of `text` that is enough for a guess.
fn sampled(text: &[u8]) -> &[u8] {
    let bytes = &text[..text.len().min(SAMPLE_BYTES)];
    let end = memchr::memchr2_iter(b'\n', b'\r', bytes).nth(SAMPLE_LINES).map_or(bytes.len(), |at| at + 1);
    &bytes[..end]
}

/// Where the line that starts at `start` ends, its line end included.
pub(super) fn line_end(text: &[u8], start: usize) -> usize {
    match memchr::memchr2(b'\n', b'\r', &text[start..]) {
        Some(found) if text[start + found] == b'\r' && text.get(start + found + 1) == Some(&b'\n') => {
            start + found + 2
        }
        Some(found) => start + found + 1,
        None => text.len(),
    }
}

/// Where the line with number `n_lines` starts, from 0.
pub(super) fn after_lines(text: &[u8], n_lines: usize) -> usize {
    let mut at = 0;
    for _ in 0..n_lines {
        if at == text.len() {
            break;
        }
        at = line_end(text, at);
    }
    at
}
