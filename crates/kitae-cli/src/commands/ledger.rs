//! `kitae ledger`: what each lever of training earns on the rows of a file.

mod text;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kitae_lab::holdout::{holdout_gain, rate_change};
use kitae_lab::log::{Begun, Entry, Log, append};
use kitae_lab::proof::repeat_often;
use kitae_lab::{
    Combined, Family, HoldoutReport, LedgerConfig, Lever, Menu, Progress, Refused, Trial, combine,
    compare_levers, hold_back, measure, menu, run_ledger,
};
use kitae_report::document::Document;
use kitae_report::ledger::Ledger;
use kitae_report::words::more_time;
use kitae_train::engine::RunContext;
use kitae_train::{Preset, Problem, Recipe, TrainError, merge, nested};

use super::experiment::{ExperimentKind, write_changes};
use super::interrupt::{listen, resume_command};
use super::page::write_page;
use super::summary::warnings_of_table;
use super::view::{Asked, look, of_model};
use crate::Console;
use crate::args::LedgerArgs;
use crate::device::Machine;
use crate::failure::Failure;
use crate::folder::{Lock, Run, page_of, stem};
use crate::show;
use crate::text::quoted;

pub(super) const LEDGER_FILE: &str = "ledger.jsonl";
const LEDGER: ExperimentKind = ExperimentKind { command: "ledger", name: "ledger", file: LEDGER_FILE };
/// What was adopted, as a file for `--recipe`.
const RECIPE_FILE: &str = "recipe.toml";

/// All that a ledger is made of.
struct LedgerJob {
    folder: PathBuf,
    run: Run,
    problem: Problem,
    /// Rows that no trial sees.
    holdout: Option<Vec<u32>>,
    /// What was asked, and what earlier runs found.
    log: Log,
    budget: Option<Duration>,
    _lock: Lock,
}

pub(super) fn ledger(args: &LedgerArgs, console: &mut Console) -> Result<(), Failure> {
    let started = Instant::now();
    let machine = args.device.open()?;
    let mut job = match &args.output.resume {
        Some(folder) => resume(folder, args.time, &machine)?,
        None => begin(args, &machine)?,
    };
    let is_talking = !args.output.quiet && !args.output.json;
    if is_talking {
        writeln!(console.err, "{}{}", text::plan(&job, &machine), warnings_of_table(&job.run, &job.problem))?;
    }
    let interrupt = listen(&resume_command("ledger", &job.folder));
    let clock = || started.elapsed();
    let place = machine.context(&clock, &interrupt);
    job.log.trials = work(&job, &place, is_talking, console)?;
    let holdout = apply(&mut job, &place, is_talking, console)?;
    let folder = job.folder.display().to_string();
    let ledger = Ledger::new(job.run.experiment(&folder), &job.log);
    // A page that cannot be written is no reason to lose the results.
    if let Err(failure) = write_page(&job.folder, &ledger.document()) {
        writeln!(console.err, "warning: there is no report: {}", failure.message())?;
    }
    if args.output.json {
        let json = serde_json::json!({
            "ledger": job.folder,
            "report": page_of(&job.folder),
            "judgement": ledger.judgement,
            "refused": job.log.menu().refused,
            "holdout": holdout,
            "n_looks": job.log.looks.len(),
            "seconds": started.elapsed().as_secs_f64(),
        });
        writeln!(console.out, "{json}")?;
    } else {
        let commands = commands(&job, &ledger, holdout.is_some(), &console.programme);
        write!(console.out, "\n{}{commands}", show::drawn(&ledger.results()))?;
    }
    Ok(())
}

/// Where all of it is, and what to do next.
fn commands(job: &LedgerJob, ledger: &Ledger, is_applied: bool, programme: &str) -> String {
    let folder = quoted(&job.folder);
    let mut lines = vec![("ledger", folder.clone()), ("report", quoted(&page_of(&job.folder)))];
    if is_applied {
        let recipe = quoted(&job.folder.join(RECIPE_FILE));
        let model = quoted(&Path::new("models").join(stem(&job.run.path)));
        lines.push(("recipe", recipe.clone()));
        // The ledger's own rows, columns, splits and seed: what was measured, not what a preset would be.
        lines.push(("train", format!("{programme} train --of {folder} --recipe {recipe} --out {model}")));
    } else if ledger.is_short() {
        let time = more_time(ledger.seconds());
        let resume = format!("{programme} ledger --resume {folder} --time {time}");
        lines.push(("resume", format!("{resume}   (the time of the trials so far included)")));
    }
    show::commands(&lines)
}

