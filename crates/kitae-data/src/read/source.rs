//! Opens files, packed or not, and tells what is no CSV.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::DataError;

const GZIP: &[u8] = &[0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// First bytes of files that are often taken for CSV.
const OTHER_FORMATS: [(&[u8], &str); 13] = [
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"BZh", "bzip2 data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"\xfd7zXZ", "xz data"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"%PDF", "a PDF document"),
    (b"\x89HDF", "an HDF5 file"),
];

/// A file that is read bit by bit.
pub(super) struct Source {
    reader: Box<dyn Read + Send>,
    is_gzip: bool,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let mut reader = BufReader::with_capacity(1 << 18, open_file(path)?);
        let is_gzip = reader.fill_buf().map_err(|error| io_error(path, error))?.starts_with(GZIP);
        let reader: Box<dyn Read + Send> =
            if is_gzip { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) };
        Ok(Self { reader, is_gzip })
    }

    /// Appends up to `n_bytes` to `buffer`; fewer come only at the end of the file.
    pub(super) fn read(
        &mut self,
        n_bytes: usize,
        buffer: &mut Vec<u8>,
        path: &Path,
    ) -> Result<usize, DataError> {
        let result = self.reader.by_ref().take(n_bytes as u64).read_to_end(buffer);
        result.map_err(|error| if self.is_gzip { gzip_error(path, error) } else { io_error(path, error) })
    }
}

/// All bytes of a file, as they are on the disk.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut file = open_file(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| io_error(path, error))?;
    Ok(bytes)
}

/// `bytes` unpacked if they are gzip.
pub(super) fn unpacked<'a>(bytes: Cow<'a, [u8]>, path: &Path) -> Result<Cow<'a, [u8]>, DataError> {
    if !bytes.starts_with(GZIP) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    MultiGzDecoder::new(&bytes[..]).read_to_end(&mut text).map_err(|error| gzip_error(path, error))?;
    Ok(Cow::Owned(text))
}

/// Refuses a file that begins as another format.
pub(super) fn check_format(first_bytes: &[u8], path: &Path) -> Result<(), DataError> {
    match OTHER_FORMATS.iter().find(|(magic, _)| first_bytes.starts_with(magic)) {
        Some((_, found)) => Err(DataError::OtherFormat { path: path.to_path_buf(), found }),
        None => Ok(()),
    }
}

/// Where the text starts: after the byte order mark, if there is one.
pub(super) fn text_start(bytes: &[u8]) -> usize {
    if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

fn open_file(path: &Path) -> Result<File, DataError> {
    if path.is_dir() {
        return Err(DataError::Folder { path: path.to_path_buf() });
    }
    File::open(path).map_err(|error| io_error(path, error))
}

fn io_error(path: &Path, source: std::io::Error) -> DataError {
    DataError::Io { path: path.to_path_buf(), source }
}

fn gzip_error(path: &Path, source: std::io::Error) -> DataError {
    DataError::Gzip { path: path.to_path_buf(), source }
}
