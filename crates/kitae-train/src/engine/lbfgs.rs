//! L-BFGS on the whole gradient of every lane: the bridge between tensors and flat vectors.

use burn::tensor::{Device, Tensor, TensorData};
use kitae_model::{BatchStatistics, DropoutRates, Lane, Network, Noise};

use crate::engine::evaluate::host;
use crate::engine::feed::Batch;
use crate::engine::machine::{Course, MOMENTUM};
use crate::objective::{Loss, Objective};
use crate::optimiser::{LaneState, Lbfgs, LbfgsConfig, LbfgsState, is_penalised};

/// A step of `lbfgs` for all lanes of `network`. Dropout masks stay the same within a step, so that a
/// line search compares like with like. Returns the losses before the step, penalties left out.
pub(crate) fn lbfgs_step(
    lbfgs: &mut Lbfgs,
    network: Network,
    batch: &Batch,
    course: &Course,
    lanes: &[Lane],
) -> (Network, Vec<f64>) {
    let progress = course.progress(0, 1);
    let dropout = course.dropout(&progress);
    let noise = Noise { rates: DropoutRates::PerLane(&dropout), lanes, epoch: course.epoch as u64, step: 0 };
    let l2: Vec<f64> = course.levers.iter().map(|lane| lane.l2).collect();
    let mut landscape = Landscape { network, batch, objective: &course.recipe.objective, noise, l2 };
    let start = landscape.position();
    let losses = landscape.losses();
    let end = lbfgs.step(start, &mut |position| landscape.measure(position));
    landscape.go_to(&end);
    let statistics = landscape.statistics();
    let mut network = landscape.network;
    network.absorb(statistics, MOMENTUM);
    (network, losses)
}

/// The loss of every lane as a function of its flat parameters.
struct Landscape<'a> {
    network: Network,
    batch: &'a Batch,
    objective: &'a Objective,
    noise: Noise<'a>,
    /// One weight of half the sum of squares for each lane.
    l2: Vec<f64>,
}

impl Landscape<'_> {
    /// The parameters of every lane, one after the other.
    fn position(&self) -> Vec<Vec<f32>> {
        by_lane(self.network.parameters().into_iter().map(|parameter| parameter.value.inner()), self.l2.len())
    }

    fn go_to(&mut self, position: &[Vec<f32>]) {
        let device = self.network.parameters()[0].value.clone().inner().device();
        let mut from = 0;
        let values = self
            .network
            .parameters()
            .iter()
            .map(|parameter| {
                let [_, rows, columns] = parameter.value.dims();
                let to = from + rows * columns;
                let flat: Vec<f32> = position.iter().flat_map(|lane| &lane[from..to]).copied().collect();
                from = to;
                stacked(flat, [position.len(), rows, columns], &device)
            })
            .collect();
        self.network = self.network.clone().with_parameters(values);
    }

    fn forward(&self) -> (Tensor<1>, BatchStatistics) {
        let inputs = self.batch.inputs.clone();
        let weights = inputs.row_weights.clone();
        let (logits, statistics) = self.network.forward_train(inputs, &self.noise);
        (self.objective.loss(logits, &self.batch.targets, weights.as_ref()), statistics)
    }

    fn losses(&self) -> Vec<f64> {
        host(self.forward().0.inner()).into_iter().map(f64::from).collect()
    }

    fn statistics(&self) -> BatchStatistics {
        self.forward().1
    }

    /// Loss with penalty and its gradient at `position`.
    fn measure(&mut self, position: &[Vec<f32>]) -> (Vec<f64>, Vec<Vec<f32>>) {
        self.go_to(position);
        let (losses, _) = self.forward();
        let mut gradients = losses.clone().sum().backward();
        let n_lanes = position.len();
        let mut slopes = by_lane(self.network.gradients(&mut gradients).into_iter(), n_lanes);
        let mut losses: Vec<f64> = host(losses.inner()).into_iter().map(f64::from).collect();
        let mut from = 0;
        for parameter in self.network.parameters() {
            let [_, rows, columns] = parameter.value.dims();
            let to = from + rows * columns;
            if is_penalised(parameter.role) {
                for lane in 0..n_lanes {
                    let (place, l2) = (&position[lane][from..to], self.l2[lane]);
                    losses[lane] += 0.5 * l2 * square_sum(place);
                    add_scaled(&mut slopes[lane][from..to], place, l2);
                }
            }
            from = to;
        }
        (losses, slopes)
    }
}

fn stacked(flat: Vec<f32>, shape: [usize; 3], device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(flat, shape), device)
}

/// Tensors with a leading lane axis as one flat vector a lane.
fn by_lane(tensors: impl Iterator<Item = Tensor<3>>, n_lanes: usize) -> Vec<Vec<f32>> {
    let mut lanes = vec![Vec::new(); n_lanes];
    for tensor in tensors {
        let values = host(tensor);
        let size = values.len() / n_lanes;
        for (lane, flat) in lanes.iter_mut().enumerate() {
            flat.extend_from_slice(&values[lane * size..(lane + 1) * size]);
        }
    }
    lanes
}

pub(crate) fn square_sum(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value).powi(2)).sum()
}

pub(crate) fn add_scaled(sum: &mut [f32], values: &[f32], factor: f64) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += (factor * f64::from(*value)) as f32;
    }
}

/// What L-BFGS remembers, in the form of other optimisers' states; empty before the first step.
pub(crate) fn lbfgs_state(lbfgs: &Lbfgs, n_lanes: usize) -> Vec<LaneState> {
    let one = |state: &LbfgsState| {
        let list = |name: &str, vectors: &[Vec<f32>]| -> Vec<(String, Vec<f32>)> {
            vectors.iter().enumerate().map(|(i, vector)| (format!("{name}.{i:06}"), vector.clone())).collect()
        };
        let buffers = list("move", &state.moves).into_iter().chain(list("turn", &state.turns)).collect();
        LaneState { steps: 0, buffers }
    };
    let mut states: Vec<LaneState> = lbfgs.state().iter().map(one).collect();
    states.resize(n_lanes, LaneState::default());
    states
}

/// The inverse of [`lbfgs_state`].
pub(crate) fn lbfgs_from_state(
    config: LbfgsConfig,
    states: &[LaneState],
    n_parameters: usize,
) -> Result<Lbfgs, String> {
    let one = |state: &LaneState| {
        let list = |name: &str| -> Vec<Vec<f32>> {
            let named = state.buffers.iter().filter(|(key, _)| key.starts_with(name));
            named.map(|(_, vector)| vector.clone()).collect()
        };
        LbfgsState { moves: list("move."), turns: list("turn.") }
    };
    Lbfgs::from_state(config, states.iter().map(one).collect(), n_parameters)
}
