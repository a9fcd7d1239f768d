//! The files of looks of a model: its lines, and the rows that they were at.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use super::{KnownRows, Look, read_looks};
use crate::error::ArtefactError;
use crate::files::{read, read_bytes, read_text, write_atomically};
use crate::model::LOOKS_FILE;

/// How often, and with what pause, a look waits for another one to be written down.
const ATTEMPTS: usize = 200;
const PAUSE: Duration = Duration::from_millis(25);

/// The name of the file of some rows: it tells the contents, so a second look at the same rows needs no
/// second file.
pub(super) fn rows_file(bytes: &[u8]) -> String {
    format!("looks-{:08x}.rows", crc32fast::hash(bytes))
}

/// The rows of a look; none if they are lost or damaged.
pub(super) fn read_rows(model: &Path, name: &str) -> Option<KnownRows> {
    let is_name = Path::new(name).file_name().is_some_and(|last| last == name);
    let bytes = is_name.then(|| read_bytes(&model.join(name)).ok()).flatten()?;
    (rows_file(&bytes) == name).then(|| KnownRows::from_bytes(&bytes).ok()).flatten()
}

/// Waits until no other process holds the file. Whoever holds it for seconds does not write down a look, and
/// not every file system can lock: then the look counts all the same.
pub(super) fn lock(file: &File) {
    for _ in 0..ATTEMPTS {
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Ok(()) | Err(std::fs::TryLockError::Error(_)) => return,
        }
    }
}

/// Lets the model in `to` know of looks at the predictions of the one in `from`, whose place it takes.
///
/// # Errors
///
/// If files cannot be read or written.
pub fn hand_on(from: &Path, to: &Path) -> Result<(), ArtefactError> {
    copy(from, to, |look| Look { of_an_earlier_model: true, ..look })
}

/// Gives the model in `to`, which is that of `from`, its looks.
///
/// # Errors
///
/// If files cannot be read or written.
pub fn take_along(from: &Path, to: &Path) -> Result<(), ArtefactError> {
    copy(from, to, |look| look)
}

fn copy(from: &Path, to: &Path, told: impl Fn(Look) -> Look) -> Result<(), ArtefactError> {
    let Ok(text) = read_text(&from.join(LOOKS_FILE)) else { return Ok(()) };
    let mut kept = String::new();
    for look in read_looks(&text) {
        if let Some(name) = look.rows.as_ref().filter(|name| read_rows(from, name).is_some()) {
            write_atomically(&to.join(name), &read(&from.join(name))?)?;
        }
        kept += &line_of(&told(look));
    }
    write_atomically(&to.join(LOOKS_FILE), kept.as_bytes())
}

/// A look as a line of the file, with its end.
pub(super) fn line_of(look: &Look) -> String {
    serde_json::to_string(look).expect("names and numbers are JSON") + "\n"
}
