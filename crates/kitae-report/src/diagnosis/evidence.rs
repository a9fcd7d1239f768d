//! The evidence of a diagnosis in pictures.

use kitae_lab::SizeCurve;
use kitae_lab::diagnose::{Line, Plot, Symptom};

use crate::chart::{Axis, Chart, Frame, Point, Stroke, dot, legend, line, series};
use crate::words::capital;

const HEIGHT: f64 = 200.0;
/// Room for the names of layers.
const ROOM: f64 = 48.0;

/// Lines mean what they mean on the page of the model: rows that were trained on, rows that were not, layers.
pub(super) fn of_finding(at: usize, finding: &Symptom, plot: &Plot) -> Chart {
    let values = |number: fn(&Point) -> f64| -> Vec<f64> {
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
    let placed = |(x, y): &Point| (*x, y.max(frame.y.values.0));
    let layers: Vec<(&str, Vec<Point>)> =
        layers.iter().map(|line| (line.name.as_str(), line.points.iter().map(placed).collect())).collect();
    marks.push_str(&series(&frame, &layers, layers.len()));
    let names: Vec<(Stroke, &str)> =
        of_rows.iter().filter_map(|line| Some((look(line)?, line.name.as_str()))).collect();
    for (one, (look, _)) in of_rows.iter().zip(&names) {
        marks.push_str(&line(&frame, &one.points, *look));
    }
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

pub(super) fn by_size(curve: &SizeCurve) -> Chart {
    let metric = curve.metric.of_class(curve.positive.as_deref());
    let points: Vec<Point> = curve.points.iter().map(|point| (point.n_train as f64, point.value.0)).collect();
    let frame = Frame::new(
        Axis::of("training rows", &points.iter().map(|point| point.0).collect::<Vec<_>>()),
        Axis::of(&metric, &points.iter().map(|point| point.1).collect::<Vec<_>>()),
        HEIGHT,
    );
    let dots: String = points.iter().map(|point| dot(&frame, *point)).collect();
    let marks = frame.axes() + &line(&frame, &points, Stroke::Accent) + &dots;
    let title = format!("{metric} by number of training rows");
    frame.chart("size-curve", &title, &super::by_size(curve), marks)
}
