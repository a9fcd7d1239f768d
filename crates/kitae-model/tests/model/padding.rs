//! Rows of weight zero change nothing, and batches of one row or none are no accident.

use burn::tensor::{Tensor, TensorData};
use kitae_model::{DropoutRates, Inputs, Network, NetworkConfig, Noise, Normalisation, Weights};

use crate::support::{
    NO_NOISE, assert_close, autodiff, inputs, lane_inputs, lanes, normals, plain, small, tensor3, train,
    values, varied,
};

/// Times the largest number of the tensor.
const TOLERANCE: f32 = 1e-5;

fn weighted(inputs: Inputs, weights: Vec<f32>) -> Inputs {
    let shape = [inputs.n_lanes(), inputs.n_rows()];
    let weights = Tensor::from_data(TensorData::new(weights, shape), &plain());
    Inputs { row_weights: Some(weights), ..inputs }
}

fn first_rows(inputs: &Inputs, n: usize) -> Inputs {
    Inputs {
        numbers: inputs.numbers.clone().narrow(1, 0, n),
        codes: inputs.codes.clone().map(|codes| codes.narrow(1, 0, n)),
        row_weights: None,
    }
}

#[test]
fn padding_rows_change_nothing() {
    for config in varied() {
        let (lanes, padded) = (lanes(1), inputs(&config, 1, 8));
        let short = first_rows(&padded, 6);
        // A padding row is far from the others, and its loss has weight zero.
        let numbers = padded.numbers.clone().slice_fill([0..1, 6..8, 0..config.d_numbers], 1e3);
        let padded = weighted(Inputs { numbers, ..padded }, vec![1.0, 0.5, 2.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
        let mut pull = normals(12, 5);
        let short_pull = tensor3(pull.clone(), [1, 6, 2]);
        pull.extend([0.0; 4]);
        let mut network = Network::init(&config, &lanes, &autodiff());
        let mut other = network.clone();
        let noise = Noise { rates: DropoutRates::PerLayer(&[0.3, 0.3, 0.3]), ..NO_NOISE(&lanes) };
        let expected = train(&network, short, &noise, short_pull);
        let found = train(&other, padded, &noise, tensor3(pull, [1, 8, 2]));
        let logits = found.logits.narrow(1, 0, 6 * config.ensemble.n_members());
        assert_close(&values(&logits), &values(&expected.logits), TOLERANCE, "logits");
        // All of them at once: behind a normalisation some are 0 but for rounding.
        let all = |gradients: &[Tensor<3>]| gradients.iter().flat_map(values).collect::<Vec<f32>>();
        assert_close(&all(&found.gradients), &all(&expected.gradients), TOLERANCE, "gradient");
        network.absorb(expected.statistics, 0.1);
        other.absorb(found.statistics, 0.1);
        assert_weights_close(&other.weights()[0], &network.weights()[0]);
    }
}

fn assert_weights_close(found: &Weights, expected: &Weights) {
    for (name, tensor) in &expected.tensors {
        assert_close(&found.tensors[name].values, &tensor.values, TOLERANCE, name);
    }
}

fn batch_norm() -> NetworkConfig {
    NetworkConfig { normalisation: Normalisation::Batch, ..small() }
}

#[test]
fn a_batch_of_one_row_uses_the_running_statistics_and_adds_nothing_to_them() {
    let lanes = lanes(2);
    let mut network = Network::init(&batch_norm(), &lanes, &autodiff());
    let rows = inputs(&batch_norm(), 2, 1);
    let before = network.weights();
    let step = train(&network, rows.clone(), &NO_NOISE(&lanes), Tensor::ones([2, 1, 2], &plain()));
    assert_eq!(values(&step.logits), values(&network.forward(rows).inner()));
    assert!(step.gradients.iter().all(|gradient| values(gradient).iter().all(|x| x.is_finite())));
    assert!(step.statistics.is_empty());
    network.absorb(step.statistics, 0.1);
    assert_eq!(network.weights(), before);
}

#[test]
fn only_the_lane_with_one_row_uses_the_running_statistics() {
    let lanes = lanes(3);
    let mut network = Network::init(&batch_norm(), &lanes, &autodiff());
    // Lanes with four rows, one row and none.
    let weights = [[1.0; 4], [1.0, 0.0, 0.0, 0.0], [0.0; 4]].concat();
    let rows = inputs(&batch_norm(), 3, 4);
    let (logits, statistics) = network.forward_train(weighted(rows.clone(), weights), &NO_NOISE(&lanes));
    let (whole, _) = network.forward_train(rows.clone(), &NO_NOISE(&lanes));
    let evaluated = network.forward(rows);
    let lane = |tensor: &Tensor<3>, lane| values(&tensor.clone().inner().narrow(0, lane, 1));
    assert_close(&lane(&logits, 0), &lane(&whole, 0), 1e-6, "full lane");
    assert_close(&lane(&logits, 1), &lane(&evaluated, 1), 1e-6, "lane of one row");
    assert_close(&lane(&logits, 2), &lane(&evaluated, 2), 1e-6, "empty lane");
    let before = network.weights();
    network.absorb(statistics, 0.1);
    assert_ne!(network.weights()[0], before[0]);
    assert_eq!(network.weights()[1..], before[1..]);
}

#[test]
fn no_rows_give_no_logits() {
    for config in varied() {
        let network = Network::init(&config, &lanes(2), &autodiff());
        let none = || first_rows(&inputs(&config, 2, 1), 1);
        let none = Inputs {
            numbers: Tensor::empty([2, 0, config.d_numbers], &plain()),
            codes: none().codes.map(|_| Tensor::empty([2, 0, config.cardinalities.len()], &plain())),
            row_weights: None,
        };
        assert_eq!(network.forward(none.clone()).dims(), [2, 0, 2]);
        let (logits, statistics) = network.forward_train(none, &NO_NOISE(&lanes(2)));
        assert_eq!(logits.dims(), [2, 0, 2]);
        assert!(statistics.is_empty());
    }
}

#[test]
fn evaluation_of_a_row_does_not_depend_on_the_other_rows() {
    for config in varied() {
        let network = Network::init(&config, &lanes(1), &plain());
        let rows = inputs(&config, 1, 7);
        let all = network.forward(lane_inputs(&rows, 0)).narrow(1, 0, 3 * config.ensemble.n_members());
        let some = network.forward(first_rows(&rows, 3));
        assert_close(&values(&some), &values(&all), 1e-6, "logits");
    }
}
