//! Flags of `kitae serve`.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kitae_serve::{Limits, ServeConfig, Token};

use super::ledger::time;
use super::reading::size;
use crate::device::some;

/// The variable of the environment that may hold the token.
pub(crate) const TOKEN_VARIABLE: &str = "KITAE_TOKEN";

/// Answer over HTTP: rows as JSON or CSV, the Open Inference Protocol, metrics, a page to try a model.
///
/// Each model is served under the name of its folder; `POST /predict` asks the only one, `POST
/// /models/NAME/predict` one of several. A folder that is replaced is read anew within a second, without a
/// lost request; if it cannot be used, the old model goes on. SIGTERM or Ctrl-C stops accepting and finishes
/// what was accepted. The answers are those of `kitae predict`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kitae serve models/houses
  kitae serve models/houses models/iris --listen 127.0.0.1:9000
  kitae serve models/houses --listen 0.0.0.0:8080 --token-file token.txt
  curl -H 'Content-Type: text/csv' --data-binary @new.csv 'http://127.0.0.1:8080/predict?interval=0.9'

A request must bring the token of `--token-file`, or else of the variable KITAE_TOKEN, as
`Authorization: Bearer TOKEN`; without either, nothing is asked for.")]
pub(crate) struct ServeArgs {
    /// Model folders.
    #[arg(value_name = "MODEL", required = true)]
    pub(crate) models: Vec<PathBuf>,
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// File with the token that requests must bring.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Requests that are worked on at once. [default: one for each processor]
    #[arg(long, value_name = "NUMBER", value_parser = some)]
    pub(crate) threads: Option<NonZeroUsize>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// How much is accepted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// The most bytes of a body; more gets status 413.
    #[arg(long, value_name = "SIZE", default_value = "32M", value_parser = size)]
    max_body: u64,
    /// The most rows of a request; more gets status 413.
    #[arg(long, value_name = "NUMBER", default_value = "100000", value_parser = some)]
    max_rows: NonZeroUsize,
    /// How long a request may take to arrive, and again to be answered; an idle connection is closed after it.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    max_time: Duration,
    /// The most connections; more wait to be accepted.
    #[arg(long, value_name = "NUMBER", default_value = "1024", value_parser = some)]
    max_connections: NonZeroUsize,
    /// The most requests that wait while all threads work; more get status 503.
    #[arg(long, value_name = "NUMBER", default_value = "256")]
    max_queue: u16,
    /// How long accepted requests may take once the server is told to stop.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    stop_within: Duration,
}

impl ServeArgs {
    /// What the flags say, with a token that was read.
    pub(crate) fn config(&self, token: Option<Token>, n_threads: NonZeroUsize) -> ServeConfig {
        let LimitArgs { max_body, max_rows, max_time, max_connections, max_queue, stop_within } =
            &self.limits;
        let limits = Limits {
            body_bytes: usize::try_from(*max_body).unwrap_or(usize::MAX),
            rows: max_rows.get(),
            time: *max_time,
            connections: max_connections.get(),
            queue: usize::from(*max_queue),
        };
        let n_threads = self.threads.unwrap_or(n_threads);
        ServeConfig { token, limits, n_threads, stop_within: *stop_within, ..ServeConfig::new(self.listen) }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let cli = Cli::try_parse_from(["kitae", "serve", "m"]).unwrap();
        let Command::Serve(args) = cli.command else { panic!("another command") };
        let config = args.config(None, NonZeroUsize::MIN);
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.stop_within, ServeConfig::new(args.listen).stop_within);
    }
}
