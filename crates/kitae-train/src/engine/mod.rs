//! The engine: lanes in packs, packs on threads.

pub(crate) mod checkpoint;
mod course;
pub(crate) mod evaluate;
pub(crate) mod feed;
mod fit;
mod fused;
mod initial;
mod lane;
mod machine;
mod mix;
pub(crate) mod passes;
mod probe;
mod range;
mod tensors;
mod workers;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use kitae_model::{NetworkConfig, Weights};

use crate::calibration::Calibrator;
pub use crate::engine::checkpoint::{SavedLane, load_checkpoints};
use crate::engine::feed::n_steps;
use crate::engine::fused::Spare;
pub use crate::engine::passes::Engine;
use crate::engine::passes::Passes;
pub use crate::engine::probe::Probing;
pub use crate::engine::range::{RangePoint, range_test, suggested_rate};
use crate::engine::workers::run_packs;
use crate::error::TrainError;
use crate::observer::{Event, LaneEnd, Observer};
use crate::pack::{PackShape, Packing, arrange};
use crate::prepare::{FoldData, LaneData};
use crate::recipe::Recipe;
use kitae_infer::OutputDecoder;
pub use kitae_infer::Predictions;

/// Where and how a run is carried out; none of it changes the results beyond rounding.
pub struct RunContext<'a> {
    /// What trains, and on which device.
    pub engine: Engine,
    /// Threads that may train at once.
    pub n_threads: usize,
    /// Time since some start, for the record and for when to write a checkpoint.
    pub clock: &'a (dyn Fn() -> Duration + Sync),
    /// Becomes true when the run should end after the current epoch.
    pub interrupt: &'a AtomicBool,
    /// Where checkpoints go, and after how much time the next is due.
    pub checkpoints: Checkpoints<'a>,
    /// Whether the lanes are looked into while they are trained.
    pub probing: Probing,
}

static NEVER: AtomicBool = AtomicBool::new(false);

impl RunContext<'_> {
    /// One thread with an engine, or with [what suits](Engine::of) a plain device, without a clock, an
    /// interruption, checkpoints or probes.
    pub fn new(engine: impl Into<Engine>) -> Self {
        Self {
            engine: engine.into(),
            n_threads: 1,
            clock: &|| Duration::ZERO,
            interrupt: &NEVER,
            checkpoints: Checkpoints::Off,
            probing: Probing::Off,
        }
    }
}

/// Whether a run writes checkpoints.
#[derive(Clone, Copy, Debug)]
pub enum Checkpoints<'a> {
    /// No file is written.
    Off,
    /// Into `folder`, at the first end of an epoch after `every`.
    Into {
        /// An existing folder.
        folder: &'a Path,
        /// Zero for every epoch.
        every: Duration,
        /// What tells the run from others: it goes on from its own checkpoints alone.
        run: &'a str,
    },
}

/// What a lane delivers.
#[derive(Clone, Debug)]
pub struct LaneResult {
    /// The weights of the kept epoch.
    pub weights: Weights,
    /// The epoch whose weights these are; 0 for the initial ones.
    pub kept_epoch: usize,
    /// Epochs trained.
    pub n_epochs: usize,
    /// Why the lane ended.
    pub end: LaneEnd,
    /// How the probabilities are calibrated, fitted on the validation rows.
    pub calibrator: Calibrator,
    /// Predictions for the validation rows.
    pub validation: Predictions,
    /// Predictions for the held-out rows.
    pub held_out: Predictions,
    /// What it says of the held-out rows among the other networks of its fold: as sure as a network of a bag
    /// should be, and without smoothing, of which a bag has its own.
    pub in_bag: Predictions,
}

impl LaneResult {
    /// Whether it diverged before its first good epoch: it has no weights to predict with.
    pub(crate) fn is_lost(&self) -> bool {
        self.end == LaneEnd::Diverged && self.kept_epoch == 0
    }
}

/// Trains all lanes and lets each predict its validation and held-out rows. `saved` holds the state of lanes
/// of an earlier, unfinished run, by position; those go on where they were.
///
/// # Errors
///
/// If the run is interrupted, a checkpoint cannot be written, or every lane diverges.
pub fn fit_lanes(
    recipe: &Recipe,
    network: &NetworkConfig,
    lanes: &[LaneData],
    saved: &[Option<SavedLane>],
    place: &RunContext,
    observer: &mut dyn Observer,
) -> Result<Vec<LaneResult>, TrainError> {
    let passes = place.engine.training(recipe);
    let job = LaneJob { recipe, network, lanes, saved, place, passes, spare: Arc::default() };
    let packs = packs(&job);
    observer.observe(&Event::RunStarted {
        n_lanes: lanes.len(),
        n_epochs: recipe.training.epochs,
        packs: packs.clone(),
    });
    let mut results = run_packs(&job, &packs, observer)?;
    observer.observe(&Event::RunEnded { seconds: (place.clock)().as_secs_f64() });
    results.sort_by_key(|(lane, _)| *lane);
    let results: Vec<LaneResult> = results.into_iter().map(|(_, result)| result).collect();
    refuse_all_diverged(recipe, &results)?;
    Ok(results)
}

/// What all packs of a run share.
pub(crate) struct LaneJob<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) network: &'a NetworkConfig,
    pub(crate) lanes: &'a [LaneData],
    pub(crate) saved: &'a [Option<SavedLane>],
    pub(crate) place: &'a RunContext<'a>,
    pub(crate) passes: Passes,
    /// Buffers of fused lanes.
    pub(crate) spare: Arc<Spare>,
}

impl LaneJob<'_> {
    /// How the networks of a fold predict.
    pub(crate) fn decoder<'b>(&'b self, fold: &'b FoldData) -> OutputDecoder<'b> {
        OutputDecoder {
            objective: &self.recipe.objective,
            n_outputs: self.network.n_outputs,
            scale: fold.target_scale.as_ref(),
        }
    }
}

/// Lanes share a pack if they take the same number of steps an epoch and stand at the same epoch.
fn packs(job: &LaneJob) -> Vec<Vec<usize>> {
    let (network, feeding) = (job.network, job.recipe.training.feeding);
    let n_train = |lane: &LaneData| lane.fold.train.features.n_rows;
    let keys: Vec<(usize, usize)> = job
        .lanes
        .iter()
        .zip(job.saved)
        .map(|(lane, saved)| (n_steps(n_train(lane), feeding), saved.as_ref().map_or(0, |saved| saved.epoch)))
        .collect();
    let mut distinct = keys.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let groups: Vec<usize> = keys.iter().map(|key| distinct.partition_point(|other| other < key)).collect();
    let rows = job.lanes.iter().map(|lane| feeding.batch_rows(n_train(lane))).max().unwrap_or(1);
    let shape = PackShape {
        batch_rows: rows * network.ensemble.n_members(),
        widest: network.hidden.iter().copied().fold(network.d_input().max(network.n_outputs), usize::max),
        n_threads: job.place.engine.n_threads(job.passes, job.place.n_threads),
        packing: match job.passes {
            Passes::Host => Packing::Lanes(1),
            Passes::Tensors(packing) => packing,
        },
    };
    arrange(&groups, &shape)
}

fn refuse_all_diverged(recipe: &Recipe, results: &[LaneResult]) -> Result<(), TrainError> {
    if !results.iter().all(LaneResult::is_lost) {
        return Ok(());
    }
    let epoch = results.iter().map(|result| result.n_epochs).min().unwrap_or(0);
    Err(TrainError::Diverged { epoch, learning_rate: recipe.training.learning_rate })
}
