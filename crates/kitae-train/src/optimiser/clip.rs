//! Clipping: how large gradients are cut, each lane by its own size.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::Parameter;

/// What bounds the gradient of a step, before penalties are added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Clip {
    /// Nothing.
    #[default]
    None,
    /// Every element lies between minus this and this.
    Value(f64),
    /// The Euclidean norm over all parameters of a lane together is at most this (Pascanu et al.
    /// 2013), as `PyTorch`'s `clip_grad_norm_`.
    GlobalNorm(f64),
}

/// `PyTorch`'s guard against division by a norm of zero.
pub(super) const EPSILON: f64 = 1e-6;

impl Clip {
    pub(super) fn clip(self, mut parameters: Vec<Parameter>) -> Vec<Parameter> {
        match self {
            Self::None => {}
            Self::Value(bound) => {
                for parameter in &mut parameters {
                    parameter.gradient = parameter.gradient.clone().clamp(-bound, bound);
                }
            }
            Self::GlobalNorm(bound) => {
                let Some(square) = parameters.iter().map(square_norm).reduce(Tensor::add) else {
                    return parameters;
                };
                // [n_lanes, 1, 1]
                let factor = square.sqrt().add_scalar(EPSILON).recip().mul_scalar(bound).clamp_max(1.0);
                for parameter in &mut parameters {
                    parameter.gradient = parameter.gradient.clone().mul(factor.clone());
                }
            }
        }
        parameters
    }
}

/// `[n_lanes, 1, 1]`
fn square_norm(parameter: &Parameter) -> Tensor<3> {
    parameter.gradient.clone().square().sum_dim(2).sum_dim(1)
}
