//! What was true and what was predicted, checked once.

use crate::EvalError;

/// How far above 1 a probability may lie and still be taken for rounding.
const PROBABILITY_SLACK: f64 = 1e-6;
/// How far from 1 the probabilities of a row may add up: room for single precision and for tables
/// with rounded numbers, none for raw network outputs.
const SUM_SLACK: f64 = 1e-2;

/// What kind of target the predictions are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// One of two classes.
    Binary,
    /// One of more than two classes.
    Multiclass,
    /// A number.
    Regression,
}

impl TaskKind {
    /// Of a classification with so many classes.
    pub fn of_classes(n_classes: usize) -> Self {
        if n_classes <= 2 { Self::Binary } else { Self::Multiclass }
    }
}

/// What was true and what was predicted for some rows, in the same order.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// One of several classes was to be predicted.
    Classes(Classes<'a>),
    /// A number was to be predicted.
    Values(Values<'a>),
}

impl<'a> Outcome<'a> {
    /// True classes and predicted probabilities; see [`Classes::new`].
    ///
    /// ```
    /// use kitae_eval::Outcome;
    ///
    /// assert!(Outcome::classes(&[0, 1], &[0.9, 0.1, 0.3, 0.7], 2).is_ok());
    /// let error = Outcome::classes(&[0, 2], &[0.9, 0.1, 0.3, 0.7], 2).expect_err("no such class");
    /// assert_eq!(
    ///     error.to_string(),
    ///     "row 1: the class must be below 2, the number of classes, got 2"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Classes::new`].
    pub fn classes(
        targets: &'a [u32],
        probabilities: &'a [f64],
        n_classes: usize,
    ) -> Result<Self, EvalError> {
        Classes::new(targets, probabilities, n_classes).map(Self::Classes)
    }

    /// True and predicted values; see [`Values::new`].
    ///
    /// ```
    /// use kitae_eval::Outcome;
    ///
    /// assert_eq!(Outcome::values(&[1.0, 2.0], &[1.5, 1.5])?.n_rows(), 2);
    /// let error = Outcome::values(&[1.0], &[f64::NAN]).expect_err("the network has diverged");
    /// assert_eq!(error.to_string(), "row 0: the predicted value must be a finite number, got NaN");
    /// # Ok::<(), kitae_eval::EvalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Values::new`].
    pub fn values(targets: &'a [f64], predicted: &'a [f64]) -> Result<Self, EvalError> {
        Values::new(targets, predicted).map(Self::Values)
    }

    /// How many rows there are: at least one.
    pub fn n_rows(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.n_rows(),
            Self::Values(values) => values.n_rows(),
        }
    }

    /// What kind of question was asked.
    pub fn task_kind(&self) -> TaskKind {
        match self {
            Self::Classes(classes) => TaskKind::of_classes(classes.n_classes()),
            Self::Values(_) => TaskKind::Regression,
        }
    }
}

/// The true class and the predicted probabilities of each row.
#[derive(Clone, Copy, Debug)]
pub struct Classes<'a> {
    targets: &'a [u32],
    probabilities: &'a [f64],
    /// How many probabilities a row has: one per class.
    width: usize,
}

impl<'a> Classes<'a> {
    /// `targets` holds a class code below `n_classes` per row, `probabilities` is row-major
    /// `[n_rows, n_classes]`. Each probability lies between 0 and 1 (rounding of a millionth above is
    /// let through), those of a row add up to 1 within a hundredth.
    ///
    /// ```
    /// use kitae_eval::{Classes, EvalError};
    ///
    /// let classes = Classes::new(&[2], &[0.25, 0.25, 0.5], 3)?;
    /// assert_eq!((classes.n_rows(), classes.n_classes()), (1, 3));
    /// // Three numbers cannot be the probabilities of two classes for one row.
    /// let error = Classes::new(&[1], &[0.25, 0.25, 0.5], 2).expect_err("one too many");
    /// assert!(matches!(error, EvalError::LengthsDiffer { expected: 2, found: 3, .. }));
    /// # Ok::<(), EvalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EvalError`] if there are no rows, fewer than two classes, another number of probabilities, a
    /// class that does not exist, or something that is no probability, such as the NaN of a network
    /// that diverged.
    pub fn new(targets: &'a [u32], probabilities: &'a [f64], n_classes: usize) -> Result<Self, EvalError> {
        let n_rows = targets.len();
        if n_rows == 0 {
            return Err(EvalError::NoRows);
        }
        if n_classes < 2 {
            return Err(EvalError::TooFewClasses { n_classes });
        }
        check_length("probabilities", n_rows, n_rows.saturating_mul(n_classes), probabilities.len())?;
        check_classes(targets, n_classes)?;
        for (row, values) in probabilities.chunks_exact(n_classes).enumerate() {
            check_probabilities(row, values)?;
        }
        Ok(Self { targets, probabilities, width: n_classes })
    }

    /// How many rows there are: at least one.
    pub fn n_rows(&self) -> usize {
        self.targets.len()
    }

    /// How many classes there are: at least two.
    pub fn n_classes(&self) -> usize {
        self.width
    }

    /// The true class of each row.
    pub fn targets(&self) -> &'a [u32] {
        self.targets
    }

    /// The predicted class of each row: the most probable one, of equals the lowest.
    pub fn predicted(&self) -> impl Iterator<Item = u32> {
        self.rows().map(|(_, probabilities)| top(probabilities).0 as u32)
    }

    pub(crate) fn is_binary(&self) -> bool {
        self.width == 2
    }

    /// The true class and the probabilities of each row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (usize, &'a [f64])> {
        let targets = self.targets.iter().map(|&class| class as usize);
        targets.zip(self.probabilities.chunks_exact(self.width))
    }
}