/// The report of the ledger in a folder, finished or not, which will be called `named`.
pub(super) fn document(folder: &Path, named: &str) -> Result<Document, Failure> {
    let run = Run::read(folder)?;
    let log = Log::read(&folder.join(LEDGER_FILE))?;
    Ok(Ledger::new(run.experiment(named), &log).document())
}

/// Looks at the rows, and only then makes the folder.
fn begin(args: &LedgerArgs, machine: &Machine) -> Result<LedgerJob, Failure> {
    let (mut run, mut problem, says_repeats) = if let Some(model) = &args.of {
        let (run, problem) = of_model(model, &args.levers, machine)?;
        (run, problem, false)
    } else {
        let file = args.file.as_deref();
        let asked = Asked { file, data: &args.data, levers: &args.levers, usual: Preset::Fast };
        let view = look(&asked, machine)?;
        (view.run()?, view.problem, view.levers.writes("split.scheme.n_repeats"))
    };
    if !says_repeats {
        repeat_often(&mut run.recipe, &problem.seal.by);
    }
    let holdout_share = args.apply.then_some(args.holdout_share);
    let holdout = holdout_share.map(|share| hold_back(&mut problem, &run.recipe, share)).transpose()?;
    let menu = asked_menu(args, &run.recipe, &problem)?;
    LedgerConfig { recipe: &run.recipe, levers: &menu.levers, budget: args.time }.check()?;
    let folder = match &args.output.out {
        Some(out) => out.clone(),
        None => Path::new("ledgers").join(stem(&run.path)),
    };
    let lock = LEDGER.make_folder(&folder, args.output.overwrite)?;
    run.write(&folder)?;
    let budget_seconds = args.time.map(|time| time.as_secs_f64());
    let log = Log::begin(&folder.join(LEDGER_FILE), menu, budget_seconds, holdout_share)?;
    Ok(LedgerJob { folder, run, problem, holdout, log, budget: args.time, _lock: lock })
}

/// The menu as far as it was asked for, and the user's own levers.
fn asked_menu(args: &LedgerArgs, recipe: &Recipe, problem: &Problem) -> Result<Menu, Failure> {
    let mut menu = menu(recipe, &problem.facts).with_target(recipe, problem);
    if !args.only.is_empty() {
        menu.levers.retain(|lever| args.only.contains(&lever.family));
        menu.refused.clear();
    }
    let mut own = Vec::new();
    for setting in &args.own {
        let lever = Lever::new(setting.to_string(), Family::Own, nested(&setting.key, setting.value.clone()));
        let switched = lever.recipe(recipe, &problem.facts)?;
        if (switched.metric, &switched.positive) != (recipe.metric, &recipe.positive) {
            return Err(Failure::new(format!(
                "`{}` is no lever: levers are compared by the metric",
                lever.name
            )));
        }
        if switched == *recipe {
            return Err(Failure::new(format!("the recipe already has `{}`", lever.name)));
        }
        if own.iter().any(|other: &Lever| other.name == lever.name) {
            return Err(Failure::Usage(format!("`--try {}` is given twice", lever.name)));
        }
        own.push(lever);
    }
    // What a user asks about comes first.
    menu.levers.splice(0..0, own);
    if menu.levers.is_empty() {
        return Err(Failure::new("no lever is left to try: see `--only` and `--try`"));
    }
    Ok(menu)
}

/// Finds everything as it was when the ledger was begun.
fn resume(folder: &Path, time: Option<Duration>, machine: &Machine) -> Result<LedgerJob, Failure> {
    LEDGER.check(folder)?;
    let run = Run::read(folder)?;
    let lock = Lock::of(folder)?;
    let log = Log::read(&folder.join(LEDGER_FILE))?;
    let Begun { budget_seconds, holdout_share, .. } = log.begun;
    let mut problem = run.problem(machine)?;
    let holdout = holdout_share.map(|share| hold_back(&mut problem, &run.recipe, share)).transpose()?;
    let stored = budget_seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let folder = folder.to_path_buf();
    Ok(LedgerJob { folder, run, problem, holdout, log, budget: time.or(stored), _lock: lock })
}

