//! The shape of the network and how its weights begin.

use clap::Args;
use toml::Value;

use super::overrides::Overrides;
use super::words::{Choice, List, choice, one_of, whole, widths};

const ACTIVATIONS: &[&str] =
    &["identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish"];

const INITIALISERS: &[&str] = &[
    "zeros",
    "lecun_normal",
    "lecun_uniform",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "fan_in_uniform",
    "orthogonal",
    "standard_normal",
    "data_driven",
];

const NUMBER_EMBEDDINGS: &[(&str, &str)] =
    &[("none", "none"), ("periodic", "periodic"), ("piecewise-linear", "piecewise_linear")];

pub(super) const ENSEMBLES: &[(&str, &str)] =
    &[("none", "none"), ("tabm-mini", "tab_m_mini"), ("tabm", "tab_m")];

#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(super) struct NetworkArgs {
    /// Widths of the hidden layers, such as `256,256`; `none` for a linear model.
    #[arg(long, value_name = "WIDTHS", value_parser = widths)]
    hidden: Option<List<u32>>,
    /// Activation function after each hidden layer.
    #[arg(long, value_name = "NAME", value_parser = one_of(ACTIVATIONS))]
    activation: Option<String>,
    /// Parametric activation: each unit learns how much of it to use.
    #[arg(long, conflicts_with = "fixed_slope")]
    learned_slope: bool,
    /// Plain activation: each unit uses all of it.
    #[arg(long)]
    fixed_slope: bool,
    /// Normalisation before each activation.
    #[arg(long, value_name = "KIND", value_parser = one_of(&["none", "batch", "layer"]))]
    normalisation: Option<String>,
    /// Residual connections between hidden layers of equal width.
    #[arg(long)]
    residual: bool,
    /// Initialisation of the weights.
    #[arg(long, value_name = "NAME", value_parser = one_of(INITIALISERS))]
    initialiser: Option<String>,
    /// Parametrisation of the weights.
    #[arg(long, value_name = "KIND", value_parser = one_of(&["standard", "ntk"]))]
    parametrisation: Option<String>,
    /// Embedding width of categories with many levels.
    #[arg(long, value_name = "WIDTH", value_parser = whole)]
    embedding_width: Option<u32>,
    /// Embedding of numbers, besides the numbers themselves: `none`, `periodic`, `piecewise-linear`. Settings
    /// follow after a colon, as in `piecewise-linear:n_bins=16,d_embedding=8`.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = choice(NUMBER_EMBEDDINGS))]
    number_embedding: Option<Choice>,
    /// Learned scaling factor of each input.
    #[arg(long, value_name = "KIND", value_parser = one_of(&["none", "learned"]))]
    input_scale: Option<String>,
    /// Ensemble within a network, whose members share matrices and whose mean is the prediction: `none`,
    /// `tabm-mini`, `tabm`. Their number follows after a colon, as in `tabm:n_members=16`.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = choice(ENSEMBLES))]
    ensemble: Option<Choice>,
}

impl NetworkArgs {
    pub(super) fn write(&self, overrides: &mut Overrides) {
        if let Some(List(widths)) = &self.hidden {
            let widths = widths.iter().map(|width| Value::Integer((*width).into()));
            overrides.set("network.hidden", Value::Array(widths.collect()));
        }
        overrides.set_some("network.activation", self.activation.clone());
        if self.learned_slope {
            overrides.set("network.slope", "learned");
        }
        if self.fixed_slope {
            overrides.set("network.slope", "fixed");
        }
        overrides.set_some("network.normalisation", self.normalisation.clone());
        if self.residual {
            overrides.set("network.skip", "residual");
        }
        overrides.set_some("network.initialiser", self.initialiser.clone());
        overrides.set_some("network.parametrisation", self.parametrisation.clone());
        overrides.set_some("network.d_embedding", self.embedding_width);
        if let Some(number_embedding) = &self.number_embedding {
            number_embedding.write(overrides, "network.number_embedding");
        }
        overrides.set_some("network.input_scale", self.input_scale.clone());
        if let Some(ensemble) = &self.ensemble {
            ensemble.write(overrides, "network.ensemble");
        }
    }
}
