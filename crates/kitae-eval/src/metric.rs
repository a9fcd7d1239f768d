//! The metrics by name, signed so that a higher score is better.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::counted::Counted;
use crate::intervals::Interval;
use crate::{
    Classes, EvalError, MetricValue, Outcome, Quantile, Score, TaskKind, Values, classification, regression,
};

/// A metric. Its name in files and on the command line is that of the variant in small letters with
/// underscores, as in `log_loss`; a pinball loss carries its quantile, as in `pinball_0.9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Metric {
    /// [`classification::accuracy`].
    Accuracy,
    /// [`classification::balanced_accuracy`].
    BalancedAccuracy,
    /// [`classification::log_loss`].
    LogLoss,
    /// [`classification::brier`].
    Brier,
    /// [`classification::auc`].
    Auc,
    /// [`classification::average_precision`].
    AveragePrecision,
    /// [`classification::f1`].
    F1,
    /// [`classification::mcc`].
    Mcc,
    /// [`classification::ece`].
    Ece,
    /// [`regression::rmse`].
    Rmse,
    /// [`regression::mae`].
    Mae,
    /// [`regression::r2`].
    R2,
    /// [`regression::mape`].
    Mape,
    /// [`regression::pinball`] of this quantile.
    Pinball(Quantile),
}

/// The metrics that a word names; [`Metric::Pinball`] needs a number too.
const NAMED: [Metric; 13] = [
    Metric::Accuracy,
    Metric::BalancedAccuracy,
    Metric::LogLoss,
    Metric::Brier,
    Metric::Auc,
    Metric::AveragePrecision,
    Metric::F1,
    Metric::Mcc,
    Metric::Ece,
    Metric::Rmse,
    Metric::Mae,
    Metric::R2,
    Metric::Mape,
];
const PINBALL: &str = "pinball_";

