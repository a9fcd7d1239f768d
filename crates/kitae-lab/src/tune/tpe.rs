//! Which point to try next: the tree-structured Parzen estimator (Bergstra et al. 2011).
//!
//! Points that were tried are split into good and bad ones. Of each group a density is made, and of many
//! draws from the good one's density the draw is taken whose density among the good is largest beside that
//! among the bad: under the model the one with the highest expected improvement. The densities are joint
//! ones, mixtures of a kernel around each point and of the space's own distribution (Falkner et al. 2018,
//! BOHB; Watanabe 2023, whose names for the parts are used here); the numbers of the split, the draws and the
//! widths are the defaults of Optuna's multivariate sampler (Akiba et al. 2019).
//!
//! `NOTE[DIFF]`: Where a point lacks a hyperparameter, because it chose otherwise, its kernel is the space's
//! own distribution there, so the density stays a joint one over a space with branches; Optuna splits the
//! space into groups.

use kitae_random::Stream;

use crate::tune::normal::{cdf, density};
use crate::tune::range::Range;
use crate::tune::space::{Axis, Point, Space};

/// A point and its place among all that were tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// What was tried.
    pub point: Point,
    /// 0 is the best. Ranks may have gaps, not ties.
    pub rank: usize,
}

/// With fewer points than this, the next one is drawn from the space. Optuna: 10.
const N_RANDOM: usize = 10;
/// Draws of which one is taken. Optuna: 24.
const N_CANDIDATES: usize = 24;
/// Of n points the best ⌈n · share⌉ are good, but at most so many. Optuna: 0.1 and 25.
const GOOD_SHARE: f64 = 0.1;
const MOST_GOOD: usize = 25;

/// Draws from a kernel until one lies within the range. Of a kernel whose middle lies there, nearly half do;
/// where there is no middle, the range being a single number, the next one is as good as any.
const MOST_DRAWS: usize = 1000;

/// The point to try next. What was tried outside of the space says nothing.
pub fn propose(space: &Space, tried: &[Tried], stream: &mut Stream) -> Point {
    let is_inside = |tried: &&Tried| space.check_point(&tried.point).is_ok();
    let mut sorted: Vec<&Tried> = tried.iter().filter(is_inside).collect();
    if sorted.len() < N_RANDOM {
        return space.draw(stream);
    }
    sorted.sort_by_key(|tried| tried.rank);
    let n_good = ((sorted.len() as f64 * GOOD_SHARE).ceil() as usize).min(MOST_GOOD);
    let points = |tried: &[&Tried]| tried.iter().map(|tried| tried.point.clone()).collect();
    let good = Mixture::new(space, points(&sorted[..n_good]));
    let bad = Mixture::new(space, points(&sorted[n_good..]));
    let mut best: Option<(f64, Point)> = None;
    for _ in 0..N_CANDIDATES {
        let candidate = good.draw(stream);
        let gain = good.log_density(&candidate) - bad.log_density(&candidate);
        if best.as_ref().is_none_or(|(most, _)| gain > *most) {
            best = Some((gain, candidate));
        }
    }
    best.map_or_else(|| space.draw(stream), |(_, point)| point)
}

/// A density over a space: the space's own distribution and a kernel around each point, all of one weight.
struct Mixture<'a> {
    space: &'a Space,
    points: Vec<Point>,
    /// Standard deviation of the kernels of numbers on the unit interval.
    sigma: f64,
}

impl<'a> Mixture<'a> {
    fn new(space: &'a Space, points: Vec<Point>) -> Self {
        let n = points.len().max(1) as f64;
        // Scott's rule by a fifth of the interval, and never narrower than a part of it.
        let scott = 0.2 * n.powf(-1.0 / (space.axes.len() as f64 + 4.0));
        Self { space, sigma: scott.max(1.0 / (n + 2.0).min(100.0)), points }
    }

    fn draw(&self, stream: &mut Stream) -> Point {
        let chosen = stream.below(self.points.len() as u64 + 1) as usize;
        let centre = self.points.get(chosen);
        self.space.fill(|at, axis| match centre.and_then(|point| point.0[at]) {
            Some(centre) => self.draw_near(axis, centre, stream),
            None => axis.range.from_unit(stream.uniform()),
        })
    }

    fn draw_near(&self, axis: &Axis, centre: f64, stream: &mut Stream) -> f64 {
        if let Range::Choice { shares, .. } = &axis.range {
            let mut left = stream.uniform();
            let found = (0..shares.len()).find(|choice| {
                left -= self.chance(shares, centre, *choice);
                left < 0.0
            });
            return found.map_or(centre, |choice| choice as f64);
        }
        let middle = middle(axis, centre);
        let mut draws = (0..MOST_DRAWS).map(|_| middle + self.sigma * stream.normal());
        draws.find(|u| (0.0..=1.0).contains(u)).map_or(centre, |u| axis.range.from_unit(u))
    }

    fn log_density(&self, point: &Point) -> f64 {
        let own = self.log_kernel(None, point);
        let kernels = self.points.iter().map(|centre| self.log_kernel(Some(centre), point));
        let logs: Vec<f64> = std::iter::once(own).chain(kernels).collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().map(|log| (log - most).exp()).sum();
        most + (sum / logs.len() as f64).ln()
    }

    /// The kernel around `centre`; the space's own distribution without one.
    fn log_kernel(&self, centre: Option<&Point>, point: &Point) -> f64 {
        let axes = self.space.axes.iter().zip(&point.0).enumerate();
        axes.filter_map(|(at, (axis, value))| {
            let value = (*value)?;
            let centre = centre.and_then(|centre| centre.0[at]);
            Some(self.factor(axis, centre, value).ln())
        })
        .sum()
    }

