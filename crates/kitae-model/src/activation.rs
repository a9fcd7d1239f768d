//! The activations as tensor expressions whose values and gradients stay finite for every finite input.

use burn::tensor::{Tensor, activation as burn_activation};
use kitae_infer::Activation;

/// α of SELU (Klambauer et al. 2017, section 2).
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
/// λ of SELU.
const SELU_LAMBDA: f64 = 1.050_700_987_355_480_5;
/// Slope of the leaky rectifier on the negative side.
const LEAK: f64 = 0.01;
/// Past this tanh(ln(1 + eˣ)) is 1 in single precision, and (eˣ)⁴ is still finite before it.
const MISH_LIMIT: f32 = 20.0;

/// The activation, applied to each number.
pub(crate) fn activate(activation: Activation, x: Tensor<3>) -> Tensor<3> {
    match activation {
        Activation::Identity => x,
        Activation::Sigmoid => burn_activation::sigmoid(x),
        Activation::Tanh => x.tanh(),
        Activation::Relu => burn_activation::relu(x),
        Activation::LeakyRelu => burn_activation::leaky_relu(x, LEAK),
        Activation::Elu => exponential_unit(x, 1.0, 1.0),
        Activation::Selu => exponential_unit(x, SELU_ALPHA, SELU_LAMBDA),
        Activation::Gelu => burn_activation::gelu(x),
        Activation::Silu => x.clone() * burn_activation::sigmoid(x),
        Activation::Mish => mish(x),
    }
}

/// λ·x for positive x, λ·α·(eˣ - 1) otherwise.
///
/// The exponential sees min(x, 0) only: an overflow on the side that is not used would still turn
/// the gradient into 0·∞.
fn exponential_unit(x: Tensor<3>, alpha: f64, lambda: f64) -> Tensor<3> {
    let positive = burn_activation::relu(x.clone());
    let negative = x - positive.clone();
    let curve = negative.exp().sub_scalar(1.0).mul_scalar(lambda * alpha);
    if lambda == 1.0 { curve + positive } else { curve + positive.mul_scalar(lambda) }
}

/// x·tanh(ln(1 + eˣ)), in the form x·n / (n + 2) with n = eˣ·(eˣ + 2), which has no logarithm and
/// loses no digits for negative x.
fn mish(x: Tensor<3>) -> Tensor<3> {
    let e = x.clone().clamp_max(MISH_LIMIT).exp();
    let n = e.clone() * e.add_scalar(2.0);
    x * (n.clone() / n.add_scalar(2.0))
}
