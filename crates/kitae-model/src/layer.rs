//! A hidden layer: linear map, normalisation, activation, and the input added to the result.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::activation::activate;
use crate::linear::Linear;
use crate::normalise::{LayerStatistics, Norm, Rows};
use kitae_infer::{Activation, Skip};

/// Half the width of the difference that stands for a derivative: single precision leaves it three digits.
const REACH: f32 = 0.01;

/// A hidden layer of each lane.
#[derive(Module, Debug)]
pub(crate) struct Layer {
    pub(crate) linear: Linear,
    pub(crate) norm: Option<Norm>,
    /// How much of the activation each neuron uses, `[n_lanes, 1, width]`; `None` means all of it.
    pub(crate) slope: Option<Param<Tensor<3>>>,
    #[module(skip)]
    pub(crate) activation: Activation,
    #[module(skip)]
    pub(crate) skip: Skip,
}

impl Layer {
    /// Evaluation, `[n_lanes, n_rows, d_in]` to `[n_lanes, n_rows, width]`.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let before = self.before_activation(x.clone());
        self.forward_from(x, before)
    }

    /// Evaluation from what enters the activation on; `x` is what entered the layer.
    pub(crate) fn forward_from(&self, x: Tensor<3>, before: Tensor<3>) -> Tensor<3> {
        self.around(x, |_| self.activate(before))
    }

    /// Evaluation up to the activation, `[n_lanes, n_rows, width]`.
    pub(crate) fn before_activation(&self, x: Tensor<3>) -> Tensor<3> {
        let z = self.linear.forward(x);
        match &self.norm {
            None => z,
            Some(Norm::Batch(norm)) => norm.forward(z),
            Some(Norm::Layer(norm)) => norm.forward(z),
        }
    }

    /// How steep the activation is at `z`, by a difference over 2 · `REACH`.
    pub(crate) fn steepness(&self, z: Tensor<3>) -> Tensor<3> {
        let (above, below) = (z.clone().add_scalar(REACH), z.sub_scalar(REACH));
        (self.activate(above) - self.activate(below)).div_scalar(2.0 * REACH)
    }

    /// Training: statistics of the batch, and `mask` times the activations.
    pub(crate) fn forward_train(
        &self,
        x: Tensor<3>,
        rows: &Rows,
        mask: Option<Tensor<3>>,
    ) -> (Tensor<3>, Option<LayerStatistics>) {
        let mut statistics = None;
        let y = self.around(x, |x| {
            let (z, found) = self.normalise(self.linear.forward(x), rows);
            statistics = found;
            let y = self.activate(z);
            match mask {
                None => y,
                Some(mask) => y * mask,
            }
        });
        (y, statistics)
    }

    /// The normalisation as it is while training.
    fn normalise(&self, z: Tensor<3>, rows: &Rows) -> (Tensor<3>, Option<LayerStatistics>) {
        match &self.norm {
            None => (z, None),
            Some(Norm::Batch(norm)) => norm.forward_train(z, rows),
            Some(Norm::Layer(norm)) => (norm.forward(z), None),
        }
    }

    /// Everything after the linear map, without noise: used where its result is known already.
    pub(crate) fn finish(&self, x: Tensor<3>, z: Tensor<3>, rows: &Rows) -> Tensor<3> {
        self.around(x, |_| self.activate(self.normalise(z, rows).0))
    }

    fn activate(&self, z: Tensor<3>) -> Tensor<3> {
        match &self.slope {
            None => activate(self.activation, z),
            Some(slope) => {
                let curve = activate(self.activation, z.clone());
                z.clone() + (curve - z) * slope.val()
            }
        }
    }

    /// Adds the input to what `inside` makes of it, where the layer does so.
    fn around(&self, x: Tensor<3>, inside: impl FnOnce(Tensor<3>) -> Tensor<3>) -> Tensor<3> {
        match self.skip {
            Skip::None => inside(x),
            Skip::Residual => inside(x.clone()) + x,
        }
    }
}