    fn factor(&self, axis: &Axis, centre: Option<f64>, value: f64) -> f64 {
        let (low, high) = axis.range.cell(value);
        match (&axis.range, centre) {
            (Range::Choice { shares, .. }, None) => shares[value as usize],
            (Range::Choice { shares, .. }, Some(centre)) => self.chance(shares, centre, value as usize),
            (Range::Whole { .. } | Range::LogWhole { .. }, None) => high - low,
            (Range::Uniform { .. } | Range::Log { .. }, None) => 1.0,
            (_, Some(centre)) => {
                let middle = middle(axis, centre);
                let place = |u: f64| (u - middle) / self.sigma;
                let inside = cdf(place(1.0)) - cdf(place(0.0));
                let mass = match axis.range {
                    Range::Whole { .. } | Range::LogWhole { .. } => cdf(place(high)) - cdf(place(low)),
                    _ => density(place(low)) / self.sigma,
                };
                // A value that is too far away for its chance to be told from 0.
                (mass / inside).max(1e-300)
            }
        }
    }

    /// The chance of a choice near another (Aitchison and Aitken 1976): the space's shares count as one point
    /// among all of the mixture.
    fn chance(&self, shares: &[f64], centre: f64, choice: usize) -> f64 {
        let weight = shares.len() as f64 / (self.points.len() as f64 + 1.0);
        let is_same = f64::from(u8::from(centre as usize == choice));
        (is_same + weight * shares[choice]) / (1.0 + weight)
    }
}

/// Where a kernel around `centre` has its middle.
fn middle(axis: &Axis, centre: f64) -> f64 {
    let (low, high) = axis.range.cell(centre);
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use toml::Value;

    use super::*;
    use crate::tune::space::{When, Write};

    fn axis(name: &str, range: Range, when: Option<When>) -> Axis {
        let (key, source) = (name.to_owned(), "a test".to_owned());
        Axis { name: name.to_owned(), key, write: Write::Plain, range, own: None, when, source }
    }

    fn branched() -> Space {
        let values = vec![Value::from("a"), Value::from("b")];
        let when = When { axis: "kind".into(), choice: 1 };
        Space {
            axes: vec![
                axis("kind", Range::Choice { values, shares: vec![0.6, 0.4] }, None),
                axis("x", Range::Log { low: 1e-3, high: 1.0 }, None),
                axis("n", Range::Whole { low: 1, high: 3 }, Some(when)),
            ],
        }
    }

    #[test]
    fn a_range_of_a_single_number_and_a_strange_point_end_no_search() {
        let mut space = branched();
        space.axes[1].range = Range::Log { low: 0.5, high: 0.5 };
        let tried = |rank: usize| Tried { point: Point(vec![Some(0.0), Some(0.5), None]), rank };
        let mut tried: Vec<Tried> = (0..12).map(tried).collect();
        tried.push(Tried { point: Point(vec![Some(0.0)]), rank: 12 });
        let mut stream = Stream::new(0, kitae_random::Purpose::Search, [0; 3]);
        assert_eq!(propose(&space, &tried, &mut stream).0[1], Some(0.5));
    }

    /// Midpoints of a grid on x, all choices and whole numbers.
    #[test]
    fn a_mixture_is_a_density_over_all_branches() {
        let space = branched();
        let points = [[Some(1.0), Some(0.02), Some(3.0)], [Some(0.0), Some(0.9), None]];
        let mixture = Mixture::new(&space, points.map(|values| Point(values.to_vec())).to_vec());
        let n_steps = 2000;
        let mut total = 0.0;
        for step in 0..n_steps {
            let x = space.axes[1].range.from_unit((f64::from(step) + 0.5) / f64::from(n_steps));
            let mut add = |values: [Option<f64>; 3]| {
                total += mixture.log_density(&Point(values.to_vec())).exp() / f64::from(n_steps);
            };
            add([Some(0.0), Some(x), None]);
            for n in 1..=3 {
                add([Some(1.0), Some(x), Some(f64::from(n))]);
            }
        }
        assert!((total - 1.0).abs() < 1e-4, "{total}");
    }

    #[test]
    fn draws_follow_the_density() {
        let space = branched();
        let mixture = Mixture::new(&space, vec![Point(vec![Some(1.0), Some(0.02), Some(3.0)])]);
        let mut stream = Stream::new(3, kitae_random::Purpose::Search, [0; 3]);
        let n_draws = 20_000;
        let drawn: Vec<Point> = (0..n_draws).map(|_| mixture.draw(&mut stream)).collect();
        let share =
            |n: f64| drawn.iter().filter(|point| point.0[2] == Some(n)).count() as f64 / f64::from(n_draws);
        // x integrated out, the chance of b and n is the mean of the two parts of the mixture.
        let near_b = mixture.chance(&[0.6, 0.4], 1.0, 1);
        for n in 1..=3 {
            let near = mixture.factor(&space.axes[2], Some(3.0), f64::from(n));
            let expected = f64::midpoint(0.4 / 3.0, near_b * near);
            assert!(
                (share(f64::from(n)) - expected).abs() < 0.012,
                "{n}: {} {expected}",
                share(f64::from(n))
            );
        }
        assert!(drawn.iter().all(|point| point.0[2].is_some() == (point.0[0] == Some(1.0))));
    }
}
