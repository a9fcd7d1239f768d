//! The report of a run.

use kitae_data::target::Task;
use kitae_eval::Classes;
use kitae_eval::classification::{ConfusionMatrix, confusion_matrix};

use super::{MetricScore, NetworksAlone, OutOfFold, ScoreReport, compare, gain, metric_scores, score_all};
use crate::engine::{Answers, LaneResult};
use crate::prepare::{LaneData, Truth};
use crate::problem::Problem;
use crate::recipe::Recipe;
use crate::rivals::Rivals;
use crate::roles::row_groups;
use crate::train::Plan;

impl ScoreReport {
    /// Of a run's answers beside its rivals; `alone` are those of its networks without the linear model, where that
    /// answers too. What share it has is not told.
    pub(crate) fn of(
        problem: &Problem,
        recipe: &Recipe,
        plan: &Plan,
        results: &[LaneResult],
        (out_of_fold, alone): (&OutOfFold, Option<&OutOfFold>),
        rivals: &Rivals,
    ) -> Self {
        let (metric, seed) = (recipe.metric, recipe.seed);
        let groups = row_groups(&recipe.split.by, &problem.table);
        let groups = groups.as_deref();
        let compared = |name: &str, answers: &[Answers]| {
            compare(out_of_fold, &OutOfFold::collect(&rivals.folds, answers), name, metric, seed, groups)
        };
        let linear = rivals.linear.as_ref().and_then(|models| {
            let answers: Vec<Answers> = models.folds.iter().map(|model| model.result.score.clone()).collect();
            compared("linear model", &answers)
        });
        let networks = alone.and_then(|alone| {
            let constant = OutOfFold::collect(&rivals.folds, &rivals.constant);
            let score = metric_scores(alone, &[metric], seed, groups).pop()?;
            Some(NetworksAlone { score, gain: gain(alone, &constant, metric, seed, groups) })
        });
        let (rows, truth, answers) = out_of_fold.pooled();
        let mut report = Self {
            metric,
            n_rows: rows.len(),
            entries: score_all(out_of_fold, metric, seed, groups),
            confusion: confusion(&truth, &answers),
            optimism: optimism(recipe, plan, results),
            rivals: compared(constant_name(recipe), &rivals.constant).into_iter().chain(linear).collect(),
            linear_share: None,
            networks,
        };
        report.name_class(problem.positive());
        report
    }

    /// Names the class in all metrics that look at one.
    fn name_class(&mut self, positive: Option<&str>) {
        let rivals = self.rivals.iter_mut().map(|rival| &mut rival.score);
        let networks = self.networks.iter_mut().map(|networks| &mut networks.score);
        let name = |score: &mut MetricScore| {
            score.positive = positive.filter(|_| score.metric.is_of_one_class()).map(str::to_owned);
        };
        self.entries.iter_mut().chain(rivals).chain(networks).for_each(name);
    }
}

fn constant_name(recipe: &Recipe) -> &'static str {
    match recipe.task {
        Task::Classification => "class frequencies",
        Task::Regression => "the mean",
    }
}

fn confusion(truth: &Truth, answers: &Answers) -> Option<ConfusionMatrix> {
    let Truth::Classes(classes) = truth else { return None };
    let classes = Classes::new(classes, &answers.values, answers.n_columns).ok()?;
    Some(confusion_matrix(&classes))
}

/// Mean over the lanes that have both of (score on the stop rows - score on the score rows).
fn optimism(recipe: &Recipe, plan: &Plan, results: &[LaneResult]) -> Option<f64> {
    let difference = |(lane, result): (&LaneData, &LaneResult)| {
        let stop = result.stop.score(&lane.fold.stop.truth, recipe.metric)?;
        Some(stop - result.score.score(&lane.fold.score.truth, recipe.metric)?)
    };
    let differences: Vec<f64> = plan.lanes.iter().zip(results).filter_map(difference).collect();
    (!differences.is_empty()).then(|| differences.iter().sum::<f64>() / differences.len() as f64)
}
