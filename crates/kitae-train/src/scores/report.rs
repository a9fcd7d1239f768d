//! The report of a run.

use kitae_data::target::Task;
use kitae_eval::Classes;
use kitae_eval::classification::{ConfusionMatrix, confusion_matrix};

use super::{MetricScore, NetworksAlone, OutOfFold, ScoreReport, compare, gain, metric_scores, score_all};
use crate::baselines::Baselines;
use crate::engine::{LaneResult, Predictions};
use crate::plan::Plan;
use crate::prepare::{LaneData, Targets};
use crate::problem::Problem;
use crate::recipe::Recipe;
use crate::roles::row_groups;

impl ScoreReport {
    /// Of a run's predictions beside its baselines; `alone` are those of its networks without the linear
    /// model, where that predicts too. What share it has is not told.
    pub(crate) fn of(
        problem: &Problem,
        recipe: &Recipe,
        plan: &Plan,
        results: &[LaneResult],
        (out_of_fold, alone): (&OutOfFold, Option<&OutOfFold>),
        baselines: &Baselines,
    ) -> Self {
        let (metric, seed) = (recipe.metric, recipe.seed);
        let groups = row_groups(&problem.seal.by, &problem.table);
        let groups = groups.as_deref();
        let compared = |name: &str, predictions: &[Predictions]| {
            compare(
                out_of_fold,
                &OutOfFold::collect(&baselines.folds, predictions),
                name,
                metric,
                seed,
                groups,
            )
        };
        let linear = baselines.linear.as_ref().and_then(|models| {
            let predictions: Vec<Predictions> =
                models.folds.iter().map(|model| model.result.held_out.clone()).collect();
            compared("linear model", &predictions)
        });
        let networks = alone.and_then(|alone| {
            let constant = OutOfFold::collect(&baselines.folds, &baselines.constant);
            let score = metric_scores(alone, &[metric], seed, groups).pop()?;
            Some(NetworksAlone { score, gain: gain(alone, &constant, metric, seed, groups) })
        });
        let (rows, targets, predictions) = out_of_fold.pooled();
        let mut report = Self {
            metric,
            n_rows: rows.len(),
            entries: score_all(out_of_fold, metric, seed, groups),
            confusion: confusion(&targets, &predictions),
            optimism: optimism(recipe, plan, results),
            baselines: compared(constant_name(recipe), &baselines.constant)
                .into_iter()
                .chain(linear)
                .collect(),
            linear_share: None,
            networks,
        };
        report.name_class(problem.positive());
        report
    }

    /// Names the class in all metrics that look at one.
    fn name_class(&mut self, positive: Option<&str>) {
        let baselines = self.baselines.iter_mut().map(|baseline| &mut baseline.score);
        let networks = self.networks.iter_mut().map(|networks| &mut networks.score);
        let name = |score: &mut MetricScore| {
            score.positive = positive.filter(|_| score.metric.is_of_one_class()).map(str::to_owned);
        };
        self.entries.iter_mut().chain(baselines).chain(networks).for_each(name);
    }
}

fn constant_name(recipe: &Recipe) -> &'static str {
    match recipe.task {
        Task::Classification => "class frequencies",
        Task::Regression => "the mean",
    }
}

fn confusion(targets: &Targets, predictions: &Predictions) -> Option<ConfusionMatrix> {
    let Targets::Classes(classes) = targets else { return None };
    let classes = Classes::new(classes, &predictions.values, predictions.n_columns).ok()?;
    Some(confusion_matrix(&classes))
}

/// Mean over the lanes that have both of (score on the validation rows - score on the held-out rows).
fn optimism(recipe: &Recipe, plan: &Plan, results: &[LaneResult]) -> Option<f64> {
    let difference = |(lane, result): (&LaneData, &LaneResult)| {
        let stop = result.validation.score(&lane.fold.validation.targets, recipe.metric)?;
        Some(stop - result.held_out.score(&lane.fold.held_out.targets, recipe.metric)?)
    };
    let differences: Vec<f64> = plan.lanes.iter().zip(results).filter_map(difference).collect();
    (!differences.is_empty()).then(|| differences.iter().sum::<f64>() / differences.len() as f64)
}
