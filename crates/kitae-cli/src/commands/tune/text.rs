//! What `kitae tune` says before, during and after the work.

use kitae_lab::tune::{State, Study, StudyTrial, optimism, repeats, seconds_spent};
use kitae_report::study::{budget, changes_of, tally};
use kitae_report::words::{duration, more_time};
use kitae_train::{Recipe, TrainError};

use super::model::Delivered;
use super::place::shortened;
use super::{Found, RECIPE_FILE, TuneJob};
use crate::commands::interrupt::resume_command;
use crate::device::Machine;
use crate::flags::in_flags;
use crate::folder::page_of;
use crate::show::{self, count, number};
use crate::text::quoted;

/// What is going to be done.
pub(super) fn plan(job: &TuneJob, machine: &Machine) -> String {
    let held = count(job.holdout.len(), "row");
    let lines = [
        ("target", job.run.target.clone()),
        ("rows", format!("{} to search on; {held} kept as holdout", job.problem.open_rows.len())),
        ("levers", format!("{} to search", job.study.space.axes.len())),
        ("budget", budget(&job.study)),
        ("device", format!("{}, {}", machine.name, count(machine.n_threads, "thread"))),
        ("study", job.folder.display().to_string()),
        ("model", shortened(&job.model).display().to_string()),
    ];
    show::plan(format!("Study of {}", job.run.named), lines)
}

/// A line for each trial.
pub(super) fn progress(trial: &StudyTrial, study: &Study, recipe: &Recipe, is_best: bool) -> String {
    let seconds = number(trial.seconds().unwrap_or(0.0));
    let best = if is_best { ", best so far" } else { "" };
    let changes = changes_of(study, trial);
    format!("trial {:>3}: {}{best} ({seconds} s): {changes}", trial.number, outcome(trial, recipe))
}

fn outcome(trial: &StudyTrial, recipe: &Recipe) -> String {
    let metric = recipe.measured();
    let value = trial.score.map_or_else(|| "-".to_owned(), |score| number(recipe.metric.natural(score)));
    let folds = count(trial.n_folds, "fold");
    match trial.state {
        State::Complete => format!("{metric} {value} on {folds}"),
        State::Stopped => format!("{metric} {value}, pruned after {folds}"),
        State::Running => format!("running, {folds} done"),
        State::Left => format!("abandoned by a process that died, {folds} done"),
        State::Failed => format!("failed: {}", in_flags(trial.failure.as_deref().unwrap_or("?"))),
    }
}

/// What is done before the choice.
pub(super) fn final_selection(job: &TuneJob, finalists: &[&StudyTrial]) -> Result<String, TrainError> {
    let numbers: Vec<String> = finalists.iter().map(|trial| trial.number.to_string()).collect();
    let (n_rows, n_repeats) = repeats(&job.problem, &job.run.recipe)?;
    let repeated = if n_repeats == 1 { String::new() } else { format!(", in {n_repeats} repeats") };
    let (numbers, rows) = (numbers.join(", "), count(n_rows, "row"));
    Ok(format!(
        "final selection: comparing the bags of trials {numbers} on {rows} of the study set aside{repeated}"
    ))
}

/// What a process that joined has to say. `is_led` by a process that will do the rest.
pub(super) fn joined(job: &TuneJob, trials: &[StudyTrial], is_led: bool) -> String {
    let folder = quoted(&job.folder);
    let rest = if is_led {
        "The process that started it measures the result and trains the model.".to_owned()
    } else {
        let resume = resume_command("tune", &job.folder);
        format!("No other process is at work: `{resume}` measures the result and trains the model.")
    };
    format!("No trials are left to start in {folder}: {}. {rest}", tally(trials))
}

/// Where a study that goes on had nothing left to begin.
pub(super) fn used_up(study: &Study, trials: &[StudyTrial], now: f64) -> String {
    let (spent, budget) = (duration(seconds_spent(trials, now)), budget(study));
    format!(
        "no trial is left to start: the budget of {budget} is used up by {} in {spent}; a larger total \
         `--trials` or `--time` allows more",
        count(trials.len(), "trial")
    )
}

/// Where all of it is, and what to do next, below what is to be known of the model.
pub(super) fn commands(job: &TuneJob, found: &Found, model: &Delivered, programme: &str) -> String {
    let warnings = model.warnings.iter().map(|warning| format!("warning: {warning}\n"));
    let folder = shortened(&model.folder.out);
    let (study, out) = (quoted(&job.folder), quoted(folder));
    let mut lines = vec![
        ("study", study.clone()),
        ("page", quoted(&page_of(&job.folder))),
        ("recipe", quoted(&job.folder.join(RECIPE_FILE))),
        ("model", out.clone()),
        ("report", quoted(&page_of(folder))),
        ("predict", format!("{programme} predict {out} NEW.csv --out predictions.csv")),
    ];
    let n_sealed = model.manifest.model.source.n_sealed;
    if n_sealed > 0 {
        let sealed = count(n_sealed, "row");
        lines.push((
            "evaluate",
            format!("{programme} evaluate {out}   # {sealed} sealed: look once, at the end"),
        ));
    }
    // All have ended, whenever it is.
    let time = more_time(seconds_spent(&found.record.trials, 0.0));
    let resume = format!("{programme} tune --resume {study} --time {time}");
    lines.push(("resume", format!("{resume}   (the time of the trials so far included)")));
    warnings.collect::<String>() + &show::commands(&lines)
}

/// The same for machines; scores are higher where they are better.
pub(super) fn json(job: &TuneJob, found: &Found, model: &Delivered, seconds: f64) -> serde_json::Value {
    let holdout = found.look.best_measured();
    let by = found.best.score.map(|score| optimism(score, found.best.interval, holdout));
    serde_json::json!({
        "study": job.folder,
        "page": page_of(&job.folder),
        "metric": job.run.recipe.metric,
        "positive": job.run.recipe.positive,
        "trials": found.record.trials,
        "bags": found.record.bags,
        "best": found.best.number,
        "changes": job.study.space.changes(&job.run.recipe, &found.best.point),
        "validation": { "score": found.best.score, "interval": found.best.interval },
        "look": found.look,
        "n_looks": found.record.n_looks,
        "optimism": by.map(|(by, interval)| serde_json::json!({ "mean": by, "interval": interval })),
        "gain": found.look.mean_gain().map(|mean| {
            serde_json::json!({ "mean": mean, "interval": found.look.gain })
        }),
        "model": model.folder.out,
        "report": page_of(&model.folder.out),
        "model_scores": model.manifest.scores,
        "warnings": model.warnings,
        "seconds": seconds,
    })
}
