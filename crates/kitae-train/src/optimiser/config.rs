//! Which optimiser, with which constants, and what differs by role.

use std::collections::BTreeMap;

use kitae_model::Role;
use serde::{Deserialize, Serialize};

use super::{Clip, LbfgsConfig};
use crate::defaults::{thousandths, whole};

/// The rule that turns gradients into steps. Defaults are `PyTorch`'s where it has the rule, else the
/// paper's. Weight decay is decoupled from the gradient in all of them (Loshchilov and Hutter 2019);
/// the classic coupled one is the L2 penalty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum OptimiserConfig {
    /// Gradient descent with momentum.
    Sgd {
        /// Share of the last step that is kept, in [0, 1).
        #[serde(default)]
        momentum: f64,
        /// How momentum enters.
        #[serde(default)]
        acceleration: Acceleration,
    },
    /// Steps divided by the root of the sum of all squared gradients (Duchi et al. 2011).
    AdaGrad {
        /// Added to the divisor.
        #[serde(default = "tiny")]
        epsilon: f64,
    },
    /// Steps divided by the root of a moving mean of squared gradients (Hinton 2012).
    RmsProp {
        /// Memory of the mean, in [0, 1).
        #[serde(default = "thousandths::<990>")]
        smoothing: f64,
        /// Added to the divisor.
        #[serde(default = "small")]
        epsilon: f64,
    },
    /// Moving means of gradients and of their squares (Kingma and Ba 2015).
    Adam {
        /// Memory of the mean, in [0, 1).
        #[serde(default = "thousandths::<900>")]
        beta1: f64,
        /// Memory of the squares, in [0, 1).
        #[serde(default = "thousandths::<999>")]
        beta2: f64,
        /// Added to the divisor.
        #[serde(default = "small")]
        epsilon: f64,
    },
    /// [`OptimiserConfig::Adam`] by the name under which its decoupled decay is known (Loshchilov and Hutter
    /// 2019).
    AdamW {
        /// Memory of the mean, in [0, 1).
        #[serde(default = "thousandths::<900>")]
        beta1: f64,
        /// Memory of the squares, in [0, 1).
        #[serde(default = "thousandths::<999>")]
        beta2: f64,
        /// Added to the divisor.
        #[serde(default = "small")]
        epsilon: f64,
    },
    /// Adam with Nesterov's look ahead through differences of gradients (Xie et al. 2022).
    Adan {
        /// Memory of the mean, in [0, 1).
        #[serde(default = "thousandths::<980>")]
        beta1: f64,
        /// Memory of the differences, in [0, 1).
        #[serde(default = "thousandths::<920>")]
        beta2: f64,
        /// Memory of the squares, in [0, 1).
        #[serde(default = "thousandths::<990>")]
        beta3: f64,
        /// Added to the divisor.
        #[serde(default = "small")]
        epsilon: f64,
    },
    /// Steps of equal size along the sign of a moving mean (Chen et al. 2023). Wants a learning rate
    /// three to ten times smaller than Adam's.
    Lion {
        /// Share of the mean in the step, in [0, 1).
        #[serde(default = "thousandths::<900>")]
        beta1: f64,
        /// Memory of the mean, in [0, 1).
        #[serde(default = "thousandths::<990>")]
        beta2: f64,
    },
    /// Momentum made orthogonal, for weight matrices (Jordan et al. 2024); all other parameters take
    /// Adam's step with memories 0.9 and 0.999.
    Muon {
        /// Share of the last step that is kept, in [0, 1).
        #[serde(default = "thousandths::<950>")]
        momentum: f64,
        /// Newton–Schulz iterations, 1 to 20.
        #[serde(default = "whole::<5>")]
        iterations: usize,
        /// How long a step is.
        #[serde(default)]
        scale: MuonScale,
    },
    /// A quasi-Newton method on the whole training set, run by [`Lbfgs`](super::Lbfgs): on host memory,
    /// whatever the device is.
    Lbfgs(LbfgsConfig),
}

