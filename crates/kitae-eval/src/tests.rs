//! Is one recipe better than another, or does it only look so on these folds?

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
