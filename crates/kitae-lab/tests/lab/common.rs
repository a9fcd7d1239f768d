//! A problem that trains in a moment.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use burn::tensor::Device;
use kitae_data::infer::{Hints, infer_schema};
use kitae_data::synthetic::{Synthetic, make};
use kitae_lab::{Family, LedgerConfig, Lever, Progress, Trial, run_ledger};
use kitae_train::engine::RunContext;
use kitae_train::{Preset, Problem, Recipe, Seal, TaskChoice};

/// Friedman's first function, which no plane fits; around a third of the rows is sealed.
pub(crate) fn problem(n_rows: usize) -> Problem {
    let table = make(Synthetic::Friedman1, n_rows, 0);
    let schema = infer_schema(&table, &Hints::default()).expect("the columns are numbers");
    let table = schema.apply(table).expect("the schema is the table's own");
    let seal = Seal { seed: 1, share: 0.3, ..Seal::default() };
    Problem::new(table, schema, Synthetic::Friedman1.target(), TaskChoice::Guess, seal).expect("a number")
}

/// A small network on `n_repeats` repeats of `n_folds` folds, with `changes`.
pub(crate) fn recipe(problem: &Problem, [n_folds, n_repeats]: [usize; 2], changes: &str) -> Recipe {
    let small = format!(
        "training.epochs = 12\nnetwork.hidden = [16]\nnetwork.number_embedding = {{ kind = 'none' }}\n\
         split.scheme = {{ kind = 'k_fold', n_folds = {n_folds}, n_repeats = {n_repeats} }}"
    );
    let small = small.parse().expect("a table");
    let fast = Preset::Fast.recipe(&problem.facts);
    let recipe = fast.with(&small, &problem.facts).expect("it fits");
    recipe.with(&changes.parse().expect("a table"), &problem.facts).expect("it fits")
}

pub(crate) fn lever(name: &str, changes: &str) -> Lever {
    Lever::new(name, Family::Own, changes.parse().expect("a table"))
}

/// One thread, no files; each look at the clock moves it by a second, so a trial takes one.
pub(crate) fn with_context<T>(interrupt: &AtomicBool, work: impl FnOnce(&RunContext) -> T) -> T {
    let seconds = std::sync::atomic::AtomicU64::new(0);
    let clock = || Duration::from_secs(seconds.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    work(&RunContext { clock: &clock, interrupt, ..RunContext::new(Device::flex()) })
}

pub(crate) fn run(problem: &Problem, config: &LedgerConfig, done: Vec<Trial>) -> Vec<Trial> {
    with_context(&AtomicBool::new(false), |context| {
        run_ledger(problem, config, done, context, &mut |_: &Progress| {}).expect("it trains")
    })
}

/// What does not depend on the clock.
pub(crate) fn without_time(trials: &[Trial]) -> Vec<Trial> {
    trials.iter().cloned().map(|trial| Trial { seconds: 0.0, seconds_saved: 0.0, ..trial }).collect()
}
