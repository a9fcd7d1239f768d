//! How much a model relies on each column: by how much its score falls when the cells of the column are
//! permuted among rows.
//!
//! Permutation importance (Breiman 2001, *Random Forests*) on held-out rows: the networks of each fold
//! predict the rows that none of them has trained or stopped on, once as they are and once with one column's
//! cells permuted, so that the column keeps its values and loses what it knows of the row. It measures
//! the model (model reliance in Fisher, Rudin and Dominici 2019, arXiv:1801.01489, as a difference), not the
//! world: of two columns that say the same, a network may use either or both, and permuting one of them
//! leaves the other.

use kitae_data::table::Table;
use kitae_eval::intervals::{Interval, folds_interval, folds_interval_corrected};
use kitae_eval::tests::LEVEL;
use kitae_eval::{Metric, MetricValue, Score};
use kitae_random::{Purpose, Stream};
use kitae_train::engine::RunContext;
use kitae_train::model::Fitted;
use kitae_train::prepare::Targets;
use kitae_train::roles::{Roles, assign_roles};
use kitae_train::{Model, Predictor, Problem, ProblemError, TrainError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::paired::mean;

/// How the importance of columns is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportanceConfig {
    /// Permutations of each column in each fold; the default of 5 is scikit-learn's.
    pub n_repeats: usize,
    /// Held-out rows of a fold that are predicted, drawn at random where there are more.
    pub most_rows: usize,
}

impl Default for ImportanceConfig {
    fn default() -> Self {
        Self { n_repeats: 5, most_rows: 5000 }
    }
}

/// How much a model relies on each column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// What falls.
    pub metric: Metric,
    /// The class that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// The mean over folds with all columns as they are, as people know the metric.
    pub baseline: MetricValue,
    /// Permutations of each column in each fold.
    pub n_repeats: usize,
    /// Folds, over all repeats, whose networks were asked.
    pub n_folds: usize,
    /// Rows that were predicted, all folds together.
    pub n_rows: usize,
    /// What the intervals are over.
    pub spread: Spread,
    /// The most important column first.
    pub columns: Vec<ColumnImportance>,
}

/// What intervals are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// Each fold's mean over permutations is one number; the interval is that of their mean, corrected for
    /// the training rows that folds share (Nadeau and Bengio 2003).
    Folds,
    /// There is one fold, so the interval tells how far another draw of permutations could lie, and nothing
    /// about other rows or networks.
    Permutations,
}

/// How much a model relies on one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnImportance {
    /// The column.
    pub column: String,
    /// By how much the score falls, in units of the metric: positive where the model relies on the column.
    pub drop: f64,
    /// Its 95 % interval; none without spread.
    pub interval: Option<Interval>,
}

/// Measures how much `model` relies on each column that it is fed with, on the held-out rows of `problem`,
/// whose rows and recipe are those that it was trained with. It predicts on the threads of the caller's pool.
///
/// # Errors
///
/// If no permutation is asked for, the rows cannot be split as the recipe says, the networks do not fit the
/// rows, or no fold has a score.
pub fn importance(
    model: &Model,
    problem: &Problem,
    config: &ImportanceConfig,
    place: &RunContext,
) -> Result<Importance, TrainError> {
    if config.n_repeats == 0 || config.most_rows < 2 {
        return Err(ProblemError("importance needs one permutation and two rows at least".into()).into());
    }
    let manifest = &model.manifest;
    let recipe = &manifest.recipe;
    let lanes = assign_roles(recipe, problem, &problem.open_rows)?;
    let columns = columns(model);
    let mut folds = Vec::new();
    for (at, roles) in lanes.iter().filter(|(at, _)| at.member == 0) {
        let Some(model) = of_fold(model, at.repeat, at.fold) else { continue };
        let predictor = model.predictor(&place.engine)?;
        let name = [at.repeat as u64, at.fold as u64];
        let asked = Asked { problem, predictor, metric: recipe.metric, seed: recipe.seed, name };
        folds.extend(asked.fold(roles, &columns, config)?);
    }
    let measured = summary(recipe.metric, columns, &folds, config)?;
    Ok(Importance { positive: model.manifest.model.positive().map(str::to_owned), ..measured })
}

