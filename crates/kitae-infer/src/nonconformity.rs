//! How far the target of each held-out row lay from the prediction of its fold: what regions of a level are
//! made from (see [`kitae_eval::conformal`]), stored beside the weights.

mod file;

use kitae_eval::conformal::Conformal;
use kitae_eval::{EvalError, Level};

use crate::manifest::{LaneManifest, LanePlace};

/// The nonconformities of the folds whose networks a model holds, in the order of its lanes.
#[derive(Clone, Debug, PartialEq)]
pub struct Nonconformity {
    /// One entry a fold, in the order of the lanes.
    pub folds: Vec<FoldNonconformity>,
}

/// The nonconformities of one fold.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldNonconformity {
    /// Which repeat.
    pub repeat: usize,
    /// Which fold.
    pub fold: usize,
    /// Of each held-out row, ascending: |target - prediction| for values, and minus the probability of the
    /// true class for classes, which orders rows as 1 - p does (Sadinle, Lei and Wasserman 2019) and loses no
    /// digits. Infinite where the networks had no prediction.
    pub values: Vec<f64>,
}

impl Nonconformity {
    /// What makes regions of a level.
    ///
    /// # Errors
    ///
    /// If the level asks for more rows than were scored.
    pub fn conformal(&self, level: Level) -> Result<Conformal, EvalError> {
        let mut repeats: Vec<usize> = self.folds.iter().map(|fold| fold.repeat).collect();
        repeats.sort_unstable();
        repeats.dedup();
        Conformal::new(self.folds.iter().map(|fold| fold.values.clone()).collect(), repeats.len(), level)
    }

    /// The fold of each lane, as a position in `folds`; none if a lane has no fold here.
    pub fn fold_of(&self, lanes: &[LaneManifest]) -> Option<Vec<usize>> {
        let is_of =
            |lane: &LaneManifest, fold: &FoldNonconformity| key(&lane.place) == (fold.repeat, fold.fold);
        lanes.iter().map(|lane| self.folds.iter().position(|fold| is_of(lane, fold))).collect()
    }
}

fn key(place: &LanePlace) -> (usize, usize) {
    (place.repeat, place.fold)
}
