//! The trials: the best so far in one picture, the best ones in a table, and what the very best changed.

use super::{Bag, Fate, Study, Trial};
use crate::chart::{Axis, Chart, Frame, Point, Stroke, dot, label, line};
use crate::document::{Align, Block, Section, Table};
use crate::section::NAME;
use crate::words::{count, interval, number, shorten};

const HEIGHT: f64 = 240.0;
/// Lines of the table of the best.
const N_BEST: usize = 10;
/// Lines of the table of all.
const MOST_ROWS: usize = 200;
/// Characters of what a trial changes.
const CHANGES: usize = 400;
/// Trials of the picture.
const MOST_POINTS: usize = 1500;

pub(super) fn section(study: &Study) -> Section {
    let mut blocks = Vec::new();
    if study.best().is_none() {
        blocks
            .push(Block::Note("No trial has ended yet on all folds, so there is nothing to compare.".into()));
    } else {
        blocks.push(Block::Text(how_to_read(study)));
        blocks.push(Block::Charts(vec![picture(study)]));
        blocks.push(Block::Heading("Best trials".into()));
        blocks.push(Block::Table(the_best(study)));
    }
    if !study.bags.is_empty() {
        blocks.extend(bags(study));
    }
    if study.trials.len() > 1 {
        let mut inner = vec![Block::Table(every(study))];
        if study.trials.len() > MOST_ROWS {
            inner.push(Block::Note(format!("The table lists the first {MOST_ROWS} trials.")));
        }
        let summary = format!("All {}", count(study.trials.len(), "trial"));
        blocks.push(Block::Details { summary, blocks: inner });
    }
    Section { id: "trials".into(), title: "Trials".into(), blocks }
}

fn how_to_read(study: &Study) -> String {
    let metric = study.recipe.measured();
    let direction = if study.recipe.metric.is_loss() { "lower" } else { "higher" };
    let mut text = format!(
        "Each trial is the recipe with other values of its levers, trained on one fold first; the best third \
         goes on to three times as many, and so on up to all. The chart shows {metric} on the validation \
         rows, which choose {} and score the trial; {direction} is better. Dots were trained on all folds, \
         rings were pruned after some, and an arrow at the edge is a trial beyond it. The line is the best on \
         all folds so far, the large ring what \
         was chosen; trial 0 is the recipe itself.",
        study.recipe.validation_rows_choose()
    );
    let n_failed = study.n(Fate::Failed);
    if n_failed > 0 {
        let failed = format!(" {} could not be trained or scored.", count(n_failed, "trial"));
        text.push_str(&failed);
    }
    text
}

fn picture(study: &Study) -> Chart {
    let metric = study.recipe.measured();
    let steps = steps(study);
    let points: Vec<(&Trial, Point)> = study
        .trials
        .iter()
        .filter(|trial| matches!(trial.fate, Fate::Complete | Fate::GivenUp))
        .filter_map(|trial| Some((trial, (f64::from(trial.number), trial.value.filter(|v| v.is_finite())?))))
        .take(MOST_POINTS)
        .collect();
    let last = study.trials.iter().map(|trial| trial.number).max().unwrap_or(0).max(4);
    let numbers = Axis { values: (-0.5, f64::from(last) + 0.5), ..Axis::share("trial") };
    let frame = Frame::new(numbers, Axis::of(&metric, &shown(study, &points)), HEIGHT);
    let mut marks = frame.axes() + &legend();
    marks.push_str(&points.iter().map(|(trial, point)| mark(&frame, trial.fate, *point)).collect::<String>());
    marks.push_str(&line(&frame, &steps, Stroke::Accent));
    marks.extend(study.taken().and_then(|taken| Some(dot(&frame, (f64::from(taken.number), taken.value?)))));
    frame.chart("trials", &format!("Best {metric} so far"), &described(study, points.len()), marks)
}

fn described(study: &Study, n_points: usize) -> String {
    let metric = study.recipe.measured();
    let own = study
        .own()
        .and_then(|own| own.value)
        .map_or_else(String::new, |value| format!(" The recipe itself has a {metric} of {}.", number(value)));
    let best = study.best().map_or_else(String::new, |best| {
        let value = best.value.map_or_else(|| "-".to_owned(), number);
        format!(" The best is {value}, of trial {}.", best.number)
    });
    let complete = study.n(Fate::Complete);
    format!(
        "{}, {complete} of them on all folds and {} pruned.{own}{best}",
        count(n_points, "trial"),
        study.n(Fate::GivenUp)
    )
}

