//! Proper scores of predicted probabilities: log loss and Brier score.

use crate::Classes;
use crate::counted::Counted;

/// The mean of -ln(probability of the true class), at least 0.
///
/// As in scikit-learn, a probability is first clipped to \[ε, 1 - ε\] with ε = 2⁻⁵², so a true class
/// that was called impossible costs 36.04 and not infinity.
pub fn log_loss(outcome: &Classes) -> Option<f64> {
    log_loss_counted(outcome).once()
}

/// The mean squared distance between the probabilities and the truth (1 for the true class, 0 for the
/// others): summed over the classes, from 0 to 2; with two classes half of that sum, from 0 to 1, which
/// is the squared distance of class 1 alone. scikit-learn does the same.
pub fn brier(outcome: &Classes) -> Option<f64> {
    brier_counted(outcome).once()
}

pub(crate) fn log_loss_counted(outcome: &Classes) -> Counted {
    let losses = outcome.rows().map(|(class, probabilities)| {
        // 0 - x rather than -x, so that a perfect row costs 0 and not -0.
        0.0 - probabilities[class].clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
    });
    Counted::mean(losses.collect())
}

pub(crate) fn brier_counted(outcome: &Classes) -> Counted {
    let scale = if outcome.is_binary() { 0.5 } else { 1.0 };
    let losses = outcome.rows().map(|(class, probabilities)| {
        let distances = probabilities.iter().enumerate().map(|(other, probability)| {
            let truth = if other == class { 1.0 } else { 0.0 };
            (truth - probability) * (truth - probability)
        });
        scale * distances.sum::<f64>()
    });
    Counted::mean(losses.collect())
}
