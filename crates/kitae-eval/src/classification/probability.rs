//! Proper scores of predicted probabilities: log loss and Brier score.

use crate::Classes;
use crate::counted::Counted;

/// The mean of -ln(probability of the true class), at least 0.
///
/// As in scikit-learn, a probability is first clipped to \[ε, 1 - ε\] with ε = 2⁻⁵², so a true class
/// that was called impossible costs 36.04 and not infinity.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::log_loss;
///
/// // Even odds for two classes cost ln 2 a row, whatever the targets.
/// let loss = log_loss(&Classes::new(&[0, 1], &[0.5; 4], 2)?).expect("always defined");
/// assert!((loss - 2.0_f64.ln()).abs() < 1e-15);
/// // To be sure and wrong is dear, and yet finite.
/// assert!(log_loss(&Classes::new(&[0], &[0.0, 1.0], 2)?) > Some(36.0));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn log_loss(outcome: &Classes) -> Option<f64> {
    log_loss_counted(outcome).once()
}

/// The mean squared distance between the probabilities and the target (1 for the true class, 0 for the
/// others): summed over the classes, from 0 to 2; with two classes half of that sum, from 0 to 1, which
/// is the squared distance of class 1 alone. scikit-learn does the same.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::brier;
///
/// assert_eq!(brier(&Classes::new(&[1, 0], &[0.5; 4], 2)?), Some(0.25));
/// // The worst there is: 1 with two classes, 2 with more.
/// assert_eq!(brier(&Classes::new(&[0], &[0.0, 1.0], 2)?), Some(1.0));
/// assert_eq!(brier(&Classes::new(&[0], &[0.0, 1.0, 0.0], 3)?), Some(2.0));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
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
            let targets = if other == class { 1.0 } else { 0.0 };
            (targets - probability) * (targets - probability)
        });
        scale * distances.sum::<f64>()
    });
    Counted::mean(losses.collect())
}
