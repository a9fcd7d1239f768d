//! The linear map of each lane.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::member::{by_member, own_products};

/// x·W·scale + b for each lane; ((x·r)·W·scale)·s + b where each member of an ensemble has r, s and b.
#[derive(Module, Debug)]
pub(crate) struct Linear {
    /// r, `[n_lanes, n_members, d_in]`.
    pub(crate) member_in: Option<Param<Tensor<3>>>,
    /// `[n_lanes, d_in, d_out]`.
    pub(crate) weight: Param<Tensor<3>>,
    /// s, `[n_lanes, n_members, d_out]`.
    pub(crate) member_out: Option<Param<Tensor<3>>>,
    /// `[n_lanes, 1, d_out]`, or `[n_lanes, n_members, d_out]`; none before a batch normalisation.
    pub(crate) bias: Option<Param<Tensor<3>>>,
    /// 1, or 1 / √`d_in` with the NTK parametrisation.
    pub(crate) scale: f64,
}

impl Linear {
    /// `[n_lanes, n_rows, d_in]` to `[n_lanes, n_rows, d_out]`.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.shift(self.product(x))
    }

    /// `z` plus the bias.
    pub(crate) fn shift(&self, z: Tensor<3>) -> Tensor<3> {
        match &self.bias {
            Some(bias) if bias.dims()[1] > 1 => by_member(z, bias.val(), |z, bias| z + bias),
            Some(bias) => z + bias.val(),
            None => z,
        }
    }

    /// The map without its bias.
    pub(crate) fn product(&self, x: Tensor<3>) -> Tensor<3> {
        let x = scaled(x, self.member_in.as_ref());
        scaled(x.matmul(self.matrix()), self.member_out.as_ref())
    }

    /// The map without its bias where each of `n_members` has a matrix of its own,
    /// `[n_lanes, n_rows · n_members, d_in]` to `[n_lanes, n_rows, n_members · d_out]`.
    pub(crate) fn own_product(&self, x: Tensor<3>, n_members: usize) -> Tensor<3> {
        match n_members {
            1 => self.product(x),
            _ => own_products(x, self.matrix(), n_members),
        }
    }

    fn matrix(&self) -> Tensor<3> {
        let weight = self.weight.val();
        if self.scale == 1.0 { weight } else { weight.mul_scalar(self.scale) }
    }
}

fn scaled(x: Tensor<3>, factors: Option<&Param<Tensor<3>>>) -> Tensor<3> {
    match factors {
        None => x,
        Some(factors) => by_member(x, factors.val(), |x, factors| x * factors),
    }
}
