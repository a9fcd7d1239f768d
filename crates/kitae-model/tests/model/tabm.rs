//! Ensembles whose members share matrices agree with `TabM`'s own code, the package tabm
//! (`golden/make_tabm.py`), and start as it starts them.

use std::collections::{BTreeMap, BTreeSet};

use kitae_model::host::{Before, HostNetwork, HostNoise, HostRows, Workspace};
use kitae_model::{
    Activation, Ensemble, Initialiser, Inputs, Network, NetworkConfig, Periodic, Role, WeightTensor, Weights,
};
use serde::Deserialize;

use crate::support::{
    NO_NOISE, assert_close, autodiff, inputs, lanes, mean, plain, small, tensor3, values, variance, varied,
};

const N_ROWS: usize = 7;
const N_NUMBERS: usize = 3;
const N_MEMBERS: usize = 3;

#[derive(Deserialize)]
struct Golden {
    mini: One,
    full: One,
}

#[derive(Deserialize)]
struct One {
    x: Vec<f32>,
    pull: Vec<f32>,
    logits: Vec<f32>,
    weights: BTreeMap<String, Vec<f32>>,
    gradients: BTreeMap<String, Vec<f32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/tabm.json")).unwrap()
}

fn config(ensemble: Ensemble) -> NetworkConfig {
    NetworkConfig { ensemble, hidden: vec![4, 4], activation: Activation::Relu, ..small() }
}

/// The weights of `golden` in the shapes of a network.
fn weights(config: &NetworkConfig, golden: &One) -> Weights {
    let mut weights = Network::init(config, &lanes(1), &plain()).weights().remove(0);
    assert!(weights.tensors.keys().eq(golden.weights.keys()));
    for (name, WeightTensor { values, .. }) in &mut weights.tensors {
        assert_eq!(values.len(), golden.weights[name].len(), "{name}");
        values.clone_from(&golden.weights[name]);
    }
    weights
}

fn check_tensors(ensemble: Ensemble, golden: &One) {
    let config = config(ensemble);
    let network = Network::load(&config, &[&weights(&config, golden)], &autodiff()).unwrap();
    let rows = Inputs::from_numbers(tensor3(golden.x.clone(), [1, N_ROWS, N_NUMBERS]));
    let (logits, _) = network.forward_train(rows, &NO_NOISE(&lanes(1)));
    let pull = tensor3(golden.pull.clone(), [1, N_ROWS * N_MEMBERS, config.n_outputs]);
    assert_close(&values(&logits), &golden.logits, 1e-5, "logits");
    let gradients = network.gradients(&mut (logits * pull).sum().backward());
    for (parameter, gradient) in network.parameters().iter().zip(&gradients) {
        assert_close(&values(gradient), &golden.gradients[&parameter.name], 1e-5, &parameter.name);
    }
}

fn check_host(ensemble: Ensemble, golden: &One) {
    let config = config(ensemble);
    let network = HostNetwork::new(&config, &weights(&config, golden)).unwrap();
    let (rows, mut work) = (HostRows { numbers: &golden.x, codes: &[] }, Workspace::new(&network, N_ROWS));
    assert_close(network.forward(&rows, &mut work), &golden.logits, 1e-5, "logits");
    network.forward_train(&rows, 0, &HostNoise::new(lanes(1)[0], 0, 0, &[]), &mut work);
    let mut gradients = vec![0.0; network.values().len()];
    network.backward(&rows, &golden.pull, &mut work, &mut gradients, Before::Forget);
    for parameter in network.parameters() {
        let expected = &golden.gradients[&parameter.name];
        assert_close(&gradients[parameter.range.clone()], expected, 1e-5, &parameter.name);
    }
}

#[test]
fn logits_and_gradients_agree() {
    let golden = golden();
    let (mini, full) = (Ensemble::TabMMini { n_members: N_MEMBERS }, Ensemble::TabM { n_members: N_MEMBERS });
    check_tensors(mini, &golden.mini);
    check_tensors(full, &golden.full);
    check_host(mini, &golden.mini);
    check_host(full, &golden.full);
}

fn start(config: &NetworkConfig) -> Weights {
    Network::init(config, &lanes(1), &plain()).weights().remove(0)
}

/// Each member's numbers.
fn members(tensor: &WeightTensor) -> Vec<&[f32]> {
    tensor.values.chunks_exact(tensor.shape[1]).collect()
}

