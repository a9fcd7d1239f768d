//! What `kitae ledger` says before, during and after the work.

use std::fmt::Write;
use std::path::Path;

use kitae_eval::tests::POWER;
use kitae_lab::{
    HoldoutReport, Judgement, Lever, LeverReport, Progress, Trial, TrialOutcome, Verdict, judge,
};
use kitae_report::words::{more_time, promise};
use kitae_train::recipe::Scheme;

use super::{LedgerJob, RECIPE_FILE};
use crate::commands::report::page_of;
use crate::commands::summary::quoted;
use crate::device::Machine;
use crate::folder::stem;
use crate::show::{count, interval, number, p_value, percent, signed, table};

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
    let mut text = format!("Ledger of {}\n", job.run.named);
    for (title, line) in lines {
        let _ = writeln!(text, "  {title:<9}{line}");
    }
    text
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
        return format!("failed: {reason}");
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
    let judgement = judge(&job.run.recipe, &own, known);
    if trial.lever.is_none() {
        let value = judgement.baseline.map_or_else(|| "-".to_owned(), number);
        return format!("{} {value}", job.run.recipe.measured());
    }
    let test = judgement.levers.first().and_then(|report| report.test);
    test.map_or_else(|| "no difference".to_owned(), |test| format!("gain {}", signed(test.mean)))
}

/// What the ledger says.
pub(super) fn results(
    job: &LedgerJob,
    (judgement, spent): (&Judgement, f64),
    (holdout, n_looks): (Option<&HoldoutReport>, usize),
    programme: &str,
) -> String {
    let metric = job.run.recipe.measured();
    let baseline = judgement.baseline.map_or_else(|| "-".to_owned(), number);
    let mut text = format!("\nLedger of {}: the recipe itself has {metric} {baseline}\n", job.run.named);
    text.push_str(&levers(judgement));
    text.push_str(&explanation(judgement));
    for refused in &job.log.menu().refused {
        let _ = writeln!(text, "Not tried: {} ({})", refused.lever, refused.reason);
    }
    if job.holdout.is_some() {
        text.push_str(&applied(holdout));
        text.push_str(&many_looks(n_looks));
    }
    let folder = quoted(&job.folder);
    let _ = writeln!(text, "\nledger    {folder}");
    let _ = writeln!(text, "report    {}", quoted(&page_of(&job.folder)));
    match holdout {
        Some(_) => {
            let recipe = quoted(&job.folder.join(RECIPE_FILE));
            let model = quoted(&Path::new("models").join(stem(&job.run.path)));
            let _ = writeln!(text, "recipe    {recipe}");
            // The ledger's own rows, columns, splits and seed: what was measured, not what a preset would be.
            let _ =
                writeln!(text, "train     {programme} train --of {folder} --recipe {recipe} --out {model}");
        }
        None if judgement.n_waiting > 0
            || judgement.levers.iter().any(|lever| lever.verdict == Verdict::NotTried) =>
        {
            let _ = writeln!(
                text,
                "resume    {programme} ledger --resume {folder} --time {}   (the time of the trials so far included)",
                more_time(spent)
            );
        }
        None => {}
    }
    text
}

