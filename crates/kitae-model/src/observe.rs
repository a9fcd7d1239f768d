//! What happens inside a network, for those who look for what ails it.

use burn::tensor::Tensor;

use crate::inputs::Inputs;
use crate::network::Network;

/// What a hidden layer makes of some rows.
#[derive(Clone, Debug)]
pub struct Observed {
    /// What enters the activation, `[n_lanes, n_rows · n_members, width]`.
    pub before: Tensor<3>,
    /// How steep the activation is there, of the same shape: 0 where no gradient passes.
    pub steepness: Tensor<3>,
}

impl Network {
    /// The logits of [`forward`](Self::forward), and what each hidden layer made of the rows.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward), and if there are no rows.
    pub fn observe(&self, inputs: Inputs) -> (Tensor<3>, Vec<Observed>) {
        let mut observed = Vec::with_capacity(self.layers.len());
        let mut x = self.embed(inputs);
        for layer in &self.layers {
            let before = layer.before_activation(x.clone());
            observed.push(Observed { steepness: layer.steepness(before.clone()), before: before.clone() });
            x = layer.forward_from(x, before);
        }
        (self.answer(x), observed)
    }
}
