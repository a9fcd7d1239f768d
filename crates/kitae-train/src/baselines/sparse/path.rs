//! The path of the elastic net, from the penalty at which no column has a weight down: cyclic coordinate
//! descent on the quadratic bound of the loss (Friedman, Hastie and Tibshirani 2010, "Regularization Paths
//! for Generalized Linear Models via Coordinate Descent"), each fit from the one before it.

use kitae_data::features::Features;

use super::columns::Columns;
use super::targets::ScaledTargets;

/// Each penalty gives two fits.
pub(super) const FITS_A_PENALTY: usize = 2;

/// The part of the penalty that is on sizes; the rest, on squares, shares the weight among columns that say
/// the same.
const SIZES: f64 = 0.9;
/// Penalties, and the least of them as a part of the first.
const N_PENALTIES: usize = 20;
const LEAST: f64 = 0.01;
/// A path ends when this part of the loss without columns is left.
const NOTHING_LEFT: f64 = 0.01;
/// The penalty on squares of the columns that are chosen, once sizes are free.
const RELAXED: f64 = 0.05;
/// Rounds over the columns for one penalty at most, and how little moves at the end.
const MOST_ROUNDS: usize = 60;
const STILL: f64 = 1e-4;

/// The model of one penalty.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub(super) penalty: f64,
    pub(super) scores: Vec<Line>,
}

/// One score: a bias and the weights that are not 0, by column.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) bias: f64,
    pub(super) weights: Vec<(usize, f64)>,
}

/// Fits for these penalties, or for those from the one that leaves all columns out; of each two: as it is,
/// and with the same columns at their full weight (Meinshausen 2007, "Relaxed Lasso"). They may end early.
pub(super) fn path(columns: &Columns, targets: &ScaledTargets, penalties: Option<&[f64]>) -> Vec<Fit> {
    let mut descent = Descent::new(columns, targets);
    let own: Vec<f64>;
    let penalties = if let Some(penalties) = penalties {
        penalties
    } else {
        own = falling(descent.strongest());
        &own
    };
    let enough = NOTHING_LEFT * targets.loss(&descent.scores);
    let mut fits = Vec::with_capacity(penalties.len());
    for &penalty in penalties {
        descent.descend(penalty * SIZES, penalty * (1.0 - SIZES), Round::All);
        fits.push(descent.fit(penalty));
        let mut relaxed = descent.clone();
        relaxed.is_active = relaxed.chosen();
        relaxed.descend(0.0, RELAXED, Round::Active);
        fits.push(relaxed.fit(penalty));
        if targets.loss(&descent.scores) <= enough {
            break;
        }
    }
    fits
}

fn falling(first: f64) -> Vec<f64> {
    let step = |number: usize| libm::pow(LEAST, number as f64 / (N_PENALTIES - 1) as f64);
    (0..N_PENALTIES).map(|number| first * step(number)).collect()
}

#[derive(Clone)]
struct Descent<'a> {
    columns: &'a Columns,
    targets: &'a ScaledTargets,
    biases: Vec<f64>,
    /// Score after score, `[n_scores, n_columns]`.
    weights: Vec<f64>,
    /// Columns with a weight in some score.
    is_active: Vec<bool>,
    /// `[n_rows, n_scores]`
    scores: Vec<f64>,
    residual: Vec<f64>,
}

/// Which columns a round goes through.
#[derive(Clone, Copy, PartialEq)]
enum Round {
    All,
    Active,
}

impl<'a> Descent<'a> {
    fn new(columns: &'a Columns, targets: &'a ScaledTargets) -> Self {
        let biases = targets.constant();
        Self {
            columns,
            targets,
            weights: vec![0.0; biases.len() * columns.len()],
            is_active: vec![false; columns.len()],
            scores: biases.repeat(columns.n_rows),
            residual: vec![0.0; columns.n_rows],
            biases,
        }
    }

    /// The least penalty that leaves all columns out, rounding errors allowed for.
    fn strongest(&mut self) -> f64 {
        let mut most: f64 = 0.0;
        for score in 0..self.biases.len() {
            self.targets.residual(&self.scores, score, &mut self.residual);
            for column in 0..self.columns.len() {
                most = most.max(mean_product(self.columns.column(column), &self.residual).abs());
            }
        }
        most / SIZES * (1.0 + 1e-6)
    }

    /// Down to where nothing moves; with [`Round::Active`] the other columns stay out.
    fn descend(&mut self, sizes: f64, squares: f64, all: Round) {
        let mut round = all;
        for _ in 0..MOST_ROUNDS {
            let moved = (0..self.biases.len()).map(|score| self.round(score, [sizes, squares], round));
            let is_still = moved.fold(0.0, f64::max) < STILL;
            if is_still && round == all {
                return;
            }
            round = if is_still { all } else { Round::Active };
        }
    }

