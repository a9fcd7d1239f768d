//! Two kinds of number that are easily taken for each other. [`Metric`](crate::Metric) alone turns one into
//! the other.

use std::fmt;
use std::ops::Sub;

use serde::{Deserialize, Serialize};

/// How good predictions are by a metric: higher is better, so the score of a loss is negative.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(pub f64);

/// What a metric is as people know it, in its own units: a loss is positive.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MetricValue(pub f64);

impl Score {
    /// The mean of some scores; none of none.
    pub fn mean(scores: impl IntoIterator<Item = Self>) -> Option<Self> {
        let scores: Vec<f64> = scores.into_iter().map(|score| score.0).collect();
        (!scores.is_empty()).then(|| Self(scores.iter().sum::<f64>() / scores.len() as f64))
    }
}

/// By how much the first is better.
impl Sub for Score {
    type Output = f64;

    fn sub(self, other: Self) -> f64 {
        self.0 - other.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for MetricValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// To be shown or drawn.
impl From<MetricValue> for f64 {
    fn from(value: MetricValue) -> Self {
        value.0
    }
}
