//! The fused passes on host memory compute what the tensors compute.

use burn::module::Module;
use kitae_model::host::{Before, HostNetwork, HostNoise, HostRows, Workspace};
use kitae_model::{
    Activation, DropoutRates, Inputs, Lane, Network, NetworkConfig, Noise, Normalisation, Parametrisation,
    Slope,
};

use crate::support::{
    assert_close, autodiff, inputs, normals, plain, ready, small, spread, tensor3, train, values, varied,
};

const N_ROWS: usize = 9;
const LANE: Lane = Lane { seed: 7, index: 3 };

/// How far a difference reaches to either side.
const REACH: f32 = 2e-3;

/// Those with a normalisation.
fn normed() -> Vec<NetworkConfig> {
    let configs: Vec<NetworkConfig> =
        varied().into_iter().filter(|config| config.normalisation != Normalisation::None).collect();
    assert!(configs.len() > 4);
    configs
}

/// In how many rows at once a step can pass: batch normalisation wants them all.
fn pieces(config: &NetworkConfig) -> &'static [usize] {
    if config.normalisation == Normalisation::Batch { &[N_ROWS] } else { &[N_ROWS, 4, 1] }
}

/// All activations, plain and with learned slopes.
fn activations() -> Vec<NetworkConfig> {
    let all = [
        Activation::Identity,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Elu,
        Activation::Selu,
        Activation::Gelu,
        Activation::Silu,
        Activation::Mish,
    ];
    let config = |activation, slope| NetworkConfig { activation, slope, hidden: vec![40, 40], ..small() };
    let both = |activation| [config(activation, Slope::Fixed), config(activation, Slope::Learned)];
    all.into_iter().flat_map(both).collect()
}

struct Rows {
    numbers: Vec<f32>,
    codes: Vec<u32>,
}

fn rows(config: &NetworkConfig) -> Rows {
    let inputs = inputs(config, 1, N_ROWS);
    let codes = inputs.codes.map_or_else(Vec::new, |codes| codes.into_data().iter::<u32>().collect());
    Rows { numbers: values(&inputs.numbers), codes }
}

fn first_rows(inputs: Inputs, n_rows: usize) -> Inputs {
    Inputs {
        numbers: inputs.numbers.narrow(1, 0, n_rows),
        codes: inputs.codes.map(|codes| codes.narrow(1, 0, n_rows)),
        row_weights: None,
    }
}

impl Rows {
    fn part(&self, config: &NetworkConfig, from: usize, to: usize) -> HostRows<'_> {
        let (numbers, codes) = (config.d_numbers, config.cardinalities.len());
        HostRows {
            numbers: &self.numbers[from * numbers..to * numbers],
            codes: &self.codes[from * codes..to * codes],
        }
    }
}

/// Logits and gradients of a training step, the rows cut into micro-batches of `piece`.
fn step(
    config: &NetworkConfig,
    network: &HostNetwork,
    rates: &[f64],
    pull: &[f32],
    piece: usize,
) -> [Vec<f32>; 2] {
    let (rows, mut work) = (rows(config), Workspace::new(network, piece));
    let noise = HostNoise::new(LANE, 2, 5, rates);
    // What was there before is forgotten.
    let (mut logits, mut gradients) = (Vec::new(), vec![f32::NAN; network.values().len()]);
    for from in (0..N_ROWS).step_by(piece) {
        let to = (from + piece).min(N_ROWS);
        let rows = rows.part(config, from, to);
        logits.extend_from_slice(network.forward_train(&rows, from, &noise, &mut work));
        let width = config.ensemble.n_members() * config.n_outputs;
        let pull = &pull[from * width..to * width];
        let before = if from == 0 { Before::Forget } else { Before::Add };
        network.backward(&rows, pull, &mut work, &mut gradients, before);
    }
    [logits, gradients]
}

fn check(config: &NetworkConfig, rates: &[f64]) {
    let network = ready(config, &[LANE], &autodiff());
    let mut host = HostNetwork::new(config, &network.weights()[0]).unwrap();
    let pull = normals(N_ROWS * config.n_outputs, 5);
    let noise = Noise { rates: DropoutRates::PerLayer(rates), lanes: &[LANE], epoch: 2, step: 5 };
    let pull = tensor3(pull, [1, N_ROWS, config.n_outputs]);
    let expected = train(&network, inputs(config, 1, N_ROWS), &noise, pull.clone());
    let pull = values(&spread(pull, config.ensemble.n_members()));
    for &piece in pieces(config) {
        if piece == 4 {
            host.turn_weights();
        }
        let [logits, gradients] = step(config, &host, rates, &pull, piece);
        assert_close(&logits, &values(&expected.logits), 1e-5, &format!("logits of {config:?}"));
        if config.normalisation == Normalisation::Batch {
            // What shifts all rows alike has a gradient that is nothing but rounding, so tensors are not
            // compared alone.
            let all: Vec<f32> = expected.gradients.iter().flat_map(values).collect();
            assert_close(&gradients, &all, 2e-5, &format!("gradients of {config:?}"));
            continue;
        }
        for (parameter, expected) in host.parameters().iter().zip(&expected.gradients) {
            let what = format!("{} in pieces of {piece} of {config:?}", parameter.name);
            assert_close(&gradients[parameter.range.clone()], &values(expected), 2e-5, &what);
        }
    }
    let mut work = Workspace::new(&host, N_ROWS);
    let logits = host.forward(&rows(config).part(config, 0, N_ROWS), &mut work).to_vec();
    assert_close(&logits, &values(&network.valid().forward(inputs(config, 1, N_ROWS))), 1e-5, "evaluation");
}

