//! What `kitae diagnose` says.

use std::fmt::Write;

use kitae_data::finding::Cure;
use kitae_lab::diagnose::{Finding, Severity, Treatment};
use kitae_lab::holdout::rate_change;
use kitae_lab::{Checkup, Drift, Judgement, Lever, LeverReport, SizeCurve, Verdict};
use kitae_report::words;
use kitae_train::{Recipe, merge};
use toml::{Table, Value};

use super::Chart;
use crate::args::DiagnoseArgs;
use crate::commands::summary::quoted;
use crate::show::{count, interval, number, percent, table};

pub(super) const HEALTHY: &str =
    "Healthy: no problem was found that a lever or a look at the rows could treat.";
const HALF_SEEN: &str =
    "No problem was found that a lever or a look at the rows could treat, but not everything was checked.";

/// Which share of the rows is going to be trained on.
pub(super) fn share(share: f64) -> String {
    format!("would more data help? training on {} of the rows", percent(share))
}

/// All that was found.
pub(super) fn results(args: &DiagnoseArgs, chart: &Chart, checkup: &Checkup, programme: &str) -> String {
    let mut text = format!("Diagnosis of {}\n", args.model.display());
    let findings = &checkup.diagnosis.findings;
    let (mendable, limits): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| finding.ailment.severity() != Severity::Limit);
    if mendable.is_empty() {
        let is_whole = checkup.diagnosis.unseen.is_empty();
        let _ = writeln!(text, "\n{}", if is_whole { HEALTHY } else { HALF_SEEN });
    }
    for (at, finding) in mendable.iter().enumerate() {
        let model = Model {
            args,
            recipe: &chart.manifest.recipe,
            proof: checkup.proof.as_ref(),
            has_rows: chart.problem.is_some(),
        };
        let _ = write!(text, "\n{}. {}", at + 1, described(finding, &model, programme));
    }
    text.push_str(&remains(&limits, checkup));
    if let Some(drift) = &checkup.drift {
        let _ = writeln!(text, "\nNew rows\n  {}", drifted(drift));
    }
    if let Some(judgement) = &checkup.proof {
        text.push_str(&proof(judgement));
    } else if !args.prove
        && chart.problem.is_some()
        && mendable.iter().any(|finding| finding.levers().next().is_some())
    {
        let _ = writeln!(text, "\nprove     {programme} diagnose {} --prove", quoted(&args.model));
    }
    for unseen in &checkup.diagnosis.unseen {
        let _ = writeln!(text, "\nnot checked: {unseen}");
    }
    for note in &chart.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

/// What the commands against a finding are about.
struct Model<'a> {
    args: &'a DiagnoseArgs,
    recipe: &'a Recipe,
    proof: Option<&'a Judgement>,
    /// Whether the rows are there, so that commands can train on them.
    has_rows: bool,
}

fn described(finding: &Finding, model: &Model, programme: &str) -> String {
    let ailment = finding.ailment;
    let mut text = format!("{}: {}.\n", capital(&ailment.to_string()), ailment.meaning());
    let _ = writeln!(text, "   {}.", finding.evidence);
    for treatment in &finding.treatments {
        let line = match treatment {
            Treatment::Lever(lever) => format!("{:<24} {}", lever.name, command(lever, model, programme)),
            Treatment::Advice(advice) => advice.clone(),
        };
        let _ = writeln!(text, "   - {line}");
    }
    let _ = writeln!(text, "   ({})", ailment.source());
    text
}

pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The command that trains the model anew with a lever; only its settings where the rows are not there.
fn command(lever: &Lever, Model { args, recipe, proof, has_rows }: &Model, programme: &str) -> String {
    let model = args.model.display().to_string();
    let out = std::path::PathBuf::from(format!("{}-treated", model.trim_end_matches('/')));
    let settings = as_flags(lever, recipe, *proof);
    if !has_rows {
        return settings;
    }
    format!("{programme} train --of {} {settings} --out {}", quoted(&args.model), quoted(&out))
}

/// What a lever changes, as words for a shell.
pub(super) fn as_flags(lever: &Lever, recipe: &Recipe, proof: Option<&Judgement>) -> String {
    let settings = settings(lever, recipe, proof).into_iter();
    let settings: Vec<String> = settings.map(|setting| Cure::with("--set", setting).to_string()).collect();
    settings.join(" ")
}

