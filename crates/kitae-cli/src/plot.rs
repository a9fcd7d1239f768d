//! Learning curves in the terminal, drawn with the dots of Braille letters.

mod canvas;

use std::collections::BTreeMap;

use kitae_eval::Metric;
use kitae_report::chart::{Point, Scale, Spacing, extent, span};
use kitae_train::Event;

use crate::show::count;
use canvas::{Canvas, Stroke};

/// The narrowest picture that tells something; a narrower terminal breaks its lines.
const LEAST_WIDTH: usize = 40;
/// Wider ones are not easier to read.
const MOST_WIDTH: usize = 160;
/// From this width on, pictures stand side by side.
const TWO: usize = 100;
/// Between pictures side by side.
const GAP: usize = 4;
/// Lines of a picture without its axis.
const HEIGHT: usize = 9;

/// Columns of the terminal behind the standard error stream; 80 where nobody knows.
pub(crate) fn terminal_width() -> usize {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map_or(80, |(width, _)| usize::from(width.0))
}

/// The losses and the score on the validation rows over epochs, the median over networks, `width` columns
/// wide. None if no epoch was told.
pub(crate) fn curves(events: &[Event], (metric, name): (Metric, String), width: usize) -> Option<String> {
    let told = Told::of(events, metric);
    let n_networks = told.by_epoch.values().map(Vec::len).max()?;
    let width = width.clamp(LEAST_WIDTH, MOST_WIDTH);
    let each = if width >= TWO { (width - GAP) / 2 } else { width };
    let losses = [(told.curve(0), Stroke::Dots), (told.curve(1), Stroke::Line)];
    let score = [(told.curve(2), Stroke::Line)];
    let title = format!("{name} on the validation rows");
    let panels = [panel("loss: dots training, line validation", &losses, each), panel(&title, &score, each)];
    let panels: Vec<Vec<String>> = panels.into_iter().flatten().collect();
    let (first, rest) = panels.split_first()?;
    let mut lines: Vec<String> = match rest.first() {
        Some(second) if each < width => side_by_side(first, second, each),
        Some(second) => first.iter().chain(second).cloned().collect(),
        None => first.clone(),
    };
    lines.push(match n_networks {
        1 => "  over epochs".to_owned(),
        // Up to the epoch after which fewer than half of them are trained.
        n => format!("  over epochs, the median of {}", count(n, "network")),
    });
    Some(lines.join("\n") + "\n")
}

fn side_by_side(first: &[String], second: &[String], width: usize) -> Vec<String> {
    let pairs = first.iter().zip(second);
    pairs.map(|(left, right)| format!("{left:<width$}{:GAP$}{right}", "").trim_end().to_owned()).collect()
}

/// Training loss, validation loss and validation score of each network that was trained for an epoch.
struct Told {
    by_epoch: BTreeMap<usize, Vec<[Option<f64>; 3]>>,
}

impl Told {
    fn of(events: &[Event], metric: Metric) -> Self {
        let mut by_epoch: BTreeMap<usize, Vec<[Option<f64>; 3]>> = BTreeMap::new();
        for event in events {
            if let Event::EpochEnded { epoch, loss, validation_loss, validation_score, .. } = event {
                let score = validation_score.map(|score| metric.natural(score).0);
                by_epoch.entry(*epoch).or_default().push([*loss, *validation_loss, score]);
            }
        }
        Self { by_epoch }
    }

    /// The median over networks, up to the epoch after which fewer than half are trained.
    fn curve(&self, which: usize) -> Vec<Point> {
        let most = self.by_epoch.values().map(Vec::len).max().unwrap_or(0);
        let trained = self.by_epoch.iter().filter(|(_, told)| 2 * told.len() >= most);
        let point = |(epoch, told): (&usize, &Vec<[Option<f64>; 3]>)| {
            let mut values: Vec<f64> = told.iter().filter_map(|told| told[which]).collect();
            values.retain(|value| value.is_finite());
            values.sort_unstable_by(f64::total_cmp);
            Some((*epoch as f64, *values.get(values.len() / 2)?))
        };
        trained.filter_map(point).collect()
    }
}

