//! What a ledger promises.

mod common;
mod diagnosis;
mod drift;
mod importance;
mod outer;
mod overconfident;
mod run_off;
mod simulation;
mod tune;
mod work;
