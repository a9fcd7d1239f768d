//! How the raw outputs of a network become predictions that are right on average, fitted on the validation
//! rows: how sure it may be of a class, by a temperature, and what makes means of values that were learnt on
//! a logarithm.
//!
//! Networks that are trained until their classes part are too sure of themselves, and those whose labels
//! were smoothed not sure enough. Dividing the logits by one number, the temperature, mends most of
//! that and changes no predicted class (Guo et al. 2017, "On Calibration of Modern Neural Networks").
//!
//! ```
//! use kitae_infer::calibration::Calibrator;
//! use kitae_infer::objective::Objective;
//!
//! // Sure to 98 % a hundred times, and wrong ten times.
//! let logits = [4.0, 0.0].repeat(100);
//! let classes: Vec<u32> = (0..100).map(|row| u32::from(row < 10)).collect();
//! let calibrator = Calibrator::fit(&Objective::cross_entropy(), &logits, 2, &classes, 0.0);
//! assert!(calibrator.temperature > 1.5);
//! ```

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::objective::Objective;

/// The logarithm of the temperature to expect of networks with hidden layers: trained to the end, they are
/// too sure of themselves. Chosen on rows out of fold (`docs/defaults.md`).
pub const TOO_SURE: f64 = 0.5;

/// Standard deviation of the normal prior on that logarithm. What the validation rows say outweighs the prior
/// from some hundred on.
const PRIOR_DEVIATION: f64 = 0.5;

/// Newton's steps; four are enough from any start that a network gives.
const STEPS: usize = 8;

/// The logarithm of the temperature stays within these bounds.
const BOUND: f64 = 5.0;

/// Whether the probabilities of a network are calibrated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Calibration {
    /// They are taken as they come.
    #[default]
    None,
    /// By a temperature for each network, fitted on its validation rows. Each epoch is judged by what its
    /// predictions are worth once they are calibrated (Berta et al. 2025, "Rethinking Early Stopping: Refine,
    /// Then Calibrate").
    Temperature,
}

/// What becomes of the logits of a network before they are its predictions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibrator {
    /// What the logits are divided by; positive.
    pub temperature: f64,
    /// The share of the probability that is spread evenly over the classes, from 0 to 1: one in n + 1
    /// after n rows. No number of rows shows that a network never errs, and one sure error costs the
    /// log-loss of a thousand right predictions.
    pub smoothing: f64,
    /// What the powers of predictions on a logarithm are multiplied by
    /// ([`TargetScale::smearing`](kitae_data::preprocess::TargetScale::smearing)); positive.
    #[serde(default = "one")]
    pub smearing: f64,
}

fn one() -> f64 {
    1.0
}

impl Default for Calibrator {
    /// Changes nothing.
    fn default() -> Self {
        Self { temperature: 1.0, smoothing: 0.0, smearing: 1.0 }
    }
}

impl Calibrator {
    /// The temperature at which the logits `[n_rows, n_outputs]` explain the true classes best, with the
    /// prior belief that its logarithm is normal with the given mean (0 for predictions that are as sure as
    /// they should be, [`TOO_SURE`] for those of a deep network) and a standard deviation of 0.5. Nothing is
    /// changed for an objective without classes, without rows, or for logits that are not finite.
    pub fn fit(
        objective: &Objective,
        logits: &[f32],
        n_outputs: usize,
        classes: &[u32],
        prior_mean: f64,
    ) -> Self {
        let rows = logits.chunks_exact(n_outputs.max(1)).zip(classes);
        let sums = |sharpness: f64| match objective {
            Objective::CrossEntropy { .. } => {
                rows.clone().map(|(row, class)| slopes(row, *class as usize, sharpness)).fold((0.0, 0.0), add)
            }
            _ => rows
                .clone()
                .map(|(row, class)| slopes(&[0.0, row[0]], *class as usize, sharpness))
                .fold((0.0, 0.0), add),
        };
        if !objective.is_classification() || classes.is_empty() {
            return Self::default();
        }
        // Newton in the logarithm of the sharpness, the inverse of the temperature.
        let mut log_sharpness = -prior_mean;
        for _ in 0..STEPS {
            let sharpness = log_sharpness.exp();
            let (first, second) = sums(sharpness);
            let slope = sharpness * first + (log_sharpness + prior_mean) / PRIOR_DEVIATION.powi(2);
            let curvature = sharpness * sharpness * second + PRIOR_DEVIATION.powi(-2);
            let step = (slope / curvature).clamp(-1.0, 1.0);
            if !step.is_finite() {
                return Self::default();
            }
            log_sharpness = (log_sharpness - step).clamp(-BOUND, BOUND);
            if step.abs() < 1e-3 {
                break;
            }
        }
        let temperature = (-log_sharpness).exp();
        Self { temperature, smoothing: 1.0 / (classes.len() as f64 + 1.0), ..Self::default() }
    }

    /// How the network is calibrated where it predicts with others. What they disagree on is unsure already
    /// in what they say together, so that a bag of networks that are each as unsure as they should be is too
    /// unsure: in bags of five the square root of each temperature was better from a thousand rows on
    /// (`docs/defaults.md`). On fewer rows networks learn the same rows by heart and disagree less.
    #[must_use]
    pub fn in_bag(self, n_networks: usize, n_rows: usize) -> Self {
        if n_networks < 5 || n_rows < 1000 {
            return self;
        }
        Self { temperature: self.temperature.sqrt(), ..self }
    }

