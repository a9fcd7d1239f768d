//! Reads CSV into tables: whole files whose columns are not known yet, and files of any size whose
//! columns a [`Schema`](crate::schema::Schema) describes.
//!
//! # What is read
//!
//! RFC 4180, with the liberties that real files take:
//! - The delimiter is `,` `;` tab or `|`, whichever cuts the first records into equally many cells.
//! - Cells may be quoted; a quoted cell may hold delimiters, newlines and, doubled, quotes. A quote
//!   inside a cell that does not start with one is a character like any other, and text that follows a
//!   closing quote belongs to the cell: `"a"b` is `ab`.
//! - Lines end with a newline, with carriage return and newline, or with a carriage return alone. Lines of
//!   nothing but spaces are skipped. A byte order mark is skipped.
//! - The first record names the columns. Spaces around names and cells do not count, inside quotes
//!   neither. A column without name is called `column_3` if it is the third. Two columns of one name are
//!   an error: whichever was renamed, a later file with its columns in another order would mix them up.
//! - Files may be packed with gzip, whatever they are called. Text must be UTF-8.
//!
//! # Missing cells
//!
//! Empty cells, `NA`, `N/A`, `NaN`, `null` and `?` are missing, and so are the markers in
//! [`ReadOptions::extra_missing`]. `None`, `-`, `.`, `nil`, `inf`, `unknown` and their like are missing among
//! numbers and times only: in a column of texts, `None` is a category of its own.
//!
//! # Numbers
//!
//! A column holds numbers if every cell that is not missing is a finite number such as `12`, `-1.5` or
//! `1e-3`. Whole numbers with more digits than a 64-bit float holds are kept as texts, so that long codes stay
//! different.

mod fault;
mod fields;
mod header;
mod interner;
mod marker;
mod number;
mod piece;
mod plan;
mod records;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod whole;
mod workers;

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::table::{Column, Table};
use header::{Extent, Header};
use piece::Format;
use whole::{PieceSizes, read_columns};
use workers::Workers;

pub(crate) use interner::Interner;
pub(crate) use marker::{Markers, is_soft};
pub(crate) use number::{canonical, parse_number, parse_quantity};
pub use stream::{ChunkOptions, Chunks, read_chunks, read_csv_as};

/// How a file is read.
///
/// ```
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
///
/// // The scales write -99 where nothing was weighed.
/// let text = b"weight\n1.5\n-99.0\n2\n";
/// let options = ReadOptions { extra_missing: vec!["-99".to_owned()], ..ReadOptions::default() };
/// let table = read_csv_bytes(text, "parcels", &options)?;
/// assert_eq!(table.columns[0].cells.n_missing(), 1);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// What separates cells.
    pub delimiter: Delimiter,
    /// Texts that mean missing, beside the usual ones. They match whole cells without the spaces around
    /// them; one that is a number also matches its other spellings.
    pub extra_missing: Vec<String>,
    /// How many threads parse; 0 counts as 1. The table does not depend on it, so it is not written down.
    #[serde(skip, default = "one_thread")]
    pub n_threads: usize,
}

/// What separates cells.
///
/// ```
/// use kitae_data::read::{Delimiter, ReadOptions, read_csv_bytes};
///
/// let text = b"size colour\n1.5 red\n2 blue\n";
/// let options = ReadOptions { delimiter: Delimiter::Byte(b' '), ..ReadOptions::default() };
/// assert_eq!(read_csv_bytes(text, "shirts", &options)?.columns.len(), 2);
/// // Spaces are not looked for.
/// assert_eq!(read_csv_bytes(text, "shirts", &ReadOptions::default())?.columns.len(), 1);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// Found out from the first records: `,` `;` tab or `|`.
    Auto,
    /// This byte: a printable ASCII character, a space or a tab, no quote.
    Byte(u8),
}

fn one_thread() -> usize {
    1
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { delimiter: Delimiter::Auto, extra_missing: Vec::new(), n_threads: 1 }
    }
}

/// Reads a whole CSV file.
///
/// A column whose cells are all numbers or missing becomes [`Cells::Numbers`](crate::table::Cells::Numbers),
/// every other one [`Cells::Levels`](crate::table::Cells::Levels) with sorted levels.
///
/// ```
/// use kitae_data::read::{ReadOptions, read_csv};
/// use kitae_data::table::Cells;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shirts.csv");
/// std::fs::write(&path, "size;colour\n1.5;\"red; or pink\"\n2;blue\n")?;
/// let table = read_csv(&path, &ReadOptions::default())?;
/// assert_eq!(table.columns[0].cells, Cells::Numbers(vec![1.5, 2.0]));
/// assert_eq!(table.columns[1].name, "colour");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If the file cannot be read, is not CSV, has no rows, or breaks a rule of the [module](self).
pub fn read_csv(path: &Path, options: &ReadOptions) -> Result<Table, DataError> {
    parse(Cow::Owned(source::read_file(path)?), path, options, PieceSizes::default())
}

/// Reads CSV that is in memory, packed with gzip or not. `name` stands for the path in errors.
///
/// ```
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
///
/// let table = read_csv_bytes(b"size,colour\n1.5,red\nNA,blue\n", "shirts", &ReadOptions::default())?;
/// assert_eq!(table.n_rows, 2);
/// assert_eq!(table.columns[0].cells.n_missing(), 1);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
///
/// # Errors
///
/// As [`read_csv`].
pub fn read_csv_bytes(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Table, DataError> {
    parse(Cow::Borrowed(bytes), Path::new(name), options, PieceSizes::default())
}

fn parse(
    bytes: Cow<[u8]>,
    path: &Path,
    options: &ReadOptions,
    sizes: PieceSizes,
) -> Result<Table, DataError> {
    let bytes = source::unpacked(bytes, path)?;
    let header = Header::read(&bytes, Extent::Whole, options.delimiter, path)?;
    let body = &bytes[header.body_start..];
    let format = Format {
        delimiter: header.delimiter,
        n_columns: header.names.len(),
        markers: Markers::new(&options.extra_missing),
    };
    let workers = Workers::new(options.n_threads);
    let (n_rows, cells) = read_columns(body, &format, &workers, sizes)
        .map_err(|fault| fault.shifted(header.body_start).into_error(path, &bytes, 1, &header.names))?;
    if n_rows == 0 {
        return Err(DataError::NoRows { path: path.to_path_buf() });
    }
    let columns = header.names.into_iter().zip(cells).map(|(name, cells)| Column { name, cells }).collect();
    Ok(Table { columns, n_rows })
}