/// The columns that the networks are fed with.
fn columns(model: &Model) -> Vec<String> {
    model.manifest.model.layout.inputs.iter().map(|input| input.column.clone()).collect()
}

/// The networks of one fold as a model of their own; none if all of them were lost.
fn of_fold(model: &Model, repeat: usize, fold: usize) -> Option<Model> {
    let is_own = |at: &usize| {
        let place = model.manifest.model.lanes[*at].place;
        (place.repeat, place.fold) == (repeat, fold)
    };
    let own: Vec<usize> = (0..model.manifest.model.lanes.len()).filter(is_own).collect();
    let mut manifest = model.manifest.clone();
    manifest.model.lanes = own.iter().map(|at| model.manifest.model.lanes[*at].clone()).collect();
    (!own.is_empty()).then(|| Model {
        manifest,
        fitted: Fitted {
            networks: own.iter().map(|at| model.fitted.networks[*at].clone()).collect(),
            linear: own.iter().map(|at| model.fitted.linear[*at].clone()).collect(),
            // Only its predictions are asked for.
            nonconformity: None,
        },
    })
}

/// What a fold's networks are asked.
struct Asked<'a> {
    problem: &'a Problem,
    predictor: Predictor<'a>,
    metric: Metric,
    seed: u64,
    /// Repeat and fold.
    name: [u64; 2],
}

/// What came of one fold.
struct Fold {
    baseline: Score,
    /// By column, then by permutation.
    drops: Vec<Vec<f64>>,
    n_train: usize,
    n_held_out: usize,
    n_asked: usize,
}

impl Asked<'_> {
    /// None if the metric has no value on these rows.
    fn fold(
        &self,
        roles: &Roles,
        columns: &[String],
        config: &ImportanceConfig,
    ) -> Result<Option<Fold>, TrainError> {
        let rows = self.some_rows(&roles.held_out, config.most_rows);
        let targets = Targets::of(&self.problem.target, &rows);
        let table = self.problem.table.select(&rows);
        let Some(baseline) = self.predictor.predictions(&table)?.score(&targets, self.metric) else {
            return Ok(None);
        };
        let drops = columns.par_iter().enumerate().map(|(at, name)| {
            let drop = |repeat: usize| {
                let position = [(self.name[0] << 32) | self.name[1], at as u64, repeat as u64];
                let mut stream = Stream::new(self.seed, Purpose::Permutation, position);
                let permuted = permute(&table, name, &stream.permutation(rows.len()));
                let score = self.predictor.predictions(&permuted)?.score(&targets, self.metric);
                Ok(score.map(|score| baseline - score))
            };
            let drops: Result<Vec<Option<f64>>, TrainError> = (0..config.n_repeats).map(drop).collect();
            Ok(drops?.into_iter().flatten().collect())
        });
        let drops: Result<Vec<Vec<f64>>, TrainError> = drops.collect();
        Ok(Some(Fold {
            baseline,
            drops: drops?,
            n_train: roles.train.len(),
            n_held_out: roles.held_out.len(),
            n_asked: rows.len(),
        }))
    }

    fn some_rows(&self, rows: &[u32], most: usize) -> Vec<u32> {
        if rows.len() <= most {
            return rows.to_vec();
        }
        let position = [self.name[0], self.name[1], 0];
        let order = Stream::new(self.seed, Purpose::Permutation, position).permutation(rows.len());
        let mut picked: Vec<u32> = order[..most].iter().map(|at| rows[*at as usize]).collect();
        picked.sort_unstable();
        picked
    }
}