/// A title, a plot with its axes, and the ends of the x axis; none without a point.
fn panel(title: &str, curves: &[(Vec<Point>, Stroke)], width: usize) -> Option<Vec<String>> {
    let points = || curves.iter().flat_map(|(points, _)| points);
    let values: Vec<f64> = points().map(|point| point.1).collect();
    let epochs: Vec<f64> = points().map(|point| point.0).collect();
    let (first, last) = extent(&epochs)?;
    let spacing = Spacing::of(&values);
    let dots = (4 * HEIGHT - 1) as f64;
    let up = Scale { values: span(&values, spacing), places: (dots, 0.0), spacing };
    let names = tick_names(&up);
    let margin = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) + 2;
    let n_cells = width.saturating_sub(margin + 1).max(1);
    let along = Scale {
        values: if first < last { (first, last) } else { (first, first + 1.0) },
        places: (0.0, (2 * n_cells - 1) as f64),
        spacing: Spacing::Linear,
    };
    let mut canvas = Canvas::new(n_cells, HEIGHT);
    for (points, stroke) in curves {
        let places: Vec<Point> = points.iter().map(|(x, y)| (along.at(*x), up.at(*y))).collect();
        canvas.draw(&places, *stroke);
    }
    let mut lines = vec![format!("  {}", title.chars().take(width.saturating_sub(2)).collect::<String>())];
    for (name, row) in names.iter().zip(canvas.rows()) {
        let stop = if name.is_empty() { '│' } else { '┤' };
        lines.push(format!("{name:>margin$}{stop}{row}").trim_end().to_owned());
    }
    let (left, right) = (first.to_string(), last.to_string());
    let gap = n_cells.saturating_sub(left.len());
    lines.push(format!("{:>margin$}└{}", "", "─".repeat(n_cells)));
    lines.push(format!("{:>margin$} {left}{right:>gap$}", ""));
    Some(lines)
}

/// The name of the tick in each line of the plot, empty where there is none.
fn tick_names(up: &Scale) -> Vec<String> {
    let mut names = vec![String::new(); HEIGHT];
    for (value, text) in up.ticks(4) {
        let line = (up.at(value) / 4.0) as usize;
        if names[line.min(HEIGHT - 1)].is_empty() {
            names[line.min(HEIGHT - 1)] = text;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n_lanes: usize, n_epochs: usize) -> Vec<Event> {
        let epoch = |lane: usize, epoch: usize| Event::EpochEnded {
            lane,
            epoch,
            loss: Some(1.0 / epoch as f64),
            validation_loss: Some(1.0 / epoch as f64 + 0.2),
            validation_score: Some(kitae_eval::Score(-1.0 / epoch as f64)),
            learning_rate: 0.1,
            seconds: 1.0,
        };
        (0..n_lanes).flat_map(|lane| (1..=n_epochs).map(move |at| epoch(lane, at))).collect()
    }

    #[test]
    fn curves_fit_the_width() {
        for (width, n_lines) in [(40, 2 * (HEIGHT + 3) + 1), (80, 2 * (HEIGHT + 3) + 1), (120, HEIGHT + 4)] {
            let text = curves(&record(3, 50), (Metric::LogLoss, "log_loss".to_owned()), width)
                .expect("there are epochs");
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), n_lines, "{text}");
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}\n{text}");
            assert!(text.contains("the median of 3 networks") && text.contains('┤'), "{text}");
        }
        // A terminal of no width is none that could be fitted.
        assert!(
            curves(&record(1, 1), (Metric::LogLoss, "log_loss".to_owned()), 0)
                .is_some_and(|text| text.contains("over epochs"))
        );
    }

    #[test]
    fn a_curve_that_falls_begins_at_the_top_and_ends_at_the_bottom() {
        let points: Vec<Point> = (1..=20).map(|epoch| (f64::from(epoch), f64::from(-epoch))).collect();
        let lines = panel("falls", &[(points, Stroke::Line)], 60).expect("there are points");
        let braille = |line: &String| line.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
        let at = |line: &String| line.chars().position(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
        assert!(braille(&lines[1]) && braille(&lines[HEIGHT]));
        assert!(at(&lines[1]) < at(&lines[HEIGHT]));
        assert_eq!(panel("nothing", &[(Vec::new(), Stroke::Line)], 60), None);
    }

    #[test]
    fn epochs_without_numbers_and_networks_that_ended_leave_no_trace() {
        let mut events = record(4, 10);
        events.extend(record(1, 30));
        let told = Told::of(&events, Metric::LogLoss);
        assert_eq!(told.curve(1).last().map(|point| point.0), Some(10.0));
        assert_eq!(curves(&[Event::BaselinesStarted], (Metric::Auc, "auc".to_owned()), 80), None);
    }
}
