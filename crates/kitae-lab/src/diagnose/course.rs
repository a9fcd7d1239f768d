//! The course of one network through its training, as the record tells it.

use kitae_eval::Metric;
use kitae_train::Event;
use kitae_train::observer::{LaneEnd, LayerProbe, Probe};

use super::Line;
use crate::paired::median;

/// What the record says of a lane.
#[derive(Debug, Default)]
pub(super) struct Course<'a> {
    lane: usize,
    /// The loss of a constant prediction, as far as that is known.
    constant: Option<f64>,
    /// By epoch; NaN where it was no number.
    pub(super) loss: Vec<f64>,
    /// By epoch; NaN where it was no number.
    pub(super) validation_loss: Vec<f64>,
    /// What chose the epoch, as an error on the validation rows: the recipe's validation metric where that is
    /// a loss, which sees the predictions as they are delivered; else the loss itself. By epoch; NaN where it
    /// was no number.
    pub(super) error: Vec<f64>,
    /// The learning rate at the end of each epoch.
    pub(super) rates: Vec<f64>,
    /// The looks inside, with their epochs.
    pub(super) looks: Vec<(usize, &'a Probe)>,
    /// The epoch whose weights are delivered, and why the lane ended.
    pub(super) end: Option<(usize, LaneEnd)>,
}

/// The lanes that have an epoch or an end; `constant` is the loss of a constant prediction, `metric` judged
/// the epochs.
pub(super) fn courses(events: &[Event], constant: Option<f64>, metric: Metric) -> Vec<Course<'_>> {
    let mut courses: Vec<Course> = Vec::new();
    for event in events {
        match event {
            Event::EpochEnded { lane, loss, validation_loss, validation_score, learning_rate, .. } => {
                let course = of(&mut courses, *lane);
                let error = if metric.is_loss() {
                    validation_score.map(|score| metric.natural(score).0)
                } else {
                    *validation_loss
                };
                course.loss.push(loss.unwrap_or(f64::NAN));
                course.validation_loss.push(validation_loss.unwrap_or(f64::NAN));
                course.error.push(error.unwrap_or(f64::NAN));
                course.rates.push(*learning_rate);
            }
            Event::Probed { lane, epoch, probe } => of(&mut courses, *lane).looks.push((*epoch, probe)),
            Event::LaneEnded { lane, kept_epoch, reason, .. } => {
                of(&mut courses, *lane).end = Some((*kept_epoch, *reason));
            }
            _ => {}
        }
    }
    courses.sort_by_key(|course| course.lane);
    for course in &mut courses {
        course.constant = constant;
    }
    courses
}

fn of<'a, 'b>(courses: &'b mut Vec<Course<'a>>, lane: usize) -> &'b mut Course<'a> {
    let at = courses.iter().position(|course| course.lane == lane).unwrap_or_else(|| {
        courses.push(Course { lane, ..Course::default() });
        courses.len() - 1
    });
    &mut courses[at]
}

/// Below this share of the constant's loss, differences are no longer measured against the loss itself: one
/// that has all but vanished jumps by many times itself, and nobody cares.
const LEAST: f64 = 0.1;

