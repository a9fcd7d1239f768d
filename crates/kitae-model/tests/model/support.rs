//! What the tests share: small configurations, inputs, comparisons.

use burn::tensor::{Device, Int, Tensor, TensorData};
use kitae_model::{
    Activation, BatchStatistics, DropoutRates, Ensemble, Initialiser, InputScale, Inputs, Lane, Network,
    NetworkConfig, Noise, Normalisation, Parametrisation, Periodic, Piecewise, Skip, Slope,
};
use kitae_random::{Purpose, Stream};

pub(crate) const NO_NOISE: fn(&[Lane]) -> Noise<'_> =
    |lanes| Noise { rates: DropoutRates::Off, lanes, epoch: 0, step: 0 };

pub(crate) fn plain() -> Device {
    Device::flex()
}

pub(crate) fn autodiff() -> Device {
    Device::flex().autodiff()
}

/// Three numbers in, one hidden layer of five, two logits out.
pub(crate) fn small() -> NetworkConfig {
    NetworkConfig {
        d_numbers: 3,
        cardinalities: Vec::new(),
        d_embedding: 0,
        periodic: None,
        piecewise: None,
        input_scale: InputScale::None,
        ensemble: Ensemble::None,
        hidden: vec![5],
        n_outputs: 2,
        activation: Activation::Silu,
        slope: Slope::Fixed,
        normalisation: Normalisation::None,
        skip: Skip::None,
        parametrisation: Parametrisation::Standard,
        initialiser: Initialiser::LecunNormal,
    }
}

/// One configuration for each thing a network can have, and all things at once.
pub(crate) fn varied() -> Vec<NetworkConfig> {
    let deep = NetworkConfig { hidden: vec![6, 6, 4], ..small() };
    let rich = NetworkConfig {
        cardinalities: vec![4, 3],
        d_embedding: 2,
        activation: Activation::Mish,
        slope: Slope::Learned,
        skip: Skip::Residual,
        parametrisation: Parametrisation::Ntk,
        periodic: Some(Periodic { n_numbers: 2, n_frequencies: 4, d_embedding: 3, sigma: 0.3 }),
        input_scale: InputScale::Learned,
        ..deep.clone()
    };
    let waves = Periodic { n_numbers: 3, n_frequencies: 5, d_embedding: 1, sigma: 0.5 };
    let pieces = Piecewise { n_numbers: 3, n_bins: 7, d_embedding: 1 };
    vec![
        small(),
        NetworkConfig { hidden: Vec::new(), ..small() },
        NetworkConfig { normalisation: Normalisation::Batch, ..deep.clone() },
        NetworkConfig { normalisation: Normalisation::Layer, ..deep.clone() },
        NetworkConfig { slope: Slope::Learned, activation: Activation::Selu, ..deep.clone() },
        NetworkConfig { skip: Skip::Residual, activation: Activation::Relu, ..deep.clone() },
        NetworkConfig { cardinalities: vec![4, 3], d_embedding: 2, ..deep.clone() },
        NetworkConfig { d_numbers: 0, cardinalities: vec![4, 3], d_embedding: 2, ..deep.clone() },
        NetworkConfig { normalisation: Normalisation::Batch, ..rich.clone() },
        NetworkConfig { normalisation: Normalisation::Layer, ..rich.clone() },
        NetworkConfig { periodic: Some(waves), ..deep.clone() },
        NetworkConfig { piecewise: Some(pieces), ..deep.clone() },
        NetworkConfig {
            periodic: None,
            piecewise: Some(Piecewise { n_numbers: 2, n_bins: 11, d_embedding: 10 }),
            ..rich.clone()
        },
        NetworkConfig { input_scale: InputScale::Learned, ..deep.clone() },
        rich.clone(),
        NetworkConfig { ensemble: Ensemble::TabMMini { n_members: 3 }, ..deep.clone() },
        NetworkConfig { ensemble: Ensemble::TabM { n_members: 3 }, ..deep.clone() },
        NetworkConfig { ensemble: Ensemble::TabM { n_members: 1 }, ..deep.clone() },
        NetworkConfig { ensemble: Ensemble::TabM { n_members: 2 }, hidden: Vec::new(), ..small() },
        NetworkConfig { ensemble: Ensemble::TabMMini { n_members: 4 }, ..rich.clone() },
        NetworkConfig { ensemble: Ensemble::TabM { n_members: 4 }, ..rich.clone() },
        NetworkConfig {
            ensemble: Ensemble::TabM { n_members: 2 },
            normalisation: Normalisation::Batch,
            ..rich
        },
        NetworkConfig {
            ensemble: Ensemble::TabM { n_members: 2 },
            normalisation: Normalisation::Layer,
            ..deep
        },
    ]
}

