//! How far a score may be from what more rows would show.
//!
//! ```
//! use kitae_eval::intervals::{BootstrapConfig, bootstrap, folds_interval_corrected};
//! use kitae_eval::{Metric, Outcome};
//!
//! // From the rows of one test set.
//! let outcome = Outcome::values(&[1.0, 2.0, 3.0, 4.0], &[1.5, 2.0, 2.0, 4.5])?;
//! let interval = bootstrap(&outcome, Metric::Mae, &BootstrapConfig::default()).expect("defined");
//! assert!((interval.low.0..interval.high.0).contains(&-0.5));
//! // From the scores of the folds of a cross-validation with 80 training and 20 held-out rows.
//! let interval = folds_interval_corrected(&[0.81, 0.84, 0.79, 0.83, 0.80], 0.95, 80, 20);
//! assert!(interval.is_some_and(|interval| interval.low > 0.7 && interval.high < 0.9));
//! # Ok::<(), kitae_eval::EvalError>(())
//! ```

use kitae_random::{Purpose, Stream};
use serde::{Deserialize, Serialize};

use crate::counted::Counted;
use crate::student::StudentT;
use crate::{Metric, Outcome, Score};

/// The share of resamples that may leave a metric undefined. Beyond it the interval would describe the
/// lucky resamples alone.
pub(crate) const MAX_UNDEFINED: f64 = 0.1;

/// A confidence interval. `low` is not above `high`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval<T = f64> {
    /// The lower end.
    pub low: T,
    /// The upper end.
    pub high: T,
}

impl<T> Interval<T> {
    /// The interval of what both ends become.
    pub fn map<U>(self, end: impl Fn(T) -> U) -> Interval<U> {
        Interval { low: end(self.low), high: end(self.high) }
    }
}

/// How a bootstrap is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BootstrapConfig<'a> {
    /// How many times the rows are drawn anew; 1000 gives ends that are steady to about a fiftieth of the
    /// interval's width.
    pub n_resamples: usize,
    /// The confidence level, strictly between 0 and 1.
    pub level: f64,
    /// Same seed, same interval.
    pub seed: u64,
    /// A number for the group of each row, where rows of a group have something in common. Whole groups are
    /// drawn then (the cluster bootstrap; Davison and Hinkley 1997, *Bootstrap methods and their
    /// application*, section 3.8): rows of a group repeat each other, and drawn one by one they would claim
    /// to know more than they do.
    pub groups: Option<&'a [u32]>,
}

impl Default for BootstrapConfig<'_> {
    fn default() -> Self {
        Self { n_resamples: 1000, level: 0.95, seed: 0, groups: None }
    }
}

/// The percentile bootstrap interval of a score over rows (Efron 1979): the metric on many resamples of
/// the rows, and the middle share of what comes out. The ends are scores; see
/// [`Metric::natural_interval`].
///
/// It says what other rows of the same kind would change, not what another training would. `None` if the
/// metric has no value on the rows or on more than a tenth of the resamples, if there are fewer than two rows
/// or groups or no resamples, if the level is not between 0 and 1, or if all resamples score the same (all
/// rows are right, say): an interval without width would claim to be sure.
///
/// [`Metric::Ece`] has no such interval: a resample repeats rows, and that alone makes its ECE larger, so
/// the interval of a well calibrated network would often lie above its own ECE.
///
/// ```
/// use kitae_eval::intervals::{BootstrapConfig, bootstrap};
/// use kitae_eval::{Metric, Outcome};
///
/// let targets: Vec<f64> = (0..50).map(f64::from).collect();
/// let predicted: Vec<f64> = targets.iter().map(|value| value + (value * 1.7).sin()).collect();
/// let outcome = Outcome::values(&targets, &predicted)?;
/// let score = Metric::Rmse.score(&outcome).expect("defined");
/// let interval = bootstrap(&outcome, Metric::Rmse, &BootstrapConfig::default()).expect("defined");
/// assert!(interval.low < score && score < interval.high);
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn bootstrap(outcome: &Outcome, metric: Metric, config: &BootstrapConfig) -> Option<Interval<Score>> {
    bootstrap_each(outcome, &[metric], config).pop().flatten()
}

