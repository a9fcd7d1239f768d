//! Neural networks for tables, many trained side by side as lanes of one tensor programme, on Burn.
//!
//! A *lane* is one of several networks of one shape. Every parameter is a tensor `[n_lanes, a, b]`, every
//! batch has rows for each lane, and logits are `[n_lanes, n_rows, n_outputs]`, with a row for each member of
//! an [`Ensemble`]. Lanes never mix: lane i computes, and gets the gradients, it would alone, up to the
//! rounding of another order of sums. So losses are summed over lanes, one backward pass serves them all, and
//! what is random belongs to the [`Lane`], not to its place in the pack.
//!
//! [`NetworkConfig`] makes a [`Network`], from random numbers with [`Network::init`] or from
//! stored [`Weights`] with [`Network::load`]. Training on an autodiff device takes turns with an optimiser:
//! [`Network::forward_train`], [`Network::gradients`], [`Network::with_parameters`], and
//! [`Network::absorb`] where there is batch normalisation. Evaluation is [`Network::forward`] of
//! `network.valid()` (Burn's `Module`).
//!
//! Two lanes learn y = x by plain gradient descent:
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use kitae_model::{
//!     Activation, DropoutRates, Ensemble, Initialiser, InputScale, Inputs, Lane, Network, NetworkConfig,
//!     Noise, Normalisation, Parametrisation, Skip, Slope,
//! };
//!
//! let config = NetworkConfig {
//!     d_numbers: 1,
//!     cardinalities: vec![],
//!     d_embedding: 0,
//!     periodic: None,
//!     piecewise: None,
//!     input_scale: InputScale::None,
//!     ensemble: Ensemble::None,
//!     hidden: vec![8],
//!     n_outputs: 1,
//!     activation: Activation::Tanh,
//!     slope: Slope::Fixed,
//!     normalisation: Normalisation::None,
//!     skip: Skip::None,
//!     parametrisation: Parametrisation::Standard,
//!     initialiser: Initialiser::LecunNormal,
//! };
//! config.check()?;
//! let lanes = [Lane { seed: 42, index: 0 }, Lane { seed: 42, index: 1 }];
//! let mut network = Network::init(&config, &lanes, &Device::flex().autodiff());
//!
//! // The same five rows for both lanes, [n_lanes, n_rows, 1].
//! let row = Tensor::<3>::from_floats([[[-1.0], [-0.5], [0.0], [0.5], [1.0]]], &Device::flex());
//! let x = row.repeat_dim(0, lanes.len());
//! for step in 0..300 {
//!     let noise = Noise { rates: DropoutRates::Off, lanes: &lanes, epoch: 0, step };
//!     let (logits, _) = network.forward_train(Inputs::from_numbers(x.clone()), &noise);
//!     // The mean over rows, summed over lanes: each lane gets the gradient of its own loss.
//!     let loss = (logits - x.clone()).powi_scalar(2).mean_dim(1).sum();
//!     let gradients = network.gradients(&mut loss.backward());
//!     let parameters = network.parameters().into_iter().zip(gradients);
//!     let moved = parameters.map(|(parameter, gradient)| parameter.value - gradient * 0.1);
//!     network = network.with_parameters(moved.collect());
//! }
//! let error = (network.forward(Inputs::from_numbers(x.clone())).inner() - x).abs().max();
//! assert!(error.into_scalar::<f32>() < 0.1);
//! # Ok::<(), kitae_model::ConfigError>(())
//! ```

mod activation;
mod assemble;
mod average;
mod bins;
mod embedding;
mod fit_to_data;
mod initialise;
mod inputs;
mod layer;
mod linear;
mod member;
mod network;
mod noise;
mod normalise;
mod observe;
mod orthogonal;
mod parameter;
mod periodic;
mod piecewise;
mod weights;

pub use kitae_infer::{
    Activation, ConfigError, Ensemble, Initialiser, InputScale, Lane, MAX_BINS, MAX_HIDDEN, MAX_MEMBERS,
    MAX_PARAMETERS, NetworkConfig, Normalisation, Parametrisation, Periodic, Piecewise, Role, Skip, Slope,
    WeightTensor, Weights, WeightsError, host,
};

pub use inputs::Inputs;
pub use network::Network;
pub use noise::{DropoutRates, Noise, is_processor};
pub use normalise::BatchStatistics;
pub use observe::Observed;
pub use parameter::Parameter;
