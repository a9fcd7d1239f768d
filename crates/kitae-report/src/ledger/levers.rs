//! All levers in one picture and one table, and those that have no result.

use kitae_eval::tests::POWER;
use kitae_lab::{LeverReport, Verdict};

use super::Ledger;
use crate::chart::{Chart, ForestRow, Shape, forest_columns};
use crate::document::{Block, Section, Table};
use crate::section::NAME;
use crate::words::{count, interval, number, or_dash, p_value, percent, shorten, signed};

/// Lines of the pictures.
const MOST_LINES: usize = 80;

pub(super) fn section(ledger: &Ledger) -> Section {
    let tried = ledger.tried();
    let mut blocks = Vec::new();
    if tried.is_empty() {
        blocks.push(Block::Note("No lever has been tried yet, so there is nothing to compare.".into()));
    } else {
        blocks.push(Block::Text(how_measured(ledger)));
        blocks.push(Block::Charts(pictures(ledger, &tried)));
        blocks.push(Block::Legend(
            "Filled dots are adopted, rings are inconclusive, crosses are rejected.".to_owned(),
        ));
        blocks.push(Block::Text(how_to_read(ledger)));
        blocks.push(Block::Table(all(&tried)));
        blocks.extend(rate_note(ledger).map(Block::Text));
        if ledger.judgement.n_waiting > 0 {
            let trials = count(ledger.judgement.n_waiting, "trial");
            blocks.push(Block::Note(format!(
                "Time ran out within a repeat: its {trials} will count once it is complete."
            )));
        }
    }
    Section::new("levers", "Gain of each lever", blocks)
}

fn how_measured(ledger: &Ledger) -> String {
    let direction = if ledger.experiment.recipe.metric.is_loss() { "falls" } else { "rises" };
    let metric = ledger.judgement.measured();
    format!(
        "Each lever was switched alone around one recipe, on the same folds with the same seeds and row \
         orders; each fold used the learning rate that its validation rows preferred. A gain is by how much \
         {metric} {direction} on held-out rows, which chose nothing. Intervals of 95 % are of the mean over \
         folds, corrected for the training rows that folds share (Nadeau and Bengio 2003)."
    )
}

fn how_to_read(ledger: &Ledger) -> String {
    let n_asked = ledger.judgement.levers.iter().filter(|lever| lever.test.is_some()).count();
    format!(
        "The probability that any of the {n_asked} is adopted in error is at most 5 %, by p-values adjusted after \
         Holm (1979), if the end was fixed beforehand: going on until something is adopted raises it. An interval is \
         for one lever alone, so it may exclude zero though the lever is not adopted. A lever that was far behind \
         after a repeat was dropped, so it has fewer folds and cannot be adopted. A gain as large as in the column \
         “detectable” is adopted with a power of {}; time and rate, the learning rate, are multiples of the \
         recipe's own.",
        percent(POWER)
    )
}

/// Levers that were compared, the most gainful first.
fn pictures(ledger: &Ledger, tried: &[&LeverReport]) -> Vec<Chart> {
    let row = |lever: &&LeverReport| {
        let (test, label) = (lever.test?, shorten(&lever.name, NAME));
        let note = format!("{}, {}", signed(test.mean), lever.verdict);
        let row = ForestRow::new(&label, test.mean, Some(test.interval), note);
        Some(ForestRow { shape: shape(lever.verdict), ..row })
    };
    let mut rows: Vec<ForestRow> = tried.iter().filter_map(row).collect();
    rows.truncate(MOST_LINES);
    let axis = format!("gain in {}, higher is better", ledger.judgement.measured());
    forest_columns("levers", "Gain of each lever", &axis, &rows, Some(0.0))
}

fn shape(verdict: Verdict) -> Shape {
    match verdict {
        Verdict::Adopt => Shape::Disc,
        Verdict::CannotTell | Verdict::NotTried => Shape::Ring,
        Verdict::Reject => Shape::Cross,
    }
}

fn all(tried: &[&LeverReport]) -> Table {
    let columns =
        ["lever", "verdict", "gain", "95 % interval", "adjusted p", "detectable", "folds", "time", "rate"];
    let rows = tried.iter().map(|lever| line(lever)).collect();
    Table::new("All levers that were tried", &columns, rows)
}

fn line(lever: &LeverReport) -> Vec<String> {
    let dash = || "-".to_owned();
    let times = |factor: f64| format!("× {}", (100.0 * factor).round() / 100.0);
    vec![
        shorten(&lever.name, NAME),
        format!("{}{}", lever.verdict, reason(lever)),
        lever.test.map_or_else(dash, |test| signed(test.mean)),
        interval(lever.test.map(|test| test.interval)),
        lever.adjusted_p.map_or_else(dash, p_value),
        or_dash(lever.smallest_effect),
        lever.n_folds.to_string(),
        lever.cost.map_or_else(dash, times),
        lever.rate.map_or_else(dash, times),
    ]
}

fn reason(lever: &LeverReport) -> &'static str {
    match (&lever.failure, lever.test) {
        (Some(_), _) => " (failed)",
        (None, None) => " (no difference)",
        _ => "",
    }
}

fn rate_note(ledger: &Ledger) -> Option<String> {
    let rate = ledger.judgement.baseline_rate.filter(|rate| *rate != 1.0)?;
    let direction = if rate > 1.0 { "higher" } else { "lower" };
    Some(format!(
        "Most folds of the recipe itself preferred a {direction} learning rate, {} times its own; levers are \
         compared with \
         it at that rate.",
        number(rate)
    ))
}

/// Levers of which nothing is known, and why.
pub(super) fn left(ledger: &Ledger) -> Option<Section> {
    let failed = ledger.judgement.levers.iter().filter_map(|lever| {
        lever
            .failure
            .as_ref()
            .map(|reason| (&lever.name, format!("failed: {}", (ledger.experiment.wording.settings)(reason))))
    });
    let refused = ledger.log.menu().refused.iter();
    let refused = refused.map(|refused| {
        (&refused.lever, format!("refused: {}", (ledger.experiment.wording.settings)(&refused.reason)))
    });
    let not_tried =
        ledger.judgement.found(Verdict::NotTried).map(|lever| (&lever.name, "no time was left".to_owned()));
    let row = |(lever, reason): (&String, String)| vec![shorten(lever, NAME), shorten(&reason, 300)];
    let rows: Vec<Vec<String>> = failed.chain(refused).chain(not_tried).map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let columns = ["lever", "why"];
    let blocks = vec![
        Block::Text(
            "These levers have no result. A refused one contradicts the recipe around which levers were switched."
                .into(),
        ),
        Block::Table(Table::new("Levers without a result", &columns, rows)),
    ];
    Some(Section::new("left", "Refused, failed, not tried", blocks))
}
