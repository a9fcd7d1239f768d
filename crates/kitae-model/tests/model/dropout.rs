//! Dropout silences the right share, keeps the mean, and belongs to a lane, an epoch and a step.

use burn::tensor::Tensor;
use kitae_model::{Activation, DropoutRates, Inputs, Lane, Network, NetworkConfig, Noise};

use crate::support::{autodiff, lanes, mean, plain, small, values};

const WIDTH: usize = 100;

/// A network whose output is the mean over its hidden neurons, which are all 1 but for dropout, and
/// whose gradient with respect to the output's weights is therefore the sum over rows of the mask.
fn transparent(n_lanes: usize) -> (Network, Inputs) {
    let config = NetworkConfig {
        d_numbers: 1,
        hidden: vec![WIDTH],
        n_outputs: 1,
        activation: Activation::Identity,
        ..small()
    };
    let network = Network::init(&config, &lanes(n_lanes as u64), &autodiff());
    let values = network.parameters().into_iter().map(|parameter| match parameter.name.as_str() {
        "layers.0.weight" => parameter.value.ones_like(),
        "output.weight" => parameter.value.full_like(1.0 / WIDTH as f32),
        _ => parameter.value.zeros_like(),
    });
    let network = network.clone().with_parameters(values.collect());
    (network, Inputs::from_numbers(Tensor::ones([n_lanes, 200, 1], &plain())))
}

/// The mask of one row of each lane, as the gradient of the output's weights.
fn mask(noise: &Noise) -> Vec<Vec<f32>> {
    let n_lanes = noise.lanes.len();
    let (network, _) = transparent(n_lanes);
    let row = Inputs::from_numbers(Tensor::ones([n_lanes, 1, 1], &plain()));
    let (logits, _) = network.forward_train(row, noise);
    let gradients = network.gradients(&mut logits.sum().backward());
    values(&gradients[2]).chunks(WIDTH).map(<[f32]>::to_vec).collect()
}

#[test]
fn the_right_share_is_silenced_and_the_mean_is_kept() {
    for rate in [0.1, 0.5, 0.9] {
        let (network, rows) = transparent(2);
        let noise = Noise { rates: DropoutRates::PerLayer(&[rate]), lanes: &lanes(2), epoch: 0, step: 0 };
        let (logits, _) = network.forward_train(rows, &noise);
        // 40 000 masks of variance rate / (1 - rate): six standard errors at most.
        let bound = 6.0 * (rate / (1.0 - rate) / 40_000.0).sqrt();
        assert!((mean(&values(&logits)) - 1.0).abs() < bound, "rate {rate}");
        let mask = mask(&noise).concat();
        let share = mask.iter().filter(|x| **x == 0.0).count() as f64 / mask.len() as f64;
        assert!((share - rate).abs() < 6.0 * (rate * (1.0 - rate) / 200.0).sqrt(), "rate {rate}: {share}");
        let kept = 1.0 / (1.0 - rate);
        assert!(mask.iter().all(|x| *x == 0.0 || (f64::from(*x) - kept).abs() < 1e-3 * kept));
    }
}

#[test]
fn the_mask_differs_between_lanes_epochs_and_steps_and_repeats_for_equal_ones() {
    let lanes = lanes(2);
    let noise = Noise { rates: DropoutRates::PerLayer(&[0.5]), lanes: &lanes, epoch: 1, step: 1 };
    let first = mask(&noise);
    assert_eq!(first, mask(&noise));
    assert_ne!(first[0], first[1]);
    assert_ne!(first, mask(&Noise { epoch: 2, ..noise }));
    assert_ne!(first, mask(&Noise { step: 2, ..noise }));
    let other = [Lane { seed: 8, ..lanes[0] }, lanes[1]];
    let other = mask(&Noise { lanes: &other, ..noise });
    assert_ne!(first[0], other[0]);
    assert_eq!(first[1], other[1]);
}

#[test]
fn each_lane_may_have_its_own_rate() {
    let lanes = lanes(4);
    let rates = [vec![0.0, 0.5, 1.0]];
    let noise = Noise { rates: DropoutRates::PerLane(&rates), lanes: &lanes, epoch: 0, step: 0 };
    let masks = mask(&noise);
    assert_eq!(masks[0], vec![1.0; WIDTH]);
    assert_eq!(masks[1], mask(&Noise { rates: DropoutRates::PerLayer(&[0.5]), ..noise })[1]);
    assert_eq!(masks[2], vec![0.0; WIDTH]);
    assert_eq!(masks[3], vec![1.0; WIDTH]);
}

#[test]
fn a_rate_that_is_no_rate_is_read_as_the_nearest_one() {
    let lanes = lanes(1);
    let at = |rate| mask(&Noise { rates: DropoutRates::PerLayer(&[rate]), lanes: &lanes, epoch: 0, step: 0 });
    for rate in [f64::NAN, -1.0, f64::NEG_INFINITY, 0.0] {
        assert_eq!(at(rate)[0], vec![1.0; WIDTH], "{rate}");
    }
    for rate in [2.0, f64::INFINITY] {
        assert_eq!(at(rate)[0], vec![0.0; WIDTH], "{rate}");
    }
}

#[test]
fn evaluation_has_no_dropout() {
    let (network, rows) = transparent(1);
    assert!(values(&network.forward(rows)).iter().all(|x| (x - 1.0).abs() < 1e-6));
}
