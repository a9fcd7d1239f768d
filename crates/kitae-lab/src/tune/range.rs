//! The values of a hyperparameter, and how they lie on the unit interval on which the search works.

use serde::{Deserialize, Serialize};
use toml::Value;

/// The values of a hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Range {
    /// One of several, each with the share of random draws that it gets; shares sum to 1.
    Choice {
        /// What is written into the recipe.
        values: Vec<Value>,
        /// One for each value, positive.
        shares: Vec<f64>,
    },
    /// A number, as likely anywhere between two.
    Uniform {
        /// The lowest.
        low: f64,
        /// The highest, above it.
        high: f64,
    },
    /// A number whose logarithm is as likely anywhere.
    Log {
        /// The lowest, positive.
        low: f64,
        /// The highest, above it.
        high: f64,
    },
    /// A whole number, each as likely.
    Whole {
        /// The lowest.
        low: u32,
        /// The highest, not below it.
        high: u32,
    },
    /// A whole number whose logarithm is as likely anywhere.
    LogWhole {
        /// The lowest, positive.
        low: u32,
        /// The highest, not below it.
        high: u32,
    },
}

impl Range {
    /// The value at a place in [0, 1]: for a number `u` drawn uniformly, a value as likely as the range says.
    pub fn from_unit(&self, u: f64) -> f64 {
        match self {
            Self::Choice { shares, .. } => {
                let mut left = u;
                let found = shares.iter().position(|share| {
                    left -= share;
                    left < 0.0
                });
                found.unwrap_or(shares.len().saturating_sub(1)) as f64
            }
            Self::Uniform { low, high } => (low + (high - low) * u).clamp(*low, *high),
            Self::Log { low, high } => (low * (high / low).powf(u)).clamp(*low, *high),
            Self::Whole { low, high } | Self::LogWhole { low, high } => {
                let (start, end) = self.ends();
                let value =
                    if self.is_log() { start * (end / start).powf(u) } else { start + (end - start) * u };
                value.round().clamp(f64::from(*low), f64::from(*high))
            }
        }
    }

    /// The places of a value: both the same for a number, the two ends of its cell for a whole number.
    pub(crate) fn cell(&self, value: f64) -> (f64, f64) {
        let place = |value: f64| {
            let (low, high) = self.ends();
            let u = if self.is_log() {
                (value / low).ln() / (high / low).ln()
            } else {
                (value - low) / (high - low)
            };
            u.clamp(0.0, 1.0)
        };
        match self {
            Self::Whole { .. } | Self::LogWhole { .. } => (place(value - 0.5), place(value + 0.5)),
            _ => (place(value), place(value)),
        }
    }

    /// Whether values can be drawn from it; what is wrong, if not.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_right = match self {
            Self::Choice { values, shares } => {
                let is_share = |share: &f64| share.is_finite() && *share > 0.0;
                let sum: f64 = shares.iter().sum();
                values.len() == shares.len() && shares.iter().all(is_share) && (sum - 1.0).abs() < 1e-9
            }
            Self::Uniform { low, high } => low < high && (high - low).is_finite(),
            Self::Log { low, high } => 0.0 < *low && low < high && (high / low).is_finite(),
            Self::Whole { low, high } => low <= high,
            Self::LogWhole { low, high } => 0 < *low && low <= high,
        };
        if is_right { Ok(()) } else { Err(format!("no values can be drawn from {self:?}")) }
    }

    /// Whether a value is one of the range.
    pub(crate) fn holds(&self, value: f64) -> bool {
        let is_whole = value.fract() == 0.0;
        match self {
            Self::Choice { values, .. } => is_whole && 0.0 <= value && value < values.len() as f64,
            Self::Uniform { low, high } | Self::Log { low, high } => (*low..=*high).contains(&value),
            Self::Whole { low, high } | Self::LogWhole { low, high } => {
                is_whole && (f64::from(*low)..=f64::from(*high)).contains(&value)
            }
        }
    }

    /// What a value is in a recipe.
    pub(crate) fn written(&self, value: f64) -> Value {
        match self {
            Self::Choice { values, .. } => {
                values.get(value as usize).cloned().unwrap_or(Value::Boolean(false))
            }
            Self::Uniform { .. } | Self::Log { .. } => Value::Float(value),
            Self::Whole { .. } | Self::LogWhole { .. } => Value::Integer(value as i64),
        }
    }

    /// The ends between which places lie; those of whole numbers reach half a step further.
    fn ends(&self) -> (f64, f64) {
        match self {
            Self::Choice { values, .. } => (0.0, values.len() as f64),
            Self::Uniform { low, high } | Self::Log { low, high } => (*low, *high),
            Self::Whole { low, high } | Self::LogWhole { low, high } => {
                (f64::from(*low) - 0.5, f64::from(*high) + 0.5)
            }
        }
    }

    fn is_log(&self) -> bool {
        matches!(self, Self::Log { .. } | Self::LogWhole { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_its_cell_gives_the_value_back() {
        let ranges = [
            Range::Uniform { low: -1.0, high: 3.0 },
            Range::Log { low: 1e-3, high: 10.0 },
            Range::Whole { low: 2, high: 9 },
            Range::LogWhole { low: 1, high: 300 },
        ];
        for range in ranges {
            for step in 0..=50 {
                let value = range.from_unit(f64::from(step) / 50.0);
                let (low, high) = range.cell(value);
                assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0, "{range:?} {value}");
                let again = range.from_unit(f64::midpoint(low, high));
                assert!(
                    (again - value).abs() < 1e-12 * value.abs().max(1.0),
                    "{range:?}: {again} is not {value}"
                );
            }
        }
    }

    #[test]
    fn cells_of_whole_numbers_fill_the_interval() {
        for range in [Range::Whole { low: 2, high: 9 }, Range::LogWhole { low: 2, high: 9 }] {
            let mut end = 0.0;
            for value in 2..=9 {
                let (low, high) = range.cell(f64::from(value));
                assert!((low - end).abs() < 1e-12, "{range:?} {value}");
                end = high;
            }
            assert_eq!(end, 1.0);
        }
    }

    #[test]
    fn choices_come_as_often_as_their_shares() {
        let values = vec![Value::Integer(7), Value::Integer(8), Value::Integer(9)];
        let range = Range::Choice { values, shares: vec![0.6, 0.3, 0.1] };
        let count =
            |wanted: f64| (0..1000).filter(|i| range.from_unit(f64::from(*i) / 1000.0) == wanted).count();
        assert_eq!([0.0, 1.0, 2.0].map(count), [600, 300, 100]);
        assert_eq!(range.from_unit(1.0), 2.0);
        assert_eq!(range.written(1.0), Value::Integer(8));
    }
}
