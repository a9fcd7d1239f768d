//! Averaged weights of the lanes at work: moved after steps, judged, delivered, saved and restored.

use burn::module::Module;
use burn::tensor::Device;
use kitae_model::host::HostNetwork;
use kitae_model::{Network, NetworkConfig, Weights};

use crate::engine::machine::{Course, Machine, TensorMachine};

impl Course<'_> {
    /// By which share averages move towards the weights after a step; none if they stay.
    pub(crate) fn average_share(&self, step: usize, n_steps: usize) -> Option<f64> {
        let training = &self.recipe.training;
        let after_step = training.averaging.after_step((self.epoch - 1) * n_steps + step + 1);
        let ends_epoch = step + 1 == n_steps;
        let after_epoch = || training.averaging.after_epoch(self.epoch, training.epochs);
        after_step.or_else(|| if ends_epoch { after_epoch() } else { None })
    }
}

impl TensorMachine {
    /// Moves the average of each lane by `share` towards its weights.
    pub(crate) fn average(&mut self, share: f64) {
        match &mut self.average {
            Some(average) if share < 1.0 => average.approach(&self.network, share),
            average => *average = Some(self.network.valid()),
        }
    }
}

/// Moves an average by `share` towards the weights of `network`.
pub(crate) fn average_host(average: &mut Option<HostNetwork>, network: &HostNetwork, share: f64) {
    match average {
        Some(average) if share < 1.0 => {
            let (averages, share) = (average.values_mut(), share as f32);
            averages
                .iter_mut()
                .zip(network.values())
                .for_each(|(average, value)| *average += (value - *average) * share);
        }
        Some(average) => average.values_mut().copy_from_slice(network.values()),
        None => *average = Some(network.clone()),
    }
}

impl Machine {
    /// The averaged weights of each of `n_lanes` lanes; none before an average has begun.
    pub(crate) fn averages(&self, n_lanes: usize) -> Vec<Option<Weights>> {
        match self {
            Self::Tensors(machine) => match &machine.average {
                Some(average) => average.weights().into_iter().map(Some).collect(),
                None => vec![None; n_lanes],
            },
            Self::Fused(machine) => machine.averages(),
        }
    }

    /// Copies of what the lanes that are `wanted` deliver: their averaged weights, else their weights.
    pub(crate) fn delivered(&self, wanted: &[bool]) -> Vec<Option<Weights>> {
        if wanted.iter().all(|wanted| !wanted) {
            return vec![None; wanted.len()];
        }
        let averages = self.averages(wanted.len());
        if averages.iter().all(Option::is_none) {
            return self.weights(wanted);
        }
        averages.into_iter().zip(wanted).map(|(average, wanted)| average.filter(|_| *wanted)).collect()
    }

    /// Goes on with averages that were saved, one for each lane; none where none has begun.
    ///
    /// # Errors
    ///
    /// A sentence that says why averages do not fit the network.
    pub(crate) fn restore_averages(
        &mut self,
        config: &NetworkConfig,
        averages: &[Option<&Weights>],
        device: &Device,
    ) -> Result<(), String> {
        let averages: Vec<&Weights> = averages.iter().copied().flatten().collect();
        match self {
            _ if averages.is_empty() => Ok(()),
            Self::Tensors(machine) => {
                let average: Network =
                    Network::load(config, &averages, device).map_err(|error| error.to_string())?;
                machine.average = Some(average);
                Ok(())
            }
            Self::Fused(machine) => machine.restore_averages(config, &averages),
        }
    }
}
