//! `kitae tune`: a search for a better recipe under a budget, and the model of the best.

mod model;
pub(super) mod place;
mod text;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use kitae::threads;
use kitae_lab::hold_back;
use kitae_lab::tune::{
    HoldoutLook, State, Store, Study, StudyConfig, StudyError, StudyEvent, StudyRecord, StudyTrial, Worker,
    bag, best_bag, best_trial, check_rows, finalists, look, run_study, seconds_spent, space,
};
use kitae_report::document::Document;
use kitae_report::study::StudyReport;
use kitae_train::engine::RunContext;
use kitae_train::{Facts, Preset, Problem, Recipe, TrainError};

use super::experiment::{ExperimentKind, write_changes};
use super::interrupt::{listen, resume_command};
use super::page::write_page;
use super::summary::warnings_of_table;
use super::view::{Asked, look as look_at};
use crate::Console;
use crate::args::TuneArgs;
use crate::device::Machine;
use crate::failure::Failure;
use crate::folder::{Lock, Run, RunFolder, stem};
use crate::show;
use crate::text::quoted;

pub(super) const STUDY_FILE: &str = "study.db";
const STUDY: ExperimentKind = ExperimentKind { command: "tune", name: "study", file: STUDY_FILE };
/// What the best trial changed, as a file for `--recipe`.
const RECIPE_FILE: &str = "recipe.toml";
/// Time for all trials if neither time nor trials were named.
const USUAL_TIME: Duration = Duration::from_mins(10);
/// How long to wait before looking again whether other processes have ended their trials.
const PAUSE: Duration = Duration::from_millis(200);

/// A study and the rows that it is about.
struct TuneJob {
    folder: PathBuf,
    /// The command that goes on when it was interrupted.
    go_on: String,
    run: Run,
    /// Its open rows are those that trials see.
    problem: Problem,
    /// Rows that no trial sees.
    holdout: Vec<u32>,
    /// All open rows and what is known of them, for the model.
    whole: (Vec<u32>, Facts),
    study: Study,
    /// The folder of its model.
    model: PathBuf,
    store: Store,
    worker: Worker,
}

/// What the search found.
struct Found {
    /// All that the study's file holds.
    record: StudyRecord,
    /// The trial that was chosen.
    best: StudyTrial,
    recipe: Recipe,
    look: HoldoutLook,
}

pub(super) fn tune(args: &TuneArgs, console: &mut Console) -> Result<(), Failure> {
    if let Some(folder) = &args.output.show {
        return show(folder, args.output.json, console);
    }
    let started = Instant::now();
    let machine = args.device.open()?;
    let is_talking = !args.output.quiet && !args.output.json;
    let (mut job, _lock) = match (&args.output.resume, &args.output.join) {
        (Some(folder), _) => resume(folder, args, &machine)?,
        (_, Some(folder)) => (join(folder, &machine)?, None),
        _ => begin(args, &machine)?,
    };
    if is_talking {
        writeln!(console.err, "{}{}", text::plan(&job, &machine), warnings_of_table(&job.run, &job.problem))?;
    }
    let interrupt = listen(&job.go_on);
    let clock = || started.elapsed();
    let place = machine.context(&clock, &interrupt);
    let n_before = job.store.trials()?.len();
    let trials = search(&mut job, &place, is_talking, console)?;
    if is_talking && n_before > 0 && trials.len() == n_before {
        writeln!(console.err, "{}", text::used_up(&job.study, &trials, now()))?;
    }
    if args.output.join.is_some() {
        let text = if args.output.json {
            serde_json::json!({ "study": job.folder, "trials": trials }).to_string()
        } else {
            // Whoever leads holds the lock.
            text::joined(&job, &trials, Lock::of(&job.folder).is_err())
        };
        return Ok(writeln!(console.out, "{text}")?);
    }
    let trials = wait_for_others(&mut job, trials, &place, is_talking, console)?;
    let found = measure(&mut job, &trials, &place, is_talking, console)?;
    write_recipe(&job, &found)?;
    let model = model::model(&mut job, &found, &machine, &interrupt, args, console)?;
    // A page that cannot be written is no reason to lose the results.
    let (folder, out) =
        (job.folder.display().to_string(), place::shortened(&job.model).display().to_string());
    let report = report(&job.run, &found.record, &folder, &out);
    if let Err(failure) = write_page(&job.folder, &report.document()) {
        writeln!(console.err, "warning: there is no page of the study: {}", failure.message())?;
    }
    if args.output.json {
        let json = text::json(&job, &found, &model, started.elapsed().as_secs_f64());
        writeln!(console.out, "{json}")?;
    } else {
        let results = show::drawn(&report.results());
        write!(console.out, "\n{results}{}", text::commands(&job, &found, &model, &console.programme))?;
    }
    Ok(())
}