/// What a lever changes, as values of `--set`: at the learning rate that the folds of the proof took with it.
fn settings(lever: &Lever, recipe: &Recipe, proof: Option<&Judgement>) -> Vec<String> {
    let mut changes = lever.changes.clone();
    let report = proof.and_then(|proof| proof.levers.iter().find(|report| report.name == lever.name));
    let own = recipe.training.learning_rate;
    let written = changes.get("training").and_then(|training| training.get("learning_rate"));
    let written = written.and_then(Value::as_float).unwrap_or(own);
    if let Some(rate) = report.and_then(|report| report.rate).map(|factor| factor * own)
        && (rate - written).abs() > 1e-9 * written
    {
        merge(&mut changes, &rate_change(rate));
    }
    let mut settings = Vec::new();
    flatten("", &changes, &mut settings);
    settings
}

/// `key=value` for each value; a table with a kind is one value.
fn flatten(prefix: &str, changes: &Table, settings: &mut Vec<String>) {
    for (key, value) in changes {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) if !inner.contains_key("kind") => flatten(&key, inner, settings),
            _ => settings.push(format!("{key}={value}")),
        }
    }
}

/// What no lever mends.
fn remains(limits: &[&Finding], checkup: &Checkup) -> String {
    let mut text = String::from("\nLimits\n");
    for finding in limits {
        let _ = writeln!(text, "  {}: {}.", capital(&finding.ailment.to_string()), finding.evidence);
        for advice in &finding.treatments {
            if let Treatment::Advice(advice) = advice {
                let _ = writeln!(text, "    {}.", capital(advice));
            }
        }
    }
    match &checkup.size_curve {
        Some(curve) => {
            let _ = writeln!(text, "  {}", size_curve(curve));
        }
        None if limits.is_empty() => text.push_str("  Whether more data would help was not tested.\n"),
        None => {}
    }
    text
}

/// A gain below this share of the score is little.
const LITTLE: f64 = 0.02;

/// Two sentences.
pub(super) fn size_curve(curve: &SizeCurve) -> String {
    let points: Vec<String> = curve
        .points
        .iter()
        .map(|point| format!("{} with {}", number(point.value), count(point.n_train, "row")))
        .collect();
    let metric = curve.metric.of_class(curve.positive.as_deref());
    let text = format!("{metric} by number of training rows: {}.", points.join(", "));
    let Some(gain) = curve.gain else { return text };
    let last = curve.points.last().map_or(0.0, |point| point.value.abs());
    let verdict = if curve.is_rising() {
        "more data would help"
    } else if gain.interval.high < LITTLE * last {
        "more data of this kind would help little"
    } else {
        "inconclusive whether more data would help"
    };
    let made = words::gain(gain.mean, Some(gain.interval));
    format!("{text} The second half of the rows brought {made}: {verdict}.")
}

/// Some sentences.
pub(super) fn drifted(drift: &Drift) -> String {
    let verdict = if drift.is_seen() {
        "they have drifted, so scores on the model's rows may not hold for them"
    } else if drift.interval.is_some() {
        "no drift was found"
    } else {
        "too few rows to tell"
    };
    let columns: Vec<String> = drift
        .columns
        .iter()
        .take(3)
        .map(|column| format!("`{}` alone: distance {} of at most 1", column.name, number(column.distance)))
        .collect();
    format!(
        "A network tells the new rows from those of the model with an AUC of {} {} (0.5 is chance): {verdict}. {}.",
        number(drift.auc),
        interval(drift.interval),
        columns.join(", ")
    )
}

fn proof(judgement: &Judgement) -> String {
    let own = judgement.baseline.map_or_else(|| "-".to_owned(), number);
    let is_short = judgement.levers.iter().any(|lever| lever.verdict == Verdict::NotTried);
    let more = if is_short {
        "Time ran out before all levers were tried: give a longer `--time`, or none.\n"
    } else {
        ""
    };
    format!(
        "\nProof: gains in {} (the recipe itself has {own}) on held-out rows, which showed the symptoms but \
         chose no epoch\n{}{more}",
        judgement.metric.of_class(judgement.positive.as_deref()),
        table(&proof_lines(judgement))
    )
}

/// What each lever earned; the first line is the header.
pub(super) fn proof_lines(judgement: &Judgement) -> Vec<Vec<String>> {
    let header = ["lever", "gain", "95 % interval", "verdict", "detectable"];
    let dash = || "-".to_owned();
    let line = |lever: &LeverReport| {
        let verdict = match lever.verdict {
            Verdict::Adopt => "helps",
            Verdict::Reject => "does not help",
            Verdict::CannotTell => "inconclusive",
            Verdict::NotTried => "no time",
        };
        vec![
            lever.name.clone(),
            lever.test.map_or_else(dash, |test| number(test.mean)),
            interval(lever.test.map(|test| test.interval)),
            verdict.to_owned(),
            lever.smallest_effect.map_or_else(dash, number),
        ]
    };
    std::iter::once(header.map(str::to_owned).to_vec()).chain(judgement.levers.iter().map(line)).collect()
}
