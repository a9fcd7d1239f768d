//! What `kitae tune` says before, during and after the work.

use std::fmt::Write;
use std::path::Path;

use kitae_eval::Metric;
use kitae_lab::tune::{Measured, State, Study, StudyTrial, optimism, repeats, seconds_spent};
use kitae_report::words::{self, more_time};
use kitae_train::{Recipe, TrainError};

use super::model::Delivered;
use super::{Found, RECIPE_FILE, TuneJob};
use crate::commands::interrupt::resume_command;
use crate::commands::report::page_of;
use crate::commands::summary::quoted;
use crate::device::Machine;
use crate::folder::Run;
use crate::show::{count, interval, number, signed, table};

/// Trials in the table at the end.
const N_BEST: usize = 5;

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
    let mut text = format!("Study of {}\n", job.run.named);
    for (title, line) in lines {
        let _ = writeln!(text, "  {title:<9}{line}");
    }
    text
}

/// A path below the current folder without that.
pub(super) fn shortened(path: &Path) -> &Path {
    std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

pub(super) fn budget(study: &Study) -> String {
    let time = study.budget_seconds.map(|seconds| format!("{} to start trials in", duration(seconds)));
    let trials = study.n_trials.map(|n_trials| count(n_trials as usize, "trial"));
    trials.into_iter().chain(time).collect::<Vec<_>>().join(", ")
}

fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7200.0 => format!("{:.1} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3600.0),
    }
}

/// A line for each trial.
pub(super) fn progress(trial: &StudyTrial, study: &Study, recipe: &Recipe, is_best: bool) -> String {
    let seconds = number(trial.seconds().unwrap_or(0.0));
    let best = if is_best { ", best so far" } else { "" };
    let changes = changes(study, trial);
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
        State::Failed => format!("failed: {}", trial.failure.as_deref().unwrap_or("?")),
    }
}

