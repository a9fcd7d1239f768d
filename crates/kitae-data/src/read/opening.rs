//! Reads the beginning of a stream: how it is written, its names, and where its rows start.

use std::path::Path;

use super::ReadOptions;
use super::guess::{Guess, guess, inner_comments};
use super::header::{self, Extent, Header, SAMPLE_BYTES};
use super::rewrite::{CANONICAL, Rewriter};
use super::source::{self, Source};
use crate::error::DataError;

/// The beginning of a text, as far as its columns are known.
pub(super) struct Opened {
    pub(super) header: Header,
    pub(super) buffer: Vec<u8>,
    pub(super) guess: Guess,
    /// Where the first row starts in the buffer.
    pub(super) start: usize,
    /// Whether the file goes on behind the buffer.
    pub(super) goes_on: bool,
}

/// Reads until the header and some rows are there.
pub(super) fn open(
    source: &mut Source<'static>,
    options: &ReadOptions,
    path: &Path,
) -> Result<Opened, DataError> {
    let mut buffer = Vec::new();
    let mut goes_on = read_more(source, &mut buffer, path)?;
    while goes_on && line_end_of(&buffer, options.skip_rows.unwrap_or(0) + 1).is_none() {
        goes_on = read_more(source, &mut buffer, path)?;
    }
    let text_start = source::text_start(&buffer);
    header::check_kind(&buffer[text_start..], path)?;
    let mut guess = guess(&buffer[text_start..], goes_on, options)?;
    let inner = inner_comments(&buffer[text_start + guess.start..], goes_on, &guess.dialect, options);
    guess.dialect.comment = inner.comment;
    guess.findings.extend(inner.finding);
    let mut start = text_start + guess.start;
    let mut delimiter = guess.dialect.as_plain();
    if delimiter.is_none() {
        buffer = source.rewrite(Rewriter::new(&guess.dialect, start), &buffer);
        start = 0;
    }
    let delimiter = *delimiter.get_or_insert(CANONICAL);
    loop {
        let extent = if goes_on { Extent::Beginning } else { Extent::Whole };
        let header = Header::read(&buffer, start, extent, delimiter, (options, path))?;
        if !goes_on || header.body_start < buffer.len() {
            let start = header.body_start;
            return Ok(Opened { header, buffer, guess, start, goes_on });
        }
        goes_on = read_more(source, &mut buffer, path)?;
    }
}

/// Doubles what was read; whether there is more.
fn read_more(source: &mut Source<'static>, buffer: &mut Vec<u8>, path: &Path) -> Result<bool, DataError> {
    let n_wanted = SAMPLE_BYTES.max(buffer.len());
    Ok(source.read(n_wanted, buffer, path)? == n_wanted)
}

/// Where the line with number `n_lines` ends, from 1, if so many are there.
fn line_end_of(text: &[u8], n_lines: usize) -> Option<usize> {
    memchr::memchr2_iter(b'\n', b'\r', text).nth(n_lines.checked_sub(1)?).map(|at| at + 1)
}
