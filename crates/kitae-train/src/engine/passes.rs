//! Networks of one lane that predict: on host memory where they can, on tensors elsewhere.

use burn::tensor::Device;
use kitae_data::features::Features;
use kitae_model::host::HostNetwork;
use kitae_model::{Network, NetworkConfig, Weights, WeightsError};

use crate::engine::evaluate::forward;
use crate::engine::fused::fused_forward;
use crate::objective::Objective;
use crate::pack::Packing;

/// A network of one lane, loaded where it predicts.
pub(crate) enum Passes {
    /// Through the fused passes.
    Host(Box<HostNetwork>),
    /// Through tensors on a device.
    Tensors(Box<Network>, Device),
}

impl Passes {
    /// Loads `weights`.
    ///
    /// # Errors
    ///
    /// If they do not fit the network.
    pub(crate) fn new(
        config: &NetworkConfig,
        weights: &Weights,
        device: &Device,
        packing: Packing,
    ) -> Result<Self, WeightsError> {
        if packing == Packing::Fused && HostNetwork::fits(config) {
            return Ok(Self::Host(Box::new(HostNetwork::new(config, weights)?)));
        }
        Ok(Self::Tensors(Box::new(Network::load(config, &[weights], device)?), device.clone()))
    }

    /// Whether the fused passes predict.
    pub(crate) fn is_host(&self) -> bool {
        matches!(self, Self::Host(_))
    }

    /// Raw outputs, row-major `[n_rows, n_outputs]`, of all members of an ensemble together.
    pub(crate) fn logits(&self, features: &Features, objective: &Objective) -> Vec<f32> {
        let (config, logits) = match self {
            Self::Host(network) => (network.config(), fused_forward(network, features)),
            Self::Tensors(network, device) => (network.config(), forward(network, features, device)),
        };
        objective.joined(logits, config.n_outputs, config.ensemble.n_members())
    }
}
