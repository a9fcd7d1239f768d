//! The search for a recipe under a budget of time or trials.
//!
//! Levers have the ranges that the authors of strong recipes published ([`space()`]); the first trial is the recipe
//! that the space lies around, so on the rows that choose the result is never worse. Which point comes next is said by
//! a tree-structured Parzen estimator ([`propose`]), hopeless trials are given up after a fold ([`is_through`]), and
//! all of it is in a file that survives a kill and that several processes can share ([`Store`]). A trial is judged on
//! stop rows, and the best of them once more as a model answers ([`bag`]); [`look`] measures what was found on rows that
//! no trial saw.
//!
//! ```
//! # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/moons.in")); }
//! use kitae_lab::hold_back;
//! use kitae_lab::tune::{Store, Study, StudyConfig, StudyEvent, best_trial, look, optimism, run_study, space};
//!
//! let (mut problem, recipe) = moons::problem_and_recipe()?;
//! let outer = hold_back(&mut problem, &recipe, 0.3)?;
//! let folder = tempfile::tempdir()?;
//! let space = space(&problem, &recipe);
//! let (model, budget_seconds) = ("model".into(), None);
//! let study =
//!     Study { space, n_trials: Some(4), budget_seconds, outer_share: 0.3, model, replaces: None };
//! let mut store = Store::create(&folder.path().join("study.db"), &study)?;
//! let worker = store.enter()?;
//! let place = moons::place();
//! let config = StudyConfig { problem: &problem, recipe: &recipe, place: &place, now: &|| 0.0 };
//! let trials = run_study(&config, &mut store, &worker, &mut |_: &StudyEvent| {})?;
//!
//! let best = best_trial(&trials).expect("the recipe itself is complete");
//! let tuned = study.space.recipe(&recipe, &problem.facts, &best.point)?;
//! let look = look(&problem, &outer, &recipe, (best.number, &tuned), &place)?;
//! let stop = best.score.expect("it is complete");
//! let (by, _) = optimism(stop, best.interval, look.best_measured());
//! assert!((stop - by - look.best_measured().single).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod around;
pub(crate) mod folds;
mod halving;
mod normal;
mod published;
mod range;
mod report;
mod run_off;
mod space;
mod store;
mod study;
mod tpe;
mod trial;

pub use around::space;
pub use halving::{is_through, steps};
pub use range::Range;
pub use report::{Look, Measured, look, optimism};
pub use run_off::{Bag, bag, best_bag, dealings, finalists};
pub use space::{Axis, Point, Space, When, Write};
pub use store::{Claim, Ending, Store, Worker};
pub use study::{StudyConfig, StudyEvent, check_rows, run_study};
pub use tpe::{Tried, propose};
pub use trial::{Delivery, State, Study, StudyError, StudyTrial, best_trial, seconds_spent};
