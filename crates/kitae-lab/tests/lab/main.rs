//! What a ledger promises.

mod common;
mod outer;
mod simulation;
mod tune;
mod work;
