//! Scores with their intervals, and the baselines on the same folds.

use kitae_eval::MetricValue;
use kitae_train::scores::{BaselineReport, MetricScore, ScoreReport};

use super::verdict::against_baselines;
use crate::Contents;
use crate::chart::{Chart, ForestRow, forest};
use crate::document::{Block, Section, Table};
use crate::words::{
    blended, capital, count, interval, learned_nothing, mean_over_folds, number, optimistic, or_dash,
    side_by_side, with_article,
};

/// The scores of a model beside those of its baselines, as a terminal shows them.
pub fn scores(report: &ScoreReport) -> Vec<Block> {
    let mut blocks = tables(report);
    blocks.push(Block::Text(against_baselines(report)));
    blocks.extend(cautions(report));
    blocks
}

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
    blocks.extend(tables(scores));
    blocks.extend(cautions(scores));
    if let Some(folds) = by_fold(scores) {
        blocks.push(Block::Details {
            summary: "Scores fold by fold".into(),
            blocks: vec![Block::Table(folds)],
        });
    }
    Section::new("scores", "Scores", blocks)
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
    let interval = score.interval.map(|interval| interval.map(f64::from));
    ForestRow::new(label, score.value.0, interval, number(score.value))
}

fn with_direction(scores: &ScoreReport) -> String {
    let better = if scores.metric.is_loss() { "lower" } else { "higher" };
    format!("{}, {better} is better", scores.heading())
}

/// By how much what is delivered is better than a baseline. Each has an axis of its own: what a constant
/// loses would hide what a linear model does.
fn gain(scores: &ScoreReport, (at, baseline): (usize, &BaselineReport)) -> Option<Chart> {
    let gain = baseline.gain.as_ref()?;
    let note = match (gain.interval.low > 0.0, gain.interval.high < 0.0) {
        (true, _) => "better",
        (_, true) => "worse",
        _ => "inconclusive",
    };
    let note = format!("{}: {note}", number(gain.mean));
    let row = ForestRow::new("mean over folds", gain.mean, Some(gain.interval), note);
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

/// What is to be known of the scores.
fn cautions(scores: &ScoreReport) -> impl Iterator<Item = Block> {
    let blended = scores.linear_share.map(blended);
    blended.into_iter().chain(scores.optimism.map(optimistic)).map(Block::Text)
}

/// All metrics of what is delivered, and the heading one of all.
fn tables(scores: &ScoreReport) -> Vec<Block> {
    let line = |(label, score): (String, &MetricScore)| {
        let mean = or_dash(mean_over_folds(&score.folds));
        vec![label, number(score.value), interval(score.interval), mean, interval(score.folds_interval)]
    };
    let table = |caption: String, first: &str, rows: Vec<(String, &MetricScore)>| {
        let columns = [first, "value", "95 % interval", "mean over folds", "95 % interval"];
        Block::Table(Table::new(&caption, &columns, rows.into_iter().map(line).collect()))
    };
    let rows = count(scores.n_rows, "row");
    let own = format!("Out-of-fold scores on {rows} (each predicted by networks that had not seen it)");
    let all = format!("Compared by {} on the same folds", scores.heading());
    vec![
        table(own, "metric", scores.entries.iter().map(|entry| (entry.label(), entry)).collect()),
        table(all, "predictions", side_by_side(scores)),
    ]
}

/// The heading metric of all in each fold.
fn by_fold(scores: &ScoreReport) -> Option<Table> {
    let network = scores.entries.first().filter(|entry| entry.folds.len() > 1)?;
    let all = side_by_side(scores);
    let names = all.iter().rev().map(|(name, _)| name.clone());
    let columns = std::iter::once("fold".to_owned()).chain(names).collect();
    let cell = |score: Option<&Option<MetricValue>>| or_dash(score.copied().flatten());
    let row = |fold: usize| {
        let scores = all.iter().rev().map(|(_, score)| cell(score.folds.get(fold)));
        std::iter::once((fold + 1).to_string()).chain(scores).collect()
    };
    let rows = (0..network.folds.len()).map(row).collect();
    Some(Table { caption: format!("{} of each fold", scores.heading()), columns, rows })
}
