//! `kitae train`: from a file to a model folder.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use kitae::folder::{out_of_fold, sealed};
use kitae_data::finding::{Finding, Severity};
use kitae_data::target::Task;
use kitae_eval::Metric;
use kitae_train::engine::{Checkpoints, Probing, RunContext, SavedLane, load_checkpoints};
use kitae_train::files::write_atomically;
use kitae_train::looks::SEALED_FILE;
use kitae_train::model::OUT_OF_FOLD_FILE;
use kitae_train::observer::{Event, Observer};
use kitae_train::plan::Plan;
use kitae_train::problem::Problem;
use kitae_train::recipe::Recipe;
use kitae_train::record::Recorder;
use kitae_train::train::{Trained, train as train_plan};
use kitae_train::{Engine, TrainError};

use super::interrupt::{listen, resume_command};
use super::page;
use super::range;
use super::summary;
use super::view::{Asked, look, of_model, planned, required};
use crate::args::{Plot, TrainArgs};
use crate::device::Machine;
use crate::failure::Failure;
use crate::flags::in_flags;
use crate::folder::{Existing, Lock, Run, RunFolder, page_of};
use crate::output::write_whole;
use crate::plot;
use crate::progress::{Manner, Progress};
use crate::{Console, Screen};

/// Everything that is decided before the first epoch.
pub(super) struct TrainJob {
    pub(super) folder: RunFolder,
    pub(super) run: Run,
    pub(super) problem: Problem,
    pub(super) plan: Plan,
    /// What is to be known of the file and the table.
    pub(super) findings: Vec<Finding>,
    /// Lanes of a run that is resumed.
    pub(super) saved: Vec<Option<SavedLane>>,
}

pub(super) fn train(args: &TrainArgs, console: &mut Console) -> Result<(), Failure> {
    let started = Instant::now();
    let mut machine = args.device.open()?;
    if let Some(packing) = args.output.pack {
        machine.engine = Engine::tensors(machine.engine.device().clone(), packing);
    }
    if args.range_test {
        return range::range(&look(&Asked::of(args), &machine)?, &machine, args.output.json, console);
    }
    let (job, lock) = match &args.output.resume {
        Some(out) => resume(out, &machine)?,
        None => begin(args, &machine)?,
    };
    let manner = manner(args, console.screen);
    let tells = matches!(manner, Manner::Bar | Manner::Lines);
    if tells {
        let text = summary::plan(&job.run.named, &job.problem, &job.run.recipe, &job.plan, &machine);
        write!(console.err, "{text}{}", summary::findings(&job.findings))?;
        writeln!(console.err)?;
    }
    let work = Work {
        machine: &machine,
        checkpoint_every: args.output.checkpoint_every,
        interrupt: &listen(&resume_command("train", &job.folder.out)),
        go_on: &resume_command("train", &job.folder.out),
    };
    let mut progress = Progress::new(manner, judged_by(&job.run.recipe), &mut console.err);
    let (trained, mut warnings) = work.model(&job, lock, &mut progress)?;
    if !tells {
        // They were not told before.
        warnings.splice(0..0, warnings_of(&job.findings));
    }
    let out = &job.folder.out;
    if draws_curves(args, console.screen) {
        let curves = kitae::folder::events(out)
            .map(|events| plot::curves(&events, judged_by(&job.run.recipe), plot::terminal_width()));
        if let Ok(Some(curves)) = curves {
            write!(console.err, "\n{curves}")?;
        }
    }
    if args.output.json {
        let json = result_json(&job, &trained, &warnings, started.elapsed().as_secs_f64());
        writeln!(console.out, "{json}")?;
    } else {
        write!(console.out, "{}", summary::results(&trained, out, &warnings, &console.programme))?;
    }
    Ok(())
}