/// What the axis spans: the recipe itself, the line, and of the rest not much more than three quarters of them need.
fn shown(study: &Study, points: &[(&Trial, Point)]) -> Vec<f64> {
    /// Trials farther from the best than so many times the upper quartile are at the edge.
    const FARTHEST: f64 = 1.5;
    let Some(best) = study.best().and_then(|best| best.value) else { return Vec::new() };
    let mut away: Vec<f64> = points.iter().map(|(_, point)| (point.1 - best).abs()).collect();
    away.sort_unstable_by(f64::total_cmp);
    let usual = away.get((away.len() * 3).div_ceil(4).saturating_sub(1)).copied().unwrap_or(0.0);
    let values = points.iter().map(|(_, point)| point.1);
    values.filter(|value| (value - best).abs() <= FARTHEST * usual).collect()
}

/// The best so far as a staircase to the last trial.
fn steps(study: &Study) -> Vec<Point> {
    let mut steps: Vec<Point> = Vec::new();
    let mut best: Option<&Trial> = None;
    for trial in study.trials.iter().filter(|trial| trial.fate == Fate::Complete) {
        let Some(value) = trial.value.filter(|value| value.is_finite()) else { continue };
        if best.is_some_and(|best| study.score(trial) <= study.score(best)) {
            continue;
        }
        let at = f64::from(trial.number);
        steps.extend(steps.last().map(|last| (at, last.1)));
        steps.push((at, value));
        best = Some(trial);
    }
    let last = study.trials.last().map(|trial| f64::from(trial.number));
    steps.extend(last.zip(steps.last()).map(|(at, step)| (at, step.1)));
    steps
}

/// What lies outside of the axis is an arrow at its edge.
fn mark(frame: &Frame, fate: Fate, (x, y): Point) -> String {
    let at = frame.x.at(x);
    let (low, high) = frame.y.values;
    if y < low || y > high {
        let (tip, back) = if y > high { (frame.y.at(y), 5.0) } else { (frame.y.at(y), -5.0) };
        return format!(
            "<path class=\"base\" d=\"M{:.1} {:.1}l3 {}l3 {back}\"/>",
            at - 3.0,
            tip + back,
            -back
        );
    }
    disc_or_ring(fate, (at, frame.y.at(y)))
}

fn disc_or_ring(fate: Fate, (x, y): Point) -> String {
    match fate {
        Fate::Complete => format!("<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"),
        _ => format!("<circle class=\"hole\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>"),
    }
}

fn legend() -> String {
    const BASELINE: f64 = 14.0;
    let one = |(fate, at, text): (Fate, f64, &str)| {
        disc_or_ring(fate, (at, BASELINE - 4.0)) + &label("note", (at + 8.0, BASELINE), text)
    };
    [(Fate::Complete, 218.0, "on all folds"), (Fate::GivenUp, 300.0, "pruned")].map(one).concat()
}

/// The best on all folds, and the recipe itself.
fn best<'a>(study: &'a Study) -> Vec<&'a Trial> {
    let mut complete: Vec<&Trial> =
        study.trials.iter().filter(|trial| trial.fate == Fate::Complete && trial.value.is_some()).collect();
    complete.sort_by(|a, b| study.score(b).total_cmp(&study.score(a)));
    let own = complete.iter().skip(N_BEST).find(|trial| trial.number == 0).copied();
    complete.truncate(N_BEST);
    complete.extend(own);
    complete
}

fn the_best(study: &Study) -> Table {
    let value = format!("{} on validation rows", study.recipe.measured());
    let columns = [
        ("trial", Align::Left),
        (value.as_str(), Align::Right),
        ("95 % interval", Align::Right),
        ("changes", Align::Left),
    ];
    let row = |trial: &Trial| {
        let value = trial.value.map_or_else(|| "-".to_owned(), number);
        vec![trial.number.to_string(), value, interval(trial.interval), changed(trial)]
    };
    Table::new("The best trials on all folds", &columns, best(study).into_iter().map(row).collect())
}

fn every(study: &Study) -> Table {
    let value = format!("{} on validation rows", study.recipe.measured());
    let columns = [
        ("trial", Align::Left),
        (value.as_str(), Align::Right),
        ("folds", Align::Right),
        ("seconds", Align::Right),
        ("state", Align::Left),
        ("changes", Align::Left),
    ];
    let dash = || "-".to_owned();
    let row = |trial: &Trial| {
        vec![
            trial.number.to_string(),
            trial.value.map_or_else(dash, number),
            trial.n_folds.to_string(),
            trial.seconds.map_or_else(dash, number),
            trial.fate.to_string(),
            changed(trial),
        ]
    };
    Table::new("All trials", &columns, study.trials.iter().take(MOST_ROWS).map(row).collect())
}

