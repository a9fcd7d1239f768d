//! Looks inside the lanes of a pack.

use kitae_model::Weights;

use super::Pack;
use crate::engine::probe::{UnitMeans, probe};
use crate::observer::Event;

impl Pack<'_> {
    /// The weights of the lanes that are looked into after the epoch that begins.
    pub(super) fn before_look(&self, epoch: usize) -> Vec<Option<Weights>> {
        let is_due = self.job.place.probing.is_due(epoch, self.job.recipe.training.epochs);
        let wanted: Vec<bool> =
            self.active.iter().map(|lane| is_due && self.data(lane).place.member == 0).collect();
        self.machine.as_ref().map_or_else(Vec::new, |machine| machine.weights(&wanted))
    }

    /// Looks into the lanes whose weights before the epoch are given.
    pub(super) fn look(&mut self, epoch: usize, before: &[Option<Weights>]) {
        let Some(machine) = self.machine.as_ref().filter(|_| before.iter().any(Option::is_some)) else {
            return;
        };
        let wanted: Vec<bool> = before.iter().map(Option::is_some).collect();
        let after = machine.weights(&wanted);
        for (position, (before, after)) in before.iter().zip(after).enumerate() {
            let (Some(before), Some(after)) = (before, after) else { continue };
            let lane = &self.active[position];
            let seen = probe(self.job, self.data(lane), &after, before, &lane.unit_means);
            let Some((probe, means)) = seen else { continue };
            self.tell(Event::Probed { lane: lane.index, epoch, probe });
            // A lane that has just diverged has none that a file could hold.
            let are_finite = means.iter().flatten().all(|mean| mean.is_finite());
            self.active[position].unit_means = if are_finite { means } else { UnitMeans::new() };
        }
    }
}
