//! The product as its users see it.

mod architecture;
mod backends;
mod cli;
mod common;
mod datasets;
mod diagnose;
mod kill;
mod ledger;
mod levers;
mod regions;
mod report;
mod splits;
mod tune;