impl Metric {
    /// The metrics a report shows for such a task, the most telling first.
    pub fn defaults(task_kind: TaskKind) -> &'static [Self] {
        match task_kind {
            TaskKind::Binary => &[
                Self::Auc,
                Self::LogLoss,
                Self::Accuracy,
                Self::BalancedAccuracy,
                Self::F1,
                Self::Mcc,
                Self::AveragePrecision,
                Self::Brier,
                Self::Ece,
            ],
            TaskKind::Multiclass => &[
                Self::LogLoss,
                Self::Accuracy,
                Self::BalancedAccuracy,
                Self::F1,
                Self::Mcc,
                Self::Auc,
                Self::Brier,
                Self::Ece,
            ],
            TaskKind::Regression => &[Self::Rmse, Self::Mae, Self::R2],
        }
    }

    /// Whether the metric is about such a task at all. On given rows it may still have no value.
    pub fn is_defined_for(&self, task_kind: TaskKind) -> bool {
        let is_regression = matches!(self, Self::Rmse | Self::Mae | Self::R2 | Self::Mape | Self::Pinball(_));
        is_regression == (task_kind == TaskKind::Regression)
    }

    /// The score on these rows: higher is better, so a loss is negated. `None` if the metric is about
    /// another task, or has no value on these rows.
    ///
    /// ```
    /// use kitae_eval::{Metric, Outcome, Score};
    ///
    /// let outcome = Outcome::values(&[1.0, 2.0], &[4.0, 6.0])?;
    /// assert_eq!(Metric::Mae.score(&outcome), Some(Score(-3.5)));
    /// assert_eq!(Metric::Accuracy.score(&outcome), None);
    /// # Ok::<(), kitae_eval::EvalError>(())
    /// ```
    pub fn score(&self, outcome: &Outcome) -> Option<Score> {
        self.counted(outcome)?.once().map(|value| self.score_of(MetricValue(value)))
    }

    /// The score that a metric value is.
    pub fn score_of(&self, value: MetricValue) -> Score {
        Score(self.signed(value.0))
    }

    /// The number people know for a score: an RMSE is positive again. The way back is [`Metric::score_of`]:
    ///
    /// ```compile_fail,E0308
    /// use kitae_eval::{Metric, Score};
    ///
    /// let value = Metric::Rmse.natural(Score(-2.0));
    /// let score = Metric::Rmse.natural(value);
    /// ```
    pub fn natural(&self, score: Score) -> MetricValue {
        MetricValue(self.signed(score.0))
    }

    /// The interval around [`Metric::natural`] for an interval around a score: that of a loss is turned
    /// round. An interval that is made of a mean and a spread may reach beyond what the metric can be;
    /// it is cut there.
    ///
    /// ```
    /// use kitae_eval::intervals::Interval;
    /// use kitae_eval::{Metric, MetricValue, Score};
    ///
    /// // The folds' mean AUC give or take its error: no AUC is above 1.
    /// let interval = Metric::Auc.natural_interval(Interval { low: Score(0.93), high: Score(1.02) });
    /// assert_eq!(interval, Interval { low: MetricValue(0.93), high: MetricValue(1.0) });
    /// ```
    pub fn natural_interval(&self, interval: Interval<Score>) -> Interval<MetricValue> {
        let (least, most) = self.bounds();
        self.turned(interval.map(|score| score.0)).map(|value| MetricValue(value.clamp(least, most)))
    }

    /// The interval around a score for one around the metric value.
    pub fn score_interval(&self, interval: Interval<MetricValue>) -> Interval<Score> {
        self.turned(interval.map(|value| value.0)).map(Score)
    }

    fn turned(&self, interval: Interval) -> Interval {
        let (low, high) = (self.signed(interval.low), self.signed(interval.high));
        Interval { low: low.min(high), high: low.max(high) }
    }

    /// The least and the greatest that [`Metric::natural`] can be.
    pub fn bounds(&self) -> (f64, f64) {
        match self {
            Self::LogLoss | Self::Rmse | Self::Mae | Self::Mape | Self::Pinball(_) => (0.0, f64::INFINITY),
            Self::Brier => (0.0, 2.0),
            Self::Mcc => (-1.0, 1.0),
            Self::R2 => (f64::NEG_INFINITY, 1.0),
            Self::Accuracy
            | Self::BalancedAccuracy
            | Self::F1
            | Self::Auc
            | Self::AveragePrecision
            | Self::Ece => (0.0, 1.0),
        }
    }

    /// Whether lower natural numbers are better.
    ///
    /// ```
    /// use kitae_eval::Metric;
    ///
    /// assert!(Metric::Rmse.is_loss() && Metric::Ece.is_loss());
    /// assert!(!Metric::R2.is_loss());
    /// ```
    pub fn is_loss(&self) -> bool {
        let errors = [Self::LogLoss, Self::Brier, Self::Ece, Self::Rmse, Self::Mae, Self::Mape];
        errors.contains(self) || matches!(self, Self::Pinball(_))
    }

    /// Whether the metric of two classes looks at one of them: how well the positive class, that of code 1,
    /// is found.
    pub fn is_of_one_class(&self) -> bool {
        matches!(self, Self::F1 | Self::AveragePrecision)
    }

    /// The metric as people are told it: with the positive class, if it looks at one class and there is one.
    pub fn of_class(&self, positive: Option<&str>) -> String {
        match positive.filter(|_| self.is_of_one_class()) {
            Some(class) => format!("{self} of {class}"),
            None => self.to_string(),
        }
    }

    /// Turns a metric value into a score and back.
    pub(crate) fn signed(&self, value: f64) -> f64 {
        // 0 - x rather than -x, so that a perfect loss is 0 and not -0.
        if self.is_loss() { 0.0 - value } else { value }
    }

    /// The metric's natural number, waiting for how often each row counts.
    pub(crate) fn counted(&self, outcome: &Outcome) -> Option<Counted> {
        match outcome {
            Outcome::Classes(classes) => self.counted_classes(classes),
            Outcome::Values(values) => self.counted_values(values),
        }
    }

    fn counted_classes(&self, classes: &Classes) -> Option<Counted> {
        Some(match self {
            Self::Accuracy => classification::accuracy_counted(classes),
            Self::BalancedAccuracy => classification::balanced_accuracy_counted(classes),
            Self::LogLoss => classification::log_loss_counted(classes),
            Self::Brier => classification::brier_counted(classes),
            Self::Auc => classification::auc_counted(classes),
            Self::AveragePrecision => classification::average_precision_counted(classes),
            Self::F1 => classification::f1_counted(classes),
            Self::Mcc => classification::mcc_counted(classes),
            Self::Ece => classification::ece_counted(classes),
            Self::Rmse | Self::Mae | Self::R2 | Self::Mape | Self::Pinball(_) => return None,
        })
    }

    fn counted_values(&self, values: &Values) -> Option<Counted> {
        match self {
            Self::Rmse => Some(regression::rmse_counted(values)),
            Self::Mae => Some(regression::mae_counted(values)),
            Self::R2 => Some(regression::r2_counted(values)),
            Self::Mape => Some(regression::mape_counted(values)),
            Self::Pinball(quantile) => Some(regression::pinball_counted(values, *quantile)),
            _ => None,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accuracy => formatter.pad("accuracy"),
            Self::BalancedAccuracy => formatter.pad("balanced_accuracy"),
            Self::LogLoss => formatter.pad("log_loss"),
            Self::Brier => formatter.pad("brier"),
            Self::Auc => formatter.pad("auc"),
            Self::AveragePrecision => formatter.pad("average_precision"),
            Self::F1 => formatter.pad("f1"),
            Self::Mcc => formatter.pad("mcc"),
            Self::Ece => formatter.pad("ece"),
            Self::Rmse => formatter.pad("rmse"),
            Self::Mae => formatter.pad("mae"),
            Self::R2 => formatter.pad("r2"),
            Self::Mape => formatter.pad("mape"),
            Self::Pinball(quantile) => formatter.pad(&format!("{PINBALL}{quantile}")),
        }
    }
}

