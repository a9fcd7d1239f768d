//! Ctrl-C: the first ends the epoch, the second the process.

use crate::text::quoted;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a process that was interrupted.
const INTERRUPTED: i32 = 130;

/// A flag that becomes true at the first interruption, which is answered with the command that goes on.
pub(super) fn listen(go_on: &str) -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&flag);
    let answer = format!("ending the epoch; then resume with: {go_on}");
    let handler = move || {
        if heard.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        // Nobody is left to tell if the error stream is closed.
        let _ = writeln!(std::io::stderr(), "\n{answer}\n(once more to stop at once)");
    };
    // Where interruptions cannot be heard, they end the process, and the last checkpoint remains.
    let _ = ctrlc::set_handler(handler);
    flag
}

/// The command that goes on with an unfinished run of `command`.
pub(super) fn resume_command(command: &str, out: &Path) -> String {
    format!("kitae {command} --resume {}", quoted(out))
}
