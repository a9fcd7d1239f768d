//! Which neurons of a lane are silent in a step.

use crate::lane::Lane;
use crate::noise::{Silence, threshold};

/// The dropout of one step of a lane: the same neurons as [`Noise`](crate::Noise) silences.
///
/// ```
/// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
/// use kitae_model::host::{HostNetwork, HostNoise, HostRows, Workspace};
///
/// let network = HostNetwork::new(&small::config(), &small::network().weights()[0])?;
/// let rows = HostRows { numbers: &[0.5, -1.0], codes: &[] };
/// let mut work = Workspace::new(&network, 1);
/// let noise = HostNoise::new(small::LANES[0], 0, 0, &[1.0]);
/// // With all neurons silent the output's bias is left.
/// assert_eq!(network.forward_train(&rows, 0, &noise, &mut work), [0.0]);
/// # Ok::<(), kitae_model::WeightsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HostNoise {
    /// For each hidden layer, which activations are silenced.
    layers: Vec<Option<Silence>>,
}

impl HostNoise {
    /// The noise of a step, with one rate for each hidden layer, rounded as in
    /// [`DropoutRates`](crate::DropoutRates).
    ///
    /// ```
    /// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
    /// use kitae_model::host::{HostNetwork, HostNoise, HostRows, Workspace};
    ///
    /// let network = HostNetwork::new(&small::config(), &small::network().weights()[0])?;
    /// let rows = HostRows { numbers: &[0.5, -1.0], codes: &[] };
    /// let mut work = Workspace::new(&network, 1);
    /// let mut logit = |step| {
    ///     let noise = HostNoise::new(small::LANES[0], 0, step, &[0.5]);
    ///     network.forward_train(&rows, 0, &noise, &mut work)[0]
    /// };
    /// assert_eq!(logit(0), logit(0));
    /// assert_ne!(logit(0), logit(1));
    /// # Ok::<(), kitae_model::WeightsError>(())
    /// ```
    pub fn new(lane: Lane, epoch: u64, step: u64, rates: &[f64]) -> Self {
        let layer = |(layer, rate): (usize, &f64)| {
            let threshold = threshold(*rate);
            (threshold > 0).then(|| Silence::new(lane, epoch, step, layer, threshold))
        };
        Self { layers: rates.iter().enumerate().map(layer).collect() }
    }

    /// The place of the first activation of `layer` in row `first_row` of the step, and what silences
    /// them; none when nothing does.
    pub(super) fn of(&self, layer: usize, first_row: usize, width: usize) -> Option<(u32, Silence)> {
        let silence = (*self.layers.get(layer)?)?;
        Some((first_row.wrapping_mul(width) as u32, silence))
    }
}
