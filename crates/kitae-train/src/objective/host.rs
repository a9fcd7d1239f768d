//! Losses and their gradients on host memory, row by row.

use kitae_data::target::ByTask;
use kitae_model::host::exponentials;

use super::{MAX_LOG_RATE, Objective};

/// The targets of some rows; values are standardised where the objective wants them so.
pub(crate) type HostTargets<'a> = ByTask<&'a [u32], &'a [f32]>;

fn n_rows(targets: HostTargets) -> usize {
    match targets {
        HostTargets::Classes(classes) => classes.len(),
        HostTargets::Values(values) => values.len(),
    }
}

/// Rows with what they should predict and how much they count; 1 each if `weights` are none.
#[derive(Clone, Copy)]
pub(crate) struct HostRowTargets<'a> {
    pub(crate) targets: HostTargets<'a>,
    pub(crate) weights: Option<&'a [f32]>,
}

impl HostRowTargets<'_> {
    fn weight(&self, row: usize) -> f32 {
        self.weights.map_or(1.0, |weights| weights[row])
    }
}

/// The loss of an objective on host memory.
pub(crate) trait HostLoss {
    /// What the mean over these rows divides by: the sum of their weights, times those of their classes; 1
    /// where that is 0.
    fn total_weight(&self, rows: HostRowTargets) -> f64;

    /// The weighted sum of the rows' losses; `by_logits` becomes the gradient of `share` times that sum.
    /// Logits are `[n_rows, n_outputs]`.
    ///
    /// # Panics
    ///
    /// If the kind of targets does not fit the objective, or lengths differ.
    fn host_loss(
        &self,
        logits: &[f32],
        n_outputs: usize,
        rows: HostRowTargets,
        share: f32,
        by_logits: &mut [f32],
    ) -> f64;
}

/// Logits, gradients and weight of a row.
type Row<'a> = ((&'a [f32], &'a mut [f32]), f32);

impl HostLoss for Objective {
    fn total_weight(&self, rows: HostRowTargets) -> f64 {
        let total = match (self, rows.targets) {
            (Self::CrossEntropy { class_weights, .. }, HostTargets::Classes(classes))
                if !class_weights.is_empty() =>
            {
                let weight = |(row, class): (usize, &u32)| {
                    class_weights[*class as usize] * f64::from(rows.weight(row))
                };
                classes.iter().enumerate().map(weight).sum()
            }
            (_, targets) => rows.weights.map_or(n_rows(targets) as f64, |weights| {
                weights.iter().map(|weight| f64::from(*weight)).sum()
            }),
        };
        if total == 0.0 { 1.0 } else { total }
    }

    fn host_loss(
        &self,
        logits: &[f32],
        n_outputs: usize,
        rows: HostRowTargets,
        share: f32,
        by_logits: &mut [f32],
    ) -> f64 {
        let targets = rows.targets;
        assert_eq!(logits.len(), n_rows(targets) * n_outputs, "a logit for each output of each row");
        assert_eq!(logits.len(), by_logits.len(), "a gradient for each logit");
        if matches!(self, Self::CrossEntropy { .. }) {
            powers(logits, n_outputs, by_logits);
        }
        let weights = (0..n_rows(targets)).map(|row| rows.weight(row));
        let rows = logits.chunks_exact(n_outputs).zip(by_logits.chunks_exact_mut(n_outputs)).zip(weights);
        match (self, targets) {
            (Self::CrossEntropy { class_weights, label_smoothing }, HostTargets::Classes(classes)) => {
                let smoothing = *label_smoothing as f32;
                let loss = |(((logits, gradient), weight), class): (Row, &u32)| {
                    let share = share * weight;
                    f64::from(weight)
                        * cross_entropy(logits, *class as usize, class_weights, smoothing, share, gradient)
                };
                rows.zip(classes).map(loss).sum()
            }
            (
                Self::BinaryCrossEntropy { positive_weight, label_smoothing },
                HostTargets::Classes(classes),
            ) => {
                let (positive, smoothing) = (*positive_weight as f32, *label_smoothing as f32);
                let loss = |(((logits, gradient), weight), class): (Row, &u32)| {
                    let target = *class as f32 * (1.0 - smoothing) + smoothing / 2.0;
                    let (loss, slope) = binary(logits[0], target, positive);
                    gradient[0] = share * weight * slope;
                    f64::from(weight) * f64::from(loss)
                };
                rows.zip(classes).map(loss).sum()
            }
            (_, HostTargets::Values(values)) if !self.is_classification() => {
                let loss = |(((logits, gradient), weight), value): (Row, &f32)| {
                    let loss = row_loss(self, logits, *value, gradient);
                    for slope in gradient.iter_mut() {
                        *slope *= share * weight;
                    }
                    f64::from(weight) * f64::from(loss)
                };
                rows.zip(values).map(loss).sum()
            }
            _ => panic!("class codes train classification, values regression"),
        }
    }
}

