//! What `kitae ledger` says before and during the work.

use kitae_lab::{Lever, Progress, Trial, TrialOutcome, compare_levers};
use kitae_train::recipe::Scheme;

use super::LedgerJob;
use crate::device::Machine;
use crate::flags::in_flags;
use crate::show::{self, count, number, signed};

/// What is going to be done.
pub(super) fn plan(job: &LedgerJob, machine: &Machine) -> String {
    let recipe = &job.run.recipe;
    let (n_folds, n_repeats) = match recipe.split.scheme {
        Scheme::KFold { n_folds, n_repeats } => (n_folds, n_repeats),
        Scheme::HoldOut { .. } => (1, 1),
    };
    let held = job.holdout.as_ref().map_or_else(String::new, |holdout| {
        format!("; {} kept as holdout for the adopted levers", count(holdout.len(), "row"))
    });
    let lines = [
        ("target", job.run.target.clone()),
        ("rows", format!("{} to compare on{held}", job.problem.open_rows.len())),
        ("folds", format!("{n_folds}, in {}", count(n_repeats, "repeat"))),
        ("levers", format!("{} to try, each at three learning rates", job.log.menu().levers.len())),
        ("device", format!("{}, {}", machine.name, count(machine.n_threads, "thread"))),
        ("ledger", job.folder.display().to_string()),
    ];
    show::plan(format!("Ledger of {}", job.run.named), lines)
}

/// A line for each trial: begun by its start, ended by its end.
pub(super) fn progress(progress: &Progress, job: &LedgerJob, known: &[Trial]) -> String {
    match progress {
        Progress::Started { lever, repeat, n_left } => {
            let name = lever.unwrap_or("the recipe itself");
            format!("repeat {}, {n_left:>2} to come: {name:<22} ", repeat + 1)
        }
        Progress::Ended(trial) => format!("{} ({} s)\n", so_far(trial, job, known), number(trial.seconds)),
    }
}

fn so_far(trial: &Trial, job: &LedgerJob, known: &[Trial]) -> String {
    if let TrialOutcome::Failed(reason) = &trial.outcome {
        return format!("failed: {}", in_flags(reason));
    }
    // A lever by itself: what the others have behind them does not matter here.
    let own: Vec<Lever> = job
        .log
        .menu()
        .levers
        .iter()
        .filter(|lever| trial.lever.as_ref() == Some(&lever.name))
        .cloned()
        .collect();
    let judgement = compare_levers(&job.run.recipe, &own, known);
    if trial.lever.is_none() {
        let value = judgement.baseline.map_or_else(|| "-".to_owned(), number);
        return format!("{} {value}", job.run.recipe.measured());
    }
    let test = judgement.levers.first().and_then(|report| report.test);
    test.map_or_else(|| "no difference".to_owned(), |test| format!("gain {}", signed(test.mean)))
}
