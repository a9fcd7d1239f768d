//! Opens files and the standard input, packed or not, and gives their text as UTF-8.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, IsTerminal, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::ReadOptions;
use super::encoding::{Decoding, NotText, TextEncoding};
use super::rewrite::Rewriter;
use crate::error::DataError;

const GZIP: &[u8] = &[0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// So many bytes tell the encoding.
const HEAD_BYTES: u64 = 1 << 12;
/// As a file name it means the standard input.
const STANDARD_INPUT: &str = "-";
/// So many zero bytes in a row are no slip but lost data.
const LOST_BYTES: [u8; 8] = [0; 8];

/// A text that is read bit by bit.
pub(super) struct Source<'a> {
    reader: Box<dyn Read + Send + 'a>,
    is_gzip: bool,
    rewriter: Option<Rewriter>,
    /// Single zero bytes that were left out.
    pub(super) n_zeros: usize,
    /// The encoding that was told by the bytes themselves.
    pub(super) told: Option<TextEncoding>,
    /// The encoding that was asked for, though the text looks like UTF-8.
    pub(super) doubted: Option<TextEncoding>,
    is_at_end: bool,
}

impl<'a> Source<'a> {
    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Self, DataError> {
        if path == Path::new(STANDARD_INPUT) {
            if std::io::stdin().is_terminal() {
                return Err(DataError::NothingPiped);
            }
            return Self::of(std::io::stdin(), shown(path), options);
        }
        Self::of(open_file(path)?, path, options)
    }

    pub(super) fn of(
        reader: impl Read + Send + 'a,
        path: &Path,
        options: &ReadOptions,
    ) -> Result<Self, DataError> {
        let mut reader = BufReader::with_capacity(1 << 18, reader);
        let is_gzip = reader.fill_buf().map_err(|error| io_error(path, error))?.starts_with(GZIP);
        let mut reader: Box<dyn Read + Send> =
            if is_gzip { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) };
        let mut head = Vec::new();
        let read = reader.by_ref().take(HEAD_BYTES).read_to_end(&mut head);
        read.map_err(|error| read_error(path, is_gzip, options, error))?;
        let told = TextEncoding::told_by(&head);
        let asked = options.encoding.filter(|_| !head.starts_with(BYTE_ORDER_MARK));
        let encoding = asked.or(told).filter(|encoding| !encoding.is_utf8());
        let doubted = asked.filter(|asked| !asked.is_utf8() && is_beyond_ascii(&head));
        let reader = Cursor::new(head).chain(reader);
        let reader: Box<dyn Read + Send> = match encoding {
            Some(encoding) => Box::new(Decoding::new(reader, encoding)),
            None => Box::new(reader),
        };
        let told = told.filter(|_| options.encoding.is_none());
        Ok(Self { reader, is_gzip, rewriter: None, n_zeros: 0, told, doubted, is_at_end: false })
    }

    /// From now on the text comes rewritten. What was read before is given back to be read again.
    pub(super) fn rewrite(&mut self, rewriter: Rewriter, text: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        self.rewriter = Some(rewriter);
        self.push(text, &mut output);
        output
    }

    fn push(&mut self, text: &[u8], output: &mut Vec<u8>) {
        if let Some(rewriter) = &mut self.rewriter {
            rewriter.push(text, output);
            if self.is_at_end {
                rewriter.finish(output);
            }
        }
    }

    /// Appends up to `n_bytes` of text to `buffer`, before it is rewritten; none come only at the end.
    pub(super) fn read(
        &mut self,
        n_bytes: usize,
        buffer: &mut Vec<u8>,
        path: &Path,
    ) -> Result<usize, DataError> {
        if self.is_at_end {
            return Ok(0);
        }
        let start = buffer.len();
        let mut text = Vec::new();
        let target = if self.rewriter.is_some() { &mut text } else { &mut *buffer };
        let result = self.reader.by_ref().take(n_bytes as u64).read_to_end(target);
        let n_read =
            result.map_err(|error| read_error(path, self.is_gzip, &ReadOptions::default(), error))?;
        self.is_at_end = n_read < n_bytes;
        if self.rewriter.is_some() {
            self.n_zeros += without_zeros(&mut text, 0);
            self.push(&text, buffer);
        } else {
            self.n_zeros += without_zeros(buffer, start);
        }
        Ok(n_read)
    }

    /// All of the text, if it is no longer than the options allow.
    pub(super) fn read_all(&mut self, options: &ReadOptions, path: &Path) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        // Growing step by step would copy; where the size is not known, or memory is short, it does.
        let n_expected = std::fs::metadata(path).map_or(0, |metadata| metadata.len().min(options.max_bytes));
        let _ = bytes.try_reserve_exact(n_expected as usize + 1);
        let result = self.reader.by_ref().take(options.max_bytes.saturating_add(1)).read_to_end(&mut bytes);
        result.map_err(|error| read_error(path, self.is_gzip, options, error))?;
        if bytes.len() as u64 > options.max_bytes {
            return Err(too_large(path, None, options));
        }
        self.n_zeros += without_zeros(&mut bytes, 0);
        Ok(bytes)
    }
}

