//! The values of a regression target, brought to mean 0 and standard deviation 1.

use serde::{Deserialize, Serialize};

use super::moments::mean_and_deviation;
use crate::error::Place;
use crate::rounding::is_rounding;

/// The location and spread of the target in the training rows.
///
/// ```
/// use kitae_data::preprocess::TargetScale;
///
/// // The last row is not trained on.
/// let scale = TargetScale::fit(&[10.0, 20.0, 30.0, 900.0], &[0, 1, 2])?;
/// assert_eq!((scale.mean, scale.min, scale.max), (20.0, 10.0, 30.0));
/// assert!((scale.std - (200.0_f64 / 3.0).sqrt()).abs() < 1e-12);
/// # Ok::<(), kitae_data::preprocess::TargetScaleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct TargetScale {
    /// The mean.
    pub mean: f64,
    /// The standard deviation of the population; positive.
    pub std: f64,
    /// The least value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

/// Why a target could not be scaled.
///
/// ```
/// use kitae_data::preprocess::{TargetScale, TargetScaleError};
///
/// let error = TargetScale::fit(&[9.5, 9.5, 9.5, 12.0], &[0, 1, 2]).expect_err("all are the same");
/// assert_eq!(error, TargetScaleError::Constant { n_rows: 3, value: 9.5 });
/// assert!(error.to_string().ends_with("nothing is left to learn"));
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetScaleError {
    /// There is nothing to learn from.
    #[error("no training rows: at least two are needed to scale the target")]
    NoRows,
    /// A row outside the table.
    #[error("{} lies outside the target of {n_rows} rows", Place::Row(*row as usize + 1))]
    RowOutside {
        /// The position of the row.
        row: u32,
        /// How many rows the target has.
        n_rows: usize,
    },
    /// A missing or infinite value.
    #[error(
        "expected a finite target in {}, got {value}; train on rows that have one", Place::Row(*row as usize + 1)
    )]
    NotFinite {
        /// The position of the row.
        row: u32,
        /// What the row holds.
        value: f64,
    },
    /// The training rows do not vary, but for rounding.
    #[error("all {n_rows} training rows have the same target, {value}; nothing is left to learn")]
    Constant {
        /// How many training rows there are.
        n_rows: usize,
        /// The value they share.
        value: f64,
    },
    /// The range of the values cannot be represented.
    #[error(
        "the targets of the training rows range from {min} to {max}, too far to compute with; rescale them"
    )]
    TooWide {
        /// The least value.
        min: f64,
        /// The largest value.
        max: f64,
    },
    /// A stored scale that cannot be one.
    #[error(
        "the stored scale of the target is damaged: expected finite numbers, a positive `std` and `min` below `max`"
    )]
    Damaged,
}

impl TargetScale {
    /// Fits on `rows` of the target, the training rows.
    ///
    /// ```
    /// use kitae_data::preprocess::TargetScale;
    ///
    /// let prices = [10.0, 30.0, f64::NAN];
    /// assert_eq!(TargetScale::fit(&prices, &[0, 1])?.std, 10.0);
    /// // A row without target can teach nothing.
    /// assert!(TargetScale::fit(&prices, &[0, 1, 2]).is_err());
    /// # Ok::<(), kitae_data::preprocess::TargetScaleError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no row, a row lies outside or has no finite value, or all rows have the same value.
    pub fn fit(values: &[f64], rows: &[u32]) -> Result<Self, TargetScaleError> {
        let n_rows = values.len();
        for &row in rows {
            match values.get(row as usize) {
                None => return Err(TargetScaleError::RowOutside { row, n_rows }),
                Some(&value) if !value.is_finite() => return Err(TargetScaleError::NotFinite { row, value }),
                Some(_) => {}
            }
        }
        let trained = rows.iter().map(|row| values[*row as usize]);
        let (min, max) = trained.clone().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        let (mean, std) = mean_and_deviation(trained);
        match () {
            () if rows.is_empty() => Err(TargetScaleError::NoRows),
            () if std == 0.0 || min == max || is_rounding(min, max) => {
                Err(TargetScaleError::Constant { n_rows: rows.len(), value: min })
            }
            () if !(max - min).is_finite() => Err(TargetScaleError::TooWide { min, max }),
            () => Ok(Self { mean, std, min, max }),
        }
    }

    /// A value in standard deviations from the mean.
    ///
    /// ```
    /// use kitae_data::preprocess::TargetScale;
    ///
    /// let scale = TargetScale::fit(&[10.0, 30.0], &[0, 1])?;
    /// assert_eq!(scale.standardise(20.0), 0.0);
    /// assert_eq!(scale.standardise(5.0), -1.5);
    /// # Ok::<(), kitae_data::preprocess::TargetScaleError>(())
    /// ```
    pub fn standardise(&self, value: f64) -> f64 {
        (value - self.mean) / self.std
    }

