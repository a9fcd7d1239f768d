//! `kitae serve`: models over HTTP.

use std::num::NonZeroUsize;
use std::sync::mpsc::channel;

use kitae_serve::{ServeError, Token, serve as serve_models};

use crate::Console;
use crate::args::{ServeArgs, TOKEN_VARIABLE};
use crate::failure::Failure;

pub(super) fn serve(args: &ServeArgs, console: &mut Console) -> Result<(), Failure> {
    let token = token(args)?;
    if token.is_none() && !args.listen.ip().is_loopback() {
        writeln!(
            console.err,
            "warning: {} can be reached from other machines, and nobody is asked for a token: whoever reaches it \
             can use the models; `--token-file` asks for one",
            args.listen
        )?;
    }
    let n_threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let config = args.config(token, n_threads);
    // The server tells what happens on threads of its own.
    let (sender, lines) = channel();
    std::thread::scope(|scope| {
        let log = move |line: &str| {
            // Nobody listens once the error stream is closed.
            let _ = sender.send(line.to_owned());
        };
        let server = scope.spawn(|| serve_models(&args.models, &config, log));
        for line in lines {
            writeln!(console.err, "{line}")?;
            console.err.flush()?;
        }
        let ended: Result<(), ServeError> =
            server.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(ended?)
    })
}

/// The token of the file, or else of the environment; never of the command line, which other users of the
/// machine see.
fn token(args: &ServeArgs) -> Result<Option<Token>, Failure> {
    let (text, from) = match &args.token_file {
        Some(path) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|error| Failure::file("read", path, &error))?;
            (text, format!("`{}`", path.display()))
        }
        None => match std::env::var(TOKEN_VARIABLE) {
            Ok(text) => (text, format!("the variable {TOKEN_VARIABLE}")),
            Err(std::env::VarError::NotPresent) => return Ok(None),
            Err(error) => return Err(Failure::new(format!("the variable {TOKEN_VARIABLE}: {error}"))),
        },
    };
    Token::new(&text).map(Some).ok_or_else(|| Failure::new(format!("{from} holds no token: expected a text")))
}
