//! What a ledger promises.

mod common;
mod diagnosis;
mod outer;
mod simulation;
mod work;
