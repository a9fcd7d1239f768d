//! What networks promise to those who train and store them.

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
