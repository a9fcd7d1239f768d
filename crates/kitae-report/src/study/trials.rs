//! The trials: the best so far in one picture, the best ones in a table, and what the very best changed.

use kitae_eval::Score;
use kitae_lab::tune::{Bag, Change, State, StudyTrial, best_trial};

use super::{StudyReport, changes_of};
use crate::chart::{Axis, Chart, Frame, Point, Stroke, dot, label, line};
use crate::document::{Block, Section, Table};
use crate::section::NAME;
use crate::wording::Step;
use crate::words::{count, interval, number, or_dash, shorten};

const HEIGHT: f64 = 240.0;
/// Lines of the table of the best.
const N_BEST: usize = 10;
/// Characters of what a trial changes.
const CHANGES: usize = 400;
/// Trials of the picture.
const MOST_POINTS: usize = 1500;

pub(super) fn section(study: &StudyReport) -> Section {
    let mut blocks = Vec::new();
    if best_trial(&study.record.trials).is_none() {
        blocks
            .push(Block::Note("No trial has ended yet on all folds, so there is nothing to compare.".into()));
    } else {
        blocks.push(Block::Text(how_to_read(study)));
        blocks.push(Block::Charts(vec![picture(study)]));
        blocks.push(Block::Legend(LEGEND.into()));
    }
    blocks.extend(best_and_bags(study));
    let n_trials = study.record.trials.len();
    if n_trials > 1 {
        let summary = format!("All {}", count(n_trials, "trial"));
        blocks.push(Block::Details { summary, blocks: vec![Block::Table(every(study))] });
    }
    Section::new("trials", "Trials", blocks)
}

/// The best trials, and the last round, which chooses among them.
pub(super) fn best_and_bags(study: &StudyReport) -> Vec<Block> {
    let mut blocks = Vec::new();
    let best = best(study);
    if !best.is_empty() {
        let table = table("The best trials on all folds", study, best.into_iter());
        blocks.extend([Block::Heading("Best trials".into()), Block::Table(table)]);
    }
    if !study.record.bags.is_empty() {
        blocks.extend(bags(study));
    }
    blocks
}

const LEGEND: &str = "Dots were trained on all folds, rings were pruned after some, and an arrow at the edge is a \
     trial beyond it. The line is the best on all folds so far, the large ring what was chosen; trial 0 is the recipe \
     itself.";

fn how_to_read(study: &StudyReport) -> String {
    let metric = study.measured();
    let direction = if study.experiment.recipe.metric.is_loss() { "lower" } else { "higher" };
    let mut text = format!(
        "Each trial is the recipe with other values of its levers, trained on one fold first; the best third \
         goes on to three times as many, and so on up to all. The chart shows {metric} on the validation \
         rows, which choose {} and score the trial; {direction} is better.",
        study.experiment.recipe.validation_rows_choose()
    );
    let n_failed = study.record.n(State::Failed);
    if n_failed > 0 {
        let failed = format!(" {} could not be trained or scored.", count(n_failed, "trial"));
        text.push_str(&failed);
    }
    text
}

fn picture(study: &StudyReport) -> Chart {
    let metric = study.measured();
    let steps = steps(study);
    let points: Vec<(&StudyTrial, Point)> = study
        .record
        .trials
        .iter()
        .filter(|trial| matches!(trial.state, State::Complete | State::Stopped))
        .filter_map(|trial| Some((trial, (f64::from(trial.number), study.value(trial)?))))
        .take(MOST_POINTS)
        .collect();
    let last = study.record.trials.iter().map(|trial| trial.number).max().unwrap_or(0).max(4);
    let numbers = Axis { values: (-0.5, f64::from(last) + 0.5), ..Axis::share("trial") };
    let frame = Frame::new(numbers, Axis::of(&metric, &shown(study, &points)), HEIGHT);
    let mut marks = frame.axes() + &legend();
    marks
        .push_str(&points.iter().map(|(trial, point)| mark(&frame, trial.state, *point)).collect::<String>());
    marks.push_str(&line(&frame, &steps, Stroke::Accent));
    marks.extend(
        study
            .record
            .taken()
            .and_then(|taken| Some(dot(&frame, (f64::from(taken.number), study.value(taken)?)))),
    );
    frame.chart("trials", &format!("Best {metric} so far"), &described(study, points.len()), marks)
}