fn levers(judgement: &Judgement) -> String {
    let header = ["lever", "gain", "95 % interval", "adjusted p", "verdict", "detectable", "time"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    let tried = judgement.levers.iter().filter(|lever| lever.verdict != Verdict::NotTried);
    lines.extend(tried.map(line));
    table(&lines)
}

fn line(lever: &LeverReport) -> Vec<String> {
    let dash = || "-".to_owned();
    let verdict = match lever.verdict {
        Verdict::Adopt => "adopt",
        Verdict::Reject => "reject",
        Verdict::CannotTell => "inconclusive",
        Verdict::NotTried => "not tried",
    };
    let reason = match (&lever.failure, lever.test) {
        (Some(_), _) => " (failed)",
        (None, None) => " (no difference)",
        _ => "",
    };
    vec![
        lever.name.clone(),
        lever.test.map_or_else(dash, |test| signed(test.mean)),
        interval(lever.test.map(|test| test.interval)),
        lever.adjusted_p.map_or_else(dash, p_value),
        format!("{verdict}{reason}"),
        lever.smallest_effect.map_or_else(dash, number),
        lever.cost.map_or_else(dash, |cost| format!("x {cost:.1}")),
    ]
}

fn explanation(judgement: &Judgement) -> String {
    let mut text = String::new();
    let metric = judgement.metric.of_class(judgement.positive.as_deref());
    let n_tried = judgement.levers.iter().filter(|lever| lever.test.is_some()).count();
    let better = if judgement.metric.is_loss() { "decrease" } else { "increase" };
    let _ = writeln!(
        text,
        "Gains are the {better} of {metric} on held-out rows, which chose neither epoch nor learning rate. \
         The probability that any of the {n_tried} levers is adopted in error is at most 5 %, if the end was \
         fixed beforehand: going on until something is adopted raises it. A gain as large as in the column \
         `detectable` is adopted with a power of {}; levers without it were dropped early.",
        percent(POWER)
    );
    for lever in judgement.levers.iter().filter(|lever| lever.failure.is_some()) {
        let _ = writeln!(text, "{} failed: {}", lever.name, lever.failure.as_deref().unwrap_or_default());
    }
    match judgement.baseline_rate {
        Some(rate) if rate > 1.0 => text.push_str(&rate_note("higher", rate)),
        Some(rate) if rate < 1.0 => text.push_str(&rate_note("lower", rate)),
        _ => {}
    }
    let left: Vec<&str> = judgement
        .levers
        .iter()
        .filter(|lever| lever.verdict == Verdict::NotTried)
        .map(|lever| lever.name.as_str())
        .collect();
    if !left.is_empty() {
        let _ = writeln!(text, "No time was left for: {}", left.join(", "));
    }
    if judgement.n_waiting > 0 {
        let trials = count(judgement.n_waiting, "trial");
        let _ = writeln!(text, "Time ran out within a repeat: its {trials} will count once it is complete.");
    }
    text
}

fn rate_note(direction: &str, rate: f64) -> String {
    format!(
        "Most folds of the recipe itself preferred a {direction} learning rate ({} times its own); the table \
         compares at the rates that each fold preferred.\n",
        number(rate)
    )
}

fn many_looks(n_looks: usize) -> String {
    if n_looks < 2 {
        return String::new();
    }
    format!(
        "The holdout rows were looked at {n_looks} times, once for each set of adopted levers so far: going \
         on because of their scores makes these too optimistic.\n"
    )
}

fn applied(holdout: Option<&HoldoutReport>) -> String {
    let Some(holdout) = holdout else {
        return "No lever was adopted, so there is nothing to apply: the recipe stays unchanged.\n"
            .to_owned();
    };
    let mut text = format!("Applied: {}\n", holdout.levers.join(", "));
    let promised = signed(holdout.promised);
    let seen = match (holdout.gain, holdout.mean()) {
        (Some(gain), _) => format!("{} {}", signed(gain.mean), interval(Some(gain.interval))),
        (None, Some(mean)) => format!("{} (too few folds for an interval)", signed(mean)),
        (None, None) => "-".to_owned(),
    };
    let _ = writeln!(text, "  sum of the single gains    {promised}");
    let _ = writeln!(text, "  gain on the holdout rows   {seen}");
    if let Some(rate) = holdout.learning_rate() {
        let _ = writeln!(text, "  learning rate              {}, the median over these folds", number(rate));
    }
    let interval = holdout.gain.map(|gain| gain.interval);
    if let Some(real) = holdout.mean().and_then(|mean| promise(holdout.promised, mean, interval)) {
        let _ = writeln!(text, "  {real}");
    }
    text
}
