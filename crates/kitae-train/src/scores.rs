//! How good a model is on rows that decided nothing, and against what.
//!
//! ```
//! # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
//! let report = moons::trained()?.model.manifest.scores;
//! assert_eq!(report.entries[0].metric, report.metric);
//! let rivals: Vec<&str> = report.rivals.iter().map(|rival| rival.name.as_str()).collect();
//! assert_eq!(rivals, ["class frequencies", "linear model"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use kitae_eval::classification::ConfusionMatrix;
use kitae_eval::intervals::{BootstrapConfig, Interval, bootstrap_each, folds_interval_corrected};
use kitae_eval::tests::{PairedTest, corrected_paired_t};
use kitae_eval::{Metric, Outcome, TaskKind};
use serde::{Deserialize, Serialize};

use crate::calibration::spread;
use crate::engine::{Answers, LaneResult};
use crate::pool::Pool;
use crate::prepare::{LaneData, Truth};

/// The scores of a model, each on rows that none of the networks it measures has seen.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// let report = moons::trained()?.model.manifest.scores;
/// let confusion = report.confusion.expect("classes were predicted");
/// assert_eq!(confusion.cells.iter().map(|cell| cell.n_rows).sum::<u64>(), report.n_rows as u64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreReport {
    /// Which metric heads the report.
    pub metric: Metric,
    /// How many rows were scored.
    pub n_rows: usize,
    /// One entry a metric, the heading one first. A row is answered by the networks of its fold only,
    /// so the bag of all networks, which is delivered, is usually a little better.
    pub entries: Vec<MetricScore>,
    /// How often each class was taken for each; none for a regression.
    pub confusion: Option<ConfusionMatrix>,
    /// By how much the heading score is better on the stop rows, which chose the epoch, than on the
    /// score rows: what a tool reports too much that scores on the rows it stops on.
    pub optimism: Option<f64>,
    /// The rivals on the same folds.
    pub rivals: Vec<RivalReport>,
    /// The linear model's mean share in the answers, from 0 to 1; none if it was not asked.
    #[serde(default)]
    pub linear_share: Option<f64>,
}

/// One metric on all scored rows. Numbers are the ones people know: a loss is positive.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// let report = moons::trained()?.model.manifest.scores;
/// let log_loss = &report.entries[0];
/// assert_eq!(log_loss.folds.len(), 2);
/// assert!(log_loss.interval.is_some_and(|interval| interval.low < log_loss.value));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricScore {
    /// What is measured.
    pub metric: Metric,
    /// Over all scored rows.
    pub value: f64,
    /// 95 % interval from resampling rows.
    pub interval: Option<Interval>,
    /// The same for each fold.
    pub folds: Vec<Option<f64>>,
    /// 95 % interval of the mean over folds, corrected for the training rows they share.
    pub folds_interval: Option<Interval>,
}

/// What is always compared with.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// let rivals = moons::trained()?.model.manifest.scores.rivals;
/// assert_eq!(rivals[0].name, "class frequencies");
/// // Two classes of about the same size: the log loss of a coin.
/// assert!((rivals[0].score.value - 2.0_f64.ln()).abs() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RivalReport {
    /// The rival in a few words.
    pub name: String,
    /// Its heading metric.
    pub score: MetricScore,
    /// Scores of the network minus those of the rival over the folds: positive where the network is
    /// better. None with fewer than two folds or without spread.
    pub gain: Option<PairedTest>,
}

/// What is known about scored rows: one entry a fold, members averaged.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// let trained = moons::trained()?;
/// let n_rows: usize = trained.out_of_fold.folds.iter().map(|fold| fold.rows.len()).sum();
/// assert_eq!(n_rows, trained.model.manifest.scores.n_rows);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfFold {
    /// In the order of the lanes.
    pub folds: Vec<FoldAnswers>,
}