fn described(study: &StudyReport, n_points: usize) -> String {
    let metric = study.measured();
    let own = study.record.trial(0).and_then(|own| study.value(own));
    let own = own
        .map_or_else(String::new, |value| format!(" The recipe itself has a {metric} of {}.", number(value)));
    let best = best_trial(&study.record.trials).map_or_else(String::new, |best| {
        format!(" The best is {}, of trial {}.", or_dash(study.value(best)), best.number)
    });
    let complete = study.record.n(State::Complete);
    format!(
        "{}, {complete} of them on all folds and {} pruned.{own}{best}",
        count(n_points, "trial"),
        study.record.n(State::Stopped)
    )
}

/// What the axis spans: the recipe itself, the line, and of the rest not much more than three quarters of
/// them need.
fn shown(study: &StudyReport, points: &[(&StudyTrial, Point)]) -> Vec<f64> {
    /// Trials farther from the best than so many times the upper quartile are at the edge.
    const FARTHEST: f64 = 1.5;
    let best = best_trial(&study.record.trials).and_then(|best| study.value(best));
    let Some(best) = best else { return Vec::new() };
    let mut away: Vec<f64> = points.iter().map(|(_, point)| (point.1 - best).abs()).collect();
    away.sort_unstable_by(f64::total_cmp);
    let usual = away.get((away.len() * 3).div_ceil(4).saturating_sub(1)).copied().unwrap_or(0.0);
    let values = points.iter().map(|(_, point)| point.1);
    values.filter(|value| (value - best).abs() <= FARTHEST * usual).collect()
}

/// The best so far as a staircase to the last trial.
fn steps(study: &StudyReport) -> Vec<Point> {
    let mut steps: Vec<Point> = Vec::new();
    let mut best = Score(f64::NEG_INFINITY);
    for trial in study.record.trials.iter().filter(|trial| trial.state == State::Complete) {
        let Some(score) = trial.score.filter(|score| score.0.is_finite() && *score > best) else { continue };
        let at = f64::from(trial.number);
        steps.extend(steps.last().map(|last| (at, last.1)));
        steps.push((at, study.natural(score).0));
        best = score;
    }
    let last = study.record.trials.last().map(|trial| f64::from(trial.number));
    steps.extend(last.zip(steps.last()).map(|(at, step)| (at, step.1)));
    steps
}

/// What lies outside of the axis is an arrow at its edge.
fn mark(frame: &Frame, state: State, (x, y): Point) -> String {
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
    disc_or_ring(state, (at, frame.y.at(y)))
}

fn disc_or_ring(state: State, (x, y): Point) -> String {
    match state {
        State::Complete => format!("<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"),
        _ => format!("<circle class=\"hole\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>"),
    }
}

fn legend() -> String {
    const BASELINE: f64 = 14.0;
    let one = |(state, at, text): (State, f64, &str)| {
        disc_or_ring(state, (at, BASELINE - 4.0)) + &label("note", (at + 8.0, BASELINE), text)
    };
    [(State::Complete, 218.0, "on all folds"), (State::Stopped, 300.0, "pruned")].map(one).concat()
}

/// The best on all folds, and the recipe itself.
fn best<'a>(study: &StudyReport<'a>) -> Vec<&'a StudyTrial> {
    let complete = study.record.trials.iter().filter(|trial| trial.state == State::Complete);
    let mut complete: Vec<&StudyTrial> = complete.filter(|trial| trial.score.is_some()).collect();
    let score = |trial: &StudyTrial| {
        let score = trial.score.map(|score| score.0).filter(|score| !score.is_nan());
        score.unwrap_or(f64::NEG_INFINITY)
    };
    complete.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let own = complete.iter().skip(N_BEST).find(|trial| trial.number == 0).copied();
    complete.truncate(N_BEST);
    complete.extend(own);
    complete
}

/// All trials by number.
pub(super) fn every(study: &StudyReport) -> Table {
    table("All trials", study, study.record.trials.iter())
}

fn table<'a>(caption: &str, study: &StudyReport, trials: impl Iterator<Item = &'a StudyTrial>) -> Table {
    let value = format!("{} on validation rows", study.measured());
    let columns = ["trial", value.as_str(), "95 % interval", "folds", "seconds", "state", "changes"];
    let row = |trial: &StudyTrial| {
        vec![
            trial.number.to_string(),
            or_dash(study.value(trial)),
            interval(study.natural_interval(trial.interval)),
            trial.n_folds.to_string(),
            or_dash(trial.seconds()),
            trial.state.to_string(),
            changed(study, trial),
        ]
    };
    Table::new(caption, &columns, trials.map(row).collect())
}

