//! The activations as tensor expressions whose values and gradients stay finite for every finite input.

use burn::tensor::{Tensor, activation};

use crate::config::Activation;

/// α of SELU (Klambauer et al. 2017, section 2).
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
/// λ of SELU.
const SELU_LAMBDA: f64 = 1.050_700_987_355_480_5;
/// Slope of the leaky rectifier on the negative side.
const LEAK: f64 = 0.01;
/// Past this tanh(ln(1 + eˣ)) is 1 in single precision, and (eˣ)⁴ is still finite before it.
const MISH_LIMIT: f32 = 20.0;

impl Activation {
    /// The function, applied to each number.
    pub(crate) fn apply(self, x: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Identity => x,
            Self::Sigmoid => activation::sigmoid(x),
            Self::Tanh => x.tanh(),
            Self::Relu => activation::relu(x),
            Self::LeakyRelu => activation::leaky_relu(x, LEAK),
            Self::Elu => exponential_unit(x, 1.0, 1.0),
            Self::Selu => exponential_unit(x, SELU_ALPHA, SELU_LAMBDA),
            Self::Gelu => activation::gelu(x),
            Self::Silu => x.clone() * activation::sigmoid(x),
            Self::Mish => mish(x),
        }
    }
}

/// λ·x for positive x, λ·α·(eˣ - 1) otherwise.
///
/// The exponential sees min(x, 0) only: an overflow on the side that is not used would still turn
/// the gradient into 0·∞.
fn exponential_unit(x: Tensor<3>, alpha: f64, lambda: f64) -> Tensor<3> {
    let positive = activation::relu(x.clone());
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
