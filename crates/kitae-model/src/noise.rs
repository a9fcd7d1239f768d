//! Dropout masks that belong to a lane, an epoch, a step and a layer.

use burn::tensor::{Device, Tensor, TensorData};
use kitae_random::{Places, Purpose, Stream};

use crate::config::MAX_HIDDEN;
use crate::lane::Lane;

/// What is random about one training step, and how much.
///
/// ```
/// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
/// use kitae_model::{DropoutRates, Noise};
///
/// let network = small::network();
/// let logits = |step| {
///     let rates = DropoutRates::PerLayer(&[0.5]);
///     let noise = Noise { rates, lanes: &small::LANES, epoch: 0, step };
///     network.forward_train(small::inputs(), &noise).0.into_data()
/// };
/// // Noise is named, not drawn: the same step silences the same neurons.
/// assert_eq!(logits(3), logits(3));
/// assert_ne!(logits(3), logits(4));
/// ```
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
///
/// ```
/// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
/// use kitae_model::{DropoutRates, Noise};
///
/// let network = small::network();
/// let logits = |rates| {
///     let noise = Noise { rates, lanes: &small::LANES, epoch: 0, step: 0 };
///     network.forward_train(small::inputs(), &noise).0.into_data()
/// };
/// assert_eq!(logits(DropoutRates::PerLayer(&[0.0])), logits(DropoutRates::Off));
/// assert_ne!(logits(DropoutRates::PerLane(&[vec![0.0, 0.5]])), logits(DropoutRates::Off));
/// ```
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
        for (lane, threshold) in self.lanes.iter().zip(thresholds) {
            let silence = Silence::new(*lane, self.epoch, self.step, layer, threshold);
            values.extend((0..(n_rows * width) as u32).map(|place| silence.factor(place)));
        }
        Some(Tensor::from_data(TensorData::new(values, shape), device))
    }
}

/// How many of the 2¹⁶ values of a random number silence a neuron.
pub(crate) fn threshold(rate: f64) -> u32 {
    // The cast takes NaN to 0 and stays within the range of the integer.
    let threshold = (rate * f64::from(RESOLUTION)).round() as u32;
    threshold.min(RESOLUTION)
}

/// Which neurons of a layer of a lane are silent in a step. A place is that of an activation in
/// `[n_rows, width]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silence {
    places: Places,
    threshold: u32,
    scale: f32,
}

impl Silence {
    /// Below `threshold` of 2¹⁶ a neuron is silent; the others keep the mean at 1.
    pub(crate) fn new(lane: Lane, epoch: u64, step: u64, layer: usize, threshold: u32) -> Self {
        let position = step.wrapping_mul(MAX_HIDDEN as u64).wrapping_add(layer as u64);
        let mut stream = Stream::new(lane.seed, Purpose::Dropout, [lane.index, epoch, position]);
        let kept = RESOLUTION - threshold;
        let scale = if kept == 0 { 0.0 } else { RESOLUTION as f32 / kept as f32 };
        Self { places: Places::new(&mut stream), threshold, scale }
    }

    /// What to multiply the activation at a place with: 0 for a silent neuron.
    #[inline]
    pub(crate) fn factor(self, place: u32) -> f32 {
        if self.places.at(place) >> 16 < self.threshold { 0.0 } else { self.scale }
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
        threshold(*rate.unwrap_or(&0.0))
    }
}
