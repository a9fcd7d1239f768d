//! From trials to verdicts.
//!
//! ```
//! use kitae_data::target::Task;
//! use kitae_lab::{Family, FoldScore, Lever, TrialOutcome, Trial, Verdict, judge};
//! use kitae_train::{Facts, Preset};
//!
//! let facts = Facts { task: Task::Regression, n_rows: 100, n_columns: 4, class_counts: Vec::new() };
//! let recipe = Preset::Fast.recipe(&facts);
//! let trial = |lever: Option<&str>, scores: [f64; 5]| {
//!     let fold = |(fold, score)| {
//!         FoldScore {
//!             fold, learning_rate: 0.2, validation: score, score, n_train: 80, n_held_out: 20, n_rare: None,
//!         }
//!     };
//!     let folds = scores.into_iter().enumerate().map(fold).collect();
//!     Trial { lever: lever.map(str::to_owned), repeat: 0, seconds: 1.0, seconds_saved: 0.0, outcome: TrialOutcome::Folds(folds) }
//! };
//! let trials = [
//!     trial(None, [-3.0, -3.2, -2.9, -3.1, -3.0]),
//!     trial(Some("relu"), [-2.5, -2.8, -2.4, -2.65, -2.5]),
//! ];
//! let relu = Lever::new("relu", Family::Activation, "network.activation = 'relu'".parse()?);
//! let judgement = judge(&recipe, &[relu], &trials);
//! assert_eq!(judgement.levers[0].verdict, Verdict::Adopt);
//! # Ok::<(), toml::de::Error>(())
//! ```

use kitae_eval::Metric;
use kitae_eval::intervals::Interval;
use kitae_eval::student::StudentT;
use kitae_eval::tests::{LEVEL, POWER, PairedTest, corrected_paired_t_with_rows, holm};
use kitae_train::Recipe;
use serde::{Deserialize, Serialize};

use crate::ledger::whole_repeats;
use crate::lever::{Family, Lever};
use crate::trial::{FoldScore, Trial, TrialOutcome};

/// What a ledger says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// What is measured.
    pub metric: Metric,
    /// The class that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// The recipe's own mean over folds and repeats, as people know the metric; none without a trial.
    pub baseline: Option<f64>,
    /// Seconds that a repeat of the recipe itself took.
    pub baseline_seconds: Option<f64>,
    /// The middle of the learning rates that the folds of the recipe itself took, as a factor of its own.
    pub baseline_rate: Option<f64>,
    /// Trials of a repeat that has not come to its end, as time ended before. They count once it has: a lever that was
    /// not reached must not be judged otherwise than one that was.
    #[serde(default)]
    pub n_waiting: usize,
    /// Every lever, the most gainful first, those not tried last.
    pub levers: Vec<LeverReport>,
}

/// What is known about a lever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeverReport {
    /// The lever's name.
    pub name: String,
    /// What it belongs to.
    pub family: Family,
    /// What to do with it.
    pub verdict: Verdict,
    /// Folds, over all repeats, on which it was compared.
    pub n_folds: usize,
    /// Scores with the lever minus those without, over folds and repeats: positive where it is better. None
    /// with fewer than two folds or where it changed nothing.
    pub test: Option<PairedTest>,
    /// The test's p-value, adjusted for all levers that were tried (Holm 1979).
    pub adjusted_p: Option<f64>,
    /// The smallest true gain that would have been adopted with probability
    /// [`POWER`], whatever the other levers do; none for a lever that left the race before its end, which is not adopted
    /// whatever it gains.
    pub smallest_effect: Option<f64>,
    /// Seconds of a repeat as a multiple of the recipe's own.
    pub cost: Option<f64>,
    /// The middle of the learning rates that its folds took, as a factor of the recipe's.
    pub rate: Option<f64>,
    /// Why it could not be trained.
    pub failure: Option<String>,
}

/// What to do with a lever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It earns something: the chance that any lever is adopted that does not is at most 5 %. Only a lever that
    /// was in the race to the end can be.
    Adopt,
    /// It costs something, changes nothing, or cannot be trained.
    Reject,
    /// The difference could be chance.
    CannotTell,
    /// There was no time.
    NotTried,
}

