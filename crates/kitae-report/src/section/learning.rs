//! Learning curves: what each network's loss and score did from epoch to epoch.

use std::collections::BTreeMap;

use kitae_train::Event;
use kitae_train::observer::LaneEnd;
use kitae_train::roles::LanePlace;
use kitae_train::stopping::Keep;

use super::note;
use crate::Contents;
use crate::chart::{Axis, Chart, Frame, Point, Stroke, dot, extent, legend, line, thin_line};
use crate::document::{Block, Panel, Section, Table};
use crate::render::MOST_PANELS;
use crate::words::{count, number};

/// Networks of one fold that a picture shows.
const MOST_MEMBERS: usize = 8;
/// Networks that the picture of all folds shows.
const MOST_LANES: usize = 60;
const HEIGHT: f64 = 220.0;

/// What was told about one network.
#[derive(Debug, Default)]
struct Course {
    place: Option<LanePlace>,
    n_rows: Option<[usize; 3]>,
    loss: Vec<Point>,
    validation_loss: Vec<Point>,
    /// As people know the metric: a loss is positive.
    score: Vec<Point>,
    kept: Option<usize>,
    n_epochs: Option<usize>,
    end: Option<LaneEnd>,
}

pub(super) fn section(contents: &Contents) -> Section {
    let blocks = match &contents.events {
        Err(reason) => note(reason.clone()),
        Ok(events) => curves(contents, events),
    };
    Section::new("learning", "Learning curves", blocks)
}

/// Seconds of the run with their name, if they were told.
pub(super) fn seconds(contents: &Contents) -> Option<(String, String)> {
    let events = contents.events.as_ref().ok()?;
    let ends = events.iter().rev().find_map(|event| match event {
        Event::RunEnded { seconds } => Some(*seconds),
        _ => None,
    });
    let seconds = ends.filter(|seconds| seconds.is_finite())?;
    Some(("seconds of training".to_owned(), number(seconds)))
}

fn curves(contents: &Contents, events: &[Event]) -> Vec<Block> {
    let courses = courses(contents, events);
    if courses.iter().all(|course| course.loss.is_empty()) {
        return note("The run record holds no epoch, so there are no learning curves.");
    }
    let mut blocks = vec![Block::Text(ends(contents, &courses)), Block::Text(how_to_read(contents))];
    let mut folds: BTreeMap<(usize, usize), Vec<&Course>> = BTreeMap::new();
    for course in &courses {
        let place = course.place.unwrap_or(LanePlace { repeat: 0, fold: 0, member: 0 });
        folds.entry((place.repeat, place.fold)).or_default().push(course);
    }
    let mut panels = Vec::new();
    let budget = points_of_each(courses.len(), folds.len());
    if folds.len() > 1 {
        let lanes: Vec<&Course> = courses.iter().take(MOST_LANES).collect();
        panels.push(Panel { label: "all folds".into(), blocks: vec![overview(contents, &lanes, budget)] });
    }
    let room = MOST_PANELS - panels.len();
    let fold_panels = folds.iter().take(room);
    panels.extend(fold_panels.map(|(fold, lanes)| panel(contents, *fold, lanes, budget)));
    blocks.push(Block::Tabs { legend: "Fold to show".into(), panels });
    if folds.len() > room {
        blocks.push(Block::Note(format!("The charts show the first {room} of {} folds.", folds.len())));
    }
    let inner = vec![Block::Table(networks(contents, &courses))];
    blocks.push(Block::Details { summary: "All networks as a table".into(), blocks: inner });
    blocks
}

/// So many points that the page stays small whatever the number of networks.
fn points_of_each(n_lanes: usize, n_folds: usize) -> usize {
    const ALL: usize = 36_000;
    const CURVES_OF_A_LANE: usize = 5;
    let drawn = n_lanes.min(n_folds.min(MOST_PANELS) * MOST_MEMBERS);
    (ALL / (CURVES_OF_A_LANE * drawn.max(1))).clamp(24, 240)
}

fn courses(contents: &Contents, events: &[Event]) -> Vec<Course> {
    let metric = contents.manifest.recipe.validation_metric;
    let mut courses: BTreeMap<usize, Course> = BTreeMap::new();
    let mut n_told = 0;
    for event in events {
        match event {
            Event::RunStarted { n_lanes, .. } => n_told = *n_lanes,
            Event::LaneStarted { lane, n_train, n_validation, n_held_out, .. } => {
                courses.entry(*lane).or_default().n_rows = Some([*n_train, *n_validation, *n_held_out]);
            }
            Event::EpochEnded { lane, epoch, loss, validation_loss, validation_score, .. } => {
                let course = courses.entry(*lane).or_default();
                let at = |value: Option<f64>| (*epoch as f64, value.unwrap_or(f64::NAN));
                course.loss.push(at(*loss));
                course.validation_loss.push(at(*validation_loss));
                course.score.push(at(validation_score.map(|score| metric.natural(score).0)));
            }
            Event::LaneEnded { lane, kept_epoch, n_epochs, reason } => {
                let course = courses.entry(*lane).or_default();
                (course.kept, course.n_epochs, course.end) =
                    (Some(*kept_epoch), Some(*n_epochs), Some(*reason));
            }
            _ => {}
        }
    }
    let n_lanes = n_told.max(courses.keys().next_back().map_or(0, |last| last + 1));
    let placed =
        |(lane, course): (usize, Course)| Course { place: Some(contents.place(lane, n_lanes)), ..course };
    courses.into_iter().map(placed).collect()
}

