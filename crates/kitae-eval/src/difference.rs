//! How far the difference of two scores may be from what more rows would show.
//!
//! ```
//! use kitae_eval::difference::bootstrap_difference;
//! use kitae_eval::intervals::BootstrapConfig;
//! use kitae_eval::{Metric, Outcome};
//!
//! let targets: Vec<f64> = (0..60).map(f64::from).collect();
//! let error = |value: f64| (value * 1.7).sin();
//! let off = |by: f64| -> Vec<f64> { targets.iter().map(|value| value + by * error(*value)).collect() };
//! let (near, far) = (off(1.0), off(1.2));
//! let (near, far) = (Outcome::values(&targets, &near)?, Outcome::values(&targets, &far)?);
//! let config = BootstrapConfig::default();
//! let interval = bootstrap_difference(&near, &far, Metric::Rmse, &config).expect("both are defined");
//! // On the same rows the difference is sure, though the intervals of the two scores overlap.
//! assert!(interval.low > 0.0);
//! # Ok::<(), kitae_eval::EvalError>(())
//! ```

use crate::counted::Counted;
use crate::intervals::{BootstrapConfig, Draws, Interval, MAX_UNDEFINED, percentile};
use crate::student::StudentT;
use crate::{Metric, Outcome};

/// The percentile bootstrap interval (Efron 1979) of the score of `first` minus that of `second`, two
/// predictions for the same rows in the same order: each resample draws rows once for both. As
/// [`bootstrap`](crate::intervals::bootstrap), it says what other rows would change, not what another
/// training would. `None` as there, or if the rows are not as many.
///
/// ```
/// use kitae_eval::difference::bootstrap_difference;
/// use kitae_eval::intervals::BootstrapConfig;
/// use kitae_eval::{Metric, Outcome};
///
/// let outcome = Outcome::values(&[1.0, 2.0, 3.0, 4.0], &[1.5, 2.0, 2.0, 4.5])?;
/// // The same predictions differ nowhere, and an interval without width would claim to be sure.
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
    let rows: Vec<u32> = (0..first.n_rows() as u32).collect();
    bootstrap_folds(&[PairedFold { rows: &rows, first: *first, second: *second }], metric, config)
}

/// Two predictions for the rows of a fold.
#[derive(Clone, Copy, Debug)]
pub struct PairedFold<'a> {
    /// A number for each row, the same in all folds that score it.
    pub rows: &'a [u32],
    /// The predictions that a higher difference speaks for.
    pub first: Outcome<'a>,
    /// The other predictions for the same rows.
    pub second: Outcome<'a>,
}

/// The percentile bootstrap interval of the mean over folds of (score of the first predictions - score of the
/// second). Rows are drawn once for all folds and both predictions; folds on whose draw the metric is
/// undefined are left out of the mean. [`BootstrapConfig::groups`] has the group of each distinct row, in
/// ascending order of their numbers.
///
/// The plain percentile interval is too narrow on few rows; its percentiles are moved out as far as Student's
/// t is wider than the normal distribution (Hesterberg 2015, "What Teachers Should Know About the
/// Bootstrap"). `None` as for [`bootstrap`](crate::intervals::bootstrap), or if the predictions are not for
/// as many rows.
///
/// ```
/// use kitae_eval::difference::{PairedFold, bootstrap_folds};
/// use kitae_eval::intervals::BootstrapConfig;
/// use kitae_eval::{Metric, Outcome};
///
/// // One row of forty makes all the difference: without it there is none.
/// let targets = [0.0; 40];
/// let (first, mut second) = ([1.0; 40], [1.0; 40]);
/// second[3] = 9.0;
/// let (first, second) = (Outcome::values(&targets, &first)?, Outcome::values(&targets, &second)?);
/// let rows: Vec<u32> = (0..40).collect();
/// let fold = PairedFold { rows: &rows, first, second };
/// let interval = bootstrap_folds(&[fold], Metric::Mae, &BootstrapConfig::default()).expect("it differs");
/// assert_eq!(interval.low, 0.0);
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn bootstrap_folds(folds: &[PairedFold], metric: Metric, config: &BootstrapConfig) -> Option<Interval> {
    let mut rows: Vec<u32> = folds.iter().flat_map(|fold| fold.rows).copied().collect();
    rows.sort_unstable();
    rows.dedup();
    let mut pairs: Vec<CountedPair> =
        folds.iter().map(|fold| CountedPair::new(fold, &rows, metric)).collect::<Option<_>>()?;
    let mut draws = Draws::new(rows.len(), config)?;
    let n_units = draws.n_units();
    let mut means = Vec::with_capacity(config.n_resamples);
    for resample in 0..config.n_resamples {
        let counts = draws.draw(resample);
        let (mut sum, mut n) = (0.0, 0.0);
        for difference in pairs.iter_mut().filter_map(|pair| pair.difference(counts, metric)) {
            sum += difference;
            n += 1.0;
        }
        means.extend((n > 0.0).then(|| sum / n));
    }
    let n_undefined = config.n_resamples - means.len();
    if means.is_empty() || n_undefined as f64 > MAX_UNDEFINED * config.n_resamples as f64 {
        return None;
    }
    means.sort_unstable_by(f64::total_cmp);
    let outside = moved_out((1.0 - config.level) / 2.0, n_units)?;
    let (low, high) = (percentile(&means, outside), percentile(&means, 1.0 - outside));
    (low < high).then_some(Interval { low, high })
}

