//! Objectives against `PyTorch`, at the extremes, and lane by lane.

use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::Deserialize;

use super::{Loss, Objective, TargetTensor};

/// A case of `tests/golden/objective.json`: two lanes of six rows.
#[derive(Deserialize)]
struct Golden {
    name: String,
    objective: Objective,
    n_outputs: usize,
    logits: Vec<f32>,
    #[serde(default)]
    classes: Vec<i32>,
    #[serde(default)]
    values: Vec<f32>,
    row_weights: Vec<f32>,
    losses: Vec<f32>,
    gradient: Vec<f32>,
}

/// Losses of the lanes and the gradient of their sum.
struct LossAndGradient {
    losses: Vec<f32>,
    gradient: Vec<f32>,
}

fn rows(values: &[f32], n_lanes: usize) -> Tensor<2> {
    let shape = [n_lanes, values.len() / n_lanes];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

fn classes(codes: &[i32], n_lanes: usize) -> TargetTensor {
    let data = TensorData::new(codes.to_vec(), [n_lanes, codes.len() / n_lanes]);
    TargetTensor::Classes(Tensor::<2, Int>::from_data(data, &Device::flex()))
}

fn values(numbers: &[f32], n_lanes: usize) -> TargetTensor {
    TargetTensor::Values(rows(numbers, n_lanes))
}

fn outcome(
    objective: &Objective,
    logits: &[f32],
    targets: &TargetTensor,
    weights: Option<&Tensor<2>>,
) -> LossAndGradient {
    let [n_lanes, n_rows] = match targets {
        TargetTensor::Classes(classes) => classes.dims(),
        TargetTensor::Values(values) => values.dims(),
    };
    let shape = [n_lanes, n_rows, logits.len() / (n_lanes * n_rows)];
    let device = Device::flex().autodiff();
    let logits = Tensor::<3>::from_data(TensorData::new(logits.to_vec(), shape), &device).require_grad();
    let losses = objective.loss(logits.clone(), targets, weights);
    let gradient = logits.grad(&losses.clone().sum().backward()).expect("the loss depends on the logits");
    LossAndGradient { losses: host(losses.inner()), gradient: host(gradient) }
}

fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as().expect("a float tensor can be read as f32")
}

#[track_caller]
fn assert_close(name: &str, actual: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(actual.len(), expected.len(), "{name}");
    for (actual, expected) in actual.iter().zip(expected) {
        let error = (actual - expected).abs() / expected.abs().max(1.0);
        assert!(error <= tolerance, "{name}: got {actual}, expected {expected}");
    }
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("../../tests/golden/objective.json")).expect("the file is well formed")
}

fn targets_of(case: &Golden) -> TargetTensor {
    if case.values.is_empty() { classes(&case.classes, 2) } else { values(&case.values, 2) }
}

#[test]
fn losses_and_gradients_are_those_of_pytorch() {
    let cases = golden();
    assert_eq!(cases.len(), 26);
    for case in cases {
        assert_eq!(case.objective.n_outputs(3), case.n_outputs, "{}", case.name);
        let weights = (!case.row_weights.is_empty()).then(|| rows(&case.row_weights, 2));
        let got = outcome(&case.objective, &case.logits, &targets_of(&case), weights.as_ref());
        assert_close(&case.name, &got.losses, &case.losses, 2e-6);
        assert_close(&case.name, &got.gradient, &case.gradient, 2e-6);
    }
}

#[test]
fn a_lane_has_the_loss_and_gradient_it_has_alone() {
    for case in golden() {
        let weights = (!case.row_weights.is_empty()).then(|| rows(&case.row_weights, 2));
        let together = outcome(&case.objective, &case.logits, &targets_of(&case), weights.as_ref());
        let half = case.logits.len() / 2;
        for lane in 0..2 {
            let targets = match targets_of(&case) {
                TargetTensor::Classes(classes) => TargetTensor::Classes(classes.narrow(0, lane, 1)),
                TargetTensor::Values(values) => TargetTensor::Values(values.narrow(0, lane, 1)),
            };
            let weights = weights.as_ref().map(|weights| weights.clone().narrow(0, lane, 1));
            let part = lane * half..(lane + 1) * half;
            let alone = outcome(&case.objective, &case.logits[part.clone()], &targets, weights.as_ref());
            assert_close(&case.name, &alone.losses, &together.losses[lane..=lane], 1e-6);
            assert_close(&case.name, &alone.gradient, &together.gradient[part], 1e-6);
        }
    }
}