/// [`bootstrap`] of several metrics, in the order given. Each gets the interval it would get alone, but
/// rows are drawn only once, which is most of the work.
pub fn bootstrap_each(
    outcome: &Outcome,
    metrics: &[Metric],
    config: &BootstrapConfig,
) -> Vec<Option<Interval<Score>>> {
    let Some(mut draws) = Draws::new(outcome.n_rows(), config) else { return vec![None; metrics.len()] };
    let mut samples: Vec<Option<Sample>> =
        metrics.iter().map(|metric| Sample::new(outcome, *metric)).collect();
    if samples.iter().all(Option::is_none) {
        return vec![None; metrics.len()];
    }
    for resample in 0..config.n_resamples {
        let counts = draws.draw(resample);
        samples.iter_mut().flatten().for_each(|sample| sample.extend(counts));
    }
    samples.into_iter().map(|sample| sample?.interval(config)).collect()
}

/// The scores of the resamples so far.
struct Sample {
    metric: Metric,
    counted: Counted,
    scores: Vec<f64>,
}

impl Sample {
    fn new(outcome: &Outcome, metric: Metric) -> Option<Self> {
        let counted = metric.counted(outcome).filter(|_| metric != Metric::Ece)?;
        counted.once()?;
        Some(Self { metric, counted, scores: Vec::new() })
    }

    fn extend(&mut self, counts: &[u32]) {
        self.scores.extend(self.counted.value(counts).map(|value| self.metric.signed(value)));
    }

    fn interval(mut self, config: &BootstrapConfig) -> Option<Interval<Score>> {
        let n_undefined = config.n_resamples - self.scores.len();
        if self.scores.is_empty() || n_undefined as f64 > MAX_UNDEFINED * config.n_resamples as f64 {
            return None;
        }
        self.scores.sort_unstable_by(f64::total_cmp);
        let outside = (1.0 - config.level) / 2.0;
        let (low, high) = (percentile(&self.scores, outside), percentile(&self.scores, 1.0 - outside));
        (low < high).then_some(Interval { low, high }.map(Score))
    }
}

/// Draws rows, or groups of rows, with replacement: as many as there are.
pub(crate) struct Draws {
    seed: u64,
    /// How often each row was drawn.
    counts: Vec<u32>,
    groups: Option<Groups>,
}

struct Groups {
    /// Of each row, from 0.
    of_row: Vec<usize>,
    counts: Vec<u32>,
}

impl Draws {
    /// None for fewer than two rows or groups, groups of other rows, or a level that is none.
    pub(crate) fn new(n_rows: usize, config: &BootstrapConfig) -> Option<Self> {
        let groups = config.groups.map(|groups| {
            let mut distinct = groups.to_vec();
            distinct.sort_unstable();
            distinct.dedup();
            let of_row = groups.iter().map(|group| distinct.partition_point(|other| other < group)).collect();
            Groups { of_row, counts: vec![0; distinct.len()] }
        });
        let n_units = match &groups {
            Some(groups) if groups.of_row.len() != n_rows => 0,
            Some(groups) => groups.counts.len(),
            None => n_rows,
        };
        let can_start = n_units >= 2 && is_level(config.level);
        can_start.then(|| Self { seed: config.seed, counts: vec![0; n_rows], groups })
    }

    /// How many rows, or groups of rows, a resample draws.
    pub(crate) fn n_units(&self) -> usize {
        self.groups.as_ref().map_or(self.counts.len(), |groups| groups.counts.len())
    }

    /// How often each row stands in a resample.
    pub(crate) fn draw(&mut self, resample: usize) -> &[u32] {
        let mut stream = Stream::new(self.seed, Purpose::Bootstrap, [resample as u64, 0, 0]);
        match &mut self.groups {
            None => draw_counts(&mut self.counts, &mut stream),
            Some(Groups { of_row, counts }) => {
                draw_counts(counts, &mut stream);
                self.counts.iter_mut().zip(of_row).for_each(|(count, group)| *count = counts[*group]);
            }
        }
        &self.counts
    }
}

fn draw_counts(counts: &mut [u32], stream: &mut Stream) {
    counts.fill(0);
    for _ in 0..counts.len() {
        counts[stream.below(counts.len() as u64) as usize] += 1;
    }
}

