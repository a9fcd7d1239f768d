//! Why a column cannot be predicted.

use crate::error::Location;

/// Why a column cannot be a target.
///
/// ```
/// use kitae_data::synthetic::{Synthetic, make};
/// use kitae_data::target::{Target, TargetError, Task};
///
/// let table = make(Synthetic::Mixed, 10, 42);
/// let carrier = table.column("carrier").expect("there is one");
/// let error = Target::from_column(carrier, Task::Regression).expect_err("a name is no number");
/// assert!(matches!(error, TargetError::NotANumber { row: 0, .. }));
/// assert!(error.to_string().ends_with("correct the cell or choose classification"));
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Every cell is missing.
    #[error("no row has a value in the target column `{column}`")]
    NoValues {
        /// The column.
        column: String,
    },
    /// There is nothing to tell apart.
    #[error("the target column `{column}` holds one class only, `{class}`; at least two are needed")]
    OneClass {
        /// The column.
        column: String,
        /// The class of all rows.
        class: String,
    },
    /// Nearly every row is a class of its own.
    #[error(
        "the target column `{column}` has {n_classes} classes in {n_rows} rows, so there is nothing to learn of most of them; {advice}"
    )]
    EachItsOwn {
        /// The column.
        column: String,
        /// How many classes there are.
        n_classes: usize,
        /// How many rows have one.
        n_rows: usize,
        /// What to do.
        advice: &'static str,
    },
    /// There is nothing to predict.
    #[error(
        "every row has the same value, {value}, in the target column `{column}`; nothing is left to predict"
    )]
    Constant {
        /// The column.
        column: String,
        /// The value of all rows.
        value: f64,
    },
    /// An infinite number.
    #[error(
        "{} of the target column `{column}` is infinite; expected a finite number or an empty cell", Location::Row(row + 1)
    )]
    Infinite {
        /// The column.
        column: String,
        /// The position of the row.
        row: usize,
    },
    /// A text where regression needs a number.
    #[error(
        "expected a number in {} of the target column `{column}`, got `{text}`; correct the cell or choose classification", Location::Row(row + 1)
    )]
    NotANumber {
        /// The column.
        column: String,
        /// The position of the row.
        row: usize,
        /// The text of the cell.
        text: String,
    },
    /// A class that is not one of the names.
    #[error(
        "{} of the target column `{column}` holds a class that is not known{text}; expected one of: {known}", Location::Row(row + 1)
    )]
    UnknownClass {
        /// The column.
        column: String,
        /// The position of the row.
        row: usize,
        /// The text of the cell after a colon, or nothing where the table does not hold it.
        text: String,
        /// The known classes.
        known: String,
    },
}
