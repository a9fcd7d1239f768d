//! Objectives: what the gradient descends on, and how raw outputs become predictions.
//!
//! A network gives raw outputs (logits) `[n_lanes, n_rows, n_outputs]`. An [`Objective`]
//! compares them with the targets, one loss per lane, and turns them into probabilities or values.
//!
//! ```
//! use kitae_infer::objective::Objective;
//!
//! let objective = Objective::cross_entropy();
//! assert_eq!(objective.n_outputs(3), 3);
//! let probabilities = objective.predict(&[0.0, 0.0, 1e4, 0.0], 2);
//! assert_eq!(probabilities, [0.5, 0.5, 1.0, 0.0]);
//! ```

mod members;

use serde::{Deserialize, Serialize};

/// Log rates above this are continued as a straight line, so that the loss stays finite.
pub const MAX_LOG_RATE: f64 = 30.0;

/// The largest weight of a class: sums of weighted losses stay finite in 32 bits.
pub const MAX_WEIGHT: f64 = 1e12;

/// A loss and the meaning of the raw outputs that comes with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Objective {
    /// Classes, one logit each: −log of the softmax probability of the true class.
    CrossEntropy {
        /// One weight for each class, zero or more; empty stands for 1 each. The mean divides by the
        /// sum of the rows' weights, as `PyTorch`'s does.
        #[serde(default)]
        class_weights: Vec<f64>,
        /// Share of the target that is spread evenly over all classes, in [0, 1).
        #[serde(default)]
        label_smoothing: f64,
    },
    /// Two classes, one logit: the log odds of the second class.
    BinaryCrossEntropy {
        /// Factor of the loss of rows of the second class, positive. The mean divides by the number
        /// of rows, as `PyTorch`'s does.
        #[serde(default = "one")]
        positive_weight: f64,
        /// Moves the targets 0 and 1 to half of this and 1 minus half of this, in [0, 1).
        #[serde(default)]
        label_smoothing: f64,
    },
    /// (target − output)².
    MeanSquared,
    /// |target − output|.
    MeanAbsolute,
    /// Half the squared error up to `delta`, then a straight line (Huber 1964).
    Huber {
        /// Where the line begins, positive, in units of the target.
        delta: f64,
    },
    /// Pinball loss, whose minimum is a quantile of the target (Koenker and Bassett 1978).
    Pinball {
        /// Which quantile, in (0, 1).
        quantile: f64,
    },
    /// Two outputs, the mean and the log variance of a normal distribution: its negative log
    /// likelihood without the constant. The log variance is held within ±[`LOG_VARIANCE_BOUND`];
    /// its gradient passes through the bounds, so that an output beyond them finds its way back.
    ///
    /// [`LOG_VARIANCE_BOUND`]: Objective::LOG_VARIANCE_BOUND
    GaussianNll,
    /// One output, the log of the rate of counts: rate − target · log rate.
    Poisson,
}

fn one() -> f64 {
    1.0
}

impl Objective {
    /// The log variance of [`Objective::GaussianNll`] lies between minus this and this: ln 10⁶.
    pub const LOG_VARIANCE_BOUND: f64 = 13.815_510_557_964_274;

    /// Cross-entropy with equal class weights and no smoothing.
    pub fn cross_entropy() -> Self {
        Self::CrossEntropy { class_weights: Vec::new(), label_smoothing: 0.0 }
    }

    /// Binary cross-entropy with equal weights and no smoothing.
    pub fn binary_cross_entropy() -> Self {
        Self::BinaryCrossEntropy { positive_weight: 1.0, label_smoothing: 0.0 }
    }

    /// Whether it trains on class codes; the others train on values.
    pub fn is_classification(&self) -> bool {
        matches!(self, Self::CrossEntropy { .. } | Self::BinaryCrossEntropy { .. })
    }

    /// How many raw outputs the network must have. `n_classes` matters for cross-entropy only.
    pub fn n_outputs(&self, n_classes: usize) -> usize {
        match self {
            Self::CrossEntropy { .. } => n_classes,
            Self::GaussianNll => 2,
            _ => 1,
        }
    }

