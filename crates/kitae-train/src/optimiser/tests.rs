//! Optimisers against `PyTorch` and against the formulas of their papers, lane by lane.

mod parameters;
mod reference;
mod settings;

use burn::tensor::{Device, Tensor, TensorData};
use kitae_model::Role;
use serde::Deserialize;

use super::{
    Acceleration, Clip, Factors, Groups, MuonScale, Optimiser, OptimiserConfig, OptimiserState, Parameter,
    Rates, UpdateConfig,
};

/// `tests/golden/optimiser.json`: a weight [3, 2] and a bias [1, 2] along given gradients.
#[derive(Deserialize)]
struct Golden {
    starts: Pair,
    gradients: Vec<Pair>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    optimiser: OptimiserConfig,
    learning_rate: f64,
    weight_decay: f64,
    l2: f64,
    values: Vec<Pair>,
}

/// Values of the weight and the bias of one lane.
type Pair = [Vec<f32>; 2];

const LAYOUT: [(Role, [usize; 2]); 2] = [(Role::Weight, [3, 2]), (Role::Bias, [1, 2])];

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../tests/golden/optimiser.json")).expect("the file is well formed")
}

fn every_rule() -> Vec<OptimiserConfig> {
    vec![
        OptimiserConfig::Sgd { momentum: 0.0, acceleration: Acceleration::Classical },
        OptimiserConfig::Sgd { momentum: 0.9, acceleration: Acceleration::Classical },
        OptimiserConfig::Sgd { momentum: 0.9, acceleration: Acceleration::Nesterov },
        OptimiserConfig::AdaGrad { epsilon: 1e-10 },
        OptimiserConfig::RmsProp { smoothing: 0.99, epsilon: 1e-8 },
        OptimiserConfig::adam(),
        OptimiserConfig::AdamW { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 },
        OptimiserConfig::Adan { beta1: 0.98, beta2: 0.92, beta3: 0.99, epsilon: 1e-8 },
        OptimiserConfig::Lion { beta1: 0.9, beta2: 0.99 },
        OptimiserConfig::Muon { momentum: 0.95, iterations: 5, scale: MuonScale::LikeAdam },
        OptimiserConfig::Muon { momentum: 0.95, iterations: 5, scale: MuonScale::Aspect },
    ]
}

/// A tensor whose lanes hold these row-major values.
fn tensor(lanes: &[Vec<f32>], shape: [usize; 2]) -> Tensor<3> {
    let data = TensorData::new(lanes.concat(), [lanes.len(), shape[0], shape[1]]);
    Tensor::from_data(data, &Device::flex())
}

fn host(tensor: &Tensor<3>) -> Vec<f32> {
    tensor.try_to_vec_as().expect("a float tensor can be read as f32")
}

/// Lanes of (weight, bias) on their way: `lanes[i]` holds the values of lane i.
#[derive(Clone)]
struct Walk {
    optimiser: Optimiser,
    lanes: Vec<Pair>,
}

impl Walk {
    fn new(config: &UpdateConfig, lanes: Vec<Pair>) -> Self {
        Self { optimiser: Optimiser::new(config), lanes }
    }

    fn step(&mut self, gradients: &[Pair], rates: &[Rates]) {
        let part = |lanes: &[Pair], i: usize| lanes.iter().map(|lane| lane[i].clone()).collect::<Vec<_>>();
        let parameter = |(i, (role, shape)): (usize, &(Role, [usize; 2]))| Parameter {
            role: *role,
            value: tensor(&part(&self.lanes, i), *shape),
            gradient: tensor(&part(gradients, i), *shape),
        };
        let parameters = LAYOUT.iter().enumerate().map(parameter).collect();
        for (i, moved) in self.optimiser.step(parameters, rates).iter().enumerate() {
            let size = LAYOUT[i].1[0] * LAYOUT[i].1[1];
            for (lane, values) in self.lanes.iter_mut().zip(host(moved).chunks(size)) {
                lane[i] = values.to_vec();
            }
        }
    }
}

#[track_caller]
fn assert_close(name: &str, actual: &[Vec<f32>], expected: &[Vec<f32>], tolerance: f32) {
    for (actual, expected) in actual.iter().flatten().zip(expected.iter().flatten()) {
        let error = (actual - expected).abs() / expected.abs().max(1.0);
        assert!(error <= tolerance, "{name}: got {actual}, expected {expected}");
    }
}

