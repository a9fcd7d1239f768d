//! The loss of a lane as a function of its numbers, for L-BFGS.

use kitae_model::host::HostNetwork;

use super::shard::{self, Shard, Step};
use crate::optimiser::{Lbfgs, is_penalised};

/// The mean loss of some rows with half of `l2` times the squares of weights and embeddings.
pub(super) struct Landscape<'a> {
    pub(super) network: &'a mut HostNetwork,
    pub(super) shards: &'a mut [Shard],
    pub(super) batch: &'a Step<'a>,
    pub(super) rows: &'a [u32],
    pub(super) l2: f64,
}

impl Landscape<'_> {
    /// A step of `lbfgs`; the loss before it, the penalty left out.
    pub(super) fn descend(mut self, lbfgs: &mut Lbfgs) -> f64 {
        let start = self.network.values().to_vec();
        let mut before = None;
        let end = lbfgs.step(start, &mut |position| {
            let (plain, penalised, slopes) = self.measure(position);
            // The first evaluation is where the step begins.
            before.get_or_insert(plain);
            (penalised, slopes)
        });
        self.network.values_mut().copy_from_slice(&end);
        if self.network.wants_whole_batches() {
            // The last evaluation need not be where the step ends.
            shard::train(self.shards, self.network, self.batch, self.rows);
        }
        before.unwrap_or(f64::NAN)
    }

    /// The loss without and with its penalty, and the gradient of the latter.
    fn measure(&mut self, position: &[f32]) -> (f64, f64, Vec<f32>) {
        self.network.values_mut().copy_from_slice(position);
        let (slopes, plain) = shard::train(self.shards, self.network, self.batch, self.rows);
        let mut penalised = plain;
        for parameter in self.network.parameters().iter().filter(|parameter| is_penalised(parameter.role)) {
            let place = &position[parameter.range.clone()];
            let squares: f64 = place.iter().map(|value| f64::from(*value).powi(2)).sum();
            penalised += 0.5 * self.l2 * squares;
            for (slope, value) in slopes[parameter.range.clone()].iter_mut().zip(place) {
                *slope += (self.l2 * f64::from(*value)) as f32;
            }
        }
        (plain, penalised, slopes.to_vec())
    }
}
