//! What each command does.

mod completions;
mod coverage;
mod diagnose;
mod evaluate;
mod experiment;
mod inspect;
mod interrupt;
mod ledger;
mod overlap;
mod predict;
mod range;
mod report;
mod summary;
mod train;
mod tune;

use std::path::{Path, PathBuf};

use kitae_data::read::ReadOptions;
use kitae_train::model::Model;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::Console;
use crate::args::{Command, ReadingArgs};
use crate::failure::Failure;
use crate::folder::{RUN_FILE, Run};

/// Runs a command.
pub(crate) fn run(command: Command, console: &mut Console) -> Result<(), Failure> {
    match command {
        Command::Inspect(args) => inspect::inspect(&args, console),
        Command::Train(args) => train::train(&args, console),
        Command::Evaluate(args) => evaluate::evaluate(&args, console),
        Command::Predict(args) => predict::predict(&args, console),
        Command::Report(args) => report::report(&args, console),
        Command::Diagnose(args) => diagnose::diagnose(&args, console),
        Command::Ledger(args) => ledger::ledger(&args, console),
        Command::Tune(args) => tune::tune(&args, console),
        Command::Completions(args) => completions::completions(&args, console),
    }
}

/// A model and what is known about how it was made.
struct Stored {
    model: Model,
    /// None if the folder was written by other means than `kitae train`.
    run: Option<Run>,
}

impl Stored {
    fn load(folder: &Path) -> Result<Self, Failure> {
        let model = Model::load(folder)?;
        let run = if folder.join(RUN_FILE).is_file() { Some(Run::read(folder)?) } else { None };
        Ok(Self { model, run })
    }

    /// Files are read with the missing markers that the training file was read with.
    fn options(&self, args: &ReadingArgs, n_threads: usize) -> ReadOptions {
        args.options(self.own_options(n_threads), n_threads)
    }

    /// How the training file was read.
    fn own_options(&self, n_threads: usize) -> ReadOptions {
        let known = self.run.as_ref().map(|run| run.reading.clone()).unwrap_or_default();
        ReadOptions { n_threads, ..known }
    }

    /// Whether a path leads to where the training file was.
    fn is_source(&self, path: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().ok();
        real(path).is_some_and(|path| {
            self.sources().iter().any(|source| real(source).is_some_and(|source| source == path))
        })
    }

    /// Where the training file may be.
    fn sources(&self) -> Vec<PathBuf> {
        let named = PathBuf::from(&self.model.manifest.source.path);
        std::iter::once(named).chain(self.run.iter().map(|run| run.path.clone())).collect()
    }
}

/// Threads for all that is computed on the processor.
fn threads(n_threads: usize) -> Result<ThreadPool, Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(n_threads).build();
    pool.map_err(|error| Failure::new(format!("cannot start {n_threads} threads: {error}")))
}
