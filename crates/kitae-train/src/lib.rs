//! The training recipe and the engine: from a table with a target to an honestly scored network.
//!
//! A [`Problem`] is a table, its target and the rows that are sealed. A [`Recipe`] holds all hyperparameters,
//! one value each. [`plan`](fn@plan) assigns roles to the rows and fits the preprocessing;
//! [`train`](fn@train) trains all networks side by side, scores them on rows that decided nothing, and makes
//! a [`Model`].
//!
//! ```
//! use burn::tensor::Device;
//! use kitae_data::infer::{Hints, infer_schema};
//! use kitae_data::synthetic::{Synthetic, make};
//! use kitae_train::engine::RunContext;
//! use kitae_train::{Event, Preset, Problem, Seal, TaskChoice, plan, train};
//!
//! let table = make(Synthetic::TwoMoons, 200, 0);
//! let target = Synthetic::TwoMoons.target();
//! let schema = infer_schema(&table, &Hints::default())?;
//! let table = schema.apply(table)?;
//! let seal = Seal { share: 0.2, ..Seal::default() };
//! let problem = Problem::new(table, schema, target, TaskChoice::Guess, seal)?;
//!
//! let changes = "training.epochs = 30\nnetwork.hidden = [16, 16]".parse()?;
//! let recipe = Preset::Fast.recipe(&problem.facts).with(&changes, &problem.facts)?;
//! let plan = plan(&problem, &recipe)?;
//!
//! let context = RunContext::new(Device::flex());
//! let new_run = vec![None; plan.lanes.len()];
//! let trained = train(&problem, &recipe, &plan, &new_run, &context, &mut |_: &Event| {})?;
//!
//! let log_loss = &trained.model.manifest.scores.entries[0];
//! let coin = &trained.model.manifest.scores.baselines[0].score;
//! assert!(log_loss.value < coin.value, "two moons can be told apart better than by a coin");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
pub mod averaging;
pub mod baselines;
pub mod blend;
mod defaults;
pub mod engine;
mod error;
mod facts;
pub mod footprint;
pub mod looks;
pub mod mixing;
pub mod model;
pub mod nonconformity;
pub mod objective;
pub mod observer;
pub mod optimiser;
mod overrides;
pub mod pack;
pub mod plan;
pub mod prepare;
pub mod preset;
pub mod problem;
pub mod recipe;
pub mod record;
pub mod roles;
mod row_weights;
pub mod schedule;
pub mod scores;
mod seal;
pub mod stopping;
pub mod train;

pub use engine::Engine;
pub use error::{ArtefactError, PredictError, ProblemError, RecipeError, TrainError};
pub use facts::Facts;
pub use kitae_infer::{Predictor, calibration, files, pool, regions, sums};
pub use model::Model;
pub use observer::{Event, Observer};
pub use overrides::{at, merge, nested};
pub use pack::Packing;
pub use plan::{Plan, plan};
pub use preset::Preset;
pub use problem::{Problem, TaskChoice};
pub use recipe::Recipe;
pub use seal::{Seal, SplitBy};
pub use train::{Trained, train};
