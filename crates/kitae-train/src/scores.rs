//! How good a model is on rows that decided nothing, and against what.

use kitae_eval::classification::ConfusionMatrix;
use kitae_eval::difference::{PairedFold, bootstrap_folds};
use kitae_eval::intervals::{BootstrapConfig, Interval, bootstrap_each, folds_interval_corrected};
use kitae_eval::tests::{PairedTest, corrected_paired_t_with_rows};
use kitae_eval::{Metric, MetricValue, Score, TaskKind};
use serde::{Deserialize, Serialize};

pub use self::out_of_fold::{FoldPredictions, OutOfFold};
use crate::engine::Predictions;
use crate::prepare::Targets;

mod out_of_fold;
mod report;

/// The scores of a model, each on rows that none of the networks it measures has seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreReport {
    /// Which metric heads the report.
    pub metric: Metric,
    /// How many rows were scored.
    pub n_rows: usize,
    /// One entry a metric, the heading one first. A row is predicted by the networks of its fold only,
    /// so the bag of all networks, which is delivered, is usually a little better.
    pub entries: Vec<MetricScore>,
    /// How often each class was predicted as each; none for a regression.
    pub confusion: Option<ConfusionMatrix>,
    /// By how much the heading score is better on the validation rows, which chose the epoch, than on the
    /// held-out rows: what a tool reports too much that scores on the rows it stops on.
    pub optimism: Option<f64>,
    /// The baselines on the same folds.
    pub baselines: Vec<BaselineReport>,
    /// The linear model's mean share in the predictions, from 0 to 1; none if it was not asked.
    #[serde(default)]
    pub linear_share: Option<f64>,
    /// What the networks say without the linear model, where it was asked: the entries are of both together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<NetworksAlone>,
}

impl ScoreReport {
    /// What predicts: the blend of networks and linear model, or the networks.
    pub fn predictions_by(&self) -> &'static str {
        if self.networks.is_some() { "the blend" } else { "the networks" }
    }

    /// The heading metric as people are told it; see [`MetricScore::label`].
    pub fn heading(&self) -> String {
        self.entries.first().map_or_else(|| self.metric.to_string(), MetricScore::label)
    }
}

/// The networks of a run without the linear model that is blended with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworksAlone {
    /// Their heading metric.
    pub score: MetricScore,
    /// Their scores minus those of the constant; none as for [`BaselineReport::gain`].
    pub gain: Option<PairedTest>,
}

/// One metric on all held-out rows. Numbers are the ones people know: a loss is positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricScore {
    /// What is measured.
    pub metric: Metric,
    /// The class that is found or missed, for a metric that looks at one class only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// Over all held-out rows.
    pub value: MetricValue,
    /// 95 % interval from resampling rows.
    pub interval: Option<Interval<MetricValue>>,
    /// The same for each fold.
    pub folds: Vec<Option<MetricValue>>,
    /// 95 % interval of the mean over folds, corrected for the training rows they share.
    pub folds_interval: Option<Interval<MetricValue>>,
}

impl MetricScore {
    /// The metric, with the class that it is about.
    pub fn label(&self) -> String {
        self.metric.of_class(self.positive.as_deref())
    }
}

/// What is always compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineReport {
    /// The baseline in a few words.
    pub name: String,
    /// Its heading metric.
    pub score: MetricScore,
    /// Scores of the network minus those of the baseline over the folds: positive where the network is
    /// better. None with fewer than two folds or without spread.
    pub gain: Option<PairedTest>,
}

/// Scores predictions by every metric that fits the task, `heading` first; metrics that are undefined on
/// these rows are left out. `groups` are those of all rows of the table, where it has some.
pub fn score_all(
    predictions: &OutOfFold,
    heading: Metric,
    seed: u64,
    groups: Option<&[u32]>,
) -> Vec<MetricScore> {
    let metrics =
        predictions.folds.first().map(|fold| all_metrics(&fold.targets, &fold.predictions, heading));
    metric_scores(predictions, &metrics.unwrap_or_default(), seed, groups)
}

/// The metrics that fit predictions and targets, `heading` first.
///
/// ```
/// use kitae_eval::Metric;
/// use kitae_train::{engine::Predictions, prepare::Targets, scores::all_metrics};
///
/// let predictions = Predictions { values: vec![1.0, 2.0], n_columns: 1 };
/// let metrics = all_metrics(&Targets::Values(vec![1.0, 3.0]), &predictions, Metric::Mae);
/// assert_eq!(metrics, [Metric::Mae, Metric::Rmse, Metric::R2]);
/// ```
pub fn all_metrics(targets: &Targets, predictions: &Predictions, heading: Metric) -> Vec<Metric> {
    let kind = match targets {
        Targets::Values(_) => TaskKind::Regression,
        Targets::Classes(_) => TaskKind::of_classes(predictions.n_columns),
    };
    let others = Metric::defaults(kind).iter().copied().filter(|metric| *metric != heading);
    std::iter::once(heading).chain(others).collect()
}

