//! What keeps a network from learning its rows by heart.

use clap::Args;
use kitae_train::mixing::Mixing;
use serde::Serialize;
use toml::Value;

use super::words::{kind, numbers};

#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Regularisation")]
pub(super) struct RegulariseArgs {
    /// Dropout rate: one, or one for each hidden layer.
    #[arg(long, value_name = "RATES", value_parser = rates)]
    #[serde(rename = "network.dropout")]
    dropout: Option<Value>,
    /// Weight decay, decoupled: each step shrinks weights by the learning rate times this.
    #[arg(long, value_name = "NUMBER")]
    #[serde(rename = "training.weight_decay")]
    weight_decay: Option<f64>,
    /// L1 penalty on the weights.
    #[arg(long, value_name = "NUMBER")]
    #[serde(rename = "training.l1")]
    l1: Option<f64>,
    /// L2 penalty on the weights.
    #[arg(long, value_name = "NUMBER")]
    #[serde(rename = "training.l2")]
    l2: Option<f64>,
    /// Max-norm constraint on the incoming weights of a unit.
    #[arg(long, value_name = "LENGTH")]
    #[serde(rename = "training.max_norm")]
    max_norm: Option<f64>,
    /// Augmentation of the rows of a batch: `mixup` with another row, `cutmix` takes columns from another
    /// row, `cutout` blanks columns. Settings follow after a colon, as in `mixup:alpha=0.4`,
    /// `cutmix:probability=0.5` or `cutout:probability=0.5,share=0.2`.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = kind::<Mixing>())]
    #[serde(rename = "training.mixing")]
    mixing: Option<Value>,
}

/// One rate for all layers stands alone.
fn rates(text: &str) -> Result<Value, String> {
    match numbers(text)? {
        Value::Array(rates) if rates.len() == 1 => Ok(rates[0].clone()),
        rates => Ok(rates),
    }
}
