//! L-BFGS on problems whose minimum is known.

use super::{Lbfgs, LbfgsConfig, OptimiserState};

type Measured = (f64, Vec<f32>);

fn at(point: &[f32], function: impl Fn(&[f64]) -> (f64, Vec<f64>)) -> Measured {
    let (loss, gradient) = function(&point.iter().map(|value| f64::from(*value)).collect::<Vec<_>>());
    (loss, gradient.into_iter().map(|slope| slope as f32).collect())
}

/// (1 − x)² + 100·(y − x²)²; the minimum is at (1, 1).
fn rosenbrock(point: &[f64]) -> (f64, Vec<f64>) {
    let (x, y) = (point[0], point[1]);
    let valley = y - x * x;
    ((1.0 - x).powi(2) + 100.0 * valley.powi(2), vec![-2.0 * (1.0 - x) - 400.0 * x * valley, 200.0 * valley])
}

fn lbfgs() -> Lbfgs {
    Lbfgs::new(LbfgsConfig::default())
}

/// Parameters after `n_steps` steps.
fn run(
    lbfgs: &mut Lbfgs,
    start: Vec<f32>,
    n_steps: usize,
    function: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Vec<f32> {
    (0..n_steps).fold(start, |parameters, _| lbfgs.step(parameters, &mut |point| at(point, &function)))
}

#[test]
fn rosenbrocks_valley_is_walked_to_its_end() {
    for start in [[-1.2, 1.0], [3.0, -5.0]] {
        let found = run(&mut lbfgs(), start.to_vec(), 5, rosenbrock);
        assert!((found[0] - 1.0).abs() < 1e-6 && (found[1] - 1.0).abs() < 1e-6, "{found:?}");
    }
}

#[test]
fn ridge_regression_is_solved_in_one_step() {
    // |X·w − y|²/2 + |w|²/2 for columns of very different scale; solved by elimination.
    let rows: Vec<[f64; 3]> =
        (0..12).map(f64::from).map(|i| [1.0, (i * 0.7).sin(), 3.0 * (i * 1.3).cos()]).collect();
    let targets: Vec<f64> = (0..12).map(f64::from).map(|i| (i * 0.5).cos() + 0.1 * i).collect();
    let ridge = |w: &[f64]| {
        let residual = |(row, y): (&[f64; 3], &f64)| row.iter().zip(w).map(|(x, w)| x * w).sum::<f64>() - y;
        let residuals: Vec<f64> = rows.iter().zip(&targets).map(residual).collect();
        let square = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
        let slope = |j: usize| rows.iter().zip(&residuals).map(|(row, r)| row[j] * r).sum::<f64>() + w[j];
        (0.5 * (square(&residuals) + square(w)), (0..3).map(slope).collect())
    };
    let found = run(&mut lbfgs(), vec![0.0; 3], 1, ridge);
    let expected = solve(&rows, &targets);
    for (found, expected) in found.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < 1e-6, "got {found}, expected {expected}");
    }
}

/// `(XᵀX + I)⁻¹·Xᵀy` by Gauss's elimination.
fn solve(rows: &[[f64; 3]], targets: &[f64]) -> [f64; 3] {
    let mut system = [[0.0; 4]; 3];
    for i in 0..3 {
        for j in 0..3 {
            system[i][j] = rows.iter().map(|row| row[i] * row[j]).sum::<f64>() + f64::from(u8::from(i == j));
        }
        system[i][3] = rows.iter().zip(targets).map(|(row, y)| row[i] * y).sum();
    }
    for pivot in 0..3 {
        for row in (0..3).filter(|row| *row != pivot) {
            let factor = system[row][pivot] / system[pivot][pivot];
            let scaled = system[pivot].map(|value| factor * value);
            for (value, scaled) in system[row].iter_mut().zip(scaled) {
                *value -= scaled;
            }
        }
    }
    [0, 1, 2].map(|i| system[i][3] / system[i][i])
}

