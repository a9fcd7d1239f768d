//! Hyperparameters that bring others along, and words that stand for numbers of the table.

use toml::{Table, Value};

use crate::facts::Facts;
use crate::overrides::{at, merge, nested};
use crate::recipe::{Feeding, Recipe};
use crate::stopping::Stopping;

/// Epochs to wait where nothing else was said.
const USUAL_PATIENCE: i64 = 20;

/// What `changes` of a recipe bring along unless they say otherwise; [`Recipe::with`] lists it.
pub(crate) fn companions(recipe: &Recipe, changes: &Table) -> Table {
    let mut companions = Table::new();
    let mut bring = |key: &str, value: Value| merge(&mut companions, &nested(key, value));
    let kind = |table: &str| at(changes, table)?.get("kind")?.as_str();
    if kind("optimiser") == Some("lbfgs") {
        bring("training.feeding.kind", "full".into());
        bring("training.weight_decay", 0.0.into());
    }
    if let Some(metric) = changes.get("metric") {
        bring("validation_metric", metric.clone());
    }
    let follows_schedule = matches!(recipe.stopping, Stopping::Early { patience: None, .. });
    let has_other_lows = kind("training.schedule.shape").is_some_and(|kind| kind != "coslog");
    let averages_the_end = kind("training.averaging") == Some("swa");
    let stopping = changes.get("stopping").and_then(Value::as_table);
    match stopping.map(|stopping| stopping.get("kind").and_then(Value::as_str)) {
        None if averages_the_end || follows_schedule && has_other_lows => {
            bring("stopping.kind", "never".into());
        }
        Some(None | Some("early")) if recipe.stopping == Stopping::Never => {
            bring("stopping.kind", "early".into());
            bring("stopping.patience", USUAL_PATIENCE.into());
        }
        _ => {}
    }
    companions
}

/// Puts numbers in the place of words: `objective.class_weights = "balanced"` stands for n / (classes ·
/// count), as scikit-learn's; `training.feeding.rows = "auto"` for [`Feeding::automatic_rows`].
pub(crate) fn resolve(recipe: &mut Table, facts: &Facts) {
    if let Some(weights) = word(recipe, &["objective", "class_weights"], "balanced") {
        let total: usize = facts.class_counts.iter().sum();
        let weight = |count: &usize| total as f64 / (facts.class_counts.len() * (*count).max(1)) as f64;
        *weights = Value::Array(facts.class_counts.iter().map(|count| Value::Float(weight(count))).collect());
    }
    if let Some(rows) = word(recipe, &["training", "feeding", "rows"], "auto") {
        // At most 1024 rows.
        *rows = Value::Integer(Feeding::automatic_rows(facts.n_rows) as i64);
    }
}

/// What stands at `key`, if it is this word.
fn word<'a>(table: &'a mut Table, key: &[&str], word: &str) -> Option<&'a mut Value> {
    let (first, rest) = key.split_first()?;
    let value = rest.iter().try_fold(table.get_mut(*first)?, |value, part| value.get_mut(part))?;
    (value.as_str() == Some(word)).then_some(value)
}
