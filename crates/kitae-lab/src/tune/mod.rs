//! The search for a recipe under a budget of time or trials.
//!
//! Levers have the ranges that the authors of strong recipes published ([`space()`]); the first trial is the
//! recipe that the space lies around, so on the rows that choose the result is never worse. Which point comes
//! next is said by a tree-structured Parzen estimator ([`propose`]), hopeless trials are given up after a
//! fold ([`is_through`]), and all of it is in a file that survives a kill and that several processes can
//! share ([`Store`]). A trial is judged on validation rows, and the best of them once more as a model
//! predicts ([`bag`]); [`look`] measures what was found on rows that no trial saw.

mod around;
mod final_selection;
pub(crate) mod folds;
mod halving;
mod normal;
mod published;
mod range;
mod record;
mod report;
mod space;
mod store;
mod study;
mod tpe;
mod trial;

pub use around::space;
pub use final_selection::{Bag, bag, best_bag, finalists, repeats};
pub use halving::{is_through, steps};
pub use range::Range;
pub use record::StudyRecord;
pub use report::{HoldoutLook, HoldoutScore, look, optimism};
pub use space::{Axis, Change, Point, Space, When, Write};
pub use store::{Claim, Ending, Store, Worker};
pub use study::{StudyConfig, StudyEvent, check_rows, run_study};
pub use tpe::{Tried, propose};
pub use trial::{Delivery, State, Study, StudyError, StudyTrial, best_trial, seconds_spent};
