//! Piecewise-linear embeddings agree with rtdl-num-embeddings (`golden/make_piecewise.py`, version 0.0.12),
//! on tensors and on host memory.

use kitae_model::host::{HostNetwork, HostRows, Workspace};
use kitae_model::{
    Activation, Inputs, MAX_BINS, Network, NetworkConfig, Periodic, Piecewise, WeightTensor, Weights,
};
use serde::Deserialize;

use crate::support::{NO_NOISE, assert_close, autodiff, lanes, plain, small, tensor3, train, values};

const N_NUMBERS: usize = 4;
const N_BINS: usize = 5;
const D_EMBEDDING: usize = 2;

#[derive(Deserialize)]
struct Golden {
    /// `[30, N_NUMBERS]`
    sample: Vec<f32>,
    bins: Vec<Vec<f32>>,
    /// `[20, N_NUMBERS]`, on, between and up to a bin's width outside the edges.
    rows: Vec<f32>,
    /// `[20, N_NUMBERS, N_BINS]`
    encoding: Vec<f32>,
    factor: Vec<f32>,
    bias: Vec<f32>,
    /// Those of bins that are not there are 7.
    weight: Vec<f32>,
    outputs: Vec<f32>,
}

impl Golden {
    fn read() -> Self {
        serde_json::from_str(include_str!("../golden/piecewise.json")).unwrap()
    }

    /// Its edges, the last of each number again up to as many as there can be.
    fn edges(&self) -> Vec<f32> {
        let padded = |edges: &Vec<f32>| {
            let mut edges = edges.clone();
            edges.resize(N_BINS + 1, edges[edges.len() - 1]);
            edges
        };
        self.bins.iter().flat_map(padded).collect()
    }
}

/// A linear model that passes the embeddings on and leaves the numbers out.
fn passing(d_embedding: usize) -> NetworkConfig {
    NetworkConfig {
        d_numbers: N_NUMBERS,
        piecewise: Some(Piecewise { n_numbers: N_NUMBERS, n_bins: N_BINS, d_embedding }),
        hidden: Vec::new(),
        n_outputs: N_NUMBERS * d_embedding,
        activation: Activation::Identity,
        ..small()
    }
}

fn weights(d_embedding: usize, [factor, bias, weight, edges]: [&[f32]; 4]) -> Weights {
    let d_out = N_NUMBERS * d_embedding;
    let passes = |row: usize, column: usize| f32::from(u8::from(row == column + N_NUMBERS));
    let matrix: Vec<f32> =
        (0..N_NUMBERS + d_out).flat_map(|row| (0..d_out).map(move |column| passes(row, column))).collect();
    let tensors = [
        ("output.weight", N_NUMBERS + d_out, matrix.as_slice()),
        ("output.bias", 1, &vec![0.0; d_out]),
        ("piecewise.factor", N_NUMBERS, factor),
        ("piecewise.bias", N_NUMBERS, bias),
        ("piecewise.weight", N_NUMBERS, weight),
        ("piecewise.edges", N_NUMBERS, edges),
    ];
    let tensor = |(name, n_rows, values): (&str, usize, &[f32])| {
        let shape = [n_rows, values.len() / n_rows];
        (name.to_owned(), WeightTensor { shape, values: values.to_vec() })
    };
    Weights { tensors: tensors.map(tensor).into() }
}

/// A network that gives out the encoding of its numbers.
fn encoder(edges: &[f32]) -> (NetworkConfig, Weights) {
    let identity = |i: usize| f32::from(u8::from(i / N_BINS % N_BINS == i % N_BINS));
    let matrices: Vec<f32> = (0..N_NUMBERS * N_BINS * N_BINS).map(identity).collect();
    let zeros = [0.0; N_NUMBERS * N_BINS];
    (passing(N_BINS), weights(N_BINS, [&zeros, &zeros, &matrices, edges]))
}

/// What a network says of rows, on tensors and on host memory.
fn answers((config, weights): &(NetworkConfig, Weights), rows: &[f32]) -> [Vec<f32>; 2] {
    let n_rows = rows.len() / config.d_numbers;
    let network = Network::load(config, &[weights], &plain()).unwrap();
    let inputs = Inputs::from_numbers(tensor3(rows.to_vec(), [1, n_rows, config.d_numbers]));
    let host = HostNetwork::new(config, weights).unwrap();
    let mut work = Workspace::new(&host, n_rows);
    let fused = host.forward(&HostRows { numbers: rows, codes: &[] }, &mut work).to_vec();
    [values(&network.forward(inputs)), fused]
}

