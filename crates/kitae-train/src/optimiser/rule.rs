//! The rules: how a gradient and what is remembered become a direction.
//!
//! Moving means m ← β·m + (1 − β)·g are kept as sums M ← β·M + g with m = (1 − β)·M, which saves an
//! operation on every element; the factors go into the numbers that scale the step.

use burn::tensor::Tensor;

use super::config::{Acceleration, OptimiserConfig};
use super::muon;

/// What a rule remembers; which slot holds what is said by [`names`].
pub(super) type Slots = [Option<Tensor<1>>; 4];

/// A step is minus the learning rate times `scale` times `along`.
pub(super) struct Direction {
    pub(super) along: Tensor<1>,
    pub(super) scale: f64,
}

/// The names of the slots that a rule uses, from the first on: a file format.
pub(super) fn names(rule: &OptimiserConfig) -> &'static [&'static str] {
    match rule {
        OptimiserConfig::Sgd { momentum: 0.0, .. } | OptimiserConfig::Lbfgs(_) => &[],
        OptimiserConfig::Sgd { .. } | OptimiserConfig::Lion { .. } | OptimiserConfig::Muon { .. } => {
            &["momentum"]
        }
        OptimiserConfig::AdaGrad { .. } | OptimiserConfig::RmsProp { .. } => &["squares"],
        OptimiserConfig::Adam { .. } | OptimiserConfig::AdamW { .. } => &["momentum", "squares"],
        OptimiserConfig::Adan { .. } => &["momentum", "squares", "differences", "gradient"],
    }
}

/// The direction of step number `step` (from 1) of parameters end to end. `dims` is `[n_lanes, d_in, d_out]`
/// where a rule for matrices moves one.
pub(super) fn advance(
    rule: &OptimiserConfig,
    slots: &mut Slots,
    gradient: Tensor<1>,
    dims: [usize; 3],
    step: u64,
) -> Direction {
    match *rule {
        OptimiserConfig::Sgd { momentum: 0.0, .. } | OptimiserConfig::Lbfgs(_) => plain(gradient),
        OptimiserConfig::Sgd { momentum, acceleration } => {
            plain(momentum_step(slots, gradient, momentum, acceleration))
        }
        OptimiserConfig::AdaGrad { epsilon } => ada_grad(slots, gradient, epsilon),
        OptimiserConfig::RmsProp { smoothing, epsilon } => rms_prop(slots, gradient, smoothing, epsilon),
        OptimiserConfig::Adam { beta1, beta2, epsilon }
        | OptimiserConfig::AdamW { beta1, beta2, epsilon } => {
            let memory = [MovingMean::new(beta1, step), MovingMean::new(beta2, step)];
            adam(slots, gradient, memory, epsilon)
        }
        OptimiserConfig::Adan { beta1, beta2, beta3, epsilon } => {
            let memory = [beta1, beta2, beta3].map(|beta| MovingMean::new(beta, step));
            adan(slots, gradient, memory, epsilon)
        }
        OptimiserConfig::Lion { beta1, beta2 } => lion(slots, gradient, beta1, beta2),
        OptimiserConfig::Muon { momentum, iterations, scale } => {
            let ahead = momentum_step(slots, gradient, momentum, Acceleration::Nesterov).reshape(dims);
            Direction {
                along: muon::orthogonal(ahead, iterations).flatten(0, 2),
                scale: muon::length(scale, [dims[1], dims[2]]),
            }
        }
    }
}

/// A moving mean with memory `beta` after `step` values.
#[derive(Clone, Copy)]
pub(super) struct MovingMean {
    pub(super) beta: f64,
    /// What makes the sum an unbiased mean: (1 − β)/(1 − βᵗ).
    pub(super) share: f64,
}

impl MovingMean {
    pub(super) fn new(beta: f64, step: u64) -> Self {
        Self { beta, share: (1.0 - beta) / (1.0 - beta.powf(step as f64)) }
    }
}

fn plain(along: Tensor<1>) -> Direction {
    Direction { along, scale: 1.0 }
}

