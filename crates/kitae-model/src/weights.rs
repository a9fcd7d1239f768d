//! A network to the weights of its lanes on the host, and back.

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use kitae_infer::layout::{TensorKind, layout};
use kitae_infer::{NetworkConfig, WeightTensor, Weights, WeightsError};

use crate::assemble::assemble;
use crate::network::Network;

impl Network {
    /// A host copy of every lane's weights, in the order of the lanes.
    pub fn weights(&self) -> Vec<Weights> {
        let mut lanes = vec![Weights::default(); self.n_lanes()];
        for (slot, param) in layout(&self.config).into_iter().zip(self.tensors()) {
            let values = host(param.val());
            for (weights, values) in lanes.iter_mut().zip(values.chunks_exact(slot.n_values())) {
                let tensor = WeightTensor { shape: slot.shape, values: values.to_vec() };
                weights.tensors.insert(slot.name.clone(), tensor);
            }
        }
        lanes
    }

    /// All tensors in the order of the layout, which puts each layer's statistics after what the
    /// optimiser changes up to its shift.
    fn tensors(&self) -> Vec<&Param<Tensor<3>>> {
        let (mut trainable, mut statistics) = (self.trainable().into_iter(), self.statistics().into_iter());
        let slots = layout(&self.config);
        let next = slots.iter().map(|slot| match slot.kind {
            TensorKind::Trainable(_) => trainable.next(),
            TensorKind::RunningMean | TensorKind::RunningVariance | TensorKind::Edges => statistics.next(),
        });
        next.flatten().collect()
    }

    /// A network with one lane for each of `lanes`, with exactly these numbers. It can be trained
    /// when `device` has autodiff.
    ///
    /// # Errors
    ///
    /// As [`NetworkConfig::check_weights`]: if `check` refuses the configuration, there is no lane, a tensor
    /// is missing, unknown, or of another shape, or a number is not finite, a variance negative, or an edge
    /// below the one before it. Everything is checked before anything is allocated.
    pub fn load(config: &NetworkConfig, lanes: &[&Weights], device: &Device) -> Result<Self, WeightsError> {
        config.check_weights(lanes)?;
        Ok(assemble(config, lanes.len(), device, |slot| {
            lanes.iter().flat_map(|lane| &lane.tensors[&slot.name].values).copied().collect()
        }))
    }
}

/// The numbers of a tensor, in single precision.
pub(crate) fn host(tensor: Tensor<3>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_into_vec().expect("the data was converted to this type")
}
