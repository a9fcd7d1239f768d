//! Training on threads of its own, while the interpreter goes on and hears Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use kitae::{Error, Event, Observer, Table, Trainer, threads};
use kitae_cli::request::Request;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::request;
use crate::columns::Columns;
use crate::error::raised;
use crate::model::Model;

/// How often the interpreter is asked whether the user wants to stop, and told how far the training is.
const PAUSE: Duration = Duration::from_millis(50);

/// Where rows of Python are.
#[derive(FromPyObject)]
pub(crate) enum Rows<'py> {
    /// In a CSV file.
    #[pyo3(transparent)]
    File(String),
    /// In memory.
    #[pyo3(transparent)]
    Columns(PyRef<'py, Columns>),
}

/// Trains a model that predicts the column `target`; `arguments` are those of the command line. `progress` is
/// called with the number of networks, how many are done, the share of all epochs that is done, and the
/// seconds.
#[pyfunction]
pub(crate) fn train(
    py: Python<'_>,
    rows: Rows<'_>,
    target: &str,
    arguments: &Bound<'_, PyDict>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Model> {
    let Request { question, options, preset, changes, machine } = request(target, arguments)?;
    let table = match &rows {
        Rows::File(path) => py.detach(|| Table::read(path, &options)).map_err(raised)?,
        Rows::Columns(columns) => columns.table("the table", &options)?,
    };
    drop(rows);
    let trainer = Trainer::of(question).preset(preset).with(&changes.to_string()).map_err(raised)?;
    let interrupt = AtomicBool::new(false);
    let (sender, receiver) = channel();
    let started = Instant::now();
    let clock = || started.elapsed();
    let work = || {
        let mut told = Told { sender, seen: Seen::default() };
        // Threads of its own, so that none is left behind where the process forks.
        threads(machine.n_threads)?
            .install(|| trainer.train_observed(&table, &machine.context(&clock, &interrupt), &mut told))
    };
    let (trained, exception) = py.detach(|| {
        let receiver = receiver;
        thread::scope(|scope| {
            let worker = scope.spawn(work);
            let exception = watch(&receiver, progress.as_ref(), &started).err();
            interrupt.store(exception.is_some(), Ordering::Relaxed);
            (worker.join(), exception)
        })
    });
    match (trained, exception) {
        (_, Some(exception)) => Err(exception),
        (Ok(trained), None) => trained.map(Model::new).map_err(|error: Error| raised(error)),
        (Err(_), None) => Err(PyRuntimeError::new_err("the training failed within kitae: please report it")),
    }
}

/// Until the training ends, the user interrupts, or `progress` raises an exception.
fn watch(receiver: &Receiver<Seen>, progress: Option<&Py<PyAny>>, started: &Instant) -> PyResult<()> {
    loop {
        let (mut latest, is_over) = match receiver.recv_timeout(PAUSE) {
            Ok(seen) => (Some(seen), false),
            Err(RecvTimeoutError::Timeout) => (None, false),
            Err(RecvTimeoutError::Disconnected) => (None, true),
        };
        if latest.is_some() && !is_over {
            // Epochs of small networks take less than a millisecond.
            thread::sleep(PAUSE);
        }
        latest = receiver.try_iter().last().or(latest);
        Python::attach(|py| {
            py.check_signals()?;
            if let (Some(progress), Some(seen)) = (progress, &latest) {
                let share = seen.epochs_done as f64 / (seen.lanes * seen.epochs).max(1) as f64;
                progress.call1(
                    py,
                    (seen.lanes, seen.lanes_done, share.min(1.0), started.elapsed().as_secs_f64()),
                )?;
            }
            Ok::<(), PyErr>(())
        })?;
        if is_over {
            return Ok(());
        }
    }
}

/// How far a training is.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    lanes: usize,
    lanes_done: usize,
    /// Of each lane.
    epochs: usize,
    /// Of all lanes; one that stops early has done all.
    epochs_done: usize,
}

/// Tells the waiting thread.
struct Told {
    sender: Sender<Seen>,
    seen: Seen,
}

impl Observer for Told {
    fn observe(&mut self, event: &Event) {
        let seen = &mut self.seen;
        match event {
            Event::RunStarted { n_lanes, n_epochs, .. } => {
                (seen.lanes, seen.epochs) = (*n_lanes, *n_epochs);
            }
            Event::EpochEnded { .. } => seen.epochs_done += 1,
            Event::LaneEnded { n_epochs, .. } => {
                seen.lanes_done += 1;
                seen.epochs_done += seen.epochs.saturating_sub(*n_epochs);
            }
            _ => return,
        }
        // Nobody listens any more after an interruption.
        let _ = self.sender.send(*seen);
    }
}
