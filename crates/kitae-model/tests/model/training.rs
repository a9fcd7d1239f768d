//! Networks learn, and copies of a network share nothing that changes.

use burn::module::Module;
use burn::tensor::Tensor;
use kitae_model::{Inputs, Network, NetworkConfig, Normalisation};

use crate::support::{
    NO_NOISE, assert_close, autodiff, inputs, lanes, normals, plain, small, tensor3, train, values, varied,
};

fn descend(network: Network, inputs: &Inputs, targets: &Tensor<3>, rate: f64) -> (Network, f32) {
    let lanes = lanes(network.n_lanes() as u64);
    let (logits, _) = network.forward_train(inputs.clone(), &NO_NOISE(&lanes));
    let n_members = network.config().ensemble.n_members();
    let [n_lanes, n_rows, n_outputs] = targets.dims();
    let targets = targets.clone().repeat_dim(2, n_members).reshape([n_lanes, n_rows * n_members, n_outputs]);
    let loss = (logits - targets).powi_scalar(2).mean();
    let mut gradients = loss.backward();
    let gradients = network.gradients(&mut gradients);
    let parameters = network.parameters().into_iter().zip(gradients);
    let moved = parameters.map(|(parameter, gradient)| parameter.value - gradient.mul_scalar(rate));
    (network.with_parameters(moved.collect()), values(&loss)[0])
}

#[test]
fn every_kind_of_network_learns() {
    for config in varied() {
        let rows = inputs(&config, 2, 16);
        let targets = tensor3(normals(64, 9), [2, 16, 2]);
        let mut network = Network::init(&config, &lanes(2), &autodiff());
        let mut losses = Vec::new();
        for _ in 0..40 {
            let loss;
            (network, loss) = descend(network, &rows, &targets, 0.1);
            losses.push(loss);
        }
        assert!(losses[39] < 0.98 * losses[0], "{config:?}: {losses:?}");
    }
}

#[test]
fn a_copy_shares_no_running_statistics() {
    let config = NetworkConfig { normalisation: Normalisation::Batch, ..small() };
    let lanes = lanes(2);
    let mut network = Network::init(&config, &lanes, &autodiff());
    let (copy, valid, before) = (network.clone(), network.valid(), network.weights());
    let (_, statistics) = network.forward_train(inputs(&config, 2, 8), &NO_NOISE(&lanes));
    network.absorb(statistics, 0.5);
    assert_ne!(network.weights(), before);
    assert_eq!(copy.weights(), before);
    assert_eq!(valid.weights(), before);
}

#[test]
fn a_valid_network_gives_the_same_logits_without_a_tape_and_can_be_trained_again() {
    for config in varied() {
        let network = Network::init(&config, &lanes(2), &autodiff());
        let rows = inputs(&config, 2, 5);
        let valid = network.valid();
        let logits = valid.forward(rows.clone());
        assert!(!logits.is_autodiff());
        assert_eq!(values(&logits), values(&network.forward(rows.clone())));
        let pull = || tensor3(normals(20, 9), [2, 5, 2]);
        let trained = train(&network, rows.clone(), &NO_NOISE(&lanes(2)), pull());
        let again = train(&valid.train(), rows, &NO_NOISE(&lanes(2)), pull());
        for (found, expected) in again.gradients.iter().zip(&trained.gradients) {
            assert_eq!(values(found), values(expected));
        }
    }
}

#[test]
fn parameters_can_be_taken_out_and_put_back() {
    for config in varied() {
        let network = Network::init(&config, &lanes(2), &autodiff());
        let values = network.parameters().into_iter().map(|parameter| parameter.value).collect();
        let again = network.clone().with_parameters(values);
        assert_eq!(again.weights(), network.weights());
        assert!(again.parameters().iter().all(|parameter| !parameter.value.is_autodiff()));
        let plain = Network::init(&config, &lanes(2), &plain());
        let values = plain.parameters().into_iter().map(|parameter| parameter.value).collect();
        assert!(!plain.clone().with_parameters(values).forward(inputs(&config, 2, 1)).is_autodiff());
    }
}

#[test]
fn inputs_may_live_on_the_autodiff_device() {
    for config in varied() {
        let network = Network::init(&config, &lanes(1), &autodiff());
        let rows = inputs(&config, 1, 4);
        let on_tape = Inputs {
            numbers: rows.numbers.clone().autodiff(),
            codes: rows.codes.clone().map(Tensor::autodiff),
            row_weights: Some(Tensor::<2>::ones([1, 4], &autodiff())),
        };
        let pull = || tensor3(normals(8, 9), [1, 4, 2]);
        let expected = train(&network, rows, &NO_NOISE(&lanes(1)), pull());
        let found = train(&network, on_tape, &NO_NOISE(&lanes(1)), pull());
        for (found, expected) in found.gradients.iter().zip(&expected.gradients) {
            assert_close(&values(found), &values(expected), 1e-5, "gradient");
        }
    }
}
