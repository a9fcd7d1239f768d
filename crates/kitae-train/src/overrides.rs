//! Changes of a recipe: tables with the keys that a user sets.

use toml::{Table, Value};

use crate::error::RecipeError;
use crate::preset::Facts;
use crate::recipe::Recipe;
use crate::recipe::bounds::check_bounds;
use crate::recipe::couplings::{companions, resolve};
use crate::recipe::reading::read;

impl Recipe {
    /// This recipe with `changes` [merged](merge) into it. Some hyperparameters bring others, unless `changes` says
    /// otherwise:
    ///
    /// - L-BFGS brings full batches and no decoupled decay, which it needs;
    /// - `metric` brings the `validation_metric`;
    /// - SWA, an average of the last epochs, brings all epochs, and so does a schedule of another shape where the
    ///   rule for stopping is that of the presets, which was made for the lows of their schedule;
    /// - a setting of early stopping brings it, with a patience of 20 epochs.
    ///
    /// Merge several changes before they are merged into a recipe: what one of them says is then not undone by what
    /// another brings. `objective.class_weights = "balanced"` stands for weights inverse to the class counts in
    /// `facts`, `training.feeding.rows = "auto"` for [`automatic_batch`](crate::preset::automatic_batch).
    ///
    /// # Errors
    ///
    /// A key that does not exist, a value of the wrong type or out of its range, or two that exclude each other.
    pub fn with(&self, changes: &Table, facts: &Facts) -> Result<Self, RecipeError> {
        if at(changes, "split.by").is_some() {
            return Err(RecipeError::SplitBy);
        }
        let mut merged = Table::try_from(self)?;
        merge(&mut merged, &companions(self, changes));
        merge(&mut merged, changes);
        // A class may be called by a number.
        if let Some(class) = merged.get_mut("positive").filter(|class| !class.is_str() && !class.is_table()) {
            *class = Value::String(class.to_string());
        }
        resolve(&mut merged, facts);
        check_bounds("", &merged)?;
        let recipe: Self = read(merged.into())?;
        recipe.agrees(facts)?;
        let resolved = Table::try_from(&recipe)?;
        all_taken(changes, &resolved, "")?;
        Ok(recipe)
    }

    /// Checks every range and every pair of hyperparameters that exclude each other.
    ///
    /// # Errors
    ///
    /// The first violation: what was expected and what came.
    pub fn check(&self, facts: &Facts) -> Result<(), RecipeError> {
        check_bounds("", self)?;
        self.agrees(facts)
    }
}

/// Checks that every key of `changes` is one of the resolved recipe: a kind without keys of its own takes any key and
/// forgets it.
fn all_taken(changes: &Table, resolved: &Table, table: &str) -> Result<(), RecipeError> {
    changes.iter().try_for_each(|(key, change)| {
        let dotted = if table.is_empty() { key.clone() } else { format!("{table}.{key}") };
        match (change, resolved.get(key)) {
            (_, None) => {
                let kind = resolved.get("kind").and_then(Value::as_str).unwrap_or("something else");
                Err(RecipeError::KeyOfAnotherKind { key: dotted, kind: kind.into() })
            }
            (Value::Table(changes), Some(Value::Table(resolved))) => all_taken(changes, resolved, &dotted),
            _ => Ok(()),
        }
    })
}

/// Merges `changes` into `base`: key by key, but a table whose `kind` changes is replaced.
pub fn merge(base: &mut Table, changes: &Table) {
    let is_same_kind =
        |old: &Table, new: &Table| new.get("kind").is_none_or(|kind| old.get("kind") == Some(kind));
    for (key, change) in changes {
        match (base.get_mut(key), change) {
            (Some(Value::Table(old)), Value::Table(new)) if is_same_kind(old, new) => merge(old, new),
            _ => {
                base.insert(key.clone(), change.clone());
            }
        }
    }
}

/// A table in which `value` stands at the dotted `key`.
///
/// ```
/// use kitae_train::{at, nested};
///
/// let changes = nested("training.epochs", 40.into());
/// assert_eq!(changes, "training.epochs = 40".parse()?);
/// assert_eq!(at(&changes, "training.epochs"), Some(&40.into()));
/// # Ok::<(), toml::de::Error>(())
/// ```
pub fn nested(key: &str, value: Value) -> Table {
    let (first, value) = match key.split_once('.') {
        Some((first, rest)) => (first, Value::Table(nested(rest, value))),
        None => (key, value),
    };
    Table::from_iter([(first.to_owned(), value)])
}

/// What stands at the dotted `key`.
pub fn at<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let mut parts = key.split('.');
    let first = table.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.as_table()?.get(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_keys_win_and_another_kind_replaces_the_table() {
        let merged = |earlier: &str, later: &str| {
            let mut table: Table = earlier.parse().expect("TOML");
            merge(&mut table, &later.parse().expect("TOML"));
            table
        };
        let same = merged("a = 1\n[b]\nkind = 'x'\nc = 2", "[b]\nc = 3");
        assert_eq!(same, "a = 1\n[b]\nkind = 'x'\nc = 3".parse().expect("TOML"));
        let replaced = merged("[b]\nkind = 'x'\nc = 2", "[b]\nkind = 'y'");
        assert_eq!(replaced, "[b]\nkind = 'y'".parse().expect("TOML"));
        assert_eq!(merged("seed = 1", "seed.deep.deeper = 2"), "seed.deep.deeper = 2".parse().expect("TOML"));
    }
}
