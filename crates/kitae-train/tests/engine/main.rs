//! What the engine promises, checked on small runs.

mod common;
mod lane_contract;
mod levers;
mod resume;