    /// Checks every number, and that the objective fits a target of `n_classes` classes (ignored for
    /// values).
    ///
    /// # Errors
    ///
    /// A sentence that says which key is out of which range.
    pub fn check(&self, n_classes: usize) -> Result<(), String> {
        match self {
            Self::CrossEntropy { class_weights, label_smoothing } => {
                check_class_weights(class_weights, n_classes)?;
                check_smoothing(*label_smoothing)
            }
            Self::BinaryCrossEntropy { positive_weight, label_smoothing } => {
                require(n_classes == 2, || {
                    format!(
                        "`objective` binary_cross_entropy needs a target of 2 classes, got {n_classes}: \
                         use cross_entropy"
                    )
                })?;
                check_positive("positive_weight", *positive_weight)?;
                check_smoothing(*label_smoothing)
            }
            Self::Huber { delta } => check_positive("delta", *delta),
            Self::Pinball { quantile } => require(*quantile > 0.0 && *quantile < 1.0, || {
                format!("`objective.quantile` must be between 0 and 1, got {quantile}")
            }),
            Self::MeanSquared | Self::MeanAbsolute | Self::GaussianNll | Self::Poisson => Ok(()),
        }
    }

    /// Raw outputs of some rows, row-major `[n_rows, n_outputs]`, as predictions: probabilities
    /// `[n_rows, n_classes]` (two columns for the binary one) or values `[n_rows]` (the mean; the rate
    /// for Poisson). Outputs that are not finite give predictions that are not finite.
    pub fn predict(&self, logits: &[f32], n_outputs: usize) -> Vec<f64> {
        let rows = logits.chunks_exact(n_outputs.max(1));
        match self {
            Self::CrossEntropy { .. } => softmax(logits, n_outputs),
            Self::BinaryCrossEntropy { .. } => rows.flat_map(|row| sigmoids(f64::from(row[0]))).collect(),
            Self::Poisson => rows.map(|row| f64::from(row[0]).min(MAX_LOG_RATE).exp()).collect(),
            _ => rows.map(|row| f64::from(row[0])).collect(),
        }
    }
}

/// Row by row.
fn softmax(logits: &[f32], n_outputs: usize) -> Vec<f64> {
    let mut values: Vec<f64> = logits.iter().map(|logit| f64::from(*logit)).collect();
    for row in values.chunks_exact_mut(n_outputs.max(1)) {
        let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for logit in &mut *row {
            *logit = (*logit - max).exp();
            sum += *logit;
        }
        for power in row {
            *power /= sum;
        }
    }
    values
}

/// The probabilities of the first and the second class; both keep their small values.
fn sigmoids(log_odds: f64) -> [f64; 2] {
    [1.0 / (1.0 + log_odds.exp()), 1.0 / (1.0 + (-log_odds).exp())]
}

fn check_class_weights(weights: &[f64], n_classes: usize) -> Result<(), String> {
    require(weights.is_empty() || weights.len() == n_classes, || {
        let got = weights.len();
        format!(
            "`objective.class_weights` must have one weight for each of the {n_classes} classes, got {got}"
        )
    })?;
    for weight in weights {
        require((0.0..=MAX_WEIGHT).contains(weight), || {
            format!("`objective.class_weights` must lie between 0 and {MAX_WEIGHT:e}, got {weight}")
        })?;
    }
    Ok(())
}

fn check_smoothing(label_smoothing: f64) -> Result<(), String> {
    require((0.0..1.0).contains(&label_smoothing), || {
        format!("`objective.label_smoothing` must be in [0, 1), got {label_smoothing}")
    })
}

fn check_positive(key: &str, value: f64) -> Result<(), String> {
    require(value > 0.0 && value <= MAX_WEIGHT, || {
        format!("`objective.{key}` must be positive and at most {MAX_WEIGHT:e}, got {value}")
    })
}

fn require(holds: bool, message: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}
