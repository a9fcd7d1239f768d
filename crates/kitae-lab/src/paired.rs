//! Scores of the same folds, compared in pairs.

use kitae_eval::intervals::Interval;
use kitae_eval::student::StudentT;
use kitae_eval::tests::{LEVEL, PairedTest, corrected_paired_t_with_rows};

use crate::trial::{FoldScore, Trial};

/// The middle one of the learning rates that folds took, the lower of two.
pub(crate) fn middle_rate(folds: &[&FoldScore]) -> Option<f64> {
    median(folds.iter().map(|fold| fold.learning_rate).collect())
}

/// The middle of some numbers, the lower of two; none of none.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}

/// Scores of a lever minus those of the recipe, on the folds that both have.
pub(crate) struct Differences {
    pub(crate) values: Vec<f64>,
    n_train: usize,
    n_held_out: usize,
    /// Distinct held-out rows that are not of the largest class; none where numbers were predicted.
    n_rare: Option<usize>,
}

impl Differences {
    pub(crate) fn mean(&self) -> Option<f64> {
        mean(&self.values)
    }

    pub(crate) fn test(&self) -> Option<PairedTest> {
        let by_rare = self.n_rare.zip(self.mean()).and_then(|(n, mean)| hanging_on(n, mean));
        corrected_paired_t_with_rows(&self.values, self.n_train, self.n_held_out, by_rare)
    }
}

pub(crate) fn difference(trials: &[Trial], lever: &str) -> Differences {
    let (mut pairs, mut n_dealt) = (Vec::new(), 0);
    for trial in trials.iter().filter(|trial| trial.lever.as_deref() == Some(lever)) {
        let baseline = trials.iter().find(|other| other.lever.is_none() && other.repeat == trial.repeat);
        let Some(baseline) = baseline else { continue };
        n_dealt += 1;
        for fold in trial.outcome.folds() {
            let same = baseline.outcome.folds().iter().find(|other| other.fold == fold.fold);
            pairs.extend(same.map(|same| (fold, same)));
        }
    }
    let all = differences(&pairs);
    Differences { n_rare: all.n_rare.map(|n| n / n_dealt.max(1)), ..all }
}

pub(crate) fn differences(pairs: &[(&FoldScore, &FoldScore)]) -> Differences {
    let n = pairs.len().max(1);
    Differences {
        values: pairs.iter().map(|(with, without)| with.score - without.score).collect(),
        n_train: pairs.iter().map(|(with, _)| with.n_train).sum::<usize>() / n,
        n_held_out: pairs.iter().map(|(with, _)| with.n_held_out).sum::<usize>() / n,
        n_rare: pairs.iter().map(|(with, _)| with.n_rare).sum(),
    }
}

/// Where a mean difference lies if it hangs on `n_rare` rows, each of which says the same of it: folds that
/// agree by the way so few were split tell no more than these rows do. From seven rows on the interval leaves
/// out zero.
fn hanging_on(n_rare: usize, mean: f64) -> Option<Interval> {
    let n = n_rare.max(2);
    let t = StudentT::new(u32::try_from(n - 1).ok()?)?.quantile(f64::midpoint(1.0, LEVEL))?;
    let reach = mean.abs() * t / (n as f64).sqrt();
    Some(Interval { low: mean - reach, high: mean + reach })
}

/// None of none.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Folds that agree by the way four rows of a class were split are four rows, not five folds.
    #[test]
    fn a_difference_of_few_rare_rows_is_not_sure() {
        let verdict = |n_rare: Option<usize>| {
            let values = vec![0.0013, 0.0014, 0.0012, 0.0014, 0.0013];
            let test =
                Differences { values, n_train: 80, n_held_out: 20, n_rare }.test().expect("they differ");
            assert_eq!(test.p_value < 0.05, test.interval.low > 0.0);
            test.interval.low > 0.0
        };
        assert_eq!([None, Some(1000), Some(7)].map(verdict), [true; 3]);
        assert_eq!([Some(6), Some(4), Some(1), Some(0)].map(verdict), [false; 4]);
    }
}
