//! A bootstrap gives what drawing rows, copying them and scoring the copies gives.

use kitae_eval::intervals::{BootstrapConfig, Interval, bootstrap, bootstrap_each};
use kitae_eval::{Metric, Outcome, Quantile};
use kitae_random::{Purpose, Stream};

use crate::assert_close;

const N_RESAMPLES: usize = 101;
const SEED: u64 = 5;

/// The rows of each resample.
fn resamples(n_rows: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..N_RESAMPLES as u64).map(move |resample| {
        let mut stream = Stream::new(SEED, Purpose::Bootstrap, [resample, 0, 0]);
        (0..n_rows).map(|_| stream.below(n_rows as u64) as usize).collect()
    })
}

/// With 101 resamples and the level 0.9 the ends are the 6th score from below and from above.
fn slow_interval(mut scores: Vec<f64>) -> Interval {
    assert_eq!(scores.len(), N_RESAMPLES);
    scores.sort_by(f64::total_cmp);
    Interval { low: scores[5], high: scores[95] }
}

fn check(outcome: &Outcome, metric: Metric, scores: Vec<f64>) {
    let config =
        BootstrapConfig { n_resamples: N_RESAMPLES, level: 0.9, seed: SEED, ..BootstrapConfig::default() };
    let (found, expected) = (bootstrap(outcome, metric, &config), slow_interval(scores));
    assert_close(found.map(|interval| interval.low.0), Some(expected.low), 1e-12, &format!("{metric} low"));
    assert_close(
        found.map(|interval| interval.high.0),
        Some(expected.high),
        1e-12,
        &format!("{metric} high"),
    );
}

/// Rows whose probabilities lean to the true class, in steps so that there are ties.
fn classes(n_rows: usize, n_classes: usize) -> (Vec<u32>, Vec<f64>) {
    let mut stream = Stream::new(1, Purpose::Synthesis, [n_classes as u64, 0, 0]);
    let targets: Vec<u32> = (0..n_rows).map(|_| stream.below(n_classes as u64) as u32).collect();
    let rows = targets.iter().flat_map(|&class| {
        let mut weights: Vec<f64> = (0..n_classes).map(|_| stream.below(6) as f64 + 1.0).collect();
        weights[class as usize] += 2.0;
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(move |weight| weight / sum)
    });
    let probabilities = rows.collect();
    (targets, probabilities)
}

#[test]
fn intervals_of_classification_metrics_are_those_of_copied_rows() {
    for n_classes in [2, 3] {
        let (targets, probabilities) = classes(60, n_classes);
        let outcome = Outcome::classes(&targets, &probabilities, n_classes).expect("valid");
        let metrics = Metric::defaults(outcome.task_kind()).iter().filter(|metric| **metric != Metric::Ece);
        for metric in metrics.chain([&Metric::AveragePrecision]) {
            let scores = resamples(targets.len()).filter_map(|rows| {
                let targets: Vec<u32> = rows.iter().map(|&row| targets[row]).collect();
                let of_row = |row: usize| &probabilities[row * n_classes..(row + 1) * n_classes];
                let probabilities: Vec<f64> = rows.iter().flat_map(|&row| of_row(row).to_vec()).collect();
                Some(metric.score(&Outcome::classes(&targets, &probabilities, n_classes).expect("valid"))?.0)
            });
            check(&outcome, *metric, scores.collect());
        }
    }
}

#[test]
fn intervals_of_regression_metrics_are_those_of_copied_rows() {
    let mut stream = Stream::new(2, Purpose::Synthesis, [0; 3]);
    let targets: Vec<f64> = (0..50).map(|_| 10.0 + stream.normal()).collect();
    let predicted: Vec<f64> = targets.iter().map(|value| value + 0.5 * stream.normal()).collect();
    let outcome = Outcome::values(&targets, &predicted).expect("valid");
    let pinball = Metric::Pinball(Quantile::new(0.2).expect("in range"));
    for metric in [Metric::Rmse, Metric::Mae, Metric::R2, Metric::Mape, pinball] {
        let scores = resamples(targets.len()).filter_map(|rows| {
            let targets: Vec<f64> = rows.iter().map(|&row| targets[row]).collect();
            let predicted: Vec<f64> = rows.iter().map(|&row| predicted[row]).collect();
            Some(metric.score(&Outcome::values(&targets, &predicted).expect("valid"))?.0)
        });
        check(&outcome, metric, scores.collect());
    }
}

#[test]
fn the_seed_decides_the_interval_and_the_score_lies_inside() {
    let (targets, probabilities) = classes(80, 2);
    let outcome = Outcome::classes(&targets, &probabilities, 2).expect("valid");
    let with_seed =
        |seed| bootstrap(&outcome, Metric::Auc, &BootstrapConfig { seed, ..BootstrapConfig::default() });
    assert_eq!(with_seed(1), with_seed(1));
    assert_ne!(with_seed(1), with_seed(2));
    let (interval, score) = (with_seed(1).expect("defined"), Metric::Auc.score(&outcome).expect("defined"));
    assert!(interval.low < score && score < interval.high);
}

#[test]
fn a_higher_level_gives_a_wider_interval() {
    let (targets, probabilities) = classes(80, 3);
    let outcome = Outcome::classes(&targets, &probabilities, 3).expect("valid");
    let width = |level| {
        let config = BootstrapConfig { level, ..BootstrapConfig::default() };
        bootstrap(&outcome, Metric::LogLoss, &config).map(|interval| interval.high - interval.low)
    };
    assert!(width(0.5) < width(0.9) && width(0.9) < width(0.99));
}

#[test]
fn metrics_share_resamples_without_changing_an_interval() {
    let (targets, probabilities) = classes(80, 3);
    let outcome = Outcome::classes(&targets, &probabilities, 3).expect("valid");
    let config = BootstrapConfig { n_resamples: 200, ..BootstrapConfig::default() };
    let metrics = [Metric::Rmse, Metric::Auc, Metric::Ece, Metric::Brier];
    let alone = metrics.map(|metric| bootstrap(&outcome, metric, &config));
    assert_eq!(bootstrap_each(&outcome, &metrics, &config), alone);
    assert_eq!(alone.map(|interval| interval.is_some()), [false, true, false, true]);
    assert!(bootstrap_each(&outcome, &[], &config).is_empty());
}

#[test]
fn groups_of_one_row_are_drawn_as_rows_are() {
    let targets: Vec<f64> = (0..30).map(f64::from).collect();
    let predicted: Vec<f64> = targets.iter().map(|value| value + (value * 1.7).sin()).collect();
    let outcome = Outcome::values(&targets, &predicted).expect("finite");
    let interval = |groups: Option<&[u32]>| {
        bootstrap(&outcome, Metric::Mae, &BootstrapConfig { groups, ..BootstrapConfig::default() })
    };
    let alone: Vec<u32> = (0..30).collect();
    assert_eq!(interval(Some(&alone)), interval(None));
    // One group says nothing of others, and groups of other rows say nothing at all.
    assert_eq!(interval(Some(&[4; 30])), None);
    assert_eq!(interval(Some(&alone[1..])), None);
}
