//! A lever: one change of a recipe, and the learning rates that are tried with it.
//!
//! ```
//! use kitae_lab::{Family, Lever};
//!
//! let lever = Lever::new("narrow", Family::Shape, "network.hidden = [16]".parse()?);
//! assert_eq!(lever.rates, [1.0, 0.5, 2.0]);
//! # Ok::<(), toml::de::Error>(())
//! ```

use kitae_train::recipe::word_of;
use kitae_train::{Facts, Recipe, RecipeError};
use serde::{Deserialize, Serialize};
use toml::Table;

/// Factors of the recipe's learning rate that are tried with a lever, the recipe's own first: of two that
/// are as good on the validation rows the earlier is taken.
pub const RATES: [f64; 3] = [1.0, 0.5, 2.0];

/// One change of a recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lever {
    /// A few words, distinct within a ledger.
    pub name: String,
    /// What it belongs to. Of the adopted levers of a family one is applied.
    pub family: Family,
    /// Keys of the recipe with their new values.
    pub changes: Table,
    /// Factors of the recipe's learning rate; each fold takes the one that its validation rows prefer.
    pub rates: Vec<f64>,
}

impl Lever {
    /// A lever with the usual learning rates.
    pub fn new(name: impl Into<String>, family: Family, changes: Table) -> Self {
        Self { name: name.into(), family, changes, rates: RATES.to_vec() }
    }

    /// `recipe` with this lever switched.
    ///
    /// # Errors
    ///
    /// If the change does not fit the recipe.
    pub fn recipe(&self, recipe: &Recipe, facts: &Facts) -> Result<Recipe, RecipeError> {
        recipe.with(&self.changes, facts)
    }
}

/// What a lever belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Family {
    /// What the gradient descends on.
    Loss,
    /// How gradients become steps.
    Optimiser,
    /// The course of the learning rate.
    Schedule,
    /// What follows a hidden layer.
    Activation,
    /// Rows in a batch.
    Feeding,
    /// How long, and when to stop.
    Epochs,
    /// Units that a step drops.
    Dropout,
    /// L1, L2, decoupled decay, the largest norm.
    Penalty,
    /// Batch norm, layer norm.
    Normalisation,
    /// How weights begin and enter the product.
    Start,
    /// What numbers become before the first layer.
    NumberEmbedding,
    /// Width, depth, residual layers.
    Shape,
    /// Mixed rows.
    Mixing,
    /// Averages of weights.
    Averaging,
    /// Several networks or members.
    Ensemble,
    /// Another model that is blended with the networks.
    Blend,
    /// A lever of the user's own.
    Own,
}

/// With a hyphen between two words, as on the command line.
impl std::fmt::Display for Family {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(&word_of(self).replace('_', "-"))
    }
}
