//! What happens during a run, told to whoever listens.
//!
//! ```
//! # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
//! use kitae_train::{Event, train};
//!
//! let (problem, recipe, plan) = moons::planned()?;
//! let mut n_epochs = 0;
//! let mut count = |event: &Event| n_epochs += usize::from(matches!(event, Event::EpochEnded { .. }));
//! train(&problem, &recipe, &plan, &vec![None; plan.lanes.len()], &moons::place(), &mut count)?;
//! // Four epochs of two networks; the rivals are trained in silence.
//! assert_eq!(n_epochs, 8);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::engine::Probe;

/// Something that happened. A run is told as `RunStarted`, then for each lane `LaneStarted`, its
/// epochs and `LaneEnded`, at their end `RunEnded`, and `RivalsStarted`. Lanes of different packs interleave.
///
/// ```
/// use kitae_train::Event;
///
/// let line = r#"{"event":"run_ended","seconds":12.5}"#;
/// assert_eq!(serde_json::from_str::<Event>(line)?, Event::RunEnded { seconds: 12.5 });
/// # Ok::<(), serde_json::Error>(())
/// ```
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
        n_stop: usize,
        /// Rows that score.
        n_score: usize,
    },
    /// A lane has seen all its training rows once more.
    EpochEnded {
        /// The lane's number in the run.
        lane: usize,
        /// Counted from 1.
        epoch: usize,
        /// Mean training loss over the epoch, penalties left out; none if it was not a number.
        loss: Option<f64>,
        /// Loss on the stop rows after the epoch, the mean over members where the network is an ensemble;
        /// none if it was not a number.
        stop_loss: Option<f64>,
        /// The metric on the stop rows; higher is better; none where undefined.
        stop_score: Option<f64>,
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
    RivalsStarted,
}

/// Why a lane ended.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// use kitae_train::observer::LaneEnd;
///
/// // Without early stopping a network that does not diverge is trained as planned.
/// let lanes = moons::trained()?.model.manifest.lanes;
/// assert!(lanes.iter().all(|lane| lane.end == LaneEnd::Planned));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// Listens to a run. Called on the thread that started the run.
///
/// ```
/// use kitae_train::{Event, Observer};
///
/// #[derive(Default)]
/// struct Seconds(f64);
///
/// impl Observer for Seconds {
///     fn observe(&mut self, event: &Event) {
///         if let Event::RunEnded { seconds } = event {
///             self.0 = *seconds;
///         }
///     }
/// }
/// let mut seconds = Seconds::default();
/// seconds.observe(&Event::RunEnded { seconds: 3.0 });
/// assert_eq!(seconds.0, 3.0);
/// ```
pub trait Observer {
    /// Takes note of an event.
    ///
    /// ```
    /// use kitae_train::{Event, Observer};
    ///
    /// let mut events = Vec::new();
    /// let mut keep = |event: &Event| events.push(event.clone());
    /// keep.observe(&Event::RivalsStarted);
    /// assert_eq!(events, [Event::RivalsStarted]);
    /// ```
    fn observe(&mut self, event: &Event);
}

/// Any closure over events is an observer.
impl<F: FnMut(&Event)> Observer for F {
    fn observe(&mut self, event: &Event) {
        self(event);
    }
}
