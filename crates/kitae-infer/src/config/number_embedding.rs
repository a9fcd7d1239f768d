//! Numerical embeddings: what a network makes of its numeric inputs beside themselves.

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Numerical embeddings: each of the first `n_numbers` numeric inputs x gets a small network of its
/// own, W·cos(2π·f·x + φ) + b, whose outputs join x as inputs of the first layer. `RealMLP` calls it
/// PBLD: periodic, with bias, linear, dense (Holzmüller et al. 2024, after Gorishniy et al. 2022).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Periodic {
    /// How many of the numeric inputs are embedded; they come first. Positive.
    pub n_numbers: usize,
    /// Frequencies f of each input. `RealMLP`: 16.
    pub n_frequencies: usize,
    /// Outputs of each input beside itself. `RealMLP`: 3.
    pub d_embedding: usize,
    /// Standard deviation of the first frequencies. `RealMLP`: 0.1.
    pub sigma: f64,
}

/// Numerical embeddings: each of the first `n_numbers` numeric inputs x becomes w·x + b + W·PLE(x),
/// whose outputs join x as inputs of the first layer. PLE(x) says how far x has come through each of
/// `n_bins` bins: 1 for those below it, a share for the one it lies in, 0 for those above (Gorishniy
/// et al. 2022; version B of rtdl-num-embeddings, Gorishniy et al. 2025).
///
/// The edges of the bins are quantiles of the rows that `kitae_model::Network::fit_bins` sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piecewise {
    /// How many of the numeric inputs are embedded; they come first. Positive.
    pub n_numbers: usize,
    /// The most bins of an input, 2 to [`MAX_BINS`]; where quantiles coincide it has fewer. `TabM`: 48.
    pub n_bins: usize,
    /// Outputs of each input beside itself. `TabM`: 16.
    pub d_embedding: usize,
}

/// Bins that an input of a [`Piecewise`] embedding may have; `TabM`'s search goes up to 128.
pub const MAX_BINS: usize = 1024;

impl Periodic {
    pub(super) fn check(&self, d_numbers: usize) -> Result<(), ConfigError> {
        if self.n_numbers == 0 || self.n_numbers > d_numbers {
            return Err(ConfigError::PeriodicNumbers { n_numbers: self.n_numbers, d_numbers });
        }
        if self.n_frequencies == 0 || self.d_embedding == 0 {
            return Err(ConfigError::EmptyPeriodic);
        }
        if !(self.sigma > 0.0 && self.sigma <= 1e6) {
            return Err(ConfigError::PeriodicSigma { sigma: self.sigma.to_string() });
        }
        Ok(())
    }

    /// Outputs of all embeddings, and numbers they hold; `None` when it does not fit a `usize`.
    pub(super) fn checked_counts(&self) -> Option<(usize, usize)> {
        let map = self.n_frequencies.checked_add(1)?.checked_mul(self.d_embedding)?;
        let each = map.checked_add(self.n_frequencies.checked_mul(2)?)?;
        Some((self.n_numbers.checked_mul(self.d_embedding)?, self.n_numbers.checked_mul(each)?))
    }
}

impl Piecewise {
    pub(super) fn check(&self, d_numbers: usize) -> Result<(), ConfigError> {
        if self.n_numbers == 0 || self.n_numbers > d_numbers {
            return Err(ConfigError::PiecewiseNumbers { n_numbers: self.n_numbers, d_numbers });
        }
        if !(2..=MAX_BINS).contains(&self.n_bins) {
            return Err(ConfigError::PiecewiseBins { n_bins: self.n_bins });
        }
        if self.d_embedding == 0 {
            return Err(ConfigError::EmptyPiecewise);
        }
        Ok(())
    }

    /// Outputs of all embeddings, and numbers they hold; `None` when it does not fit a `usize`.
    pub(super) fn checked_counts(&self) -> Option<(usize, usize)> {
        let maps = self.n_bins.checked_add(2)?.checked_mul(self.d_embedding)?;
        let each = maps.checked_add(self.n_bins.checked_add(1)?)?;
        Some((self.n_numbers.checked_mul(self.d_embedding)?, self.n_numbers.checked_mul(each)?))
    }
}
