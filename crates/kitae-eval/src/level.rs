//! A level of coverage that cannot be wrong.

use std::fmt;
use std::str::FromStr;

use crate::EvalError;

/// How often a region is to contain the target: a share strictly between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Level(f64);

impl Level {
    /// Takes `value` as a level.
    ///
    /// # Errors
    ///
    /// [`EvalError::LevelOutOfRange`] unless 0 < `value` < 1.
    pub fn new(value: f64) -> Result<Self, EvalError> {
        if value > 0.0 && value < 1.0 {
            Ok(Self(value))
        } else {
            Err(EvalError::LevelOutOfRange { value: value.to_string() })
        }
    }

    /// The level as a number.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl Default for Level {
    /// 0.9, the level of most of the literature on conformal prediction.
    fn default() -> Self {
        Self(0.9)
    }
}

impl FromStr for Level {
    type Err = EvalError;

    fn from_str(text: &str) -> Result<Self, EvalError> {
        let wrong = || EvalError::LevelOutOfRange { value: format!("`{text}`") };
        text.parse().map_err(|_| wrong()).and_then(Self::new)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shares_strictly_between_zero_and_one_are_levels() {
        for value in [0.0, -0.0, 1.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
            assert!(Level::new(value).is_err(), "{value}");
        }
        for text in ["", "90%", "a", "NaN", "1.5"] {
            assert!(text.parse::<Level>().is_err(), "{text}");
        }
        assert_eq!("0.5".parse(), Level::new(0.5));
    }
}
