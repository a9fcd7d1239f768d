//! How far confidence and accuracy lie apart.

use crate::Classes;
use crate::counted::Counted;
use crate::outcome::top;

const N_BINS: usize = 15;

/// The expected calibration error (Guo, Pleiss, Sun and Weinberger 2017), from 0 to 1.
///
/// Rows are put into 15 bins of equal width by the probability of the predicted class, a row on an edge
/// into the lower bin. The error is the mean over rows of |accuracy - mean confidence| of their bin.
/// It is biased upwards on few rows: even perfectly calibrated probabilities get more than 0.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::ece;
///
/// // Four predictions of 75 % sure, three of them right: confidence and accuracy agree.
/// let probabilities = [0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25];
/// assert_eq!(ece(&Classes::new(&[0, 0, 0, 1], &probabilities, 2)?), Some(0.0));
/// assert_eq!(ece(&Classes::new(&[0, 1, 1, 1], &probabilities, 2)?), Some(0.5));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn ece(outcome: &Classes) -> Option<f64> {
    ece_counted(outcome).once()
}

pub(crate) fn ece_counted(outcome: &Classes) -> Counted {
    let rows: Vec<(usize, f64)> = outcome.rows().map(|(class, values)| bin_and_gap(class, values)).collect();
    Counted::new(rows.len(), move |counts| {
        let (mut gaps, mut n_rows) = ([0.0; N_BINS], 0);
        for (&(bin, gap), &count) in rows.iter().zip(counts) {
            gaps[bin] += gap * f64::from(count);
            n_rows += u64::from(count);
        }
        (n_rows > 0).then(|| gaps.iter().map(|gap| gap.abs()).sum::<f64>() / n_rows as f64)
    })
}

/// The bin of a row, and (1 if the prediction is right, else 0) - confidence.
fn bin_and_gap(class: usize, probabilities: &[f64]) -> (usize, f64) {
    let (predicted, confidence) = top(probabilities);
    let bin = (confidence * N_BINS as f64).ceil() as usize;
    let hit = if predicted == class { 1.0 } else { 0.0 };
    (bin.clamp(1, N_BINS) - 1, hit - confidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hit and a miss in one bin make up for each other, in two bins they do not.
    fn check(hit: f64, miss: f64, expected: f64) {
        let probabilities = [hit, 1.0 - hit, miss, 1.0 - miss];
        let outcome = Classes::new(&[0, 1], &probabilities, 2).expect("valid");
        let found = ece(&outcome).expect("defined");
        assert!((found - expected).abs() < 1e-15, "{hit} {miss}: {found}");
    }

    #[test]
    fn a_confidence_on_an_edge_belongs_to_the_lower_bin() {
        check(0.6, 0.58, 0.09);
        check(0.6, 0.61, 0.505);
        check(1.0, 0.95, 0.475);
    }
}
