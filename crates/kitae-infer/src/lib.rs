//! A model folder of kitae to predictions: on host memory and without threads of its own.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use kitae_infer::Model;
//!
//! let model = Model::load(Path::new("models/houses"))?;
//! let table = model.read(Path::new("new.csv"))?;
//! let predictions = model.predictor()?.predictions(&table)?;
//! println!("{:?}", predictions.values);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod bins;
pub mod calibration;
mod config;
pub mod csv_lines;
mod error;
pub mod files;
mod fitted;
pub mod host;
mod lane;
pub mod layout;
pub mod manifest;
mod model;
mod model_files;
pub mod nonconformity;
pub mod objective;
pub mod pool;
mod predict;
mod predictions;
pub mod reading;
pub mod regions;
pub mod sums;
pub mod weight_file;
mod weights;

pub use config::{
    Activation, ConfigError, Ensemble, Initialiser, InputScale, MAX_BINS, MAX_HIDDEN, MAX_MEMBERS,
    MAX_PARAMETERS, NetworkConfig, Normalisation, Parametrisation, Periodic, Piecewise, Skip, Slope,
};
pub use error::{ArtefactError, PredictError};
pub use fitted::{Fitted, MODEL_FILE};
pub use lane::Lane;
pub use layout::Role;
pub use manifest::{LanePlace, Manifest, positive};
pub use model::Model;
pub use model_files::ModelFiles;
pub use predict::{
    BLOCK_ROWS, Forward, InTurn, Means, Predictor, Ready, Run, bag_smoothing, host as host_forward,
};
pub use predictions::{ByTask, OutputDecoder, Predictions, Targets, blended};
pub use weights::{WeightTensor, Weights, WeightsError};
