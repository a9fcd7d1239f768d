//! Tables as they are read from files or from memory.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kitae_data::error::DataError;
use kitae_data::finding::Finding;
use kitae_data::read::{
    ReadOptions, Reading, read, read_bytes, read_csv_bytes_like, read_csv_like, read_memory,
};
use kitae_data::schema::Schema;

use crate::error::Error;

/// A table, and where it came from: a model reads it again in the way in which its training table was read.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) source: Source,
    pub(crate) reading: Reading,
}

/// Where rows are.
#[derive(Clone, Debug)]
pub enum Source {
    /// In a CSV file, plain or packed with gzip.
    File(PathBuf),
    /// In memory.
    Bytes {
        /// CSV.
        bytes: Vec<u8>,
        /// Stands for a path in messages.
        name: String,
    },
    /// Columns of a programme, as it has them.
    Columns {
        /// The cells.
        columns: Arc<kitae_data::table::Table>,
        /// Stands for a path in messages.
        name: String,
    },
}

impl AsRef<Self> for Source {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsRef<Source> for Table {
    fn as_ref(&self) -> &Source {
        &self.source
    }
}

/// As it was named.
impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Bytes { name, .. } | Self::Columns { name, .. } => f.write_str(name),
        }
    }
}

impl Source {
    /// The cells of the columns that `schema` knows, as they are written.
    pub(crate) fn read_like(
        &self,
        schema: &Schema,
        options: &ReadOptions,
    ) -> Result<kitae_data::table::Table, DataError> {
        match self {
            Self::File(path) => read_csv_like(path, schema, options),
            Self::Bytes { bytes, name } => read_csv_bytes_like(bytes, name, schema, options),
            Self::Columns { columns, name } => {
                read_memory(columns, name, options, Some(schema)).map(|reading| reading.table)
            }
        }
    }

    /// The same, made to fit the schema.
    ///
    /// # Errors
    ///
    /// If they cannot be read, or lack a column.
    pub fn read_fitting(
        &self,
        schema: &Schema,
        options: &ReadOptions,
    ) -> Result<kitae_data::table::Table, DataError> {
        schema.apply(self.read_like(schema, options)?).map_err(|error| self.named(error))
    }

    /// Says what lacks columns.
    pub(crate) fn named(&self, error: DataError) -> DataError {
        match error {
            DataError::MissingColumns { missing, found, .. } => {
                DataError::MissingColumns { name: self.to_string(), missing, found }
            }
            error => error,
        }
    }
}

impl Table {
    /// Reads a CSV file, plain or packed with gzip, as `options` say.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is not CSV, or has no rows.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self, Error> {
        let path = path.as_ref().to_path_buf();
        let reading = read(&path, options)?;
        Ok(Self { source: Source::File(path), reading })
    }

    /// Reads CSV that is in memory; `name` stands for a path in messages.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn from_bytes(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Self, Error> {
        let reading = read_bytes(bytes, name, options)?;
        Ok(Self { source: Source::Bytes { bytes: bytes.to_vec(), name: name.to_owned() }, reading })
    }

    /// Takes the columns of a programme for what a file with these cells would be: texts may be numbers,
    /// times or markers of missing cells. `name` stands for a path in messages.
    ///
    /// ```
    /// use kitae::Table;
    /// use kitae::data::read::ReadOptions;
    /// use kitae::data::table::{Cells, Column, Table as Columns};
    ///
    /// let size = Column { name: "size".to_owned(), cells: Cells::Numbers(vec![1.5, f64::NAN]) };
    /// let columns = Columns { columns: vec![size], n_rows: 2 };
    /// let table = Table::from_columns(columns, "sizes", &ReadOptions::default())?;
    /// assert_eq!((table.n_rows(), table.column_names().collect()), (2, vec!["size"]));
    /// # Ok::<(), kitae::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no row, or two columns have the same name.
    pub fn from_columns(
        columns: kitae_data::table::Table,
        name: &str,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        let reading = read_memory(&columns, name, options, None)?;
        Ok(Self { source: Source::Columns { columns: Arc::new(columns), name: name.to_owned() }, reading })
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.reading.table.n_rows
    }

    /// Names of the columns, in the order of the file.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        self.reading.table.columns.iter().map(|column| column.name.as_str())
    }

    /// What is to be known of the form of the file.
    pub fn findings(&self) -> &[Finding] {
        &self.reading.findings
    }
}

/// Reads a CSV file, plain or packed with gzip; everything about its form is found out.
///
/// # Errors
///
/// As [`Table::read`].
pub fn read_csv(path: impl AsRef<Path>) -> Result<Table, Error> {
    Table::read(path, &ReadOptions::default())
}