/// Some metrics with their intervals; those that are undefined on these rows are left out.
fn metric_scores(
    predictions: &OutOfFold,
    metrics: &[Metric],
    seed: u64,
    groups: Option<&[u32]>,
) -> Vec<MetricScore> {
    let (rows, targets, pooled) = predictions.pooled();
    let groups: Option<Vec<u32>> =
        groups.map(|groups| rows.iter().map(|row| groups[*row as usize]).collect());
    let whole = whole_scores(&targets, &pooled, metrics, seed, groups.as_deref());
    let entry = |(metric, whole): (&Metric, Option<Whole>)| {
        let (value, interval) = whole?;
        let scores = predictions.fold_scores(*metric);
        let plain: Vec<Option<f64>> = scores.iter().map(|score| score.map(|score| score.0)).collect();
        let (defined, n_train, n_held_out) = predictions.defined(&plain);
        let folds_interval = folds_interval_corrected(&defined, LEVEL, n_train, n_held_out);
        Some(MetricScore {
            metric: *metric,
            positive: None,
            value,
            interval,
            folds: scores.into_iter().map(|score| score.map(|score| metric.natural(score))).collect(),
            folds_interval: folds_interval.map(|interval| metric.natural_interval(interval.map(Score))),
        })
    };
    metrics.iter().zip(whole).filter_map(entry).collect()
}

/// What a metric is on some rows as a whole, and its interval.
pub type Whole = (MetricValue, Option<Interval<MetricValue>>);

/// For each metric its value and the interval of it on some rows as a whole; none where it is undefined.
/// `groups` has the group of each of these rows, where rows are split by groups: rows of one repeat each
/// other.
pub fn whole_scores(
    targets: &Targets,
    predictions: &Predictions,
    metrics: &[Metric],
    seed: u64,
    groups: Option<&[u32]>,
) -> Vec<Option<Whole>> {
    let Ok(outcome) = predictions.outcome(targets) else { return vec![None; metrics.len()] };
    let config = resampling(outcome.n_rows(), seed, groups);
    let natural = |(metric, interval): (&Metric, Option<Interval<Score>>)| {
        let value = metric.natural(metric.score(&outcome)?);
        Some((value, interval.map(|interval| metric.natural_interval(interval))))
    };
    metrics.iter().zip(bootstrap_each(&outcome, metrics, &config)).map(natural).collect()
}

fn resampling(n_rows: usize, seed: u64, groups: Option<&[u32]>) -> BootstrapConfig<'_> {
    let usual = BootstrapConfig::default().n_resamples;
    let n_resamples = (RESAMPLED_ROWS / n_rows.max(1)).clamp(FEWEST_RESAMPLES, usual);
    BootstrapConfig { n_resamples, seed, groups, ..BootstrapConfig::default() }
}

/// Rows drawn in all for an interval: many rows need fewer resamples, as their interval is narrow.
const RESAMPLED_ROWS: usize = 50_000_000;
/// Fewer would blur the ends of a 95 % interval.
const FEWEST_RESAMPLES: usize = 200;

/// The confidence level of all intervals.
const LEVEL: f64 = 0.95;

/// Compares the network with a baseline on the same folds. `groups` are those of all rows of the table, where
/// it has some.
pub fn compare(
    network: &OutOfFold,
    baseline: &OutOfFold,
    name: &str,
    metric: Metric,
    seed: u64,
    groups: Option<&[u32]>,
) -> Option<BaselineReport> {
    Some(BaselineReport {
        name: name.to_string(),
        score: metric_scores(&baseline.folds_of(network), &[metric], seed, groups).pop()?,
        gain: gain(network, baseline, metric, seed, groups),
    })
}

/// By how much the first predictions score higher, fold by fold, with an interval that neither folds nor rows
/// are sure beyond.
pub(crate) fn gain(
    first: &OutOfFold,
    second: &OutOfFold,
    metric: Metric,
    seed: u64,
    groups: Option<&[u32]>,
) -> Option<PairedTest> {
    // A fold whose networks all diverged has no predictions; the rest is compared.
    let (first, second) = (first.folds_of(second), second.folds_of(first));
    let scores = first.fold_scores(metric).into_iter().zip(second.fold_scores(metric));
    let differences: Vec<Option<f64>> = scores.map(|(first, second)| Some(first? - second?)).collect();
    let (differences, n_train, n_held_out) = first.defined(&differences);
    let by_rows = gain_over_rows(&first, &second, metric, seed, groups);
    corrected_paired_t_with_rows(&differences, n_train, n_held_out, by_rows)
}

/// The interval of the same mean over resampled rows. Both have the same folds.
fn gain_over_rows(
    first: &OutOfFold,
    second: &OutOfFold,
    metric: Metric,
    seed: u64,
    groups: Option<&[u32]>,
) -> Option<Interval> {
    let mut folds = Vec::with_capacity(first.folds.len());
    for (first, second) in first.folds.iter().zip(&second.folds) {
        folds.push(PairedFold {
            rows: &first.rows,
            first: first.predictions.outcome(&first.targets).ok()?,
            second: second.predictions.outcome(&second.targets).ok()?,
        });
    }
    let mut rows: Vec<u32> = first.folds.iter().flat_map(|fold| &fold.rows).copied().collect();
    rows.sort_unstable();
    rows.dedup();
    let groups: Option<Vec<u32>> =
        groups.map(|groups| rows.iter().map(|row| groups[*row as usize]).collect());
    bootstrap_folds(&folds, metric, &resampling(rows.len(), seed, groups.as_deref()))
}
