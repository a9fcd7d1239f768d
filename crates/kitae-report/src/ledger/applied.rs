//! The adopted levers together: what they promised, and what rows held back say.

use super::{Application, Applied, Ledger};
use crate::chart::{Chart, ForestRow, Shape, forest_shapes};
use crate::document::{Align, Block, Section, Table};
use crate::section::NAME;
use crate::words::{bracket, capital, count, listed, promise, quoted, shorten, signed};

pub(super) fn section(ledger: &Ledger) -> Option<Section> {
    let blocks = match &ledger.application {
        Application::NotAsked => return None,
        Application::Nothing => vec![Block::Text(
            "No lever was adopted, so there was nothing to measure on the holdout rows.".into(),
        )],
        Application::Measured(applied) => measured(ledger, applied),
    };
    Some(Section { id: "applied".into(), title: "Applied, on holdout rows".into(), blocks })
}

fn measured(ledger: &Ledger, applied: &Applied) -> Vec<Block> {
    let names: Vec<String> = applied.levers.iter().map(|name| shorten(name, NAME)).collect();
    let mut blocks = vec![Block::Text(format!(
        "Combined: {}. Gains that were selected for being large are too optimistic, and levers overlap in \
         what they gain; so the combined recipe was measured against the old one on {} that no trial had seen.",
        listed(&names, 20),
        count(applied.n_rows, "row")
    ))];
    blocks.push(Block::Charts(vec![picture(ledger, applied)]));
    let interval = applied.gain.map(|gain| gain.interval);
    if let Some(text) = applied.mean.and_then(|mean| promise(applied.promised, mean, interval)) {
        blocks.push(Block::Text(format!("{}.", capital(&text))));
    }
    if applied.n_looks > 1 {
        blocks.push(Block::Text(format!(
            "These rows were looked at {} times, once for each set of adopted levers so far: going on because \
             of their scores makes these too optimistic.",
            applied.n_looks
        )));
    }
    if !applied.left_out.is_empty() {
        let columns = [("adopted, but left out", Align::Left), ("why", Align::Left)];
        let row = |(lever, why): &(String, String)| vec![shorten(lever, NAME), shorten(why, 300)];
        let rows = applied.left_out.iter().map(row).collect();
        blocks.push(Block::Table(Table::new("Adopted levers that were left out", &columns, rows)));
    }
    let (folder, recipe) = (quoted(ledger.folder), quoted(&format!("{}/recipe.toml", ledger.folder)));
    blocks.push(Block::Text(format!(
        "The keys of the adopted levers are in `recipe.toml`, with the median learning rate of its folds. On \
         the ledger's rows, columns and splits they make a model \
         with `kitae train --of {folder} --recipe {recipe} --out MODEL`."
    )));
    blocks
}

fn picture(ledger: &Ledger, applied: &Applied) -> Chart {
    let row = |label: &str, mean: f64, ends: Option<(f64, f64)>| ForestRow {
        label: label.to_owned(),
        mean,
        low: ends.map(|ends| ends.0),
        high: ends.map(|ends| ends.1),
        note: signed(mean) + &ends.map(|_| interval_of(applied)).unwrap_or_default(),
    };
    let ends = applied.gain.map(|gain| (gain.interval.low, gain.interval.high));
    let mut rows = vec![(row("sum of the single gains", applied.promised, None), Shape::Ring)];
    rows.extend(applied.mean.map(|mean| (row("gain on holdout rows", mean, ends), Shape::Disc)));
    let axis = format!("gain in {}, higher is better", ledger.recipe.measured());
    forest_shapes("applied", "Sum of the single gains, and gain on holdout rows", &axis, &rows, Some(0.0))
}

fn interval_of(applied: &Applied) -> String {
    applied.gain.map(|gain| format!(" {}", bracket(gain.interval))).unwrap_or_default()
}
