//! What a network is made of: widths, activation, normalisation, parametrisation, initial weights.

mod ensemble;
mod error;
mod number_embedding;

use serde::{Deserialize, Serialize};

pub use ensemble::{Ensemble, MAX_MEMBERS};
pub use error::ConfigError;
pub use number_embedding::{MAX_BINS, Periodic, Piecewise};

use crate::layout::{Slot, layout};

/// The shape and the kind of a network. All lanes of a pack share one.
///
/// Equal configurations with equal weights compute equal functions; nothing else decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// Number of numeric inputs.
    pub d_numbers: usize,
    /// For each categorical input, how many codes it has; codes run from 0 to that number less one.
    pub cardinalities: Vec<usize>,
    /// Width of the embedding of each categorical input. Unused, and may be 0, without any.
    pub d_embedding: usize,
    /// What the first of the numeric inputs become before the first layer, beside themselves.
    #[serde(default)]
    pub periodic: Option<Periodic>,
    /// What they become where [`periodic`](Self::periodic) is none; at most one of the two is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piecewise: Option<Piecewise>,
    /// Whether each input of the first linear map has a factor that is learned.
    #[serde(default)]
    pub input_scale: InputScale,
    /// Whether it is one function of a row or several that share matrices.
    #[serde(default, skip_serializing_if = "Ensemble::is_none")]
    pub ensemble: Ensemble,
    /// Widths of the hidden layers, from input to output. Empty means a linear model.
    pub hidden: Vec<usize>,
    /// Number of logits per row, and of each member of an ensemble.
    pub n_outputs: usize,
    /// The non-linear function after each hidden layer.
    pub activation: Activation,
    /// Whether each neuron learns how much of the activation to use.
    pub slope: Slope,
    /// Normalisation between the linear map and the activation of each hidden layer.
    pub normalisation: Normalisation,
    /// Whether hidden layers add their input to their output.
    pub skip: Skip,
    /// How weights enter the linear maps.
    pub parametrisation: Parametrisation,
    /// Where training starts.
    pub initialiser: Initialiser,
}

/// Whether each input of the first linear map has a factor of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputScale {
    /// No factors.
    #[default]
    None,
    /// One learned factor for each input, 1 at the start: a soft choice of inputs (`RealMLP`).
    Learned,
}

/// A non-linear function, applied to each number on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// x.
    Identity,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// tanh x.
    Tanh,
    /// max(x, 0).
    Relu,
    /// x for positive x, 0.01·x otherwise.
    LeakyRelu,
    /// x for positive x, eˣ - 1 otherwise (Clevert et al. 2016).
    Elu,
    /// λ·x for positive x, λ·α·(eˣ - 1) otherwise, with the constants of Klambauer et al. 2017.
    Selu,
    /// x·Φ(x), Φ being the normal distribution function; the exact form (Hendrycks and Gimpel 2016).
    Gelu,
    /// x / (1 + e⁻ˣ), also called swish.
    Silu,
    /// x·tanh(ln(1 + eˣ)) (Misra 2019).
    Mish,
}

/// How much of the activation f a neuron uses: x + a·(f(x) - x).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slope {
    /// a = 1: the plain activation.
    Fixed,
    /// One learned a for each neuron, 1 at the start (`RealMLP`, Holzmüller et al. 2024).
    Learned,
}

/// Normalisation of a hidden layer before its activation. Both kinds add 1e-5 to the variance and
/// learn a gain and a shift for each neuron.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// No normalisation.
    None,
    /// Over the rows of the batch, for each neuron (Ioffe and Szegedy 2015), and over the members of an
    /// [`Ensemble`], which share the statistics. Such a layer has no bias, because the mean that is
    /// subtracted would take it away again; the shift replaces it.
    Batch,
    /// Over the neurons of the layer, for each row (Ba et al. 2016).
    Layer,
}

/// Whether hidden layers add their input to their output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// They do not.
    None,
    /// A hidden layer that is as wide as the hidden layer before it does.
    Residual,
}

/// How a weight matrix W of d inputs enters its linear map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parametrisation {
    /// x·W + b.
    Standard,
    /// x·W / √d + b, so that weights of every layer are of size one (Jacot et al. 2018).
    Ntk,
}

/// The distribution of the weights at the start, for a map of `fan_in` inputs and `fan_out` outputs.
///
/// Except for [`StandardNormal`](Self::StandardNormal) it describes the map as it acts: with
/// [`Parametrisation::Ntk`] the stored weights are √`fan_in` times larger, so the network computes the
/// same function at the start under both parametrisations. Biases start at 0, gains and slopes at 1,
/// shifts at 0, embeddings as standard normal numbers, unless a variant says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initialiser {
    /// Every weight is 0. Fit for linear models; hidden layers cannot leave it.
    Zeros,
    /// Normal, variance 1 / `fan_in` (`LeCun` et al. 1998).
    LecunNormal,
    /// Uniform, variance 1 / `fan_in`.
    LecunUniform,
    /// Normal, variance 2 / (`fan_in` + `fan_out`) (Glorot and Bengio 2010).
    GlorotNormal,
    /// Uniform, variance 2 / (`fan_in` + `fan_out`).
    GlorotUniform,
    /// Normal, variance 2 / `fan_in` (He et al. 2015).
    HeNormal,
    /// Uniform, variance 2 / `fan_in`.
    HeUniform,
    /// Weights and biases uniform in ±1 / √`fan_in`, as `PyTorch` starts its linear maps.
    FanInUniform,
    /// Orthonormal rows or columns, whichever are fewer (Saxe et al. 2014).
    Orthogonal,
    /// Stored weights are standard normal numbers, the natural start for [`Parametrisation::Ntk`].
    StandardNormal,
    /// Normal, then fitted to data by `kitae_model::Network::fit_to_data`: every
    /// neuron's input gets standard deviation 1 and its kink is put among the rows (`RealMLP`).
    DataDriven,
}

