//! A table in memory, column by column.

use std::collections::{BTreeSet, HashMap};

/// The code of a missing cell in a [`Cells::Levels`] column.
pub const MISSING: u32 = 0;

/// The code of a cell whose text is none of the column's levels: a category that was not there when
/// the schema was made.
pub const UNSEEN: u32 = u32::MAX;

/// Rows and columns. Once made, a table does not change: splits are index vectors into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns in file order; all have `n_rows` cells.
    pub columns: Vec<Column>,
    /// How many rows the table has.
    pub n_rows: usize,
}

/// A name and its cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The header; unique in its table.
    pub name: String,
    /// One cell a row.
    pub cells: Cells,
}

/// The cells of a column.
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
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns called so, in the order of the names. Looking each up alone would take a time that grows
    /// with the square of their number.
    pub fn columns_named<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<Option<&Column>> {
        let columns: HashMap<&str, &Column> =
            self.columns.iter().map(|column| (column.name.as_str(), column)).collect();
        names.map(|name| columns.get(name).copied()).collect()
    }

    /// A table of some rows, in the order given.
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
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Levels { codes, .. } => codes.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many cells are missing.
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