/// Whether the text is UTF-8, and not ASCII alone. A character may be cut off at the end.
fn is_beyond_ascii(head: &[u8]) -> bool {
    let is_utf8 = std::str::from_utf8(head).err().is_none_or(|error| error.error_len().is_none());
    is_utf8 && !head.is_ascii() && !head.contains(&0)
}

/// The path as errors show it.
pub(super) fn shown(path: &Path) -> &Path {
    if path == Path::new(STANDARD_INPUT) { Path::new("standard input") } else { path }
}

/// Where the text starts: after the byte order mark, if there is one.
pub(super) fn text_start(bytes: &[u8]) -> usize {
    if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// Takes the zero bytes out of what `buffer` holds from `start` on, if they are few, and counts them.
fn without_zeros(buffer: &mut Vec<u8>, start: usize) -> usize {
    let Some(first) = memchr::memchr(0, &buffer[start..]) else { return 0 };
    if memchr::memmem::find(&buffer[start + first..], &LOST_BYTES).is_some() {
        return 0;
    }
    let n_before = buffer.len();
    let mut at = 0;
    buffer.retain(|byte| {
        at += 1;
        at <= start || *byte != 0
    });
    n_before - buffer.len()
}

fn open_file(path: &Path) -> Result<File, DataError> {
    if path.is_dir() {
        return Err(DataError::Folder { path: path.to_path_buf() });
    }
    File::open(path).map_err(|error| io_error(path, error))
}

/// Refuses a file that is too large to be read as a whole, before it is read.
pub(super) fn check_size(path: &Path, options: &ReadOptions) -> Result<(), DataError> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() > options.max_bytes => {
            Err(too_large(path, Some(metadata.len()), options))
        }
        _ => Ok(()),
    }
}

fn too_large(path: &Path, n_bytes: Option<u64>, options: &ReadOptions) -> DataError {
    DataError::TooLarge { path: path.to_path_buf(), n_bytes, limit: options.max_bytes }
}

fn io_error(path: &Path, source: std::io::Error) -> DataError {
    DataError::Io { path: path.to_path_buf(), source }
}

fn read_error(path: &Path, is_gzip: bool, options: &ReadOptions, error: std::io::Error) -> DataError {
    if error.kind() == ErrorKind::OutOfMemory {
        return too_large(path, None, options);
    }
    if let Some(NotText(encoding)) = error.get_ref().and_then(|error| error.downcast_ref::<NotText>()) {
        return DataError::NotInEncoding { path: path.to_path_buf(), encoding: encoding.name() };
    }
    if is_gzip { DataError::Gzip { path: path.to_path_buf(), source: error } } else { io_error(path, error) }
}
