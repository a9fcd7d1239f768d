//! The command `kitae` that a wheel installs: the command line within the extension.

use std::io::{self, IsTerminal};

use kitae_cli::{Console, Screen, run};
use pyo3::{Python, pyfunction};

/// Runs one command, whose first word is the name of the programme; returns the exit code.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, words: Vec<String>) -> u8 {
    py.detach(|| {
        let screen = if io::stderr().is_terminal() { Screen::Terminal } else { Screen::Plain };
        let (mut out, mut err) = (io::stdout(), io::stderr());
        let console = Console::new(&mut out, &mut err, screen, "kitae".to_owned());
        run(words.into_iter().map(Into::into), console)
    })
}