/// The value that the share `probability` of `sorted` lies below, linear between two of them (type 7 of
/// Hyndman and Fan 1996, which is numpy's). `sorted` is not empty.
pub(crate) fn percentile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let (below, above) = (position.floor() as usize, position.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

/// The Student-t interval of the mean of one score per fold, as if the folds were independent.
///
/// They are not: any two training sets share most of their rows, so it is too narrow.
/// [`folds_interval_corrected`] makes up for that. `None` with fewer than two folds, without spread, or
/// with a score that is not finite.
///
/// ```
/// use kitae_eval::intervals::folds_interval;
///
/// let interval = folds_interval(&[0.80, 0.84, 0.82], 0.95).expect("three different scores");
/// assert!((0.5 * (interval.low + interval.high) - 0.82).abs() < 1e-12);
/// // One fold says nothing of the spread.
/// assert_eq!(folds_interval(&[0.80], 0.95), None);
/// ```
pub fn folds_interval(scores: &[f64], level: f64) -> Option<Interval> {
    let summary = FoldSummary::new(scores)?;
    summary.interval(1.0 / summary.n_folds, level)
}

/// The Student-t interval of the mean of one score per fold, with the variance of the mean enlarged from
/// s²/k to s² (1/k + `n_test` / `n_train`) for the rows that the training sets share (Nadeau and Bengio
/// 2003). `n_train` and `n_test` are the rows a fold is trained and scored on. `None` as for
/// [`folds_interval`], or if `n_train` or `n_test` is 0.
pub fn folds_interval_corrected(
    scores: &[f64],
    level: f64,
    n_train: usize,
    n_test: usize,
) -> Option<Interval> {
    let summary = FoldSummary::new(scores)?;
    summary.interval(summary.corrected_factor(n_train, n_test)?, level)
}

/// Wilson's interval of a share (Wilson 1927): the shares at which `n_hits` of `n_rows` independent rows are
/// not unusual. It has a width even where all rows are hits. `None` without rows, with more hits than rows,
/// or if the level is not between 0 and 1.
pub fn wilson(n_hits: usize, n_rows: usize, level: f64) -> Option<Interval> {
    if n_rows == 0 || n_hits > n_rows || !is_level(level) {
        return None;
    }
    wilson_of(n_hits as f64 / n_rows as f64, n_rows as f64, level)
}

/// [`wilson`] for rows in groups that have something in common: as many independent rows as would leave the
/// share as unsure as the spread between groups does (Kish 1965, *Survey sampling*; Dean and Pagano 2015,
/// "Evaluating confidence interval methods for binomial proportions in clustered surveys"). Where all rows
/// are hits, or none, each group counts as one. `groups` has the group of each row. `None` with fewer than
/// two groups or other rows, or if the level is not between 0 and 1.
///
/// ```
/// use kitae_eval::intervals::{grouped_wilson, wilson};
///
/// // Ten groups of five rows, of which eight are hit and two missed as a whole.
/// let groups: Vec<u32> = (0..50).map(|row| row / 5).collect();
/// let hits: Vec<bool> = groups.iter().map(|group| *group < 8).collect();
/// let by_group = grouped_wilson(&hits, &groups, 0.95).expect("ten groups");
/// let by_row = wilson(40, 50, 0.95).expect("rows");
/// assert!(by_group.low < by_row.low - 0.15);
/// ```
pub fn grouped_wilson(hits: &[bool], groups: &[u32], level: f64) -> Option<Interval> {
    let mut rows: Vec<(u32, bool)> = groups.iter().copied().zip(hits.iter().copied()).collect();
    rows.sort_unstable();
    let n = hits.len() as f64;
    let share = hits.iter().filter(|hit| **hit).count() as f64 / n;
    let spread = |group: &[(u32, bool)]| {
        let n_hits = group.iter().filter(|(_, hit)| *hit).count() as f64;
        (n_hits - share * group.len() as f64).powi(2)
    };
    let spreads: Vec<f64> = rows.chunk_by(|a, b| a.0 == b.0).map(spread).collect();
    let n_groups = spreads.len() as f64;
    if hits.len() != groups.len() || spreads.len() < 2 || !is_level(level) {
        return None;
    }
    let variance = spreads.iter().sum::<f64>() / (n * n) * n_groups / (n_groups - 1.0);
    let n_independent = share * (1.0 - share) / variance;
    wilson_of(share, if n_independent.is_finite() { n_independent.min(n) } else { n_groups }, level)
}

fn wilson_of(share: f64, n: f64, level: f64) -> Option<Interval> {
    // With so many degrees of freedom Student's quantile is the normal's to nine digits.
    let z = StudentT::new(u32::MAX)?.quantile(f64::midpoint(1.0, level))?;
    let middle = share + z * z / (2.0 * n);
    let reach = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let end = |value: f64| (value / (1.0 + z * z / n)).clamp(0.0, 1.0);
    Some(Interval { low: end(middle - reach), high: end(middle + reach) })
}

/// Mean and spread of one number per fold.
pub(crate) struct FoldSummary {
    pub(crate) n_folds: f64,
    pub(crate) mean: f64,
    pub(crate) student: StudentT,
    variance: f64,
}

impl FoldSummary {
    /// `None` with fewer than two numbers, numbers that are not finite, or a spread that is nothing but
    /// rounding.
    pub(crate) fn new(values: &[f64]) -> Option<Self> {
        let n_folds = values.len() as f64;
        let student = StudentT::new(u32::try_from(values.len().checked_sub(1)?).ok()?)?;
        let mean = values.iter().sum::<f64>() / n_folds;
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let variance = squares / (n_folds - 1.0);
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let is_known = variance.is_finite() && variance.sqrt() > 1e-12 * largest;
        is_known.then_some(Self { n_folds, mean, student, variance })
    }

    /// 1/k + `n_test` / `n_train` (Nadeau and Bengio 2003).
    pub(crate) fn corrected_factor(&self, n_train: usize, n_test: usize) -> Option<f64> {
        (n_train > 0 && n_test > 0).then(|| 1.0 / self.n_folds + n_test as f64 / n_train as f64)
    }

    pub(crate) fn standard_error(&self, factor: f64) -> f64 {
        (self.variance * factor).sqrt()
    }

    /// mean ± t √(variance · `factor`).
    pub(crate) fn interval(&self, factor: f64, level: f64) -> Option<Interval> {
        let t = self.student.quantile(f64::midpoint(1.0, level)).filter(|_| is_level(level))?;
        let reach = t * self.standard_error(factor);
        let interval = Interval { low: self.mean - reach, high: self.mean + reach };
        (interval.low.is_finite() && interval.high.is_finite()).then_some(interval)
    }
}

pub(crate) fn is_level(level: f64) -> bool {
    level > 0.0 && level < 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.binomtest(hits, rows).proportion_ci(method="wilson")`
    const WILSON: [(usize, usize, f64, f64); 4] = [
        (18, 20, 0.698_966_354_8, 0.972_133_518_8),
        (0, 10, 0.0, 0.277_532_799_9),
        (10, 10, 0.722_467_200_1, 1.0),
        (900, 1000, 0.879_848_036_8, 0.917_090_556_4),
    ];

    #[test]
    fn percentiles_are_those_of_numpy() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        // numpy.quantile([1, 2, 4, 8], p)
        for (probability, expected) in [(0.0, 1.0), (0.25, 1.75), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((percentile(&sorted, probability) - expected).abs() < 1e-14);
        }
        assert_eq!(percentile(&[3.0], 0.025), 3.0);
    }

    #[test]
    fn wilsons_interval_is_that_of_scipy() {
        for (n_hits, n_rows, low, high) in WILSON {
            let interval = wilson(n_hits, n_rows, 0.95).expect("rows");
            assert!((interval.low - low).abs() < 1e-8 && (interval.high - high).abs() < 1e-8, "{interval:?}");
        }
        assert_eq!([wilson(0, 0, 0.95), wilson(3, 2, 0.95), wilson(1, 2, 1.0)], [None; 3]);
    }

    #[test]
    fn a_resample_draws_as_many_rows_or_groups_as_there_are() {
        let config = BootstrapConfig::default();
        let mut draws = Draws::new(100, &config).unwrap();
        assert_eq!(draws.draw(2).iter().sum::<u32>(), 100);
        let groups: Vec<u32> = (0..100).map(|row| 7 * (row / 10)).collect();
        let mut draws = Draws::new(100, &BootstrapConfig { groups: Some(&groups), ..config }).unwrap();
        let counts = draws.draw(2);
        assert_eq!(counts.iter().sum::<u32>(), 100);
        assert!(counts.chunks(10).all(|group| group.iter().all(|count| *count == group[0])));
    }
}