/// Looks at the rows, and only then makes the folder.
fn begin(args: &TuneArgs, machine: &Machine) -> Result<(TuneJob, Option<Lock>), Failure> {
    let asked = Asked {
        file: args.file.as_deref(),
        data: &args.data,
        levers: &args.levers,
        usual: Preset::default(),
    };
    let view = look_at(&asked, machine)?;
    let run = view.run()?;
    let mut problem = view.problem;
    let whole = (problem.open_rows.clone(), problem.facts.clone());
    let holdout = hold_back(&mut problem, &run.recipe, args.holdout_share)?;
    let mut space = space(&problem, &run.recipe);
    space.retain(|axis| !view.levers.writes(axis.root()));
    if space.axes.is_empty() {
        return Err(Failure::new(
            "no lever is left to search: the command line or the recipe file sets all of them",
        ));
    }
    check_rows(&problem, &run.recipe)?;
    let model = match &args.output.model {
        Some(model) => model.clone(),
        None => RunFolder::default_for(&run.path)?.out,
    };
    model::check_free(&model, args.output.overwrite)?;
    let folder = args.output.out.clone().unwrap_or_else(|| Path::new("studies").join(stem(&run.path)));
    let lock = STUDY.make_folder(&folder, args.output.overwrite)?;
    let time = args.time.or(args.trials.is_none().then_some(USUAL_TIME));
    let replaces = if args.output.overwrite { place::give_up(&model)? } else { None };
    let study = Study {
        space,
        n_trials: args.trials,
        budget_seconds: time.map(|time| time.as_secs_f64()),
        holdout_share: args.holdout_share,
        model: place::as_named(&folder, &model)?,
        replaces,
    };
    // The study's file comes last: without it nothing was begun.
    run.write(&folder)?;
    let mut store = Store::create(&folder.join(STUDY_FILE), &study)?;
    let worker = store.enter()?;
    let go_on = resume_command("tune", &folder);
    let model = place::of(&folder, &study)?;
    Ok((TuneJob { folder, go_on, run, problem, holdout, whole, study, model, store, worker }, Some(lock)))
}

/// Finds everything as it was when the study was begun.
fn open(folder: &Path, machine: &Machine) -> Result<TuneJob, Failure> {
    STUDY.check(folder)?;
    let run = Run::read(folder)?;
    let mut store = Store::open(&folder.join(STUDY_FILE))?;
    let study = store.study()?;
    let model = place::of(folder, &study)?;
    let mut problem = run.problem(machine)?;
    let whole = (problem.open_rows.clone(), problem.facts.clone());
    let holdout = hold_back(&mut problem, &run.recipe, study.holdout_share)?;
    let worker = store.enter()?;
    let go_on = resume_command("tune", folder);
    let folder = folder.to_path_buf();
    Ok(TuneJob { folder, go_on, run, problem, holdout, whole, study, model, store, worker })
}

fn resume(folder: &Path, args: &TuneArgs, machine: &Machine) -> Result<(TuneJob, Option<Lock>), Failure> {
    STUDY.check(folder)?;
    let lock = Lock::of(folder).map_err(|failure| {
        let join = format!("kitae tune --join {}", quoted(folder));
        Failure::new(format!("{}; to share its work: {join}", failure.message()))
    })?;
    let mut job = open(folder, machine)?;
    model::check_place(&job)?;
    limit(&mut job.study, args.time, args.trials);
    job.store.set_study(&job.study)?;
    Ok((job, Some(lock)))
}

/// The work of another process.
fn join(folder: &Path, machine: &Machine) -> Result<TuneJob, Failure> {
    let go_on = format!("kitae tune --join {}", quoted(folder));
    Ok(TuneJob { go_on, ..open(folder, machine)? })
}

