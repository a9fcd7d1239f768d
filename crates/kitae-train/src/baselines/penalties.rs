//! The strengths of L2 that are tried for the linear model.

use crate::prepare::{LaneData, LaneHyperparameters};
use crate::recipe::Recipe;

/// Strengths of the linear model's penalty; the validation rows choose one for each fold.
const PENALTIES: [f64; 4] = [1e-4, 1e-3, 1e-2, 1e-1];
/// The one of them where rows and classes are so many that time is dearer than the best choice.
const ONE_PENALTY: [f64; 1] = [1e-3];
/// From so many rows times classes on.
const MANY_ANSWERS: usize = 1 << 23;

/// The same for all of these lanes.
pub(super) fn penalties(lanes: &[LaneData], n_outputs: usize) -> &'static [f64] {
    if has_many_predictions(lanes, n_outputs) { &ONE_PENALTY } else { &PENALTIES }
}

/// How many linear models are fitted on each fold of at most so many training rows.
pub(crate) fn n_penalties(n_train: usize, n_outputs: usize) -> usize {
    if n_train.saturating_mul(n_outputs) >= MANY_ANSWERS { ONE_PENALTY.len() } else { PENALTIES.len() }
}

pub(super) fn has_many_predictions(lanes: &[LaneData], n_outputs: usize) -> bool {
    let most = lanes.iter().map(|lane| lane.fold.train.features.n_rows).max();
    most.unwrap_or(0).saturating_mul(n_outputs) >= MANY_ANSWERS
}

pub(super) fn penalised(recipe: &Recipe, lane: &LaneData, penalties: &[f64]) -> Vec<LaneData> {
    let with = |l2: &f64| LaneData {
        hyperparameters: LaneHyperparameters { l2: *l2, ..LaneHyperparameters::of(recipe) },
        ..lane.clone()
    };
    penalties.iter().map(with).collect()
}
