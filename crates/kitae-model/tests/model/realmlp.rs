//! Numerical embeddings and the data-driven start agree with `RealMLP`'s own code, pytabkit
//! (`golden/make_realmlp.py`).

use std::collections::BTreeMap;

use kitae_model::{
    Activation, Initialiser, Inputs, Network, NetworkConfig, Parametrisation, Periodic, WeightTensor, Weights,
};
use serde::Deserialize;

use crate::support::{NO_NOISE, assert_close, autodiff, lanes, plain, small, tensor3, train, values};

const N_ROWS: usize = 40;
const N_NUMBERS: usize = 3;
const N_FREQUENCIES: usize = 5;
const D_EMBEDDING: usize = 2;
const D_OUT: usize = 6;

#[derive(Deserialize)]
struct Golden {
    rows: Vec<f32>,
    embeddings: Embeddings,
    start: Start,
}

#[derive(Deserialize)]
struct Embeddings {
    outputs: Vec<f32>,
    pull: Vec<f32>,
    values: BTreeMap<String, Vec<f32>>,
    gradients: BTreeMap<String, Vec<f32>>,
}

#[derive(Deserialize)]
struct Start {
    raw: Vec<f32>,
    fitted: Vec<f32>,
    products: Vec<f32>,
    bias_quantiles: Vec<f32>,
}

impl Golden {
    fn read() -> Self {
        serde_json::from_str(include_str!("../golden/realmlp.json")).unwrap()
    }

    fn inputs(&self) -> Inputs {
        Inputs::from_numbers(tensor3(self.rows.clone(), [1, N_ROWS, N_NUMBERS]))
    }
}

/// A linear model with these weights.
fn weights(n_outputs: usize, matrix: Vec<f32>) -> Weights {
    let tensor = |rows, values| WeightTensor { shape: [rows, n_outputs], values };
    let d_in = matrix.len() / n_outputs;
    let bias = tensor(1, vec![0.0; n_outputs]);
    let tensors = [("output.weight".to_owned(), tensor(d_in, matrix)), ("output.bias".to_owned(), bias)];
    Weights { tensors: tensors.into() }
}

fn linear(n_outputs: usize) -> NetworkConfig {
    NetworkConfig {
        d_numbers: N_NUMBERS,
        hidden: Vec::new(),
        n_outputs,
        activation: Activation::Identity,
        parametrisation: Parametrisation::Ntk,
        initialiser: Initialiser::DataDriven,
        ..small()
    }
}

#[test]
fn numerical_embeddings_and_their_gradients_agree() {
    let golden = Golden::read();
    let (d_in, d_out) = (N_NUMBERS * (1 + D_EMBEDDING), N_NUMBERS * D_EMBEDDING);
    // A linear model that passes the embeddings on and leaves the numbers out.
    let passes = |row: usize, column: usize| f32::from(u8::from(row == column + N_NUMBERS));
    let matrix = (0..d_in).flat_map(|row| (0..d_out).map(move |column| passes(row, column))).collect();
    let mut weights = weights(d_out, matrix);
    for (name, values) in &golden.embeddings.values {
        let shape = [N_NUMBERS, values.len() / N_NUMBERS];
        weights.tensors.insert(format!("periodic.{name}"), WeightTensor { shape, values: values.clone() });
    }
    let periodic =
        Periodic { n_numbers: N_NUMBERS, n_frequencies: N_FREQUENCIES, d_embedding: D_EMBEDDING, sigma: 1.0 };
    let config = NetworkConfig {
        periodic: Some(periodic),
        parametrisation: Parametrisation::Standard,
        ..linear(d_out)
    };
    let network = Network::load(&config, &[&weights], &autodiff()).unwrap();
    let pull = tensor3(golden.embeddings.pull.clone(), [1, N_ROWS, d_out]);
    let step = train(&network, golden.inputs(), &NO_NOISE(&lanes(1)), pull);
    assert_close(&values(&step.logits), &golden.embeddings.outputs, 1e-5, "outputs");
    for (parameter, gradient) in network.parameters().iter().zip(&step.gradients) {
        if let Some(name) = parameter.name.strip_prefix("periodic.") {
            assert_close(&values(gradient), &golden.embeddings.gradients[name], 1e-5, name);
        }
    }
}

#[test]
fn fitted_weights_agree() {
    let golden = Golden::read();
    let network =
        Network::load(&linear(D_OUT), &[&weights(D_OUT, golden.start.raw.clone())], &autodiff()).unwrap();
    let fitted = network.fit_to_data(golden.inputs(), &lanes(1)).weights().remove(0);
    assert_close(&fitted.tensors["output.weight"].values, &golden.start.fitted, 1e-5, "weights");
    let logits = Network::load(&linear(D_OUT), &[&weights(D_OUT, golden.start.fitted.clone())], &plain())
        .unwrap()
        .forward(golden.inputs());
    assert_close(&values(&logits), &golden.start.products, 1e-5, "products");
}

#[test]
fn fitted_biases_are_distributed_alike() {
    const N: usize = 4_000;
    let golden = Golden::read();
    // The same neuron many times over, each with a bias of its own.
    let column = golden.start.raw.iter().step_by(D_OUT);
    let matrix = column.flat_map(|value| std::iter::repeat_n(*value, N)).collect();
    let network = Network::load(&linear(N), &[&weights(N, matrix)], &autodiff()).unwrap();
    let fitted = network.fit_to_data(golden.inputs(), &lanes(1)).weights().remove(0);
    let mut biases = fitted.tensors["output.bias"].values.clone();
    biases.sort_by(f32::total_cmp);
    let quantiles: Vec<f32> = biases.iter().step_by(N / 20).copied().collect();
    for (found, expected) in quantiles.iter().zip(&golden.start.bias_quantiles).skip(1) {
        // A quantile of 4 000 draws has a standard error of about 0.01.
        assert!((found - expected).abs() < 0.05, "{quantiles:?}");
    }
}
