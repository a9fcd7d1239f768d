//! How gradients become weights.

use clap::Args;
use kitae_train::optimiser::OptimiserConfig;
use kitae_train::schedule::Schedule;
use serde::Serialize;
use toml::Value;

use super::words::{kind, of_kind, whole};

#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Optimiser")]
pub(super) struct OptimiserArgs {
    /// Optimiser. Settings follow after a colon, as in `sgd:momentum=0.9`. `lbfgs` takes full batches.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = kind::<OptimiserConfig>())]
    optimiser: Option<Value>,
    /// The base learning rate.
    #[arg(long, value_name = "NUMBER")]
    #[serde(rename = "training.learning_rate")]
    learning_rate: Option<f64>,
    /// Learning-rate schedule. Settings follow after a colon, as in `step:every_epochs=30,factor=0.1`, which
    /// `step` needs; `exponential` needs `factor`, `warm_restarts` `first_epochs`. Networks then train all
    /// epochs unless `--stopping` or `--patience` says otherwise.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = kind::<Schedule>())]
    #[serde(rename = "training.schedule.shape")]
    schedule: Option<Value>,
    /// Warm-up epochs, in which the learning rate rises from 0.
    #[arg(long, value_name = "EPOCHS")]
    #[serde(rename = "training.schedule.warm_up_epochs")]
    warm_up: Option<f64>,
    /// Reduce the learning rate after this many epochs without improvement on the validation rows.
    #[arg(long, value_name = "EPOCHS", value_parser = whole)]
    #[serde(rename = "training.plateau.patience")]
    plateau_patience: Option<u32>,
    /// Factor by which it is reduced. [default: 0.5]
    #[arg(long, value_name = "FACTOR", requires = "plateau_patience")]
    #[serde(rename = "training.plateau.factor")]
    plateau_factor: Option<f64>,
    /// Clip each element of the gradient at this size.
    #[arg(long, value_name = "SIZE", conflicts_with = "clip_norm", value_parser = |text: &str| clip("value", text))]
    #[serde(rename = "training.clip")]
    clip_value: Option<Value>,
    /// Clip the norm of the gradient at this length.
    #[arg(long, value_name = "LENGTH", value_parser = |text: &str| clip("global_norm", text))]
    #[serde(rename = "training.clip")]
    clip_norm: Option<Value>,
}

fn clip(kind: &str, size: &str) -> Result<Value, std::num::ParseFloatError> {
    Ok(of_kind(kind, "value", size.parse::<f64>()?))
}
