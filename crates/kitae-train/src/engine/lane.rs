//! What the engine remembers about a lane between epochs.

use kitae_eval::Score;
use kitae_model::Weights;

use crate::engine::checkpoint::SavedLane;
use crate::engine::probe::UnitMeans;
use crate::observer::LaneEnd;
use crate::recipe::Recipe;
use crate::schedule::PlateauState;
use crate::stopping::{Keep, StopState};

/// One lane's course so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct LaneState {
    /// Position in the run.
    pub(crate) index: usize,
    pub(crate) stop: StopState,
    pub(crate) plateau: PlateauState,
    /// The weights to deliver and their epoch.
    pub(crate) kept: Option<(usize, Weights)>,
    pub(crate) n_epochs: usize,
    pub(crate) end: Option<LaneEnd>,
    /// What the last look into the lane saw; empty before the first.
    pub(crate) unit_means: UnitMeans,
}

impl LaneState {
    pub(crate) fn new(index: usize) -> Self {
        Self { index, ..Self::default() }
    }

    pub(crate) fn resumed(index: usize, saved: &SavedLane) -> Self {
        Self {
            index,
            stop: saved.stop.clone(),
            plateau: saved.plateau,
            kept: saved.kept.clone(),
            n_epochs: saved.epoch,
            end: saved.end,
            unit_means: saved.unit_means.clone(),
        }
    }

    /// Takes note of an epoch, and says whether the weights after it are to be kept. A lane whose losses
    /// or weights are no longer numbers has diverged.
    pub(crate) fn observe(&mut self, recipe: &Recipe, epoch: &MeasuredEpoch) -> bool {
        self.n_epochs = epoch.number;
        if !epoch.loss.is_finite() || !epoch.validation_loss.is_finite() || !epoch.has_finite_weights {
            self.end = Some(LaneEnd::Diverged);
            return false;
        }
        let n_epochs = recipe.training.epochs;
        let verdict = self.stop.observe(&recipe.stopping, epoch.number, n_epochs, epoch.validation_score);
        if let Some(plateau) = &recipe.training.plateau {
            self.plateau = plateau.next(&self.plateau, epoch.validation_score);
        }
        self.end = match verdict.stop {
            _ if epoch.number >= n_epochs => Some(LaneEnd::Planned),
            true => Some(LaneEnd::Stopped),
            false => None,
        };
        // Where no score is ever defined, the latest weights are the best there are.
        let undecided = self.stop.best.is_none();
        verdict.keep || undecided || recipe.training.keep == Keep::Last
    }
}

/// The measurements of an epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeasuredEpoch {
    pub(crate) number: usize,
    pub(crate) loss: f64,
    pub(crate) validation_loss: f64,
    pub(crate) validation_score: Option<Score>,
    pub(crate) has_finite_weights: bool,
}
