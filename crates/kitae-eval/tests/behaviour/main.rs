//! What the users of the crate rely on: the right numbers, honest intervals and honest tests.

mod exhaustive;
mod golden;
mod limits;
mod resampling;
mod simulation;

use kitae_eval::{Metric, Outcome};

/// Fails unless both are undefined, or both are numbers that differ by at most `tolerance`, absolute for
/// numbers below 1 and relative above.
#[track_caller]
fn assert_close(found: Option<f64>, expected: Option<f64>, tolerance: f64, what: &str) {
    let is_close = match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= tolerance * expected.abs().max(1.0),
        (None, None) => true,
        _ => false,
    };
    assert!(is_close, "{what}: found {found:?}, expected {expected:?}");
}

/// The number people know, by the metric's name.
fn natural(metric: &str, outcome: &Outcome) -> Option<f64> {
    let metric: Metric = metric.parse().expect("a test names metrics that exist");
    metric.score(outcome).map(|score| metric.natural(score).0)
}