#[test]
fn trajectories_are_those_of_pytorch() {
    let golden = golden();
    assert_eq!(golden.cases.len(), 10);
    for case in golden.cases {
        let mut walk = Walk::new(&case.optimiser.into(), vec![golden.starts.clone()]);
        let Case { learning_rate, weight_decay, l2, .. } = case;
        let rates = [Rates { learning_rate, weight_decay, l1: 0.0, l2 }];
        for (gradient, expected) in golden.gradients.iter().zip(&case.values) {
            walk.step(std::slice::from_ref(gradient), &rates);
            assert_close(&case.name, &walk.lanes[0], expected, 3e-6);
        }
    }
}

#[test]
fn trajectories_are_those_of_the_papers_formulas() {
    let Golden { starts, gradients, .. } = golden();
    for rule in every_rule() {
        let mut walk = Walk::new(&rule.into(), vec![starts.clone()]);
        let mut expected = reference::Walk::new(rule, &starts);
        for gradient in &gradients {
            walk.step(std::slice::from_ref(gradient), &[Rates::constant(0.01)]);
            expected.step(gradient, 0.01);
            assert_close(&format!("{rule:?}"), &walk.lanes[0], &expected.values(), 1e-5);
        }
    }
}

#[test]
fn muon_pushes_singular_values_to_about_one() {
    let matrix =
        tensor(&[vec![3.0, 0.1, -1.0, 2.0, 0.5, 0.5], vec![1e-3, 0.0, 0.0, 2e-3, 1e-3, 0.0]], [3, 2]);
    let flat = super::muon::orthogonal(matrix.clone(), 5);
    for (tall, along) in [(flat.clone().transpose().matmul(flat), matrix.clone()), {
        let wide = super::muon::orthogonal(matrix.clone().transpose(), 5);
        (wide.clone().matmul(wide.transpose()), matrix)
    }] {
        assert_eq!(along.dims(), [2, 3, 2]);
        // [2, 2, 2]: both lanes' Gram matrices are near the identity; the quintic stops at 0.7 to 1.2.
        for gram in host(&tall).chunks(4) {
            assert!((0.4..1.6).contains(&gram[0]) && (0.4..1.6).contains(&gram[3]), "{gram:?}");
            assert!(gram[1].abs() < 0.4, "{gram:?}");
        }
    }
}

/// Three lanes that differ in everything.
fn three_lanes() -> (Vec<Pair>, Vec<Vec<Pair>>, [Rates; 3]) {
    let Golden { starts, gradients, .. } = golden();
    let scaled = |parts: &Pair, by: f32| {
        parts.clone().map(|values| values.iter().map(|value| by * value).collect::<Vec<f32>>())
    };
    let sizes = [1.0, -0.5, 30.0];
    let lanes = sizes.map(|by| scaled(&starts, by)).to_vec();
    let steps = gradients.iter().map(|parts| sizes.map(|by| scaled(parts, by)).to_vec()).collect();
    let rates = [
        Rates { learning_rate: 0.01, weight_decay: 0.1, l1: 0.0, l2: 0.1 },
        Rates { learning_rate: 0.02, weight_decay: 0.0, l1: 0.01, l2: 0.0 },
        Rates { learning_rate: 0.005, weight_decay: 0.3, l1: 0.02, l2: 0.3 },
    ];
    (lanes, steps, rates)
}

fn everything(optimiser: OptimiserConfig) -> UpdateConfig {
    UpdateConfig { optimiser, groups: Groups::realmlp(), clip: Clip::GlobalNorm(2.0), max_norm: Some(1.5) }
}

#[test]
fn a_lane_moves_as_it_would_alone() {
    let (lanes, steps, rates) = three_lanes();
    for rule in every_rule() {
        let mut pack = Walk::new(&everything(rule), lanes.clone());
        let alone = |lane: &Pair| Walk::new(&everything(rule), vec![lane.clone()]);
        let mut singles: Vec<Walk> = lanes.iter().map(alone).collect();
        for gradients in &steps {
            pack.step(gradients, &rates);
            for (lane, single) in singles.iter_mut().enumerate() {
                single.step(&gradients[lane..=lane], &rates[lane..=lane]);
                assert_close(&format!("{rule:?}"), &pack.lanes[lane], &single.lanes[0], 1e-6);
            }
        }
    }
}

#[test]
fn a_gradient_that_is_not_a_number_spoils_its_own_lane_only() {
    let (lanes, mut steps, rates) = three_lanes();
    for rule in every_rule() {
        let mut clean = Walk::new(&everything(rule), lanes.clone());
        let mut spoilt = clean.clone();
        for gradients in &mut steps {
            clean.step(gradients, &rates);
            gradients[1][0][2] = f32::NAN;
            gradients[1][1][0] = f32::INFINITY;
            spoilt.step(gradients, &rates);
            assert_eq!(clean.lanes[0], spoilt.lanes[0], "{rule:?}");
            assert_eq!(clean.lanes[2], spoilt.lanes[2], "{rule:?}");
            let is_seen = spoilt.lanes[1].iter().flatten().any(|value| !value.is_finite());
            assert!(is_seen, "{rule:?}: a lane that has diverged does not show it");
            gradients[1] = gradients[0].clone();
        }
    }
}

