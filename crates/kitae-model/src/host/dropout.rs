//! Which neurons of a lane are silent in a step.

use crate::lane::Lane;
use crate::noise::{Silence, threshold};

/// The dropout of one step of a lane: the same neurons as [`Noise`](crate::Noise) silences.
#[derive(Clone, Debug)]
pub struct HostNoise {
    /// For each hidden layer, which activations are silenced.
    layers: Vec<Option<Silence>>,
}

impl HostNoise {
    /// The noise of a step, with one rate for each hidden layer, rounded as in
    /// [`DropoutRates`](crate::DropoutRates).
    pub fn new(lane: Lane, epoch: u64, step: u64, rates: &[f64]) -> Self {
        let layer = |(layer, rate): (usize, &f64)| {
            let threshold = threshold(*rate);
            (threshold > 0).then(|| Silence::new(lane, epoch, step, layer, threshold))
        };
        Self { layers: rates.iter().enumerate().map(layer).collect() }
    }

    /// The place of the first activation of `layer` in row `first_row` of the step, and what silences
    /// them; none when nothing does.
    pub(super) fn of(&self, layer: usize, first_row: usize, width: usize) -> Option<(u32, Silence)> {
        let silence = (*self.layers.get(layer)?)?;
        Some((first_row.wrapping_mul(width) as u32, silence))
    }
}
