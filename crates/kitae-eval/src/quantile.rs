//! A quantile level that cannot be wrong.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::EvalError;

/// A quantile level, strictly between 0 and 1: 0.5 is the median.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Quantile(f64);

// The value is never NaN, so equality is reflexive.
impl Eq for Quantile {}

impl Hash for Quantile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The value is neither a zero nor NaN, so equal values have equal bits.
        self.0.to_bits().hash(state);
    }
}

impl Quantile {
    /// Takes `value` as a quantile level.
    ///
    /// # Errors
    ///
    /// [`EvalError::QuantileOutOfRange`] unless 0 < `value` < 1.
    pub fn new(value: f64) -> Result<Self, EvalError> {
        if value > 0.0 && value < 1.0 {
            Ok(Self(value))
        } else {
            Err(EvalError::QuantileOutOfRange { value })
        }
    }

    /// The level as a number.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Quantile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_levels_strictly_between_zero_and_one_are_quantiles() {
        for value in [0.0, -0.0, 1.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Quantile::new(value).is_err(), "{value}");
        }
        for value in [f64::MIN_POSITIVE, 0.5, 1.0 - f64::EPSILON] {
            assert_eq!(Quantile::new(value).map(Quantile::value), Ok(value));
        }
    }
}
