//! Packs on threads.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::ScopedJoinHandle;

use crate::engine::fit::Pack;
use crate::engine::passes::Passes;
use crate::engine::{LaneJob, LaneResult};
use crate::error::TrainError;
use crate::observer::{Event, Observer};

pub(crate) type PackResult = Result<Vec<(usize, LaneResult)>, TrainError>;

/// What the workers share.
struct Floor<'a> {
    job: &'a LaneJob<'a>,
    queue: Mutex<VecDeque<Work<'a>>>,
    /// Whether a worker has failed.
    failed: AtomicBool,
}

/// A pack that waits for a worker.
enum Work<'a> {
    New(&'a [usize]),
    Begun(Box<Pack<'a>>),
}

/// Hands packs to threads; events come back to the calling thread, where the observer lives.
pub(crate) fn run_packs(job: &LaneJob, packs: &[Vec<usize>], observer: &mut dyn Observer) -> PackResult {
    let n_threads = job.place.engine.n_threads(job.passes, job.place.n_threads);
    let n_workers = n_threads.min(packs.len().max(1));
    let floor = Floor {
        job,
        queue: Mutex::new(packs.iter().map(|pack| Work::New(pack)).collect()),
        failed: AtomicBool::new(false),
    };
    if job.passes == Passes::Host {
        on_one_pool(&floor, n_workers, n_threads, observer)
    } else {
        on_own_pools(&floor, n_workers, n_threads / n_workers, observer)
    }
}

/// Lanes share one pool, so that a thread for which no lane is left helps with the steps of the others.
fn on_one_pool(floor: &Floor, n_workers: usize, n_threads: usize, observer: &mut dyn Observer) -> PackResult {
    let pool = pool(n_threads)?;
    let (sender, receiver) = mpsc::channel();
    let outcomes = Mutex::new(Vec::new());
    pool.in_place_scope(|scope| {
        let outcomes = &outcomes;
        scope.spawn_broadcast(move |_, thread| {
            if thread.index() < n_workers {
                let outcome = floor.work(&sender);
                outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
            }
        });
        for event in receiver {
            observer.observe(&event);
        }
    });
    joined(outcomes.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Tensors cut their work into as many pieces as their pool has threads; a pack has a pool of its own.
fn on_own_pools(
    floor: &Floor,
    n_workers: usize,
    threads_each: usize,
    observer: &mut dyn Observer,
) -> PackResult {
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..n_workers)
            .map(|_| {
                let sender = sender.clone();
                scope.spawn(move || {
                    let pool = pool(threads_each)?;
                    pool.install(|| floor.work(&sender))
                })
            })
            .collect();
        drop(sender);
        for event in receiver {
            observer.observe(&event);
        }
        let join = |worker: ScopedJoinHandle<_>| match worker.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        joined(workers.into_iter().map(join).collect())
    })
}

/// What all workers found. Of several errors the one that is told is not that the others were interrupted; of
/// interruptions it is the earliest.
fn joined(mut outcomes: Vec<PackResult>) -> PackResult {
    outcomes.sort_by_key(|outcome| match outcome {
        Err(TrainError::Interrupted { epoch }) => Some(*epoch),
        _ => None,
    });
    let mut results = Vec::new();
    for outcome in outcomes {
        results.extend(outcome?);
    }
    Ok(results)
}

fn pool(n_threads: usize) -> Result<rayon::ThreadPool, TrainError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
    pool.map_err(|error| TrainError::Threads(error.to_string()))
}

impl<'a> Floor<'a> {
    /// Trains packs of the queue until it is empty or another worker has failed. To be interrupted is no
    /// failure: packs that others still hold are theirs to save.
    fn work(&self, events: &mpsc::Sender<Event>) -> PackResult {
        let mut leaving = Leaving { floor: self, done: false };
        let outcome = self.work_off(events);
        leaving.done = matches!(outcome, Ok(_) | Err(TrainError::Interrupted { .. }));
        outcome
    }

    fn work_off(&self, events: &mpsc::Sender<Event>) -> PackResult {
        let (mut results, mut stopped_at) = (Vec::new(), Vec::new());
        while let Some(work) = self.next() {
            if self.failed.load(Ordering::Relaxed) {
                break;
            }
            if let Work::New(members) = &work
                && self.is_interrupted()
            {
                let saved = |lane: &usize| self.job.saved[*lane].as_ref().map_or(0, |saved| saved.epoch);
                stopped_at.extend(members.iter().map(saved).min());
                continue;
            }
            let mut pack = self.advance(work, events.clone())?;
            if pack.is_over() {
                results.extend(pack.finish());
            } else if self.is_interrupted() {
                pack.interrupt()?;
                stopped_at.push(pack.epoch());
            } else {
                self.queue().push_back(Work::Begun(pack));
            }
        }
        match stopped_at.into_iter().min() {
            Some(epoch) => Err(TrainError::Interrupted { epoch }),
            None => Ok(results),
        }
    }

    /// One epoch of a pack that takes turns with others, all epochs of one that does not, none after an
    /// interruption.
    fn advance(&self, work: Work<'a>, events: mpsc::Sender<Event>) -> Result<Box<Pack<'a>>, TrainError> {
        let mut pack = match work {
            Work::New(members) => Box::new(Pack::start(self.job, members, events)?),
            Work::Begun(pack) => pack,
        };
        while !pack.is_over() && !self.is_interrupted() {
            pack.advance()?;
            if pack.takes_turns() {
                break;
            }
        }
        Ok(pack)
    }

    fn next(&self) -> Option<Work<'a>> {
        self.queue().pop_front()
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<Work<'a>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_interrupted(&self) -> bool {
        self.job.place.interrupt.load(Ordering::Relaxed)
    }
}

/// Ends the work of all when a worker fails or panics. Packs that wait hold ends of the channel of events,
/// which must fall for the observer to learn that there are no more.
struct Leaving<'a, 'b> {
    floor: &'b Floor<'a>,
    done: bool,
}

impl Drop for Leaving<'_, '_> {
    fn drop(&mut self) {
        if !self.done {
            self.floor.failed.store(true, Ordering::Relaxed);
            self.floor.queue().clear();
        }
    }
}
