//! In which scale a regression target is learnt.

use serde::{Deserialize, Serialize};

/// What becomes of the values of a regression target before they are standardised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TargetTransform {
    /// They are left as they are.
    #[default]
    Standard,
    /// ln(y), of values above zero. Predictions stay within the range of the training rows, as one that is a
    /// little too large on the logarithm would be too large by far.
    Log,
    /// ln(1 + y), of values of zero or more such as counts. Predictions stay within the range, as those of
    /// [`Self::Log`] do.
    Log1p,
}

impl TargetTransform {
    /// Whether it is a logarithm.
    pub fn is_logarithm(self) -> bool {
        self != Self::Standard
    }

    /// Whether there is a place for `value` in this scale.
    pub fn takes(self, value: f64) -> bool {
        match self {
            Self::Standard => true,
            Self::Log => value > 0.0,
            Self::Log1p => value >= 0.0,
        }
    }

    /// The logarithm that takes each of these values; none if one is negative.
    ///
    /// ```
    /// use kitae_data::preprocess::TargetTransform;
    ///
    /// assert_eq!(TargetTransform::logarithm_of([2.0, 0.5]), Some(TargetTransform::Log));
    /// assert_eq!(TargetTransform::logarithm_of([2.0, 0.0]), Some(TargetTransform::Log1p));
    /// assert_eq!(TargetTransform::logarithm_of([2.0, -1.0]), None);
    /// ```
    pub fn logarithm_of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let least = values.into_iter().fold(f64::INFINITY, f64::min);
        [Self::Log, Self::Log1p].into_iter().find(|transform| transform.takes(least))
    }

    /// The word of the command line and the recipe.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Log => "log",
            Self::Log1p => "log1p",
        }
    }

    pub(super) fn forward(self, value: f64) -> f64 {
        match self {
            Self::Standard => value,
            Self::Log => value.ln(),
            Self::Log1p => value.ln_1p(),
        }
    }

    /// Undoes [`Self::forward`], with a logarithm's power multiplied by `factor`.
    pub(super) fn back(self, transformed: f64, factor: f64) -> f64 {
        match self {
            Self::Standard => transformed,
            Self::Log => factor * transformed.exp(),
            // Of small values more digits are kept than by factor · eˣ − 1.
            Self::Log1p => factor * transformed.exp_m1() + (factor - 1.0),
        }
    }
}