/// Both predictions of a fold, waiting for how often each row counts.
struct CountedPair {
    first: Counted,
    second: Counted,
    /// Where each row of the fold stands among all.
    positions: Vec<usize>,
    /// How often each row of the fold counts.
    counts: Vec<u32>,
}

impl CountedPair {
    fn new(fold: &PairedFold, rows: &[u32], metric: Metric) -> Option<Self> {
        let n_rows = fold.rows.len();
        if metric == Metric::Ece || [fold.first.n_rows(), fold.second.n_rows()] != [n_rows; 2] {
            return None;
        }
        let positions = fold.rows.iter().map(|row| rows.partition_point(|other| other < row)).collect();
        let (first, second) = (metric.counted(&fold.first)?, metric.counted(&fold.second)?);
        Some(Self { first, second, positions, counts: vec![0; n_rows] })
    }

    fn difference(&mut self, all: &[u32], metric: Metric) -> Option<f64> {
        self.counts.iter_mut().zip(&self.positions).for_each(|(count, position)| *count = all[*position]);
        let (first, second) = (self.first.value(&self.counts)?, self.second.value(&self.counts)?);
        Some(metric.signed(first) - metric.signed(second))
    }
}

/// The share outside that a percentile interval of `n` units takes: Φ(-√(n / (n - 1)) t), t being Student's
/// quantile.
fn moved_out(outside: f64, n: usize) -> Option<f64> {
    let student = StudentT::new(u32::try_from(n.checked_sub(1)?).unwrap_or(u32::MAX))?;
    let t = student.quantile(1.0 - outside)?;
    let n = n as f64;
    // With so many degrees of freedom Student's distribution is the normal one.
    Some(StudentT::new(u32::MAX)?.cdf(-t * (n / (n - 1.0)).sqrt()))
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
        let targets: Vec<f64> = (0..40).map(f64::from).collect();
        let error = |row: f64| (row * 0.37).fract();
        let first: Vec<f64> = targets.iter().map(|row| row + error(*row)).collect();
        let second: Vec<f64> = targets.iter().map(|row| row + 1.0 + error(*row) * 2.0).collect();
        let config = BootstrapConfig::default();
        let (first, second) = (Outcome::values(&targets, &first), Outcome::values(&targets, &second));
        let (first, second) = (first.unwrap(), second.unwrap());
        let interval = bootstrap_difference(&first, &second, Metric::Mae, &config).unwrap();
        // |second| - |first| = 1 + error, row by row.
        let gaps: Vec<f64> = targets.iter().map(|row| row + 1.0 + error(*row)).collect();
        let gaps = Outcome::values(&targets, &gaps).unwrap();
        let expected = crate::intervals::bootstrap(&gaps, Metric::Mae, &config).unwrap().map(|score| score.0);
        // A little wider, as percentiles are moved out: for 40 rows by t / 1.96 * √(40 / 39), a twentieth.
        let widening = (interval.high - interval.low) / (expected.high - expected.low);
        assert!((1.0..1.12).contains(&widening), "{widening}");
        assert!((interval.low + expected.high).abs() < 0.05 && interval.low > 1.0);
    }

    /// Three rows of the rare class make the difference, and each fold agrees: that is three rows, not five
    /// folds.
    #[test]
    fn what_hangs_on_three_rows_is_not_sure_however_well_folds_agree() {
        let targets: Vec<Vec<u32>> =
            (0..5).map(|fold| (0..60).map(|row| u32::from(row == 0 && fold < 3)).collect()).collect();
        let predictions = |rare: f64| [1.0 - rare, rare].repeat(60);
        // What a constant of the other folds says, and a network that says the same everywhere.
        let of_others: Vec<Vec<f64>> =
            (0..5).map(|fold| predictions(if fold < 3 { 2.0 } else { 3.0 } / 213.0)).collect();
        let network = predictions(0.0127);
        let rows: Vec<Vec<u32>> = (0..5).map(|fold| (fold * 60..fold * 60 + 60).collect()).collect();
        let outcome = |fold: usize, predictions| Outcome::classes(&targets[fold], predictions, 2).unwrap();
        let fold = |fold: usize| PairedFold {
            rows: &rows[fold],
            first: outcome(fold, &network),
            second: outcome(fold, &of_others[fold]),
        };
        let folds: Vec<PairedFold> = (0..5).map(fold).collect();
        let score = |outcome: &Outcome| Metric::LogLoss.score(outcome).unwrap();
        let gains: Vec<f64> = folds.iter().map(|fold| score(&fold.first) - score(&fold.second)).collect();
        let by_folds = crate::tests::corrected_paired_t(&gains, 213, 60).unwrap();
        assert!(by_folds.interval.low > 0.0, "{by_folds:?}");
        let by_rows = bootstrap_folds(&folds, Metric::LogLoss, &BootstrapConfig::default()).unwrap();
        assert!(by_rows.low < 0.0 && by_rows.high > by_folds.interval.high, "{by_rows:?}");
    }
}