/// How momentum enters a step of gradient descent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acceleration {
    /// The step is the momentum.
    #[default]
    Classical,
    /// The step looks one momentum ahead (Nesterov 1983, in the form of Sutskever et al. 2013).
    Nesterov,
}

/// How long a step of Muon is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MuonScale {
    /// 0.2·√max(`d_in`, `d_out`): about as long as Adam's, so that one learning rate serves the weights
    /// and the rest (Liu et al., Muon is Scalable, 2025).
    #[default]
    LikeAdam,
    /// √max(1, `d_out`/`d_in`) (Jordan et al. 2024).
    Aspect,
}

fn tiny() -> f64 {
    1e-10
}

fn small() -> f64 {
    1e-8
}

impl OptimiserConfig {
    /// Adam with `PyTorch`'s constants.
    pub fn adam() -> Self {
        Self::Adam { beta1: thousandths::<900>(), beta2: thousandths::<999>(), epsilon: small() }
    }

    /// Whether it is [`OptimiserConfig::Lbfgs`], which needs the whole training set in every step.
    pub fn is_lbfgs(&self) -> bool {
        matches!(self, Self::Lbfgs(_))
    }

    /// The rule for parameters of this role.
    pub(super) fn of(&self, role: Role) -> Self {
        if matches!(self, Self::Muon { .. }) && role != Role::Weight { Self::adam() } else { *self }
    }
}

/// All that shapes a step besides its [`Rates`](super::Rates).
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateConfig {
    /// The rule.
    pub optimiser: OptimiserConfig,
    /// Factors of learning rate and decay by role.
    pub groups: Groups,
    /// The bound of the gradient.
    pub clip: Clip,
    /// The largest norm of the incoming weights of a unit, for [`Role::Weight`] and
    /// [`Role::MemberWeight`].
    pub max_norm: Option<f64>,
}

impl From<OptimiserConfig> for UpdateConfig {
    /// The bare rule: neutral groups, no clipping, no limit.
    fn from(optimiser: OptimiserConfig) -> Self {
        Self { optimiser, groups: Groups::default(), clip: Clip::None, max_norm: None }
    }
}

/// Factors by role; a role that is not named has 1 and 1. What belongs to a member of an ensemble has roles
/// of its own: `member_scale` (factors) and `member_weight` (output maps); `TabM` trains both as it trains
/// weights, decay included, so no preset names them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Groups(pub BTreeMap<Role, Factors>);

/// What a role multiplies its rates by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Factors {
    /// Factor of the learning rate, zero or more.
    pub learning_rate: f64,
    /// Factor of the decay, zero or more. The decay of a step is also multiplied by the factor of the
    /// learning rate.
    pub weight_decay: f64,
}

impl Default for Factors {
    fn default() -> Self {
        Self { learning_rate: 1.0, weight_decay: 1.0 }
    }
}

impl Groups {
    /// `RealMLP`-TD's groups (Holzmüller et al. 2024): biases, slopes and periodic embeddings of numbers
    /// learn at a tenth, input scales at six times the rate; biases do not decay. pytabkit multiplies the
    /// decay by the squares of the factors, 0.01 for slopes and 36 for scales, and so does this. Beside it,
    /// norms do not decay, and piecewise embeddings decay at a tenth (`docs/defaults.md`).
    pub fn realmlp() -> Self {
        let factors = |learning_rate, weight_decay| Factors { learning_rate, weight_decay };
        Self(BTreeMap::from([
            (Role::Bias, factors(0.1, 0.0)),
            (Role::NumberEmbedding, factors(0.1, 0.1)),
            (Role::PiecewiseEmbedding, factors(1.0, 0.1)),
            (Role::Slope, factors(0.1, 0.1)),
            (Role::NormGain, factors(1.0, 0.0)),
            (Role::NormShift, factors(1.0, 0.0)),
            (Role::InputScale, factors(6.0, 6.0)),
        ]))
    }

    /// The factors of a role.
    pub fn of(&self, role: Role) -> Factors {
        self.0.get(&role).copied().unwrap_or_default()
    }
}
