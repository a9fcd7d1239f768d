//! The diagnosis of a model: what ails it, what treats that, and what was tried.

mod evidence;

use kitae_lab::diagnose::{Severity, Symptom, Treatment};
use kitae_lab::proof::settings;
use kitae_lab::{Checkup, Drift, Judgement, Lever, LeverReport, SizeCurve, Verdict};
use kitae_train::Recipe;

use crate::document::{Block, Section, Table};
use crate::section::note;
use crate::words::{capital, count, gain, interval, number, or_dash};

/// The diagnosis of a model with this recipe as a section of its page; `how` as in [`blocks`].
pub fn section(checkup: &Checkup, recipe: &Recipe, how: &dyn Fn(&[String]) -> String) -> Section {
    titled(blocks(checkup, recipe, how))
}

/// The same where there is a diagnosis that cannot be read.
pub fn lost(reason: &str) -> Section {
    titled(note(format!("The diagnosis cannot be read: {reason}. `kitae diagnose` makes it again.")))
}

fn titled(blocks: Vec<Block>) -> Section {
    Section::new("diagnosis", "Diagnosis", blocks)
}

/// What was found, without a title. `how` makes of the settings of a lever, such as `training.epochs=50`,
/// what the reader does with them.
pub fn blocks(checkup: &Checkup, recipe: &Recipe, how: &dyn Fn(&[String]) -> String) -> Vec<Block> {
    let diagnosis = &checkup.diagnosis;
    let mut blocks = Vec::new();
    if diagnosis.is_healthy() {
        let whole = if diagnosis.unseen.is_empty() { HEALTHY } else { HALF_SEEN };
        blocks.push(Block::Text(whole.into()));
    }
    let proof = checkup.proof.as_ref();
    let how = |lever: &Lever| how(&settings(lever, recipe, proof));
    let findings = diagnosis.findings.iter().enumerate();
    blocks.extend(findings.flat_map(|(at, finding)| described(at, finding, &how)));
    blocks.push(Block::Heading("Would more data help?".into()));
    match &checkup.size_curve {
        Some(curve) => {
            blocks.extend([Block::Text(by_size(curve)), Block::Charts(vec![evidence::by_size(curve)])]);
        }
        None => blocks.push(Block::Text("That was not tested.".into())),
    }
    if let Some(drift) = &checkup.drift {
        blocks.extend([Block::Heading("New rows".into()), Block::Text(drifted(drift))]);
    }
    blocks.extend(proof.into_iter().flat_map(proved));
    blocks.extend(diagnosis.unseen.iter().cloned().map(Block::Note));
    blocks
}

const HEALTHY: &str = "Healthy: no problem was found that a lever or a look at the rows could treat.";
const HALF_SEEN: &str =
    "No problem was found that a lever or a look at the rows could treat, but not everything was checked.";

fn described(at: usize, finding: &Symptom, how: &dyn Fn(&Lever) -> String) -> Vec<Block> {
    let ailment = finding.ailment;
    let limit = if ailment.severity() == Severity::Limit { " (no lever treats it)" } else { "" };
    let mut blocks = vec![
        Block::Heading(format!("{}{limit}", capital(&ailment.to_string()))),
        Block::Text(format!("{}. {}.", capital(ailment.meaning()), finding.evidence)),
    ];
    let plot = finding.plot.as_ref();
    blocks.extend(plot.map(|plot| Block::Charts(vec![evidence::of_finding(at, finding, plot)])));
    let row = |treatment: &Treatment| match treatment {
        Treatment::Lever(lever) => vec![lever.name.clone(), how(lever)],
        Treatment::Advice(advice) => vec!["by hand".into(), advice.clone()],
    };
    let treatments: Vec<Vec<String>> = finding.treatments.iter().map(row).collect();
    if !treatments.is_empty() {
        let columns = ["treatment", "how"];
        blocks.push(Block::Table(Table::new("Treatments, in the order to try them", &columns, treatments)));
    }
    let (source, end) = (ailment.source(), if ailment.source().ends_with('?') { "" } else { "." });
    blocks.push(Block::Note(format!("Source: {source}{end}")));
    blocks
}

/// A gain below this share of the score is little.
const LITTLE: f64 = 0.02;

/// Two sentences.
fn by_size(curve: &SizeCurve) -> String {
    let points = curve.points.iter();
    let points = points.map(|point| format!("{} with {}", number(point.value), count(point.n_train, "row")));
    let metric = curve.metric.of_class(curve.positive.as_deref());
    let text = format!("{metric} by number of training rows: {}.", points.collect::<Vec<_>>().join(", "));
    let Some(test) = curve.gain else { return text };
    let last = curve.points.last().map_or(0.0, |point| point.value.0.abs());
    let verdict = if curve.is_rising() {
        "more data would help"
    } else if test.interval.high < LITTLE * last {
        "more data of this kind would help little"
    } else {
        "inconclusive whether more data would help"
    };
    let made = gain(test.mean, Some(test.interval));
    format!("{text} The second half of the rows brought {made}: {verdict}.")
}

/// Some sentences.
fn drifted(drift: &Drift) -> String {
    let verdict = if drift.is_seen() {
        "they have drifted, so scores on the model's rows may not hold for them"
    } else if drift.interval.is_some() {
        "no drift was found"
    } else {
        "too few rows to tell"
    };
    let columns = drift.columns.iter().take(3);
    let columns = columns
        .map(|column| format!("`{}` alone: distance {} of at most 1", column.name, number(column.distance)));
    format!(
        "A network tells the new rows from those of the model with an AUC of {} {} (0.5 is chance): {verdict}. {}.",
        number(drift.auc),
        interval(drift.interval),
        columns.collect::<Vec<_>>().join(", ")
    )
}

/// What the first lever against each finding earned.
fn proved(judgement: &Judgement) -> Vec<Block> {
    let columns = ["lever", "gain", "95 % interval", "verdict", "detectable"];
    let row = |lever: &LeverReport| {
        let verdict = match lever.verdict {
            Verdict::Adopt => "helps",
            Verdict::Reject => "does not help",
            Verdict::CannotTell => "inconclusive",
            Verdict::NotTried => "no time",
        };
        vec![
            lever.name.clone(),
            or_dash(lever.test.map(|test| test.mean)),
            interval(lever.test.map(|test| test.interval)),
            verdict.to_owned(),
            or_dash(lever.smallest_effect),
        ]
    };
    let text = format!(
        "The first lever against each finding: gains in {} (the recipe itself has {}) on held-out rows, which showed \
         the symptoms but chose no epoch.",
        judgement.measured(),
        or_dash(judgement.baseline)
    );
    let rows = judgement.levers.iter().map(row).collect();
    let mut blocks = vec![
        Block::Heading("Proof".into()),
        Block::Text(text),
        Block::Table(Table::new("Gain of each lever", &columns, rows)),
    ];
    if judgement.found(Verdict::NotTried).next().is_some() {
        let note = "Time ran out before all levers were tried: give it more time, or no limit.";
        blocks.push(Block::Note(note.into()));
    }
    blocks
}