/// The last round, which chooses.
fn bags(study: &Study) -> Vec<Block> {
    let value = format!("{} of its bag", study.recipe.measured());
    let columns = [("trial", Align::Left), (value.as_str(), Align::Right), ("choice", Align::Left)];
    let row = |bag: &Bag| {
        let chosen = if study.chosen == Some(bag.number) { "chosen" } else { "" };
        let value = bag.value.map_or_else(|| "-".to_owned(), number);
        vec![bag.number.to_string(), value, chosen.to_owned()]
    };
    let rows = study.bags.iter().map(row).collect();
    vec![
        Block::Heading("Final selection".into()),
        Block::Text(
            "A model predicts by the networks of all folds together, and what makes one of them better alone may make \
             them more alike. So the best trials and the recipe itself were trained once more without some rows of the \
             study, and the best bag on those rows is chosen."
                .into(),
        ),
        Block::Table(Table::new("The best trials as a model predicts", &columns, rows)),
    ]
}

fn changed(trial: &Trial) -> String {
    let why =
        trial.failure.as_ref().map(|why| format!("failed: {}; ", shorten(why, 200))).unwrap_or_default();
    if trial.changes.is_empty() {
        return why + "the recipe itself";
    }
    let one =
        |(lever, value): &(String, String)| format!("{} {}", shorten(lever, NAME), shorten(value, NAME));
    shorten(&(why + &trial.changes.iter().map(one).collect::<Vec<_>>().join(", ")), CHANGES)
}

/// The recipe of the chosen trial beside the one that the search started from.
pub(super) fn changes(study: &Study) -> Option<Section> {
    let taken = study.taken()?;
    let blocks = if study.changes.is_empty() {
        vec![Block::Text("No trial was better than the recipe itself, so nothing changes.".into())]
    } else {
        let row = |change: &super::Change| {
            vec![shorten(&change.lever, NAME), shorten(&change.best, NAME), shorten(&change.was, NAME)]
        };
        let columns = [("lever", Align::Left), ("now", Align::Right), ("was", Align::Right)];
        let rows = study.changes.iter().map(row).collect();
        vec![
            Block::Text(format!(
                "Trial {} is {}. What it changes is in `recipe.toml`, for `kitae train --recipe`.",
                taken.number,
                if study.chosen.is_some() { "chosen" } else { "the best so far" }
            )),
            Block::Table(Table::new("What the chosen trial changed", &columns, rows)),
        ]
    };
    Some(Section { id: "changes".into(), title: "What the search changed".into(), blocks })
}

#[cfg(test)]
mod tests {
    use kitae_train::model::Manifest;

    use super::*;

    fn study_of(trials: &[(Fate, f64)], check: impl Fn(&Study)) {
        let manifest: Manifest =
            serde_json::from_str(include_str!("../../tests/fixtures/classes.json")).unwrap();
        let mut study = Study::new("s", &manifest.recipe);
        let trial = |(at, (fate, value)): (usize, &(Fate, f64))| Trial {
            value: Some(*value),
            ..Trial::new(at as u32, *fate)
        };
        study.trials = trials.iter().enumerate().map(trial).collect();
        check(&study);
    }

    #[test]
    fn the_line_falls_where_a_trial_on_all_folds_has_less_loss() {
        use Fate::{Complete, GivenUp};
        let trials =
            [(Complete, 0.5), (GivenUp, 0.1), (Complete, 0.6), (Complete, 0.4), (Complete, f64::NAN)];
        study_of(&trials, |study| {
            assert_eq!(steps(study), [(0.0, 0.5), (3.0, 0.5), (3.0, 0.4), (4.0, 0.4)]);
            assert_eq!(best(study).iter().map(|trial| trial.number).collect::<Vec<_>>(), [3, 0, 2, 4]);
        });
        study_of(&[], |study| assert!(steps(study).is_empty()));
    }

    #[test]
    fn a_trial_far_off_is_an_arrow_and_does_not_squeeze_the_others() {
        let mut trials = vec![(Fate::Complete, 0.5), (Fate::Complete, 0.4)];
        trials.extend((0..8).map(|at| (Fate::GivenUp, 0.55 + 0.01 * f64::from(at))));
        trials.push((Fate::GivenUp, 70.0));
        study_of(&trials, |study| {
            let chart = picture(study);
            // Ten trials, two of the legend, and the ring of the chosen one.
            assert_eq!(chart.marks.matches("<circle").count(), 13);
            assert_eq!(chart.marks.matches("class=\"base\"").count(), 2);
            assert!(chart.description.contains("11 trials, 2 of them on all folds and 9 pruned"));
        });
    }
}