/// The loss of a row with a numeric target; `slope` becomes its derivative.
fn row_loss(objective: &Objective, logits: &[f32], value: f32, slope: &mut [f32]) -> f32 {
    let error = logits[0] - value;
    let (loss, first) = match objective {
        Objective::MeanAbsolute => (error.abs(), sign(error)),
        Objective::Huber { delta } => {
            let cut = error.abs().min(*delta as f32);
            // NaN stays NaN.
            (cut * (error.abs() - 0.5 * cut) + 0.0 * error, error.clamp(-*delta as f32, *delta as f32))
        }
        Objective::Pinball { quantile } => {
            let factor = if error > 0.0 { 1.0 - *quantile as f32 } else { -*quantile as f32 };
            (error * factor, factor)
        }
        Objective::GaussianNll => {
            let bound = Objective::LOG_VARIANCE_BOUND as f32;
            let log_variance = logits[1].clamp(-bound, bound);
            let precision = (-log_variance).exp();
            slope[1] = 0.5 * (1.0 - error * error * precision);
            (0.5 * (log_variance + error * error * precision), error * precision)
        }
        Objective::Poisson => {
            let cut = if logits[0] > MAX_LOG_RATE as f32 { MAX_LOG_RATE as f32 } else { logits[0] };
            let rate = cut.exp();
            (rate * (1.0 + logits[0] - cut) - logits[0] * value, rate - value)
        }
        _ => (error * error, 2.0 * error),
    };
    slope[0] = first;
    loss
}

/// 0 at 0.
fn sign(x: f32) -> f32 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        0.0 * x
    }
}

/// What softmax divides: `values` becomes the exponentials of the logits less the largest of their row.
fn powers(logits: &[f32], n_outputs: usize, values: &mut [f32]) {
    for (values, logits) in values.chunks_exact_mut(n_outputs).zip(logits.chunks_exact(n_outputs)) {
        let max = largest(logits);
        values.iter_mut().zip(logits).for_each(|(value, logit)| *value = logit - max);
    }
    exponentials(values);
}

