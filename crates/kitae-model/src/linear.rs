//! The linear map of each lane.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

/// x·W·scale + b for each lane.
#[derive(Module, Debug)]
pub(crate) struct Linear {
    /// `[n_lanes, d_in, d_out]`.
    pub(crate) weight: Param<Tensor<3>>,
    /// `[n_lanes, 1, d_out]`; none before a batch normalisation.
    pub(crate) bias: Option<Param<Tensor<3>>>,
    /// 1, or 1 / √`d_in` with the NTK parametrisation.
    pub(crate) scale: f64,
}

impl Linear {
    /// `[n_lanes, n_rows, d_in]` to `[n_lanes, n_rows, d_out]`.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let z = self.product(x);
        match &self.bias {
            Some(bias) => z + bias.val(),
            None => z,
        }
    }

    /// The map without its bias.
    pub(crate) fn product(&self, x: Tensor<3>) -> Tensor<3> {
        let weight = self.weight.val();
        x.matmul(if self.scale == 1.0 { weight } else { weight.mul_scalar(self.scale) })
    }
}