/// Whether parts of a network start with numbers that say nothing, and are shaken to be tested.
pub(crate) fn is_shaken(config: &NetworkConfig) -> bool {
    config.piecewise.is_some() || !config.ensemble.is_none()
}

/// A network all of whose numbers are random, with bins among its inputs.
pub(crate) fn ready(config: &NetworkConfig, lanes: &[Lane], device: &Device) -> Network {
    let network = Network::init(config, lanes, device);
    if !is_shaken(config) {
        return network;
    }
    let rows = values(&inputs(config, lanes.len(), 40).numbers);
    let rows: Vec<&[f32]> = rows.chunks_exact(40 * config.d_numbers).collect();
    let network = network.fit_bins(&rows);
    let shaken = network.parameters().into_iter().map(|parameter| {
        let shape = parameter.value.dims();
        parameter.value + tensor3(normals(shape.iter().product(), 9), shape) * 0.3
    });
    let shaken = shaken.collect();
    network.with_parameters(shaken)
}

pub(crate) fn lanes(n: u64) -> Vec<Lane> {
    (0..n).map(|index| Lane { seed: 7, index }).collect()
}

pub(crate) fn normals(n: usize, seed: u64) -> Vec<f32> {
    let mut stream = Stream::new(seed, Purpose::Synthesis, [0; 3]);
    (0..n).map(|_| stream.normal() as f32).collect()
}

pub(crate) fn tensor3(values: Vec<f32>, shape: [usize; 3]) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values, shape), &plain())
}

/// Random rows for a configuration, other ones for each lane.
pub(crate) fn inputs(config: &NetworkConfig, n_lanes: usize, n_rows: usize) -> Inputs {
    let numbers = normals(n_lanes * n_rows * config.d_numbers, 1);
    let mut stream = Stream::new(2, Purpose::Synthesis, [0; 3]);
    let mut codes: Vec<i64> = Vec::new();
    for _ in 0..n_lanes * n_rows {
        codes.extend(config.cardinalities.iter().map(|&n| stream.below(n as u64) as i64));
    }
    let shape = [n_lanes, n_rows, config.cardinalities.len()];
    let codes = (!config.cardinalities.is_empty())
        .then(|| Tensor::<3, Int>::from_data(TensorData::new(codes, shape), &plain()));
    let numbers = tensor3(numbers, [n_lanes, n_rows, config.d_numbers]);
    Inputs { numbers, codes, row_weights: None }
}

/// One lane's part of the inputs.
pub(crate) fn lane_inputs(inputs: &Inputs, lane: usize) -> Inputs {
    Inputs {
        numbers: inputs.numbers.clone().narrow(0, lane, 1),
        codes: inputs.codes.clone().map(|codes| codes.narrow(0, lane, 1)),
        row_weights: inputs.row_weights.clone().map(|weights| weights.narrow(0, lane, 1)),
    }
}

/// What one training step gives.
pub(crate) struct Step {
    pub(crate) logits: Tensor<3>,
    pub(crate) gradients: Vec<Tensor<3>>,
    pub(crate) statistics: BatchStatistics,
}

/// Rows of weights for logits, once for each member of an ensemble, of other sizes for each.
pub(crate) fn spread(pull: Tensor<3>, n_members: usize) -> Tensor<3> {
    let [n_lanes, n_rows, n_outputs] = pull.dims();
    let sizes = (0..n_members).map(|member| 1.0 + 0.5 * member as f32).collect();
    let sizes: Tensor<4> = tensor3(sizes, [1, n_members, 1]).unsqueeze_dim(1);
    (pull.unsqueeze_dim::<4>(2) * sizes).reshape([n_lanes, n_rows * n_members, n_outputs])
}

/// A training step whose loss is the sum of logits times `pull`, which is spread over the members of an
/// ensemble.
pub(crate) fn train(network: &Network, inputs: Inputs, noise: &Noise, pull: Tensor<3>) -> Step {
    let (logits, statistics) = network.forward_train(inputs, noise);
    let pull = spread(pull, network.config().ensemble.n_members());
    let mut gradients = (logits.clone() * pull).sum().backward();
    Step { logits: logits.inner(), gradients: network.gradients(&mut gradients), statistics }
}

pub(crate) fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}

/// Fails unless all numbers agree within `tolerance` times the largest of them.
#[track_caller]
pub(crate) fn assert_close(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: length");
    let size = expected.iter().fold(1e-3_f32, |size, x| size.max(x.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * size, "{what}: number {i} is {f}, expected {e}");
    }
}

pub(crate) fn mean(values: &[f32]) -> f64 {
    values.iter().map(|x| f64::from(*x)).sum::<f64>() / values.len() as f64
}

pub(crate) fn variance(values: &[f32]) -> f64 {
    let mean = mean(values);
    values.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / values.len() as f64
}
