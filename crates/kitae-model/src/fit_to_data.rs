//! The data-driven start of `RealMLP` (Holzmüller et al. 2024): every neuron's input gets standard
//! deviation 1 over the data, and its kink is put among the rows.
//!
//! The paper's code calls it weight mode `std` and bias mode `he+5`. The bias of a neuron is minus a
//! random convex combination, weights from the flat Dirichlet distribution, of its inputs at five
//! random rows (with repetition).

use burn::tensor::{Tensor, TensorData};
use kitae_random::Stream;

use crate::initialise::weight_stream;
use crate::inputs::Inputs;
use crate::linear::Linear;
use crate::network::Network;
use crate::parameter::set_value;
use crate::weights::host;
use kitae_infer::Initialiser;
use kitae_infer::Lane;
use kitae_infer::Role;
use kitae_infer::layout::{Slot, layout};

/// Rows that a bias is made of.
const N_POINTS: usize = 5;

impl Network {
    /// Fits the start to data, layer by layer, the output layer included. It does nothing unless the
    /// initialiser is [`Initialiser::DataDriven`].
    ///
    /// `inputs` are training rows, one set for each lane; a few thousand are enough. Padding rows
    /// are left out. The members of an ensemble count as rows; only their output maps are fitted one by
    /// one. A neuron whose input is the same for all rows keeps its weights. Batch
    /// normalisation uses the statistics of these rows on the way, and piecewise-linear embeddings the bins
    /// that [`fit_bins`](Self::fit_bins) has set before.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward), and if `lanes` are not as many as the network's.
    #[must_use]
    pub fn fit_to_data(mut self, inputs: Inputs, lanes: &[Lane]) -> Self {
        if self.config.initialiser != Initialiser::DataDriven || inputs.n_rows() == 0 {
            return self;
        }
        assert_eq!(lanes.len(), self.n_lanes(), "one lane for each of the network's");
        let slots: Vec<Slot> = layout(&self.config);
        let is_matrix = |slot: &&Slot| matches!(slot.role(), Some(Role::Weight | Role::MemberWeight));
        let mut weights = slots.iter().filter(is_matrix);
        let n_members = self.config.ensemble.n_members();
        let (counting, rows) = (counting_rows(&inputs), self.rows(&inputs));
        let of_members = member_rows(&counting, n_members);
        let mut x = self.embed(inputs).inner();
        for layer in &mut self.layers {
            let slot = weights.next().expect("every linear map has a weight");
            let fit = Fit { slot, lanes, counting: &of_members };
            let z = layer.linear.product(x.clone()).inner();
            let z = fit_linear(&mut layer.linear, z, &fit);
            x = layer.finish(x, z, &rows).inner();
        }
        let slot = weights.next().expect("every linear map has a weight");
        let z = self.output.own_product(x, n_members).inner();
        fit_linear(&mut self.output, z, &Fit { slot, lanes, counting: &counting });
        self
    }
}

/// For each lane, the positions of the rows that count.
fn counting_rows(inputs: &Inputs) -> Vec<Vec<usize>> {
    let (n_lanes, n_rows) = (inputs.n_lanes(), inputs.n_rows());
    match &inputs.row_weights {
        None => vec![(0..n_rows).collect(); n_lanes],
        Some(weights) => {
            let weights = host(weights.clone().inner().unsqueeze_dim(2));
            let counting = |lane: &[f32]| (0..n_rows).filter(|&row| lane[row] > 0.0).collect();
            weights.chunks_exact(n_rows).map(counting).collect()
        }
    }
}

/// Positions of the members of these rows.
fn member_rows(counting: &[Vec<usize>], n_members: usize) -> Vec<Vec<usize>> {
    let members = |row: &usize| row * n_members..(row + 1) * n_members;
    counting.iter().map(|rows| rows.iter().flat_map(members).collect()).collect()
}

/// What the fit of one linear map needs to know.
struct Fit<'a> {
    slot: &'a Slot,
    lanes: &'a [Lane],
    counting: &'a [Vec<usize>],
}

/// Rescales the weights, sets the bias and gives the map's result, `[n_lanes, n_rows, d_out]`; `z` is
/// what it was without its bias.
fn fit_linear(linear: &mut Linear, z: Tensor<3>, fit: &Fit) -> Tensor<3> {
    let [n_lanes, _, d_out] = z.dims();
    let (factors, biases) = unit_start(&z, fit);
    let lane_vectors =
        |values| Tensor::<3>::from_data(TensorData::new(values, [n_lanes, 1, d_out]), &z.device());
    let (factors, biases) = (lane_vectors(factors), lane_vectors(biases));
    let weight = linear.weight.val().inner() * factors.clone();
    set_value(&mut linear.weight, weight);
    let z = z * factors;
    match &mut linear.bias {
        Some(bias) => {
            // The same for all members.
            let n_own = bias.dims()[1];
            set_value(bias, biases.clone().repeat_dim(1, n_own));
            z + biases
        }
        None => z,
    }
}

/// The factor and the bias of each neuron of each lane, lane after lane.
fn unit_start(z: &Tensor<3>, fit: &Fit) -> (Vec<f32>, Vec<f32>) {
    let [n_lanes, n_rows, d_out] = z.dims();
    let values = host(z.clone());
    let (mut factors, mut biases) = (Vec::new(), Vec::new());
    for lane_idx in 0..n_lanes {
        let mut stream = weight_stream(fit.lanes[lane_idx], fit.slot, 1);
        for neuron in 0..d_out {
            let at = |row: &usize| f64::from(values[(lane_idx * n_rows + row) * d_out + neuron]);
            let column: Vec<f64> = fit.counting[lane_idx].iter().map(at).collect();
            let factor = unit_factor(&column);
            factors.push(factor as f32);
            biases.push((-factor * random_mixture(&column, &mut stream)) as f32);
        }
    }
    (factors, biases)
}

/// What brings the numbers to standard deviation 1; 1 when they are all the same up to rounding.
fn unit_factor(column: &[f64]) -> f64 {
    let mean_of = |f: &dyn Fn(f64) -> f64| column.iter().map(|x| f(*x)).sum::<f64>() / column.len() as f64;
    let mean = mean_of(&|x| x);
    let deviation = mean_of(&|x| (x - mean).powi(2)).sqrt();
    let size = mean_of(&|x| x * x).sqrt();
    let factor = 1.0 / deviation;
    if deviation > 1e-6 * size && factor.is_normal() { factor } else { 1.0 }
}

/// A random convex combination of random members of `column`; 0 when it is empty.
fn random_mixture(column: &[f64], stream: &mut Stream) -> f64 {
    if column.is_empty() {
        return 0.0;
    }
    let (mut sum, mut total) = (0.0, 0.0);
    for _ in 0..N_POINTS {
        // Exponential numbers, divided by their sum, are uniform over the simplex.
        let share = -(1.0 - stream.uniform()).ln();
        sum += share * column[stream.below(column.len() as u64) as usize];
        total += share;
    }
    if total > 0.0 { sum / total } else { 0.0 }
}