fn fitted(rows: &[f32]) -> Network {
    Network::init(&passing(D_EMBEDDING), &lanes(1), &plain()).fit_bins(&[rows])
}

#[test]
fn bins_agree() {
    let golden = Golden::read();
    let weights = fitted(&golden.sample).weights().remove(0);
    let (edges, expected) = (&weights.tensors["piecewise.edges"].values, golden.edges());
    let mut n_crowded = 0;
    for number in 0..N_NUMBERS {
        let column: Vec<f32> = golden.sample.iter().skip(number).step_by(N_NUMBERS).copied().collect();
        let n_same = |value: &f32| column.iter().filter(|other| *other == value).count();
        // A value that most rows have takes several bins there, and one here.
        if column.iter().any(|value| 2 * n_same(value) > column.len()) {
            n_crowded += 1;
            continue;
        }
        let of_number = number * (N_BINS + 1)..(number + 1) * (N_BINS + 1);
        assert_close(&edges[of_number.clone()], &expected[of_number], 1e-6, "edges");
    }
    assert!(n_crowded < N_NUMBERS);
}

#[test]
fn encodings_agree() {
    let golden = Golden::read();
    for found in answers(&encoder(&golden.edges()), &golden.rows) {
        assert_close(&found, &golden.encoding, 1e-6, "encoding");
    }
}

#[test]
fn outputs_agree_and_bins_that_are_not_there_add_nothing() {
    let golden = Golden::read();
    let parts = [&golden.factor[..], &golden.bias, &golden.weight, &golden.edges()];
    for found in answers(&(passing(D_EMBEDDING), weights(D_EMBEDDING, parts)), &golden.rows) {
        assert_close(&found, &golden.outputs, 1e-6, "outputs");
    }
}

#[test]
fn beyond_the_training_rows_a_bin_goes_on_for_its_own_width() {
    let golden = Golden::read();
    for (far, number, share) in [(1e6, 0, 2.0), (-1e6, 0, -1.0), (1e6, 3, 2.0), (-1e6, 3, -1.0)] {
        let encoder = encoder(&golden.edges());
        for found in answers(&encoder, &[far; N_NUMBERS]) {
            let encoding = &found[number * N_BINS..][..N_BINS];
            let n_bins = golden.bins[number].len() - 1;
            let mut expected = if far > 0.0 { [1.0; N_BINS] } else { [0.0; N_BINS] };
            expected[n_bins..].fill(0.0);
            expected[if far > 0.0 { n_bins - 1 } else { 0 }] = share;
            assert_eq!(encoding, expected, "number {number} at {far}");
        }
    }
}

#[test]
fn a_number_that_is_always_the_same_has_no_bins() {
    let mut sample = Golden::read().sample;
    sample.iter_mut().step_by(N_NUMBERS).for_each(|x| *x = 0.5);
    let edges = fitted(&sample).weights().remove(0).tensors.remove("piecewise.edges").unwrap().values;
    assert_eq!(edges[..=N_BINS], [0.5; N_BINS + 1]);
    for x in [-3.0, 0.5, 3.0] {
        for found in answers(&encoder(&edges), &[x; N_NUMBERS]) {
            assert_eq!(found[..N_BINS], [0.0; N_BINS], "at {x}");
        }
    }
}