#[test]
fn without_numerical_embeddings_the_first_factors_are_signs() {
    let categories = NetworkConfig { cardinalities: vec![4, 3], d_embedding: 2, ..small() };
    let ensemble = Ensemble::TabMMini { n_members: 200 };
    let weights = start(&NetworkConfig { ensemble, ..categories });
    let factors = members(&weights.tensors["member_scale"]);
    assert!(factors.iter().flat_map(|row| row.iter()).all(|factor| factor.abs() == 1.0));
    // Three numbers and two vectors of two.
    assert!(factors.iter().all(|row| row[3] == row[4] && row[5] == row[6]));
    let patterns: BTreeSet<String> = factors.iter().map(|row| format!("{row:?}")).collect();
    assert_eq!(patterns.len(), 1 << 5, "each input has a sign of its own");
}

#[test]
fn with_numerical_embeddings_a_number_and_its_embedding_share_a_normal_factor() {
    let periodic = Periodic { n_numbers: 2, n_frequencies: 4, d_embedding: 3, sigma: 0.3 };
    let ensemble = Ensemble::TabM { n_members: 256 };
    let weights = start(&NetworkConfig { ensemble, periodic: Some(periodic), ..small() });
    let mut free = Vec::new();
    for row in members(&weights.tensors["member_scale"]) {
        assert!(row[3..6].iter().all(|factor| *factor == row[0]), "{row:?}");
        assert!(row[6..9].iter().all(|factor| *factor == row[1]), "{row:?}");
        free.extend(&row[..3]);
    }
    // 768 draws: standard errors of 0.036 and 0.05.
    assert!(mean(&free).abs() < 0.15 && (variance(&free) - 1.0).abs() < 0.2);
}

#[test]
fn all_else_starts_the_same_for_all_members_but_their_output_maps() {
    for initialiser in [Initialiser::FanInUniform, Initialiser::Orthogonal, Initialiser::DataDriven] {
        let config = NetworkConfig { initialiser, ..config(Ensemble::TabM { n_members: 5 }) };
        let network =
            Network::init(&config, &lanes(1), &autodiff()).fit_to_data(inputs(&config, 1, 30), &lanes(1));
        let weights = network.weights().remove(0);
        for (name, tensor) in &weights.tensors {
            match name.rsplit('.').next() {
                Some("member_in" | "member_out") => assert!(tensor.values.iter().all(|x| *x == 1.0)),
                Some("bias") if name.starts_with("layers") => {
                    assert_eq!(tensor.shape[0], 5);
                    assert!(members(tensor).windows(2).all(|pair| pair[0] == pair[1]), "{name}");
                }
                _ => {}
            }
        }
        let output = &weights.tensors["output.weight"];
        let maps: Vec<Vec<f32>> = (0..5).map(|member| columns(output, 2 * member, 2)).collect();
        assert!(maps.windows(2).all(|pair| pair[0] != pair[1]), "{initialiser:?}");
        if initialiser == Initialiser::Orthogonal {
            let norm = |map: &[f32]| map.iter().step_by(2).map(|x| x * x).sum::<f32>();
            assert!(maps.iter().all(|map| (norm(map) - 1.0).abs() < 1e-5));
        }
    }
}

#[test]
fn a_data_driven_start_looks_at_rows_and_members_and_at_each_output_map_alone() {
    for ensemble in [Ensemble::TabMMini { n_members: 5 }, Ensemble::TabM { n_members: 5 }] {
        let initialiser = Initialiser::DataDriven;
        let config = NetworkConfig { initialiser, hidden: Vec::new(), ..config(ensemble) };
        let network =
            Network::init(&config, &lanes(1), &autodiff()).fit_to_data(inputs(&config, 1, 60), &lanes(1));
        let logits = values(&network.forward(inputs(&config, 1, 60)).inner());
        for logit in 0..5 * 2 {
            let column: Vec<f32> = logits.iter().skip(logit).step_by(5 * 2).copied().collect();
            assert!((variance(&column) - 1.0).abs() < 1e-4, "{ensemble:?}: logit {logit}");
        }
        // The same as the outputs of a hidden layer, which all members share.
        let shared = NetworkConfig { hidden: vec![4], activation: Activation::Identity, ..config.clone() };
        let network =
            Network::init(&shared, &lanes(1), &autodiff()).fit_to_data(inputs(&shared, 1, 60), &lanes(1));
        let mut weights = network.weights().remove(0);
        let passing =
            (0..4).flat_map(|row| (0..20).map(move |column| f32::from(u8::from(row == column % 4))));
        weights
            .tensors
            .insert("output.weight".into(), WeightTensor { shape: [4, 20], values: passing.collect() });
        weights.tensors.insert("output.bias".into(), WeightTensor { shape: [1, 20], values: vec![0.0; 20] });
        let passing =
            Network::load(&NetworkConfig { n_outputs: 4, ..shared.clone() }, &[&weights], &plain()).unwrap();
        let outputs = values(&passing.forward(inputs(&shared, 1, 60)));
        for neuron in 0..4 {
            let column: Vec<f32> = outputs.iter().skip(neuron).step_by(4).copied().collect();
            assert!((variance(&column) - 1.0).abs() < 1e-4, "{ensemble:?}: neuron {neuron}");
        }
    }
}