/// Makes the trials that are left; each is on disk before the next begins. All trials come back.
fn work(
    job: &LedgerJob,
    place: &RunContext,
    is_talking: bool,
    console: &mut Console,
) -> Result<Vec<Trial>, Failure> {
    let config = LedgerConfig { recipe: &job.run.recipe, levers: &job.log.menu().levers, budget: job.budget };
    let path = job.folder.join(LEDGER_FILE);
    let mut failure: Option<Failure> = None;
    let mut known = job.log.trials.clone();
    let mut observer = |progress: &Progress| {
        if let Progress::Ended(trial) = progress {
            known.push((*trial).clone());
            if let Err(error) = append(&path, &Entry::Trial((*trial).clone())) {
                failure.get_or_insert(error.into());
                // What is not on disk would be lost, so no other trial is made.
                place.interrupt.store(true, Ordering::Relaxed);
            }
        }
        if is_talking {
            // Nobody is left to tell if the error stream is closed.
            let _ = write!(console.err, "{}", text::progress(progress, job, &known))
                .and_then(|()| console.err.flush());
        }
    };
    let trials = run_ledger(&job.problem, &config, job.log.trials.clone(), place, &mut observer);
    if let Some(failure) = failure {
        return Err(failure);
    }
    if trials.as_ref().is_err_and(|error| !matches!(error, TrainError::Interrupted { .. }))
        && known.is_empty()
    {
        // Nothing was found, and nothing is to be in the way of a corrected command.
        fs::remove_file(&path).map_err(|error| Failure::file("remove", &path, &error))?;
    }
    trials.map_err(|error| unfinished(error, &job.folder))
}

fn unfinished(error: TrainError, folder: &Path) -> Failure {
    match error {
        TrainError::Interrupted { .. } => {
            Failure::Interrupted(format!("stopped; resume with: {}", resume_command("ledger", folder)))
        }
        _ => error.into(),
    }
}

/// Joins what was adopted, writes it down, and measures it on the rows that were held back unless that was
/// done before.
fn apply(
    job: &mut LedgerJob,
    place: &RunContext,
    is_talking: bool,
    console: &mut Console,
) -> Result<Option<HoldoutReport>, Failure> {
    let Some(holdout) = &job.holdout else { return Ok(None) };
    let recipe = &job.run.recipe;
    let levers = &job.log.menu().levers;
    let combined =
        combine(recipe, &job.problem.facts, levers, &compare_levers(recipe, levers, &job.log.trials));
    if combined.levers.is_empty() {
        return Ok(None);
    }
    // What is adopted is known, whatever becomes of the measurement.
    write_recipe(&job.folder.join(RECIPE_FILE), job, &combined)?;
    if let Some(last) = job.log.looks.last().filter(|look| look.is_of(&combined.levers)) {
        // Trials of a later repeat may have made the promise another one.
        let report = HoldoutReport { promised: combined.promised, ..last.clone() };
        write_measured(job, combined, &report)?;
        return Ok(Some(report));
    }
    if is_talking {
        writeln!(console.err, "measuring the adopted levers on {} holdout rows", holdout.len())?;
    }
    let start = (place.clock)();
    let with = recipe.with(&combined.changes, &job.problem.facts)?;
    let scores = measure(&job.problem, holdout, [recipe, &with], place);
    let (without, with) = scores.map_err(|error| unfinished(error, &job.folder))?;
    let report = HoldoutReport {
        levers: combined.levers.clone(),
        promised: combined.promised,
        gain: holdout_gain(&without, &with),
        without,
        with,
        seconds: (place.clock)().saturating_sub(start).as_secs_f64(),
    };
    append(&job.folder.join(LEDGER_FILE), &Entry::Holdout(report.clone()))?;
    write_measured(job, combined, &report)?;
    job.log.looks.push(report.clone());
    Ok(Some(report))
}

/// The recipe once more, with the learning rate that the measured networks took.
fn write_measured(job: &LedgerJob, mut combined: Combined, report: &HoldoutReport) -> Result<(), Failure> {
    let with = job.run.recipe.with(&combined.changes, &job.problem.facts)?;
    if let Some(rate) = report.learning_rate().filter(|rate| *rate != with.training.learning_rate) {
        merge(&mut combined.changes, &rate_change(rate));
    }
    write_recipe(&job.folder.join(RECIPE_FILE), job, &combined)
}

/// The changes alone, so that they can be merged into any preset.
fn write_recipe(path: &Path, job: &LedgerJob, combined: &Combined) -> Result<(), Failure> {
    let adopted = format!("Adopted by a ledger of {}: {}", job.run.named, combined.levers.join(", "));
    let left_out =
        combined.refused.iter().map(|Refused { lever, reason }| format!("Left out: {lever} ({reason})"));
    let lines: Vec<String> =
        std::iter::once(adopted).chain(left_out).map(|line| line.replace('\n', " ")).collect();
    let head = format!("# {}.\n", lines.join(".\n# "));
    write_changes(path, head, &combined.changes)
}