#[test]
fn what_is_no_number_or_a_minimum_stays_where_it_is() {
    for start in [vec![f32::NAN, 0.0], vec![1.0, 1.0]] {
        let bits = |point: &[f32]| point.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&run(&mut lbfgs(), start.clone(), 1, rosenbrock)), bits(&start));
    }
}

#[test]
fn the_loss_never_grows() {
    // A rough loss, on whose bumps the gradient lies.
    let rough = |point: &[f64]| {
        let loss = point.iter().map(|x| x * x + 0.3 * (40.0 * x).sin()).sum();
        (loss, point.iter().map(|x| 2.0 * x).collect())
    };
    let config = LbfgsConfig { iterations: 1, ..LbfgsConfig::default() };
    let (mut lbfgs, mut lane, mut last) = (Lbfgs::new(config), vec![2.0, -3.0, 0.7], f64::INFINITY);
    for _ in 0..30 {
        lane = lbfgs.step(lane, &mut |point| at(point, rough));
        let loss = at(&lane, rough).0;
        assert!(loss <= last, "{loss} after {last}");
        last = loss;
    }
}

#[test]
fn a_gradient_that_points_uphill_moves_nothing() {
    let wrong = |point: &[f64]| (point[0] * point[0], vec![-2.0 * point[0]]);
    assert_eq!(run(&mut lbfgs(), vec![1.5], 3, wrong), [1.5]);
}

#[test]
fn losses_that_are_not_finite_are_walked_around() {
    // The minimum of x − ln x is at 1; left of zero, where trials from 30 lie, it is undefined.
    for undefined in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let barrier = |point: &[f64]| {
            let loss = if point[0] > 0.0 { point[0] - point[0].ln() } else { undefined };
            (loss, vec![1.0 - 1.0 / point[0]])
        };
        let found = run(&mut lbfgs(), vec![30.0], 2, barrier);
        assert!((found[0] - 1.0).abs() < 1e-5, "{found:?}");
        assert_eq!(run(&mut lbfgs(), vec![-1.0], 1, barrier), [-1.0]);
    }
}

#[test]
fn a_restored_state_goes_on_with_the_same_bits() {
    let config = LbfgsConfig { iterations: 3, ..LbfgsConfig::default() };
    let mut first = Lbfgs::new(config);
    let halfway = run(&mut first, vec![-1.2, 1.0], 3, rosenbrock);
    let text = serde_json::to_string(&first.state()).expect("states are plain data");
    let state: OptimiserState = serde_json::from_str(&text).expect("it was just written");
    let mut second = Lbfgs::from_state(config, &state, 2).expect("it fits");
    let on = |lbfgs: &mut Lbfgs| run(lbfgs, halfway.clone(), 2, rosenbrock);
    assert_eq!(on(&mut first), on(&mut second));
    assert_eq!(first.state(), second.state());
}

#[test]
fn a_damaged_state_is_refused() {
    let config = LbfgsConfig::default();
    let state = |buffers: &[(&str, &[f32])]| {
        let buffers = buffers.iter().map(|(name, values)| ((*name).to_owned(), values.to_vec()));
        OptimiserState { steps: 0, buffers: buffers.collect() }
    };
    assert!(Lbfgs::from_state(config, &state(&[("move.000000", &[1.0])]), 1).is_err());
    let uneven = state(&[("move.000000", &[1.0]), ("turn.000000", &[1.0, 2.0])]);
    assert!(Lbfgs::from_state(config, &uneven, 1).is_err());
    // Values that make no sense only cost the memory.
    let state = state(&[("move.000000", &[f32::NAN, 0.0]), ("turn.000000", &[0.0, 0.0])]);
    let mut lbfgs = Lbfgs::from_state(config, &state, 2).expect("the lengths fit");
    let found = run(&mut lbfgs, vec![-1.2, 1.0], 5, rosenbrock);
    assert!((found[0] - 1.0).abs() < 1e-6, "{found:?}");
}
