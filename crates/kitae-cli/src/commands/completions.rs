//! `kitae completions`: scripts for shells.

use clap::CommandFactory;

use crate::Console;
use crate::args::{Cli, CompletionsArgs};
use crate::failure::Failure;

pub(super) fn completions(args: &CompletionsArgs, console: &mut Console) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "kitae", &mut script);
    Ok(console.out.raw().write_all(&script)?)
}
