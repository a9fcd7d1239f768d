//! What networks promise to those who train and store them.

#![expect(clippy::unwrap_used, reason = "a test may end where something is not as it should be")]

mod data_driven;
mod dropout;
mod golden;
mod host;
mod initialisers;
mod lanes;
mod padding;
mod piecewise;
mod realmlp;
mod stored;
mod support;
mod tabm;
mod training;
