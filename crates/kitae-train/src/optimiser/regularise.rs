//! Penalties on weights: L1, L2 and the limit of a unit's norm.

use burn::tensor::Tensor;
use kitae_model::Role;

use super::Rates;
use super::flat::Flat;

/// Whether L1 and L2 penalties are on parameters of this role: biases, normalisations, slopes and scales are
/// no measure of a network's complexity.
pub(crate) fn is_penalised(role: Role) -> bool {
    matches!(role, Role::Weight | Role::MemberWeight | Role::Embedding)
}

/// The gradient with those of the penalties l1·Σ|w| and l2·Σw²/2 added.
pub(super) fn penalised(
    flat: &mut Flat,
    value: &Tensor<1>,
    mut gradient: Tensor<1>,
    rates: &[Rates],
) -> Tensor<1> {
    let strengths = |of: fn(&Rates) -> f64| rates.iter().map(of).collect::<Vec<f64>>();
    let (l1, l2) = (strengths(|rates| rates.l1), strengths(|rates| rates.l2));
    for (strengths, slope) in [(l1, Tensor::sign as fn(_) -> _), (l2, |value| value)] {
        if strengths.iter().any(|strength| *strength != 0.0) {
            let strength = |role, lane: usize| if is_penalised(role) { strengths[lane] } else { 0.0 };
            gradient = gradient.add(flat.scale(slope(value.clone()), strength));
        }
    }
    gradient
}

/// Shrinks the incoming weights of each unit (a column of `[n_lanes, d_in, d_out]`) to a norm of at
/// most `max_norm` (Srivastava et al., Dropout, 2014).
pub(super) fn limited(value: Tensor<3>, max_norm: f64) -> Tensor<3> {
    let norm = value.clone().square().sum_dim(1).sqrt(); // [n_lanes, 1, d_out]
    value.mul(norm.recip().mul_scalar(max_norm).clamp_max(1.0))
}