/// The last round, which chooses.
fn bags(study: &StudyReport) -> Vec<Block> {
    let value = format!("{} of its bag", study.measured());
    let columns = ["trial", value.as_str(), "choice"];
    let row = |bag: &Bag| {
        let is_chosen = study.record.look.as_ref().is_some_and(|look| look.best == bag.number);
        let value = or_dash(bag.score.map(|score| study.natural(score)));
        vec![bag.number.to_string(), value, if is_chosen { "chosen" } else { "" }.to_owned()]
    };
    let rows = study.record.bags.iter().map(row).collect();
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

fn changed(study: &StudyReport, trial: &StudyTrial) -> String {
    let told =
        |why: &String| format!("failed: {}; ", shorten(&(study.experiment.wording.settings)(why), 200));
    let why = trial.failure.as_ref().map(told).unwrap_or_default();
    shorten(&(why + &changes_of(&study.record.study, trial)), CHANGES)
}

/// The recipe of the chosen trial beside the one that the search started from.
pub(super) fn changes(study: &StudyReport) -> Option<Section> {
    let taken = study.record.taken()?;
    let changed = study.record.study.space.changed(&taken.point);
    let blocks = if changed.is_empty() {
        vec![Block::Text("No trial was better than the recipe itself, so nothing changes.".into())]
    } else {
        let row = |change: &Change| {
            vec![
                shorten(&change.hyperparameter, NAME),
                shorten(&change.now, NAME),
                shorten(&change.was, NAME),
            ]
        };
        let columns = ["lever", "now", "was"];
        let rows = changed.iter().map(row).collect();
        vec![
            Block::Text(format!(
                "Trial {} is {}. What it changes is in `recipe.toml`, for {}.",
                taken.number,
                if study.record.look.is_some() { "chosen" } else { "the best so far" },
                (study.experiment.wording.step)(&Step::TrainChanged)
            )),
            Block::Table(Table::new("What the chosen trial changed", &columns, rows)),
        ]
    };
    Some(Section::new("changes", "What the search changed", blocks))
}

#[cfg(test)]
mod tests {
    use kitae_lab::tune::{Point as At, Space, Study, StudyRecord};
    use kitae_train::model::Manifest;

    use super::*;
    use crate::{Experiment, Wording};

    /// Trials with these losses.
    fn study_of(trials: &[(State, f64)], check: impl Fn(&StudyReport)) {
        let manifest: Manifest =
            serde_json::from_str(include_str!("../../tests/fixtures/classes.json")).unwrap();
        let trial = |(number, (state, loss)): (u32, &(State, f64))| StudyTrial {
            number,
            point: At(Vec::new()),
            state: *state,
            begun: 0.0,
            ended: None,
            n_folds: 1,
            score: Some(Score(-loss)),
            interval: None,
            failure: None,
        };
        let study = Study {
            space: Space { axes: Vec::new() },
            n_trials: None,
            budget_seconds: None,
            holdout_share: 0.2,
            model: "model".into(),
            replaces: None,
        };
        let trials = (0..).zip(trials).map(trial).collect();
        let record = StudyRecord { study, trials, bags: Vec::new(), look: None, n_looks: 0 };
        let experiment = Experiment {
            folder: "s",
            recipe: &manifest.recipe,
            target: "",
            by: &manifest.seal.by,
            data: "",
            fingerprint: 0,
            kitae: "",
            wording: Wording::default(),
        };
        check(&StudyReport { experiment, record: &record, seconds: 0.0, model: "" });
    }

    #[test]
    fn the_line_falls_where_a_trial_on_all_folds_has_less_loss() {
        use State::{Complete, Stopped};
        let trials =
            [(Complete, 0.5), (Stopped, 0.1), (Complete, 0.6), (Complete, 0.4), (Complete, f64::NAN)];
        study_of(&trials, |study| {
            assert_eq!(steps(study), [(0.0, 0.5), (3.0, 0.5), (3.0, 0.4), (4.0, 0.4)]);
            assert_eq!(best(study).iter().map(|trial| trial.number).collect::<Vec<_>>(), [3, 0, 2, 4]);
        });
        study_of(&[], |study| assert!(steps(study).is_empty()));
    }

    #[test]
    fn a_trial_far_off_is_an_arrow_and_does_not_squeeze_the_others() {
        let mut trials = vec![(State::Complete, 0.5), (State::Complete, 0.4)];
        trials.extend((0..8).map(|at| (State::Stopped, 0.55 + 0.01 * f64::from(at))));
        trials.push((State::Stopped, 70.0));
        study_of(&trials, |study| {
            let chart = picture(study);
            // Ten trials, two of the legend, and the ring of the chosen one.
            assert_eq!(chart.marks.matches("<circle").count(), 13);
            assert_eq!(chart.marks.matches("class=\"base\"").count(), 2);
            assert!(chart.description.contains("11 trials, 2 of them on all folds and 9 pruned"));
        });
    }
}