fn every_objective() -> Vec<Objective> {
    vec![
        Objective::CrossEntropy { class_weights: vec![0.5, 2.0], label_smoothing: 0.1 },
        Objective::cross_entropy(),
        Objective::BinaryCrossEntropy { positive_weight: 2.0, label_smoothing: 0.1 },
        Objective::binary_cross_entropy(),
        Objective::MeanSquared,
        Objective::MeanAbsolute,
        Objective::Huber { delta: 1.0 },
        Objective::Pinball { quantile: 0.1 },
        Objective::GaussianNll,
        Objective::Poisson,
    ]
}

#[test]
fn extreme_logits_give_finite_losses_gradients_and_predictions() {
    for objective in every_objective() {
        let n_outputs = objective.n_outputs(2);
        for (first, second) in [(1e4, 1e4), (1e4, -1e4), (-1e4, 1e4), (-1e4, -1e4), (0.0, 1e4)] {
            let logits = [[first, second], [second, first]].map(|row| row[..n_outputs].to_vec()).concat();
            let targets =
                if objective.is_classification() { classes(&[0, 1], 1) } else { values(&[0.0, 3.0], 1) };
            let got = outcome(&objective, &logits, &targets, None);
            let numbers = got.losses.iter().chain(&got.gradient);
            assert!(numbers.clone().all(|number| number.is_finite()), "{objective:?} at {logits:?}");
            assert!(objective.predict(&logits, n_outputs).iter().all(|answer| answer.is_finite()));
        }
    }
}

#[test]
fn a_logit_of_zero_already_has_the_gradient_of_one_half() {
    // A network whose last layer starts at zero would otherwise never begin to learn.
    let got = outcome(&Objective::binary_cross_entropy(), &[0.0, -0.0], &classes(&[0, 1], 1), None);
    assert_close("gradient", &got.gradient, &[0.25, -0.25], 1e-7);
    assert_close("loss", &got.losses, &[std::f32::consts::LN_2], 1e-7);
}

#[test]
fn small_losses_keep_their_digits() {
    let got = outcome(&Objective::binary_cross_entropy(), &[20.0], &classes(&[1], 1), None);
    assert!((got.losses[0] / (-20.0_f32).exp() - 1.0).abs() < 1e-5, "{}", got.losses[0]);
}

#[test]
fn rows_of_weight_zero_count_for_nothing() {
    for objective in every_objective() {
        let n = objective.n_outputs(2);
        let logits = [0.3, -0.2, 1.5, 0.7, 9.0, -8.0][..3 * n].to_vec();
        let targets = |codes: &[i32], numbers: &[f32]| {
            if objective.is_classification() { classes(codes, 1) } else { values(numbers, 1) }
        };
        let weights = rows(&[1.0, 1.0, 0.0], 1);
        let padded = outcome(&objective, &logits, &targets(&[0, 1, 1], &[0.5, 2.0, 4.0]), Some(&weights));
        let without = outcome(&objective, &logits[..2 * n], &targets(&[0, 1], &[0.5, 2.0]), None);
        assert_close("loss", &padded.losses, &without.losses, 1e-6);
        assert_close("gradient", &padded.gradient[..2 * n], &without.gradient, 1e-6);
        assert!(padded.gradient[2 * n..].iter().all(|slope| *slope == 0.0), "{objective:?}");
    }
}

