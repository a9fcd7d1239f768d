//! What happens inside a network, for those who look for what ails it.

use burn::tensor::Tensor;

use crate::inputs::Inputs;
use crate::network::Network;

/// What a hidden layer makes of some rows.
///
/// ```
/// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
/// let (_, layers) = small::network().observe(small::inputs());
/// // The hyperbolic tangent is steepest at 0, with a slope of 1, and flat far out.
/// let steepness = layers[0].steepness.clone().inner().try_to_vec_as::<f32>()?;
/// assert!(steepness.iter().all(|steepness| (0.0..1.001).contains(steepness)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// ```
    /// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
    /// let network = small::network();
    /// let (logits, layers) = network.observe(small::inputs());
    /// let same = network.forward(small::inputs()).inner().try_to_vec_as::<f32>()?;
    /// assert_eq!(logits.inner().try_to_vec_as::<f32>()?, same);
    /// // Two lanes, three rows, a layer of eight units.
    /// assert_eq!((layers.len(), layers[0].before.dims()), (1, [2, 3, 8]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
