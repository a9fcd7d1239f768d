//! Which neurons of a lane are silent in a step.

use crate::lane::Lane;
use crate::noise::{Silence, threshold};

/// The dropout of one step of a lane: the same neurons as [`Noise`](crate::Noise) silences.
#[derive(Clone, Debug)]
pub struct HostNoise {
    /// For each hidden layer, how many activations it has had and which are silenced.
    layers: Vec<(u32, Option<Silence>)>,
}

impl HostNoise {
    /// The noise of a step, with one rate for each hidden layer, rounded as in
    /// [`DropoutRates`](crate::DropoutRates).
    pub fn new(lane: Lane, epoch: u64, step: u64, rates: &[f64]) -> Self {
        let layer = |(layer, rate): (usize, &f64)| {
            let threshold = threshold(*rate);
            (0, (threshold > 0).then(|| Silence::new(lane, epoch, step, layer, threshold)))
        };
        Self { layers: rates.iter().enumerate().map(layer).collect() }
    }

    /// The place of the next `n` activations of `layer`, and what silences them; none when nothing does.
    pub(super) fn next(&mut self, layer: usize, n: usize) -> Option<(u32, Silence)> {
        let (next, silence) = self.layers.get_mut(layer)?;
        let from = *next;
        *next = next.wrapping_add(n as u32);
        silence.map(|silence| (from, silence))
    }
}
