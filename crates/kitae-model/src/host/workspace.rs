//! Buffers of the passes, made once for a number of rows.

use super::HostNetwork;
use super::piecewise::PieceSpace;
use crate::config::Slope;

/// Buffers for up to a number of rows; one network uses them at a time.
///
/// ```
/// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
/// use kitae_model::host::{HostNetwork, HostRows, Workspace};
///
/// let network = HostNetwork::new(&small::config(), &small::network().weights()[0])?;
/// // Made once, and used for one batch after the other.
/// let mut work = Workspace::new(&network, 2);
/// for numbers in [[0.5, -1.0], [2.0, 0.0]] {
///     assert_eq!(network.forward(&HostRows { numbers: &numbers, codes: &[] }, &mut work).len(), 1);
/// }
/// # Ok::<(), kitae_model::WeightsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Workspace {
    pub(super) max_rows: usize,
    /// Rows of the last pass.
    pub(super) n_rows: usize,
    /// What enters the first layer, `[n_rows, d_input]`.
    pub(super) input: Vec<f32>,
    pub(super) embedded: InputSpace,
    /// One for each hidden layer.
    pub(super) layers: Vec<LayerSpace>,
    /// `[n_rows, n_outputs]`
    pub(super) logits: Vec<f32>,
    /// Gradients by the outputs of a layer, and by its inputs.
    pub(super) gradients: [Vec<f32>; 2],
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

/// Buffers of a hidden layer, `[n_rows, width]`.
#[derive(Clone, Debug)]
pub(super) struct LayerSpace {
    pub(super) activations: Vec<f32>,
    pub(super) slopes: Vec<f32>,
    /// Empty without learned slopes.
    pub(super) strengths: Vec<f32>,
}

impl Workspace {
    /// Buffers for `network` and up to `max_rows` rows.
    ///
    /// ```
    /// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
    /// use kitae_model::host::{HostNetwork, Workspace};
    ///
    /// let network = HostNetwork::new(&small::config(), &small::network().weights()[0])?;
    /// // No pass has been made.
    /// assert!(Workspace::new(&network, 256).logits(&network).is_empty());
    /// # Ok::<(), kitae_model::WeightsError>(())
    /// ```
    pub fn new(network: &HostNetwork, max_rows: usize) -> Self {
        let config = network.config();
        let space = |width: usize| vec![0.0; max_rows * width];
        let widest = config.hidden.iter().copied().fold(config.d_input().max(config.n_outputs), usize::max);
        let n_waves = config.periodic.map_or(0, |periodic| periodic.n_numbers * periodic.n_frequencies);
        let is_learned = config.slope == Slope::Learned;
        let layer = |width: &usize| LayerSpace {
            activations: space(*width),
            slopes: space(*width),
            strengths: space(if is_learned { *width } else { 0 }),
        };
        Self {
            max_rows,
            n_rows: 0,
            input: space(config.d_input()),
            embedded: InputSpace {
                unscaled: space(if network.parts.input_scale.is_some() { config.d_input() } else { 0 }),
                waves: [space(n_waves), space(n_waves)],
                pieces: PieceSpace::new(config.piecewise, max_rows),
            },
            layers: config.hidden.iter().map(layer).collect(),
            logits: space(config.n_outputs),
            gradients: [space(widest), space(widest)],
        }
    }

    /// How many rows fit.
    ///
    /// ```
    /// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
    /// use kitae_model::host::{HostNetwork, Workspace};
    ///
    /// let network = HostNetwork::new(&small::config(), &small::network().weights()[0])?;
    /// assert_eq!(Workspace::new(&network, 256).max_rows(), 256);
    /// # Ok::<(), kitae_model::WeightsError>(())
    /// ```
    pub fn max_rows(&self) -> usize {
        self.max_rows
    }

    /// Outputs of the last pass, `[n_rows, n_outputs]`.
    ///
    /// ```
    /// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
    /// use kitae_model::host::{HostNetwork, HostRows, Workspace};
    ///
    /// let network = HostNetwork::new(&small::config(), &small::network().weights()[0])?;
    /// let mut work = Workspace::new(&network, 2);
    /// let logits = network.forward(&HostRows { numbers: &[0.5, -1.0], codes: &[] }, &mut work).to_vec();
    /// assert_eq!(work.logits(&network), logits);
    /// # Ok::<(), kitae_model::WeightsError>(())
    /// ```
    pub fn logits(&self, network: &HostNetwork) -> &[f32] {
        &self.logits[..self.n_rows * network.config().n_outputs]
    }
}
