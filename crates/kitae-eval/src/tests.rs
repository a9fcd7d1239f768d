//! Is one recipe better than another, or does it only look so on these folds?
//!
//! ```
//! use kitae_eval::tests::{corrected_paired_t, holm};
//!
//! // Two recipes against a third, on the same five folds of 80 training and 20 held-out rows.
//! let first = corrected_paired_t(&[0.021, 0.013, 0.030, 0.018, 0.024], 80, 20).expect("they differ");
//! let second = corrected_paired_t(&[0.021, -0.030, 0.030, -0.018, 0.004], 80, 20).expect("they differ");
//! let adjusted = holm(&[first.p_value, second.p_value]);
//! assert!(adjusted[0] < 0.05 && adjusted[1] > 0.5);
//! ```

use serde::{Deserialize, Serialize};

use crate::intervals::{FoldSummary, Interval};

/// The confidence level of [`PairedTest::interval`].
pub const LEVEL: f64 = 0.95;
/// How surely a test finds an effect of the size [`PairedTest::smallest_effect`].
pub const POWER: f64 = 0.8;

/// What a paired test over folds says about the mean difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedTest {
    /// The mean of the differences: positive if the first of the pair scores higher.
    pub mean: f64,
    /// The standard error of the mean, corrected for training rows that the folds share.
    pub standard_error: f64,
    /// `mean` / `standard_error`.
    pub t: f64,
    /// How likely differences this large are, in either direction, if there is none.
    pub p_value: f64,
    /// Where the true mean difference lies, at level [`LEVEL`].
    pub interval: Interval,
    /// The smallest true difference, in either direction, that these folds would have shown to be one
    /// with probability [`POWER`], in a test at level [`LEVEL`]: the sum of the two t quantiles times
    /// the standard error. Below it, "no difference seen" says little.
    pub smallest_effect: f64,
}

/// The corrected resampled t-test (Nadeau and Bengio 2003, *Inference for the generalization error*).
///
/// `differences` holds one difference of two scores per fold, both on the rows of that fold. The plain
/// test takes the folds for independent; their training sets overlap, and it finds differences that are
/// not there. This one enlarges the variance from s²/k to s² (1/k + `n_test` / `n_train`), where
/// `n_train` and `n_test` are the rows a fold is trained and scored on.
///
/// `None` where there is nothing to go by: fewer than two folds, no rows, a difference that is not
/// finite, or differences without spread, such as those of a recipe and itself.
///
/// ```
/// use kitae_eval::tests::corrected_paired_t;
///
/// let differences = [0.021, 0.013, 0.030, 0.018, 0.024];
/// let test = corrected_paired_t(&differences, 80, 20).expect("they differ");
/// assert!((test.mean - 0.0212).abs() < 1e-12);
/// assert!((test.t - test.mean / test.standard_error).abs() < 1e-12);
/// // A recipe against itself is no question.
/// assert_eq!(corrected_paired_t(&[0.0; 5], 80, 20), None);
/// ```
pub fn corrected_paired_t(differences: &[f64], n_train: usize, n_test: usize) -> Option<PairedTest> {
    let summary = FoldSummary::new(differences)?;
    let factor = summary.corrected_factor(n_train, n_test)?;
    let standard_error = summary.standard_error(factor);
    let t = summary.mean / standard_error;
    let quantiles = summary.student.quantile(f64::midpoint(1.0, LEVEL))? + summary.student.quantile(POWER)?;
    Some(PairedTest {
        mean: summary.mean,
        standard_error,
        t,
        p_value: summary.student.two_sided(t),
        interval: summary.interval(factor, LEVEL)?,
        smallest_effect: quantiles * standard_error,
    })
}

/// [`corrected_paired_t`], made wider where `rows` says so: the interval that the same mean difference has
/// over resampled rows ([`bootstrap_folds`](crate::difference::bootstrap_folds)).
///
/// The test sees what the folds disagree on. Where the difference hangs on a few rows, such as those of a
/// rare class, the folds agree by the way these rows were split, and the interval between them is far too
/// narrow. Each end is the one that is farther out; standard error, t and p-value follow the end that faces
/// zero.
///
/// ```
/// use kitae_eval::intervals::Interval;
/// use kitae_eval::tests::{corrected_paired_t, corrected_paired_t_with_rows};
///
/// // Five folds agree, and yet three rows of a thousand make all the difference.
/// let differences = [0.0013, 0.0014, 0.0012, 0.0014, 0.0013];
/// let folds = corrected_paired_t(&differences, 80, 20).expect("they differ");
/// let rows = Interval { low: -0.0004, high: 0.0030 };
/// let both = corrected_paired_t_with_rows(&differences, 80, 20, Some(rows)).expect("they differ");
/// assert!(folds.interval.low > 0.0 && folds.p_value < 0.05);
/// assert!(both.interval.low < 0.0 && both.p_value > 0.05);
/// ```
pub fn corrected_paired_t_with_rows(
    differences: &[f64],
    n_train: usize,
    n_test: usize,
    rows: Option<Interval>,
) -> Option<PairedTest> {
    let test = corrected_paired_t(differences, n_train, n_test)?;
    let Some(rows) = rows else { return Some(test) };
    let student = FoldSummary::new(differences)?.student;
    let (low, high) = (test.interval.low.min(rows.low), test.interval.high.max(rows.high));
    let reach = test.mean - test.interval.low;
    let facing_zero = if test.mean > 0.0 { test.mean - low } else { high - test.mean };
    let wider = (facing_zero / reach).max(1.0);
    let t = test.t / wider;
    Some(PairedTest {
        standard_error: test.standard_error * wider,
        t,
        p_value: student.two_sided(t),
        interval: Interval { low, high },
        smallest_effect: test.smallest_effect * wider,
        ..test
    })
}

/// p-values adjusted for having asked many questions, in the order given (Holm 1979): rejecting where
/// the adjusted value is at most α keeps the chance of any false rejection at most α, whatever the
/// dependence between the questions.
///
/// A NaN is no question: it stays NaN and does not count. Values outside [0, 1] are taken for the nearer
/// end.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).filter(|&i| !p_values[i].is_nan()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![f64::NAN; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, &question) in order.iter().enumerate() {
        let n_left = (order.len() - rank) as f64;
        largest = largest.max(p_values[question].clamp(0.0, 1.0) * n_left).min(1.0);
        adjusted[question] = largest;
    }
    adjusted
}
