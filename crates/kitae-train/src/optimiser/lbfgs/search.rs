//! The search for the length of a move.

use super::{Evaluate, Point, project};

/// A move must gain this share of what the slope promises (Armijo's condition).
const GAIN: f64 = 1e-4;

/// And leave at most this share of the slope (the weak Wolfe condition).
const REST: f64 = 0.9;

/// A search along a line.
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
    /// The last point that satisfied Armijo's condition.
    best: Option<Point>,
}

impl Search {
    /// A search from `point`; none where `direction` does not lead downhill.
    pub(super) fn new(point: &Point, direction: Vec<f64>, length: f64) -> Option<Self> {
        let slope = project(&point.gradient, &direction);
        let starts =
            Self { direction, loss: point.loss, slope, length, bracket: (0.0, f64::INFINITY), best: None };
        (slope.is_finite() && slope < 0.0 && length > 0.0).then_some(starts)
    }

    /// The point where the search ends, after at most `trials` evaluations; none where it gained nothing.
    pub(super) fn run(mut self, start: &Point, trials: usize, evaluate: &mut Evaluate<'_>) -> Option<Point> {
        for _ in 0..trials {
            let trial = self.trial(start);
            // A length that moves nothing any more ends the search.
            if trial == start.parameters || self.narrow(Point::at(trial, evaluate)) {
                break;
            }
        }
        self.best
    }

    fn trial(&self, point: &Point) -> Vec<f32> {
        let moved = |(value, slope): (&f32, &f64)| (f64::from(*value) + self.length * slope) as f32;
        point.parameters.iter().zip(&self.direction).map(moved).collect()
    }

    /// Moves an end of the bracket to the length that was tried; whether the search is over.
    fn narrow(&mut self, trial: Point) -> bool {
        let mut is_over = false;
        let (short, long) = &mut self.bracket;
        if trial.is_finite() && trial.loss <= self.loss + GAIN * self.length * self.slope {
            if project(&trial.gradient, &self.direction) >= REST * self.slope {
                is_over = true;
            } else {
                *short = self.length;
            }
            self.best = Some(trial);
        } else {
            *long = self.length;
        }
        self.length = if long.is_finite() { f64::midpoint(*short, *long) } else { 2.0 * self.length };
        is_over
    }
}
