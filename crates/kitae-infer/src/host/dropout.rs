//! Which neurons of a lane are silent in a step.

use kitae_random::{Places, Purpose, Stream};

use crate::config::MAX_HIDDEN;
use crate::lane::Lane;

/// Values of 16 random bits.
const RESOLUTION: u32 = 1 << 16;

/// The dropout of one step of a lane: the same neurons as the noise of `kitae-model` silences.
#[derive(Clone, Debug)]
pub struct HostNoise {
    /// For each hidden layer, which activations are silenced.
    layers: Vec<Option<Silence>>,
}

impl HostNoise {
    /// The noise of a step, with one rate for each hidden layer, rounded to a multiple of 2⁻¹⁶.
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

/// How many of the 2¹⁶ values of a random number silence a neuron.
pub fn threshold(rate: f64) -> u32 {
    // The cast takes NaN to 0 and stays within the range of the integer.
    let threshold = (rate * f64::from(RESOLUTION)).round() as u32;
    threshold.min(RESOLUTION)
}

/// Which neurons of a layer of a lane are silent in a step. A place is that of an activation in
/// `[n_rows, width]`.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    places: Places,
    threshold: u32,
    scale: f32,
}

impl Silence {
    /// Below `threshold` of 2¹⁶ a neuron is silent; the others keep the mean at 1.
    pub fn new(lane: Lane, epoch: u64, step: u64, layer: usize, threshold: u32) -> Self {
        let position = step.wrapping_mul(MAX_HIDDEN as u64).wrapping_add(layer as u64);
        let mut stream = Stream::new(lane.seed, Purpose::Dropout, [lane.index, epoch, position]);
        let kept = RESOLUTION - threshold;
        let scale = if kept == 0 { 0.0 } else { RESOLUTION as f32 / kept as f32 };
        Self { places: Places::new(&mut stream), threshold, scale }
    }

    /// What its places are hashed with.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Below this many of 2¹⁶ a neuron is silent.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// What a neuron that is not silent is multiplied with.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// What to multiply the activation at a place with: 0 for a silent neuron.
    #[inline]
    pub fn factor(self, place: u32) -> f32 {
        if self.places.at(place) >> 16 < self.threshold { 0.0 } else { self.scale }
    }
}
