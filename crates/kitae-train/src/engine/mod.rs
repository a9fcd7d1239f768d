//! The engine: lanes in packs, packs on threads.

pub(crate) mod checkpoint;
pub(crate) mod evaluate;
pub(crate) mod feed;
mod fit;
mod lane;
mod lbfgs;
mod machine;
mod range;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use burn::tensor::Device;
use kitae_model::{NetworkConfig, Weights};

pub use crate::engine::checkpoint::{SavedLane, load_checkpoints};
pub use crate::engine::evaluate::Answers;
use crate::engine::feed::n_steps;
use crate::engine::fit::fit_pack;
pub use crate::engine::range::{RangePoint, range_test, suggested_rate};
use crate::error::TrainError;
use crate::observer::{Event, LaneEnd, Observer};
use crate::pack::{PackShape, Packing, arrange};
use crate::prepare::LaneData;
use crate::recipe::Recipe;

/// Where and how a run is carried out; none of it changes the results beyond rounding.
pub struct Place<'a> {
    /// A plain device; the engine derives the differentiating one.
    pub device: Device,
    /// Threads that may train at once; 1 where the device does its own threading (a GPU).
    pub n_threads: usize,
    /// How many lanes are trained in one tensor programme.
    pub packing: Packing,
    /// Time since some start, for the record and for when to write a checkpoint.
    pub clock: &'a (dyn Fn() -> Duration + Sync),
    /// Becomes true when the run should end after the current epoch.
    pub interrupt: &'a AtomicBool,
    /// Where checkpoints go, and after how much time the next is due.
    pub checkpoints: Checkpoints<'a>,
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
    /// Answers for the stop rows.
    pub stop: Answers,
    /// Answers for the score rows.
    pub score: Answers,
}

/// Trains all lanes and lets each answer its stop and score rows. `saved` holds the state of lanes
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
    place: &Place,
    observer: &mut dyn Observer,
) -> Result<Vec<LaneResult>, TrainError> {
    let packs = packs(recipe, network, lanes, saved, place);
    observer.observe(&Event::RunStarted {
        n_lanes: lanes.len(),
        n_epochs: recipe.training.epochs,
        packs: packs.clone(),
    });
    let job = Job { recipe, network, lanes, saved, place };
    let mut results = run_packs(&job, &packs, observer)?;
    if results.len() < lanes.len() {
        // Asked to stop between two packs: those that were trained are in their checkpoints.
        return Err(TrainError::Interrupted { epoch: 0 });
    }
    observer.observe(&Event::RunEnded { seconds: (place.clock)().as_secs_f64() });
    results.sort_by_key(|(lane, _)| *lane);
    let results: Vec<LaneResult> = results.into_iter().map(|(_, result)| result).collect();
    refuse_all_diverged(recipe, &results)?;
    Ok(results)
}

/// What all packs of a run share.
pub(crate) struct Job<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) network: &'a NetworkConfig,
    pub(crate) lanes: &'a [LaneData],
    pub(crate) saved: &'a [Option<SavedLane>],
    pub(crate) place: &'a Place<'a>,
}

/// Lanes share a pack if they take the same number of steps an epoch and stand at the same epoch.
fn packs(
    recipe: &Recipe,
    network: &NetworkConfig,
    lanes: &[LaneData],
    saved: &[Option<SavedLane>],
    place: &Place,
) -> Vec<Vec<usize>> {
    let feeding = recipe.training.feeding;
    let n_train = |lane: &LaneData| lane.fold.train.features.n_rows;
    let keys: Vec<(usize, usize)> = lanes
        .iter()
        .zip(saved)
        .map(|(lane, saved)| (n_steps(n_train(lane), feeding), saved.as_ref().map_or(0, |saved| saved.epoch)))
        .collect();
    let mut distinct = keys.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let groups: Vec<usize> = keys.iter().map(|key| distinct.partition_point(|other| other < key)).collect();
    let rows = lanes.iter().map(|lane| feeding.batch_rows(n_train(lane))).max().unwrap_or(1);
    let d_input = network.d_numbers + network.cardinalities.len() * network.d_embedding;
    let widest = network.hidden.iter().copied().fold(d_input.max(network.n_outputs), usize::max);
    let shape = PackShape { batch_rows: rows, widest, n_threads: place.n_threads, packing: place.packing };
    arrange(&groups, &shape)
}

type Outcome = Result<Vec<(usize, LaneResult)>, TrainError>;

/// Hands packs to threads; events come back to the calling thread, where the observer lives.
fn run_packs(
    job: &Job,
    packs: &[Vec<usize>],
    observer: &mut dyn Observer,
) -> Result<Vec<(usize, LaneResult)>, TrainError> {
    let n_workers = job.place.n_threads.clamp(1, packs.len().max(1));
    let threads_each = (job.place.n_threads / n_workers).max(1);
    let (queue, (sender, receiver)) = (Mutex::new(packs.iter()), mpsc::channel());
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..n_workers)
            .map(|_| {
                let (queue, failed, sender) = (&queue, &failed, sender.clone());
                scope.spawn(move || {
                    let outcome = work(job, queue, threads_each, failed, &sender);
                    failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
                    outcome
                })
            })
            .collect();
        drop(sender);
        for event in receiver {
            observer.observe(&event);
        }
        let mut results = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(outcome) => results.extend(outcome?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(results)
    })
}

/// Takes packs from the queue until it is empty or another worker has failed, each on a pool of its
/// own with `n_threads` threads.
fn work(
    job: &Job,
    queue: &Mutex<std::slice::Iter<Vec<usize>>>,
    n_threads: usize,
    failed: &AtomicBool,
    events: &mpsc::Sender<Event>,
) -> Outcome {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .build()
        .map_err(|error| TrainError::Threads(error.to_string()))?;
    let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    let mut results = Vec::new();
    while let Some(pack) = next() {
        let events = events.clone();
        results.extend(pool.install(move || fit_pack(job, pack, events))?);
        if job.place.interrupt.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(results)
}

fn refuse_all_diverged(recipe: &Recipe, results: &[LaneResult]) -> Result<(), TrainError> {
    let lost = |result: &LaneResult| result.end == LaneEnd::Diverged && result.kept_epoch == 0;
    if results.iter().any(|result| !lost(result)) {
        return Ok(());
    }
    let epoch = results.iter().map(|result| result.n_epochs).min().unwrap_or(0);
    Err(TrainError::Diverged { epoch, learning_rate: recipe.training.learning_rate })
}
