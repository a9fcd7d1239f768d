//! Rows of a lane, picked and put side by side.

use kitae_data::preprocess::TargetScale;
use kitae_data::target::ByTask;

use crate::objective::{HostLoss, HostRowTargets, HostTargets, Objective};
use crate::prepare::{RoleData, Targets};

/// The targets of all rows of a part, as objectives want them.
pub(super) type LaneTargets = ByTask<Vec<u32>, Vec<f32>>;

pub(super) fn lane_targets(targets: &Targets, scale: Option<&TargetScale>) -> LaneTargets {
    let standard = |value: &f64| scale.map_or(*value, |scale| scale.standardise(*value)) as f32;
    targets.as_ref().map(Clone::clone, |values| values.iter().map(standard).collect())
}

/// What the mean over these rows of a part divides by.
pub(super) fn total_weight(
    part: &RoleData,
    targets: &LaneTargets,
    objective: &Objective,
    rows: &[u32],
) -> f64 {
    let mut batch = MicroBatch::default();
    batch.gather_targets(part, targets, rows);
    objective.total_weight(batch.targets(targets))
}

/// Rows that were picked from a part, side by side.
#[derive(Default)]
pub(super) struct MicroBatch {
    pub(super) numbers: Vec<f32>,
    pub(super) codes: Vec<u32>,
    classes: Vec<u32>,
    values: Vec<f32>,
    /// Empty where all rows count alike.
    weights: Vec<f32>,
}

impl MicroBatch {
    pub(super) fn gather(&mut self, part: &RoleData, targets: &LaneTargets, rows: &[u32]) {
        let (d_numbers, n_codes) = (part.features.d_numbers, part.features.n_codes);
        self.numbers.clear();
        self.codes.clear();
        for row in rows {
            let row = *row as usize;
            self.numbers.extend_from_slice(&part.features.numbers[row * d_numbers..(row + 1) * d_numbers]);
            self.codes.extend_from_slice(&part.features.codes[row * n_codes..(row + 1) * n_codes]);
        }
        self.gather_targets(part, targets, rows);
    }

    fn gather_targets(&mut self, part: &RoleData, targets: &LaneTargets, rows: &[u32]) {
        self.weights.clear();
        if let Some(weights) = &part.weights {
            self.weights.extend(rows.iter().map(|row| weights[*row as usize]));
        }
        match targets {
            LaneTargets::Classes(classes) => {
                self.classes.clear();
                self.classes.extend(rows.iter().map(|row| classes[*row as usize]));
            }
            LaneTargets::Values(values) => {
                self.values.clear();
                self.values.extend(rows.iter().map(|row| values[*row as usize]));
            }
        }
    }

    /// Each target, and its weight, once for every member of an ensemble.
    pub(super) fn spread_targets(&mut self, n_members: usize) {
        if n_members > 1 {
            self.weights =
                self.weights.iter().flat_map(|weight| std::iter::repeat_n(*weight, n_members)).collect();
            self.classes =
                self.classes.iter().flat_map(|class| std::iter::repeat_n(*class, n_members)).collect();
            self.values =
                self.values.iter().flat_map(|value| std::iter::repeat_n(*value, n_members)).collect();
        }
    }

    pub(super) fn targets(&self, like: &LaneTargets) -> HostRowTargets<'_> {
        let targets = match like {
            LaneTargets::Classes(_) => HostTargets::Classes(&self.classes),
            LaneTargets::Values(_) => HostTargets::Values(&self.values),
        };
        HostRowTargets { targets, weights: Some(&*self.weights).filter(|weights| !weights.is_empty()) }
    }
}
