//! What a ledger promises.

mod common;
mod diagnosis;
mod importance;
mod outer;
mod simulation;
mod tune;
mod work;
