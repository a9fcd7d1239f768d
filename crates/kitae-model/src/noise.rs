//! Dropout masks that belong to a lane, an epoch, a step and a layer.

use burn::tensor::{Device, Tensor, TensorData};
use kitae_random::{Purpose, Stream};

use crate::config::MAX_HIDDEN;
use crate::lane::Lane;

/// What is random about one training step, and how much.
#[derive(Clone, Copy, Debug)]
pub struct Noise<'a> {
    /// How often a neuron is silenced.
    pub rates: DropoutRates<'a>,
    /// The lanes of the pack, in its order.
    pub lanes: &'a [Lane],
    /// Epochs done.
    pub epoch: u64,
    /// Steps done in this epoch.
    pub step: u64,
}

/// Dropout rates of the hidden layers, from input to output. Layers past the end of the slice have
/// rate 0. A rate is rounded to a multiple of 2⁻¹⁶; below 0 or not a number it counts as 0, above 1
/// as 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DropoutRates<'a> {
    /// No dropout.
    Off,
    /// One rate for each layer, the same in all lanes.
    PerLayer(&'a [f64]),
    /// For each layer one rate for each lane: `rates[layer][lane]`. Missing lanes have rate 0.
    PerLane(&'a [Vec<f64>]),
}

/// Values of 16 random bits.
const RESOLUTION: u32 = 1 << 16;

impl Noise<'_> {
    /// What to multiply the activations of a layer with, of shape `[n_lanes, n_rows, width]`; `None`
    /// when it silences nothing. A lane's mask begins with the same rows whatever their number.
    pub(crate) fn mask(&self, layer: usize, shape: [usize; 3], device: &Device) -> Option<Tensor<3>> {
        let [n_lanes, n_rows, width] = shape;
        assert_eq!(self.lanes.len(), n_lanes, "noise needs as many lanes as the network has");
        let thresholds: Vec<u32> = (0..n_lanes).map(|lane| self.rates.threshold(layer, lane)).collect();
        if thresholds.iter().all(|&threshold| threshold == 0) {
            return None;
        }
        let mut values = Vec::with_capacity(n_lanes * n_rows * width);
        let mut bytes = vec![0; 2 * n_rows * width];
        for (lane, threshold) in self.lanes.iter().zip(thresholds) {
            if threshold > 0 {
                self.stream(*lane, layer).fill_bytes(&mut bytes);
            }
            push_mask(&mut values, &bytes, threshold);
        }
        Some(Tensor::from_data(TensorData::new(values, shape), device))
    }

    fn stream(&self, lane: Lane, layer: usize) -> Stream {
        let place = self.step.wrapping_mul(MAX_HIDDEN as u64).wrapping_add(layer as u64);
        Stream::new(lane.seed, Purpose::Dropout, [lane.index, self.epoch, place])
    }
}

impl DropoutRates<'_> {
    /// How many of the 2¹⁶ values of a random number silence a neuron.
    fn threshold(&self, layer: usize, lane: usize) -> u32 {
        let rate = match self {
            Self::Off => None,
            Self::PerLayer(rates) => rates.get(layer),
            Self::PerLane(rates) => rates.get(layer).and_then(|rates| rates.get(lane)),
        };
        // The cast takes NaN to 0 and stays within the range of the integer.
        let threshold = (rate.unwrap_or(&0.0) * f64::from(RESOLUTION)).round() as u32;
        threshold.min(RESOLUTION)
    }
}

/// Appends one lane's mask: 0 where the random number is below `threshold`, elsewhere what keeps the
/// mean at 1.
fn push_mask(values: &mut Vec<f32>, bytes: &[u8], threshold: u32) {
    let kept = RESOLUTION - threshold;
    let scale = if kept == 0 { 0.0 } else { RESOLUTION as f32 / kept as f32 };
    let mask = |pair: &[u8]| {
        let bits = u16::from_le_bytes([pair[0], pair[1]]);
        if u32::from(bits) < threshold { 0.0 } else { scale }
    };
    values.extend(bytes.chunks_exact(2).map(mask));
}
