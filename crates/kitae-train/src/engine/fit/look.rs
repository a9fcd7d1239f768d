//! Looks inside the lanes of a pack.

use kitae_model::Weights;

use super::Pack;
use crate::engine::probe::probe;
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
        for ((lane, before), after) in self.active.iter().zip(before).zip(after) {
            let (Some(before), Some(after)) = (before, after) else { continue };
            let last = self.unit_means.get(&lane.index);
            let Some((probe, means)) = probe(self.job, self.data(lane), &after, before, last) else {
                continue;
            };
            self.unit_means.insert(lane.index, means);
            self.tell(Event::Probed { lane: lane.index, epoch, probe });
        }
    }
}
