//! What can be wrong with the numbers that are to be evaluated.

use crate::Level;

/// Input that no metric can be computed from. Rows and classes are counted from 0.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// There is nothing to evaluate.
    #[error("there must be at least one row, got none")]
    NoRows,
    /// Two slices that describe the same rows differ in length.
    #[error("expected {expected} {what} for {n_rows} rows, got {found}")]
    LengthsDiffer {
        /// What there are too few or too many of.
        what: &'static str,
        /// How many rows there are.
        n_rows: usize,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A classification needs something to choose from.
    #[error("there must be at least two classes, got {n_classes}")]
    TooFewClasses {
        /// How many classes were given.
        n_classes: usize,
    },
    /// The true class of a row is none of the classes.
    #[error("row {row}: the class must be below {n_classes}, the number of classes, got {class}")]
    ClassOutOfRange {
        /// Which row.
        row: usize,
        /// Its class.
        class: u32,
        /// How many classes there are.
        n_classes: usize,
    },
    /// A probability is no probability.
    #[error("row {row}, class {class}: a probability must lie between 0 and 1, got {value}")]
    ProbabilityOutOfRange {
        /// Which row.
        row: usize,
        /// Which class.
        class: usize,
        /// What stands there.
        value: f64,
    },
    /// The probabilities of a row do not add up to one.
    #[error(
        "row {row}: the probabilities must add up to 1, they add up to {sum}; pass the network's \
         outputs through a softmax first"
    )]
    ProbabilitySum {
        /// Which row.
        row: usize,
        /// What they add up to.
        sum: f64,
    },
    /// A value is NaN or infinite.
    #[error("row {row}: the {what} value must be a finite number, got {value}")]
    NotFinite {
        /// Which of the values: `true` or `predicted`.
        what: &'static str,
        /// Which row.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// A quantile is not strictly between 0 and 1.
    #[error("a quantile must lie strictly between 0 and 1, got {value}")]
    QuantileOutOfRange {
        /// What was given.
        value: f64,
    },
    /// A level of coverage is not strictly between 0 and 1.
    #[error("a level must lie strictly between 0 and 1, as 0.9 for 90 %; got {value}")]
    LevelOutOfRange {
        /// What was given.
        value: String,
    },
    /// With so few rows, a region of this level would have to hold everything.
    #[error(
        "prediction regions of level {level} cannot be calibrated on {n_rows} held-out rows: {n_rows} rows \
         allow at most {highest}"
    )]
    LevelTooHigh {
        /// What was asked for.
        level: Level,
        /// How many rows there are.
        n_rows: usize,
        /// The highest level they allow, to three decimals.
        highest: f64,
    },
    /// A nonconformity is NaN.
    #[error(
        "fold {fold}: a nonconformity must be a number, got NaN; an infinite one stands for no prediction"
    )]
    NonconformityIsNan {
        /// Which fold.
        fold: usize,
    },
    /// No metric has this name.
    #[error(
        "unknown metric `{name}`; expected one of {known}, or pinball_ and a quantile, as in pinball_0.9"
    )]
    UnknownMetric {
        /// What was given.
        name: String,
        /// The names there are, with commas between them.
        known: String,
    },
}
