//! How far the difference of two scores may be from what more rows would show.
//!
//! ```
//! use kitae_eval::difference::bootstrap_difference;
//! use kitae_eval::intervals::BootstrapConfig;
//! use kitae_eval::{Metric, Outcome};
//!
//! let truth: Vec<f64> = (0..60).map(f64::from).collect();
//! let off = |by: f64| -> Vec<f64> { truth.iter().map(|value| value + by * (value * 1.7).sin()).collect() };
//! let (near, far) = (off(1.0), off(1.2));
//! let (near, far) = (Outcome::values(&truth, &near)?, Outcome::values(&truth, &far)?);
//! let config = BootstrapConfig::default();
//! let interval = bootstrap_difference(&near, &far, Metric::Rmse, &config).expect("both are defined");
//! // On the same rows the difference is sure, though the intervals of the two scores overlap.
//! assert!(interval.low > 0.0);
//! # Ok::<(), kitae_eval::EvalError>(())
//! ```

use crate::intervals::{BootstrapConfig, Draws, Interval, MAX_UNDEFINED, percentile};
use crate::{Metric, Outcome};

/// The percentile bootstrap interval (Efron 1979) of the score of `first` minus that of `second`, two answers to the
/// same rows in the same order: each resample draws rows once for both. As
/// [`bootstrap`](crate::intervals::bootstrap), it says what other rows would change, not what another training would.
/// `None` as there, or if the rows are not as many.
///
/// ```
/// use kitae_eval::difference::bootstrap_difference;
/// use kitae_eval::intervals::BootstrapConfig;
/// use kitae_eval::{Metric, Outcome};
///
/// let outcome = Outcome::values(&[1.0, 2.0, 3.0, 4.0], &[1.5, 2.0, 2.0, 4.5])?;
/// // The same answers differ nowhere, and an interval without width would claim to be sure.
/// let config = BootstrapConfig::default();
/// assert_eq!(bootstrap_difference(&outcome, &outcome, Metric::Mae, &config), None);
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn bootstrap_difference(
    first: &Outcome,
    second: &Outcome,
    metric: Metric,
    config: &BootstrapConfig,
) -> Option<Interval> {
    if second.n_rows() != first.n_rows() || metric == Metric::Ece {
        return None;
    }
    let mut draws = Draws::new(first.n_rows(), config)?;
    let (first, second) = (metric.counted(first)?, metric.counted(second)?);
    let mut differences = Vec::with_capacity(config.n_resamples);
    for resample in 0..config.n_resamples {
        let counts = draws.draw(resample);
        let pair = first.value(counts).zip(second.value(counts));
        differences.extend(pair.map(|(first, second)| metric.signed(first) - metric.signed(second)));
    }
    let n_undefined = config.n_resamples - differences.len();
    if differences.is_empty() || n_undefined as f64 > MAX_UNDEFINED * config.n_resamples as f64 {
        return None;
    }
    differences.sort_unstable_by(f64::total_cmp);
    let outside = (1.0 - config.level) / 2.0;
    let (low, high) = (percentile(&differences, outside), percentile(&differences, 1.0 - outside));
    (low < high).then_some(Interval { low, high })
}

/// The interval of the difference of two estimates that do not depend on each other, from an interval of each
/// (the method of variance estimates recovery; Zou and Donner 2008, *Construction of confidence limits about
/// effect measures*). Each is a value and its interval, all at one level. With symmetric intervals it is the
/// difference ± the root of the sum of the squared reaches.
///
/// ```
/// use kitae_eval::difference::difference_interval;
/// use kitae_eval::intervals::Interval;
///
/// let interval = |low, high| Interval { low, high };
/// // Reaches of 3 and 4 make one of 5.
/// let difference = difference_interval((10.0, interval(7.0, 13.0)), (8.0, interval(4.0, 12.0)));
/// assert_eq!(difference, interval(-3.0, 7.0));
/// ```
pub fn difference_interval(first: (f64, Interval), second: (f64, Interval)) -> Interval {
    let ((a, first), (b, second)) = (first, second);
    let low = (a - first.low).hypot(second.high - b);
    let high = (first.high - a).hypot(b - second.low);
    Interval { low: a - b - low, high: a - b + high }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Differences of a mean are a mean of differences, whose interval `bootstrap` makes of one outcome.
    #[test]
    fn for_a_mean_it_is_the_interval_of_the_mean_difference() {
        let truth: Vec<f64> = (0..40).map(f64::from).collect();
        let error = |row: f64| (row * 0.37).fract();
        let first: Vec<f64> = truth.iter().map(|row| row + error(*row)).collect();
        let second: Vec<f64> = truth.iter().map(|row| row + 1.0 + error(*row) * 2.0).collect();
        let config = BootstrapConfig::default();
        let (first, second) = (Outcome::values(&truth, &first), Outcome::values(&truth, &second));
        let (first, second) = (first.unwrap(), second.unwrap());
        let interval = bootstrap_difference(&first, &second, Metric::Mae, &config).unwrap();
        // |second| - |first| = 1 + error, row by row.
        let gaps: Vec<f64> = truth.iter().map(|row| row + 1.0 + error(*row)).collect();
        let gaps = Outcome::values(&truth, &gaps).unwrap();
        let expected = crate::intervals::bootstrap(&gaps, Metric::Mae, &config).unwrap();
        assert!((interval.low + expected.high).abs() < 1e-12 && (interval.high + expected.low).abs() < 1e-12);
        assert!(interval.low > 1.0);
    }
}
