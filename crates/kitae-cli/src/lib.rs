//! The command line of kitae: a table in, an honestly scored neural network out.
//!
//! [`main`] is all of the binary `kitae`; [`run`] is the same with arguments and outputs of the
//! caller's choice.
//!
//! ```
//! use kitae_cli::{Console, Screen, run};
//!
//! let (mut out, mut err) = (Vec::new(), Vec::new());
//! let programme = "kitae".to_string();
//! let console = Console::new(&mut out, &mut err, Screen::Plain, programme);
//! let code = run(["kitae", "--version"].map(Into::into), console);
//! assert_eq!(code, 0);
//! assert!(out.starts_with(b"kitae "));
//! ```

mod args;
mod commands;
mod device;
mod failure;
mod flags;
mod folder;
mod levers;
mod memory;
mod output;
mod plot;
mod progress;
pub mod request;
mod show;
mod text;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use kitae_data::visible::visible;

use crate::args::Cli;
use crate::failure::USAGE;
use crate::text::{Text, styled};

/// Where a command writes to.
///
/// ```
/// use kitae_cli::{Console, Screen, run};
///
/// // Results and everything else go different ways.
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let programme = "kitae".to_string();
/// let console = Console::new(&mut out, &mut err, Screen::Plain, programme);
/// assert_eq!(run(["kitae", "inspect", "no_such_table.csv"].map(Into::into), console), 1);
/// assert!(out.is_empty() && String::from_utf8_lossy(&err).contains("no_such_table.csv"));
/// ```
pub struct Console<'a> {
    /// Results.
    out: Text<'a>,
    /// Progress, notes and errors.
    err: Text<'a>,
    /// What stands behind `err`.
    screen: Screen,
    /// What the user calls kitae, for the commands that it suggests.
    programme: String,
}

impl<'a> Console<'a> {
    /// Results go to `out`, all else to `err`, behind which `screen` stands. `programme` is what the user
    /// calls kitae.
    ///
    /// Control characters of names and cells are shown, not sent; tables, pages and scripts go out as they
    /// are.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write, screen: Screen, programme: String) -> Self {
        Self { out: Text::new(out), err: Text::new(err), screen, programme }
    }
}

/// What shows the progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The standard error stream is a terminal: a bar that moves.
    Terminal,
    /// A file or a pipe: a line now and then.
    Plain,
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let screen = if std::io::stderr().is_terminal() { Screen::Terminal } else { Screen::Plain };
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let code = run(std::env::args_os(), Console::new(&mut out, &mut err, screen, called()));
    ExitCode::from(code)
}

/// How the process was started: by name, or by a path, which is shortened where it lies below the
/// current folder.
fn called() -> String {
    let path = std::env::args_os().next().map(PathBuf::from).filter(|path| path.components().count() > 1);
    let Some(path) = path else { return "kitae".to_owned() };
    let below = std::env::current_dir().ok().and_then(|here| Some(path.strip_prefix(here).ok()?.to_owned()));
    below.unwrap_or(path).display().to_string()
}

/// Runs one command. `words` start with the name of the programme.
///
/// Returns the exit code: 0 for success, 1 if the work failed, 2 for a wrong command line, 130 if
/// the user interrupted a training, which can then be resumed.
pub fn run(words: impl IntoIterator<Item = OsString>, mut console: Console) -> u8 {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return explain(&error, console),
    };
    let form = cli.command.error_form();
    let result = commands::run(cli.command, &mut console);
    let result = result.and_then(|()| Ok(console.out.flush()?));
    match result {
        Ok(()) => 0,
        // Nobody is left to tell if the error stream is closed too.
        Err(failure) => failure.report(form, &mut console.err).unwrap_or(failure.code()),
    }
}

/// Help and version are no errors; everything else that clap says is one.
fn explain(error: &clap::Error, mut console: Console) -> u8 {
    let text = error.render();
    let text = if console.screen == Screen::Terminal {
        styled(&text.ansi().to_string())
    } else {
        visible(&text.to_string()).into_owned()
    };
    let (stream, code) = if error.use_stderr() { (&mut console.err, USAGE) } else { (&mut console.out, 0) };
    // A closed stream changes nothing about the command line.
    let _ = stream.raw().write_all(text.as_bytes()).and_then(|()| stream.flush());
    code
}
