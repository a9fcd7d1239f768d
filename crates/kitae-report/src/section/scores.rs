//! Scores with their intervals, and the baselines on the same folds.

use kitae_train::scores::{BaselineReport, MetricScore, ScoreReport};

use crate::Contents;
use crate::chart::{Chart, ForestRow, forest};
use crate::document::{Align, Block, Section, Table};
use crate::words::{
    blended, capital, interval, learned_nothing, mean_over_folds, number, optimistic, side_by_side,
    with_article,
};

pub(super) fn section(contents: &Contents) -> Section {
    let scores = &contents.manifest.scores;
    let mut blocks = vec![Block::Text(
        "Each row is predicted by networks of its own fold alone, which neither trained nor stopped on it. Lines \
         are 95 % intervals: over rows for scores, over folds for gains, corrected for the training rows that \
         folds share."
            .to_owned(),
    )];
    let gains = scores.baselines.iter().enumerate().map(|baseline| gain(scores, baseline));
    let charts = [heading(scores), shares(scores)].into_iter().chain(gains).flatten().collect();
    blocks.push(Block::Charts(charts));
    if let Some(text) = learned_nothing(scores) {
        blocks.push(Block::Note(format!("{}.", capital(&text))));
    }
    blocks.push(Block::Table(all(scores)));
    blocks.extend(scores.optimism.map(|optimism| Block::Text(optimistic(optimism))));
    blocks.extend(scores.linear_share.map(|share| Block::Text(blended(share))));
    if let Some(folds) = by_fold(scores) {
        blocks.push(Block::Details {
            summary: "Scores fold by fold".into(),
            blocks: vec![Block::Table(folds)],
        });
    }
    Section { id: "scores".into(), title: "Scores".into(), blocks }
}

/// The heading metric of what is delivered, of its parts and of a constant.
fn heading(scores: &ScoreReport) -> Option<Chart> {
    scores.entries.first()?;
    let rows: Vec<ForestRow> =
        side_by_side(scores).iter().rev().map(|(name, score)| row(name, score)).collect();
    let metric = scores.heading();
    let title = format!("{metric}: {} and the baselines", scores.predictions_by());
    Some(forest("scores", &title, &with_direction(scores), &rows, None))
}

fn row(label: &str, score: &MetricScore) -> ForestRow {
    let (low, high) = (score.interval.map(|ends| ends.low), score.interval.map(|ends| ends.high));
    ForestRow { label: label.to_owned(), mean: score.value, low, high, note: number(score.value) }
}

fn with_direction(scores: &ScoreReport) -> String {
    let better = if scores.metric.is_loss() { "lower" } else { "higher" };
    format!("{}, {better} is better", scores.heading())
}

/// By how much what is delivered is better than a baseline. Each has an axis of its own: what a constant loses would
/// hide what a linear model does.
fn gain(scores: &ScoreReport, (at, baseline): (usize, &BaselineReport)) -> Option<Chart> {
    let gain = baseline.gain.as_ref()?;
    let note = match (gain.interval.low > 0.0, gain.interval.high < 0.0) {
        (true, _) => "better",
        (_, true) => "worse",
        _ => "inconclusive",
    };
    let row = ForestRow {
        label: "mean over folds".to_owned(),
        mean: gain.mean,
        low: Some(gain.interval.low),
        high: Some(gain.interval.high),
        note: format!("{}: {note}", number(gain.mean)),
    };
    let title = format!("{} against {}", capital(scores.predictions_by()), with_article(&baseline.name));
    let axis = format!("gain in {}, higher is better", scores.heading());
    Some(forest(&format!("gain-{}", at + 1), &title, &axis, &[row], Some(0.0)))
}

/// All metrics whose best is 1.
fn shares(scores: &ScoreReport) -> Option<Chart> {
    let is_share = |entry: &&MetricScore| !entry.metric.is_loss() && entry.metric.bounds().1 == 1.0;
    let rows = scores.entries.iter().filter(is_share);
    let rows: Vec<ForestRow> = rows.map(|entry| row(&entry.label(), entry)).collect();
    let title = "Metrics with a best value of 1";
    (rows.len() > 1).then(|| forest("metrics", title, "higher is better", &rows, None))
}

/// The table that the terminal shows, with the baselines.
fn all(scores: &ScoreReport) -> Table {
    let line = |label: String, entry: &MetricScore| {
        let mean = mean_over_folds(&entry.folds).map_or_else(|| "-".to_owned(), number);
        vec![label, number(entry.value), interval(entry.interval), mean, interval(entry.folds_interval)]
    };
    let own = scores.entries.iter().map(|entry| line(entry.label(), entry));
    let others = side_by_side(scores);
    let others = others[..others.len().saturating_sub(1)].iter();
    let baselines = others.map(|(name, score)| line(format!("{}, {name}", score.label()), score));
    let columns = [
        ("metric", Align::Left),
        ("value", Align::Right),
        ("95 % interval", Align::Right),
        ("mean over folds", Align::Right),
        ("95 % interval", Align::Right),
    ];
    Table::new("Scores and their intervals", &columns, own.chain(baselines).collect())
}

/// The heading metric of all in each fold.
fn by_fold(scores: &ScoreReport) -> Option<Table> {
    /// More folds than a reader compares.
    const MOST_FOLDS: usize = 200;
    let network = scores.entries.first().filter(|entry| entry.folds.len() > 1)?;
    let all = side_by_side(scores);
    let mut columns = vec![("fold".to_owned(), Align::Left)];
    columns.extend(all.iter().rev().map(|(name, _)| (name.clone(), Align::Right)));
    let cell = |score: Option<&Option<f64>>| score.copied().flatten().map_or_else(|| "-".to_owned(), number);
    let row = |fold: usize| {
        let scores = all.iter().rev().map(|(_, score)| cell(score.folds.get(fold)));
        std::iter::once((fold + 1).to_string()).chain(scores).collect()
    };
    let rows = (0..network.folds.len().min(MOST_FOLDS)).map(row).collect();
    Some(Table { caption: format!("{} of each fold", scores.heading()), columns, rows })
}