/// Looks at the file, and only then makes the folder.
fn begin(args: &TrainArgs, machine: &Machine) -> Result<(TrainJob, Lock), Failure> {
    let folder = match (&args.output.out, &args.of) {
        (Some(out), _) => RunFolder::new(out)?,
        (None, Some(_)) => {
            return Err(Failure::Usage("`--of` needs a folder for the new model: `--out`".to_owned()));
        }
        (None, None) => RunFolder::default_for(required(args.file.as_deref(), "FILE")?)?,
    };
    let existing = if args.output.overwrite { Existing::Replace } else { Existing::Keep };
    folder.check_free(existing)?;
    let (run, problem, plan) = if let Some(model) = &args.of {
        let (run, problem) = of_model(model, &args.levers, machine)?;
        let plan = planned(&problem, &run.recipe, machine)?;
        (run, problem, plan)
    } else {
        let view = look(&Asked::of(args), machine)?;
        (view.run()?, view.problem, view.plan)
    };
    let findings = run.findings(&problem);
    if args.output.strict {
        refuse_warnings(&findings)?;
    }
    let lock = folder.begin(existing, &run)?;
    let saved = vec![None; plan.lanes.len()];
    Ok((TrainJob { folder, run, problem, plan, findings, saved }, lock))
}

/// What makes a number untrue, as sentences.
fn warnings_of(findings: &[Finding]) -> impl Iterator<Item = String> {
    let warnings = findings.iter().filter(|finding| finding.severity == Severity::Warning);
    warnings.map(|warning| in_flags(&warning.to_string()))
}

/// For `--strict`.
fn refuse_warnings(findings: &[Finding]) -> Result<(), Failure> {
    let warnings: Vec<String> = warnings_of(findings).map(|warning| format!("- {warning}")).collect();
    if warnings.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("`--strict` treats warnings as errors:\n{}", warnings.join("\n"))))
}

/// Finds everything as it was when the run began.
pub(super) fn resume(out: &Path, machine: &Machine) -> Result<(TrainJob, Lock), Failure> {
    let folder = RunFolder::new(out)?;
    let (run, lock) = folder.reopen()?;
    let problem = run.problem(machine)?;
    run.recipe.check(&problem.facts)?;
    let plan = planned(&problem, &run.recipe, machine)?;
    folder.make_checkpoints()?;
    let saved = load_checkpoints(&folder.checkpoints(), plan.lanes.len(), &run.identity()?)?;
    let findings = run.findings(&problem);
    Ok((TrainJob { folder, run, problem, plan, findings, saved }, lock))
}

/// What the epochs are judged by, and its name.
pub(super) fn judged_by(recipe: &Recipe) -> (Metric, String) {
    (recipe.validation_metric, recipe.stop_measured())
}

fn manner(args: &TrainArgs, screen: Screen) -> Manner {
    match (args.output.quiet, args.output.json, screen) {
        (true, _, _) => Manner::Silent,
        (_, true, _) => Manner::Json,
        (_, _, Screen::Terminal) => Manner::Bar,
        (_, _, Screen::Plain) => Manner::Lines,
    }
}

/// Whoever asked for curves gets them; others, where a person reads along.
fn draws_curves(args: &TrainArgs, screen: Screen) -> bool {
    match args.output.plot.unwrap_or(Plot::Auto) {
        Plot::Auto => manner(args, screen) == Manner::Bar,
        Plot::Always => true,
        Plot::Never => false,
    }
}

/// How a run is carried out.
pub(super) struct Work<'a> {
    pub(super) machine: &'a Machine,
    pub(super) checkpoint_every: Duration,
    pub(super) interrupt: &'a AtomicBool,
    /// The command that goes on after an interruption.
    pub(super) go_on: &'a str,
}

