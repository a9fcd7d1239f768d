//! The product as its users see it.

#![expect(clippy::unwrap_used, reason = "a test may end where something is not as it should be")]

mod architecture;
mod backends;
mod browser;
mod canaries;
mod cli;
mod common;
mod datasets;
mod diagnose;
mod evaluate;
mod export;
mod foreign;
mod front_door;
mod identity;
mod keyboard;
mod kill;
mod ledger;
mod levers;
mod limits;
mod notation;
mod positive;
mod predict;
mod reading;
mod regions;
mod report;
#[cfg(unix)]
mod serve;
mod splits;
mod tune;
