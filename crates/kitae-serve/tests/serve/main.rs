//! The server as a client sees it: real sockets, stored models.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod bad;
mod client;
mod limits;
mod metrics;
mod page;
mod protocol;
mod reload;
mod stop;
mod token;
