//! The values of a regression target, or their logarithms, brought to mean 0 and standard deviation 1.

use serde::{Deserialize, Serialize};

use super::moments::mean_and_deviation;
use super::target_transform::TargetTransform;
use crate::error::Location;
use crate::rounding::is_rounding;

/// The location and spread of the target in the training rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredScale")]
pub struct TargetScale {
    /// What became of the values first.
    pub transform: TargetTransform,
    /// The mean of what became of them.
    pub mean: f64,
    /// Its standard deviation, of the population; positive.
    pub std: f64,
    /// The least value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

/// Why a target could not be scaled.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetScaleError {
    /// There is nothing to learn from.
    #[error("no training rows: at least two are needed to scale the target")]
    NoRows,
    /// A row outside the table.
    #[error("{} lies outside the target of {n_rows} rows", Location::Row(*row as usize + 1))]
    RowOutside {
        /// The position of the row.
        row: u32,
        /// How many rows the target has.
        n_rows: usize,
    },
    /// A missing or infinite value.
    #[error(
        "expected a finite target in {}, got {value}; train on rows that have one", Location::Row(*row as usize + 1)
    )]
    NotFinite {
        /// The position of the row.
        row: u32,
        /// What the row holds.
        value: f64,
    },
    /// A value without a logarithm.
    #[error(
        "`target_scale` is {}, which needs a target {}, but {} has {value}: use {}", transform.name(),
        if *transform == TargetTransform::Log { "above zero" } else { "of zero or more" },
        Location::Row(*row as usize + 1),
        if *value == 0.0 { "log1p" } else { "standard" }
    )]
    NoLogarithm {
        /// What was to become of it.
        transform: TargetTransform,
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

impl TargetTransform {
    /// Fits on `rows` of the target, the training rows.
    ///
    /// # Errors
    ///
    /// As [`TargetScale::fit`], and if a row has a value that this scale does not take.
    pub fn fit(self, values: &[f64], rows: &[u32]) -> Result<TargetScale, TargetScaleError> {
        self.check(values, rows)?;
        let trained = rows.iter().map(|row| values[*row as usize]);
        let (min, max) = trained.clone().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        let (mean, std) = mean_and_deviation(trained.map(|value| self.forward(value)));
        match () {
            () if rows.is_empty() => Err(TargetScaleError::NoRows),
            () if std == 0.0 || min == max || is_rounding(min, max) => {
                Err(TargetScaleError::Constant { n_rows: rows.len(), value: min })
            }
            () if !(max - min).is_finite() => Err(TargetScaleError::TooWide { min, max }),
            () => Ok(TargetScale { transform: self, mean, std, min, max }),
        }
    }

    fn check(self, values: &[f64], rows: &[u32]) -> Result<(), TargetScaleError> {
        let n_rows = values.len();
        for &row in rows {
            match values.get(row as usize) {
                None => return Err(TargetScaleError::RowOutside { row, n_rows }),
                Some(&value) if !value.is_finite() => return Err(TargetScaleError::NotFinite { row, value }),
                Some(&value) if !self.takes(value) => {
                    return Err(TargetScaleError::NoLogarithm { transform: self, row, value });
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

impl TargetScale {
    /// Fits on `rows` of the target, the training rows, whose values are left as they are.
    ///
    /// # Errors
    ///
    /// If there is no row, a row lies outside or has no finite value, or all rows have the same value.
    pub fn fit(values: &[f64], rows: &[u32]) -> Result<Self, TargetScaleError> {
        TargetTransform::Standard.fit(values, rows)
    }

    /// A value in standard deviations from the mean.
    pub fn standardise(&self, value: f64) -> f64 {
        (self.transform.forward(value) - self.mean) / self.std
    }

    /// The value that [`Self::standardise`] made `standardised` of; on a logarithm never beyond the training
    /// rows.
    pub fn restore(&self, standardised: f64) -> f64 {
        self.restore_smeared(standardised, 1.0)
    }

    /// As [`Self::restore`], with the power of a logarithm multiplied by what [`Self::smearing`] says.
    pub fn restore_smeared(&self, standardised: f64, smearing: f64) -> f64 {
        let value = self.transform.back(standardised * self.std + self.mean, smearing);
        if self.transform.is_logarithm() { self.within_range(value) } else { value }
    }

    /// What makes means out of powers of predictions on the logarithm, which alone are too small: the mean
    /// power of their errors on rows that they were not fitted on (Duan 1983, "Smearing estimate"). It is 1
    /// where no factor is needed, and where these predictions say none.
    pub fn smearing(&self, standardised: &[f64], values: &[f64]) -> f64 {
        if !self.transform.is_logarithm() {
            return 1.0;
        }
        let pairs = standardised.iter().zip(values);
        let power = |(answer, value): (&f64, &f64)| ((self.standardise(*value) - answer) * self.std).exp();
        let mean = pairs.clone().map(power).sum::<f64>() / pairs.len() as f64;
        if mean.is_finite() && mean > 0.0 { mean } else { 1.0 }
    }

    fn within_range(&self, value: f64) -> f64 {
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
struct StoredScale {
    #[serde(default)]
    transform: TargetTransform,
    mean: f64,
    std: f64,
    min: f64,
    max: f64,
}

impl TryFrom<StoredScale> for TargetScale {
    type Error = TargetScaleError;

    fn try_from(
        StoredScale { transform, mean, std, min, max }: StoredScale,
    ) -> Result<Self, TargetScaleError> {
        let is_good = [mean, std, min, max].iter().all(|number| number.is_finite()) && std > 0.0 && min < max;
        if is_good && transform.takes(min) {
            Ok(Self { transform, mean, std, min, max })
        } else {
            Err(TargetScaleError::Damaged)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_rows_alone_decide() {
        let scale = TargetScale::fit(&[1.0, 900.0, 2.0, f64::NAN, 3.0, 6.0], &[0, 2, 4, 5]).unwrap();
        let transform = TargetTransform::Standard;
        assert_eq!(scale, TargetScale { transform, mean: 3.0, std: 3.5_f64.sqrt(), min: 1.0, max: 6.0 });
    }

    #[test]
    fn restoring_undoes_standardising() {
        let scale = TargetScale::fit(&[-1e9, 5.0, 1e12], &[0, 1, 2]).unwrap();
        for value in [-1e9, 0.0, 7.25, 3e12] {
            assert!((scale.restore(scale.standardise(value)) - value).abs() <= 1e-3);
        }
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
        let check = |transform, min, damage: (&str, &str)| {
            let scale = TargetScale { transform, mean: 0.1, std: 0.3, min, max: 1.0 / 3.0 };
            let text = serde_json::to_string(&scale).unwrap();
            assert_eq!(serde_json::from_str::<TargetScale>(&text).unwrap(), scale);
            let damaged = text.replace(damage.0, damage.1);
            assert!(damaged != text && serde_json::from_str::<TargetScale>(&damaged).is_err(), "{damaged}");
        };
        check(TargetTransform::Standard, -1.0, ("0.3,", "0.0,"));
        check(TargetTransform::Log, 0.25, ("0.25,", "0.0,"));
        check(TargetTransform::Log, 0.25, ("\"log\"", "\"root\""));
        check(TargetTransform::Log1p, 0.0, (":0.0,", ":-0.1,"));
    }

    #[test]
    fn logarithms_come_back_and_stay_within_the_training_rows() {
        let values = [0.25, 3.0, 1e9, 1e-3];
        for transform in [TargetTransform::Log, TargetTransform::Log1p] {
            let scale = transform.fit(&values, &[0, 1, 2, 3]).unwrap();
            for value in values {
                let restored = scale.restore(scale.standardise(value));
                assert!((restored / value - 1.0).abs() < 1e-9, "{transform:?}: {value} became {restored}");
            }
            assert_eq!([50.0, -50.0, 1e300].map(|far| scale.restore(far)), [1e9, 1e-3, 1e9]);
            assert!(scale.restore(f64::NAN).is_nan());
        }
    }

    #[test]
    fn a_target_without_a_logarithm_is_refused_with_what_takes_it() {
        let check = |transform: TargetTransform, value: f64, advice: &str| {
            let message = transform.fit(&[1.0, value, 5.0], &[0, 1, 2]).unwrap_err().to_string();
            assert!(message.ends_with(advice), "{message}");
            // A row that is not trained on is no hindrance.
            assert!(transform.fit(&[1.0, value, 5.0], &[0, 2]).is_ok());
        };
        let row = "row 2 (the header not counted)";
        check(TargetTransform::Log, 0.0, &format!("needs a target above zero, but {row} has 0: use log1p"));
        check(
            TargetTransform::Log,
            -2.0,
            &format!("needs a target above zero, but {row} has -2: use standard"),
        );
        check(
            TargetTransform::Log1p,
            -0.5,
            &format!("needs a target of zero or more, but {row} has -0.5: use standard"),
        );
    }

    #[test]
    fn the_smearing_of_normal_errors_is_the_factor_of_their_variance() {
        let values: Vec<f64> = [-1.5_f64, -0.5, 0.5, 1.5].iter().map(|error| (2.0 + error).exp()).collect();
        let scale = TargetTransform::Log.fit(&values, &[0, 1, 2, 3]).unwrap();
        let mean = values.iter().sum::<f64>() / 4.0;
        let smearing = scale.smearing(&[0.0; 4], &values);
        assert!((scale.restore_smeared(0.0, smearing) / mean - 1.0).abs() < 1e-12);
        assert_eq!(scale.smearing(&[f64::NAN; 4], &values), 1.0);
        assert_eq!(scale.smearing(&[-1e6; 4], &values), 1.0);
        assert_eq!(scale.smearing(&[], &[]), 1.0);
        assert_eq!(TargetScale::fit(&values, &[0, 1, 2, 3]).unwrap().smearing(&[0.0; 4], &values), 1.0);
    }
}
