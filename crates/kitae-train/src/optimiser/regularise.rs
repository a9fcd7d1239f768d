//! Penalties on weights: L1, L2 and the limit of a unit's norm.

use burn::tensor::Tensor;
use kitae_model::Role;

use super::Pace;

/// The gradient with those of the penalties l1·Σ|w| and l2·Σw²/2 added, for weights and embeddings
/// only: biases, normalisations, slopes and scales are no measure of a network's complexity.
pub(super) fn penalised(role: Role, value: &Tensor<3>, gradient: Tensor<3>, pace: &mut Pace) -> Tensor<3> {
    if !matches!(role, Role::Weight | Role::MemberWeight | Role::Embedding) {
        return gradient;
    }
    let mut gradient = gradient;
    if !pace.l1.is_zero() {
        gradient = gradient.add(pace.l1.scale(value.clone().sign(), 1.0));
    }
    if !pace.l2.is_zero() {
        gradient = gradient.add(pace.l2.scale(value.clone(), 1.0));
    }
    gradient
}

/// Shrinks the incoming weights of each unit (a column of `[n_lanes, d_in, d_out]`) to a norm of at
/// most `max_norm` (Srivastava et al., Dropout, 2014).
pub(super) fn limited(value: Tensor<3>, max_norm: f64) -> Tensor<3> {
    let norm = value.clone().square().sum_dim(1).sqrt(); // [n_lanes, 1, d_out]
    value.mul(norm.recip().mul_scalar(max_norm).clamp_max(1.0))
}