/// The most probable class, of equals the lowest, and its probability.
pub(crate) fn top(probabilities: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::NEG_INFINITY);
    for (class, &probability) in probabilities.iter().enumerate() {
        if probability > best.1 {
            best = (class, probability);
        }
    }
    best
}

/// The true and the predicted value of each row.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    targets: &'a [f64],
    predicted: &'a [f64],
}

impl<'a> Values<'a> {
    /// Two slices of finite numbers, one of each per row.
    ///
    /// # Errors
    ///
    /// [`EvalError`] if there are no rows, the lengths differ, or a number is NaN or infinite.
    pub fn new(targets: &'a [f64], predicted: &'a [f64]) -> Result<Self, EvalError> {
        if targets.is_empty() {
            return Err(EvalError::NoRows);
        }
        check_length("predicted values", targets.len(), targets.len(), predicted.len())?;
        check_finite("true", targets)?;
        check_finite("predicted", predicted)?;
        Ok(Self { targets, predicted })
    }

    /// How many rows there are: at least one.
    pub fn n_rows(&self) -> usize {
        self.targets.len()
    }

    /// The true value of each row.
    pub fn targets(&self) -> &'a [f64] {
        self.targets
    }

    /// The predicted value of each row.
    pub fn predicted(&self) -> &'a [f64] {
        self.predicted
    }

    /// The true and the predicted value of each row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (f64, f64)> {
        self.targets.iter().copied().zip(self.predicted.iter().copied())
    }
}

fn check_length(what: &'static str, n_rows: usize, expected: usize, found: usize) -> Result<(), EvalError> {
    if expected == found { Ok(()) } else { Err(EvalError::LengthsDiffer { what, n_rows, expected, found }) }
}

pub(crate) fn check_classes(targets: &[u32], n_classes: usize) -> Result<(), EvalError> {
    match targets.iter().position(|&class| class as usize >= n_classes) {
        Some(row) => Err(EvalError::ClassOutOfRange { row, class: targets[row], n_classes }),
        None => Ok(()),
    }
}

pub(crate) fn check_finite(what: &'static str, values: &[f64]) -> Result<(), EvalError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(EvalError::NotFinite { what, row, value: values[row] }),
        None => Ok(()),
    }
}

fn check_probabilities(row: usize, probabilities: &[f64]) -> Result<(), EvalError> {
    let allowed = 0.0..=1.0 + PROBABILITY_SLACK;
    if let Some(class) = probabilities.iter().position(|value| !allowed.contains(value)) {
        return Err(EvalError::ProbabilityOutOfRange { row, class, value: probabilities[class] });
    }
    let sum: f64 = probabilities.iter().sum();
    if (sum - 1.0).abs() > SUM_SLACK { Err(EvalError::ProbabilitySum { row, sum }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_classes_error(targets: &[u32], probabilities: &[f64], n_classes: usize, message: &str) {
        let error = Outcome::classes(targets, probabilities, n_classes).expect_err(message);
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn wrong_probabilities_are_named_with_their_place() {
        check_classes_error(&[], &[], 2, "there must be at least one row, got none");
        check_classes_error(&[0], &[1.0], 1, "there must be at least two classes, got 1");
        check_classes_error(&[0, 1], &[1.0, 0.0, 1.0], 2, "expected 4 probabilities for 2 rows, got 3");
        check_classes_error(
            &[0, 2],
            &[1.0, 0.0, 1.0, 0.0],
            2,
            "row 1: the class must be below 2, the number of classes, got 2",
        );
        let message = "row 1, class 0: a probability must lie between 0 and 1, got NaN";
        check_classes_error(&[0, 0], &[1.0, 0.0, f64::NAN, 0.0], 2, message);
        let message = "row 0, class 1: a probability must lie between 0 and 1, got -0.5";
        check_classes_error(&[0], &[1.0, -0.5], 2, message);
        let message = "row 0: the probabilities must add up to 1, they add up to 0.5; pass the network's \
                       outputs through a softmax first";
        check_classes_error(&[0], &[0.25, 0.25], 2, message);
    }

    #[test]
    fn an_absurd_number_of_classes_is_an_error_and_no_overflow() {
        assert!(Outcome::classes(&[0, 1], &[0.5; 4], usize::MAX).is_err());
    }

    #[test]
    fn probabilities_in_single_precision_are_let_through() {
        let third = f64::from(1.0_f32 / 3.0);
        assert!(Outcome::classes(&[0], &[third, third, third], 3).is_ok());
        assert!(Outcome::classes(&[0], &[f64::from(1.0 + f32::EPSILON), -0.0], 2).is_ok());
    }

    #[test]
    fn wrong_values_are_named_with_their_place() {
        let message = |targets: &[f64], predicted: &[f64]| {
            Outcome::values(targets, predicted).expect_err("wrong input").to_string()
        };
        assert_eq!(message(&[], &[]), "there must be at least one row, got none");
        assert_eq!(message(&[1.0], &[]), "expected 1 predicted values for 1 rows, got 0");
        let expected = "row 1: the true value must be a finite number, got NaN";
        assert_eq!(message(&[1.0, f64::NAN], &[1.0, 1.0]), expected);
        let expected = "row 0: the predicted value must be a finite number, got inf";
        assert_eq!(message(&[1.0], &[f64::INFINITY]), expected);
    }

    #[test]
    fn of_equally_probable_classes_the_lowest_is_predicted() -> Result<(), EvalError> {
        let outcome = Classes::new(&[0, 0], &[0.2, 0.4, 0.4, 0.5, 0.0, 0.5], 3)?;
        assert_eq!(outcome.predicted().collect::<Vec<_>>(), [1, 0]);
        Ok(())
    }
}
