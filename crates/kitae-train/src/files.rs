//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::error::ArtefactError;

/// Writes `bytes` to `path` so that a reader, also after a crash, finds either the old file or the
/// new one.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), ArtefactError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(|error| ArtefactError::io("write", path, error))
}

/// The whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ArtefactError> {
    fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => ArtefactError::Missing { path: path.to_path_buf() },
        _ => ArtefactError::io("read", path, error),
    })
}
