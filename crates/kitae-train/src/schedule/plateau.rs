//! Lowering a factor when a score has stopped to improve.

use kitae_eval::Score;
use serde::{Deserialize, Serialize};

use crate::defaults::thousandths;

/// Multiplies the learning rate of a lane by `factor` whenever its score has not improved for more
/// than `patience` epochs in a row. The rule of `PyTorch`'s `ReduceLROnPlateau` without threshold and
/// cool-down. A pure state machine: it holds no state of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plateau {
    /// What a stall multiplies by, between 0 and 1.
    #[serde(default = "thousandths::<500>")]
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
    pub best: Option<Score>,
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
    pub fn next(&self, state: &PlateauState, score: Option<Score>) -> PlateauState {
        let better = |score: &Score| !score.0.is_nan() && state.best.is_none_or(|best| *score > best);
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
}
