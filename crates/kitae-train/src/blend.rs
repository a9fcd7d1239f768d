//! The linear model's share in the predictions.
//!
//! Where the target is nearly linear, or rows are few, a network that also listens to a linear model
//! predicts better than either. How much it listens is chosen on the validation rows, so on those the blend
//! is never worse than the better of the two.
//!
//! ```
//! use kitae_eval::Metric;
//! use kitae_infer::{Predictions, Targets};
//! use kitae_train::blend::linear_share;
//!
//! let predictions = |values: [f64; 3]| Predictions { values: values.to_vec(), n_columns: 1 };
//! let (network, linear) = (predictions([1.0, 2.0, 3.0]), predictions([2.0, 3.0, 4.0]));
//! let share = |targets: [f64; 3]| {
//!     linear_share(&network, &linear, &Targets::Values(targets.to_vec()), Metric::Rmse)
//! };
//! assert_eq!(share([1.0, 2.0, 3.0]), 0.0);
//! assert_eq!(share([1.5, 2.5, 3.5]), 0.5);
//! assert_eq!(share([2.0, 3.0, 4.0]), 1.0);
//! ```

use kitae_eval::{Metric, Score};
use kitae_infer::{Predictions, Targets, blended};
use serde::{Deserialize, Serialize};

/// Whether another model has a share in the predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Blend {
    /// The networks predict alone.
    #[default]
    None,
    /// The linear model of each fold, with a share that the fold's validation rows choose.
    Linear,
}

/// Shares are tried in tenths: finer ones would fit the validation rows and nothing else.
const STEPS: u32 = 10;

/// The share of the linear model, from 0 to 1 in tenths, at which the blend scores best on the rows that
/// both predicted; of equals the smallest. It is 0 where no share has a score.
pub fn linear_share(network: &Predictions, linear: &Predictions, targets: &Targets, metric: Metric) -> f64 {
    let mut best: Option<(f64, Score)> = None;
    for step in 0..=STEPS {
        let share = f64::from(step) / f64::from(STEPS);
        let Some(score) = blended(network, linear, share).score(targets, metric) else { continue };
        if best.is_none_or(|(_, highest)| score > highest) {
            best = Some((share, score));
        }
    }
    best.map_or(0.0, |(share, _)| share)
}
