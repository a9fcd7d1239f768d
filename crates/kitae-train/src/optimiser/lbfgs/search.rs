//! The line searches of all lanes, side by side.

use super::{Evaluate, Point, measured, project};

/// A move must gain this share of what the slope promises (Armijo's condition).
const GAIN: f64 = 1e-4;

/// And leave at most this share of the slope (the weak Wolfe condition).
const REST: f64 = 0.9;

/// The search of one lane for a step length.
pub(super) struct Search {
    direction: Vec<f64>,
    /// The loss at the start.
    loss: f64,
    /// The derivative of the loss along the direction at the start; negative.
    slope: f64,
    /// The length on trial.
    length: f64,
    /// The longest length known to be too short, and the shortest known to be too long.
    bracket: (f64, f64),
    best: Option<Point>,
    is_over: bool,
}

impl Search {
    /// A search from `point`; none where `direction` does not lead downhill.
    pub(super) fn new(point: &Point, direction: Vec<f64>, length: f64) -> Option<Self> {
        let slope = project(&point.gradient, &direction);
        let starts = Self {
            direction,
            loss: point.loss,
            slope,
            length,
            bracket: (0.0, f64::INFINITY),
            best: None,
            is_over: false,
        };
        (slope.is_finite() && slope < 0.0 && length > 0.0).then_some(starts)
    }

    /// The last point that satisfied Armijo's condition, if any.
    pub(super) fn found(self) -> Option<Point> {
        self.best
    }

    fn trial(&self, point: &Point) -> Vec<f32> {
        let moved = |(value, slope): (&f32, &f64)| (f64::from(*value) + self.length * slope) as f32;
        point.parameters.iter().zip(&self.direction).map(moved).collect()
    }

    fn judge(&mut self, trial: Point) {
        let (short, long) = &mut self.bracket;
        if trial.is_finite() && trial.loss <= self.loss + GAIN * self.length * self.slope {
            if project(&trial.gradient, &self.direction) >= REST * self.slope {
                self.is_over = true;
            } else {
                *short = self.length;
            }
            self.best = Some(trial);
        } else {
            *long = self.length;
        }
        self.length = if long.is_finite() { f64::midpoint(*short, *long) } else { 2.0 * self.length };
    }
}

/// Runs all searches to their end, at most `trials` evaluations. Lanes that have ended are evaluated
/// where they stand, so that an evaluation always is one pass over all lanes.
pub(super) fn run(
    searches: &mut [Option<Search>],
    points: &[Point],
    trials: usize,
    evaluate: &mut Evaluate<'_>,
) {
    for _ in 0..trials {
        let mut tried = Vec::with_capacity(points.len());
        for (search, point) in searches.iter_mut().zip(points) {
            tried.push(match search {
                Some(search) if !search.is_over => search.trial(point),
                _ => point.parameters.clone(),
            });
        }
        for ((search, point), tried) in searches.iter_mut().zip(points).zip(&tried) {
            // A length that moves nothing any more ends the search.
            if let Some(search) = search {
                search.is_over |= *tried == point.parameters;
            }
        }
        if searches.iter().flatten().all(|search| search.is_over) {
            return;
        }
        for (search, trial) in searches.iter_mut().zip(measured(tried, evaluate)) {
            if let Some(search) = search.as_mut().filter(|search| !search.is_over) {
                search.judge(trial);
            }
        }
    }
}
