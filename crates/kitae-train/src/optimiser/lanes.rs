//! One number for each lane, multiplied into tensors with as few operations as possible.

use burn::tensor::{Device, Tensor, TensorData};

/// Numbers of lanes. Products are formed on the host in 64 bits, so that a lane's factor is the same
/// bits whether it shares its number with other lanes or not.
pub(super) struct PerLane {
    values: Vec<f64>,
    meaning: Meaning,
    device: Device,
    /// Uploaded factors of this step, `[n_lanes, 1, 1]`: parameters of one role share them.
    uploaded: Vec<(f64, Tensor<3>)>,
}

/// How a lane's number x and a common factor f become what a tensor is multiplied by.
#[derive(Clone, Copy)]
enum Meaning {
    /// x·f
    Product,
    /// 1 − x·f
    Remainder,
}

impl PerLane {
    /// Multiplies by value times factor.
    pub(super) fn new(values: Vec<f64>, device: &Device) -> Self {
        Self { values, meaning: Meaning::Product, device: device.clone(), uploaded: Vec::new() }
    }

    /// Multiplies by 1 minus value times factor.
    pub(super) fn remainder(values: Vec<f64>, device: &Device) -> Self {
        Self { meaning: Meaning::Remainder, ..Self::new(values, device) }
    }

    /// Whether every lane's number is zero.
    pub(super) fn is_zero(&self) -> bool {
        self.values.iter().all(|value| *value == 0.0)
    }

    /// Multiplies lane i of `tensor` (`[n_lanes, a, b]`) by the number of lane i and `factor`.
    pub(super) fn scale(&mut self, tensor: Tensor<3>, factor: f64) -> Tensor<3> {
        let multiplier = |value: &f64| match self.meaning {
            Meaning::Product => value * factor,
            Meaning::Remainder => 1.0 - value * factor,
        };
        let first = self.values.first().map_or(1.0, multiplier);
        if self.values.iter().all(|value| multiplier(value) == first) {
            return if first == 1.0 { tensor } else { tensor.mul_scalar(first) };
        }
        if let Some((_, known)) = self.uploaded.iter().find(|(known, _)| *known == factor) {
            return tensor.mul(known.clone());
        }
        let numbers: Vec<f32> = self.values.iter().map(|value| multiplier(value) as f32).collect();
        let data = TensorData::new(numbers, [self.values.len(), 1, 1]);
        let numbers = Tensor::from_data(data, &self.device);
        self.uploaded.push((factor, numbers.clone()));
        tensor.mul(numbers)
    }
}
