//! Initial weights have the distribution their name promises.

use kitae_model::{ConfigError, Initialiser, Network, NetworkConfig, Normalisation, Parametrisation, Slope};

use crate::support::{lanes, mean, plain, small, variance, varied};

const D_IN: usize = 80;
const D_OUT: usize = 120;

fn config(initialiser: Initialiser, parametrisation: Parametrisation) -> NetworkConfig {
    NetworkConfig { d_numbers: D_IN, hidden: vec![D_OUT], initialiser, parametrisation, ..small() }
}

/// The first matrix and bias.
fn first_layer(config: &NetworkConfig) -> (Vec<f32>, Vec<f32>) {
    let mut weights = Network::init(config, &lanes(1), &plain()).weights().remove(0).tensors;
    let mut take = |name: &str| weights.remove(name).unwrap().values;
    (take("layers.0.weight"), take("layers.0.bias"))
}

#[test]
fn the_variance_is_what_the_formula_says() {
    use Initialiser::{
        DataDriven, FanInUniform, GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform,
    };
    let (fan_in, fan_out) = (D_IN as f64, D_OUT as f64);
    let expected = [
        (LecunNormal, 1.0 / fan_in),
        (LecunUniform, 1.0 / fan_in),
        (GlorotNormal, 2.0 / (fan_in + fan_out)),
        (GlorotUniform, 2.0 / (fan_in + fan_out)),
        (HeNormal, 2.0 / fan_in),
        (HeUniform, 2.0 / fan_in),
        (FanInUniform, 1.0 / (3.0 * fan_in)),
        (DataDriven, 1.0 / fan_in),
    ];
    for (initialiser, expected) in expected {
        for (parametrisation, scale) in [(Parametrisation::Standard, 1.0), (Parametrisation::Ntk, fan_in)] {
            let (weight, _) = first_layer(&config(initialiser, parametrisation));
            let ratio = variance(&weight) / (expected * scale);
            assert!((ratio - 1.0).abs() < 0.06, "{initialiser:?} {parametrisation:?}: {ratio}");
            let error = mean(&weight) / (expected * scale / weight.len() as f64).sqrt();
            assert!(error.abs() < 4.0, "{initialiser:?}: the mean is {error} standard errors from 0");
        }
    }
}

#[test]
fn uniform_weights_stay_within_their_bound_and_normal_ones_do_not() {
    let largest = |initialiser| {
        let (weight, _) = first_layer(&config(initialiser, Parametrisation::Standard));
        weight.iter().fold(0.0_f32, |largest, x| largest.max(x.abs())) * (D_IN as f32).sqrt()
    };
    let within = |x: f32, bound: f32| (0.98 * bound..=1.0001 * bound).contains(&x);
    assert!(within(largest(Initialiser::LecunUniform), 3.0_f32.sqrt()));
    assert!(within(largest(Initialiser::HeUniform), 6.0_f32.sqrt()));
    assert!(within(largest(Initialiser::FanInUniform), 1.0));
    assert!(largest(Initialiser::LecunNormal) > 3.0);
}

#[test]
fn biases_start_at_zero_but_for_the_uniform_start_of_pytorch() {
    let (_, bias) = first_layer(&config(Initialiser::HeNormal, Parametrisation::Standard));
    assert_eq!(bias, vec![0.0; D_OUT]);
    let (_, bias) = first_layer(&config(Initialiser::FanInUniform, Parametrisation::Ntk));
    let bound = 1.0 / (D_IN as f32).sqrt();
    assert!(bias.iter().all(|x| x.abs() <= bound) && variance(&bias) > 0.2 * f64::from(bound * bound));
}

#[test]
fn standard_normal_weights_are_stored_as_such_and_zeros_are_zeros() {
    for parametrisation in [Parametrisation::Standard, Parametrisation::Ntk] {
        let (weight, _) = first_layer(&config(Initialiser::StandardNormal, parametrisation));
        assert!((variance(&weight) - 1.0).abs() < 0.06);
        let (weight, _) = first_layer(&config(Initialiser::Zeros, parametrisation));
        assert!(weight.iter().all(|x| *x == 0.0));
    }
}

