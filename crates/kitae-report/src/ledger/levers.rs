//! All levers in one picture and one table, and those that were not tried.

use kitae_eval::tests::POWER;

use super::{Finding, Ledger, Tried};
use crate::chart::{Chart, ForestRow, Shape, forest_columns};
use crate::document::{Align, Block, Section, Table};
use crate::section::NAME;
use crate::words::{count, interval, number, p_value, percent, shorten, signed};

/// Lines of the pictures.
const MOST_LINES: usize = 80;
/// Lines of a table.
const MOST_ROWS: usize = 200;

pub(super) fn section(ledger: &Ledger) -> Section {
    let tried: Vec<&Tried> =
        ledger.levers.iter().filter(|lever| lever.finding != Finding::NotTried).collect();
    let mut blocks = Vec::new();
    if tried.is_empty() {
        blocks.push(Block::Note("No lever has been tried yet, so there is nothing to compare.".into()));
    } else {
        blocks.push(Block::Text(how_measured(ledger)));
        blocks.push(Block::Charts(pictures(ledger, &tried)));
        blocks.push(Block::Text(how_to_read(ledger)));
        blocks.push(Block::Table(all(&tried)));
        blocks.extend(rate_note(ledger).map(Block::Text));
        if ledger.n_waiting > 0 {
            let trials = count(ledger.n_waiting, "trial");
            blocks.push(Block::Note(format!(
                "Time ran out within a repeat: its {trials} will count once it is complete."
            )));
        }
        if tried.len() > MOST_ROWS {
            blocks.push(Block::Note(format!("The table lists the first {MOST_ROWS} levers.")));
        }
    }
    Section { id: "levers".into(), title: "Gain of each lever".into(), blocks }
}

fn how_measured(ledger: &Ledger) -> String {
    let direction = if ledger.recipe.metric.is_loss() { "falls" } else { "rises" };
    let metric = ledger.recipe.measured();
    format!(
        "Each lever was switched alone around one recipe, on the same folds with the same seeds and row \
         orders; each fold used the learning rate that its validation rows preferred. A gain is by how much \
         {metric} {direction} on held-out rows, which chose nothing. Lines are 95 % intervals of the mean \
         over folds, corrected for the training rows \
         that folds share (Nadeau and Bengio 2003)."
    )
}

fn how_to_read(ledger: &Ledger) -> String {
    let n_asked = ledger.levers.iter().filter(|lever| lever.test.is_some()).count();
    format!(
        "Filled dots are adopted: the probability that any of the {n_asked} is adopted in error is at most 5 \
         %, by p-values adjusted after Holm (1979), if the end was fixed beforehand: going on until something \
         is adopted raises it. Rings are inconclusive, crosses are rejected. The intervals in the chart are \
         for one lever each, so some exclude zero though the lever is not adopted. A lever that was far \
         behind after a repeat was dropped, so it has fewer folds and cannot be adopted. A gain as large as \
         in the column “detectable” is adopted with a power of {}; time and rate, the learning rate, are \
         multiples of the recipe's own.",
        percent(POWER)
    )
}

/// Levers that were compared, the most gainful first.
fn pictures(ledger: &Ledger, tried: &[&Tried]) -> Vec<Chart> {
    let row = |lever: &&Tried| {
        let test = lever.test?;
        let row = ForestRow {
            label: shorten(&lever.name, NAME),
            mean: test.mean,
            low: Some(test.interval.low),
            high: Some(test.interval.high),
            note: format!("{}, {}", signed(test.mean), lever.finding),
        };
        Some((row, shape(lever.finding)))
    };
    let mut rows: Vec<(ForestRow, Shape)> = tried.iter().filter_map(row).collect();
    rows.truncate(MOST_LINES);
    let axis = format!("gain in {}, higher is better", ledger.recipe.measured());
    forest_columns("levers", "Gain of each lever", &axis, &rows, Some(0.0))
}

fn shape(finding: Finding) -> Shape {
    match finding {
        Finding::Adopt => Shape::Disc,
        Finding::CannotTell | Finding::NotTried => Shape::Ring,
        Finding::Reject => Shape::Cross,
    }
}

fn all(tried: &[&Tried]) -> Table {
    let columns = [
        ("lever", Align::Left),
        ("verdict", Align::Left),
        ("gain", Align::Right),
        ("95 % interval", Align::Right),
        ("adjusted p", Align::Right),
        ("detectable", Align::Right),
        ("folds", Align::Right),
        ("time", Align::Right),
        ("rate", Align::Right),
    ];
    let rows = tried.iter().take(MOST_ROWS).map(|lever| line(lever)).collect();
    Table::new("All levers that were tried", &columns, rows)
}

fn line(lever: &Tried) -> Vec<String> {
    let dash = || "-".to_owned();
    let times = |factor: f64| format!("× {}", (100.0 * factor).round() / 100.0);
    vec![
        shorten(&lever.name, NAME),
        format!("{}{}", lever.finding, reason(lever)),
        lever.test.map_or_else(dash, |test| signed(test.mean)),
        interval(lever.test.map(|test| test.interval)),
        lever.adjusted_p.map_or_else(dash, p_value),
        lever.smallest_effect.map_or_else(dash, number),
        lever.n_folds.to_string(),
        lever.cost.map_or_else(dash, times),
        lever.rate.map_or_else(dash, times),
    ]
}

fn reason(lever: &Tried) -> &'static str {
    match (&lever.failure, lever.test) {
        (Some(_), _) => " (failed)",
        (None, None) => " (no difference)",
        _ => "",
    }
}

fn rate_note(ledger: &Ledger) -> Option<String> {
    let rate = ledger.baseline_rate.filter(|rate| *rate != 1.0)?;
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
    let failed = ledger.levers.iter().filter_map(|lever| {
        lever.failure.as_ref().map(|reason| (lever.name.clone(), format!("failed: {reason}")))
    });
    let refused = ledger.refused.iter().map(|(lever, reason)| (lever.clone(), format!("refused: {reason}")));
    let not_tried =
        ledger.found(Finding::NotTried).map(|lever| (lever.name.clone(), "no time was left".to_owned()));
    let row = |(lever, reason): (String, String)| vec![shorten(&lever, NAME), shorten(&reason, 300)];
    let rows: Vec<Vec<String>> = failed.chain(refused).chain(not_tried).take(MOST_ROWS).map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let columns = [("lever", Align::Left), ("why", Align::Left)];
    let blocks = vec![
        Block::Text(
            "These levers have no result. A refused one contradicts the recipe around which levers were switched."
                .into(),
        ),
        Block::Table(Table::new("Levers without a result", &columns, rows)),
    ];
    Some(Section { id: "left".into(), title: "Refused, failed, not tried".into(), blocks })
}
