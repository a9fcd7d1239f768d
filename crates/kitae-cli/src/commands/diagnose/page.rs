//! The diagnosis as a section of the page.

use kitae_lab::diagnose::{Finding, Plot, Severity, Treatment};
use kitae_lab::{Checkup, Judgement, SizeCurve};
use kitae_report::chart::{Axis, Chart, Frame, Look, dot, legend, line};
use kitae_report::document::{Align, Block, Section, Table};
use kitae_train::Recipe;

use super::text::{self, capital};
use crate::show::number;

const HEIGHT: f64 = 200.0;

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
        blocks.push(Block::Heading("Would more rows help?".into()));
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
    Section { id: "diagnosis".into(), title: "What ails it".into(), blocks }
}

fn described(at: usize, finding: &Finding, treated: impl Fn(&Treatment) -> Vec<String>) -> Vec<Block> {
    let ailment = finding.ailment;
    let limit = if ailment.severity() == Severity::Limit { " (no lever mends it)" } else { "" };
    let mut blocks = vec![
        Block::Heading(format!("{}{limit}", capital(&ailment.to_string()))),
        Block::Text(format!("{}. {}.", capital(ailment.meaning()), finding.evidence)),
    ];
    blocks.extend(finding.plot.as_ref().map(|plot| Block::Charts(vec![evidence(at, finding, plot)])));
    let treatments: Vec<Vec<String>> = finding.treatments.iter().map(treated).collect();
    if !treatments.is_empty() {
        let columns = [("what treats it", Align::Left), ("how", Align::Left)];
        blocks.push(Block::Table(Table::new("What treats it, the first to try first", &columns, treatments)));
    }
    blocks.push(Block::Note(format!("Source: {}", ailment.source())));
    blocks
}

fn treated(treatment: &Treatment, recipe: &Recipe, proof: Option<&Judgement>) -> Vec<String> {
    match treatment {
        Treatment::Lever(lever) => {
            vec![
                lever.name.clone(),
                format!("`--set {}`", text::settings(lever, recipe, proof).join(" --set ")),
            ]
        }
        Treatment::Advice(advice) => vec!["by hand".into(), advice.clone()],
    }
}

/// The first line is told apart from the last one; those between are thin.
fn evidence(at: usize, finding: &Finding, plot: &Plot) -> Chart {
    let values = |number: fn(&(f64, f64)) -> f64| -> Vec<f64> {
        plot.lines.iter().flat_map(|line| line.points.iter().map(number)).collect()
    };
    let frame = Frame::new(
        Axis::of(&plot.x, &values(|point| point.0)),
        Axis::of_ratios(&plot.y, &values(|point| point.1)),
        HEIGHT,
    );
    let last = plot.lines.len().saturating_sub(1);
    let look = |at: usize| match at {
        0 => Look::Accent,
        at if at == last => Look::Quiet,
        _ => Look::Thin,
    };
    let mut marks = frame.axes();
    for (at, one) in plot.lines.iter().enumerate() {
        marks.push_str(&line(&frame, &one.points, look(at)));
    }
    let ends = if last == 0 { vec![0] } else { vec![0, last] };
    let names: Vec<(Look, &str)> = ends.iter().map(|at| (look(*at), plot.lines[*at].name.as_str())).collect();
    marks.push_str(&legend(&names, None));
    let title = format!("{}: {} over {}s", capital(&finding.ailment.to_string()), plot.y, plot.x);
    frame.chart(&format!("finding-{}", at + 1), &title, &finding.evidence, marks)
}

fn by_rows(curve: &SizeCurve) -> Chart {
    let points: Vec<(f64, f64)> =
        curve.points.iter().map(|point| (point.n_train as f64, point.value)).collect();
    let frame = Frame::new(
        Axis::of("rows trained on", &points.iter().map(|point| point.0).collect::<Vec<_>>()),
        Axis::of(&curve.metric.to_string(), &points.iter().map(|point| point.1).collect::<Vec<_>>()),
        HEIGHT,
    );
    let dots: String = points.iter().map(|point| dot(&frame, *point)).collect();
    let marks = frame.axes() + &line(&frame, &points, Look::Accent) + &dots;
    let title = format!("{} by rows trained on", curve.metric);
    frame.chart("size-curve", &title, &text::size_curve(curve), marks)
}

fn proof(judgement: &Judgement) -> Block {
    let mut lines = text::proof_lines(judgement);
    let header = lines.remove(0);
    let align = |at: usize| if at == 0 || at == 3 { Align::Left } else { Align::Right };
    let columns = header.into_iter().enumerate().map(|(at, name)| (name, align(at))).collect();
    let own = judgement.baseline.map_or_else(|| "-".to_owned(), number);
    let caption =
        format!("The first lever against each finding, in {} ({own} as the recipe is)", judgement.metric);
    Block::Table(Table { caption, columns, rows: lines })
}