#[test]
fn training_starts_as_a_linear_embedding_and_moves_all_but_the_edges() {
    let golden = Golden::read();
    let network = Network::init(&passing(D_EMBEDDING), &lanes(1), &autodiff()).fit_bins(&[&golden.sample]);
    assert!(network.weights()[0].tensors["piecewise.weight"].values.iter().all(|weight| *weight == 0.0));
    let bound = (D_EMBEDDING as f32).sqrt().recip();
    for name in ["piecewise.factor", "piecewise.bias"] {
        let values = &network.weights()[0].tensors[name].values;
        assert!(values.iter().all(|value| *value != 0.0 && value.abs() <= bound), "{name}: {values:?}");
    }
    let inputs = Inputs::from_numbers(tensor3(golden.sample, [1, 30, N_NUMBERS]));
    let step = train(&network, inputs, &NO_NOISE(&lanes(1)), tensor3(vec![1.0; 240], [1, 30, 8]));
    let named = network.parameters().into_iter().zip(&step.gradients);
    let gradients: Vec<(String, Vec<f32>)> =
        named.map(|(parameter, gradient)| (parameter.name, values(gradient))).collect();
    let names: Vec<&str> = gradients.iter().map(|(name, _)| name.as_str()).take(3).collect();
    assert_eq!(names, ["piecewise.factor", "piecewise.bias", "piecewise.weight"]);
    // The last number has one bin of five.
    let last = &gradients[2].1[3 * N_BINS * D_EMBEDDING..];
    assert!(last[..D_EMBEDDING].iter().all(|gradient| *gradient != 0.0));
    assert_eq!(last[D_EMBEDDING..], [0.0; (N_BINS - 1) * D_EMBEDDING]);
}

#[test]
fn many_rows_and_inputs_become_what_few_become() {
    // More encoded numbers than are made at once.
    const N_ROWS: usize = 90_000;
    let golden = Golden::read();
    let numbers: Vec<f32> = (0..N_ROWS * N_NUMBERS).map(|cell| (cell as f32 * 0.37) % 4.0 - 2.0).collect();
    let encoder = encoder(&golden.edges());
    let [many, _] = answers(&encoder, &numbers);
    let [few, _] = answers(&encoder, &numbers[..100 * N_NUMBERS]);
    assert_close(&many[..few.len()], &few, 1e-6, "the first rows");
}

#[test]
fn names_and_shapes_are_a_file_format_and_edges_must_ascend() {
    let golden = Golden::read();
    let config = passing(D_EMBEDDING);
    let mut weights = fitted(&golden.sample).weights().remove(0);
    let shape = |name: &str| weights.tensors[name].shape;
    let shapes = ["factor", "bias", "weight", "edges"].map(|part| shape(&format!("piecewise.{part}")));
    assert_eq!(shapes, [[4, 2], [4, 2], [4, 10], [4, 6]]);
    let n_values: usize = weights.tensors.values().map(|tensor| tensor.values.len()).sum();
    assert_eq!(config.count_parameters(), n_values - 4 * 6);
    weights.tensors.get_mut("piecewise.edges").unwrap().values.swap(6, 7);
    let error = Network::load(&config, &[&weights], &plain()).unwrap_err();
    assert_eq!(error.to_string(), "lane 0: the edges of number 1 in tensor `piecewise.edges` must ascend");
}

#[test]
fn embeddings_no_network_can_have_are_refused() {
    let check = |n_numbers, n_bins, d_embedding, expected: &str| {
        let config =
            NetworkConfig { piecewise: Some(Piecewise { n_numbers, n_bins, d_embedding }), ..small() };
        assert_eq!(config.check().unwrap_err().to_string(), expected);
    };
    check(4, 5, 2, "`piecewise.n_numbers` must be 1 to 3, the number of numeric inputs, got 4");
    check(0, 5, 2, "`piecewise.n_numbers` must be 1 to 3, the number of numeric inputs, got 0");
    check(3, 1, 2, "`piecewise.n_bins` must be 2 to 1024, got 1");
    check(3, MAX_BINS + 1, 2, "`piecewise.n_bins` must be 2 to 1024, got 1025");
    check(3, 5, 0, "`piecewise.d_embedding` must be positive, got 0");
    let periodic = Periodic { n_numbers: 3, n_frequencies: 5, d_embedding: 1, sigma: 0.5 };
    let piecewise = Piecewise { n_numbers: 3, n_bins: 5, d_embedding: 2 };
    let both = NetworkConfig { periodic: Some(periodic), piecewise: Some(piecewise), ..small() };
    let error = both.check().unwrap_err().to_string();
    assert_eq!(error, "a network has `periodic` or `piecewise` numerical embeddings, not both");
    let huge = Piecewise { d_embedding: usize::MAX, ..piecewise };
    assert!(NetworkConfig { piecewise: Some(huge), ..small() }.check().is_err());
}