impl Work<'_> {
    /// Trains the run's model and keeps it; returns what looks wrong with it, too.
    pub(super) fn model(
        &self,
        job: &TrainJob,
        lock: Lock,
        progress: &mut Progress,
    ) -> Result<(Trained, Vec<String>), Failure> {
        let trained = match self.train(job, &job.run.identity()?, progress) {
            Ok(trained) => trained,
            Err(error) => return Err(self.unfinished(error, &job.folder, lock)),
        };
        let unreported = keep(job, &trained, lock)?.err();
        let mut warnings = summary::warnings(&trained);
        warnings.extend(unreported.map(|reason| format!("there is no report: {reason}")));
        Ok((trained, warnings))
    }

    /// Trains, with a record and checkpoints in the folder.
    fn train(&self, job: &TrainJob, run: &str, progress: &mut Progress) -> Result<Trained, TrainError> {
        let (started, machine, checkpoints) = (Instant::now(), self.machine, job.folder.checkpoints());
        let clock = || started.elapsed();
        let place = RunContext {
            checkpoints: Checkpoints::Into { folder: &checkpoints, every: self.checkpoint_every, run },
            probing: Probing::Epochs,
            ..machine.context(&clock, self.interrupt)
        };
        let mut recorder = Recorder::append(&job.folder.record())?;
        let mut both = |event: &Event| {
            recorder.observe(event);
            progress.observe(event);
        };
        let trained = train_plan(&job.problem, &job.run.recipe, &job.plan, &job.saved, &place, &mut both);
        let recorded = recorder.finish();
        // First of all how to go on, or why there is no model.
        let mut trained = trained?;
        recorded?;
        let manifest = &mut trained.model.manifest;
        manifest.model.source.path.clone_from(&job.run.named);
        manifest.model.reading.clone_from(&job.run.reading);
        manifest.findings.clone_from(&job.findings);
        Ok(trained)
    }

    /// How to go on after an interruption. A diverged run would diverge again, so nothing of it is kept.
    fn unfinished(&self, error: TrainError, folder: &RunFolder, lock: Lock) -> Failure {
        match error {
            TrainError::Interrupted { .. } => {
                Failure::Interrupted(format!("{error}; resume with: {}", self.go_on))
            }
            TrainError::Diverged { .. } => match folder.abandon(lock) {
                Ok(()) => error.into(),
                Err(failure) => failure,
            },
            _ => error.into(),
        }
    }
}

/// Makes the unfinished folder a model folder. Says why it has no report, if it has none: that is no reason
/// to lose the model.
fn keep(job: &TrainJob, trained: &Trained, lock: Lock) -> Result<Result<(), String>, Failure> {
    let RunFolder { out, partial } = &job.folder;
    write_whole(&partial.join(OUT_OF_FOLD_FILE), &out_of_fold(trained, &job.problem)?)?;
    if let Some(known) = sealed(&job.problem, &trained.model.manifest) {
        write_atomically(&partial.join(SEALED_FILE), &known.to_bytes())?;
    }
    trained.model.save(partial)?;
    let reported = page::write_into(partial, out, &trained.model.manifest);
    job.folder.complete(lock)?;
    Ok(reported.map_err(|failure| failure.message().to_owned()))
}

fn result_json(job: &TrainJob, trained: &Trained, warnings: &[String], seconds: f64) -> serde_json::Value {
    let manifest = &trained.model.manifest;
    let task: Task = job.run.task;
    serde_json::json!({
        "model": job.folder.out,
        "report": page_of(&job.folder.out),
        "task": summary::task_name(task),
        "target": manifest.model.target,
        "class_names": manifest.model.class_names,
        "source": manifest.model.source,
        "n_networks": manifest.model.lanes.len(),
        "n_weights": manifest.model.network.count_parameters(),
        "scores": manifest.scores,
        "warnings": warnings,
        "findings": job.findings,
        "seconds": seconds,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    #[track_caller]
    fn check(flags: &str, screen: Screen, expected: bool) {
        let words = format!("kitae train a.csv {flags}");
        let Command::Train(args) = Cli::parse_from(words.split_whitespace()).command else {
            panic!("{words} trains")
        };
        assert_eq!(draws_curves(&args, screen), expected, "{words}");
    }

    #[test]
    fn curves_are_drawn_on_a_terminal_and_where_they_are_asked_for() {
        check("", Screen::Terminal, true);
        check("", Screen::Plain, false);
        check("--plot", Screen::Plain, true);
        check("--plot --quiet", Screen::Plain, true);
        for flags in ["--quiet", "--json", "--plot=never", "--plot=auto --quiet"] {
            check(flags, Screen::Terminal, false);
        }
    }
}