#[test]
fn a_restored_optimiser_goes_on_with_the_same_bits() {
    let (lanes, steps, rates) = three_lanes();
    for rule in every_rule() {
        let mut walk = Walk::new(&everything(rule), lanes.clone());
        for gradients in &steps[..5] {
            walk.step(gradients, &rates);
        }
        let text = serde_json::to_string(&walk.optimiser.state()).expect("states are plain data");
        let state: Vec<OptimiserState> = serde_json::from_str(&text).expect("it was just written");
        assert_eq!(state.len(), 3);
        let restored = Optimiser::from_state(&everything(rule), &state, &LAYOUT, &Device::flex());
        let mut again = Walk { optimiser: restored.expect("it fits"), lanes: walk.lanes.clone() };
        for gradients in &steps[5..] {
            walk.step(gradients, &rates);
            again.step(gradients, &rates);
            assert_eq!(walk.lanes, again.lanes, "{rule:?}");
        }
        assert_eq!(walk.optimiser.state(), again.optimiser.state());
    }
}

#[test]
fn a_new_optimiser_can_be_stored_too() {
    let config = UpdateConfig::from(OptimiserConfig::adam());
    let state = Optimiser::new(&config).state();
    let restored = Optimiser::from_state(&config, &state, &LAYOUT, &Device::flex()).expect("it fits");
    let starts = golden().starts;
    let (mut new, mut walk) = (Walk::new(&config, vec![starts.clone()]), Walk::new(&config, vec![starts]));
    walk.optimiser = restored;
    let gradient = golden().gradients.remove(0);
    new.step(std::slice::from_ref(&gradient), &[Rates::constant(0.1)]);
    walk.step(&[gradient], &[Rates::constant(0.1)]);
    assert_eq!(new.lanes, walk.lanes);
}

#[test]
fn lanes_that_others_leave_go_on_as_before() {
    let (lanes, steps, rates) = three_lanes();
    for rule in every_rule() {
        let mut pack = Walk::new(&everything(rule), lanes.clone());
        for gradients in &steps[..3] {
            pack.step(gradients, &rates);
        }
        let states = pack.optimiser.state();
        let states = [2, 0].map(|lane: usize| states[lane].clone());
        let restored = Optimiser::from_state(&everything(rule), &states, &LAYOUT, &Device::flex());
        let lanes = vec![pack.lanes[2].clone(), pack.lanes[0].clone()];
        let (mut kept, fewer) = (Walk { optimiser: restored.expect("it fits"), lanes }, [rates[2], rates[0]]);
        for gradients in &steps[3..] {
            pack.step(gradients, &rates);
            kept.step(&[gradients[2].clone(), gradients[0].clone()], &fewer);
        }
        assert_close(&format!("{rule:?}"), &kept.lanes[0], &pack.lanes[2], 1e-6);
        assert_close(&format!("{rule:?}"), &kept.lanes[1], &pack.lanes[0], 1e-6);
        assert_eq!(kept.optimiser.state().len(), 2);
    }
}

#[test]
fn a_damaged_state_is_refused_with_a_reason() {
    let config = UpdateConfig::from(OptimiserConfig::adam());
    let mut walk = Walk::new(&config, vec![golden().starts; 2]);
    walk.step(&vec![golden().gradients.remove(0); 2], &[Rates::constant(0.1); 2]);
    let good = walk.optimiser.state();
    let refusal = |damage: &dyn Fn(&mut Vec<OptimiserState>)| {
        let mut state = good.clone();
        damage(&mut state);
        let device = Device::flex();
        Optimiser::from_state(&config, &state, &LAYOUT, &device).expect_err("the state is damaged")
    };
    let missing = refusal(&|state| drop(state[1].buffers.remove("0.squares")));
    assert_eq!(missing, "the buffer `0.squares` is missing");
    let short = refusal(&|state| state[0].buffers.values_mut().for_each(|values| values.truncate(1)));
    assert_eq!(short, "the buffer `0.momentum` must have 6 values, got 1");
    assert!(refusal(&|state| state[1].steps = 7).contains("got 1 and 7"));
    let unknown = refusal(&|state| drop(state[0].buffers.insert("2.momentum".into(), vec![0.0])));
    assert!(unknown.contains("4 buffers"), "{unknown}");
}