fn largest(logits: &[f32]) -> f32 {
    logits.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

/// Σ over classes of −log p · class weight · smoothed target. `gradient` comes with the
/// [`powers`] of the row.
fn cross_entropy(
    logits: &[f32],
    class: usize,
    class_weights: &[f64],
    smoothing: f32,
    share: f32,
    gradient: &mut [f32],
) -> f64 {
    let sum: f32 = gradient.iter().sum();
    // The difference of the logits first: both may be large, and the loss small.
    let (max, log_sum) = (largest(logits), sum.ln());
    let even = smoothing / logits.len() as f32;
    let target = |i: usize| {
        let smoothed = if i == class { 1.0 - smoothing + even } else { even };
        class_weights.get(i).map_or(smoothed, |weight| smoothed * *weight as f32)
    };
    if smoothing == 0.0 {
        // All other targets are 0.
        let weight = target(class);
        for slope in gradient.iter_mut() {
            *slope *= share * weight / sum;
        }
        gradient[class] -= share * weight;
        return f64::from(weight * ((max - logits[class]) + log_sum));
    }
    let (mut loss, mut total) = (0.0, 0.0);
    for (i, logit) in logits.iter().enumerate() {
        let target = target(i);
        loss += f64::from(target * ((max - logit) + log_sum));
        total += target;
    }
    for (i, slope) in gradient.iter_mut().enumerate() {
        *slope = share * (*slope / sum * total - target(i));
    }
    loss
}

/// The loss `w·y·softplus(−x) + (1 − y)·softplus(x)` and its derivative.
fn binary(logit: f32, target: f32, positive_weight: f32) -> (f32, f32) {
    let softplus = |x: f32| if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() };
    let positive = positive_weight * target;
    let loss = positive * softplus(-logit) + (1.0 - target) * softplus(logit);
    let slope = (1.0 - target) / (1.0 + (-logit).exp()) - positive / (1.0 + logit.exp());
    (loss, slope)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor, TensorData};
    use kitae_random::{Purpose, Stream};

    use super::*;
    use crate::objective::{Loss, TargetTensor};

    const N_ROWS: usize = 40;

    fn objectives() -> Vec<Objective> {
        let class_weights = vec![0.5, 0.0, 3.0];
        vec![
            Objective::cross_entropy(),
            Objective::CrossEntropy { class_weights: class_weights.clone(), label_smoothing: 0.0 },
            Objective::CrossEntropy { class_weights, label_smoothing: 0.2 },
            Objective::binary_cross_entropy(),
            Objective::BinaryCrossEntropy { positive_weight: 3.0, label_smoothing: 0.1 },
            Objective::MeanSquared,
            Objective::MeanAbsolute,
            Objective::Huber { delta: 1.5 },
            Objective::Pinball { quantile: 0.2 },
            Objective::GaussianNll,
            Objective::Poisson,
        ]
    }

    /// The loss of all rows, weighted or not, and its gradient: by hand, and by Burn's tape.
    fn both(objective: &Objective, size: f64, has_weights: bool) -> [(f64, Vec<f32>); 2] {
        let mut stream = Stream::new(3, Purpose::Synthesis, [0; 3]);
        let n_outputs = objective.n_outputs(3);
        let logits: Vec<f32> = (0..N_ROWS * n_outputs).map(|_| (size * stream.normal()) as f32).collect();
        let n_classes = if n_outputs == 3 { 3 } else { 2 };
        let classes: Vec<u32> = (0..N_ROWS).map(|_| stream.below(n_classes) as u32).collect();
        let values: Vec<f32> = (0..N_ROWS).map(|_| (size * stream.normal()).abs() as f32).collect();
        let weights: Vec<f32> = (0..N_ROWS).map(|_| stream.below(4) as f32 / 2.0).collect();
        let weights = has_weights.then_some(weights);
        let device = Device::flex();
        let on_host = if objective.is_classification() {
            HostTargets::Classes(&classes)
        } else {
            HostTargets::Values(&values)
        };
        let targets = match on_host {
            HostTargets::Classes(classes) => {
                let codes: Vec<i32> = classes.iter().map(|class| *class as i32).collect();
                TargetTensor::Classes(Tensor::<2, Int>::from_data(
                    TensorData::new(codes, [1, N_ROWS]),
                    &device,
                ))
            }
            HostTargets::Values(values) => TargetTensor::Values(Tensor::from_data(
                TensorData::new(values.to_vec(), [1, N_ROWS]),
                &device,
            )),
        };
        let mut gradient = vec![0.0; logits.len()];
        let rows = HostRowTargets { targets: on_host, weights: weights.as_deref() };
        let total = objective.total_weight(rows);
        let sum = objective.host_loss(&logits, n_outputs, rows, (1.0 / total) as f32, &mut gradient);
        let data = TensorData::new(logits, [1, N_ROWS, n_outputs]);
        let weights =
            weights.map(|weights| Tensor::from_data(TensorData::new(weights, [1, N_ROWS]), &device));
        let leaf = Tensor::<3>::from_data(data, &device.autodiff()).require_grad();
        let loss = objective.loss(leaf.clone(), &targets, weights.as_ref());
        let tape = leaf.grad(&loss.clone().sum().backward()).unwrap().into_data().iter::<f32>().collect();
        [(sum / total, gradient), (f64::from(loss.into_scalar::<f32>()), tape)]
    }

    #[test]
    fn losses_and_gradients_are_those_of_the_tensors() {
        for objective in objectives() {
            for (size, has_weights) in [(0.5, false), (3.0, false), (12.0, false), (3.0, true)] {
                let [(loss, gradient), (expected, tape)] = both(&objective, size, has_weights);
                assert!(
                    (loss - expected).abs() < 1e-5 * expected.abs().max(1.0),
                    "{objective:?}: {loss} {expected}"
                );
                let scale = tape.iter().fold(1e-3_f32, |scale, x| scale.max(x.abs()));
                for (found, expected) in gradient.iter().zip(&tape) {
                    assert!((found - expected).abs() < 1e-5 * scale, "{objective:?}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn a_small_loss_at_large_logits_keeps_its_digits() {
        for label_smoothing in [0.0, 1e-30] {
            let objective = Objective::CrossEntropy { class_weights: Vec::new(), label_smoothing };
            let mut gradient = [0.0; 2];
            let target = HostRowTargets { targets: HostTargets::Classes(&[0]), weights: None };
            let loss = objective.host_loss(&[130.0, 120.0], 2, target, 1.0, &mut gradient);
            let expected = (-10.0_f64).exp().ln_1p();
            assert!((loss / expected - 1.0).abs() < 2e-3, "{loss} {expected}");
        }
    }

    #[test]
    fn an_output_that_is_no_number_gives_a_loss_that_is_none() {
        for objective in objectives() {
            let n_outputs = objective.n_outputs(3);
            let targets = if objective.is_classification() {
                HostTargets::Classes(&[1])
            } else {
                HostTargets::Values(&[1.0])
            };
            let rows = HostRowTargets { targets, weights: None };
            let mut gradient = vec![0.0; n_outputs];
            let loss = objective.host_loss(&vec![f32::NAN; n_outputs], n_outputs, rows, 1.0, &mut gradient);
            assert!(loss.is_nan(), "{objective:?}: {loss}");
        }
    }
}