impl FromStr for Metric {
    type Err = EvalError;

    fn from_str(name: &str) -> Result<Self, EvalError> {
        if let Some(metric) = NAMED.iter().find(|metric| metric.to_string() == name) {
            return Ok(*metric);
        }
        match name.strip_prefix(PINBALL).map(str::parse) {
            Some(Ok(level)) => Quantile::new(level).map(Self::Pinball),
            _ => Err(EvalError::UnknownMetric {
                name: name.to_owned(),
                known: NAMED.map(|metric| metric.to_string()).join(", "),
            }),
        }
    }
}

impl TryFrom<String> for Metric {
    type Error = EvalError;

    fn try_from(name: String) -> Result<Self, EvalError> {
        name.parse()
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Metric> {
        let quantiles = [0.05, 0.5, 1e-7, 0.1 + 0.2].map(|level| Quantile::new(level).expect("in range"));
        NAMED.into_iter().chain(quantiles.map(Metric::Pinball)).collect()
    }

    #[test]
    fn an_interval_stays_within_what_the_metric_can_be() {
        let wide = Interval { low: -1.5, high: 1.25 }.map(Score);
        let cut = |low, high| Interval { low, high }.map(MetricValue);
        assert_eq!(Metric::Auc.natural_interval(wide), cut(0.0, 1.0));
        assert_eq!(Metric::Mcc.natural_interval(wide), cut(-1.0, 1.0));
        assert_eq!(Metric::Rmse.natural_interval(wide), cut(0.0, 1.5));
    }

    #[test]
    fn every_metric_is_read_back_from_its_name() {
        for metric in all() {
            assert_eq!(metric.to_string().parse(), Ok(metric));
            let json = serde_json::to_string(&metric).expect("a name is a string");
            assert_eq!(json, format!("\"{metric}\""));
            assert_eq!(serde_json::from_str::<Metric>(&json).ok(), Some(metric));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        for name in ["", "RMSE", "pinball", "pinball_", "pinball_x"] {
            let message = name.parse::<Metric>().expect_err(name).to_string();
            assert!(message.starts_with(&format!("unknown metric `{name}`; expected one of accuracy, ")));
        }
        let message = "pinball_1".parse::<Metric>().expect_err("no quantile").to_string();
        assert_eq!(message, "a quantile must lie strictly between 0 and 1, got 1");
    }

    #[test]
    fn names_line_up_in_a_table() {
        assert_eq!(format!("{:>6}|{:<5}|", Metric::Auc, Metric::R2), "   auc|r2   |");
    }

    #[test]
    fn a_metric_has_a_score_exactly_for_its_tasks() -> Result<(), EvalError> {
        let outcomes = [
            Outcome::classes(&[0, 1, 0], &[0.8, 0.2, 0.3, 0.7, 0.4, 0.6], 2)?,
            Outcome::classes(&[0, 1, 2], &[0.8, 0.1, 0.1, 0.1, 0.7, 0.2, 0.4, 0.3, 0.3], 3)?,
            Outcome::values(&[1.0, 2.0], &[1.5, 1.5])?,
        ];
        for outcome in &outcomes {
            let kind = outcome.task_kind();
            for metric in all() {
                assert_eq!(metric.score(outcome).is_some(), metric.is_defined_for(kind), "{metric} {kind:?}");
            }
            assert!(Metric::defaults(kind).iter().all(|metric| metric.is_defined_for(kind)));
        }
        Ok(())
    }

    #[test]
    fn better_predictions_get_higher_scores_whatever_the_metric() -> Result<(), EvalError> {
        let (targets, values) = ([0, 1, 1, 0, 1], [1.0, 2.0, 4.0, 8.0, 3.0]);
        let good = [0.9, 0.1, 0.1, 0.9, 0.2, 0.8, 0.8, 0.2, 0.1, 0.9];
        let bad = [0.1, 0.9, 0.6, 0.4, 0.3, 0.7, 0.3, 0.7, 0.4, 0.6];
        let pairs = [
            (Outcome::classes(&targets, &good, 2)?, Outcome::classes(&targets, &bad, 2)?),
            (Outcome::values(&values, &[1.1, 2.1, 4.0, 7.9, 3.0])?, Outcome::values(&values, &[3.0; 5])?),
        ];
        for metric in all() {
            let scores = pairs.iter().filter_map(|(good, bad)| metric.score(good).zip(metric.score(bad)));
            let scores: Vec<(Score, Score)> = scores.collect();
            assert!(scores.len() == 1 && scores[0].0 > scores[0].1, "{metric}: {scores:?}");
        }
        Ok(())
    }

    #[test]
    fn the_natural_number_of_a_loss_is_positive_and_its_interval_is_turned_round() -> Result<(), EvalError> {
        let outcome = Outcome::values(&[1.0, 2.0], &[4.0, 6.0])?;
        assert_eq!(Metric::Mae.score(&outcome), Some(Score(-3.5)));
        assert_eq!(Metric::Mae.natural(Score(-3.5)), MetricValue(3.5));
        assert_eq!(Metric::Mae.score_of(MetricValue(3.5)), Score(-3.5));
        let interval = Interval { low: -4.0, high: -3.0 };
        let of_loss = Metric::Mae.natural_interval(interval.map(Score));
        assert_eq!(of_loss, Interval { low: 3.0, high: 4.0 }.map(MetricValue));
        assert_eq!(Metric::Mae.score_interval(of_loss), interval.map(Score));
        assert_eq!(Metric::R2.natural_interval(interval.map(Score)), interval.map(MetricValue));
        Ok(())
    }

    #[test]
    fn a_perfect_loss_prints_without_a_minus_sign() -> Result<(), EvalError> {
        let outcome = Outcome::values(&[1.0, 2.0], &[1.0, 2.0])?;
        let score = Metric::Rmse.score(&outcome).expect("defined");
        assert_eq!(format!("{score} {}", Metric::Rmse.natural(score)), "0 0");
        Ok(())
    }
}