/// The score rows of a fold and the answers to them.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// let out_of_fold = moons::trained()?.out_of_fold;
/// let fold = &out_of_fold.folds[0];
/// assert_eq!(fold.truth.len(), fold.rows.len());
/// assert_eq!(fold.answers.n_rows(), fold.rows.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FoldAnswers {
    /// Which dealing of the rows.
    pub repeat: usize,
    /// Which fold.
    pub fold: usize,
    /// Positions in the table.
    pub rows: Vec<u32>,
    /// The right answers.
    pub truth: Truth,
    /// The given answers.
    pub answers: Answers,
    /// Rows that trained the fold's networks.
    pub n_train: usize,
}

impl OutOfFold {
    /// What the lanes of each fold say together ([`pooled`](crate::pool::pooled)); lanes whose answers are not
    /// finite are left out.
    ///
    /// ```
    /// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
    /// use kitae_train::rivals::constant_answers;
    /// use kitae_train::scores::OutOfFold;
    ///
    /// let (_, _, plan) = moons::planned()?;
    /// let answers = constant_answers(&plan.lanes, 2);
    /// assert_eq!(OutOfFold::collect(&plan.lanes, &answers).folds.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn collect(lanes: &[LaneData], answers: &[Answers]) -> Self {
        Self::pool(lanes.iter().zip(answers).map(|(lane, answers)| (lane, answers, 0.0)))
    }

    /// What the networks of each fold say together, as a model of these networks alone would; those without
    /// weights to answer with are left out, as the model leaves them out.
    pub(crate) fn of_networks(lanes: &[LaneData], results: &[LaneResult]) -> Self {
        let networks = lanes.iter().zip(results).filter(|(_, result)| !result.is_lost());
        Self::pool(networks.map(|(lane, result)| (lane, &result.in_bag, result.calibrator.doubt)))
    }

    /// Lanes with their answers and the doubt of their fold.
    fn pool<'a>(lanes: impl Iterator<Item = (&'a LaneData, &'a Answers, f64)>) -> Self {
        let mut pools: Vec<(&LaneData, Pool, f64)> = Vec::new();
        let mut n_columns = 1;
        for (lane, answers, doubt) in lanes {
            if answers.values.iter().any(|value| !value.is_finite()) {
                continue;
            }
            n_columns = answers.n_columns;
            let fold = |lane: &LaneData| (lane.place.repeat, lane.place.fold);
            if pools.last().is_none_or(|(first, ..)| fold(first) != fold(lane)) {
                pools.push((lane, Pool::new(n_columns), doubt));
            }
            if let Some((_, pool, _)) = pools.last_mut() {
                pool.add(answers.values.clone());
            }
        }
        let fold = |(lane, pool, doubt): (&LaneData, Pool, f64)| {
            let mut values = pool.values();
            spread(doubt, &mut values, n_columns);
            fold_answers(lane, Answers { values, n_columns })
        };
        Self { folds: pools.into_iter().map(fold).collect() }
    }

    /// Each scored row once, in the order of the table, its answers averaged over repeats.
    ///
    /// ```
    /// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
    /// let (rows, truth, answers) = moons::trained()?.out_of_fold.pooled();
    /// assert_eq!(rows, moons::problem()?.open_rows);
    /// assert_eq!((truth.len(), answers.n_columns), (rows.len(), 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pooled(&self) -> (Vec<u32>, Truth, Answers) {
        let n_columns = self.folds.first().map_or(1, |fold| fold.answers.n_columns);
        let mut order: Vec<(u32, usize, usize)> = Vec::new();
        for (number, fold) in self.folds.iter().enumerate() {
            order.extend(fold.rows.iter().enumerate().map(|(at, row)| (*row, number, at)));
        }
        order.sort_unstable();
        let (mut rows, mut picks) = (Vec::new(), Vec::new());
        let mut values = Vec::new();
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            let (row, number, at) = same[0];
            rows.push(row);
            picks.push((number, at));
            for column in 0..n_columns {
                let value = |(_, number, at): &(u32, usize, usize)| {
                    self.folds[*number].answers.values[at * n_columns + column]
                };
                values.push(same.iter().map(value).sum::<f64>() / same.len() as f64);
            }
        }
        (rows, self.truth_at(&picks), Answers { values, n_columns })
    }

    fn truth_at(&self, picks: &[(usize, usize)]) -> Truth {
        let folds = &self.folds;
        let class = |(number, at): &(usize, usize)| match &folds[*number].truth {
            Truth::Classes(classes) => classes[*at],
            Truth::Values(_) => 0,
        };
        let value = |(number, at): &(usize, usize)| match &folds[*number].truth {
            Truth::Values(values) => values[*at],
            Truth::Classes(_) => 0.0,
        };
        match folds.first().map(|fold| &fold.truth) {
            Some(Truth::Values(_)) => Truth::Values(picks.iter().map(value).collect()),
            _ => Truth::Classes(picks.iter().map(class).collect()),
        }
    }

    /// Those of these folds that `other` has too.
    fn folds_of(&self, other: &Self) -> Self {
        let key = |fold: &FoldAnswers| (fold.repeat, fold.fold);
        let has = |fold: &&FoldAnswers| other.folds.iter().any(|theirs| key(theirs) == key(fold));
        Self { folds: self.folds.iter().filter(has).cloned().collect() }
    }

    /// The score of each fold; higher is better.
    fn fold_scores(&self, metric: Metric) -> Vec<Option<f64>> {
        self.folds.iter().map(|fold| fold.answers.score(&fold.truth, metric)).collect()
    }

    /// Of the folds that have a value: the values, and the mean rows of a fold that train and that score. On some folds
    /// a metric may be undefined, as is the area under a curve where all rows are of one class.
    fn defined(&self, values: &[Option<f64>]) -> (Vec<f64>, usize, usize) {
        let (mut defined, mut n_train, mut n_score) = (Vec::new(), 0, 0);
        for (fold, value) in self.folds.iter().zip(values) {
            if let Some(value) = value {
                defined.push(*value);
                n_train += fold.n_train;
                n_score += fold.rows.len();
            }
        }
        let n = defined.len().max(1);
        (defined, n_train / n, n_score / n)
    }
}

