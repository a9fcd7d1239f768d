//! A model folder to predictions: networks on host memory, without Burn and without threads of its own.

pub mod bins;
mod config;
pub mod host;
mod lane;
pub mod layout;
mod weights;

pub use config::{
    Activation, ConfigError, Ensemble, Initialiser, InputScale, MAX_BINS, MAX_HIDDEN, MAX_MEMBERS,
    MAX_PARAMETERS, NetworkConfig, Normalisation, Parametrisation, Periodic, Piecewise, Skip, Slope,
};
pub use lane::Lane;
pub use layout::Role;
pub use weights::{WeightTensor, Weights, WeightsError};
