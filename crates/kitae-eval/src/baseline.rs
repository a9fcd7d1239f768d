//! Constant predictions: what a network has to beat.
//!
//! ```
//! use kitae_eval::baseline::{mean, repeat};
//! use kitae_eval::{Metric, Outcome, Score};
//!
//! // What does predicting the mean of the training rows cost on the rows to score?
//! let held_out = [4.0, 6.0];
//! let predicted = repeat(&[mean(&[2.0, 3.0, 4.0])?], held_out.len());
//! let outcome = Outcome::values(&held_out, &predicted)?;
//! assert_eq!(Metric::Mae.score(&outcome), Some(Score(-2.0)));
//! # Ok::<(), kitae_eval::EvalError>(())
//! ```

use crate::EvalError;
use crate::outcome::{check_classes, check_finite};

/// The share of each class among the training rows: the best constant probabilities for log loss and
/// Brier score.
///
/// ```
/// use kitae_eval::baseline::{class_frequencies, repeat};
/// use kitae_eval::{Metric, Outcome, Score};
///
/// let frequencies = class_frequencies(&[0, 0, 0, 1], 2)?;
/// assert_eq!(frequencies, [0.75, 0.25]);
/// let held_out = [0, 1, 0];
/// let predicted = repeat(&frequencies, held_out.len());
/// let outcome = Outcome::classes(&held_out, &predicted, 2)?;
/// assert_eq!(Metric::Accuracy.score(&outcome), Some(Score(2.0 / 3.0)));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
///
/// # Errors
///
/// [`EvalError`] if there are no rows, fewer than two classes, or a class not below `n_classes`.
pub fn class_frequencies(classes: &[u32], n_classes: usize) -> Result<Vec<f64>, EvalError> {
    let n_rows = classes.len() as f64;
    Ok(class_counts(classes, n_classes)?.into_iter().map(|count| count as f64 / n_rows).collect())
}

/// [`class_frequencies`] with `pseudo_rows` added to each class, so that no class is impossible: 0.5 is the
/// prior of Krichevsky and Trofimov (1981), 1 that of Laplace; the more, the nearer all classes are to each
/// other.
///
/// ```
/// use kitae_eval::baseline::smoothed_frequencies;
///
/// // The third class has no training row, and costs 1.8 nats where it comes up, not 36.
/// assert_eq!(smoothed_frequencies(&[0, 0, 1], 3, 1.0)?, [0.5, 1.0 / 3.0, 1.0 / 6.0]);
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
///
/// # Errors
///
/// As [`class_frequencies`].
pub fn smoothed_frequencies(
    classes: &[u32],
    n_classes: usize,
    pseudo_rows: f64,
) -> Result<Vec<f64>, EvalError> {
    let counts = class_counts(classes, n_classes)?;
    let n_rows = classes.len() as f64 + pseudo_rows * n_classes as f64;
    Ok(counts.into_iter().map(|count| (count as f64 + pseudo_rows) / n_rows).collect())
}

/// The mean: the best constant prediction for RMSE.
///
/// # Errors
///
/// [`EvalError`] if there are no values, or one is NaN or infinite.
pub fn mean(values: &[f64]) -> Result<f64, EvalError> {
    check_values(values)?;
    // Dividing first keeps the sum of very large values finite, at the cost of a last digit, so it is
    // done only where the plain sum is not finite.
    let n_rows = values.len() as f64;
    let sum: f64 = values.iter().sum();
    Ok(if sum.is_finite() { sum / n_rows } else { values.iter().map(|value| value / n_rows).sum() })
}

/// The median: the best constant prediction for MAE. With an even number of values it is the middle of
/// the two in the middle.
///
/// ```
/// use kitae_eval::baseline::median;
///
/// // One absurd price moves the mean, and leaves the median where it is.
/// assert_eq!(median(&[210.0, 190.0, 1e9])?, 210.0);
/// assert_eq!(median(&[1.0, 4.0, 2.0, 3.0])?, 2.5);
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
///
/// # Errors
///
/// As [`mean`].
pub fn median(values: &[f64]) -> Result<f64, EvalError> {
    check_values(values)?;
    let mut values = values.to_vec();
    let (half, is_even) = (values.len() / 2, values.len().is_multiple_of(2));
    let (below, middle, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let below = below.iter().copied().max_by(f64::total_cmp).filter(|_| is_even);
    Ok(below.map_or(*middle, |below| f64::midpoint(below, *middle)))
}

/// The same prediction for each of `n_rows` rows, row-major.
pub fn repeat(prediction: &[f64], n_rows: usize) -> Vec<f64> {
    std::iter::repeat_n(prediction, n_rows).flatten().copied().collect()
}

/// How many rows each class has.
fn class_counts(classes: &[u32], n_classes: usize) -> Result<Vec<usize>, EvalError> {
    if classes.is_empty() {
        return Err(EvalError::NoRows);
    }
    if n_classes < 2 {
        return Err(EvalError::TooFewClasses { n_classes });
    }
    check_classes(classes, n_classes)?;
    let mut counts = vec![0; n_classes];
    for &class in classes {
        counts[class as usize] += 1;
    }
    Ok(counts)
}

fn check_values(values: &[f64]) -> Result<(), EvalError> {
    if values.is_empty() { Err(EvalError::NoRows) } else { check_finite("true", values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_count_the_training_rows() {
        assert_eq!(class_frequencies(&[2, 0, 2, 2], 4), Ok(vec![0.25, 0.0, 0.75, 0.0]));
    }

    #[test]
    fn mean_and_median_of_few_values() {
        assert_eq!(mean(&[1.0, 2.0, 6.0]), Ok(3.0));
        assert_eq!(median(&[6.0, 1.0, 2.0]), Ok(2.0));
        assert_eq!(median(&[6.0, 1.0, 2.0, 3.0]), Ok(2.5));
        assert_eq!(median(&[7.0]), Ok(7.0));
        assert_eq!(median(&[7.0, 7.0, 7.0, 7.0]), Ok(7.0));
    }

    #[test]
    fn huge_values_have_a_finite_mean_and_median() {
        assert_eq!(mean(&[f64::MAX, f64::MAX]), Ok(f64::MAX));
        assert_eq!(median(&[f64::MAX, f64::MAX]), Ok(f64::MAX));
    }

    #[test]
    fn nothing_to_learn_from_is_an_error() {
        assert_eq!(mean(&[]), Err(EvalError::NoRows));
        assert_eq!(median(&[]), Err(EvalError::NoRows));
        assert!(median(&[1.0, f64::NAN]).is_err());
        assert_eq!(class_frequencies(&[], 2), Err(EvalError::NoRows));
        assert_eq!(class_frequencies(&[0], 1), Err(EvalError::TooFewClasses { n_classes: 1 }));
        assert!(class_frequencies(&[0, 3], 3).is_err());
    }

    #[test]
    fn a_prediction_is_repeated_row_by_row() {
        assert_eq!(repeat(&[0.2, 0.8], 2), [0.2, 0.8, 0.2, 0.8]);
        assert_eq!(repeat(&[1.5], 0), [0.0; 0]);
    }
}
