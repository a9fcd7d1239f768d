//! Experiments on recipes: what each lever of a training earns on the rows at hand.
//!
//! The ledger switches one lever after the other around a recipe. Every variant is trained on the same folds
//! with the same seeds and row orders; its learning rate is chosen anew, fold by fold, on the validation
//! rows; the held-out rows decide nothing. [`compare_levers`] makes paired tests of the scores and allows for
//! the number of levers asked about.
//!
//! [`tune`] searches among all levers at once, under a budget.

mod checkup;
pub mod diagnose;
pub mod drift;
pub mod holdout;
pub mod importance;
pub mod ledger;
pub mod lever;
pub mod log;
mod menu;
mod paired;
pub mod proof;
mod rows;
pub mod size_curve;
mod trial;
pub mod tune;
pub mod verdict;

pub use checkup::Checkup;
pub use diagnose::{Diagnosis, diagnose};
pub use drift::{Drift, drift};
pub use holdout::{Combined, HoldoutReport, combine, hold_back, measure};
pub use importance::{ColumnImportance, Importance, ImportanceConfig, Spread, importance};
pub use ledger::{LedgerConfig, Progress, run_ledger};
pub use lever::{Family, Lever};
pub use menu::{Menu, Refused, menu};
pub use size_curve::{SizeCurve, size_curve};
pub use trial::{FoldScore, Trial, TrialOutcome};
pub use verdict::{Judgement, LeverReport, Verdict, compare_levers};