#[test]
fn a_lane_without_weight_has_loss_and_gradient_zero() {
    for objective in every_objective() {
        let logits = [0.3, -0.2, 1.5, 0.7][..2 * objective.n_outputs(2)].to_vec();
        let targets =
            if objective.is_classification() { classes(&[0, 1], 1) } else { values(&[0.5, 2.0], 1) };
        let got = outcome(&objective, &logits, &targets, Some(&rows(&[0.0, 0.0], 1)));
        assert!(got.losses.iter().chain(&got.gradient).all(|number| *number == 0.0), "{objective:?}");
    }
}

#[test]
fn a_log_variance_beyond_its_bounds_finds_its_way_back() {
    // Too sure of a wrong mean: the gradient raises the log variance from far below the bound.
    let got = outcome(&Objective::GaussianNll, &[0.0, -50.0], &values(&[1.0], 1), None);
    assert!(got.gradient[1] < -1e4, "{}", got.gradient[1]);
}

#[test]
fn the_least_loss_is_at_the_quantile() {
    let objective = Objective::Pinball { quantile: 0.8 };
    let targets: Vec<f32> = (0..100).map(|i| i as f32).collect();
    let loss = |guess: f32| outcome(&objective, &[guess; 100], &values(&targets, 1), None).losses[0];
    assert!(loss(79.5) < loss(78.0) && loss(79.5) < loss(81.0));
}

#[test]
fn predictions_are_probabilities_or_values() {
    let halves = Objective::cross_entropy().predict(&[1.0, 1.0, 0.0, 2.0_f32.ln()], 2);
    let expected = [0.5, 0.5, 1.0 / 3.0, 2.0 / 3.0];
    assert!(halves.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-7));
    assert_eq!(
        Objective::binary_cross_entropy().predict(&[0.0, 1e4, -1e4], 1),
        [0.5, 0.5, 0.0, 1.0, 1.0, 0.0]
    );
    assert_eq!(Objective::GaussianNll.predict(&[1.5, 9.0, -2.0, 9.0], 2), [1.5, -2.0]);
    assert_eq!(Objective::Poisson.predict(&[0.0], 1), [1.0]);
    assert_eq!(Objective::MeanSquared.predict(&[0.25, -3.0], 1), [0.25, -3.0]);
    for objective in every_objective() {
        assert!(objective.predict(&[], 0).is_empty());
        objective.predict(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0], objective.n_outputs(2));
    }
}

#[test]
fn settings_out_of_range_are_refused_with_a_reason() {
    for objective in every_objective() {
        assert_eq!(objective.check(2), Ok(()));
    }
    let smoothing = |label_smoothing| Objective::CrossEntropy { class_weights: Vec::new(), label_smoothing };
    let weights = |class_weights| Objective::CrossEntropy { class_weights, label_smoothing: 0.0 };
    for (objective, words) in [
        (smoothing(1.0), "in [0, 1), got 1"),
        (smoothing(f64::NAN), "got NaN"),
        (weights(vec![1.0; 3]), "each of the 2 classes, got 3"),
        (weights(vec![1.0, -1.0]), "got -1"),
        (weights(vec![1.0, f64::INFINITY]), "got inf"),
        (Objective::Huber { delta: 0.0 }, "`objective.delta` must be positive"),
        (Objective::Pinball { quantile: 1.0 }, "between 0 and 1, got 1"),
    ] {
        let message = objective.check(2).expect_err("a value is out of range");
        assert!(message.contains(words), "{message}");
    }
    let message = Objective::binary_cross_entropy().check(3).expect_err("there are three classes");
    assert!(message.contains("got 3: use cross_entropy"), "{message}");
}

#[test]
fn recipes_name_objectives_in_snake_case() {
    let read = |text: &str| serde_json::from_str::<Objective>(text);
    assert_eq!(read(r#"{"kind":"cross_entropy"}"#).ok(), Some(Objective::cross_entropy()));
    assert_eq!(read(r#"{"kind":"gaussian_nll"}"#).ok(), Some(Objective::GaussianNll));
    assert!(read(r#"{"kind":"huber","delta":1,"typo":2}"#).is_err());
    for objective in every_objective() {
        let text = serde_json::to_string(&objective).expect("objectives are plain data");
        assert_eq!(read(&text).ok(), Some(objective));
    }
}
