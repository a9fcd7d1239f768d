//! Experiments on recipes: what each lever of a training earns on the rows at hand.
//!
//! The ledger switches one lever after the other around a recipe. Every variant is trained on the same
//! folds with the same seeds and row orders; its learning rate is chosen anew, fold by fold, on the stop
//! rows; the score rows decide nothing. [`judge()`] makes paired tests of the scores and allows for the
//! number of levers asked about.
//!
//! [`tune`] searches among all levers at once, under a budget.
//!
//! ```
//! # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/moons.in")); }
//! use kitae_lab::{LedgerConfig, Progress, Verdict, judge, menu, run_ledger};
//!
//! let (problem, recipe) = moons::problem_and_recipe()?;
//! // Two levers of the menu; a ledger of all takes its time.
//! let mut levers = menu(&recipe, &problem.facts).levers;
//! levers.retain(|lever| ["relu", "weight decay 0"].contains(&lever.name.as_str()));
//! let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
//! let trials = run_ledger(&problem, &config, Vec::new(), &moons::place(), &mut |_: &Progress| {})?;
//! // The recipe itself and two levers on the first dealing of the rows; then who gained goes on.
//! assert!(trials.len() >= 3);
//! let judgement = judge(&recipe, &levers, &trials);
//! assert!(judgement.levers.iter().all(|lever| lever.verdict != Verdict::NotTried));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkup;
pub mod diagnose;
pub mod drift;
pub mod importance;
pub mod judge;
mod keys;
pub mod ledger;
pub mod lever;
pub mod log;
mod menu;
pub mod outer;
pub mod proof;
pub mod size_curve;
mod trial;
pub mod tune;

pub use checkup::Checkup;
pub use diagnose::{Diagnosis, diagnose};
pub use drift::{Drift, drift};
pub use importance::{ColumnImportance, Importance, ImportanceConfig, Spread, importance};
pub use judge::{Judgement, LeverReport, Verdict, judge};
pub use ledger::{LedgerConfig, Progress, run_ledger};
pub use lever::{Family, Lever};
pub use menu::{Menu, Refused, menu};
pub use outer::{Combined, OuterReport, combine, hold_back, measure};
pub use size_curve::{SizeCurve, size_curve};
pub use trial::{FoldScore, Outcome, Trial};
