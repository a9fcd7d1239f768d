//! A lane computes, and gets the gradients, it would alone.

use kitae_model::{DropoutRates, Initialiser, Inputs, Lane, Network, NetworkConfig, Noise};

use crate::support::{
    assert_close, autodiff, inputs, is_shaken, lane_inputs, lanes, normals, ready, tensor3, train, values,
    varied,
};

/// Times the largest number of the tensor; another order of sums rounds differently.
const TOLERANCE: f32 = 1e-6;
const N_ROWS: usize = 9;

fn noise(lanes: &[Lane]) -> Noise<'_> {
    Noise { rates: DropoutRates::PerLayer(&[0.4, 0.0, 0.2]), lanes, epoch: 3, step: 11 }
}

/// Checks everything that `lanes[lane]` does in the pack against what it does alone.
fn check_alone(config: &NetworkConfig, lanes: &[Lane], lane: usize) {
    let (pack, rows) = (ready(config, lanes, &autodiff()), inputs(config, lanes.len(), N_ROWS));
    let pull = tensor3(normals(lanes.len() * N_ROWS * 2, 5), [lanes.len(), N_ROWS, 2]);
    let me = &lanes[lane..=lane];
    let my_rows = lane_inputs(&rows, lane);
    let alone = if is_shaken(config) {
        Network::load(config, &[&pack.weights()[lane]], &autodiff()).unwrap()
    } else {
        Network::init(config, me, &autodiff())
    };
    let my_pull = pull.clone().narrow(0, lane, 1);
    assert_eq!(pack.weights()[lane], alone.weights()[0], "initial weights");
    compare(&pack, &alone, (&rows, &my_rows), lane);
    let packed = train(&pack, rows, &noise(lanes), pull);
    let single = train(&alone, my_rows, &noise(me), my_pull);
    let part = |tensor: &burn::tensor::Tensor<3>| values(&tensor.clone().narrow(0, lane, 1));
    assert_close(&part(&packed.logits), &values(&single.logits), TOLERANCE, "training logits");
    for (i, (packed, single)) in packed.gradients.iter().zip(&single.gradients).enumerate() {
        let what = format!("{config:?}: gradient {i}");
        assert_close(&part(packed), &values(single), TOLERANCE, &what);
    }
    let (mut pack, mut alone) = (pack, alone);
    pack.absorb(packed.statistics, 0.1);
    alone.absorb(single.statistics, 0.1);
    for (name, tensor) in &alone.weights()[0].tensors {
        assert_close(&pack.weights()[lane].tensors[name].values, &tensor.values, TOLERANCE, name);
    }
}

fn compare(pack: &Network, alone: &Network, (rows, my_rows): (&Inputs, &Inputs), lane: usize) {
    let packed = pack.forward(rows.clone()).narrow(0, lane, 1);
    let single = alone.forward(my_rows.clone());
    assert_close(&values(&packed), &values(&single), TOLERANCE, "logits");
}

#[test]
fn a_lane_in_a_pack_of_four_does_what_it_does_alone() {
    for config in varied() {
        for lane in 0..4 {
            check_alone(&config, &lanes(4), lane);
        }
    }
}

#[test]
fn a_wide_lane_in_a_pack_does_what_it_does_alone() {
    let config = NetworkConfig { d_numbers: 40, hidden: vec![128, 128], ..varied().remove(8) };
    check_alone(&config, &lanes(5), 4);
}

#[test]
fn a_lane_may_come_from_any_run_and_sit_anywhere_in_the_pack() {
    let mixed = [Lane { seed: 1, index: 9 }, Lane { seed: 2, index: 0 }, Lane { seed: 1, index: 0 }];
    for config in varied() {
        check_alone(&config, &mixed, 2);
    }
}

#[test]
fn a_data_driven_start_does_not_depend_on_the_pack() {
    for config in varied() {
        let config = NetworkConfig { initialiser: Initialiser::DataDriven, ..config };
        let (lanes, rows) = (lanes(3), inputs(&config, 3, 40));
        let pack = Network::init(&config, &lanes, &autodiff()).fit_to_data(rows.clone(), &lanes);
        let me = &lanes[1..2];
        let alone = Network::init(&config, me, &autodiff()).fit_to_data(lane_inputs(&rows, 1), me);
        for (name, tensor) in &alone.weights()[0].tensors {
            assert_close(&pack.weights()[1].tensors[name].values, &tensor.values, 1e-5, name);
        }
    }
}

#[test]
fn a_lane_that_has_gone_astray_leaves_the_others_alone() {
    for config in varied() {
        let (lanes, rows) = (lanes(2), inputs(&config, 2, N_ROWS));
        let pull = tensor3(normals(2 * N_ROWS * 2, 5), [2, N_ROWS, 2]);
        let healthy = Network::init(&config, &lanes, &autodiff());
        let astray = healthy
            .parameters()
            .into_iter()
            .map(|parameter| {
                let [_, a, b] = parameter.value.dims();
                let poison = tensor3(vec![f32::NAN; a * b], [1, a, b]);
                burn::tensor::Tensor::cat(vec![poison, parameter.value.narrow(0, 1, 1)], 0)
            })
            .collect();
        let astray = healthy.clone().with_parameters(astray);
        let expected = train(&healthy, rows.clone(), &noise(&lanes), pull.clone());
        let found = train(&astray, rows, &noise(&lanes), pull);
        for (expected, found) in expected.gradients.into_iter().zip(found.gradients) {
            let (expected, found) = (expected.narrow(0, 1, 1), found.narrow(0, 1, 1));
            assert_eq!(values(&found), values(&expected), "{config:?}");
        }
    }
}
