//! The targets of rows, as scores that a linear model gives: values, the log odds of the second of two
//! classes, or a logit for each class.

use kitae_data::preprocess::TargetScale;

use crate::objective::Objective;
use crate::prepare::Targets;

#[derive(Clone, Debug)]
pub(super) struct ScaledTargets {
    /// Values are standardised.
    pub(super) rows: Targets,
    /// One for each class, or one.
    pub(super) n_outputs: usize,
}

impl ScaledTargets {
    /// None for losses whose outputs are others.
    pub(super) fn of(
        targets: &Targets,
        objective: &Objective,
        scale: Option<&TargetScale>,
        n_outputs: usize,
    ) -> Option<Self> {
        match (targets, objective) {
            (Targets::Classes(codes), Objective::CrossEntropy { .. }) if n_outputs >= 2 => {
                Some(Self { rows: Targets::Classes(codes.clone()), n_outputs })
            }
            (
                Targets::Values(values),
                Objective::MeanSquared | Objective::Huber { .. } | Objective::MeanAbsolute,
            ) => {
                let scale = scale?;
                let values = values.iter().map(|value| scale.standardise(*value)).collect();
                Some(Self { rows: Targets::Values(values), n_outputs: 1 })
            }
            _ => None,
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn n_scores(&self) -> usize {
        if self.n_outputs > 2 { self.n_outputs } else { 1 }
    }

    /// How much the slope of the loss changes with a score at most.
    pub(super) fn curvature(&self) -> f64 {
        if matches!(self.rows, Targets::Classes(_)) { 0.25 } else { 1.0 }
    }

    pub(super) fn select(&self, rows: &[usize]) -> Self {
        Self { rows: self.rows.select(rows.iter().copied()), n_outputs: self.n_outputs }
    }

    /// The rows by their targets, so that every n-th of them are like all of them.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.n_rows()).collect();
        match &self.rows {
            Targets::Classes(codes) => order.sort_by_key(|row| codes[*row]),
            Targets::Values(values) => order.sort_by(|a, b| values[*a].total_cmp(&values[*b])),
        }
        order
    }

    /// The scores that are best without any column; of classes that no row has they are finite.
    pub(super) fn constant(&self) -> Vec<f64> {
        match &self.rows {
            Targets::Values(values) => vec![values.iter().sum::<f64>() / values.len().max(1) as f64],
            Targets::Classes(codes) => {
                let mut counts = vec![0.5; self.n_outputs];
                for code in codes {
                    counts[*code as usize] += 1.0;
                }
                match counts[..] {
                    [first, second] => vec![libm::log(second / first)],
                    _ => counts.iter().map(|count| libm::log(count / codes.len() as f64)).collect(),
                }
            }
        }
    }

    /// The part of the target that the scores `[n_rows, n_scores]` leave of one score: minus the slope of the
    /// loss.
    pub(super) fn residual(&self, scores: &[f64], score: usize, residual: &mut [f64]) {
        match &self.rows {
            Targets::Values(values) => {
                for ((residual, value), score) in residual.iter_mut().zip(values).zip(scores) {
                    *residual = value - score;
                }
            }
            Targets::Classes(codes) => {
                let rows = scores.chunks_exact(self.n_scores());
                for ((residual, code), row) in residual.iter_mut().zip(codes).zip(rows) {
                    let of = if self.n_outputs == 2 { 1 } else { score };
                    let is_it = f64::from(u8::from(*code as usize == of));
                    *residual = is_it - probability(row, score);
                }
            }
        }
    }

    /// The mean loss.
    pub(super) fn loss(&self, scores: &[f64]) -> f64 {
        self.losses(scores).iter().sum::<f64>() / self.n_rows().max(1) as f64
    }

    /// The loss of each row.
    pub(super) fn losses(&self, scores: &[f64]) -> Vec<f64> {
        match &self.rows {
            Targets::Values(values) => {
                values.iter().zip(scores).map(|(value, score)| (value - score) * (value - score)).collect()
            }
            Targets::Classes(codes) => {
                let rows = scores.chunks_exact(self.n_scores());
                let loss = |(code, row): (&u32, &[f64])| match (self.n_outputs, *code) {
                    (2, 0) => softplus(row[0]),
                    (2, _) => softplus(-row[0]),
                    (_, code) => log_sum(row) - row[code as usize],
                };
                codes.iter().zip(rows).map(loss).collect()
            }
        }
    }
}

fn probability(row: &[f64], score: usize) -> f64 {
    match row {
        [log_odds] => 1.0 / (1.0 + libm::exp(-log_odds)),
        _ => libm::exp(row[score] - log_sum(row)),
    }
}

fn log_sum(row: &[f64]) -> f64 {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + libm::log(row.iter().map(|score| libm::exp(score - most)).sum())
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}
