//! What the engine promises, checked on small runs.

mod artefact;
mod averaging;
mod common;
mod honesty;
mod known_linear;
mod lane_contract;
mod levers;
mod probes;
mod recipes;
mod regions;
mod reports;
mod resume;
mod target_scale;
mod wide;
