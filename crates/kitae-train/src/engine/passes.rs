//! What trains networks and lets them predict: fused passes on host memory, or tensors on a device.

use burn::tensor::Device;
use kitae_data::features::Features;
use kitae_infer::{BLOCK_ROWS, Forward, Run, host_forward};
use kitae_model::{Network, NetworkConfig, Weights, WeightsError, is_processor};
use rayon::prelude::*;

use crate::engine::evaluate::forward;
use crate::objective::Objective;
use crate::pack::Packing;
use crate::recipe::Recipe;

/// What trains networks and lets them predict, on a device. Fused passes run on host memory, so no engine has
/// them on a graphics processor. L-BFGS alone trains on host memory whatever the device is.
///
/// ```
/// use burn::tensor::Device;
/// use kitae_train::{Engine, Packing};
///
/// let fused = Engine::of(Device::flex());
/// let tensors = Engine::tensors(Device::flex(), Packing::Cache);
/// # let _ = (fused, tensors);
/// ```
#[derive(Clone, Debug)]
pub struct Engine {
    /// Without a gradient tape; the engine derives the differentiating one.
    device: Device,
    passes: Passes,
}

/// How lanes go through their networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passes {
    /// Each on its own, on host memory.
    Host,
    /// In packs, as tensors on the device.
    Tensors(Packing),
}

impl Engine {
    /// What suits a plain device: a processor has the fused passes, a graphics processor tensors with all
    /// lanes in one pack.
    pub fn of(device: Device) -> Self {
        let passes = if is_processor(&device) { Passes::Host } else { Passes::Tensors(Packing::Whole) };
        Self { device, passes }
    }

    /// Tensors on a plain device.
    pub fn tensors(device: Device, packing: Packing) -> Self {
        Self { device, passes: Passes::Tensors(packing) }
    }

    /// Where tensors are.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// How lanes of this recipe are trained: a line search goes along flat vectors on host memory.
    pub(crate) fn training(&self, recipe: &Recipe) -> Passes {
        if recipe.optimiser.is_lbfgs() { Passes::Host } else { self.passes }
    }

    /// Of so many threads, how many train at once: a graphics processor is filled by one programme, beside
    /// which others would only wait.
    pub(crate) fn n_threads(&self, passes: Passes, n_threads: usize) -> usize {
        if passes == Passes::Host || is_processor(&self.device) { n_threads.max(1) } else { 1 }
    }

    /// Makes a network ready to predict.
    ///
    /// # Errors
    ///
    /// If the weights do not fit.
    pub(crate) fn ready(
        &self,
        config: &NetworkConfig,
        weights: &Weights,
    ) -> Result<Box<dyn Forward>, WeightsError> {
        if self.passes == Passes::Host {
            return host_forward(config, weights);
        }
        let network = Network::load(config, &[weights], &self.device)?;
        Ok(Box::new(OnDevice { network, device: self.device.clone() }))
    }

    /// Rows that one thread predicts at once. Tensors fill a device by themselves, with as many rows as they
    /// can get.
    pub(crate) fn block_rows(&self) -> usize {
        if self.passes == Passes::Host { BLOCK_ROWS } else { usize::MAX }
    }
}

impl From<Device> for Engine {
    fn from(device: Device) -> Self {
        Self::of(device)
    }
}

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