/// How a lane moves from zero in one step of plain descent at rate 1: minus the clipped gradient.
fn clipped(clip: Clip, gradients: &[Pair]) -> Vec<Pair> {
    let sgd = OptimiserConfig::Sgd { momentum: 0.0, acceleration: Acceleration::Classical };
    let zeros = vec![[vec![0.0; 6], vec![0.0; 2]]; gradients.len()];
    let mut walk = Walk::new(&UpdateConfig { clip, ..sgd.into() }, zeros);
    walk.step(gradients, &vec![Rates::constant(1.0); gradients.len()]);
    walk.lanes
}

#[test]
fn the_norm_over_all_parameters_of_a_lane_is_clipped() {
    // Norms 5 (3 in the weight, 4 in the bias) and 0.5.
    let large = [vec![3.0, 0.0, 0.0, 0.0, 0.0, 0.0], vec![0.0, 4.0]];
    let small = [vec![0.3, 0.0, 0.0, 0.0, 0.0, 0.0], vec![0.0, 0.4]];
    let moved = clipped(Clip::GlobalNorm(1.0), &[large, small.clone()]);
    assert_close("large", &moved[0], &[vec![-0.6, 0.0, 0.0, 0.0, 0.0, 0.0], vec![0.0, -0.8]], 1e-6);
    assert_close("small", &moved[1], &small.map(|part| part.iter().map(|slope| -slope).collect()), 0.0);
}

#[test]
fn elements_are_clipped_by_value() {
    let moved = clipped(Clip::Value(0.5), &[[vec![3.0, -2.0, 0.2, 0.0, 0.5, -0.5], vec![-9.0, 0.1]]]);
    assert_close("value", &moved[0], &[vec![-0.5, 0.5, -0.2, 0.0, -0.5, 0.5], vec![0.5, -0.1]], 0.0);
}

#[test]
fn units_with_large_incoming_weights_are_shrunk() {
    let config = UpdateConfig { max_norm: Some(2.0), ..OptimiserConfig::adam().into() };
    // Columns of norm 5 and 1.
    let mut walk = Walk::new(&config, vec![[vec![3.0, 0.6, 0.0, 0.0, 4.0, 0.8], vec![7.0, 0.0]]]);
    walk.step(&[[vec![0.0; 6], vec![0.0; 2]]], &[Rates::constant(0.1)]);
    assert_close("weights", &walk.lanes[0], &[vec![1.2, 0.6, 0.0, 0.0, 1.6, 0.8], vec![7.0, 0.0]], 1e-6);
}

#[test]
fn l1_drives_useless_weights_to_zero_and_leaves_biases_alone() {
    let sgd = OptimiserConfig::Sgd { momentum: 0.0, acceleration: Acceleration::Classical };
    let mut walk = Walk::new(&sgd.into(), vec![[vec![1.0, -1.0, 0.5, -0.5, 0.25, 0.0], vec![1.0, -1.0]]]);
    let rates = [Rates { l1: 1.0, ..Rates::constant(0.01) }];
    for _ in 0..120 {
        walk.step(&[[vec![0.0; 6], vec![0.0; 2]]], &rates);
    }
    // The last step overshoots zero by less than its own length.
    assert!(walk.lanes[0][0].iter().all(|weight| weight.abs() <= 0.01), "{:?}", walk.lanes[0]);
    assert_eq!(walk.lanes[0][1], [1.0, -1.0]);
}

#[test]
fn groups_scale_rate_and_decay_by_role() {
    let sgd = OptimiserConfig::Sgd { momentum: 0.0, acceleration: Acceleration::Classical };
    let groups = Groups(
        [
            (Role::Weight, Factors { learning_rate: 2.0, weight_decay: 3.0 }),
            (Role::Bias, Factors { learning_rate: 0.1, weight_decay: 0.0 }),
        ]
        .into(),
    );
    let mut walk = Walk::new(&UpdateConfig { groups, ..sgd.into() }, vec![[vec![1.0; 6], vec![1.0; 2]]]);
    let rates = [Rates { weight_decay: 0.5, ..Rates::constant(0.1) }];
    walk.step(&[[vec![1.0; 6], vec![1.0; 2]]], &rates);
    // Weights: 1·(1 − 0.1·0.5·2·3) − 0.1·2; biases: 1 − 0.1·0.1.
    assert_close("groups", &walk.lanes[0], &[vec![0.5; 6], vec![0.99; 2]], 1e-6);
}