/// How many networks ended how.
fn ends(contents: &Contents, courses: &[Course]) -> String {
    let of = |end: LaneEnd| courses.iter().filter(|course| course.end == Some(end)).count();
    let (stopped, diverged) = (of(LaneEnd::Stopped), of(LaneEnd::Diverged));
    let unknown = courses.iter().filter(|course| course.end.is_none()).count();
    let planned = contents.manifest.recipe.training.epochs;
    let mut text = format!("{}, {planned} epochs planned for each.", count(courses.len(), "network"));
    if stopped + diverged + unknown == 0 {
        text.push_str(" All were trained as planned.");
    }
    if stopped > 0 {
        let rest = format!(
            " {stopped} stopped early: the score on the validation rows had not improved for too long."
        );
        text.push_str(&rest);
    }
    if diverged > 0 {
        let rest =
            format!(" {diverged} diverged: the loss became NaN or infinite; weights from before are kept.");
        text.push_str(&rest);
    }
    if unknown > 0 {
        let rest = format!(" The record has no end of {unknown}.");
        text.push_str(&rest);
    }
    text
}

fn how_to_read(contents: &Contents) -> String {
    let recipe = &contents.manifest.recipe;
    let kept = match recipe.training.keep {
        Keep::Best => format!(
            "The ring marks the epoch whose weights were kept, chosen by {} on the validation rows.",
            validation_metric(contents)
        ),
        Keep::Last => {
            "The ring marks the last epoch, whose weights were kept whatever the validation rows say."
                .to_owned()
        }
    };
    format!(
        "{kept} The training loss is measured with dropout and mixed rows where the recipe has them, so it may lie above \
         the validation loss."
    )
}

/// A curve of a network.
type Curve = fn(&Course) -> &[Point];

const LOSS: Curve = |course| &course.loss;
const VALIDATION_LOSS: Curve = |course| &course.validation_loss;
const SCORE: Curve = |course| &course.score;

/// Curves of networks; the last one has a ring at the epoch that was kept.
struct Picture<'a> {
    name: String,
    title: String,
    axis: &'a str,
    curves: &'a [(Curve, Stroke)],
    /// What the lines stand for.
    legend: &'a [(Stroke, &'a str)],
}

impl Picture<'_> {
    fn chart(&self, lanes: &[&Course], budget: usize, description: &str) -> Chart {
        let curves: Vec<&[Point]> =
            lanes.iter().flat_map(|course| self.curves.iter().map(|(curve, _)| curve(course))).collect();
        let frame = frame(self.axis, &curves);
        let mut marks = frame.axes() + &legend(self.legend, Some("kept"));
        for (curve, (_, stroke)) in curves.iter().zip(self.curves.iter().cycle()) {
            marks.push_str(&drawn(&frame, curve, *stroke, budget));
        }
        let last = curves.chunks_exact(self.curves.len()).filter_map(<[_]>::last);
        marks.extend(lanes.iter().zip(last).map(|(course, curve)| kept(&frame, course, curve)));
        frame.chart(&self.name, &self.title, description, marks)
    }
}

/// All folds in one picture: whether they agree.
fn overview(contents: &Contents, lanes: &[&Course], budget: usize) -> Block {
    let many = |name: &str, title: String, axis: &str, curve: Curve| {
        let (name, curves, legend) =
            (name.to_owned(), &[(curve, Stroke::Thin)], &[(Stroke::Thin, "a network")]);
        let ends: Vec<f64> = lanes.iter().filter_map(|course| at_kept(course, curve(course))).collect();
        let between = extent(&ends).map(|(low, high)| {
            format!(" At the kept epochs the values lie between {} and {}.", number(low), number(high))
        });
        let description =
            format!("A line for each of {}.{}", count(lanes.len(), "network"), between.unwrap_or_default());
        Picture { name, title, axis, curves, legend }.chart(lanes, budget / 2, &description)
    };
    let title = format!("{} on the validation rows, all folds", validation_metric(contents));
    Block::Charts(vec![
        many("curves-all-loss", "Loss on the validation rows, all folds".into(), "loss", VALIDATION_LOSS),
        many("curves-all-score", title, &score_axis(contents), SCORE),
    ])
}

