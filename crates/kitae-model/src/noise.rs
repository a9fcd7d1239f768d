//! Dropout masks that belong to a lane, an epoch, a step and a layer.

use burn::tensor::{BoolStore, DType, Device, Int, Tensor, TensorData};
use kitae_infer::Lane;
use kitae_infer::host::{Silence, threshold};
use kitae_random::Places;

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
        let silence =
            |(lane, threshold): (&Lane, u32)| Silence::new(*lane, self.epoch, self.step, layer, threshold);
        let silences: Vec<Silence> = self.lanes.iter().zip(thresholds).map(silence).collect();
        let draw = if draws_there(shape, device) { drawn_there } else { drawn_here };
        Some(draw(&silences, n_rows * width, device).reshape(shape))
    }
}

/// Activations of a layer over all lanes from which on a graphics processor makes its masks sooner than they
/// are copied to it: on an H100 it took twice as long with 65,536, the same time with 330,000 and half with
/// two million.
const MANY: usize = 1 << 18;

/// Whether the device makes its masks itself.
fn draws_there(shape: [usize; 3], device: &Device) -> bool {
    !is_processor(device) && shape.iter().product::<usize>() >= MANY
}

/// Whether a device computes on the processor that runs this code, in its memory.
pub fn is_processor(device: &Device) -> bool {
    // No graphics processor of Burn's has truth values of a byte; all its processors have.
    device.supports_dtype(DType::Bool(BoolStore::Native))
}

/// The factors of each lane, `[n_lanes, n_places]`, made on this processor and copied.
fn drawn_here(silences: &[Silence], n_places: usize, device: &Device) -> Tensor<2> {
    let places = 0..n_places as u32;
    let factors = silences.iter().flat_map(|silence| places.clone().map(|place| silence.factor(place)));
    Tensor::from_data(TensorData::new(factors.collect(), [silences.len(), n_places]), device)
}

/// As [`drawn_here`], to the bit, made by the device: what is copied are keys.
fn drawn_there(silences: &[Silence], n_places: usize, device: &Device) -> Tensor<2> {
    let whole = (device, DType::U32);
    // [n_lanes, 1]
    let each = |number: &dyn Fn(&Silence) -> u32| {
        let numbers: Vec<u32> = silences.iter().map(number).collect();
        Tensor::<2, Int>::from_data(TensorData::new(numbers, [silences.len(), 1]), whole)
    };
    let [spread, one, two] = Places::FACTORS;
    let places = Tensor::<1, Int>::arange(0..n_places as i64, whole).mul_scalar(spread);
    let x = places.unsqueeze_dim::<2>(0) + each(&|silence| silence.places().key()[0]);
    let x = x.clone().bitwise_xor(x.bitwise_right_shift_scalar(16)).mul_scalar(one);
    let second = each(&|silence| silence.places().key()[1]);
    let x = x.clone().bitwise_xor(x.bitwise_right_shift_scalar(15)).bitwise_xor(second).mul_scalar(two);
    // The last mixing of the hash leaves its upper half as it is.
    let is_heard = x.bitwise_right_shift_scalar(16).greater_equal(each(&Silence::threshold));
    let scales: Vec<f32> = silences.iter().map(Silence::scale).collect();
    is_heard.float() * Tensor::from_data(TensorData::new(scales, [silences.len(), 1]), device)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_is_given_its_masks() {
        assert!(!draws_there([64, 256, 256], &Device::flex()));
    }
}
