//! What the gradient descends on: the losses of an [`Objective`], on tensors and on host memory.

mod host;
mod loss;
mod members;
#[cfg(test)]
mod tests;

use burn::tensor::{Int, Tensor};
use kitae_data::target::ByTask;
use kitae_infer::objective::MAX_LOG_RATE;
pub use kitae_infer::objective::Objective;

pub(crate) use host::{HostLoss, HostRowTargets, HostTargets};

/// The targets of a batch, `[n_lanes, n_rows]`.
pub type TargetTensor = ByTask<Tensor<2, Int>, Tensor<2>>;

/// The loss of an objective on tensors.
pub trait Loss {
    /// The loss of each lane, `[n_lanes]`: the mean over its rows weighted by `row_weights`
    /// (`[n_lanes, n_rows]`, 1 each if none). A row of weight 0 counts for nothing, and the loss of a
    /// lane without weight is 0. `logits` are `[n_lanes, n_rows, n_outputs]`; the tape of gradients
    /// starts there, targets and weights are constants. Where several members predict each row, `[n_lanes,
    /// n_rows · n_members, n_outputs]` with those of a row side by side, the loss of a row is the mean of
    /// its members' losses.
    ///
    /// # Panics
    ///
    /// If the kind of targets does not fit the objective, or shapes differ.
    fn loss(&self, logits: Tensor<3>, targets: &TargetTensor, row_weights: Option<&Tensor<2>>) -> Tensor<1>;
}

impl Loss for Objective {
    fn loss(&self, logits: Tensor<3>, targets: &TargetTensor, row_weights: Option<&Tensor<2>>) -> Tensor<1> {
        let n_members = members::n_members(targets, logits.dims()[1]);
        if n_members > 1 {
            let row_weights = row_weights.map(|weights| members::spread(weights.clone(), n_members));
            return self.loss(logits, &members::spread_targets(targets, n_members), row_weights.as_ref());
        }
        match (self, targets) {
            (Self::CrossEntropy { class_weights, label_smoothing }, TargetTensor::Classes(classes)) => {
                let config = loss::CrossEntropy { class_weights, label_smoothing: *label_smoothing };
                config.loss(logits, classes, row_weights)
            }
            (
                Self::BinaryCrossEntropy { positive_weight, label_smoothing },
                TargetTensor::Classes(classes),
            ) => {
                let smoothed = loss::smoothed(classes, *label_smoothing);
                loss::mean(loss::binary(logits, smoothed, *positive_weight), row_weights)
            }
            (_, TargetTensor::Values(values)) if !self.is_classification() => {
                loss::mean(row_losses(self, logits, values.clone().inner()), row_weights)
            }
            _ => panic!("class codes train classification, values regression"),
        }
    }
}

/// One loss for each row, `[n_lanes, n_rows]`.
fn row_losses(objective: &Objective, logits: Tensor<3>, values: Tensor<2>) -> Tensor<2> {
    match objective {
        Objective::Huber { delta } => loss::huber(loss::error(logits, values), *delta),
        Objective::Pinball { quantile } => loss::pinball(loss::error(logits, values), *quantile),
        Objective::MeanAbsolute => loss::error(logits, values).abs(),
        Objective::GaussianNll => loss::gaussian(logits, values),
        Objective::Poisson => loss::poisson(logits, values),
        _ => loss::error(logits, values).square(),
    }
}