    /// Columns that have a weight now.
    fn chosen(&self) -> Vec<bool> {
        let n_columns = self.columns.len();
        let weights = |column: usize| self.weights.iter().skip(column).step_by(n_columns);
        (0..n_columns).map(|column| weights(column).any(|weight| *weight != 0.0)).collect()
    }

    /// One time through the columns for one score; how far the weight went that moved most.
    fn round(&mut self, score: usize, [sizes, squares]: [f64; 2], round: Round) -> f64 {
        let (columns, curvature) = (self.columns, self.targets.curvature());
        self.targets.residual(&self.scores, score, &mut self.residual);
        // In units of the score, from the quadratic bound.
        self.residual.iter_mut().for_each(|value| *value /= curvature);
        let before = self.residual.clone();
        let step = self.residual.iter().sum::<f64>() / self.residual.len().max(1) as f64;
        self.biases[score] += step;
        self.residual.iter_mut().for_each(|value| *value -= step);
        let mut most = step.abs();
        let weights = &mut self.weights[score * columns.len()..][..columns.len()];
        for (column, weight) in weights.iter_mut().enumerate() {
            if round == Round::Active && !self.is_active[column] {
                continue;
            }
            let values = columns.column(column);
            let slope = curvature * (mean_product(values, &self.residual) + *weight);
            let new = shrunk(slope, sizes) / (curvature + squares);
            let step = new - *weight;
            if step != 0.0 {
                for (residual, value) in self.residual.iter_mut().zip(values) {
                    *residual -= step * f64::from(*value);
                }
                *weight = new;
                self.is_active[column] = true;
                most = most.max(step.abs());
            }
        }
        let moved = before.iter().zip(&self.residual);
        let own = self.scores.iter_mut().skip(score).step_by(self.biases.len());
        own.zip(moved).for_each(|(score, (before, after))| *score += before - after);
        most
    }

    fn fit(&self, penalty: f64) -> Fit {
        let n_columns = self.columns.len();
        let line = |(score, bias): (usize, &f64)| {
            let weights = self.weights[score * n_columns..][..n_columns].iter().enumerate();
            let weights = weights.filter(|(_, weight)| **weight != 0.0);
            Line { bias: *bias, weights: weights.map(|(column, weight)| (column, *weight)).collect() }
        };
        Fit { penalty, scores: self.biases.iter().enumerate().map(line).collect() }
    }
}

impl Fit {
    /// The same in units of the features, with their positions.
    pub(super) fn in_units_of(&self, columns: &Columns) -> Vec<Line> {
        let line = |line: &Line| {
            let own = |(column, weight): &(usize, f64)| {
                (columns.positions[*column], weight / columns.spreads[*column])
            };
            let moved =
                |(column, weight): &(usize, f64)| weight * columns.means[*column] / columns.spreads[*column];
            Line {
                bias: line.bias - line.weights.iter().map(moved).sum::<f64>(),
                weights: line.weights.iter().map(own).collect(),
            }
        };
        self.scores.iter().map(line).collect()
    }

    /// The scores of `rows` of the features, or of all, `[n_rows, n_scores]`.
    pub(super) fn scores(&self, columns: &Columns, features: &Features, rows: Option<&[usize]>) -> Vec<f64> {
        let lines = self.in_units_of(columns);
        let n_rows = rows.map_or(features.n_rows, <[usize]>::len);
        let mut scores = Vec::with_capacity(n_rows * lines.len());
        for at in 0..n_rows {
            let row = rows.map_or(at, |rows| rows[at]);
            let cells = &features.numbers[row * features.d_numbers..][..features.d_numbers];
            scores.extend(lines.iter().map(|line| {
                let parts = line.weights.iter().map(|(column, weight)| weight * f64::from(cells[*column]));
                line.bias + parts.sum::<f64>()
            }));
        }
        scores
    }
}

fn mean_product(values: &[f32], residual: &[f64]) -> f64 {
    let sum: f64 = values.iter().zip(residual).map(|(value, residual)| f64::from(*value) * residual).sum();
    sum / values.len().max(1) as f64
}

/// Nearer to 0 by `by`, and 0 within it.
fn shrunk(value: f64, by: f64) -> f64 {
    (value.abs() - by).max(0.0).copysign(value)
}

#[cfg(test)]
mod tests {
    use kitae_random::{Purpose, Stream};

    use super::*;
    use crate::prepare::Targets;

    fn features(rows: &[Vec<f64>]) -> Features {
        let numbers = rows.iter().flatten().map(|cell| *cell as f32).collect();
        Features { n_rows: rows.len(), d_numbers: rows[0].len(), numbers, n_codes: 0, codes: Vec::new() }
    }

