//! Schedules: factors of a base value over the epochs of a training.
//!
//! ```
//! use kitae_train::schedule::{Elapsed, Schedule, ScheduleConfig};
//!
//! let schedule = ScheduleConfig { shape: Schedule::Cosine { floor: 0.0 }, warm_up_epochs: 2.0 };
//! let factor = |epoch| schedule.factor(&Elapsed { epoch, n_epochs: 10.0 });
//! assert_eq!([factor(0.0), factor(1.0), factor(2.0)], [0.0, 0.5, 1.0]);
//! assert!((factor(6.0) - 0.5).abs() < 1e-12);
//! ```

mod plateau;
#[cfg(test)]
mod tests;

use std::f64::consts::{PI, TAU};

use serde::{Deserialize, Serialize};

use crate::defaults::thousandths;
pub use plateau::{Plateau, PlateauState};

/// The course of a factor, 1 being the base value. `t` is the share of the planned epochs that is
/// done, in [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Schedule {
    /// Always 1.
    #[default]
    Constant,
    /// `factor` to the number of whole steps of `every_epochs`.
    Step {
        /// Epochs between two steps, positive.
        every_epochs: f64,
        /// What each step multiplies by, in (0, 1].
        factor: f64,
    },
    /// `factor` to the number of epochs, fractions included.
    Exponential {
        /// What an epoch multiplies by, in (0, 1].
        factor: f64,
    },
    /// Half a cosine from 1 to `floor`: floor + (1 − floor)·(1 + cos πt)/2 (Loshchilov and Hutter,
    /// SGDR, 2017, without restarts).
    Cosine {
        /// Where it ends, in [0, 1].
        #[serde(default)]
        floor: f64,
    },
    /// The same cosine again and again, each cycle `growth` times as long as the one before
    /// (Loshchilov and Hutter, SGDR, 2017).
    WarmRestarts {
        /// Length of the first cycle in epochs, positive.
        first_epochs: f64,
        /// 1, or between 1.001 and 10⁶.
        growth: f64,
        /// Where each cycle ends, in [0, 1].
        #[serde(default)]
        floor: f64,
    },
    /// Up to 1 and down again, both along half a cosine (Smith and Topin, Super-Convergence, 2018).
    OneCycle {
        /// Share of the epochs that go up, in (0, 1); `PyTorch`'s default is 0.3.
        #[serde(default = "thousandths::<300>")]
        rise_share: f64,
        /// Where it starts, in [0, 1]; `PyTorch`'s default is 1/25.
        #[serde(default = "thousandths::<40>")]
        start: f64,
        /// Where it ends, in [0, 1]; `PyTorch`'s default is 1/250,000.
        #[serde(default = "end")]
        end: f64,
    },
    /// `k` cosine waves that start and end at 0, each about twice as long as the one before:
    /// (1 − cos(2π·log₂(1 + (2ᵏ − 1)·t)))/2 (Holzmüller et al., Better by Default, 2024).
    Coslog {
        /// How many waves, positive, at most 30; `RealMLP` has 4.
        #[serde(default = "thousandths::<4000>")]
        k: f64,
    },
    /// 1 for the first half, then half a cosine to 0 (Holzmüller et al., Better by Default, 2024).
    FlatCos,
}

fn end() -> f64 {
    1.0 / 250_000.0
}

/// A schedule with an optional linear warm-up before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleConfig {
    /// What comes after the warm-up.
    pub shape: Schedule,
    /// Epochs in which the factor rises in a straight line from 0 to where `shape` starts; the shape
    /// has the remaining epochs. Zero for none.
    #[serde(default)]
    pub warm_up_epochs: f64,
}

/// How far a training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elapsed {
    /// Epochs done; half of the sixth is 5.5.
    pub epoch: f64,
    /// Epochs planned.
    pub n_epochs: f64,
}

impl From<Schedule> for ScheduleConfig {
    fn from(shape: Schedule) -> Self {
        Self { shape, warm_up_epochs: 0.0 }
    }
}

impl ScheduleConfig {
    /// The factor at `elapsed`, in [0, 1]. Beyond the planned epochs it stays where it ended.
    pub fn factor(&self, elapsed: &Elapsed) -> f64 {
        let warm_up = self.warm_up_epochs;
        let rest = Elapsed { epoch: elapsed.epoch - warm_up, n_epochs: elapsed.n_epochs - warm_up };
        if elapsed.epoch < warm_up {
            let ramp = (elapsed.epoch / warm_up).max(0.0);
            return ramp * self.shape.factor(&Elapsed { epoch: 0.0, ..rest });
        }
        self.shape.factor(&rest)
    }
}

impl Schedule {
    fn factor(&self, elapsed: &Elapsed) -> f64 {
        let epoch = elapsed.epoch.max(0.0);
        let t = elapsed.share();
        match *self {
            Self::Constant => 1.0,
            Self::Step { every_epochs, factor } => factor.powf((epoch / every_epochs).floor()),
            Self::Exponential { factor } => factor.powf(epoch),
            Self::Cosine { floor } => between(floor, 1.0, half_cosine(t)),
            Self::WarmRestarts { first_epochs, growth, floor } => {
                between(floor, 1.0, half_cosine(share_of_cycle(epoch / first_epochs, growth)))
            }
            Self::OneCycle { rise_share, start, .. } if t < rise_share => {
                between(1.0, start, half_cosine(t / rise_share))
            }
            Self::OneCycle { rise_share, end, .. } => {
                between(end, 1.0, half_cosine((t - rise_share) / (1.0 - rise_share)))
            }
            Self::Coslog { k } => (1.0 - (TAU * (1.0 + (k.exp2() - 1.0) * t).log2()).cos()) / 2.0,
            Self::FlatCos => half_cosine((2.0 * t - 1.0).max(0.0)),
        }
    }
}

impl Elapsed {
    /// The share that is done, in [0, 1]; all of it where nothing is planned.
    fn share(&self) -> f64 {
        if self.n_epochs > 0.0 { (self.epoch / self.n_epochs).clamp(0.0, 1.0) } else { 1.0 }
    }
}

/// From 1 at 0 to 0 at 1.
fn half_cosine(t: f64) -> f64 {
    f64::midpoint(1.0, (PI * t).cos())
}

/// `low` at 0, `high` at 1.
fn between(low: f64, high: f64, share: f64) -> f64 {
    low + (high - low) * share
}

/// How much of its cycle is done after `time` (in lengths of the first cycle), in [0, 1]. Cycle i
/// starts at (growthⁱ − 1)/(growth − 1).
fn share_of_cycle(time: f64, growth: f64) -> f64 {
    if growth == 1.0 {
        return time.fract();
    }
    let starts = |cycle: f64| (growth.powf(cycle) - 1.0) / (growth - 1.0);
    let guess = ((time * (growth - 1.0)).ln_1p() / growth.ln()).floor();
    // A restart falls on a whole epoch as a rule: rounding must not put it off to the next step.
    let cycle = if starts(guess + 1.0) <= time * (1.0 + 1e-12) { guess + 1.0 } else { guess };
    ((time - starts(cycle)) / growth.powf(cycle)).clamp(0.0, 1.0)
}
