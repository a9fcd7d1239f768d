//! The lever of numerical embeddings.

use kitae_model::{MAX_BINS, Periodic, Piecewise};
use serde::{Deserialize, Serialize};

/// Numerical embeddings: what a quantity becomes beside itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NumberEmbedding {
    /// Nothing.
    #[default]
    None,
    /// The outputs of a small periodic network of its own (`RealMLP`'s PBLD).
    Periodic {
        /// Frequencies of each quantity, positive. `RealMLP`-TD: 16.
        #[serde(default = "sixteen")]
        n_frequencies: usize,
        /// Outputs of each quantity, positive. `RealMLP`-TD: 3.
        #[serde(default = "three")]
        d_embedding: usize,
        /// Standard deviation of the first frequencies, positive. `RealMLP`-TD: 0.1.
        #[serde(default = "tenth")]
        sigma: f64,
    },
    /// A linear embedding plus what each bin between quantiles of the training rows adds to it
    /// (Gorishniy et al. 2022, in the version of `TabM`, Gorishniy et al. 2025).
    PiecewiseLinear {
        /// The most bins of each quantity, 2 to [`MAX_BINS`](kitae_model::MAX_BINS). `TabM`: 48.
        #[serde(default = "forty_eight")]
        n_bins: usize,
        /// Outputs of each quantity, positive. `TabM`: 16; with 4 there were fewer errors
        /// (`docs/defaults.md`).
        #[serde(default = "four")]
        d_embedding: usize,
    },
}

impl NumberEmbedding {
    /// `RealMLP`-TD's: 16 frequencies of deviation 0.1, 3 outputs.
    pub fn periodic() -> Self {
        Self::Periodic { n_frequencies: sixteen(), d_embedding: three(), sigma: tenth() }
    }

    /// `TabM`'s 48 bins, and 4 outputs.
    pub fn piecewise_linear() -> Self {
        Self::PiecewiseLinear { n_bins: forty_eight(), d_embedding: four() }
    }

    /// Checks every number; `key` is the place in the recipe, for the message.
    ///
    /// # Errors
    ///
    /// A sentence that says which key is out of which range.
    pub fn check(&self, key: &str) -> Result<(), String> {
        let within = |name: &str, value: usize, low: usize, high: usize| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(format!("`{key}.{name}` must be {low} to {high}, got {value}"))
        };
        match *self {
            Self::None => Ok(()),
            Self::Periodic { n_frequencies, d_embedding, sigma } => {
                within("n_frequencies", n_frequencies, 1, 4096)?;
                within("d_embedding", d_embedding, 1, 4096)?;
                if sigma > 0.0 && sigma <= 1e6 {
                    return Ok(());
                }
                Err(format!("`{key}.sigma` must be positive and at most 1e6, got {sigma}"))
            }
            Self::PiecewiseLinear { n_bins, d_embedding } => {
                within("n_bins", n_bins, 2, MAX_BINS)?;
                within("d_embedding", d_embedding, 1, 4096)
            }
        }
    }

    /// The periodic embeddings of a table with this many quantities.
    pub(crate) fn of_periodic(&self, n_numbers: usize) -> Option<Periodic> {
        match *self {
            Self::Periodic { n_frequencies, d_embedding, sigma } if n_numbers > 0 => {
                Some(Periodic { n_numbers, n_frequencies, d_embedding, sigma })
            }
            _ => None,
        }
    }

    /// The piecewise-linear embeddings of a table with this many quantities.
    pub(crate) fn of_piecewise(&self, n_numbers: usize) -> Option<Piecewise> {
        match *self {
            Self::PiecewiseLinear { n_bins, d_embedding } if n_numbers > 0 => {
                Some(Piecewise { n_numbers, n_bins, d_embedding })
            }
            _ => None,
        }
    }
}

fn forty_eight() -> usize {
    48
}

fn four() -> usize {
    4
}

fn sixteen() -> usize {
    16
}

fn three() -> usize {
    3
}

fn tenth() -> f64 {
    0.1
}
