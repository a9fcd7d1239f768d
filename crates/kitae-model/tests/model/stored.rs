//! Stored weights make the same network again, and damaged ones are refused with a clear error.

use kitae_model::{Network, NetworkConfig, Normalisation, Weights};

use crate::support::{
    NO_NOISE, autodiff, inputs, lanes, normals, plain, ready, small, tensor3, train, values, varied,
};

#[test]
fn weights_make_the_same_network_again_bit_for_bit() {
    for config in varied() {
        let (lanes, rows) = (lanes(3), inputs(&config, 3, 6));
        let mut network = ready(&config, &lanes, &autodiff());
        let pull = tensor3(normals(36, 6), [3, 6, 2]);
        let step = train(&network, rows.clone(), &NO_NOISE(&lanes), pull);
        network.absorb(step.statistics, 0.3);
        let parameters = network.parameters().into_iter().zip(step.gradients);
        let moved = parameters.map(|(parameter, gradient)| parameter.value - gradient).collect();
        let network = network.with_parameters(moved);
        let weights = network.weights();
        let json = serde_json::to_string(&weights).unwrap();
        let read: Vec<Weights> = serde_json::from_str(&json).unwrap();
        let again = Network::load(&config, &read.iter().collect::<Vec<_>>(), &plain()).unwrap();
        assert_eq!(again.weights(), weights);
        assert_eq!(values(&again.forward(rows.clone())), values(&network.forward(rows)));
    }
}

#[test]
fn names_and_shapes_are_a_file_format() {
    let config = varied().remove(8);
    let weights = Network::init(&config, &lanes(1), &plain()).weights().remove(0);
    let found: Vec<(&str, [usize; 2])> =
        weights.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.shape)).collect();
    let mut expected = vec![("embeddings", [7, 2]), ("input_scale", [1, 13])];
    let layers = [
        ["layers.0.norm.gain", "layers.0.norm.mean", "layers.0.norm.shift", "layers.0.norm.variance"],
        ["layers.1.norm.gain", "layers.1.norm.mean", "layers.1.norm.shift", "layers.1.norm.variance"],
        ["layers.2.norm.gain", "layers.2.norm.mean", "layers.2.norm.shift", "layers.2.norm.variance"],
    ];
    let matrices = [
        ("layers.0.slope", "layers.0.weight", [13, 6]),
        ("layers.1.slope", "layers.1.weight", [6, 6]),
        ("layers.2.slope", "layers.2.weight", [6, 4]),
    ];
    for (norms, (slope, weight, shape)) in layers.into_iter().zip(matrices) {
        expected.extend(norms.map(|name| (name, [1, shape[1]])));
        expected.extend([(slope, [1, shape[1]]), (weight, shape)]);
    }
    expected.extend([("output.bias", [1, 2]), ("output.weight", [4, 2])]);
    expected.extend([("periodic.bias", [2, 3]), ("periodic.frequency", [2, 4])]);
    expected.extend([("periodic.phase", [2, 4]), ("periodic.weight", [2, 12])]);
    assert_eq!(found, expected);
}

#[test]
fn a_configuration_is_stored_in_words() {
    let text = r#"{"d_numbers":3,"cardinalities":[],"d_embedding":0,"hidden":[5],"n_outputs":2,
        "activation":"silu","slope":"fixed","normalisation":"none","skip":"none",
        "parametrisation":"standard","initialiser":"lecun_normal"}"#;
    assert_eq!(serde_json::from_str::<NetworkConfig>(text).unwrap(), small());
    assert!(!serde_json::to_string(&small()).unwrap().contains("piecewise"), "older versions can read it");
    let unknown = text.replace("d_numbers", "d_cats\":1,\"d_numbers");
    assert!(serde_json::from_str::<NetworkConfig>(&unknown).is_err());
}

/// Damages the weights of the second of two lanes and checks the error.
fn check(damage: impl FnOnce(&mut Weights), expected: &str) {
    let config = NetworkConfig { normalisation: Normalisation::Batch, ..small() };
    let mut weights = Network::init(&config, &lanes(2), &plain()).weights();
    damage(&mut weights[1]);
    let lanes: Vec<&Weights> = weights.iter().collect();
    let error = Network::load(&config, &lanes, &plain()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn damaged_weights_are_refused() {
    check(
        |weights| drop(weights.tensors.remove("output.bias")),
        "lane 1: the weights have no tensor `output.bias`, which the network needs",
    );
    check(
        |weights| {
            let tensor = weights.tensors["output.bias"].clone();
            weights.tensors.insert("layers.7.bias".into(), tensor);
        },
        "lane 1: the weights have a tensor `layers.7.bias`, which the network does not know",
    );
    check(
        |weights| weights.tensors.get_mut("output.weight").unwrap().shape = [2, 5],
        "lane 1: tensor `output.weight` must be of shape [5, 2], got [2, 5]",
    );
    check(
        |weights| weights.tensors.get_mut("output.weight").unwrap().values.truncate(9),
        "lane 1: tensor `output.weight` must have 10 numbers, got 9",
    );
}

#[test]
fn numbers_no_network_can_have_are_refused() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        check(
            |weights| weights.tensors.get_mut("layers.0.weight").unwrap().values[3] = value,
            &format!(
                "lane 1: number 3 of tensor `layers.0.weight` must be finite, and positive or zero in a \
                 variance, got {value}"
            ),
        );
    }
    check(
        |weights| weights.tensors.get_mut("layers.0.norm.variance").unwrap().values[0] = -1.0,
        "lane 1: number 0 of tensor `layers.0.norm.variance` must be finite, and positive or zero in a \
         variance, got -1",
    );
}

#[test]
fn a_network_without_lanes_or_with_a_bad_configuration_is_refused() {
    assert_eq!(
        Network::load(&small(), &[], &plain()).unwrap_err().to_string(),
        "a network needs the weights of at least one lane, got none"
    );
    let bad = NetworkConfig { n_outputs: 0, ..small() };
    let weights = Weights::default();
    let error = Network::load(&bad, &[&weights], &plain()).unwrap_err();
    assert_eq!(error.to_string(), "`n_outputs` must be positive, got 0");
}
