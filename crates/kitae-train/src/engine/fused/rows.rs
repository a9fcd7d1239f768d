//! Rows of a lane, picked and put side by side.

use kitae_data::preprocess::TargetScale;
use kitae_data::target::ByTask;

use crate::objective::{HostLoss, HostTargets, Objective};
use crate::prepare::{RoleData, Targets};

/// The targets of all rows of a part, as objectives want them.
pub(super) type LaneTargets = ByTask<Vec<u32>, Vec<f32>>;

pub(super) fn lane_targets(targets: &Targets, scale: Option<&TargetScale>) -> LaneTargets {
    let standard = |value: &f64| scale.map_or(*value, |scale| scale.standardise(*value)) as f32;
    targets.as_ref().map(Clone::clone, |values| values.iter().map(standard).collect())
}

/// What the mean over these rows divides by.
pub(super) fn total_weight(targets: &LaneTargets, objective: &Objective, rows: &[u32]) -> f64 {
    match targets {
        LaneTargets::Classes(classes) => {
            let classes: Vec<u32> = rows.iter().map(|row| classes[*row as usize]).collect();
            objective.total_weight(HostTargets::Classes(&classes))
        }
        LaneTargets::Values(_) => rows.len() as f64,
    }
}

/// Rows that were picked from a part, side by side.
#[derive(Default)]
pub(super) struct MicroBatch {
    pub(super) numbers: Vec<f32>,
    pub(super) codes: Vec<u32>,
    classes: Vec<u32>,
    values: Vec<f32>,
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

    /// Each target once for every member of an ensemble.
    pub(super) fn spread_targets(&mut self, n_members: usize) {
        if n_members > 1 {
            self.classes =
                self.classes.iter().flat_map(|class| std::iter::repeat_n(*class, n_members)).collect();
            self.values =
                self.values.iter().flat_map(|value| std::iter::repeat_n(*value, n_members)).collect();
        }
    }

    pub(super) fn targets(&self, like: &LaneTargets) -> HostTargets<'_> {
        match like {
            LaneTargets::Classes(_) => HostTargets::Classes(&self.classes),
            LaneTargets::Values(_) => HostTargets::Values(&self.values),
        }
    }
}
