//! Can a network tell new rows from those of a model? If so, the model's scores may not hold for them.

use std::collections::HashMap;

use kitae_data::schema::{ColumnSchema, Kind};
use kitae_data::table::{Cells, Column, Table};
use kitae_data::target::Task;
use kitae_eval::intervals::Interval;
use kitae_eval::{Metric, MetricValue};
use kitae_train::blend::Blend;
use kitae_train::engine::RunContext;
use kitae_train::{Event, Preset, Problem, Seal, TaskChoice, TrainError, plan, train};
use serde::{Deserialize, Serialize};

/// How far rows differ from those of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// How well a network that saw other rows of both kinds tells new from old, out of fold: 0.5 is guessing.
    pub auc: MetricValue,
    /// 95 % interval.
    pub interval: Option<Interval<MetricValue>>,
    /// Each column alone, the most different first.
    pub columns: Vec<ColumnDrift>,
}

/// How far a column differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// The column.
    pub name: String,
    /// From 0 to 1: of numbers the distance of Kolmogorov and Smirnov, of categories the total variation; a
    /// missing cell is a category, and below all numbers.
    pub distance: f64,
}

impl Drift {
    /// Whether it is surely better than guessing.
    pub fn is_seen(&self) -> bool {
        self.interval.map_or(self.auc.0 == 1.0, |interval| interval.low.0 > 0.5)
    }
}

/// The column that says where a row comes from; no column of a file has a line break in its name.
const ORIGIN: &str = "origin\n";

/// Trains networks to tell the open rows of `problem` from the rows of `new`, by the columns `inputs`, which
/// both have (Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests).
///
/// # Errors
///
/// If there are too few rows, or the run is interrupted.
pub fn drift(
    problem: &Problem,
    inputs: &[String],
    new: &Table,
    context: &RunContext,
) -> Result<Drift, TrainError> {
    let old = problem.table.select(&problem.open_rows);
    let names = || inputs.iter().map(String::as_str);
    let both = old.columns_named(names()).into_iter().zip(new.columns_named(names()));
    let pairs: Vec<(&Column, &Column)> = both.filter_map(|(old, new)| old.zip(new)).collect();
    let mut columns: Vec<ColumnDrift> = pairs
        .iter()
        .map(|(old, new)| ColumnDrift { name: old.name.clone(), distance: distance(&old.cells, &new.cells) })
        .collect();
    columns.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    let origins = told_apart(problem, &pairs, [old.n_rows, new.n_rows])?;
    let mut recipe = Preset::Fast.recipe(&origins.facts);
    recipe.blend = Blend::None;
    let plan = plan(&origins, &recipe)?;
    let new_run = vec![None; plan.lanes.len()];
    let trained = train(&origins, &recipe, &plan, &new_run, context, &mut |_: &Event| {})?;
    let entries = trained.model.manifest.scores.entries;
    let auc = entries.into_iter().find(|entry| entry.metric == Metric::Auc);
    Ok(auc.map_or(Drift { auc: MetricValue(f64::NAN), interval: None, columns: columns.clone() }, |auc| {
        Drift { auc: auc.value, interval: auc.interval, columns }
    }))
}

/// Both tables as one, with the origin as the target.
fn told_apart(
    problem: &Problem,
    pairs: &[(&Column, &Column)],
    [n_old, n_new]: [usize; 2],
) -> Result<Problem, TrainError> {
    let n_rows = n_old + n_new;
    let mut columns: Vec<Column> = pairs
        .iter()
        .map(|(old, new)| Column { name: old.name.clone(), cells: joined(&old.cells, &new.cells) })
        .collect();
    let levels = vec!["new".to_owned(), "old".to_owned()];
    let codes = std::iter::repeat_n(2, n_old).chain(std::iter::repeat_n(1, n_new)).collect();
    columns.push(Column { name: ORIGIN.into(), cells: Cells::Levels { codes, levels: levels.clone() } });
    let mut schema = problem.schema.clone();
    schema.columns.retain(|column| pairs.iter().any(|(old, _)| old.name == column.name));
    schema.columns.push(origin(levels, n_rows));
    let table = Table { columns, n_rows };
    Problem::new(table, schema, ORIGIN, TaskChoice::Told(Task::Classification), Seal::default())
}

fn origin(levels: Vec<String>, n_rows: usize) -> ColumnSchema {
    ColumnSchema {
        name: ORIGIN.into(),
        kind: Kind::Category,
        levels,
        n_missing: 0,
        n_distinct: 2.min(n_rows),
        reason: "rows of the model, and new ones".into(),
        notation: kitae_data::notation::Notation::default(),
        findings: Vec::new(),
    }
}

/// The cells of both; they fit the same schema.
fn joined(old: &Cells, new: &Cells) -> Cells {
    match (old, new) {
        (Cells::Numbers(old), Cells::Numbers(new)) => Cells::Numbers([old.as_slice(), new].concat()),
        (Cells::Levels { codes: old, levels }, Cells::Levels { codes: new, .. }) => {
            Cells::Levels { codes: [old.as_slice(), new].concat(), levels: levels.clone() }
        }
        (old, _) => old.clone(),
    }
}

fn distance(old: &Cells, new: &Cells) -> f64 {
    match (old, new) {
        (Cells::Numbers(old), Cells::Numbers(new)) => kolmogorov_smirnov(old, new),
        (Cells::Levels { codes: old, .. }, Cells::Levels { codes: new, .. }) => total_variation(old, new),
        _ => 0.0,
    }
}

/// The largest difference of the two distribution functions.
fn kolmogorov_smirnov(old: &[f64], new: &[f64]) -> f64 {
    let sorted = |values: &[f64]| -> Vec<f64> {
        let missing_first =
            values.iter().map(|value| if value.is_nan() { f64::NEG_INFINITY } else { *value });
        let mut sorted: Vec<f64> = missing_first.collect();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (old, new) = (sorted(old), sorted(new));
    let below = |sorted: &[f64], value: f64| {
        sorted.partition_point(|other| *other <= value) as f64 / sorted.len().max(1) as f64
    };
    old.iter().chain(&new).map(|value| (below(&old, *value) - below(&new, *value)).abs()).fold(0.0, f64::max)
}

/// Half the sum of the differences of the shares.
fn total_variation(old: &[u32], new: &[u32]) -> f64 {
    let mut shares: HashMap<u32, f64> = HashMap::new();
    for (codes, sign) in [(old, 1.0), (new, -1.0)] {
        for code in codes {
            *shares.entry(*code).or_default() += sign / codes.len() as f64;
        }
    }
    shares.values().map(|difference| difference.abs()).sum::<f64>() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_a_count_by_hand() {
        // Below or at 2 lie two of four old and none of the new numbers; a missing one is below all.
        assert_eq!(kolmogorov_smirnov(&[f64::NAN, 2.0, 3.0, 4.0], &[3.0, 4.0]), 0.5);
        assert_eq!(kolmogorov_smirnov(&[1.0, 2.0], &[2.0, 1.0]), 0.0);
        // Shares 1/2, 1/2, 0 against 1/4, 1/4, 1/2.
        assert_eq!(total_variation(&[1, 2], &[1, 2, 3, 3]), 0.5);
    }
}
