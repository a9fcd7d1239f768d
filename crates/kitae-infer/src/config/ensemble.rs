//! Ensembles within one network, whose members share its matrices.

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Whether a network is one function of a row or several, its members, that share the matrices of
/// the hidden layers (`TabM`, Gorishniy, Kotelnikov and Babenko 2025).
///
/// A row passes as `n_members` rows, one for each member, and each member has an output map of its own.
/// Members are trained each on its own loss, and the mean of their predictions is the network's.
///
/// Hidden maps start the same for all members but for the factors of the inputs: one random number for
/// each numeric input, its embeddings included, and for each categorical input. It is standard normal
/// where there are numerical embeddings and else 1 or -1. All other factors start at 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ensemble {
    /// One function.
    #[default]
    None,
    /// Each member has factors of the inputs of the first linear map, and shares the hidden layers.
    TabMMini {
        /// 1 to [`MAX_MEMBERS`]. `TabM`: 32.
        #[serde(default = "thirty_two")]
        n_members: usize,
    },
    /// Each member also has factors of the inputs and of the outputs of every hidden map, and its
    /// biases: ((x·r)·W)·s + b (after `BatchEnsemble`, Wen et al. 2020).
    TabM {
        /// 1 to [`MAX_MEMBERS`]. `TabM`: 32.
        #[serde(default = "thirty_two")]
        n_members: usize,
    },
}

/// Members that one network may have.
pub const MAX_MEMBERS: usize = 256;

impl Ensemble {
    /// How many rows a row passes as: 1 without an ensemble.
    pub fn n_members(self) -> usize {
        match self {
            Self::None => 1,
            Self::TabMMini { n_members } | Self::TabM { n_members } => n_members,
        }
    }

    /// Whether it is none.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// Whether hidden maps have factors and biases for each member.
    pub(crate) fn is_full(self) -> bool {
        matches!(self, Self::TabM { .. })
    }

    pub(super) fn check(self) -> Result<(), ConfigError> {
        let n_members = self.n_members();
        if (1..=MAX_MEMBERS).contains(&n_members) { Ok(()) } else { Err(ConfigError::Members { n_members }) }
    }
}

fn thirty_two() -> usize {
    32
}