fn fold_answers(lane: &LaneData, answers: Answers) -> FoldAnswers {
    FoldAnswers {
        repeat: lane.place.repeat,
        fold: lane.place.fold,
        rows: lane.fold.score.rows.clone(),
        truth: lane.fold.score.truth.clone(),
        answers,
        n_train: lane.fold.train.rows.len(),
    }
}

/// Scores answers by every metric that fits the task, `heading` first; metrics that are undefined on
/// these rows are left out. `groups` are those of all rows of the table, where it has some.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// use kitae_eval::Metric;
/// use kitae_train::scores::score_all;
///
/// let scores = score_all(&moons::trained()?.out_of_fold, Metric::Accuracy, 0, None);
/// assert_eq!(scores[0].metric, Metric::Accuracy);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_all(
    answers: &OutOfFold,
    heading: Metric,
    seed: u64,
    groups: Option<&[u32]>,
) -> Vec<MetricScore> {
    let kind = match answers.folds.first().map(|fold| (&fold.truth, fold.answers.n_columns)) {
        Some((Truth::Values(_), _)) => TaskKind::Regression,
        Some((Truth::Classes(_), 2)) => TaskKind::Binary,
        _ => TaskKind::Multiclass,
    };
    let others = Metric::defaults(kind).iter().copied().filter(|metric| *metric != heading);
    let metrics: Vec<Metric> = std::iter::once(heading).chain(others).collect();
    metric_scores(answers, &metrics, seed, groups)
}

/// Some metrics with their intervals; those that are undefined on these rows are left out.
fn metric_scores(
    answers: &OutOfFold,
    metrics: &[Metric],
    seed: u64,
    groups: Option<&[u32]>,
) -> Vec<MetricScore> {
    let (rows, truth, pooled) = answers.pooled();
    let groups: Option<Vec<u32>> =
        groups.map(|groups| rows.iter().map(|row| groups[*row as usize]).collect());
    let whole = whole_scores(&truth, &pooled, metrics, seed, groups.as_deref());
    let entry = |(metric, whole): (&Metric, Option<(f64, Option<Interval>)>)| {
        let (value, interval) = whole?;
        let scores = answers.fold_scores(*metric);
        let (defined, n_train, n_score) = answers.defined(&scores);
        let folds_interval = folds_interval_corrected(&defined, LEVEL, n_train, n_score);
        Some(MetricScore {
            metric: *metric,
            value,
            interval,
            folds: scores.into_iter().map(|score| score.map(|score| metric.natural(score))).collect(),
            folds_interval: folds_interval.map(|interval| metric.natural_interval(interval)),
        })
    };
    metrics.iter().zip(whole).filter_map(entry).collect()
}

