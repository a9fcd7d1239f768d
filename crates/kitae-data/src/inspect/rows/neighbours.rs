//! What some rows tell of the target of another.

use crate::alike::space::Space;
use crate::target::Target;

/// The targets of some rows. Values are ranks, so that a few large ones do not decide.
pub(super) enum Answers {
    Classes(Vec<u32>),
    Ranks(Vec<f64>),
}

/// How much better one set of rows tells the target than another.
pub(super) struct Comparison {
    /// From 0, as good as always saying the same, to 1, always right.
    pub(super) skill: f64,
    /// The same of the other set.
    pub(super) other_skill: f64,
    /// The mean difference in standard errors.
    pub(super) sureness: f64,
}

/// How well some rows are told by others.
pub(super) struct Told {
    /// From 0, as good as always saying the same, to 1, always right.
    pub(super) skill: f64,
    /// The standard error of that.
    pub(super) error: f64,
}

impl Answers {
    pub(super) fn of(target: &Target, rows: &[u32]) -> Self {
        match target {
            Target::Classes { codes, .. } => {
                Self::Classes(rows.iter().map(|row| codes[*row as usize]).collect())
            }
            Target::Values(values) => {
                let mut order: Vec<usize> = (0..rows.len()).collect();
                let value = |at: usize| values[rows[at] as usize];
                order.sort_by(|a, b| value(*a).total_cmp(&value(*b)));
                let mut ranks = vec![0.0; rows.len()];
                for (rank, at) in order.iter().enumerate() {
                    ranks[*at] = rank as f64 / rows.len() as f64;
                }
                // Equal values have one rank.
                for pair in order.windows(2) {
                    if value(pair[0]) == value(pair[1]) {
                        ranks[pair[1]] = ranks[pair[0]];
                    }
                }
                Self::Ranks(ranks)
            }
        }
    }

    /// How wrong a row is told by others, from 0; without others as by all.
    pub(super) fn loss(&self, row: usize, others: &[usize]) -> f64 {
        match self {
            Self::Classes(codes) => {
                let votes = |class: u32| others.iter().filter(|other| codes[**other] == class).count();
                // Of classes with equally many votes the one of the nearest row.
                let most = others.iter().rev().max_by_key(|other| votes(codes[**other]));
                f64::from(most.map(|other| codes[*other]) != Some(codes[row]))
            }
            Self::Ranks(ranks) => {
                let told = others.iter().map(|other| ranks[*other]).sum::<f64>() / others.len().max(1) as f64;
                (ranks[row] - told).powi(2)
            }
        }
    }

    /// How wrong one is who always says the same of `rows`.
    fn constant_loss(&self, rows: &[usize]) -> f64 {
        match self {
            Self::Classes(codes) => {
                let mut counts = std::collections::HashMap::new();
                for row in rows {
                    *counts.entry(codes[*row]).or_insert(0_usize) += 1;
                }
                1.0 - counts.into_values().max().unwrap_or(0) as f64 / rows.len().max(1) as f64
            }
            Self::Ranks(ranks) => {
                let n = rows.len().max(1) as f64;
                let mean = rows.iter().map(|row| ranks[*row]).sum::<f64>() / n;
                rows.iter().map(|row| (ranks[*row] - mean).powi(2)).sum::<f64>() / n
            }
        }
    }

    /// How well some rows are told by others, each by its own.
    pub(super) fn told(&self, told: &[(usize, Vec<usize>)]) -> Option<Told> {
        let rows: Vec<usize> = told.iter().map(|(row, _)| *row).collect();
        let constant = self.constant_loss(&rows);
        if constant <= 0.0 || told.len() < 2 {
            return None;
        }
        let n = told.len() as f64;
        let losses: Vec<f64> = told.iter().map(|(row, by)| self.loss(*row, by)).collect();
        let loss = losses.iter().sum::<f64>() / n;
        let variance = losses.iter().map(|one| (one - loss).powi(2)).sum::<f64>() / (n - 1.0);
        Some(Told { skill: 1.0 - loss / constant, error: (variance / n).sqrt() / constant })
    }

    /// Rows, each with others that tell its target and others that tell it too.
    pub(super) fn compare(&self, told: &[(usize, Vec<usize>, Vec<usize>)]) -> Option<Comparison> {
        let rows: Vec<usize> = told.iter().map(|(row, ..)| *row).collect();
        let constant = self.constant_loss(&rows);
        if constant <= 0.0 || told.len() < 2 {
            return None;
        }
        let n = told.len() as f64;
        let losses: Vec<(f64, f64)> =
            told.iter().map(|(row, one, other)| (self.loss(*row, one), self.loss(*row, other))).collect();
        let (one, other) =
            losses.iter().fold((0.0, 0.0), |sum, loss| (sum.0 + loss.0 / n, sum.1 + loss.1 / n));
        let variance =
            losses.iter().map(|loss| (loss.1 - loss.0 - (other - one)).powi(2)).sum::<f64>() / (n - 1.0);
        let sureness = (other - one) / (variance / n).sqrt().max(f64::MIN_POSITIVE);
        Some(Comparison { skill: 1.0 - one / constant, other_skill: 1.0 - other / constant, sureness })
    }
}

impl Comparison {
    /// Whether the first rows tell clearly more.
    pub(super) fn is_clear(&self, least: f64) -> bool {
        self.skill - self.other_skill.max(0.0) >= least && self.sureness >= 4.0
    }
}

/// The nearest of `others`, the nearest first.
pub(super) fn nearest(
    space: &Space,
    row: usize,
    others: impl Iterator<Item = usize>,
    n: usize,
) -> Vec<usize> {
    space.nearest(row, others, n).into_iter().map(|(_, other)| other).collect()
}

/// A skill in words.
pub(super) fn skill_text(skill: f64) -> String {
    format!("{:.0} %", 100.0 * skill.clamp(0.0, 1.0))
}