/// What is named replaces what the study was begun with: a limit that is not named would end at once what the
/// other one is to go on with.
fn limit(study: &mut Study, time: Option<Duration>, trials: Option<u32>) {
    if time.is_some() || trials.is_some() {
        study.budget_seconds = time.map(|time| time.as_secs_f64());
        study.n_trials = trials;
    }
}

/// Runs trials until there are no more to begin.
fn search(
    job: &mut TuneJob,
    place: &RunContext,
    is_talking: bool,
    console: &mut Console,
) -> Result<Vec<StudyTrial>, Failure> {
    let TuneJob { run, problem, study, store, worker, go_on, .. } = job;
    let config = StudyConfig { problem, recipe: &run.recipe, place, now: &now };
    let mut best = best_trial(&store.trials()?).cloned();
    let mut observer = |event: &StudyEvent| {
        let StudyEvent::Ended(trial) = event else { return };
        let is_best =
            best_trial(&[best.clone(), Some((*trial).clone())].into_iter().flatten().collect::<Vec<_>>())
                .is_some_and(|other| other.number == trial.number);
        if is_best {
            best = Some((*trial).clone());
        }
        if is_talking {
            // Nobody is left to tell if the error stream is closed.
            let _ = writeln!(console.err, "{}", text::progress(trial, study, &run.recipe, is_best));
        }
    };
    run_study(&config, store, worker, &mut observer).map_err(|error| unfinished(error, go_on))
}

/// Seconds since 1970. The clock of the machine is asked once: one that is set back or stands still does not
/// change how long a study runs.
fn now() -> f64 {
    static START: OnceLock<(f64, Instant)> = OnceLock::new();
    let (start, begun) = START.get_or_init(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        (since.map_or(0.0, |since| since.as_secs_f64()), Instant::now())
    });
    start + begun.elapsed().as_secs_f64()
}

/// The trials of other processes count too; those of processes that die meanwhile are run here.
fn wait_for_others(
    job: &mut TuneJob,
    mut trials: Vec<StudyTrial>,
    place: &RunContext,
    is_talking: bool,
    console: &mut Console,
) -> Result<Vec<StudyTrial>, Failure> {
    let is_running = |trial: &StudyTrial| trial.state == State::Running;
    if is_talking && trials.iter().any(is_running) {
        writeln!(console.err, "waiting for the trials of other processes")?;
    }
    while trials.iter().any(is_running) {
        if place.interrupt.load(Ordering::Relaxed) {
            return Err(unfinished(TrainError::Interrupted { epoch: 0 }.into(), &job.go_on));
        }
        std::thread::sleep(PAUSE);
        trials = search(job, place, is_talking, console)?;
    }
    Ok(trials)
}

fn unfinished(error: StudyError, go_on: &str) -> Failure {
    match error {
        StudyError::Train(TrainError::Interrupted { .. }) => {
            Failure::Interrupted(format!("stopped; resume with: {go_on}"))
        }
        error => error.into(),
    }
}

/// Judges the bags of the best trials, those that were judged before left out.
fn final_selection(
    job: &mut TuneJob,
    trials: &[StudyTrial],
    place: &RunContext,
    is_talking: bool,
    console: &mut Console,
) -> Result<(), Failure> {
    let finalists = finalists(trials);
    if finalists.len() < 2 {
        return Ok(());
    }
    if is_talking {
        writeln!(console.err, "{}", text::final_selection(job, &finalists)?)?;
    }
    let known = job.store.bags()?;
    for trial in finalists.iter().filter(|trial| known.iter().all(|bag| bag.number != trial.number)) {
        let recipe = job.study.space.recipe(&job.run.recipe, &job.problem.facts, &trial.point)?;
        let (problem, own) = (&job.problem, &job.run.recipe);
        let judged = threads(place.n_threads)?.install(|| bag(problem, own, (trial.number, &recipe), place));
        let judged = judged.map_err(|error| unfinished(error.into(), &job.go_on))?;
        job.store.add_bag(&judged)?;
    }
    Ok(())
}

