//! A recipe with changes: what they bring along, what they mean, and whether all of it fits.

use toml::{Table, Value};

use crate::error::RecipeError;
use crate::facts::Facts;
use crate::overrides::{at, merge};
use crate::recipe::Recipe;
use crate::recipe::bounds::check_bounds;
use crate::recipe::couplings::{companions, resolve};
use crate::recipe::reading::read;

impl Recipe {
    /// This recipe with `changes` [merged](crate::merge) into it. Some hyperparameters bring others, unless
    /// `changes` says otherwise:
    ///
    /// - L-BFGS brings full batches and no decoupled decay, which it needs;
    /// - `metric` brings the `validation_metric`;
    /// - SWA, an average of the last epochs, brings all epochs, and so does a schedule of another shape where
    ///   the rule for stopping is that of the presets, which was made for the lows of their schedule;
    /// - a setting of early stopping brings it, with a patience of 20 epochs.
    ///
    /// Merge several changes before they are merged into a recipe: what one of them says is then not undone
    /// by what another brings. `objective.class_weights = "balanced"` stands for weights inverse to the class
    /// counts in `facts`, `training.feeding.rows = "auto"` for
    /// [`Feeding::automatic_rows`](crate::recipe::Feeding::automatic_rows).
    ///
    /// # Errors
    ///
    /// A key that does not exist, a value of the wrong type or out of its range, or two that exclude each
    /// other.
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

/// Checks that every key of `changes` is one of the resolved recipe: a kind without keys of its own takes any
/// key and forgets it.
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
