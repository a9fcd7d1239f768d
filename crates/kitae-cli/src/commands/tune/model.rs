//! The model of the best recipe, trained on all open rows as `kitae train` does.

use std::path::Path;
use std::time::Duration;

use kitae_lab::tune::{Delivery, StudyTrial};
use kitae_train::model::{MODEL_FILE, Manifest};
use kitae_train::sums::Sums;

use super::place::{is_given_up, shortened};
use super::{Found, Interrupt, TuneJob};
use crate::Console;
use crate::args::TuneArgs;
use crate::commands::interrupt::resume_command;
use crate::commands::train::{TrainJob, Work, judged_by, resume};
use crate::commands::view::planned;
use crate::device::Machine;
use crate::failure::Failure;
use crate::folder::{Existing, Run, RunFolder};
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

/// Checks before a search goes on that its model will have a place after it. One with the recipe of a trial
/// may be that of the best one in the end.
pub(super) fn check_place(job: &TuneJob) -> Result<(), Failure> {
    let (folder, trials) = (RunFolder::new(&job.model)?, job.store.trials()?);
    match stored(&folder.out) {
        Some(run) if is_of_a_trial(job, &trials, &run) => Ok(()),
        _ => existing(job, &folder).map(drop),
    }
}

/// What becomes of a model that is there already: what the study put there itself, or what was given up for
/// it when it began, gives way.
fn existing(job: &TuneJob, folder: &RunFolder) -> Result<Existing, Failure> {
    let (deliveries, trials) = (job.store.deliveries()?, job.store.trials()?);
    let go_on = resume_command("tune", &job.folder);
    let out = shortened(&folder.out).display();
    if folder.out.join(MODEL_FILE).is_file() && !is_given_up(&folder.out, &job.study) {
        let there = identity_of(&folder.out);
        let is_own = deliveries.iter().any(|delivery| Some(&delivery.model_sha256) == there.as_ref());
        if !is_own {
            return Err(Failure::new(format!(
                "`{out}` holds a model that this study did not put there: move it to another place, then \
                 resume with `{go_on}`"
            )));
        }
    }
    match stored(&folder.partial) {
        Some(run) if !is_given_up(&folder.partial, &job.study) && !is_of_a_trial(job, &trials, &run) => {
            Err(Failure::new(format!(
                "`{}` holds an unfinished run that is not this study's: end it and move it to another place, \
                 then resume with `{go_on}`",
                shortened(&folder.partial).display()
            )))
        }
        _ => Ok(Existing::Replace),
    }
}

/// Whether this study could have begun it.
fn is_of_a_trial(job: &TuneJob, trials: &[StudyTrial], run: &Run) -> bool {
    let is_recipe_of = |trial: &StudyTrial| {
        let recipe = job.study.space.recipe(&job.run.recipe, &job.problem.facts, &trial.point);
        recipe.is_ok_and(|recipe| recipe == run.recipe)
    };
    Run { recipe: job.run.recipe.clone(), ..run.clone() } == job.run && trials.iter().any(is_recipe_of)
}

/// What tells a model from others.
fn identity_of(model: &Path) -> Option<String> {
    Sums::read(model).ok()?.of(MODEL_FILE).map(str::to_owned)
}

/// Trains the model, or goes on with it, or finds that it is done; then it is the study's.
pub(super) fn model(
    job: &mut TuneJob,
    found: &Found,
    machine: &Machine,
    interrupt: &Interrupt,
    args: &TuneArgs,
    console: &mut Console,
) -> Result<Delivered, Failure> {
    let folder = RunFolder::new(&job.model)?;
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
            begin(job, folder.clone(), run, machine)?
        };
        let go_on = resume_command("tune", &job.folder);
        let work = Work { machine, checkpoint_every: CHECKPOINT_EVERY, interrupt, go_on: &go_on };
        let judged_by = judged_by(&found.recipe);
        let mut progress = Progress::new(manner, judged_by, &mut console.err);
        warnings = work.model(&train_job, lock, &mut progress)?.1;
    }
    if let Some(model_sha256) = identity_of(&folder.out) {
        let delivery = Delivery { number: found.best.number, model_sha256 };
        if job.store.deliveries()?.last() != Some(&delivery) {
            job.store.add_delivery(&delivery)?;
        }
    }
    Ok(Delivered { manifest: Manifest::load(&folder.out)?, folder, warnings })
}

fn begin(
    job: &TuneJob,
    folder: RunFolder,
    run: Run,
    machine: &Machine,
) -> Result<(TrainJob, crate::folder::Lock), Failure> {
    let mut problem = job.problem.clone();
    (problem.open_rows, problem.facts) = job.whole.clone();
    let plan = planned(&problem, &run.recipe, machine)?;
    let lock = folder.begin(existing(job, &folder)?, &run)?;
    let saved = vec![None; plan.lanes.len()];
    let findings = run.findings(&problem);
    Ok((TrainJob { folder, run, problem, plan, findings, saved }, lock))
}

/// What a model or an unfinished run was started with, if there is one.
fn stored(folder: &Path) -> Option<Run> {
    Run::read(folder).ok()
}

fn manner(args: &TuneArgs, screen: Screen) -> Manner {
    match (args.output.quiet || args.output.json, screen) {
        (true, _) => Manner::Silent,
        (_, Screen::Terminal) => Manner::Bar,
        (_, Screen::Plain) => Manner::Lines,
    }
}