/// Chooses among the best trials, and measures that one on the rows held back unless that was done before.
fn measure(
    job: &mut TuneJob,
    trials: &[StudyTrial],
    place: &RunContext,
    is_talking: bool,
    console: &mut Console,
) -> Result<Found, Failure> {
    final_selection(job, trials, place, is_talking, console)?;
    let record = StudyRecord::read(&job.store)?;
    let best = match best_bag(&record.bags) {
        Some(number) => record.trial(number),
        None => best_trial(&record.trials),
    };
    let best = best
        .cloned()
        .ok_or_else(|| Failure::new(format!(
            "the recipe itself could not be scored by {} on the validation rows; values may be too large for it: name another \
             with `--metric`, or write the target in other units",
            job.run.recipe.metric
        )))?;
    let recipe = job.study.space.recipe(&job.run.recipe, &job.problem.facts, &best.point)?;
    if let Some(look) = record.look.clone().filter(|look| look.best == best.number) {
        return Ok(Found { record, best, recipe, look });
    }
    if is_talking {
        writeln!(console.err, "measuring the best recipe on {} holdout rows", job.holdout.len())?;
    }
    let (problem, holdout, own) = (&job.problem, &job.holdout, &job.run.recipe);
    let look =
        threads(place.n_threads)?.install(|| look(problem, holdout, own, (best.number, &recipe), place));
    let look = look.map_err(|error| unfinished(error.into(), &job.go_on))?;
    job.store.add_look(&look)?;
    Ok(Found { record: StudyRecord::read(&job.store)?, best, recipe, look })
}

/// The changes alone, so that they can be merged into any preset.
fn write_recipe(job: &TuneJob, found: &Found) -> Result<(), Failure> {
    let path = job.folder.join(RECIPE_FILE);
    let changes = job.study.space.changes(&job.run.recipe, &found.best.point);
    let named = job.run.named.replace('\n', " ");
    let head = format!("# Trial {} of a study of {named}, over the recipe in run.json.\n", found.best.number);
    write_changes(&path, head, &changes)
}

/// The report of the study in a folder, running or not, which will be called `named`.
pub(super) fn document(folder: &Path, named: &str) -> Result<Document, Failure> {
    let (run, record) = stored(folder)?;
    let model = place::of(folder, &record.study).unwrap_or_else(|_| record.study.model.clone());
    Ok(report(&run, &record, named, &place::shortened(&model).display().to_string()).document())
}

fn stored(folder: &Path) -> Result<(Run, StudyRecord), Failure> {
    STUDY.check(folder)?;
    Ok((Run::read(folder)?, StudyRecord::read(&Store::open(&folder.join(STUDY_FILE))?)?))
}

fn report<'a>(run: &'a Run, record: &'a StudyRecord, folder: &'a str, model: &'a str) -> StudyReport<'a> {
    let seconds = seconds_spent(&record.trials, now());
    StudyReport { experiment: run.experiment(folder), record, seconds, model }
}

/// What is known of a study, running or not.
fn show(folder: &Path, json: bool, console: &mut Console) -> Result<(), Failure> {
    let (run, record) = stored(folder)?;
    if json {
        let (recipe, StudyRecord { study, trials, look, .. }) = (&run.recipe, &record);
        let json = serde_json::json!({ "study": study, "metric": recipe.metric, "positive": recipe.positive, "trials": trials, "look": look });
        writeln!(console.out, "{json}")?;
    } else {
        let blocks = report(&run, &record, &folder.display().to_string(), "").trials();
        write!(console.out, "{}", show::drawn_whole(&blocks))?;
    }
    Ok(())
}

/// Ctrl-C, for the model.
type Interrupt = Arc<AtomicBool>;

#[cfg(test)]
mod tests {
    use kitae_lab::tune::Space;

    use super::*;

    #[test]
    fn a_limit_that_is_named_alone_replaces_both() {
        let begun = |n_trials: Option<u32>, budget_seconds: Option<f64>| Study {
            space: Space { axes: Vec::new() },
            n_trials,
            budget_seconds,
            holdout_share: 0.2,
            model: PathBuf::from("model"),
            replaces: None,
        };
        let minute = Some(Duration::from_mins(1));
        let went_on = |mut study: Study, time: Option<Duration>, trials: Option<u32>| {
            limit(&mut study, time, trials);
            (study.n_trials, study.budget_seconds)
        };
        assert_eq!(went_on(begun(Some(10), None), minute, None), (None, Some(60.0)));
        assert_eq!(went_on(begun(None, Some(600.0)), None, Some(20)), (Some(20), None));
        assert_eq!(went_on(begun(Some(10), None), minute, Some(20)), (Some(20), Some(60.0)));
        // After a kill nothing is named.
        assert_eq!(went_on(begun(Some(10), Some(600.0)), None, None), (Some(10), Some(600.0)));
    }
}