#[test]
fn an_orthogonal_matrix_is_orthogonal() {
    for (d_in, d_out) in [(12, 30), (30, 12), (20, 20), (1, 4)] {
        for (parametrisation, scale) in
            [(Parametrisation::Standard, 1.0), (Parametrisation::Ntk, d_in as f64)]
        {
            let base = config(Initialiser::Orthogonal, parametrisation);
            let config = NetworkConfig { d_numbers: d_in, hidden: vec![d_out], ..base };
            let (weight, _) = first_layer(&config);
            check_orthogonal(&weight, d_in, d_out, scale);
        }
    }
}

fn check_orthogonal(weight: &[f32], d_in: usize, d_out: usize, scale: f64) {
    let at = |row: usize, col: usize| f64::from(weight[row * d_out + col]);
    let n = d_in.min(d_out);
    let dot = |i: usize, j: usize| -> f64 {
        if d_in <= d_out {
            (0..d_out).map(|k| at(i, k) * at(j, k)).sum()
        } else {
            (0..d_in).map(|k| at(k, i) * at(k, j)).sum()
        }
    };
    for i in 0..n {
        for j in 0..n {
            let expected = if i == j { scale } else { 0.0 };
            assert!((dot(i, j) - expected).abs() < 1e-5 * scale, "{d_in}x{d_out}: {i}, {j}");
        }
    }
}

#[test]
fn levers_that_add_tensors_leave_the_matrices_as_they_were() {
    let plain_start = Network::init(&small(), &lanes(1), &plain()).weights().remove(0);
    let changed = [
        NetworkConfig { normalisation: Normalisation::Batch, ..small() },
        NetworkConfig { normalisation: Normalisation::Layer, slope: Slope::Learned, ..small() },
    ];
    for config in changed {
        let start = Network::init(&config, &lanes(1), &plain()).weights().remove(0);
        for name in ["layers.0.weight", "output.weight"] {
            assert_eq!(start.tensors[name], plain_start.tensors[name]);
        }
    }
}

#[test]
fn seeds_lanes_and_layers_draw_different_numbers() {
    let start =
        Network::init(&NetworkConfig { d_numbers: 5, hidden: vec![5, 5], ..small() }, &lanes(2), &plain());
    let weights = start.weights();
    assert_ne!(weights[0].tensors["layers.0.weight"], weights[1].tensors["layers.0.weight"]);
    assert_ne!(weights[0].tensors["layers.0.weight"], weights[0].tensors["layers.1.weight"]);
}

#[test]
fn numbers_are_counted_as_they_are_held() {
    for config in varied() {
        let network = Network::init(&config, &lanes(3), &plain());
        let held: usize = network
            .parameters()
            .iter()
            .map(|parameter| parameter.value.dims()[1..].iter().product::<usize>())
            .sum();
        assert_eq!(network.count_parameters(), held);
        assert_eq!(network.n_lanes(), 3);
        assert_eq!(network.config(), &config);
    }
}

#[test]
fn a_configuration_no_network_can_have_is_refused() {
    let check = |config: NetworkConfig, expected: &str| {
        assert_eq!(config.check().unwrap_err().to_string(), expected);
    };
    check(NetworkConfig { n_outputs: 0, ..small() }, "`n_outputs` must be positive, got 0");
    check(
        NetworkConfig { d_numbers: 0, ..small() },
        "a network needs an input, but `d_numbers` is 0 and `cardinalities` is empty",
    );
    check(NetworkConfig { hidden: vec![3, 0], ..small() }, "`hidden[1]` must be positive, got 0");
    check(NetworkConfig { hidden: vec![1; 65], ..small() }, "`hidden` may have at most 64 layers, got 65");
    let columns = NetworkConfig { cardinalities: vec![2, 0], d_embedding: 1, ..small() };
    check(columns, "`cardinalities[1]` must be positive, got 0");
    let columns = NetworkConfig { cardinalities: vec![2], d_embedding: 0, ..small() };
    check(columns, "`d_embedding` must be positive where there are categorical inputs, got 0");
    for width in [1 << 20, usize::MAX] {
        let huge = NetworkConfig { hidden: vec![width, width], ..small() };
        assert_eq!(huge.check(), Err(ConfigError::TooLarge));
        assert!(huge.count_parameters() > kitae_model::MAX_PARAMETERS);
    }
}