impl Course<'_> {
    /// A difference of losses as a share of the loss, or of a tenth of the constant's, whichever is larger.
    pub(super) fn share(&self, difference: f64, loss: f64) -> Option<f64> {
        let first = || self.validation_loss.iter().copied().find(|loss| loss.is_finite());
        let constant = self.constant.or_else(first)?;
        let share = difference / loss.max(LEAST * constant);
        (loss > 0.0 && share.is_finite()).then_some(share)
    }

    pub(super) fn n_epochs(&self) -> usize {
        self.validation_loss.len()
    }

    /// Epochs that a level is the middle of: a twentieth of the run, an odd number.
    fn window(&self) -> usize {
        (self.n_epochs() / 20) | 1
    }

    /// The middle of a curve around an epoch (from 0), so that one lucky epoch does not count.
    pub(super) fn level(&self, curve: &[f64], epoch: usize) -> Option<f64> {
        let half = self.window() / 2;
        let window = curve.get(epoch.saturating_sub(half)..(epoch + half + 1).min(curve.len()))?;
        median(window.iter().copied().filter(|value| value.is_finite()).collect())
    }

    /// The epoch (from 0) with the lowest level of a curve, and that level.
    pub(super) fn lowest(&self, curve: &[f64]) -> Option<(usize, f64)> {
        let levels = (0..self.n_epochs()).filter_map(|epoch| Some((epoch, self.level(curve, epoch)?)));
        levels.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The levels of the loss on the training rows and on the validation rows at the end.
    pub(super) fn last(&self) -> Option<(f64, f64)> {
        let last = self.n_epochs().checked_sub(1)?;
        Some((self.level(&self.loss, last)?, self.level(&self.validation_loss, last)?))
    }

    /// Looks after the first quarter of the run, when the network has found its way.
    pub(super) fn late_looks(&self) -> impl Iterator<Item = &(usize, &Probe)> {
        let first = self.n_epochs() / 4;
        self.looks.iter().filter(move |(epoch, _)| *epoch >= first)
    }

    /// A number of a hidden layer over the late looks, the middle of it; the layer where it is largest.
    pub(super) fn largest(&self, number: impl Fn(&LayerProbe) -> Option<f64>) -> Option<(usize, f64)> {
        let n_hidden = self.looks.first()?.1.layers.len().checked_sub(1)?;
        let of_layer = |layer: usize| {
            let values = self.late_looks().filter_map(|(_, probe)| number(probe.layers.get(layer)?));
            Some((layer, median(values.collect())?))
        };
        (0..n_hidden).filter_map(of_layer).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// The middle over courses of a curve, epoch by epoch, as a line, up to the epoch after which fewer than half
/// are trained; values that are not finite are left out.
pub(super) fn line<'a>(
    name: &str,
    courses: &'a [Course<'a>],
    curve: impl Fn(&'a Course<'a>) -> &'a [f64],
) -> Line {
    let mut lengths: Vec<usize> = courses.iter().map(|course| curve(course).len()).collect();
    lengths.sort_unstable();
    let n_epochs = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    let at = |epoch: usize| {
        let values = courses.iter().filter_map(|course| curve(course).get(epoch).copied());
        let middle = median(values.filter(|value| value.is_finite()).collect())?;
        Some((epoch as f64 + 1.0, middle))
    };
    Line { name: name.to_owned(), points: (0..n_epochs).filter_map(at).collect() }
}

/// The middle over courses of a number of each hidden layer, look by look: one line a layer.
pub(super) fn layer_lines(courses: &[Course], number: impl Fn(&LayerProbe) -> Option<f64>) -> Vec<Line> {
    let looks: Vec<&(usize, &Probe)> = courses.iter().flat_map(|course| &course.looks).collect();
    let mut epochs: Vec<usize> = looks.iter().map(|(epoch, _)| *epoch).collect();
    epochs.sort_unstable();
    epochs.dedup();
    let n_hidden = looks.first().map_or(0, |(_, probe)| probe.layers.len().saturating_sub(1));
    let of_layer = |layer: usize| {
        let at = |epoch: &usize| {
            let same = looks.iter().filter(|(other, _)| other == epoch);
            let values = same.filter_map(|(_, probe)| number(probe.layers.get(layer)?));
            Some((*epoch as f64, median(values.filter(|value| value.is_finite()).collect())?))
        };
        Line { name: format!("layer {}", layer + 1), points: epochs.iter().filter_map(at).collect() }
    };
    (0..n_hidden).map(of_layer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_most_networks_have() {
        let course = |loss: &[f64]| Course { loss: loss.to_vec(), ..Course::default() };
        let courses = [course(&[9.0]), course(&[3.0, 2.0, 1.0, 0.5]), course(&[6.0, f64::NAN, 5.0])];
        let line = line("loss", &courses, |course| &course.loss);
        // In the second epoch one of the two that are left has no number; of the fourth only one has any.
        assert_eq!(line.points, [(1.0, 6.0), (2.0, 2.0), (3.0, 1.0)]);
    }
}
