//! The model of the best recipe, trained on all open rows as `kitae train` does.

use std::path::Path;
use std::time::Duration;

use kitae_train::model::{MODEL_FILE, Manifest};
use kitae_train::train::plan;

use super::{Found, Interrupt, Job};
use crate::Console;
use crate::args::TuneArgs;
use crate::commands::interrupt::resume_command;
use crate::commands::train::{Job as TrainJob, Work, resume};
use crate::device::Machine;
use crate::failure::Failure;
use crate::folder::{Existing, RUN_FILE, Run, RunFolder};
use crate::progress::{Manner, Progress};
use crate::{Screen, show};

/// Seconds between two checkpoints, as `kitae train` has them.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);

/// The model that a study delivered.
pub(super) struct Delivered {
    pub(super) folder: RunFolder,
    pub(super) manifest: Manifest,
    pub(super) warnings: Vec<String>,
}

/// Checks before the search that the model will have a place after it.
pub(super) fn check_free(model: &Path, overwrite: bool) -> Result<(), Failure> {
    let folder = RunFolder::new(model)?;
    if !overwrite && (folder.out.exists() || folder.partial.exists()) {
        let there = if folder.out.exists() { &folder.out } else { &folder.partial };
        return Err(Failure::new(format!(
            "`{}` exists: name another folder for the model with `--model`, or replace it with `--overwrite`",
            there.display()
        )));
    }
    folder.check_free(if overwrite { Existing::Replace } else { Existing::Keep })
}

/// Trains the model, or goes on with it, or finds that it is done.
pub(super) fn model(
    job: &Job,
    found: &Found,
    machine: &Machine,
    interrupt: &Interrupt,
    args: &TuneArgs,
    console: &mut Console,
) -> Result<Delivered, Failure> {
    let folder = RunFolder::new(&job.study.model)?;
    let run = Run { recipe: found.recipe.clone(), ..job.run.clone() };
    let mut warnings = Vec::new();
    if !(folder.out.join(MODEL_FILE).is_file() && stored(&folder.out).as_ref() == Some(&run)) {
        let manner = manner(args, console.screen);
        if matches!(manner, Manner::Bar | Manner::Lines) {
            let n_rows = show::count(job.whole.0.len(), "row");
            writeln!(console.err, "training the model of the best recipe on all {n_rows}")?;
        }
        let (train_job, lock) = if stored(&folder.partial).as_ref() == Some(&run) {
            resume(&folder.out, machine)?
        } else {
            begin(job, folder.clone(), run)?
        };
        let go_on = resume_command("tune", &job.folder);
        let work = Work { machine, checkpoint_every: CHECKPOINT_EVERY, interrupt, go_on: &go_on };
        let mut progress = Progress::new(manner, found.recipe.stop_metric, console.err);
        warnings = work.model(&train_job, lock, &mut progress)?.1;
    }
    Ok(Delivered { manifest: Manifest::load(&folder.out)?, folder, warnings })
}

fn begin(job: &Job, folder: RunFolder, run: Run) -> Result<(TrainJob, crate::folder::Lock), Failure> {
    let mut problem = job.problem.clone();
    (problem.open_rows, problem.facts) = job.whole.clone();
    let plan = plan(&problem, &run.recipe)?;
    // What an earlier end of this study left there differs in its recipe alone.
    let is_own = |there: &Path| {
        stored(there).is_some_and(|stored| Run { recipe: run.recipe.clone(), ..stored } == run)
    };
    let replaces = job.study.replaces_model || is_own(&folder.out) || is_own(&folder.partial);
    let lock = folder.begin(if replaces { Existing::Replace } else { Existing::Keep }, &run)?;
    let saved = vec![None; plan.lanes.len()];
    Ok((TrainJob { folder, run, problem, plan, saved }, lock))
}

/// What a run was started with, if there is one.
fn stored(folder: &Path) -> Option<Run> {
    folder.join(RUN_FILE).is_file().then(|| Run::read(folder).ok()).flatten()
}

fn manner(args: &TuneArgs, screen: Screen) -> Manner {
    match (args.output.quiet || args.output.json, screen) {
        (true, _) => Manner::Silent,
        (_, Screen::Terminal) => Manner::Bar,
        (_, Screen::Plain) => Manner::Lines,
    }
}