/// Multiplies what the slot holds by `beta`, adds `value`, and remembers and returns the sum.
fn accumulate(slot: &mut Option<Tensor<1>>, beta: f64, value: Tensor<1>) -> Tensor<1> {
    let sum = match slot.take() {
        Some(sum) if beta == 1.0 => sum.add(value),
        Some(sum) => sum.mul_scalar(beta).add(value),
        None => value,
    };
    *slot = Some(sum.clone());
    sum
}

fn momentum_step(slots: &mut Slots, gradient: Tensor<1>, beta: f64, kind: Acceleration) -> Tensor<1> {
    match kind {
        Acceleration::Classical => accumulate(&mut slots[0], beta, gradient),
        Acceleration::Nesterov => {
            accumulate(&mut slots[0], beta, gradient.clone()).mul_scalar(beta).add(gradient)
        }
    }
}

fn ada_grad(slots: &mut Slots, gradient: Tensor<1>, epsilon: f64) -> Direction {
    let squares = accumulate(&mut slots[0], 1.0, gradient.clone().square());
    plain(gradient.div(squares.sqrt().add_scalar(epsilon)))
}

/// g / (√((1 − α)·S) + ε)
fn rms_prop(slots: &mut Slots, gradient: Tensor<1>, smoothing: f64, epsilon: f64) -> Direction {
    let squares = accumulate(&mut slots[0], smoothing, gradient.clone().square());
    let scale = (1.0 - smoothing).sqrt().recip();
    Direction { along: gradient.div(squares.sqrt().add_scalar(epsilon * scale)), scale }
}

/// m̂ / (√v̂ + ε) with m̂ = a·M and v̂ = b·S is a/√b · M / (√S + ε/√b).
fn adam(slots: &mut Slots, gradient: Tensor<1>, memory: [MovingMean; 2], epsilon: f64) -> Direction {
    let [mean, square] = memory;
    let squares = accumulate(&mut slots[1], square.beta, gradient.clone().square());
    let momentum = accumulate(&mut slots[0], mean.beta, gradient);
    let root = square.share.sqrt();
    Direction { along: momentum.div(squares.sqrt().add_scalar(epsilon / root)), scale: mean.share / root }
}

/// (m̂ + β₂·d̂) / (√n̂ + ε), where d is the mean of the gradients' differences Δ (none in the first
/// step) and n that of (g + β₂·Δ)².
fn adan(slots: &mut Slots, gradient: Tensor<1>, memory: [MovingMean; 3], epsilon: f64) -> Direction {
    let [mean, difference, square] = memory;
    let change = match slots[3].replace(gradient.clone()) {
        Some(previous) => gradient.clone().sub(previous),
        None => gradient.zeros_like(),
    };
    let ahead = change.clone().mul_scalar(difference.beta).add(gradient.clone());
    let squares = accumulate(&mut slots[1], square.beta, ahead.square());
    let momentum = accumulate(&mut slots[0], mean.beta, gradient);
    let differences = accumulate(&mut slots[2], difference.beta, change);
    let ratio = difference.beta * difference.share / mean.share;
    let root = square.share.sqrt();
    let along = differences.mul_scalar(ratio).add(momentum).div(squares.sqrt().add_scalar(epsilon / root));
    Direction { along, scale: mean.share / root }
}

/// The sign of β₁·m + (1 − β₁)·g with m = (1 − β₂)·M. That of what is no number is 0 to Burn; here it stays
/// none, so that divergence is seen.
fn lion(slots: &mut Slots, gradient: Tensor<1>, beta1: f64, beta2: f64) -> Direction {
    let mixed = match &slots[0] {
        Some(momentum) => {
            let weight = beta1 * (1.0 - beta2) / (1.0 - beta1);
            momentum.clone().mul_scalar(weight).add(gradient.clone())
        }
        None => gradient.clone(),
    };
    accumulate(&mut slots[0], beta2, gradient);
    plain(mixed.clone().sign().add(mixed.mul_scalar(0.0)))
}
