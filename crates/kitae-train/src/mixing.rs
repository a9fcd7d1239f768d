//! Mixing: what becomes of the rows of a batch before a network learns from them.
//!
//! Each batch of a lane draws once what happens to all of its rows. The draws have names (seed, lane,
//! epoch, step), so a lane mixes the same rows in any pack and after a resumption. Only training rows are
//! mixed; validation and held-out rows never are.
//!
//! ```
//! use kitae_train::mixing::Mixing;
//!
//! let mixing: Mixing = toml::from_str("kind = 'mixup'\nalpha = 0.4")?;
//! assert_eq!(mixing, Mixing::Mixup { alpha: 0.4 });
//! # Ok::<(), toml::de::Error>(())
//! ```

mod draw;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::defaults::thousandths;
pub(crate) use draw::{Columns, Mix, Source};

/// How the training rows of a batch are mixed.
///
/// A row's partner is another row of its batch: partners are a permutation of the batch. With λ the
/// share that a row keeps, the loss is λ · the loss with its own target + (1 − λ) · the loss with its
/// partner's, for classes and for values. As the partners of a batch are the rows of the batch, both
/// means divide by the same sum of class weights: a class weighs what it weighs without mixing. The
/// training loss in the record is that of the mixed rows.
///
/// A column is a column of the table: the numbers that are made of one (one for each level, the parts
/// of a time, the mark of a missing cell) go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Mixing {
    /// Rows stay as they are.
    #[default]
    None,
    /// Rows become λ · row + (1 − λ) · partner, with one λ ~ Beta(`alpha`, `alpha`) a batch (Zhang et
    /// al., mixup, 2018).
    ///
    /// `NOTE[DIFF]`: Category codes have no mean. Each row takes each of its codes from its partner with
    /// the probability 1 − λ.
    Mixup {
        /// From 0.001 to 1000: the larger, the nearer λ is to one half. Zhang et al. use 0.2 for
        /// `ImageNet` and find 0.1 to 0.4 best there.
        #[serde(default = "thousandths::<200>")]
        alpha: f64,
    },
    /// With `probability`, some columns of a batch are taken from the partners, the same columns in all
    /// rows; λ is the share of the columns that rows keep (Yun et al., `CutMix`, 2019; for rows of a table
    /// Kadra et al., Well-tuned Simple Nets, 2021).
    CutMix {
        /// How often a batch is mixed, in [0, 1]. Yun et al.: 0.5 for CIFAR, 1 for `ImageNet`.
        #[serde(default = "thousandths::<500>")]
        probability: f64,
        /// The share of columns taken is Beta(`alpha`, `alpha`), rounded to whole columns; from 0.001 to
        /// 1000. Both papers: 1, any share is as likely.
        #[serde(default = "thousandths::<1000>")]
        alpha: f64,
    },
    /// With `probability`, a share of the columns of a batch is blanked, the same columns in all rows;
    /// targets stay (`DeVries` and Taylor, Cutout, 2017; for rows of a table Kadra et al. 2021). A blank
    /// number is 0, the median of numbers that are scaled by it; a blank code is 0, a missing cell.
    CutOut {
        /// How often columns of a batch are blanked, in [0, 1]. Kadra et al. search the whole range.
        #[serde(default = "thousandths::<500>")]
        probability: f64,
        /// Which share of the columns, in (0, 1): rounded, at least one column, never all. Kadra et al.
        /// search the whole range.
        #[serde(default = "thousandths::<200>")]
        share: f64,
    },
}

impl Mixing {
    /// Whether a row needs another one in its batch.
    pub fn needs_partners(&self) -> bool {
        matches!(self, Self::Mixup { .. } | Self::CutMix { .. })
    }
}
