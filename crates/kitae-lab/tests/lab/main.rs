//! What a ledger promises.

mod common;
mod importance;
mod outer;
mod simulation;
mod work;
