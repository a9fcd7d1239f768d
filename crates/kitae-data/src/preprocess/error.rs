//! Why rows could not be preprocessed.

use crate::error::Location;

/// Why rows could not be preprocessed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreprocessError {
    /// There is nothing to learn from.
    #[error("no training rows: at least one is needed to fit the preprocessing")]
    NoRows,
    /// The layout has no feature.
    #[error("no column is left to learn from; {left_out}")]
    NoFeatures {
        /// Which columns were left out and why.
        left_out: String,
    },
    /// The table lacks columns.
    #[error("the table lacks these columns: {columns}")]
    MissingColumns {
        /// The names of the columns.
        columns: String,
    },
    /// A column holds another kind of cells than the layout says.
    #[error("expected {expected} in column `{column}`, got {found}; apply the schema to the table first")]
    WrongCells {
        /// The column.
        column: String,
        /// What the layout says.
        expected: &'static str,
        /// What the table holds.
        found: &'static str,
    },
    /// The levels of a column differ from those of the layout, so codes would change their meaning.
    #[error(
        "the levels of column `{column}` differ from those of the schema; apply the schema to the table first"
    )]
    OtherLevels {
        /// The column.
        column: String,
    },
    /// A column is longer or shorter than the table.
    #[error("column `{column}` has {n_cells} cells in a table of {n_rows} rows")]
    CellCount {
        /// The column.
        column: String,
        /// How many cells it has.
        n_cells: usize,
        /// How many rows the table has.
        n_rows: usize,
    },
    /// A row outside the table.
    #[error("{} lies outside the table of {n_rows} rows", Location::Row(*row as usize + 1))]
    RowOutside {
        /// The position of the row.
        row: u32,
        /// How many rows the table has.
        n_rows: usize,
    },
    /// An infinite number.
    #[error(
        "{} of column `{column}` is infinite; expected a finite number or an empty cell", Location::Row(*row as usize + 1)
    )]
    Infinite {
        /// The column.
        column: String,
        /// The position of the row.
        row: u32,
    },
    /// A level that the schema does not list, where such levels are refused.
    #[error(
        "{} of column `{column}` holds a text that is none of the known levels; correct it or set `unseen = \"as_missing\"`", Location::Row(*row as usize + 1)
    )]
    UnseenLevel {
        /// The column.
        column: String,
        /// The position of the row.
        row: u32,
    },
    /// A stored preprocessor that contradicts itself.
    #[error("the stored preprocessing is damaged: {problem}")]
    Damaged {
        /// What is wrong.
        problem: String,
    },
    /// A preprocessor that belongs to another layout.
    #[error("the stored preprocessing belongs to another layout of columns than the model")]
    OtherLayout,
}
