//! The server as a client sees it: real sockets, stored models.

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
