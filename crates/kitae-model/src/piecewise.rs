//! Piecewise-linear numerical embeddings.
//!
//! Gorishniy et al. 2022 ("On Embeddings for Numerical Features in Tabular Deep Learning"), in version B
//! of rtdl-num-embeddings, which `TabM` uses (Gorishniy et al. 2025): w·x + b + W·PLE(x) for each input x,
//! without an activation, W being 0 at the start. With edges e₀ < e₁ < …,
//! PLE(x)ₜ = clamp((x - eₜ₋₁) / (eₜ - eₜ₋₁), 0, 1), but the first component goes on below 0 and the last
//! above 1.
//!
//! NOTE[DIFF]: x itself stays an input beside its embedding, as it does beside a periodic one; rtdl's
//! embedding replaces it. The first component ends at -1 and the last at 2: rtdl's go on for ever, so that
//! a number beyond the training rows could, where the outer bin is narrow, outweigh everything else. The
//! linear part still follows such a number. Bins that an input lacks come last here; rtdl keeps the last
//! component at the end.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

/// Encoded numbers that are made at once, 8 MB, unless one input has more.
const BLOCK_VALUES: usize = 1 << 21;

/// The embeddings of the first `n_numbers` numeric inputs, for each lane.
#[derive(Module, Debug)]
pub(crate) struct Piecewise {
    /// w, `[n_lanes, n_numbers, d_embedding]`.
    pub(crate) factor: Param<Tensor<3>>,
    /// b, `[n_lanes, n_numbers, d_embedding]`.
    pub(crate) bias: Param<Tensor<3>>,
    /// W, `[n_lanes, n_numbers, n_bins · d_embedding]`, bin by bin.
    pub(crate) weight: Param<Tensor<3>>,
    /// Ascending, without a gradient, `[n_lanes, n_numbers, n_bins + 1]`; bins without a width are not
    /// there and add nothing.
    pub(crate) edges: Param<Tensor<3>>,
}

impl Piecewise {
    /// Numbers `[n_lanes, n_rows, d_numbers]` to `[n_lanes, n_rows, n_numbers · d_embedding]`.
    ///
    /// Thousands of inputs go through one after another: there are as many encoded numbers as rows, inputs
    /// and bins.
    #[expect(clippy::needless_pass_by_value, reason = "as all layers of the network take theirs")]
    pub(crate) fn forward(&self, numbers: Tensor<3>) -> Tensor<3> {
        let [n_lanes, n_rows, _] = numbers.dims();
        let [_, n, n_edges] = self.edges.dims();
        let at_once = (BLOCK_VALUES / (n_lanes * n_rows * n_edges).max(1)).max(1);
        if at_once >= n {
            return self.inputs(&numbers, 0, n);
        }
        let from = (0..n).step_by(at_once);
        Tensor::cat(from.map(|from| self.inputs(&numbers, from, at_once.min(n - from))).collect(), 2)
    }

    /// The embeddings of `n` inputs from the one at `from` on, `[n_lanes, n_rows, n · d_embedding]`.
    fn inputs(&self, numbers: &Tensor<3>, from: usize, n: usize) -> Tensor<3> {
        let [n_lanes, n_rows, d_numbers] = numbers.dims();
        let [_, n_all, d_embedding] = self.factor.dims();
        let own = |parameter: &Param<Tensor<3>>| {
            let all = parameter.val();
            if n == n_all { all } else { all.narrow(1, from, n) }
        };
        let x = if d_numbers == n { numbers.clone() } else { numbers.clone().narrow(2, from, n) };
        // [n_lanes, n, n_rows, 1]
        let x = x.swap_dims(1, 2).unsqueeze_dim::<4>(3);
        let over_rows = |parameter: &Param<Tensor<3>>| own(parameter).unsqueeze_dim::<4>(2);
        let encoded = encode(x.clone(), own(&self.edges).inner());
        // One matrix product for each lane and input.
        let [_, _, _, n_bins] = encoded.dims();
        let weight = own(&self.weight).reshape([n_lanes, n, n_bins, d_embedding]);
        let outputs = x * over_rows(&self.factor) + over_rows(&self.bias) + encoded.matmul(weight);
        outputs.swap_dims(1, 2).reshape([n_lanes, n_rows, n * d_embedding])
    }
}

/// PLE of numbers `[n_lanes, n, n_rows, 1]` by edges `[n_lanes, n, n_bins + 1]`:
/// `[n_lanes, n, n_rows, n_bins]`.
fn encode(x: Tensor<4>, edges: Tensor<3>) -> Tensor<4> {
    // [n_lanes, n, 1, n_bins + 1]
    let edges = edges.unsqueeze_dim::<4>(2);
    let n_bins = edges.dims()[3] - 1;
    let [lower, upper] = [0, 1].map(|from| edges.clone().narrow(3, from, n_bins));
    let width = upper.clone() - lower.clone();
    let is_there = width.clone().greater_elem(0.0).float();
    let inverse = is_there.clone() / (width + is_there.neg().add_scalar(1.0));
    let has_next = (edges.narrow(3, n_bins, 1) - upper).greater_elem(0.0).float();
    let is_last = has_next.neg().add_scalar(1.0);
    let share = (x - lower) * inverse;
    let below = share.clone().clamp(-1.0, 0.0) * is_first(n_bins, &share.device());
    let above = share.clone().clamp(1.0, 2.0).sub_scalar(1.0) * is_last;
    share.clamp(0.0, 1.0) + below + above
}

/// 1 for the first bin and 0 for the others, `[1, 1, 1, n_bins]`.
fn is_first(n_bins: usize, device: &Device) -> Tensor<4> {
    let mut values = vec![0.0_f32; n_bins];
    values[0] = 1.0;
    Tensor::from_data(TensorData::new(values, [1, 1, 1, n_bins]), device)
}