    fn noise(n_rows: usize, n_columns: usize) -> Vec<Vec<f64>> {
        let mut stream = Stream::new(5, Purpose::Synthesis, [0; 3]);
        (0..n_rows).map(|_| (0..n_columns).map(|_| stream.normal()).collect()).collect()
    }

    #[test]
    fn weights_of_columns_at_right_angles_are_those_of_the_formula() {
        // Columns of ±1 that do not go together; the values are 3 a + b + 5.
        let rows = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]].map(|row| row.to_vec()).to_vec();
        let values = rows.iter().map(|row| 3.0 * row[0] + row[1] + 5.0).collect();
        let targets = ScaledTargets { rows: Targets::Values(values), n_outputs: 1 };
        let columns = Columns::screened(&features(&rows), &targets, None);
        let fits = path(&columns, &targets, Some(&[4.0, 2.0, 0.5]));
        let shrunk = |slope: f64, penalty: f64| (slope - 0.9 * penalty).max(0.0) / (1.0 + 0.1 * penalty);
        for (fit, penalty) in fits.iter().step_by(FITS_A_PENALTY).zip([4.0, 2.0, 0.5]) {
            let mut weights = [0.0; 2];
            fit.scores[0].weights.iter().for_each(|(column, weight)| weights[*column] = *weight);
            assert!((fit.scores[0].bias - 5.0).abs() < 1e-6);
            assert!((weights[0] - shrunk(3.0, penalty)).abs() < 1e-6, "{penalty}: {weights:?}");
            assert!((weights[1] - shrunk(1.0, penalty)).abs() < 1e-6, "{penalty}: {weights:?}");
        }
        assert!(fits[0].scores[0].weights.is_empty());
    }

    /// Of many columns the one that the target goes by has the greatest weight, and the first of the path
    /// none.
    fn check(targets: impl Fn(&[f64]) -> f64, n_classes: usize) {
        let rows = noise(60, 3_000);
        let values: Vec<f64> = rows.iter().map(|row| targets(row)).collect();
        let rows_of_task = match n_classes {
            0 => Targets::Values(values),
            _ => Targets::Classes(values.iter().map(|value| *value as u32).collect()),
        };
        let targets = ScaledTargets { rows: rows_of_task, n_outputs: n_classes.max(1) };
        let columns = Columns::screened(&features(&rows), &targets, None);
        assert!(columns.len() < 3_000);
        let fits = path(&columns, &targets, None);
        assert!(fits[0].scores.iter().all(|line| line.weights.is_empty()));
        let last = fits[fits.len() / 2].in_units_of(&columns);
        let size = |(_, weight): &&(usize, f64)| weight.abs();
        let best = last.iter().flat_map(|line| &line.weights).max_by(|a, b| size(a).total_cmp(&size(b)));
        assert_eq!(best.expect("some column is in").0, 7);
        let losses: Vec<f64> = fits
            .iter()
            .step_by(FITS_A_PENALTY)
            .map(|fit| targets.loss(&fit.scores(&columns, &features(&rows), None)))
            .collect();
        assert!(losses.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6), "{losses:?}");
    }

    #[test]
    fn the_column_that_matters_is_found_among_thousands() {
        check(|row| 2.0 * row[7] + 0.3 * row[8], 0);
        check(|row| f64::from(u8::from(row[7] > 0.0)), 2);
        check(|row| (row[7] * 1.5 + 1.5).clamp(0.0, 2.9).floor(), 3);
    }

    #[test]
    fn a_fit_minimises_the_penalised_loss() {
        let rows = noise(40, 60);
        let codes: Vec<u32> = rows.iter().map(|row| u32::from(row[3] + 0.5 * row[4] > 0.2)).collect();
        let targets = ScaledTargets { rows: Targets::Classes(codes), n_outputs: 2 };
        let columns = Columns::screened(&features(&rows), &targets, None);
        let penalty = 0.05;
        let fit = path(&columns, &targets, Some(&[0.1, penalty])).swap_remove(FITS_A_PENALTY);
        let weight = |fit: &Fit, column| {
            let found = fit.scores[0].weights.iter().find(|(other, _)| *other == column);
            found.map_or(0.0, |(_, weight)| *weight)
        };
        let total = |fit: &Fit| {
            let sizes: f64 = fit.scores[0]
                .weights
                .iter()
                .map(|(_, weight)| 0.9 * weight.abs() + 0.05 * weight * weight)
                .sum();
            targets.loss(&fit.scores(&columns, &features(&rows), None)) + penalty * sizes
        };
        let least = total(&fit);
        for (column, step) in (0..columns.len()).flat_map(|column| [(column, 0.02), (column, -0.02)]) {
            let mut other = fit.clone();
            let moved = weight(&fit, column) + step;
            other.scores[0].weights.retain(|(own, _)| *own != column);
            other.scores[0].weights.push((column, moved));
            assert!(total(&other) >= least, "{column} {step}");
        }
    }
}
