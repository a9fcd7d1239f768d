//! What each command does.

mod completions;
mod diagnose;
mod evaluate;
mod experiment;
#[cfg(feature = "export")]
mod export;
mod foreseen;
mod inspect;
mod interrupt;
mod ledger;
mod predict;
mod range;
mod report;
#[cfg(feature = "serve")]
mod serve;
mod summary;
mod train;
mod tune;

use std::path::PathBuf;

use kitae::Model;
use kitae_data::read::ReadOptions;

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
        #[cfg(feature = "export")]
        Command::Export(args) => export::export(&args, console),
        #[cfg(feature = "export")]
        Command::Verify(args) => export::verify_model(&args, console),
        #[cfg(feature = "export")]
        Command::Card(args) => export::write_card(&args, console),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::serve(&args, console),
        Command::Completions(args) => completions::completions(&args, console),
    }
}

/// How files are read for a model: as its training file was, but for what the flags say.
fn options(model: &Model, args: &ReadingArgs, n_threads: usize) -> ReadOptions {
    args.options(model.manifest().model.reading.clone(), n_threads)
}

/// Where the training file of a model may be: where it was, from the root of the file system or as it was named.
fn sources(model: &Model) -> Vec<PathBuf> {
    let named = PathBuf::from(&model.manifest().model.source.path);
    std::iter::once(named).chain(model.folder().and_then(origin)).collect()
}
