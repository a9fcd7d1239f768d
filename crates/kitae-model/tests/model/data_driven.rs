//! The data-driven start gives every neuron an input of unit size whose kink is among the rows.

use kitae_model::{Activation, Initialiser, Inputs, Network, NetworkConfig, Parametrisation};

use crate::support::{assert_close, autodiff, lanes, mean, normals, plain, small, tensor3, values, variance};

const N_ROWS: usize = 300;

fn config() -> NetworkConfig {
    NetworkConfig {
        d_numbers: 6,
        hidden: vec![10, 8],
        n_outputs: 4,
        activation: Activation::Selu,
        parametrisation: Parametrisation::Ntk,
        initialiser: Initialiser::DataDriven,
        ..small()
    }
}

/// Rows far from standardised: columns of other sizes and places.
fn rows(n_lanes: usize) -> Inputs {
    let mut numbers = normals(n_lanes * N_ROWS * 6, 3);
    for row in numbers.chunks_exact_mut(6) {
        row.iter_mut().enumerate().for_each(|(i, x)| *x = *x * (i as f32 + 0.1) + 2.0 * i as f32);
    }
    Inputs::from_numbers(tensor3(numbers, [n_lanes, N_ROWS, 6]))
}

fn fitted(n_lanes: usize) -> Network {
    let lanes = lanes(n_lanes as u64);
    Network::init(&config(), &lanes, &autodiff()).fit_to_data(rows(n_lanes), &lanes)
}

/// The part of the network up to the input of the given linear map, as a linear model: what that map
/// gives for the rows.
fn pre_activations(network: &Network, n_hidden: usize) -> Vec<Vec<f32>> {
    let full = config();
    let mut weights = network.weights().remove(0);
    let mut head = NetworkConfig { hidden: full.hidden[..n_hidden].to_vec(), ..full.clone() };
    if n_hidden < full.hidden.len() {
        head.n_outputs = full.hidden[n_hidden];
        for part in ["weight", "bias"] {
            let tensor = weights.tensors.remove(&format!("layers.{n_hidden}.{part}")).unwrap();
            weights.tensors.insert(format!("output.{part}"), tensor);
        }
        weights.tensors.retain(|name, _| {
            name.starts_with("output")
                || (0..n_hidden).any(|layer| name.starts_with(&format!("layers.{layer}.")))
        });
    }
    let logits = values(&Network::load(&head, &[&weights], &plain()).unwrap().forward(rows(1)));
    (0..head.n_outputs).map(|i| logits.iter().skip(i).step_by(head.n_outputs).copied().collect()).collect()
}

#[test]
fn every_neuron_gets_an_input_of_standard_deviation_one() {
    let network = fitted(1);
    for n_hidden in 0..3 {
        for neuron in pre_activations(&network, n_hidden) {
            let deviation = variance(&neuron).sqrt();
            assert!((deviation - 1.0).abs() < 1e-4, "map {n_hidden}: {deviation}");
        }
    }
}

#[test]
fn every_kink_lies_among_the_rows() {
    let network = fitted(1);
    for neuron in pre_activations(&network, 0) {
        let positive = neuron.iter().filter(|x| **x > 0.0).count();
        assert!((1..N_ROWS).contains(&positive), "{positive} of {N_ROWS} rows are on one side");
        assert!(mean(&neuron).abs() < 3.0);
    }
}

#[test]
fn a_fitted_network_can_be_trained() {
    let network = fitted(2);
    let (logits, _) = network.forward_train(rows(2), &crate::support::NO_NOISE(&lanes(2)));
    let gradients = network.gradients(&mut logits.sum().backward());
    assert!(gradients.iter().all(|gradient| values(gradient).iter().any(|x| *x != 0.0)));
}

#[test]
fn other_initialisers_are_left_alone() {
    let config = NetworkConfig { initialiser: Initialiser::HeNormal, ..config() };
    let network = Network::init(&config, &lanes(1), &plain());
    assert_eq!(network.clone().fit_to_data(rows(1), &lanes(1)).weights(), network.weights());
}

#[test]
fn constant_rows_and_padding_do_no_harm() {
    let (lanes, start) = (lanes(1), Network::init(&config(), &lanes(1), &plain()));
    let constant = Inputs::from_numbers(tensor3(vec![3.0; 12], [1, 2, 6]));
    let network = start.clone().fit_to_data(constant, &lanes);
    let finite = |network: &Network| {
        network.weights()[0].tensors.values().all(|tensor| tensor.values.iter().all(|x| x.is_finite()))
    };
    assert!(finite(&network));
    let none = Inputs { row_weights: Some(burn::tensor::Tensor::zeros([1, N_ROWS], &plain())), ..rows(1) };
    assert!(finite(&start.clone().fit_to_data(none, &lanes)));
    let mut weights = vec![1.0; N_ROWS];
    weights[200..].fill(0.0);
    let padded = Inputs {
        row_weights: Some(tensor3(weights, [1, N_ROWS, 1]).squeeze_dim(2)),
        numbers: rows(1).numbers.slice_fill([0..1, 200..N_ROWS, 0..6], 1e4),
        codes: None,
    };
    let short = Inputs::from_numbers(rows(1).numbers.narrow(1, 0, 200));
    let (padded, short) = (start.clone().fit_to_data(padded, &lanes), start.fit_to_data(short, &lanes));
    for (name, tensor) in &short.weights()[0].tensors {
        assert_close(&padded.weights()[0].tensors[name].values, &tensor.values, 1e-5, name);
    }
}
