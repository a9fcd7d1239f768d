//! Averages of networks.

use burn::module::Param;
use burn::tensor::Tensor;

use crate::network::Network;
use crate::parameter::set_value;

impl Network {
    /// Moves every number of every lane, running statistics included, by `share` of the way towards that
    /// of `other`, a network of the same configuration and lanes. No gradient passes.
    ///
    /// # Panics
    ///
    /// If the networks differ in shape.
    pub fn approach(&mut self, other: &Self, share: f64) {
        let moved = |(own, other): (&mut Param<Tensor<3>>, &Param<Tensor<3>>)| {
            let value = own.val().inner();
            let way = other.val().inner().sub(value.clone());
            set_value(own, value.add(way.mul_scalar(share)));
        };
        self.trainable_mut().into_iter().zip(other.trainable()).for_each(moved);
        self.statistics_mut().into_iter().zip(other.statistics()).for_each(moved);
    }
}
