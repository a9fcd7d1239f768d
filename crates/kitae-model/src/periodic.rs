//! Numerical embeddings: a small periodic network for each numeric input.
//!
//! `RealMLP`'s PBLD (Holzmüller et al. 2024, section 3): W·cos(2π·f·x + φ) + b for each input x, joined by
//! x itself.

use std::f64::consts::TAU;

use burn::module::{Module, Param};
use burn::tensor::Tensor;

/// The small networks of the first `n_numbers` numeric inputs, for each lane.
#[derive(Module, Debug)]
pub(crate) struct Periodic {
    /// `[n_lanes, n_numbers, n_frequencies]`, in periods for each unit of the input.
    pub(crate) frequency: Param<Tensor<3>>,
    /// `[n_lanes, n_numbers, n_frequencies]`, in radians.
    pub(crate) phase: Param<Tensor<3>>,
    /// `[n_lanes, n_numbers, d_embedding · n_frequencies]`, output by output.
    pub(crate) weight: Param<Tensor<3>>,
    /// `[n_lanes, n_numbers, d_embedding]`.
    pub(crate) bias: Param<Tensor<3>>,
    pub(crate) n_numbers: usize,
}

impl Periodic {
    /// Numbers `[n_lanes, n_rows, d_numbers]` to `[n_lanes, n_rows, n_numbers · d_embedding]`.
    pub(crate) fn forward(&self, numbers: Tensor<3>) -> Tensor<3> {
        let [n_lanes, n_rows, d_numbers] = numbers.dims();
        let [_, n, n_frequencies] = self.frequency.dims();
        let [_, _, d_embedding] = self.bias.dims();
        let x = if d_numbers == n { numbers } else { numbers.narrow(2, 0, n) };
        let over_rows = |parameter: &Param<Tensor<3>>| parameter.val().unsqueeze_dim::<4>(1);
        // [n_lanes, n_rows, n, n_frequencies]
        let angle =
            x.unsqueeze_dim::<4>(3) * over_rows(&self.frequency).mul_scalar(TAU) + over_rows(&self.phase);
        // One matrix product for each lane and input.
        let waves = angle.cos().swap_dims(1, 2);
        let weight = self.weight.val().reshape([n_lanes, n, d_embedding, n_frequencies]).swap_dims(2, 3);
        let outputs = waves.matmul(weight) + self.bias.val().unsqueeze_dim::<4>(2);
        outputs.swap_dims(1, 2).reshape([n_lanes, n_rows, n * d_embedding])
    }
}