/// `width` columns of a tensor, row-major.
fn columns(tensor: &WeightTensor, from: usize, width: usize) -> Vec<f32> {
    let rows = tensor.values.chunks_exact(tensor.shape[1]);
    rows.flat_map(|row| row[from..from + width].iter().copied()).collect()
}

#[test]
fn one_member_whose_factors_are_1_is_the_plain_network() {
    for plainly in varied().into_iter().filter(|config| config.ensemble.is_none()) {
        let one = NetworkConfig { ensemble: Ensemble::TabMMini { n_members: 1 }, ..plainly.clone() };
        let network = Network::init(&plainly, &lanes(2), &plain());
        let mut weights = network.weights();
        for lane in &mut weights {
            let factors =
                WeightTensor { shape: [1, plainly.d_input()], values: vec![1.0; plainly.d_input()] };
            lane.tensors.insert("member_scale".to_owned(), factors);
        }
        let ensemble = Network::load(&one, &weights.iter().collect::<Vec<_>>(), &plain()).unwrap();
        let rows = inputs(&plainly, 2, 6);
        assert_eq!(values(&ensemble.forward(rows.clone())), values(&network.forward(rows)), "{plainly:?}");
        // What both share is drawn alike.
        let (start, mut other) =
            (network.weights().remove(0), Network::init(&one, &lanes(1), &plain()).weights().remove(0));
        other.tensors.remove("member_scale");
        assert_eq!(start, other);
    }
}

#[test]
fn members_answer_apart_and_a_row_has_them_side_by_side() {
    let config = config(Ensemble::TabM { n_members: 3 });
    let network = Network::init(&config, &lanes(2), &plain());
    let rows = inputs(&config, 2, 4);
    let logits = network.forward(rows.clone());
    assert_eq!(logits.dims(), [2, 12, 2]);
    let last = Inputs::from_numbers(rows.numbers.narrow(1, 3, 1));
    assert_close(&values(&network.forward(last)), &values(&logits.narrow(1, 9, 3)), 1e-6, "last row");
}

#[test]
fn the_parameters_of_members_have_roles_of_their_own() {
    let network = Network::init(&config(Ensemble::TabM { n_members: 3 }), &lanes(1), &plain());
    let found: Vec<(String, Role, [usize; 2])> = network
        .parameters()
        .into_iter()
        .map(|parameter| {
            let [_, rows, columns] = parameter.value.dims();
            (parameter.name, parameter.role, [rows, columns])
        })
        .collect();
    let expected = [
        ("member_scale", Role::MemberScale, [3, 3]),
        ("layers.0.weight", Role::Weight, [3, 4]),
        ("layers.0.member_out", Role::MemberScale, [3, 4]),
        ("layers.0.bias", Role::Bias, [3, 4]),
        ("layers.1.member_in", Role::MemberScale, [3, 4]),
        ("layers.1.weight", Role::Weight, [4, 4]),
        ("layers.1.member_out", Role::MemberScale, [3, 4]),
        ("layers.1.bias", Role::Bias, [3, 4]),
        ("output.weight", Role::MemberWeight, [4, 6]),
        ("output.bias", Role::Bias, [1, 6]),
    ];
    let expected = expected.map(|(name, role, shape)| (name.to_owned(), role, shape));
    assert_eq!(found, expected);
}

#[test]
fn ensembles_that_cannot_be_are_refused() {
    for n_members in [0, 257] {
        let error = config(Ensemble::TabM { n_members }).check().unwrap_err().to_string();
        assert_eq!(error, format!("`ensemble.n_members` must be 1 to 256, got {n_members}"));
    }
    // 2²⁴ weights of one output map, and 256 of them.
    let wide = NetworkConfig { hidden: vec![1 << 12], n_outputs: 1 << 12, ..small() };
    assert!(wide.check().is_ok());
    let many = NetworkConfig { ensemble: Ensemble::TabMMini { n_members: 256 }, ..wide };
    assert!(many.check().unwrap_err().to_string().contains("`n_members` smaller"));
}

#[test]
fn a_network_without_an_ensemble_is_stored_as_it_always_was() {
    let text = serde_json::to_string(&small()).unwrap();
    assert!(!text.contains("ensemble"), "{text}");
    assert_eq!(serde_json::from_str::<NetworkConfig>(&text).unwrap(), small());
    let mini = NetworkConfig { ensemble: Ensemble::TabMMini { n_members: 4 }, ..small() };
    let text = serde_json::to_string(&mini).unwrap();
    assert!(text.contains(r#""ensemble":{"kind":"tab_m_mini","n_members":4}"#), "{text}");
    assert_eq!(serde_json::from_str::<NetworkConfig>(&text).unwrap(), mini);
}