/// Hidden layers that one network may have.
pub const MAX_HIDDEN: usize = 64;

/// Numbers that one lane's weights may hold in all: 2³⁰, four gigabytes.
pub const MAX_PARAMETERS: usize = 1 << 30;

impl NetworkConfig {
    /// Checks that a network can be made from this.
    ///
    /// # Errors
    ///
    /// Without inputs or outputs, with a width or cardinality of zero, with more than [`MAX_HIDDEN`]
    /// layers, [`MAX_MEMBERS`] members or [`MAX_PARAMETERS`] parameters.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.n_outputs == 0 {
            return Err(ConfigError::NoOutput);
        }
        if self.d_numbers == 0 && self.cardinalities.is_empty() {
            return Err(ConfigError::NoInput);
        }
        if let Some(column) = self.cardinalities.iter().position(|&n| n == 0) {
            return Err(ConfigError::EmptyCategory { column });
        }
        if !self.cardinalities.is_empty() && self.d_embedding == 0 {
            return Err(ConfigError::NoEmbedding);
        }
        match (&self.periodic, &self.piecewise) {
            (None, None) => {}
            (Some(periodic), None) => periodic.check(self.d_numbers)?,
            (None, Some(piecewise)) => piecewise.check(self.d_numbers)?,
            (Some(_), Some(_)) => return Err(ConfigError::TwoNumberEmbeddings),
        }
        self.ensemble.check()?;
        if let Some(layer) = self.hidden.iter().position(|&width| width == 0) {
            return Err(ConfigError::EmptyLayer { layer });
        }
        if self.hidden.len() > MAX_HIDDEN {
            return Err(ConfigError::TooDeep { n_hidden: self.hidden.len() });
        }
        match self.checked_count() {
            Some(count) if count <= MAX_PARAMETERS => Ok(()),
            _ => Err(ConfigError::TooLarge),
        }
    }

    /// Trainable numbers in one lane.
    ///
    /// It is meaningful for a configuration that passed [`check`](Self::check); one too large to
    /// count gives `usize::MAX`.
    pub fn count_parameters(&self) -> usize {
        match self.checked_count() {
            Some(_) => layout(self).iter().filter(|slot| slot.role().is_some()).map(Slot::n_values).sum(),
            None => usize::MAX,
        }
    }

    /// Numbers that enter the first linear map: numeric inputs, their embeddings, and those of the
    /// categorical inputs.
    pub fn d_input(&self) -> usize {
        let periodic = self.periodic.map_or(0, |periodic| periodic.n_numbers * periodic.d_embedding);
        let piecewise = self.piecewise.map_or(0, |piecewise| piecewise.n_numbers * piecewise.d_embedding);
        self.d_numbers + periodic + piecewise + self.cardinalities.len() * self.d_embedding
    }

    /// An upper bound of the numbers one lane holds; `None` when it does not fit a `usize`.
    fn checked_count(&self) -> Option<usize> {
        let n_codes = self.cardinalities.iter().try_fold(0_usize, |sum, &n| sum.checked_add(n))?;
        let mut count = n_codes.checked_mul(self.d_embedding)?;
        let embedded = self.cardinalities.len().checked_mul(self.d_embedding)?;
        let mut d_in = embedded.checked_add(self.d_numbers)?;
        let embeddings = [
            self.periodic.map(|periodic| periodic.checked_counts()),
            self.piecewise.map(|piecewise| piecewise.checked_counts()),
        ];
        for counts in embeddings.into_iter().flatten() {
            let (outputs, values) = counts?;
            d_in = d_in.checked_add(outputs)?;
            count = count.checked_add(values)?;
        }
        if self.input_scale == InputScale::Learned {
            count = count.checked_add(d_in)?;
        }
        let n_members = self.ensemble.n_members();
        if !self.ensemble.is_none() {
            count = count.checked_add(n_members.checked_mul(d_in)?)?;
        }
        for &d_out in &self.hidden {
            // Beside the matrix at most a bias, a slope, a gain, a shift and two statistics.
            let layer = d_in.checked_add(6)?.checked_mul(d_out)?;
            count = count.checked_add(layer)?;
            if self.ensemble.is_full() {
                let vectors = d_out.checked_mul(2)?.checked_add(d_in)?;
                count = count.checked_add(n_members.checked_mul(vectors)?)?;
            }
            d_in = d_out;
        }
        let output = d_in.checked_add(1)?.checked_mul(self.n_outputs)?;
        count.checked_add(n_members.checked_mul(output)?)
    }
}
