//! What happens during a run, told to whoever listens.

use kitae_eval::Score;
use serde::{Deserialize, Serialize};

/// Something that happened. A run is told as `RunStarted`, then for each lane `LaneStarted`, its epochs and
/// `LaneEnded`, at their end `RunEnded`, and `BaselinesStarted`. Lanes of different packs interleave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The plan of the run.
    RunStarted {
        /// How many networks are trained.
        n_lanes: usize,
        /// Epochs planned for each.
        n_epochs: usize,
        /// How the lanes are packed, by their numbers.
        packs: Vec<Vec<usize>>,
    },
    /// A lane begins or is resumed.
    LaneStarted {
        /// The lane's number in the run.
        lane: usize,
        /// The epoch after which it goes on; 0 at the beginning.
        after_epoch: usize,
        /// Rows that are trained on.
        n_train: usize,
        /// Rows that choose the epoch.
        n_validation: usize,
        /// Rows that score.
        n_held_out: usize,
    },
    /// A lane has seen all its training rows once more.
    EpochEnded {
        /// The lane's number in the run.
        lane: usize,
        /// Counted from 1.
        epoch: usize,
        /// Mean training loss over the epoch, penalties left out; none if it was not a number.
        loss: Option<f64>,
        /// Loss on the validation rows after the epoch, the mean over members where the network is an
        /// ensemble; none if it was not a number.
        validation_loss: Option<f64>,
        /// The metric on the validation rows; higher is better; none where undefined.
        validation_score: Option<Score>,
        /// The learning rate of the epoch's last step.
        learning_rate: f64,
        /// Seconds since the run's clock started.
        seconds: f64,
    },
    /// A look inside a lane after an epoch.
    Probed {
        /// The lane's number in the run.
        lane: usize,
        /// The epoch.
        epoch: usize,
        /// What was seen.
        probe: Probe,
    },
    /// A lane is done.
    LaneEnded {
        /// The lane's number in the run.
        lane: usize,
        /// The epoch whose weights are delivered.
        kept_epoch: usize,
        /// Epochs trained.
        n_epochs: usize,
        /// Why it ended.
        reason: LaneEnd,
    },
    /// The state of a pack is on disk.
    Checkpointed {
        /// The lanes of the pack.
        lanes: Vec<usize>,
        /// The epoch after which the run can go on.
        epoch: usize,
    },
    /// All lanes are done.
    RunEnded {
        /// Seconds since the run's clock started.
        seconds: f64,
    },
    /// The constant and the linear model are fitted to the same folds.
    BaselinesStarted,
}

/// Why a lane ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneEnd {
    /// All planned epochs are done.
    Planned,
    /// No improvement for too long.
    Stopped,
    /// The loss became NaN or infinite; weights from before that, if any, are kept.
    Diverged,
}

/// What a look inside a lane saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// The hidden layers and the output, from the inputs on.
    pub layers: Vec<LayerProbe>,
    /// The mean loss on the rows looked at, without dropout; none if it is not a number.
    pub loss: Option<f64>,
    /// The standard deviation of the losses of batches of up to 32 of these rows; none if one is not a
    /// number.
    #[serde(default)]
    pub loss_spread: Option<f64>,
    /// The gradient noise scale in rows (`McCandlish` et al. 2018, arXiv:1812.06162, the simple one of
    /// appendix A): batches far below it are all noise, far above it they say little new. None where the
    /// gradient is lost in the noise of so few rows.
    pub gradient_noise: Option<f64>,
}

/// A layer in a look inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerProbe {
    /// Root mean square of the gradient of the layer's matrix.
    pub gradient: f64,
    /// Root mean square of the matrix.
    pub weight: f64,
    /// How far the matrix moved in this epoch, relative to its size.
    pub change: Option<f64>,
    /// Mean of what enters the activation (of the output: of the logits), over rows and units.
    pub mean: f64,
    /// The mean over units of its standard deviation over rows.
    pub spread: f64,
    /// How far the units' means moved since the last look, in spreads: what batch norm is said to hold still
    /// (Ioffe and Szegedy 2015).
    pub shift: Option<f64>,
    /// Share of units through which no row's gradient passes.
    pub dead: f64,
    /// Share of units times rows at which the activation is flat.
    pub flat: f64,
}

/// Listens to a run. Called on the thread that started the run.
pub trait Observer {
    /// Takes note of an event.
    fn observe(&mut self, event: &Event);
}

/// Any closure over events is an observer.
impl<F: FnMut(&Event)> Observer for F {
    fn observe(&mut self, event: &Event) {
        self(event);
    }
}