fn changes(study: &Study, trial: &StudyTrial) -> String {
    let words = study.space.words(&trial.point);
    if words.is_empty() {
        return "the recipe itself".to_owned();
    }
    words.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// What is done before the choice.
pub(super) fn final_selection(job: &TuneJob, finalists: &[&StudyTrial]) -> Result<String, TrainError> {
    let numbers: Vec<String> = finalists.iter().map(|trial| trial.number.to_string()).collect();
    Ok(format!("final selection: comparing the bags of trials {} on {}", numbers.join(", "), set_aside(job)?))
}

/// The rows that bags are judged on.
fn set_aside(job: &TuneJob) -> Result<String, TrainError> {
    let (n_rows, n_repeats) = repeats(&job.problem, &job.run.recipe)?;
    let repeated = if n_repeats == 1 { String::new() } else { format!(", in {n_repeats} repeats") };
    Ok(format!("{} of the study set aside{repeated}", count(n_rows, "row")))
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

fn tally(trials: &[StudyTrial]) -> String {
    let n = |state: State| trials.iter().filter(|trial| trial.state == state).count();
    let states = [
        (State::Complete, "on all folds"),
        (State::Stopped, "pruned"),
        (State::Failed, "failed"),
        (State::Running, "running"),
        (State::Left, "abandoned by a process that died"),
    ];
    let parts = states.iter().filter(|(state, _)| n(*state) > 0);
    let parts: Vec<String> = parts.map(|(state, words)| format!("{} {words}", n(*state))).collect();
    format!("{}: {}", count(trials.len(), "trial"), parts.join(", "))
}

/// All trials of a study.
pub(super) fn shown(run: &Run, study: &Study, trials: &[StudyTrial], now: f64) -> String {
    let mut text = format!("Study of {}: {}; budget {}\n", run.named, tally(trials), budget(study));
    let _ = writeln!(text, "{} of work so far", duration(seconds_spent(trials, now)));
    let all: Vec<&StudyTrial> = trials.iter().collect();
    text.push_str(&trial_table(&all, study, &run.recipe));
    text
}

fn trial_table(trials: &[&StudyTrial], study: &Study, recipe: &Recipe) -> String {
    let metric = recipe.metric;
    let header = vec![
        "trial".to_owned(),
        format!("{} on validation rows", recipe.measured()),
        "95 % interval".to_owned(),
        "folds".to_owned(),
        "state".to_owned(),
        "changes".to_owned(),
    ];
    let line = |trial: &&StudyTrial| {
        let value = trial.score.map_or_else(|| "-".to_owned(), |score| number(metric.natural(score)));
        let range = interval(trial.interval.map(|interval| metric.natural_interval(interval)));
        let state = match trial.state {
            State::Complete => "complete",
            State::Stopped => "pruned",
            State::Running => "running",
            State::Left => "abandoned",
            State::Failed => "failed",
        };
        let folds = trial.n_folds.to_string();
        vec![trial.number.to_string(), value, range, folds, state.to_owned(), changes(study, trial)]
    };
    let lines: Vec<Vec<String>> = std::iter::once(header).chain(trials.iter().map(line)).collect();
    table(&lines)
}

/// What the study found.
pub(super) fn results(job: &TuneJob, found: &Found, model: &Delivered, programme: &str) -> String {
    let mut text = format!("\nStudy of {}: {}\n", job.run.named, tally(&found.trials));
    text.push_str(&trial_table(&best(&found.trials), &job.study, &job.run.recipe));
    text.push('\n');
    text.push_str(&bags(job, found));
    text.push_str(&best_recipe(job, found));
    text.push('\n');
    text.push_str(&measured(job, found));
    for warning in &model.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    let folder = shortened(&model.folder.out);
    let (study, out) = (quoted(&job.folder), quoted(folder));
    let _ = writeln!(text, "\nstudy     {study}");
    let _ = writeln!(text, "page      {}", quoted(&page_of(&job.folder)));
    let _ = writeln!(text, "recipe    {}", quoted(&job.folder.join(RECIPE_FILE)));
    let _ = writeln!(text, "model     {out}");
    let _ = writeln!(text, "report    {}", quoted(&page_of(folder)));
    let _ = writeln!(text, "predict   {programme} predict {out} NEW.csv --out predictions.csv");
    let n_sealed = model.manifest.model.source.n_sealed;
    if n_sealed > 0 {
        let sealed = count(n_sealed, "row");
        let _ =
            writeln!(text, "evaluate  {programme} evaluate {out}   # {sealed} sealed: look once, at the end");
    }
    // All have ended, whenever it is.
    let time = more_time(seconds_spent(&found.trials, 0.0));
    let _ = writeln!(
        text,
        "resume    {programme} tune --resume {study} --time {time}   (the time of the trials so far included)"
    );
    text
}

/// The best trials on all folds, and the recipe itself.
fn best(trials: &[StudyTrial]) -> Vec<&StudyTrial> {
    let mut complete: Vec<&StudyTrial> =
        trials.iter().filter(|trial| trial.state == State::Complete).collect();
    complete.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap_or(std::cmp::Ordering::Equal));
    let own = complete.iter().position(|trial| trial.number == 0).map(|at| complete[at]);
    let is_out = complete.iter().skip(N_BEST).any(|trial| trial.number == 0);
    complete.truncate(N_BEST);
    complete.extend(own.filter(|_| is_out));
    complete
}

/// The bags that were compared.
fn bags(job: &TuneJob, found: &Found) -> String {
    let (metric, Ok(rows)) = (job.run.recipe.metric, set_aside(job)) else { return String::new() };
    if found.bags.is_empty() {
        return String::new();
    }
    let mut lines =
        vec![vec!["trial".to_owned(), format!("{} of its bag", job.run.recipe.measured()), String::new()]];
    lines.extend(found.bags.iter().map(|bag| {
        let value = bag.score.map_or_else(|| "-".to_owned(), |score| number(metric.natural(score)));
        let chosen = if bag.number == found.best.number { "chosen" } else { "" };
        vec![bag.number.to_string(), value, chosen.to_owned()]
    }));
    format!("Bags of the networks of all folds, as a model predicts, on {rows}\n{}\n", table(&lines))
}

fn best_recipe(job: &TuneJob, found: &Found) -> String {
    let changed = changed(&job.study, &found.best);
    if changed.is_empty() {
        return "No trial was better than the recipe itself, which stays.\n".to_owned();
    }
    let mut lines = vec![["lever", "best", "was"].map(str::to_owned).to_vec()];
    lines.extend(changed.into_iter().map(Vec::from));
    format!("Best recipe, trial {}\n{}", found.best.number, table(&lines))
}

/// The levers in which a trial differs from the recipe: their names, what they are and what they were.
pub(super) fn changed(study: &Study, trial: &StudyTrial) -> Vec<[String; 3]> {
    let mut own = study.space.clone();
    // Against a space without own values every lever of the recipe has words.
    own.axes.iter_mut().for_each(|axis| axis.own = None);
    let own_words = own.words(&study.space.own());
    let changed = study.space.words(&trial.point).into_iter().map(|(name, value)| {
        let was = own_words.iter().find(|(other, _)| *other == name).map_or("-", |(_, was)| was.as_str());
        let was = was.to_owned();
        [name, value, was]
    });
    changed.collect()
}

fn measured(job: &TuneJob, found: &Found) -> String {
    let (metric, look) = (job.run.recipe.metric, &found.look);
    let rows = count(job.holdout.len(), "holdout row");
    let header = ["recipe", "bag of all folds", "95 % interval", "one fold", "optimism", "95 % interval"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    let own = found.trials.iter().find(|trial| trial.number == 0);
    let own = own.filter(|_| look.tuned.is_some()).map(|trial| ("original", trial, &look.own));
    let best = ("best", &found.best, look.best_measured());
    for (name, trial, measured) in own.into_iter().chain([best]) {
        lines.push(measured_line(name, trial, measured, metric));
    }
    let mut text = format!(
        "Measured by {} on {rows}, which chose nothing\n{}",
        job.run.recipe.measured(),
        table(&lines)
    );
    text.push_str(&gain(found, metric));
    text.push_str(
        "The optimism is by how much the validation rows, which chose, overrate the same networks. The \
         model's own scores are on rows that helped to choose its recipe.\n",
    );
    if found.n_looks > 1 {
        let looks = found.n_looks;
        let _ = writeln!(
            text,
            "The holdout rows were looked at {looks} times, once for each best recipe so far: going on \
             because of their scores makes these too optimistic."
        );
    }
    text
}

fn measured_line(name: &str, trial: &StudyTrial, measured: &Measured, metric: Metric) -> Vec<String> {
    let by = trial.score.map(|score| optimism(score, trial.interval, measured));
    vec![
        name.to_owned(),
        number(metric.natural(measured.score)),
        interval(measured.interval.map(|range| metric.natural_interval(range))),
        number(metric.natural(measured.single)),
        by.map_or_else(|| "-".to_owned(), |(by, _)| signed(by)),
        interval(by.and_then(|(_, interval)| interval)),
    ]
}

fn gain(found: &Found, metric: Metric) -> String {
    let Some(tuned) = &found.look.tuned else {
        return "The search changed nothing, so there is no gain to measure.\n".to_owned();
    };
    let mean = tuned.score - found.look.own.score;
    let direction = if metric.is_loss() == (mean < 0.0) { "rises" } else { "falls" };
    let verdict = match found.look.gain {
        Some(range) if range.low > 0.0 => "the search improved the recipe",
        Some(range) if range.high < 0.0 => "the search made the recipe worse",
        _ => "inconclusive whether the search improved the recipe",
    };
    format!(
        "The search made {} (the metric {direction}; paired bootstrap over these rows): {verdict}.\n",
        words::gain(mean, found.look.gain)
    )
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
        "trials": found.trials,
        "bags": found.bags,
        "best": found.best.number,
        "changes": job.study.space.changes(&job.run.recipe, &found.best.point),
        "validation": { "score": found.best.score, "interval": found.best.interval },
        "look": found.look,
        "n_looks": found.n_looks,
        "optimism": by.map(|(by, interval)| serde_json::json!({ "mean": by, "interval": interval })),
        "gain": found.look.tuned.as_ref().map(|tuned| {
            serde_json::json!({ "mean": tuned.score - found.look.own.score, "interval": found.look.gain })
        }),
        "model": model.folder.out,
        "report": page_of(&model.folder.out),
        "model_scores": model.manifest.scores,
        "warnings": model.warnings,
        "seconds": seconds,
    })
}
