//! The adopted levers together: what they promised, and what holdout rows say.

use kitae_lab::holdout::promised;
use kitae_lab::{Family, HoldoutReport, LeverReport, Verdict};

use super::Ledger;
use crate::chart::{Chart, ForestRow, Shape, forest};
use crate::document::{Block, Section, Table, facts};
use crate::experiment::Experiment;
use crate::section::NAME;
use crate::wording::Step;
use crate::words::{bracket, capital, count, gain, listed, number, promise, shorten, signed};

/// Levers that a sentence names.
const MOST_NAMES: usize = 20;

/// None where nobody asked to join the levers; `how` ends the section of those that were joined.
pub(super) fn section(ledger: &Ledger, how: Option<Block>) -> Option<Section> {
    let blocks = match ledger.log.looks.last() {
        Some(holdout) => measured(ledger, holdout).into_iter().chain(how).collect(),
        None if is_nothing_adopted(ledger) => vec![Block::Text(
            "No lever was adopted, so there was nothing to measure on the holdout rows.".into(),
        )],
        None if ledger.log.begun.holdout_share.is_some() => vec![Block::Text(
            "No lever has been adopted so far, so nothing was measured on the holdout rows.".into(),
        )],
        None => return None,
    };
    Some(Section::new("applied", "Applied, on holdout rows", blocks))
}

fn is_nothing_adopted(ledger: &Ledger) -> bool {
    let is_asked = ledger.log.begun.holdout_share.is_some();
    is_asked && ledger.is_finished() && ledger.judgement.found(Verdict::Adopt).next().is_none()
}

fn n_rows(holdout: &HoldoutReport) -> usize {
    holdout.with.iter().map(|fold| fold.n_held_out).sum()
}

fn names(holdout: &HoldoutReport) -> String {
    let names: Vec<String> = holdout.levers.iter().map(|name| shorten(name, NAME)).collect();
    listed(&names, MOST_NAMES)
}

fn measured(ledger: &Ledger, holdout: &HoldoutReport) -> Vec<Block> {
    let promised = promised(&ledger.judgement, &holdout.levers);
    let mut blocks = vec![Block::Text(format!(
        "Gains that were selected for being large are too optimistic, and levers overlap in what they gain; so the \
         combined recipe was measured against the old one on {} that no trial had seen.",
        count(n_rows(holdout), "row")
    ))];
    blocks.push(Block::Charts(vec![picture(ledger, holdout, promised)]));
    let seen = match (holdout.gain, holdout.mean()) {
        (Some(gain), _) => format!("{} {}", signed(gain.mean), bracket(gain.interval)),
        (None, Some(mean)) => format!("{} (too few folds for an interval)", signed(mean)),
        (None, None) => "-".to_owned(),
    };
    let mut lines = facts([
        ("applied", names(holdout)),
        ("sum of the single gains", signed(promised)),
        ("gain on holdout rows", seen),
    ]);
    let rate = holdout.learning_rate();
    lines.extend(
        rate.map(|rate| {
            ("learning rate".to_owned(), format!("{}, the median over these folds", number(rate)))
        }),
    );
    blocks.push(Block::Facts(lines));
    let interval = holdout.gain.map(|gain| gain.interval);
    let kept = holdout.mean().and_then(|mean| promise(promised, mean, interval));
    blocks.extend(kept.map(|text| Block::Text(format!("{}.", capital(&text)))));
    if ledger.log.looks.len() > 1 {
        blocks.push(Block::Text(format!(
            "These rows were looked at {} times, once for each set of adopted levers so far: going on because \
             of their scores makes these too optimistic.",
            ledger.log.looks.len()
        )));
    }
    blocks.extend(left_out(ledger, holdout).map(Block::Table));
    blocks
}

/// Where the joined levers are, and what trains with them.
pub(super) fn how_to_train(ledger: &Ledger) -> Option<Block> {
    ledger.log.looks.last()?;
    let Experiment { folder, wording, .. } = ledger.experiment;
    Some(Block::Text(format!(
        "The keys of the adopted levers are in `recipe.toml`, with the median learning rate of its folds. On \
         the ledger's rows, columns and splits they make a model \
         with {}.",
        (wording.step)(&Step::TrainAdopted(folder))
    )))
}

/// Adopted levers that are not among those that were joined.
fn left_out(ledger: &Ledger, holdout: &HoldoutReport) -> Option<Table> {
    let adopted =
        ledger.judgement.found(Verdict::Adopt).filter(|lever| !holdout.levers.contains(&lever.name));
    let row = |lever: &LeverReport| vec![shorten(&lever.name, NAME), why_left_out(ledger, lever, holdout)];
    let rows: Vec<Vec<String>> = adopted.map(row).collect();
    let columns = ["adopted, but left out", "why"];
    (!rows.is_empty()).then(|| Table::new("Adopted levers that were left out", &columns, rows))
}

fn why_left_out(ledger: &Ledger, lever: &LeverReport, holdout: &HoldoutReport) -> String {
    let mut levers = ledger.log.menu().levers.iter();
    let same = levers.find(|other| {
        other.family == lever.family && other.family != Family::Own && holdout.levers.contains(&other.name)
    });
    match same {
        Some(other) => format!("`{}` of the same family gains more", shorten(&other.name, NAME)),
        None => "it contradicts a lever that gains more".to_owned(),
    }
}

fn picture(ledger: &Ledger, holdout: &HoldoutReport, promised: f64) -> Chart {
    let sum = ForestRow::new("sum of the single gains", promised, None, signed(promised));
    let mut rows = vec![ForestRow { shape: Shape::Ring, ..sum }];
    rows.extend(holdout.mean().map(|mean| {
        let interval = holdout.gain.map(|gain| gain.interval);
        let note = interval.map(|ends| format!(" {}", bracket(ends))).unwrap_or_default();
        ForestRow::new("gain on holdout rows", mean, interval, signed(mean) + &note)
    }));
    let axis = format!("gain in {}, higher is better", ledger.judgement.measured());
    forest("applied", "Sum of the single gains, and gain on holdout rows", &axis, &rows, Some(0.0))
}

/// What the levers make together, as a sentence; none where they were not measured.
pub(super) fn together(ledger: &Ledger) -> Option<String> {
    let holdout = ledger.log.looks.last()?;
    let promised = promised(&ledger.judgement, &holdout.levers);
    let rows = count(n_rows(holdout), "holdout row");
    let Some(mean) = holdout.mean() else {
        return Some(format!("Together they could not be scored on the {rows}."));
    };
    let interval = holdout.gain.map(|gain| gain.interval);
    let share = promise(promised, mean, interval).map(|text| format!(", {text}")).unwrap_or_default();
    Some(format!(
        "Together they make {} on {rows} that no trial saw; the sum of their single gains was {}{share}.",
        gain(mean, interval),
        signed(promised)
    ))
}
