//! Model folders of kitae over HTTP.
//!
//! [`serve`] loads models, listens and answers until it is told to stop. Answers are those of `kitae predict`
//! for the same rows.
//!
//! ```no_run
//! use std::time::Instant;
//!
//! use kitae_serve::{ServeConfig, serve};
//!
//! let config = ServeConfig::new("127.0.0.1:8080".parse()?, Instant::now);
//! serve(&["models/houses".into()], &config, |line| eprintln!("{line}"))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod connections;
mod fault;
mod loaded;
mod metrics;
mod openapi;
mod page;
mod pool;
mod protocol;
mod routes;
mod served;
mod server;
mod window;

pub use config::{Limits, ServeConfig, Token};
pub use server::{ServeError, Server, Stopper, serve};

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
