//! What the search gains on rows that no trial saw.

use super::{Gain, OnRows, Study, Trial};
use crate::chart::{Chart, ForestRow, Shape, forest_shapes};
use crate::document::{Align, Block, Section, Table};
use crate::words::{interval, number, percent, signed};

pub(super) fn section(study: &Study) -> Section {
    let blocks = match &study.gain {
        None => vec![Block::Note(
            "The holdout rows have not been looked at yet: that happens once, after the last trial.".into(),
        )],
        Some(gain) => measured(study, gain),
    };
    Section { id: "gain".into(), title: "Gain on holdout rows".into(), blocks }
}

fn measured(study: &Study, gain: &Gain) -> Vec<Block> {
    let share = percent(study.holdout_share);
    let mut blocks = vec![Block::Text(format!(
        "The score of the best of many trials is too optimistic. So {share} of the open rows were kept as \
         holdout, which no trial saw, and both recipes predicted them by the networks of all folds together."
    ))];
    let charts: Vec<Chart> = gain.mean.map(|mean| picture(study, gain, mean)).into_iter().collect();
    if charts.is_empty() {
        blocks.push(Block::Text("The search changed nothing, so there is no gain to measure.".into()));
    } else {
        blocks.push(Block::Charts(charts));
    }
    blocks.push(Block::Table(table(study, gain)));
    blocks.push(Block::Text(
        "“Optimism” is by how much the validation rows, which chose, overrate the same networks, those of one fold."
            .into(),
    ));
    if gain.n_looks > 1 {
        blocks.push(Block::Note(format!(
            "These rows were looked at {} times, once for each best recipe so far: going on because of their \
             scores makes these too optimistic.",
            gain.n_looks
        )));
    }
    blocks
}

/// What the rows that chose had promised, and what was seen.
fn picture(study: &Study, gain: &Gain, mean: f64) -> Chart {
    let row = |label: &str, mean: f64, low: Option<f64>, high: Option<f64>, note: String| ForestRow {
        label: label.to_owned(),
        mean,
        low,
        high,
        note,
    };
    let scored =
        |trial: Option<&Trial>| trial.map(|trial| study.score(trial)).filter(|score| score.is_finite());
    let promised = scored(study.taken()).zip(scored(study.own())).map(|(best, own)| best - own);
    let promised = promised.map(|promised| {
        (row("gain on validation rows", promised, None, None, signed(promised)), Shape::Ring)
    });
    let (low, high) = (gain.interval.map(|range| range.low), gain.interval.map(|range| range.high));
    let seen = row("gain on holdout rows", mean, low, high, signed(mean));
    let rows: Vec<(ForestRow, Shape)> = promised.into_iter().chain([(seen, Shape::Disc)]).collect();
    let axis = format!("gain in {}, higher is better", study.recipe.measured());
    forest_shapes("gain", "Gain on validation and on holdout rows", &axis, &rows, Some(0.0))
}

fn table(study: &Study, gain: &Gain) -> Table {
    let value = format!("{}, all folds together", study.recipe.measured());
    let columns = [
        ("recipe", Align::Left),
        (value.as_str(), Align::Right),
        ("95 % interval", Align::Right),
        ("one fold", Align::Right),
        ("optimism", Align::Right),
        ("95 % interval", Align::Right),
    ];
    let row = |(name, rows): (&str, &OnRows)| {
        let flattered = rows.flattered;
        vec![
            name.to_owned(),
            number(rows.value),
            interval(rows.interval),
            number(rows.single),
            flattered.map_or_else(|| "-".to_owned(), |(by, _)| signed(by)),
            interval(flattered.and_then(|(_, interval)| interval)),
        ]
    };
    let tuned = gain.tuned.as_ref().map(|tuned| ("chosen", tuned));
    let rows = [("original", &gain.own)].into_iter().chain(tuned).map(row).collect();
    Table::new("Both recipes on holdout rows", &columns, rows)
}
