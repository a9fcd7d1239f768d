//! The hyperparameters of numerical embeddings.

use kitae_model::{Periodic, Piecewise};
use serde::{Deserialize, Serialize};

use crate::defaults::{thousandths, whole};

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
        #[serde(default = "whole::<16>")]
        n_frequencies: usize,
        /// Outputs of each quantity, positive. `RealMLP`-TD: 3.
        #[serde(default = "whole::<3>")]
        d_embedding: usize,
        /// Standard deviation of the first frequencies, positive. `RealMLP`-TD: 0.1.
        #[serde(default = "thousandths::<100>")]
        sigma: f64,
    },
    /// A linear embedding plus what each bin between quantiles of the training rows adds to it
    /// (Gorishniy et al. 2022, in the version of `TabM`, Gorishniy et al. 2025).
    PiecewiseLinear {
        /// The most bins of each quantity, 2 to [`MAX_BINS`](kitae_model::MAX_BINS). `TabM`: 48.
        #[serde(default = "whole::<48>")]
        n_bins: usize,
        /// Outputs of each quantity, positive. `TabM`: 16; with 4 there were fewer errors
        /// (`docs/defaults.md`).
        #[serde(default = "whole::<4>")]
        d_embedding: usize,
    },
}

impl NumberEmbedding {
    /// `RealMLP`-TD's: 16 frequencies of deviation 0.1, 3 outputs.
    pub fn periodic() -> Self {
        Self::Periodic { n_frequencies: 16, d_embedding: 3, sigma: 0.1 }
    }

    /// `TabM`'s 48 bins, and 4 outputs.
    pub fn piecewise_linear() -> Self {
        Self::PiecewiseLinear { n_bins: 48, d_embedding: 4 }
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
