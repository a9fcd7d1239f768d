//! Rows that pass once for each member of an ensemble, the members of a row side by side.

use burn::tensor::Tensor;

use crate::inputs::Inputs;

/// `x`, `[n_lanes, n_rows · n_members, width]`, and `vectors`, `[n_lanes, n_members, width]`, joined
/// member by member.
pub(crate) fn by_member(
    x: Tensor<3>,
    vectors: Tensor<3>,
    join: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4>,
) -> Tensor<3> {
    let ([n_lanes, n_rows, width], [_, n_members, _]) = (x.dims(), vectors.dims());
    let apart = x.reshape([n_lanes, n_rows / n_members, n_members, width]);
    join(apart, vectors.unsqueeze_dim::<4>(1)).reshape([n_lanes, n_rows, width])
}

/// Each row once for each member, times the member's factors `[n_lanes, n_members, width]`.
pub(crate) fn spread(x: Tensor<3>, factors: Tensor<3>) -> Tensor<3> {
    let ([n_lanes, n_rows, width], [_, n_members, _]) = (x.dims(), factors.dims());
    let product = x.unsqueeze_dim::<4>(2) * factors.unsqueeze_dim::<4>(1);
    product.reshape([n_lanes, n_rows * n_members, width])
}

/// The product of each member's rows, `[n_lanes, n_rows · n_members, d_in]`, with its own matrix. The
/// matrices stand side by side, `[n_lanes, d_in, n_members · d_out]`, and so do the results,
/// `[n_lanes, n_rows, n_members · d_out]`.
pub(crate) fn own_products(x: Tensor<3>, weights: Tensor<3>, n_members: usize) -> Tensor<3> {
    let ([n_lanes, n_rows, d_in], [_, _, d_all]) = (x.dims(), weights.dims());
    let (n_rows, d_out) = (n_rows / n_members, d_all / n_members);
    let x = x.reshape([n_lanes, n_rows, n_members, d_in]).swap_dims(1, 2);
    let weights = weights.reshape([n_lanes, d_in, n_members, d_out]).swap_dims(1, 2);
    x.matmul(weights).swap_dims(1, 2).reshape([n_lanes, n_rows, d_all])
}

impl Inputs {
    /// Weights of the rows, each once for each of `n_members` members, `[n_lanes, n_rows · n_members]`.
    pub(crate) fn member_weights(&self, n_members: usize) -> Option<Tensor<2>> {
        let weights = self.row_weights.clone()?;
        let [n_lanes, n_rows] = weights.dims();
        Some(match n_members {
            1 => weights,
            _ => {
                weights.unsqueeze_dim::<3>(2).repeat_dim(2, n_members).reshape([n_lanes, n_rows * n_members])
            }
        })
    }
}