    /// Whether it can be applied: a stored one may be damaged.
    ///
    /// # Errors
    ///
    /// If a number is out of its range.
    pub fn check(&self) -> Result<(), String> {
        let Self { temperature, smoothing, smearing } = self;
        let is_factor = |number: f64| number.is_finite() && number > 0.0;
        if is_factor(*temperature) && is_factor(*smearing) && (0.0..=1.0).contains(smoothing) {
            return Ok(());
        }
        Err(format!(
            "it is calibrated by a temperature of {temperature}, a smoothing of {smoothing} and a factor of \
             {smearing}"
        ))
    }

    /// Logits that are as sure as they should be.
    pub fn sharpened(self, logits: &[f32]) -> Cow<'_, [f32]> {
        if self.temperature == 1.0 {
            return Cow::Borrowed(logits);
        }
        let sharpness = (1.0 / self.temperature) as f32;
        logits.iter().map(|logit| logit * sharpness).collect()
    }

    /// Spreads the smoothing over the classes of probabilities `[n_rows, n_classes]`.
    pub fn spread(self, probabilities: &mut [f64], n_classes: usize) {
        spread(self.smoothing, probabilities, n_classes);
    }
}

/// Spreads a share of the probability evenly over the classes of probabilities `[n_rows, n_classes]`.
pub fn spread(smoothing: f64, probabilities: &mut [f64], n_classes: usize) {
    if smoothing > 0.0 {
        let even = smoothing / n_classes as f64;
        for probability in probabilities {
            *probability = (1.0 - smoothing) * *probability + even;
        }
    }
}

/// First and second derivative of a row's negative log-likelihood by the sharpness: the expected logit
/// less the true one, and the variance of the logit.
fn slopes(logits: &[f32], class: usize, sharpness: f64) -> (f64, f64) {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // Against the greatest, so that large logits cancel exactly.
    let logit = |value: f32| f64::from(value - max);
    let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
    for value in logits {
        let power = (logit(*value) * sharpness).exp();
        sum += power;
        first += power * logit(*value);
        second += power * logit(*value) * logit(*value);
    }
    let mean = first / sum;
    (mean - logit(logits[class]), second / sum - mean * mean)
}

fn add(left: (f64, f64), right: (f64, f64)) -> (f64, f64) {
    (left.0 + right.0, left.1 + right.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of two classes with the given difference of logits; a share of them is of class 1.
    fn fit(difference: f32, n_right: usize, n_wrong: usize, prior_mean: f64) -> f64 {
        let logits = [0.0, difference].repeat(n_right + n_wrong);
        let classes: Vec<u32> = (0..n_right + n_wrong).map(|row| u32::from(row < n_right)).collect();
        Calibrator::fit(&Objective::cross_entropy(), &logits, 2, &classes, prior_mean).temperature
    }

    #[test]
    fn many_rows_are_answered_as_surely_as_they_are_right() {
        // Right in three of four: the difference of logits should be ln 3.
        for difference in [0.2_f32, 1.0, 3.0_f32.ln(), 5.0] {
            let calibrated = f64::from(difference) / fit(difference, 75_000, 25_000, TOO_SURE);
            assert!((calibrated - 3.0_f64.ln()).abs() < 0.01, "{difference} became {calibrated}");
        }
    }

    #[test]
    fn few_rows_that_are_all_right_do_not_make_the_answers_certain() {
        for prior_mean in [0.0, TOO_SURE] {
            let bolder = fit(3.0, 15, 0, prior_mean).ln() - prior_mean;
            assert!((-0.9..0.0).contains(&bolder), "{bolder}");
            assert_eq!(fit(3.0, 0, 0, prior_mean), 1.0);
        }
    }

    #[test]
    fn one_logit_is_calibrated_as_two_are() {
        let classes: Vec<u32> = (0..100).map(|row| u32::from(row < 60)).collect();
        let one = Calibrator::fit(&Objective::binary_cross_entropy(), &[2.0; 100], 1, &classes, TOO_SURE);
        assert_eq!(one.temperature, fit(2.0, 60, 40, TOO_SURE));
    }

    #[test]
    fn logits_that_are_no_numbers_are_left_as_they_are() {
        assert_eq!(fit(f32::NAN, 5, 5, 0.0), 1.0);
        assert_eq!(fit(f32::INFINITY, 5, 5, 0.0), 1.0);
        assert!(fit(1e30, 5, 5, 0.0).is_finite());
    }

    #[test]
    fn doubt_leaves_no_class_without_a_chance() {
        let mut probabilities = [1.0, 0.0, 0.5, 0.5];
        Calibrator { smoothing: 0.1, ..Calibrator::default() }.spread(&mut probabilities, 2);
        assert_eq!(probabilities.map(|p| (100.0 * p).round()), [95.0, 5.0, 50.0, 50.0]);
    }

    #[test]
    fn a_large_bag_on_many_rows_is_left_half_of_the_doubt_that_disagreement_says_already() {
        let calibrator = Calibrator { temperature: 4.0, smoothing: 0.1, smearing: 1.0 };
        assert_eq!(calibrator.in_bag(5, 1000), Calibrator { temperature: 2.0, ..calibrator });
        assert_eq!([(4, 1000), (5, 999)].map(|(n, rows)| calibrator.in_bag(n, rows)), [calibrator; 2]);
    }

    #[test]
    fn values_have_no_temperature() {
        let calibrator = Calibrator::fit(&Objective::MeanSquared, &[1.0, 2.0], 1, &[0, 1], TOO_SURE);
        assert_eq!(calibrator, Calibrator::default());
    }
}