fn panel(contents: &Contents, (repeat, fold): (usize, usize), lanes: &[&Course], budget: usize) -> Panel {
    let label = if repeat > 0 {
        format!("fold {} of repeat {}", fold + 1, repeat + 1)
    } else {
        format!("fold {}", fold + 1)
    };
    let shown = &lanes[..lanes.len().min(MOST_MEMBERS)];
    let name = format!("curves-{}-{}", repeat + 1, fold + 1);
    let metric = validation_metric(contents);
    let charts = vec![
        Picture {
            name: format!("{name}-loss"),
            title: format!("Loss, {label}"),
            axis: "loss",
            curves: &[(LOSS, Stroke::Trained), (VALIDATION_LOSS, Stroke::Accent)],
            legend: &[(Stroke::Trained, "training"), (Stroke::Accent, "validation")],
        }
        .chart(shown, budget, &all_told(shown, VALIDATION_LOSS, "validation loss")),
        Picture {
            name: format!("{name}-score"),
            title: format!("{metric} on the validation rows, {label}"),
            axis: &score_axis(contents),
            curves: &[(SCORE, Stroke::Accent)],
            legend: &[],
        }
        .chart(shown, budget, &all_told(shown, SCORE, &metric)),
    ];
    let mut blocks = vec![Block::Charts(charts)];
    if lanes.len() > shown.len() {
        blocks.push(Block::Note(format!("The first {} of {} networks.", shown.len(), lanes.len())));
    }
    Panel { label, blocks }
}

fn all_told(lanes: &[&Course], curve: Curve, name: &str) -> String {
    lanes.iter().map(|course| told(course, curve(course), name)).collect::<Vec<_>>().join(" ")
}

fn score_axis(contents: &Contents) -> String {
    let better = if contents.manifest.recipe.validation_metric.is_loss() { "lower" } else { "higher" };
    format!("{}, {better} is better", validation_metric(contents))
}

/// What the epochs are judged by, with the class that it is about.
fn validation_metric(contents: &Contents) -> String {
    contents.manifest.recipe.validation_metric.of_class(contents.manifest.model.positive())
}

fn frame(axis: &str, curves: &[&[Point]]) -> Frame {
    let all = || curves.iter().copied().flatten();
    let epochs: Vec<f64> = all().map(|point| point.0).collect();
    let heights: Vec<f64> = all().map(|point| point.1).collect();
    let (_, last) = extent(&epochs).unwrap_or((0.0, 1.0));
    let epochs = Axis { values: (0.0, last.max(1.0)), ..Axis::share("epoch") };
    Frame::new(epochs, Axis::of_ratios(axis, &heights), HEIGHT)
}

/// A thinned curve; epochs without a value break it.
fn drawn(frame: &Frame, curve: &[Point], look: Stroke, budget: usize) -> String {
    let n_points = curve.len().max(1);
    let pieces = curve.split(|point| !point.1.is_finite()).filter(|piece| !piece.is_empty());
    let thin = |piece: &[Point]| {
        let most = (budget * piece.len() / n_points).max(4);
        line(frame, &thin_line(piece, most), look)
    };
    // A record with a gap at every other epoch would have as many pieces as epochs.
    pieces.take(budget.max(1)).map(thin).collect()
}

fn kept(frame: &Frame, course: &Course, curve: &[Point]) -> String {
    let found = course.kept.and_then(|kept| curve.iter().find(|point| point.0 == kept as f64));
    found.map_or_else(String::new, |point| dot(frame, *point))
}

fn at_kept(course: &Course, curve: &[Point]) -> Option<f64> {
    let kept = course.kept? as f64;
    curve.iter().find(|point| point.0 == kept).map(|point| point.1).filter(|value| value.is_finite())
}

/// What one sees of a curve, in a sentence.
fn told(course: &Course, curve: &[Point], name: &str) -> String {
    let finite = || curve.iter().filter(|point| point.1.is_finite());
    let (Some(first), Some(last)) = (finite().next(), finite().next_back()) else {
        return format!("The {name} has no value.");
    };
    let kept = match (course.kept, at_kept(course, curve)) {
        (Some(kept), Some(value)) => format!("; epoch {kept} with {} was kept", number(value)),
        _ => String::new(),
    };
    format!("The {name} goes from {} to {} over {} epochs{kept}.", number(first.1), number(last.1), last.0)
}

fn networks(contents: &Contents, courses: &[Course]) -> Table {
    let metric = validation_metric(contents);
    let or_dash = |n: Option<usize>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let row = |course: &Course| {
        let place = course.place.unwrap_or(LanePlace { repeat: 0, fold: 0, member: 0 });
        let mut cells = vec![format!("{}.{}.{}", place.repeat + 1, place.fold + 1, place.member + 1)];
        cells.extend((0..3).map(|role| or_dash(course.n_rows.map(|rows| rows[role]))));
        cells.extend([or_dash(course.n_epochs), or_dash(course.kept)]);
        cells.push(at_kept(course, &course.score).map_or_else(|| "-".to_owned(), number));
        cells.push(end(course.end).to_owned());
        cells
    };
    let columns = [
        "repeat.fold.network",
        "train rows",
        "validation rows",
        "held-out rows",
        "epochs",
        "kept",
        metric.as_str(),
        "ended",
    ];
    Table::new("Every network", &columns, courses.iter().map(row).collect())
}

fn end(end: Option<LaneEnd>) -> &'static str {
    match end {
        Some(LaneEnd::Planned) => "as planned",
        Some(LaneEnd::Stopped) => "stopped early",
        Some(LaneEnd::Diverged) => "diverged",
        None => "not recorded",
    }
}
