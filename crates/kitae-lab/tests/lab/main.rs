//! What a ledger promises.

mod common;
mod diagnosis;
mod drift;
mod final_selection;
mod holdout;
mod importance;
mod overconfident;
mod simulation;
mod tune;
mod work;
