//! What a pack tells the observer.

use super::Pack;
use crate::engine::lane::LaneState;
use crate::observer::{Event, LaneEnd};

impl Pack<'_> {
    /// Says where each lane stands, also of those that have ended.
    pub(super) fn announce(&self) {
        for lane in self.ended_states.iter().chain(&self.active) {
            let fold = &self.data(lane).fold;
            self.tell(Event::LaneStarted {
                lane: lane.index,
                after_epoch: lane.n_epochs,
                n_train: fold.train.rows.len(),
                n_validation: fold.validation.rows.len(),
                n_held_out: fold.held_out.rows.len(),
            });
        }
        for lane in &self.ended_states {
            self.tell_end(lane);
        }
    }

    pub(super) fn tell_end(&self, lane: &LaneState) {
        self.tell(Event::LaneEnded {
            lane: lane.index,
            kept_epoch: lane.kept.as_ref().map_or(0, |(epoch, _)| *epoch),
            n_epochs: lane.n_epochs,
            reason: lane.end.unwrap_or(LaneEnd::Planned),
        });
    }

    pub(super) fn tell(&self, event: Event) {
        // The receiver outlives all packs; if it is gone, nobody wants to know.
        let _ = self.events.send(event);
    }
}