/// Compares each lever with the recipe on the folds that both have, over the repeats that all levers then in the race
/// have behind them.
pub fn judge(recipe: &Recipe, levers: &[Lever], trials: &[Trial]) -> Judgement {
    let n_whole = whole_repeats(levers, trials);
    let counted: Vec<Trial> = trials.iter().filter(|trial| trial.repeat < n_whole).cloned().collect();
    let (n_waiting, trials) = (trials.len() - counted.len(), counted.as_slice());
    let differences: Vec<Differences> = levers.iter().map(|lever| difference(trials, &lever.name)).collect();
    let tests: Vec<Option<PairedTest>> = differences.iter().map(Differences::test).collect();
    let p_values: Vec<f64> = tests.iter().map(|test| test.map_or(f64::NAN, |test| test.p_value)).collect();
    let n_asked = tests.iter().flatten().count();
    let adjusted = holm(&p_values);
    let baseline = Known::of(trials, None);
    // The recipe itself may have been tried on more repeats than any lever.
    let n_dealt = trials.iter().filter(|trial| trial.lever.is_some()).map(|trial| trial.repeat + 1).max();
    let report = |at: usize| {
        let (lever, differences, test) = (&levers[at], &differences[at], tests[at]);
        let known = Known::of(trials, Some(&lever.name));
        let adjusted_p = test.map(|_| adjusted[at]);
        let to_the_end = test.filter(|_| is_at_the_end(&known, n_dealt));
        LeverReport {
            name: lever.name.clone(),
            family: lever.family,
            verdict: verdict(&known, n_dealt, differences, test, adjusted_p),
            n_folds: differences.values.len(),
            test,
            adjusted_p,
            smallest_effect: to_the_end
                .and_then(|test| smallest_effect(&test, differences.values.len(), n_asked)),
            cost: known.seconds().zip(baseline.seconds()).map(|(own, base)| own / base),
            rate: known.rate().map(|rate| rate / recipe.training.learning_rate),
            failure: known.failure,
        }
    };
    let mut reports: Vec<LeverReport> = (0..levers.len()).map(report).collect();
    reports.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    Judgement {
        metric: recipe.metric,
        positive: recipe.positive.clone(),
        baseline: baseline.mean().map(|score| recipe.metric.natural(score)),
        baseline_seconds: baseline.seconds(),
        baseline_rate: baseline.rate().map(|rate| rate / recipe.training.learning_rate),
        n_waiting,
        levers: reports,
    }
}

fn verdict(
    known: &Known,
    n_dealt: Option<usize>,
    differences: &Differences,
    test: Option<PairedTest>,
    p: Option<f64>,
) -> Verdict {
    // Had one that was let go another chance to be adopted, the chance of an error would add to the last one's.
    let is_sure = is_at_the_end(known, n_dealt) && p.is_some_and(|p| p <= 1.0 - LEVEL);
    let is_same = || differences.values.len() > 1 && differences.values.iter().all(|value| *value == 0.0);
    match test {
        _ if known.failure.is_some() => Verdict::Reject,
        Some(test) if is_sure && test.mean > 0.0 => Verdict::Adopt,
        // Whom to let go is no claim that has to hold for all levers at once.
        Some(test) if test.interval.high < 0.0 => Verdict::Reject,
        None if is_same() => Verdict::Reject,
        None if known.folds.is_empty() => Verdict::NotTried,
        _ => Verdict::CannotTell,
    }
}

/// Whether a lever was tried on every repeat.
fn is_at_the_end(known: &Known, n_dealt: Option<usize>) -> bool {
    Some(known.seconds.len()) == n_dealt
}

/// At the level that the smallest of `n_asked` p-values must reach.
fn smallest_effect(test: &PairedTest, n_folds: usize, n_asked: usize) -> Option<f64> {
    let student = StudentT::new(u32::try_from(n_folds.checked_sub(1)?).ok()?)?;
    let level = 1.0 - (1.0 - LEVEL) / n_asked.max(1) as f64;
    Some(student.detectable(level, POWER)? * test.standard_error)
}

/// Tried ones by gain, the others behind them.
fn rank(report: &LeverReport) -> f64 {
    match report.verdict {
        Verdict::NotTried => f64::NEG_INFINITY,
        _ if report.failure.is_some() => f64::MIN,
        _ => report.test.map_or(0.0, |test| test.mean),
    }
}

/// What the trials of a lever say by themselves.
struct Known<'a> {
    folds: Vec<&'a FoldScore>,
    /// What each would have taken alone.
    seconds: Vec<f64>,
    failure: Option<String>,
}

impl<'a> Known<'a> {
    fn of(trials: &'a [Trial], lever: Option<&str>) -> Self {
        let own: Vec<&Trial> = trials.iter().filter(|trial| trial.lever.as_deref() == lever).collect();
        let failure = own.iter().find_map(|trial| match &trial.outcome {
            TrialOutcome::Failed(reason) => Some(reason.clone()),
            TrialOutcome::Folds(_) => None,
        });
        Self {
            folds: own.iter().flat_map(|trial| trial.outcome.folds()).collect(),
            seconds: own.iter().map(|trial| trial.seconds + trial.seconds_saved).collect(),
            failure,
        }
    }

    fn mean(&self) -> Option<f64> {
        mean(&self.folds.iter().map(|fold| fold.score).collect::<Vec<f64>>())
    }

    fn seconds(&self) -> Option<f64> {
        mean(&self.seconds).filter(|seconds| *seconds > 0.0)
    }

    fn rate(&self) -> Option<f64> {
        middle_rate(&self.folds)
    }
}

/// The middle one of the learning rates that folds took, the lower of two.
pub(crate) fn middle_rate(folds: &[&FoldScore]) -> Option<f64> {
    let mut rates: Vec<f64> = folds.iter().map(|fold| fold.learning_rate).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len().saturating_sub(1) / 2).copied()
}

/// Scores of a lever minus those of the recipe, on the folds that both have.
pub(crate) struct Differences {
    values: Vec<f64>,
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

/// Where a mean difference lies if it hangs on `n_rare` rows, each of which says the same of it: folds that agree by the
/// way so few were split tell no more than these rows do. From seven rows on the interval leaves out zero.
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
