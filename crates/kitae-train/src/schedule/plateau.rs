//! Lowering a factor when a score has stopped to improve.

use serde::{Deserialize, Serialize};

/// Multiplies the learning rate of a lane by `factor` whenever its score has not improved for more
/// than `patience` epochs in a row. The rule of `PyTorch`'s `ReduceLROnPlateau` without threshold and
/// cool-down. A pure state machine: it holds no state of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plateau {
    /// What a stall multiplies by, between 0 and 1.
    pub factor: f64,
    /// Epochs without improvement that are forgiven.
    pub patience: usize,
    /// The factor never falls below this, in [0, 1].
    #[serde(default)]
    pub min_factor: f64,
}

/// What [`Plateau`] remembers of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlateauState {
    /// The present factor of the learning rate, in (0, 1].
    pub factor: f64,
    /// The best score so far.
    pub best: Option<f64>,
    /// Epochs since the last improvement or reduction.
    pub waited: usize,
}

impl Default for PlateauState {
    fn default() -> Self {
        Self { factor: 1.0, best: None, waited: 0 }
    }
}

impl Plateau {
    /// The state after an epoch with `score` (higher is better). No score and NaN are no improvement.
    #[must_use]
    pub fn next(&self, state: &PlateauState, score: Option<f64>) -> PlateauState {
        let better = |score: &f64| !score.is_nan() && state.best.is_none_or(|best| *score > best);
        if let Some(score) = score.filter(better) {
            return PlateauState { factor: state.factor, best: Some(score), waited: 0 };
        }
        let waited = state.waited.saturating_add(1);
        if waited <= self.patience {
            return PlateauState { waited, ..*state };
        }
        // A floor above the present factor must not raise it.
        let lowered = (state.factor * self.factor).max(self.min_factor).min(state.factor);
        PlateauState { factor: lowered, waited: 0, ..*state }
    }

    /// Checks every number; `key` is the place in the recipe, for the message.
    ///
    /// # Errors
    ///
    /// A sentence that says which key is out of which range.
    pub fn check(&self, key: &str) -> Result<(), String> {
        let Self { factor, min_factor, .. } = self;
        if !(*factor > 0.0 && *factor < 1.0) {
            return Err(format!("`{key}.factor` must be between 0 and 1, got {factor}"));
        }
        if !(0.0..=1.0).contains(min_factor) {
            return Err(format!("`{key}.min_factor` must be in [0, 1], got {min_factor}"));
        }
        Ok(())
    }
}
