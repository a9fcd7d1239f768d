//! Two sets of predictions for the same rows: metrics with intervals, and tests of their paired difference.
//! `cargo run --example compare`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kitae_eval::difference::bootstrap_difference;
use kitae_eval::intervals::{BootstrapConfig, bootstrap};
use kitae_eval::tests::corrected_paired_t;
use kitae_eval::{Metric, Outcome, Score};

fn main() -> Result<(), Box<dyn Error>> {
    // Targets with noise that no model can know, and two models of which the second is a little too flat.
    let (n_rows, n_folds) = (1000, 5);
    let x: Vec<f64> = (0..n_rows).map(|row| f64::from(row) / 100.0).collect();
    let noise = |row: i32| 2.0 * (f64::from(row * 617 % 1000) / 500.0 - 1.0).powi(3);
    let wave = |height: f64| -> Vec<f64> { x.iter().map(|x| height * x.sin() + x).collect() };
    let targets: Vec<f64> = wave(3.0).iter().zip(0..).map(|(value, row)| value + noise(row)).collect();
    let (first, second) = (wave(3.0), wave(2.6));

    let config = BootstrapConfig::default();
    let [first_rows, second_rows] = [Outcome::values(&targets, &first)?, Outcome::values(&targets, &second)?];
    for metric in [Metric::Rmse, Metric::Mae, Metric::R2] {
        for (name, outcome) in [("first", &first_rows), ("second", &second_rows)] {
            let score = metric.score(outcome).ok_or("the metric has no value")?;
            let interval = bootstrap(outcome, metric, &config).ok_or("there is no interval")?;
            let (value, interval) = (metric.natural(score), metric.natural_interval(interval));
            println!("{metric} of {name}: {value:.3}, {:.3} to {:.3}", interval.low, interval.high);
        }
    }

    // The intervals of the two RMSEs overlap, and yet, row by row, the difference is sure.
    let rmse = |outcome| bootstrap(outcome, Metric::Rmse, &config).ok_or("there is no interval");
    let (of_first, of_second) = (rmse(&first_rows)?, rmse(&second_rows)?);
    let difference = bootstrap_difference(&first_rows, &second_rows, Metric::Rmse, &config);
    let difference = difference.ok_or("there is no difference")?;
    println!("by the rows the first is better by {:.3} to {:.3}", difference.low, difference.high);
    assert!(of_second.high > of_first.low, "the intervals overlap");
    assert!(difference.low > 0.0, "the paired difference leaves out zero");

    // The same from the folds of a cross-validation, corrected for the training rows that they share.
    let n_held_out = targets.len() / n_folds;
    let mut gains = Vec::new();
    for fold in 0..n_folds {
        let rows = fold * n_held_out..(fold + 1) * n_held_out;
        let score = |predicted: &[f64]| -> Result<Score, Box<dyn Error>> {
            let outcome = Outcome::values(&targets[rows.clone()], &predicted[rows.clone()])?;
            Metric::Rmse.score(&outcome).ok_or_else(|| "the metric has no value".into())
        };
        gains.push(score(&first)? - score(&second)?);
    }
    let test = corrected_paired_t(&gains, targets.len() - n_held_out, n_held_out).ok_or("nothing differs")?;
    println!("by the folds it is better by {:.3}, p = {:.3}", test.mean, test.p_value);
    assert!(test.mean > 0.0 && test.p_value < 0.05, "the folds agree");
    Ok(())
}
