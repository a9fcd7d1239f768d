//! Buffers of the passes, made once for a number of rows.

use super::HostNetwork;
use super::norm::NormSpace;
use super::piecewise::PieceSpace;
use crate::config::{NetworkConfig, Slope};

/// Buffers for up to a number of rows; one network uses them at a time. Each row takes the room of as many
/// rows as an [`Ensemble`](crate::Ensemble) has members.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub(super) max_rows: usize,
    /// Rows of the last pass.
    pub(super) n_rows: usize,
    /// What enters the first layer, but for the factors of members, `[n_rows, d_input]`.
    pub(super) input: Vec<f32>,
    /// What enters the first layer, `[n_rows · n_members, d_input]`; empty without an ensemble.
    pub(super) spread: Vec<f32>,
    pub(super) embedded: InputSpace,
    /// One for each hidden layer.
    pub(super) layers: Vec<LayerSpace>,
    /// `[n_rows · n_members, n_outputs]`
    pub(super) logits: Vec<f32>,
    /// Gradients by the outputs of a layer, and by its inputs.
    pub(super) gradients: [Vec<f32>; 2],
    /// Gradients by what members scaled, and by a bias that is not there; empty where hidden layers have
    /// nothing for each member.
    pub(super) scaled_gradients: Vec<f32>,
    pub(super) no_bias: Vec<f32>,
}

/// Buffers of what comes before the first layer.
#[derive(Clone, Debug)]
pub(super) struct InputSpace {
    /// What the factors of the inputs multiply, `[n_rows, d_input]`; empty without them.
    pub(super) unscaled: Vec<f32>,
    /// cos and sin of periodic embeddings, `[n_rows, n_numbers · n_frequencies]`.
    pub(super) waves: [Vec<f32>; 2],
    /// Places of numbers among the bins of piecewise-linear embeddings.
    pub(super) pieces: PieceSpace,
}

/// Buffers of a hidden layer, `[n_rows · n_members, width]`.
#[derive(Clone, Debug)]
pub(super) struct LayerSpace {
    pub(super) activations: Vec<f32>,
    pub(super) slopes: Vec<f32>,
    /// Empty without learned slopes.
    pub(super) strengths: Vec<f32>,
    /// The inputs times each member's factors; empty without such factors.
    pub(super) scaled: Vec<f32>,
    /// Products before each member's factors; empty without such factors.
    pub(super) products: Vec<f32>,
    pub(super) norm: NormSpace,
}

impl LayerSpace {
    fn new(config: &NetworkConfig, layer: usize, n_rows: usize) -> Self {
        let width = config.hidden[layer];
        let space = |holds: bool, width: usize| vec![0.0; if holds { n_rows * width } else { 0 }];
        let is_full = config.ensemble.is_full();
        Self {
            activations: space(true, width),
            slopes: space(true, width),
            strengths: space(config.slope == Slope::Learned, width),
            scaled: if layer > 0 { space(is_full, config.hidden[layer - 1]) } else { Vec::new() },
            products: space(is_full, width),
            norm: NormSpace::new(config, width, n_rows),
        }
    }
}

impl Workspace {
    /// Buffers for `network` and up to `max_rows` rows.
    pub fn new(network: &HostNetwork, max_rows: usize) -> Self {
        let config = network.config();
        let space = |width: usize| vec![0.0; max_rows * width];
        let n_members = config.ensemble.n_members();
        let spread = |holds: bool, width: usize| space(if holds { n_members * width } else { 0 });
        let widest = config.hidden.iter().copied().fold(config.d_input().max(config.n_outputs), usize::max);
        let n_waves = config.periodic.map_or(0, |periodic| periodic.n_numbers * periodic.n_frequencies);
        let layer = |layer: usize| LayerSpace::new(config, layer, max_rows * n_members);
        Self {
            max_rows,
            n_rows: 0,
            input: space(config.d_input()),
            spread: spread(!config.ensemble.is_none(), config.d_input()),
            embedded: InputSpace {
                unscaled: space(if network.parts.input_scale.is_some() { config.d_input() } else { 0 }),
                waves: [space(n_waves), space(n_waves)],
                pieces: PieceSpace::new(config.piecewise, max_rows),
            },
            layers: (0..config.hidden.len()).map(layer).collect(),
            logits: spread(true, config.n_outputs),
            gradients: [spread(true, widest), spread(true, widest)],
            scaled_gradients: spread(config.ensemble.is_full(), widest),
            no_bias: network.no_bias.clone(),
        }
    }

    /// How many rows fit.
    pub fn max_rows(&self) -> usize {
        self.max_rows
    }

    /// Outputs of the last pass, `[n_rows, n_outputs]`, with a row for each member of an ensemble.
    pub fn logits(&self, network: &HostNetwork) -> &[f32] {
        let config = network.config();
        &self.logits[..self.n_rows * config.ensemble.n_members() * config.n_outputs]
    }
}
