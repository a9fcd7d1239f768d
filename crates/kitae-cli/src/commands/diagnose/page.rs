//! The diagnosis as a section of the page.

use kitae_lab::diagnose::{Finding, Line, Plot, Severity, Treatment};
use kitae_lab::{Checkup, Judgement, SizeCurve};
use kitae_report::chart::{Axis, Chart, Frame, Stroke, dot, end_names, legend, line, series};
use kitae_report::document::{Align, Block, Section, Table};
use kitae_train::Recipe;

use super::text::{self, capital};
use crate::show::number;

const HEIGHT: f64 = 200.0;
/// Room for the names of layers.
const ROOM: f64 = 48.0;

pub(super) fn section(checkup: &Checkup, recipe: &Recipe) -> Section {
    let mut blocks = Vec::new();
    let proof_of = checkup.proof.as_ref();
    let findings = &checkup.diagnosis.findings;
    if checkup.diagnosis.is_healthy() {
        blocks.push(Block::Text(text::HEALTHY.into()));
    }
    blocks.extend(
        findings.iter().enumerate().flat_map(|(at, finding)| {
            described(at, finding, |treatment| treated(treatment, recipe, proof_of))
        }),
    );
    if let Some(curve) = &checkup.size_curve {
        blocks.push(Block::Heading("Would more data help?".into()));
        blocks.push(Block::Text(text::size_curve(curve)));
        blocks.push(Block::Charts(vec![by_rows(curve)]));
    }
    if let Some(drift) = &checkup.drift {
        blocks.push(Block::Heading("New rows".into()));
        blocks.push(Block::Text(text::drifted(drift)));
    }
    if let Some(judgement) = &checkup.proof {
        blocks.push(Block::Heading("Proof".into()));
        blocks.push(proof(judgement));
    }
    blocks.extend(checkup.diagnosis.unseen.iter().map(|unseen| Block::Note(unseen.clone())));
    titled(blocks)
}

/// Where there is a diagnosis that cannot be read.
pub(super) fn lost(error: &serde_json::Error) -> Section {
    let reason = format!("The diagnosis cannot be read: {error}. `kitae diagnose` makes it again.");
    titled(vec![Block::Note(reason)])
}

fn titled(blocks: Vec<Block>) -> Section {
    Section { id: "diagnosis".into(), title: "Diagnosis".into(), blocks }
}

fn described(at: usize, finding: &Finding, treated: impl Fn(&Treatment) -> Vec<String>) -> Vec<Block> {
    let ailment = finding.ailment;
    let limit = if ailment.severity() == Severity::Limit { " (no lever treats it)" } else { "" };
    let mut blocks = vec![
        Block::Heading(format!("{}{limit}", capital(&ailment.to_string()))),
        Block::Text(format!("{}. {}.", capital(ailment.meaning()), finding.evidence)),
    ];
    blocks.extend(finding.plot.as_ref().map(|plot| Block::Charts(vec![evidence(at, finding, plot)])));
    let treatments: Vec<Vec<String>> = finding.treatments.iter().map(treated).collect();
    if !treatments.is_empty() {
        let columns = [("treatment", Align::Left), ("how", Align::Left)];
        blocks.push(Block::Table(Table::new("Treatments, in the order to try them", &columns, treatments)));
    }
    blocks.push(Block::Note(format!("Source: {}", ailment.source())));
    blocks
}

fn treated(treatment: &Treatment, recipe: &Recipe, proof: Option<&Judgement>) -> Vec<String> {
    match treatment {
        Treatment::Lever(lever) => {
            vec![lever.name.clone(), format!("`{}`", text::as_flags(lever, recipe, proof))]
        }
        Treatment::Advice(advice) => vec!["by hand".into(), advice.clone()],
    }
}

/// Lines mean what they mean on the page of the model: rows that were trained on, rows that were not, layers.
fn evidence(at: usize, finding: &Finding, plot: &Plot) -> Chart {
    let values = |number: fn(&(f64, f64)) -> f64| -> Vec<f64> {
        plot.lines.iter().flat_map(|line| line.points.iter().map(number)).collect()
    };
    let frame = Frame::new(
        Axis::of(&plot.x, &values(|point| point.0)),
        Axis::of_ratios(&plot.y, &values(|point| point.1)),
        HEIGHT,
    );
    let (of_rows, layers): (Vec<&Line>, Vec<&Line>) =
        plot.lines.iter().partition(|line| look(line).is_some());
    let frame = frame.with_room(if layers.is_empty() { 0.0 } else { ROOM });
    let mut marks = frame.axes();
    // Nothing has no place among ratios: it lies on the lower edge.
    let placed = |(x, y): &(f64, f64)| (*x, y.max(frame.y.values.0));
    let layers: Vec<(&str, Vec<(f64, f64)>)> =
        layers.iter().map(|line| (line.name.as_str(), line.points.iter().map(placed).collect())).collect();
    for (at, (_, points)) in layers.iter().enumerate() {
        marks.push_str(&series(&frame, points, (at, layers.len())));
    }
    let names: Vec<(Stroke, &str)> =
        of_rows.iter().filter_map(|line| Some((look(line)?, line.name.as_str()))).collect();
    for (one, (look, _)) in of_rows.iter().zip(&names) {
        marks.push_str(&line(&frame, &one.points, *look));
    }
    let ends = layers.iter().filter_map(|(name, points)| Some((*name, points.last()?.1)));
    marks.push_str(&end_names(&frame, &ends.collect::<Vec<_>>()));
    marks.push_str(&legend(&names, None));
    let title = format!("{}: {} over {}s", capital(&finding.ailment.to_string()), plot.y, plot.x);
    frame.chart(&format!("finding-{}", at + 1), &title, &finding.evidence, marks)
}

/// None of a layer.
fn look(line: &Line) -> Option<Stroke> {
    match line.name.as_str() {
        "training rows" => Some(Stroke::Trained),
        name if name.starts_with("layer ") => None,
        _ => Some(Stroke::Accent),
    }
}

fn by_rows(curve: &SizeCurve) -> Chart {
    let metric = curve.metric.of_class(curve.positive.as_deref());
    let points: Vec<(f64, f64)> =
        curve.points.iter().map(|point| (point.n_train as f64, point.value)).collect();
    let frame = Frame::new(
        Axis::of("training rows", &points.iter().map(|point| point.0).collect::<Vec<_>>()),
        Axis::of(&metric, &points.iter().map(|point| point.1).collect::<Vec<_>>()),
        HEIGHT,
    );
    let dots: String = points.iter().map(|point| dot(&frame, *point)).collect();
    let marks = frame.axes() + &line(&frame, &points, Stroke::Accent) + &dots;
    let title = format!("{metric} by number of training rows");
    frame.chart("size-curve", &title, &text::size_curve(curve), marks)
}

fn proof(judgement: &Judgement) -> Block {
    let mut lines = text::proof_lines(judgement);
    let header = lines.remove(0);
    let align = |at: usize| if at == 0 || at == 3 { Align::Left } else { Align::Right };
    let columns = header.into_iter().enumerate().map(|(at, name)| (name, align(at))).collect();
    let own = judgement.baseline.map_or_else(|| "-".to_owned(), number);
    let caption = format!(
        "The first lever against each finding: gain in {} (the recipe itself has {own})",
        judgement.metric.of_class(judgement.positive.as_deref())
    );
    Block::Table(Table { caption, columns, rows: lines })
}
