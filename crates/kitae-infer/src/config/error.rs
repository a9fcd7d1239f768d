//! What is wrong with a configuration.

use super::{MAX_BINS, MAX_HIDDEN, MAX_MEMBERS, MAX_PARAMETERS};

/// Why no network can be made from a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// `n_outputs` is 0.
    #[error("`n_outputs` must be positive, got 0")]
    NoOutput,
    /// There is neither a numeric nor a categorical input.
    #[error("a network needs an input, but `d_numbers` is 0 and `cardinalities` is empty")]
    NoInput,
    /// A categorical input has no codes.
    #[error("`cardinalities[{column}]` must be positive, got 0")]
    EmptyCategory {
        /// Position in `cardinalities`.
        column: usize,
    },
    /// There are categorical inputs and `d_embedding` is 0.
    #[error("`d_embedding` must be positive where there are categorical inputs, got 0")]
    NoEmbedding,
    /// More numbers are to be embedded than there are, or none.
    #[error("`periodic.n_numbers` must be 1 to {d_numbers}, the number of numeric inputs, got {n_numbers}")]
    PeriodicNumbers {
        /// How many were to be embedded.
        n_numbers: usize,
        /// How many there are.
        d_numbers: usize,
    },
    /// Numerical embeddings without frequencies or outputs.
    #[error("`periodic.n_frequencies` and `periodic.d_embedding` must be positive")]
    EmptyPeriodic,
    /// Frequencies of no, negative or undefined size.
    #[error("`periodic.sigma` must be positive and at most 1e6, got {sigma}")]
    PeriodicSigma {
        /// The value.
        sigma: String,
    },
    /// More numbers are to be embedded than there are, or none.
    #[error("`piecewise.n_numbers` must be 1 to {d_numbers}, the number of numeric inputs, got {n_numbers}")]
    PiecewiseNumbers {
        /// How many were to be embedded.
        n_numbers: usize,
        /// How many there are.
        d_numbers: usize,
    },
    /// Too few or too many bins.
    #[error("`piecewise.n_bins` must be 2 to {MAX_BINS}, got {n_bins}")]
    PiecewiseBins {
        /// How many were asked for.
        n_bins: usize,
    },
    /// Piecewise-linear embeddings without outputs.
    #[error("`piecewise.d_embedding` must be positive, got 0")]
    EmptyPiecewise,
    /// Both kinds of numerical embeddings.
    #[error("a network has `periodic` or `piecewise` numerical embeddings, not both")]
    TwoNumberEmbeddings,
    /// Too few or too many members of an ensemble.
    #[error("`ensemble.n_members` must be 1 to {MAX_MEMBERS}, got {n_members}")]
    Members {
        /// How many were asked for.
        n_members: usize,
    },
    /// A hidden layer has no neurons.
    #[error("`hidden[{layer}]` must be positive, got 0")]
    EmptyLayer {
        /// Position in `hidden`.
        layer: usize,
    },
    /// There are more hidden layers than [`MAX_HIDDEN`].
    #[error("`hidden` may have at most {MAX_HIDDEN} layers, got {n_hidden}")]
    TooDeep {
        /// Number of hidden layers asked for.
        n_hidden: usize,
    },
    /// There are more parameters than [`MAX_PARAMETERS`].
    #[error(
        "a network may have at most {MAX_PARAMETERS} parameters; make `hidden`, an embedding (of numbers or \
         of categories), `cardinalities` or `n_members` smaller"
    )]
    TooLarge,
}
