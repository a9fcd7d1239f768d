//! From trials to verdicts on levers.
//!
//! ```
//! use kitae_data::target::Task;
//! use kitae_eval::Score;
//! use kitae_lab::{Family, FoldScore, Lever, TrialOutcome, Trial, Verdict, compare_levers};
//! use kitae_train::{Facts, Preset, SplitBy};
//!
//! let (task, class_counts, by) = (Task::Regression, Vec::new(), SplitBy::Target);
//! let facts = Facts { task, n_rows: 100, n_columns: 4, class_counts, by };
//! let recipe = Preset::Fast.recipe(&facts);
//! let trial = |lever: Option<&str>, scores: [f64; 5]| {
//!     let fold = |(fold, score)| {
//!         let score = Score(score);
//!         FoldScore {
//!             fold, learning_rate: 0.2, validation: score, score, n_train: 80, n_held_out: 20, n_rare: None,
//!         }
//!     };
//!     let folds = scores.into_iter().enumerate().map(fold).collect();
//!     let (lever, outcome) = (lever.map(str::to_owned), TrialOutcome::Folds(folds));
//!     Trial { lever, repeat: 0, seconds: 1.0, seconds_saved: 0.0, outcome }
//! };
//! let trials = [
//!     trial(None, [-3.0, -3.2, -2.9, -3.1, -3.0]),
//!     trial(Some("relu"), [-2.5, -2.8, -2.4, -2.65, -2.5]),
//! ];
//! let relu = Lever::new("relu", Family::Activation, "network.activation = 'relu'".parse()?);
//! let judgement = compare_levers(&recipe, &[relu], &trials);
//! assert_eq!(judgement.levers[0].verdict, Verdict::Adopt);
//! # Ok::<(), toml::de::Error>(())
//! ```

use kitae_eval::student::StudentT;
use kitae_eval::tests::{LEVEL, POWER, PairedTest, holm};
use kitae_eval::{Metric, MetricValue, Score};
use kitae_train::Recipe;
use serde::{Deserialize, Serialize};

use crate::ledger::whole_repeats;
use crate::lever::{Family, Lever};
use crate::paired::{Differences, difference, mean, middle_rate};
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
    pub baseline: Option<MetricValue>,
    /// Seconds that a repeat of the recipe itself took.
    pub baseline_seconds: Option<f64>,
    /// The middle of the learning rates that the folds of the recipe itself took, as a factor of its own.
    pub baseline_rate: Option<f64>,
    /// Trials of a repeat that has not come to its end, as time ended before. They count once it has: a lever
    /// that was not reached must not be judged otherwise than one that was.
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
    /// The smallest true gain that would have been adopted with probability [`POWER`], whatever the other
    /// levers do; none for a lever that left the race before its end, which is not adopted whatever it gains.
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
    /// It earns something: the chance that any lever is adopted that does not is at most 5 %. Only a lever
    /// that was in the race to the end can be.
    Adopt,
    /// It costs something, changes nothing, or cannot be trained.
    Reject,
    /// The difference could be chance.
    CannotTell,
    /// There was no time.
    NotTried,
}

impl Judgement {
    /// The metric, with the class that it is about.
    pub fn measured(&self) -> String {
        self.metric.of_class(self.positive.as_deref())
    }

    /// Levers with this verdict, in order.
    pub fn found(&self, verdict: Verdict) -> impl Iterator<Item = &LeverReport> {
        self.levers.iter().filter(move |lever| lever.verdict == verdict)
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Adopt => "adopt",
            Self::Reject => "reject",
            Self::CannotTell => "inconclusive",
            Self::NotTried => "not tried",
        })
    }
}

/// Compares each lever with the recipe on the folds that both have, over the repeats that all levers then in
/// the race have behind them.
pub fn compare_levers(recipe: &Recipe, levers: &[Lever], trials: &[Trial]) -> Judgement {
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
    // Had one that was let go another chance to be adopted, the chance of an error would add to the last
    // one's.
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

    fn mean(&self) -> Option<Score> {
        Score::mean(self.folds.iter().map(|fold| fold.score))
    }

    fn seconds(&self) -> Option<f64> {
        mean(&self.seconds).filter(|seconds| *seconds > 0.0)
    }

    fn rate(&self) -> Option<f64> {
        middle_rate(&self.folds)
    }
}
