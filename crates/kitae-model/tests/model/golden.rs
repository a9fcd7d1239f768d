//! Values, gradients and running statistics agree with `PyTorch`'s (`golden/make.py`).

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};
use kitae_model::{Activation, Inputs, Network, NetworkConfig, WeightTensor, Weights};
use serde::Deserialize;

use crate::support::{
    NO_NOISE, assert_close, autodiff, lanes, normals, plain, small, tensor3, train, values,
};

/// Single precision against double.
const TOLERANCE: f32 = 1e-5;
const N_ROWS: usize = 5;

#[derive(Deserialize)]
struct Case {
    name: String,
    config: NetworkConfig,
    numbers: Vec<f32>,
    codes: Vec<i64>,
    pull: Vec<f32>,
    weights: Vec<Weights>,
    logits: Vec<f32>,
    train_logits: Vec<f32>,
    gradients: Vec<BTreeMap<String, WeightTensor>>,
    statistics: Vec<BTreeMap<String, WeightTensor>>,
}

impl Case {
    fn inputs(&self) -> Inputs {
        let n_lanes = self.weights.len();
        let (d_numbers, n_columns) = (self.config.d_numbers, self.config.cardinalities.len());
        let codes = TensorData::new(self.codes.clone(), [n_lanes, N_ROWS, n_columns]);
        Inputs {
            numbers: tensor3(self.numbers.clone(), [n_lanes, N_ROWS, d_numbers]),
            codes: (n_columns > 0).then(|| Tensor::<3, Int>::from_data(codes, &plain())),
            row_weights: None,
        }
    }

    fn pull(&self) -> Tensor<3> {
        tensor3(self.pull.clone(), [self.weights.len(), N_ROWS, self.config.n_outputs])
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../golden/networks.json")).unwrap()
}

fn load(case: &Case) -> Network {
    let weights: Vec<&Weights> = case.weights.iter().collect();
    Network::load(&case.config, &weights, &autodiff()).unwrap()
}

#[test]
fn evaluation_agrees_with_pytorch() {
    for case in cases() {
        let network = load(&case);
        for logits in [network.forward(case.inputs()), network.valid().forward(case.inputs())] {
            assert_close(&values(&logits), &case.logits, TOLERANCE, &case.name);
        }
    }
}

#[test]
fn training_agrees_with_pytorch() {
    for case in cases() {
        let (mut network, lanes) = (load(&case), lanes(case.weights.len() as u64));
        let step = train(&network, case.inputs(), &NO_NOISE(&lanes), case.pull());
        assert_close(&values(&step.logits), &case.train_logits, TOLERANCE, &case.name);
        check_gradients(&case, &network, &step.gradients);
        network.absorb(step.statistics, 0.1);
        check_statistics(&case, &network);
    }
}

fn check_gradients(case: &Case, network: &Network, gradients: &[Tensor<3>]) {
    let parameters = network.parameters();
    assert_eq!(parameters.len(), case.gradients[0].len(), "{}", case.name);
    for (parameter, gradient) in parameters.iter().zip(gradients) {
        assert_eq!(parameter.value.dims(), gradient.dims());
        let expected: Vec<f32> =
            case.gradients.iter().flat_map(|lane| lane[&parameter.name].values.clone()).collect();
        let what = format!("{}: gradient of {}", case.name, parameter.name);
        assert_close(&values(gradient), &expected, TOLERANCE, &what);
    }
}

fn check_statistics(case: &Case, network: &Network) {
    for (weights, expected) in network.weights().iter().zip(&case.statistics) {
        for (name, tensor) in expected {
            let what = format!("{}: {name}", case.name);
            assert_close(&weights.tensors[name].values, &tensor.values, TOLERANCE, &what);
        }
    }
}

#[test]
fn every_activation_and_its_gradient_stay_finite_for_extreme_inputs() {
    use Activation::{Elu, Gelu, Identity, LeakyRelu, Mish, Relu, Selu, Sigmoid, Silu, Tanh};
    let extremes = [-1e30, -1e4, -100.0, -20.0, -1e-30, 0.0, 1e-30, 20.0, 89.0, 1e4, 1e30_f32];
    for activation in [Identity, Sigmoid, Tanh, Relu, LeakyRelu, Elu, Selu, Gelu, Silu, Mish] {
        let config = NetworkConfig { d_numbers: 1, hidden: vec![1], n_outputs: 1, activation, ..small() };
        let network = Network::init(&config, &lanes(1), &autodiff());
        let ones = network.parameters().iter().map(|parameter| parameter.value.ones_like()).collect();
        let network = network.with_parameters(ones);
        let inputs = Inputs::from_numbers(tensor3(extremes.to_vec(), [1, extremes.len(), 1]));
        let pull = tensor3(vec![1e-3; extremes.len()], [1, extremes.len(), 1]);
        let step = train(&network, inputs, &NO_NOISE(&lanes(1)), pull);
        let finite = |tensor: &Tensor<3>| values(tensor).iter().all(|x| x.is_finite());
        assert!(finite(&step.logits), "{activation:?}: {}", step.logits);
        assert!(step.gradients.iter().all(finite), "{activation:?}: {:?}", step.gradients);
    }
}

#[test]
fn a_linear_model_is_a_matrix_product() {
    let config = NetworkConfig { hidden: Vec::new(), ..small() };
    let network = Network::init(&config, &lanes(1), &plain());
    let rows = normals(6, 4);
    let weights = &network.weights()[0].tensors["output.weight"].values;
    let expected: Vec<f32> = rows
        .chunks(3)
        .flat_map(|row| (0..2).map(|j| (0..3).map(|i| row[i] * weights[i * 2 + j]).sum::<f32>()))
        .collect();
    let logits = network.forward(Inputs::from_numbers(tensor3(rows.clone(), [1, 2, 3])));
    assert_close(&values(&logits), &expected, 1e-6, "logits");
}
