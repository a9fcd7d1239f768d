//! Networks of one lane that predict: on host memory where they can, on tensors elsewhere.

use burn::tensor::Device;
use kitae_data::features::Features;
use kitae_infer::{BLOCK_ROWS, Forward, Run, host_forward};
use kitae_model::{Network, NetworkConfig, Weights, WeightsError};
use rayon::prelude::*;

use crate::engine::evaluate::forward;
use crate::objective::Objective;
use crate::pack::Packing;

/// A network on a device.
struct OnDevice {
    network: Network,
    device: Device,
}

impl Forward for OnDevice {
    fn forward(&self, features: &Features) -> Vec<f32> {
        forward(&self.network, features, &self.device)
    }
}

/// Makes networks ready: on host memory if `packing` wants that, else on `device`.
pub(crate) fn on(
    device: &Device,
    packing: Packing,
) -> impl Fn(&NetworkConfig, &Weights) -> Result<Box<dyn Forward>, WeightsError> {
    move |config, weights| {
        if packing == Packing::Fused {
            return host_forward(config, weights);
        }
        let network = Network::load(config, &[weights], device)?;
        Ok(Box::new(OnDevice { network, device: device.clone() }))
    }
}

/// Rows that one thread predicts at once. Tensors fill a device by themselves, with as many rows as they can get.
pub(crate) fn block_rows(packing: Packing) -> usize {
    if packing == Packing::Fused { BLOCK_ROWS } else { usize::MAX }
}

/// Blocks of rows on all threads of the thread pool that asks.
pub(crate) struct AllThreads;

impl Run for AllThreads {
    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..n).into_par_iter().for_each(work);
    }
}

/// Raw outputs of a network, row-major `[n_rows, n_outputs]`, of all members of an ensemble together.
pub(crate) fn logits(
    network: &dyn Forward,
    config: &NetworkConfig,
    features: &Features,
    objective: &Objective,
) -> Vec<f32> {
    objective.joined(network.forward(features), config.n_outputs, config.ensemble.n_members())
}
