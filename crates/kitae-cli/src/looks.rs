//! The files of looks of a model: its lines, and the rows that they were at.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use kitae_train::files::{read_bytes, read_text, write_atomically};
use kitae_train::looks::{KnownRows, Look, read_looks};
use kitae_train::model::LOOKS_FILE;

use crate::failure::Failure;

/// How often, and with what pause, a look waits for another one to be written down.
const ATTEMPTS: usize = 200;
const PAUSE: Duration = Duration::from_millis(25);

/// The name of the file of some rows: it tells the contents, so a second look at the same rows needs no second file.
pub(crate) fn rows_file(bytes: &[u8]) -> String {
    format!("looks-{:08x}.rows", crc32fast::hash(bytes))
}

/// The rows of a look; none if they are lost or damaged.
pub(crate) fn read_rows(model: &Path, name: &str) -> Option<KnownRows> {
    let is_name = Path::new(name).file_name().is_some_and(|last| last == name);
    let bytes = is_name.then(|| read_bytes(&model.join(name)).ok()).flatten()?;
    (rows_file(&bytes) == name).then(|| KnownRows::from_bytes(&bytes).ok()).flatten()
}

/// Waits until no other process holds the file. Whoever holds it for seconds does not write down a look, and not every
/// file system can lock: then the look counts all the same.
pub(crate) fn lock(file: &File) {
    for _ in 0..ATTEMPTS {
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Ok(()) | Err(std::fs::TryLockError::Error(_)) => return,
        }
    }
}

/// Lets the model in `to` know of looks at the predictions of the one in `from`, whose place it takes.
pub(crate) fn hand_on(from: &Path, to: &Path) -> Result<(), Failure> {
    let Ok(text) = read_text(&from.join(LOOKS_FILE)) else { return Ok(()) };
    let mut kept = String::new();
    for look in read_looks(&text) {
        if let Some(name) = look.rows.as_ref().filter(|name| read_rows(from, name).is_some()) {
            let bytes = read_bytes(&from.join(name)).map_err(|error| Failure::file("read", from, &error))?;
            write_atomically(&to.join(name), &bytes)?;
        }
        let look = Look { of_an_earlier_model: true, ..look };
        let line = serde_json::to_string(&look).map_err(|error| Failure::new(error.to_string()))?;
        kept += &(line + "\n");
    }
    Ok(write_atomically(&to.join(LOOKS_FILE), kept.as_bytes())?)
}
