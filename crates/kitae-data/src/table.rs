//! A table in memory, column by column.

use std::collections::{BTreeSet, HashMap};

/// The code of a missing cell in a [`Cells::Levels`] column.
///
/// ```
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
/// use kitae_data::table::{Cells, MISSING};
///
/// let table = read_csv_bytes(b"size,colour\n1.5,red\n2,\n", "shirts", &ReadOptions::default())?;
/// let Cells::Levels { codes, .. } = &table.columns[1].cells else { unreachable!("colours are texts") };
/// assert_eq!(*codes, [1, MISSING]);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
pub const MISSING: u32 = 0;

/// The code of a cell whose text is none of the column's levels: a category that was not there when
/// the schema was made.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
/// use kitae_data::table::{Cells, UNSEEN};
///
/// let (schema, _) = csv::described("colour\nred\nblue\nred\n")?;
/// let table = schema.apply(read_csv_bytes(b"colour\nblue\npink\n", "new", &ReadOptions::default())?)?;
/// let Cells::Levels { codes, .. } = &table.columns[0].cells else { unreachable!("colours are texts") };
/// assert_eq!(*codes, [1, UNSEEN]);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
pub const UNSEEN: u32 = u32::MAX;

/// Rows and columns. Once made, a table does not change: splits are index vectors into it.
///
/// ```
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
/// use kitae_data::table::{Cells, Column, Table};
///
/// let table = read_csv_bytes(b"size\n1.5\n2\n", "shirts", &ReadOptions::default())?;
/// let size = Column { name: "size".to_owned(), cells: Cells::Numbers(vec![1.5, 2.0]) };
/// assert_eq!(table, Table { columns: vec![size], n_rows: 2 });
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns in file order; all have `n_rows` cells.
    pub columns: Vec<Column>,
    /// How many rows the table has.
    pub n_rows: usize,
}

/// A name and its cells.
///
/// ```
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
///
/// // Spaces around names do not count, and a column without name is called by its place.
/// let table = read_csv_bytes(b" size ,\n1.5,red\n", "shirts", &ReadOptions::default())?;
/// let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
/// assert_eq!(names, ["size", "column_2"]);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The header; unique in its table.
    pub name: String,
    /// One cell a row.
    pub cells: Cells,
}

/// The cells of a column.
///
/// ```
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
/// use kitae_data::table::Cells;
///
/// let table = read_csv_bytes(b"size,colour\n1.5,red\n2,blue\n", "shirts", &ReadOptions::default())?;
/// assert_eq!(table.columns[0].cells, Cells::Numbers(vec![1.5, 2.0]));
/// let levels = vec!["blue".to_owned(), "red".to_owned()];
/// assert_eq!(table.columns[1].cells, Cells::Levels { codes: vec![2, 1], levels });
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Numbers in full precision; a missing cell is NaN. Times are seconds since 1970-01-01 UTC.
    Numbers(Vec<f64>),
    /// Texts as codes: [`MISSING`], [`UNSEEN`], or 1 + the position in `levels`.
    Levels {
        /// One code a row.
        codes: Vec<u32>,
        /// The distinct texts.
        levels: Vec<String>,
    },
}

impl Table {
    /// The column called `name`.
    ///
    /// ```
    /// use kitae_data::synthetic::{Synthetic, make};
    ///
    /// let table = make(Synthetic::TwoMoons, 10, 42);
    /// assert_eq!(table.column("moon"), table.columns.last());
    /// assert_eq!(table.column("sun"), None);
    /// ```
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns called so, in the order of the names. Looking each up alone would take a time that grows with the
    /// square of their number.
    pub fn columns_named<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<Option<&Column>> {
        let columns: HashMap<&str, &Column> =
            self.columns.iter().map(|column| (column.name.as_str(), column)).collect();
        names.map(|name| columns.get(name).copied()).collect()
    }

    /// A table of some rows, in the order given.
    ///
    /// ```
    /// use kitae_data::read::{ReadOptions, read_csv_bytes};
    /// use kitae_data::table::Cells;
    ///
    /// let table = read_csv_bytes(b"size\n1.5\n2\n4\n", "shirts", &ReadOptions::default())?;
    /// assert_eq!(table.select(&[2, 0]).columns[0].cells, Cells::Numbers(vec![4.0, 1.5]));
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        let column = |column: &Column| Column { name: column.name.clone(), cells: column.cells.select(rows) };
        Self { columns: self.columns.iter().map(column).collect(), n_rows: rows.len() }
    }

    /// Appends the rows of a table with the same columns in the same order.
    pub(crate) fn append(&mut self, next: Self) {
        self.n_rows += next.n_rows;
        for (column, more) in self.columns.iter_mut().zip(next.columns) {
            column.cells.append(more.cells);
        }
    }
}

impl Cells {
    /// How many cells there are.
    ///
    /// ```
    /// use kitae_data::table::Cells;
    ///
    /// // Missing cells are cells.
    /// assert_eq!(Cells::Numbers(vec![1.5, f64::NAN]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Levels { codes, .. } => codes.len(),
        }
    }

    /// Whether there is no cell.
    ///
    /// ```
    /// use kitae_data::table::Cells;
    ///
    /// assert!(Cells::Numbers(vec![]).is_empty());
    /// assert!(!Cells::Numbers(vec![f64::NAN]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many cells are missing.
    ///
    /// ```
    /// use kitae_data::table::{Cells, MISSING};
    ///
    /// assert_eq!(Cells::Numbers(vec![1.5, f64::NAN, f64::NAN]).n_missing(), 2);
    /// let cells = Cells::Levels { codes: vec![MISSING, 1], levels: vec!["red".to_owned()] };
    /// assert_eq!(cells.n_missing(), 1);
    /// ```
    pub fn n_missing(&self) -> usize {
        match self {
            Self::Numbers(values) => values.iter().filter(|value| value.is_nan()).count(),
            Self::Levels { codes, .. } => codes.iter().filter(|code| **code == MISSING).count(),
        }
    }

    /// The cells of some rows, in the order given.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        fn pick<T: Copy>(cells: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().map(|row| cells[*row as usize]).collect()
        }
        match self {
            Self::Numbers(values) => Self::Numbers(pick(values, rows)),
            Self::Levels { codes, levels } => {
                Self::Levels { codes: pick(codes, rows), levels: levels.clone() }
            }
        }
    }

    fn append(&mut self, next: Self) {
        match (self, next) {
            (Self::Numbers(all), Self::Numbers(more)) => all.extend(more),
            (Self::Levels { codes, levels }, Self::Levels { codes: more, levels: more_levels }) => {
                if *levels == more_levels {
                    codes.extend(more);
                    return;
                }
                let union: BTreeSet<String> = levels.iter().chain(&more_levels).cloned().collect();
                let union: Vec<String> = union.into_iter().collect();
                recode(codes, levels, &union);
                let n_before = codes.len();
                codes.extend(more);
                recode(&mut codes[n_before..], &more_levels, &union);
                *levels = union;
            }
            // Chunks of one file are read by one plan, so the kinds of cells agree.
            _ => {}
        }
    }
}

/// Turns codes into `old` levels into codes into `new` levels, which are sorted and hold the old ones.
fn recode(codes: &mut [u32], old: &[String], new: &[String]) {
    let position = |level: &String| new.binary_search(level).map_or(UNSEEN, |position| position as u32 + 1);
    let code_of: Vec<u32> = std::iter::once(MISSING).chain(old.iter().map(position)).collect();
    for code in codes {
        *code = code_of.get(*code as usize).copied().unwrap_or(UNSEEN);
    }
}