    /// The value that [`Self::standardise`] made `standardised` of.
    ///
    /// ```
    /// use kitae_data::preprocess::TargetScale;
    ///
    /// let scale = TargetScale::fit(&[10.0, 30.0], &[0, 1])?;
    /// assert_eq!(scale.restore(scale.standardise(5.0)), 5.0);
    /// # Ok::<(), kitae_data::preprocess::TargetScaleError>(())
    /// ```
    pub fn restore(&self, standardised: f64) -> f64 {
        standardised * self.std + self.mean
    }

    /// As [`Self::restore`], but never beyond the training rows: for predictions alone, as it would
    /// hide from a score how far a network strays. NaN stays NaN.
    ///
    /// ```
    /// use kitae_data::preprocess::TargetScale;
    ///
    /// let scale = TargetScale::fit(&[10.0, 30.0], &[0, 1])?;
    /// assert_eq!(scale.restore_within_range(0.5), 25.0);
    /// assert_eq!(scale.restore_within_range(-1.5), 10.0);
    /// # Ok::<(), kitae_data::preprocess::TargetScaleError>(())
    /// ```
    pub fn restore_within_range(&self, standardised: f64) -> f64 {
        let value = self.restore(standardised);
        // Not `clamp`, which panics where public fields hold nonsense.
        if value < self.min {
            self.min
        } else if value > self.max {
            self.max
        } else {
            value
        }
    }
}

/// What stands in a file, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    mean: f64,
    std: f64,
    min: f64,
    max: f64,
}

impl TryFrom<Stored> for TargetScale {
    type Error = TargetScaleError;

    fn try_from(Stored { mean, std, min, max }: Stored) -> Result<Self, TargetScaleError> {
        let is_good = [mean, std, min, max].iter().all(|number| number.is_finite()) && std > 0.0 && min < max;
        if is_good { Ok(Self { mean, std, min, max }) } else { Err(TargetScaleError::Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_rows_alone_decide() {
        let scale = TargetScale::fit(&[1.0, 900.0, 2.0, f64::NAN, 3.0, 6.0], &[0, 2, 4, 5]).unwrap();
        assert_eq!(scale, TargetScale { mean: 3.0, std: 3.5_f64.sqrt(), min: 1.0, max: 6.0 });
    }

    #[test]
    fn restoring_undoes_standardising() {
        let scale = TargetScale::fit(&[-1e9, 5.0, 1e12], &[0, 1, 2]).unwrap();
        for value in [-1e9, 0.0, 7.25, 3e12] {
            assert!((scale.restore(scale.standardise(value)) - value).abs() <= 1e-3);
        }
        assert_eq!(scale.restore_within_range(100.0), 1e12);
        assert_eq!(scale.restore_within_range(-100.0), -1e9);
        assert!(scale.restore_within_range(f64::NAN).is_nan());
    }

    #[test]
    fn targets_that_cannot_be_scaled_are_refused() {
        let check = |values: &[f64], rows: &[u32], message: &str| {
            assert_eq!(TargetScale::fit(values, rows).unwrap_err().to_string(), message);
        };
        check(&[1.0], &[], "no training rows: at least two are needed to scale the target");
        check(&[1.0], &[1], "row 2 (the header not counted) lies outside the target of 1 rows");
        let constant = "all 2 training rows have the same target, 4; nothing is left to learn";
        check(&[4.0, 4.0, 5.0], &[0, 1], constant);
        let but_for_rounding = "all 2 training rows have the same target, 0.3; nothing is left to learn";
        check(&[0.3, 0.1 + 0.2, 5.0], &[0, 1], but_for_rounding);
        assert!(TargetScale::fit(&[1e15, 1e15 + 1.0], &[0, 1]).is_ok());
        let missing = "expected a finite target in row 2 (the header not counted), got NaN; train on rows that have one";
        check(&[4.0, f64::NAN], &[0, 1], missing);
        assert!(matches!(
            TargetScale::fit(&[-1.7e308, 1.7e308], &[0, 1]),
            Err(TargetScaleError::TooWide { .. })
        ));
    }

    #[test]
    fn a_stored_scale_comes_back_and_a_damaged_one_is_refused() {
        let scale = TargetScale { mean: 0.1, std: 0.3, min: -1.0, max: 1.0 / 3.0 };
        let text = serde_json::to_string(&scale).unwrap();
        assert_eq!(serde_json::from_str::<TargetScale>(&text).unwrap(), scale);
        let damaged = text.replace("0.3,", "0.0,");
        assert!(serde_json::from_str::<TargetScale>(&damaged).is_err());
    }
}