/// For each metric the natural number and its interval on some rows as a whole; none where it is
/// undefined. `groups` has the group of each of these rows, where rows are split by groups: rows of one repeat each
/// other.
///
/// ```
/// use kitae_eval::Metric;
/// use kitae_train::{engine::Answers, prepare::Truth, scores::whole_scores};
///
/// let answers = Answers { values: vec![1.0, 2.0, 5.0], n_columns: 1 };
/// let truth = Truth::Values(vec![1.0, 3.0, 3.0]);
/// let scores = whole_scores(&truth, &answers, &[Metric::Mae, Metric::Auc], 0, None);
/// assert_eq!(scores[0].map(|(value, _)| value), Some(1.0));
/// assert_eq!(scores[1], None);
/// ```
pub fn whole_scores(
    truth: &Truth,
    answers: &Answers,
    metrics: &[Metric],
    seed: u64,
    groups: Option<&[u32]>,
) -> Vec<Option<(f64, Option<Interval>)>> {
    let outcome = match truth {
        Truth::Classes(classes) => Outcome::classes(classes, &answers.values, answers.n_columns),
        Truth::Values(values) => Outcome::values(values, &answers.values),
    };
    let Ok(outcome) = outcome else { return vec![None; metrics.len()] };
    let usual = BootstrapConfig::default().n_resamples;
    let n_resamples = (RESAMPLED_ROWS / outcome.n_rows().max(1)).clamp(FEWEST_RESAMPLES, usual);
    let config = BootstrapConfig { n_resamples, seed, groups, ..BootstrapConfig::default() };
    let natural = |(metric, interval): (&Metric, Option<Interval>)| {
        let value = metric.natural(metric.score(&outcome)?);
        Some((value, interval.map(|interval| metric.natural_interval(interval))))
    };
    metrics.iter().zip(bootstrap_each(&outcome, metrics, &config)).map(natural).collect()
}

/// Rows drawn in all for an interval: many rows need fewer resamples, as their interval is narrow.
const RESAMPLED_ROWS: usize = 50_000_000;
/// Fewer would blur the ends of a 95 % interval.
const FEWEST_RESAMPLES: usize = 200;

/// The confidence level of all intervals.
const LEVEL: f64 = 0.95;

/// Compares the network with a rival on the same folds. `groups` are those of all rows of the table, where it has some.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// use kitae_train::{rivals::constant_answers, scores::{OutOfFold, compare}};
///
/// let (_, recipe, plan) = moons::planned()?;
/// let coin = OutOfFold::collect(&plan.lanes, &constant_answers(&plan.lanes, 2));
/// let network = moons::trained()?.out_of_fold;
/// let report = compare(&network, &coin, "a coin", recipe.metric, 0, None).expect("both have scores");
/// assert_eq!((report.name.as_str(), report.score.folds.len()), ("a coin", 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compare(
    network: &OutOfFold,
    rival: &OutOfFold,
    name: &str,
    metric: Metric,
    seed: u64,
    groups: Option<&[u32]>,
) -> Option<RivalReport> {
    // A fold whose networks all diverged has no answers; the rest is compared.
    let (network, rival) = (network.folds_of(rival), rival.folds_of(network));
    let scores = network.fold_scores(metric).into_iter().zip(rival.fold_scores(metric));
    let differences: Vec<Option<f64>> = scores.map(|(network, rival)| Some(network? - rival?)).collect();
    let (differences, n_train, n_score) = network.defined(&differences);
    Some(RivalReport {
        name: name.to_string(),
        score: metric_scores(&rival, &[metric], seed, groups).pop()?,
        gain: corrected_paired_t(&differences, n_train, n_score),
    })
}