fn permute(table: &Table, name: &str, order: &[u32]) -> Table {
    let mut table = table.clone();
    for column in table.columns.iter_mut().filter(|column| column.name == name) {
        column.cells = column.cells.select(order);
    }
    table
}

fn summary(
    metric: Metric,
    columns: Vec<String>,
    folds: &[Fold],
    config: &ImportanceConfig,
) -> Result<Importance, TrainError> {
    let Some(baseline) = Score::mean(folds.iter().map(|fold| fold.baseline)) else {
        let message =
            format!("no fold has a value of {metric} on its held-out rows, so no column can change it");
        return Err(ProblemError(message).into());
    };
    let spread = if folds.len() > 1 { Spread::Folds } else { Spread::Permutations };
    let column = |(at, column): (usize, String)| {
        let means: Vec<f64> = folds.iter().filter_map(|fold| mean(&fold.drops[at])).collect();
        let interval = match spread {
            Spread::Folds => over_folds(&means, folds),
            Spread::Permutations => folds_interval(&folds[0].drops[at], LEVEL),
        };
        ColumnImportance { column, drop: mean(&means).unwrap_or(f64::NAN), interval }
    };
    let mut columns: Vec<ColumnImportance> = columns.into_iter().enumerate().map(column).collect();
    // A column that has no score at all cannot be told.
    columns.retain(|column| column.drop.is_finite());
    columns.sort_by(|a, b| b.drop.total_cmp(&a.drop));
    Ok(Importance {
        metric,
        positive: None,
        baseline: metric.natural(baseline),
        n_repeats: config.n_repeats,
        n_folds: folds.len(),
        n_rows: folds.iter().map(|fold| fold.n_asked).sum(),
        spread,
        columns,
    })
}

fn over_folds(means: &[f64], folds: &[Fold]) -> Option<Interval> {
    let n = folds.len();
    let n_train = folds.iter().map(|fold| fold.n_train).sum::<usize>() / n;
    let n_held_out = folds.iter().map(|fold| fold.n_held_out).sum::<usize>() / n;
    folds_interval_corrected(means, LEVEL, n_train, n_held_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(drops: &[f64]) -> Fold {
        Fold { baseline: Score(-0.5), drops: vec![drops.to_vec()], n_train: 60, n_held_out: 30, n_asked: 30 }
    }

    fn summed(folds: &[Fold]) -> Importance {
        let config = ImportanceConfig { n_repeats: 2, ..ImportanceConfig::default() };
        summary(Metric::LogLoss, vec!["a".into()], folds, &config).expect("there is a score")
    }

    #[test]
    fn permutations_are_averaged_before_folds_are_compared() {
        // Means over permutations: 0.1, 0.2, 0.3.
        let importance = summed(&[fold(&[0.0, 0.2]), fold(&[0.2, 0.2]), fold(&[0.5, 0.1])]);
        assert_eq!((importance.n_folds, importance.n_rows, importance.baseline), (3, 90, MetricValue(0.5)));
        let column = &importance.columns[0];
        assert!((column.drop - 0.2).abs() < 1e-12);
        // scipy.stats.t.ppf(0.975, 2) * sqrt(0.01 * (1 / 3 + 30 / 60)) = 0.392776...
        let interval = column.interval.expect("folds differ");
        assert!((interval.high - 0.592_776).abs() < 1e-5 && (interval.low + 0.192_776).abs() < 1e-5);
    }

    #[test]
    fn one_fold_has_the_interval_of_its_permutations() {
        let importance = summed(&[fold(&[0.1, 0.2, 0.3])]);
        assert_eq!(importance.spread, Spread::Permutations);
        // scipy.stats.t.ppf(0.975, 2) * sqrt(0.01 / 3) = 0.248414...
        let interval = importance.columns[0].interval.expect("permutations differ");
        assert!((interval.high - 0.448_414).abs() < 1e-5, "{interval:?}");
        assert!(summary(Metric::Auc, Vec::new(), &[], &ImportanceConfig::default()).is_err());
    }
}
