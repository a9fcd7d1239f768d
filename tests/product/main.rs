//! The product as its users see it.

mod architecture;
mod cli;
mod common;
mod datasets;
