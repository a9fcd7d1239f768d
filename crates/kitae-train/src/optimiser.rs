//! Optimisers: how gradients become weights, for all lanes of a pack at once.
//!
//! Every tensor has a leading lane axis and every number is a lane's own, so lane i moves exactly as
//! it would alone. A step clips the gradient, adds the penalties L1 and L2, shrinks the weights by
//! the decoupled decay, moves them along the optimiser's direction and limits their norm.
//!
//! ```
//! # use burn::tensor::{Device, Tensor};
//! use kitae_model::Role;
//! use kitae_train::optimiser::{Optimiser, OptimiserConfig, Parameter, Rates, UpdateConfig};
//!
//! # fn example(device: &Device) {
//! // Two lanes descend on x², from 1 each, at different learning rates.
//! let mut optimiser = Optimiser::new(&UpdateConfig::from(OptimiserConfig::adam()));
//! let rates = [0.1, 0.2].map(Rates::constant);
//! let mut x = Tensor::<3>::ones([2, 1, 1], device);
//! for _ in 0..3 {
//!     let gradient = x.clone().mul_scalar(2.0);
//!     x = optimiser.step(vec![Parameter { role: Role::Weight, value: x, gradient }], &rates).remove(0);
//! }
//! # }
//! # example(&Device::flex());
//! ```

mod block;
mod clip;
mod config;
mod flat;
mod host;
mod lbfgs;
mod muon;
mod regularise;
mod rule;
mod state;
#[cfg(test)]
mod tests;

use burn::tensor::Tensor;
use kitae_model::Role;

pub use clip::Clip;
pub use config::{Acceleration, Factors, Groups, MuonScale, OptimiserConfig, UpdateConfig};
pub(crate) use host::HostOptimiser;
pub use lbfgs::{Evaluate, Lbfgs, LbfgsConfig};
pub(crate) use regularise::is_penalised;
pub use state::OptimiserState;

use block::{Block, blocks};

/// A trainable tensor and its gradient, both without a gradient tape.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// What it does in the network.
    pub role: Role,
    /// `[n_lanes, a, b]`
    pub value: Tensor<3>,
    /// The gradient of the lane's loss, `[n_lanes, a, b]`.
    pub gradient: Tensor<3>,
}

/// What scales a step of one lane, already multiplied by its schedules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// The learning rate.
    pub learning_rate: f64,
    /// Decoupled decay: a step multiplies values by 1 − learning rate · this · the role's factors.
    pub weight_decay: f64,
    /// The gradient of weights and embeddings gains this times the sign of the value.
    pub l1: f64,
    /// The gradient of weights and embeddings gains this times the value.
    pub l2: f64,
}

impl Rates {
    /// This learning rate, without decay and penalties.
    pub fn constant(learning_rate: f64) -> Self {
        Self { learning_rate, weight_decay: 0.0, l1: 0.0, l2: 0.0 }
    }

    /// What a step multiplies the directions of parameters with these factors by, and what their values.
    fn of(&self, factors: Factors) -> [f64; 2] {
        let decay = self.learning_rate * self.weight_decay;
        let shrink = 1.0 - decay * factors.learning_rate * factors.weight_decay;
        [self.learning_rate * factors.learning_rate, shrink]
    }
}

/// An optimiser at work: its configuration and what it remembers of each parameter.
#[derive(Clone, Debug)]
pub struct Optimiser {
    config: UpdateConfig,
    /// Steps taken so far.
    steps: u64,
    /// All parameters by what moves them; none before the first step.
    blocks: Vec<Block>,
    n_parameters: usize,
}

impl Optimiser {
    /// An optimiser before its first step.
    ///
    /// # Panics
    ///
    /// If the configuration is [`OptimiserConfig::Lbfgs`], which is not fed batch by batch: use
    /// [`Lbfgs`].
    pub fn new(config: &UpdateConfig) -> Self {
        assert!(!config.optimiser.is_lbfgs(), "L-BFGS is run by `Lbfgs`, not by `Optimiser`");
        Self { config: config.clone(), steps: 0, blocks: Vec::new(), n_parameters: 0 }
    }

    /// One step of all lanes: the new values, in the order of `parameters`, which must be the same in
    /// every step. A gradient that is not a number spoils its own lane only.
    ///
    /// # Panics
    ///
    /// If there are not as many `rates` as lanes, or the parameters change their number or
    /// shapes between steps.
    pub fn step(&mut self, parameters: Vec<Parameter>, rates: &[Rates]) -> Vec<Tensor<3>> {
        let Some(first) = parameters.first() else { return Vec::new() };
        let n_lanes = first.value.dims()[0];
        assert_eq!(rates.len(), n_lanes, "each lane has rates of its own");
        self.steps = self.steps.saturating_add(1);
        if self.blocks.is_empty() {
            let role_and_shape = |parameter: &Parameter| {
                let [_, a, b] = parameter.value.dims();
                (parameter.role, [a, b])
            };
            let layout: Vec<_> = parameters.iter().map(role_and_shape).collect();
            self.blocks = blocks(&self.config.optimiser, n_lanes, &layout);
            self.n_parameters = layout.len();
        }
        assert_eq!(self.n_parameters, parameters.len(), "every step has the same parameters");
        let clipped = self.config.clip.clip(parameters).into_iter();
        let (mut values, gradients): (Vec<_>, Vec<_>) =
            clipped.map(|parameter| (parameter.value, parameter.gradient)).unzip();
        for block in &mut self.blocks {
            block.step(&self.config, &mut values, &gradients, rates, self.steps);
        }
        values
    }
}