#[test]
fn logits_and_gradients_are_those_of_the_tensors_for_every_network() {
    for config in varied() {
        for parametrisation in [Parametrisation::Standard, Parametrisation::Ntk] {
            check(&NetworkConfig { parametrisation, ..config.clone() }, &[]);
        }
    }
}

#[test]
fn logits_and_gradients_are_those_of_the_tensors_for_every_activation() {
    for config in activations() {
        check(&config, &[]);
    }
}

#[test]
fn the_same_neurons_are_silent() {
    for config in varied() {
        check(&config, &[0.5, 0.3, 0.0][..config.hidden.len().min(3)]);
    }
}

#[test]
fn weights_come_back_as_they_were() {
    for config in varied() {
        let weights = ready(&config, &[LANE], &plain()).weights().remove(0);
        assert_eq!(HostNetwork::new(&config, &weights).unwrap().weights(), weights);
    }
}

#[test]
fn networks_with_a_normalisation_predict_as_the_tensors_do() {
    for config in normed() {
        // With running statistics that are not those of the start.
        let mut network = ready(&config, &[LANE], &autodiff());
        let noise = Noise { rates: DropoutRates::Off, lanes: &[LANE], epoch: 0, step: 0 };
        let (_, statistics) = network.forward_train(inputs(&config, 1, 30), &noise);
        network.absorb(statistics, 0.5);
        let network = network.valid();
        let host = HostNetwork::new(&config, &network.weights().remove(0)).unwrap();
        let mut work = Workspace::new(&host, N_ROWS);
        let rows = rows(&config);
        let logits = host.forward(&rows.part(&config, 0, N_ROWS), &mut work);
        let expected = values(&network.forward(inputs(&config, 1, N_ROWS)));
        assert_close(logits, &expected, 1e-4, "logits");
    }
}

/// A batch of one row has no variance: both then use the running statistics and add nothing to them.
#[test]
fn running_statistics_move_as_those_of_the_tensors() {
    for config in normed() {
        let mut network = ready(&config, &[LANE], &autodiff());
        let mut host = HostNetwork::new(&config, &network.weights()[0]).unwrap();
        let mut work = Workspace::new(&host, N_ROWS);
        let (rows, silent) = (rows(&config), HostNoise::new(LANE, 0, 0, &[]));
        let noise = Noise { rates: DropoutRates::Off, lanes: &[LANE], epoch: 0, step: 0 };
        for n_rows in [N_ROWS, 1, 2] {
            let inputs = first_rows(inputs(&config, 1, N_ROWS), n_rows);
            let n_outputs = config.ensemble.n_members() * config.n_outputs;
            let pull = normals(n_rows * n_outputs, 5);
            let (logits, statistics) = network.forward_train(inputs, &noise);
            let shape = [1, n_rows * config.ensemble.n_members(), config.n_outputs];
            let loss = (logits.clone() * tensor3(pull.clone(), shape)).sum();
            let expected = network.gradients(&mut loss.backward());
            network.absorb(statistics, 0.1);
            let part = rows.part(&config, 0, n_rows);
            let found = host.forward_train(&part, 0, &silent, &mut work).to_vec();
            let mut gradients = vec![f32::NAN; host.values().len()];
            host.backward(&part, &pull, &mut work, &mut gradients, Before::Forget);
            host.absorb(&work, 0.1);
            assert_close(&found, &values(&logits.inner()), 2e-5, "logits");
            let expected: Vec<f32> = expected.iter().flat_map(values).collect();
            assert_close(&gradients, &expected, 5e-5, &format!("gradients of {n_rows} rows of {config:?}"));
            let weights = network.weights().remove(0);
            for (name, tensor) in host.weights().tensors {
                assert_close(&tensor.values, &weights.tensors[&name].values, 1e-5, &name);
            }
        }
    }
}

/// Each gradient of a network with a normalisation, by the definition of a derivative.
#[test]
fn gradients_through_a_normalisation_are_differences() {
    for config in normed() {
        let weights = ready(&config, &[LANE], &plain()).weights().remove(0);
        let mut host = HostNetwork::new(&config, &weights).unwrap();
        let pull = normals(N_ROWS * config.ensemble.n_members() * config.n_outputs, 5);
        let [_, gradients] = step(&config, &host, &[0.3, 0.3, 0.0], &pull, N_ROWS);
        let mut pulled = |position: usize, by: f32| -> f64 {
            host.values_mut()[position] += by;
            let [logits, _] = step(&config, &host, &[0.3, 0.3, 0.0], &pull, N_ROWS);
            host.values_mut()[position] -= by;
            logits.iter().zip(&pull).map(|(logit, pull)| f64::from(*logit) * f64::from(*pull)).sum()
        };
        let largest = gradients.iter().fold(1.0_f32, |largest, slope| largest.max(slope.abs()));
        for (position, slope) in gradients.iter().enumerate().step_by(7) {
            let difference = (pulled(position, REACH) - pulled(position, -REACH)) / f64::from(2.0 * REACH);
            let error = (difference - f64::from(*slope)).abs();
            assert!(error < 5e-3 * f64::from(largest), "{position} of {config:?}: {slope} {difference}");
        }
    }
}

#[test]
fn a_weight_that_is_no_number_gives_no_number() {
    let config = NetworkConfig { hidden: vec![5, 5], activation: Activation::Relu, ..small() };
    let weights = Network::init(&config, &[LANE], &plain()).weights().remove(0);
    let mut host = HostNetwork::new(&config, &weights).unwrap();
    host.values_mut()[0] = f32::NAN;
    let mut work = Workspace::new(&host, N_ROWS);
    assert!(host.forward(&rows(&config).part(&config, 0, N_ROWS), &mut work).iter().all(|x| x.is_nan()));
}
