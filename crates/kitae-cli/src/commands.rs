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
use crate::folder::origin;

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

/// A model and the folder that it is in.
struct StoredRun {
    model: Model,
    folder: PathBuf,
}

impl StoredRun {
    fn load(folder: &Path) -> Result<Self, Failure> {
        Ok(Self { model: Model::load(folder)?, folder: folder.to_path_buf() })
    }

    /// Files are read with the missing markers that the training file was read with.
    fn options(&self, args: &ReadingArgs, n_threads: usize) -> ReadOptions {
        args.options(self.own_options(n_threads), n_threads)
    }

    /// How the training file was read.
    fn own_options(&self, n_threads: usize) -> ReadOptions {
        ReadOptions { n_threads, ..self.model.manifest.model.reading.clone() }
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
        let named = PathBuf::from(&self.model.manifest.model.source.path);
        std::iter::once(named).chain(origin(&self.folder)).collect()
    }
}

/// Threads for all that is computed on the processor.
fn threads(n_threads: usize) -> Result<ThreadPool, Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(n_threads).build();
    pool.map_err(|error| Failure::new(format!("cannot start {n_threads} threads: {error}")))
}
