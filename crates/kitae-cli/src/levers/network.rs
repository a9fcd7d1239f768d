//! The shape of the network and how its weights begin.

use clap::Args;
use kitae_train::recipe::{
    Activation, Ensemble, Initialiser, InputScale, Normalisation, NumberEmbedding, Parametrisation,
};
use serde::Serialize;
use toml::Value;

use super::words::{kind, whole, widths, word};

#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Network")]
pub(super) struct NetworkArgs {
    /// Widths of the hidden layers, such as `256,256`; `none` for a linear model.
    #[arg(long, value_name = "WIDTHS", value_parser = widths)]
    hidden: Option<Value>,
    /// Activation function after each hidden layer.
    #[arg(long, value_name = "NAME", value_parser = word::<Activation>())]
    activation: Option<Activation>,
    /// Parametric activation: each unit learns how much of it to use.
    #[arg(long, num_args = 0, default_missing_value = "learned", conflicts_with = "fixed_slope")]
    #[serde(rename = "slope")]
    learned_slope: Option<String>,
    /// Plain activation: each unit uses all of it.
    #[arg(long, num_args = 0, default_missing_value = "fixed")]
    #[serde(rename = "slope")]
    fixed_slope: Option<String>,
    /// Normalisation before each activation.
    #[arg(long, value_name = "KIND", value_parser = word::<Normalisation>())]
    normalisation: Option<Normalisation>,
    /// Residual connections between hidden layers of equal width.
    #[arg(long, num_args = 0, default_missing_value = "residual")]
    #[serde(rename = "skip")]
    residual: Option<String>,
    /// Initialisation of the weights.
    #[arg(long, value_name = "NAME", value_parser = word::<Initialiser>())]
    initialiser: Option<Initialiser>,
    /// Parametrisation of the weights.
    #[arg(long, value_name = "KIND", value_parser = word::<Parametrisation>())]
    parametrisation: Option<Parametrisation>,
    /// Embedding width of categories with many levels.
    #[arg(long, value_name = "WIDTH", value_parser = whole)]
    #[serde(rename = "d_embedding")]
    embedding_width: Option<u32>,
    /// Embedding of numbers, besides the numbers themselves. Settings follow after a colon, as in
    /// `piecewise-linear:n_bins=16,d_embedding=8`.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = kind::<NumberEmbedding>())]
    number_embedding: Option<Value>,
    /// Learned scaling factor of each input.
    #[arg(long, value_name = "KIND", value_parser = word::<InputScale>())]
    input_scale: Option<InputScale>,
    /// Ensemble within a network (`TabM`), whose members share matrices and whose mean is the prediction.
    /// Their number follows after a colon, as in `tabm:n_members=16`.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = kind::<Ensemble>())]
    ensemble: Option<Value>,
}
