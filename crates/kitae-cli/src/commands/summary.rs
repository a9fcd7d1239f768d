//! What `kitae train` says before and after the work.

use std::fmt::Write;
use std::path::Path;

use kitae_data::finding::{Finding, Severity};
use kitae_data::target::{Target, Task};
use kitae_report::scores;
use kitae_report::words::{learned_nothing, listed};
use kitae_train::observer::LaneEnd;
use kitae_train::plan::Plan;
use kitae_train::problem::Problem;
use kitae_train::recipe::{Recipe, Scheme};
use kitae_train::train::Trained;

use super::foreseen::foreseen;
use crate::device::Machine;
use crate::folder::{PIPED, Run, page_of};
use crate::show::{self, count};
use crate::text::quoted;

/// How many names a line lists.
const MOST_NAMES: usize = 10;
/// As many findings of one kind are told.
const MOST_OF_ONE_KIND: usize = 5;

/// What was seen and what is going to be done.
pub(super) fn plan(
    named: &str,
    problem: &Problem,
    recipe: &Recipe,
    plan: &Plan,
    machine: &Machine,
) -> String {
    let rows = [count(problem.table.n_rows, "row"), count(problem.schema.columns.len(), "column")];
    let lines = [
        ("target", target(problem)),
        ("columns", columns(plan)),
        ("rows", roles(problem)),
        ("split", split(recipe)),
        ("network", network(plan)),
        ("device", format!("{}, {}", machine.name, count(machine.n_threads, "thread"))),
    ];
    show::plan(format!("{named}: {}", rows.join(", ")), lines)
}

fn target(problem: &Problem) -> String {
    let name = &problem.target_column;
    match &problem.target {
        Target::Classes { names, .. } => {
            let positive = problem.positive().map(|class| format!("; `{class}` is the positive class"));
            let names = listed(names, MOST_NAMES);
            format!("{name}, classes {names}{}", positive.unwrap_or_default())
        }
        Target::Values(_) => format!("{name}, a number"),
    }
}

fn columns(plan: &Plan) -> String {
    let used = format!("{} used", plan.layout.inputs.len());
    match plan.layout.left_out.as_slice() {
        [] => used,
        left_out => {
            let names: Vec<String> = left_out.iter().map(|note| note.column.clone()).collect();
            format!("{used}; left out: {}", listed(&names, MOST_NAMES))
        }
    }
}

fn roles(problem: &Problem) -> String {
    let mut text = format!(
        "{} to train and score on, {} sealed as test rows",
        problem.open_rows.len(),
        problem.sealed_rows.len()
    );
    if problem.n_without_target > 0 {
        let _ = write!(text, ", {} without a target", problem.n_without_target);
    }
    text
}

fn split(recipe: &Recipe) -> String {
    let scheme = match recipe.split.scheme {
        Scheme::KFold { n_folds, n_repeats: 1 } => count(n_folds, "fold"),
        Scheme::KFold { n_folds, n_repeats } => {
            format!("{}, {}", count(n_folds, "fold"), count(n_repeats, "repeat"))
        }
        Scheme::HoldOut { held_out_share } => {
            format!("{} of the rows held out", show::percent(held_out_share))
        }
    };
    let stop = show::percent(recipe.split.validation_share);
    format!(
        "{scheme}; {stop} of the other rows are validation rows and choose {}",
        recipe.validation_rows_choose()
    )
}

fn network(plan: &Plan) -> String {
    let widths: Vec<String> = plan.network.hidden.iter().map(ToString::to_string).collect();
    let shape = if widths.is_empty() {
        "no hidden layer".to_owned()
    } else {
        format!("hidden {}", widths.join(", "))
    };
    let n_weights = plan.network.count_parameters();
    format!("{shape}; {n_weights} weights; {} to train", count(plan.lanes.len(), "network"))
}

/// What is to be known of the table, the worst first; of one kind only as many as a reader takes in.
pub(super) fn findings(findings: &[Finding]) -> String {
    let more = |n| format!("{n} more like these; `kitae inspect` lists them all");
    let text = show::findings(findings, MOST_OF_ONE_KIND, more);
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// What makes a number about the table untrue.
pub(super) fn warnings_of_table(run: &Run, problem: &Problem) -> String {
    let mut found = run.findings(problem);
    found.retain(|finding| finding.severity == Severity::Warning);
    findings(&found)
}

/// What looks wrong, one sentence each.
pub(super) fn warnings(trained: &Trained) -> Vec<String> {
    let courses = &trained.model.manifest.courses;
    let n_lost = trained.n_lost;
    let n_diverged = courses.iter().filter(|course| course.end == LaneEnd::Diverged).count();
    let lost =
        format!("{} diverged at once; left out; a lower --learning-rate may help", count(n_lost, "network"));
    let diverged = format!(
        "{} diverged; the best epoch before that is kept; a lower --learning-rate may help",
        count(n_diverged, "network")
    );
    let about_lanes = [(n_lost, lost), (n_diverged, diverged)];
    let about_lanes = about_lanes.into_iter().filter(|(n, _)| *n > 0).map(|(_, warning)| warning);
    about_lanes.chain(learned_nothing(&trained.model.manifest.scores)).collect()
}

/// How good the model is, and what to do with it.
/// `programme` is what the user calls kitae.
pub(super) fn results(trained: &Trained, out: &Path, warnings: &[String], programme: &str) -> String {
    let manifest = &trained.model.manifest;
    let mut text = format!("\n{}", show::drawn(&scores(&manifest.scores)));
    if let Some(line) = foreseen(trained) {
        let _ = writeln!(text, "{line}");
    }
    for warning in warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    let (folder, n_sealed) = (quoted(out), manifest.model.source.n_sealed);
    let evaluate = if n_sealed > 0 {
        // Piped rows have to come once more.
        let rows = if manifest.model.source.path == PIPED { " -" } else { "" };
        format!("{folder}{rows}   # {} sealed: look once, at the end", count(n_sealed, "row"))
    } else {
        format!("{folder} TEST.csv   # no rows are sealed")
    };
    let share =
        "the folder contains the target of each open row (out_of_fold.csv), all levels and ranges, a path";
    text + &show::commands(&[
        ("model", folder.clone()),
        ("report", quoted(&page_of(out))),
        ("predict", format!("{programme} predict {folder} NEW.csv --out predictions.csv")),
        ("evaluate", format!("{programme} evaluate {evaluate}")),
        ("share", share.to_owned()),
    ])
}

/// The task as a word.
pub(super) fn task_name(task: Task) -> &'static str {
    match task {
        Task::Classification => "classification",
        Task::Regression => "regression",
    }
}
