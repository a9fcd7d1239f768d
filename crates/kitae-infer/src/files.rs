//! Files of folders that kitae writes: either whole or not there, and never what a link leads to.
//!
//! A folder may come from anywhere. A link in it, or a pipe, could make kitae write over a file of its user,
//! or wait for ever, so neither is opened.
//!
//! ```
//! use kitae_infer::files::{append, read_text, write_atomically};
//! use std::io::Write;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("looks.jsonl");
//! write_atomically(&path, b"one\n")?;
//! append(&path)?.write_all(b"two\n")?;
//! assert_eq!(read_text(&path)?, "one\ntwo\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
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
    let write = || -> io::Result<()> {
        let mut file = create_anew(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(|error| ArtefactError::io("write", path, error))
}

/// Makes a folder with what `write` puts into it: it is called `NAME.partial` until it is whole, and nothing
/// is left of it where `write` fails.
///
/// # Errors
///
/// If there is something of either name already, it cannot be made, or `write` fails.
pub fn new_folder<T, E: From<ArtefactError>>(
    folder: &Path,
    write: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    if folder.symlink_metadata().is_ok() {
        return Err(ArtefactError::Exists { path: folder.to_path_buf() }.into());
    }
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    let partial = folder.with_file_name(name);
    let cannot = |error| ArtefactError::io("make", folder, error);
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(cannot)?;
    }
    // Never into a folder that is there: it may be an unfinished run, and what it holds would come along.
    fs::create_dir(&partial).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => ArtefactError::Exists { path: partial.clone() },
        _ => cannot(error),
    })?;
    let written = write(&partial)
        .and_then(|written| fs::rename(&partial, folder).map_err(cannot).map(|()| written).map_err(E::from));
    if written.is_err() {
        // What failed is what is told.
        let _ = fs::remove_dir_all(&partial);
    }
    written
}

/// The whole file.
///
/// # Errors
///
/// If it is missing, cannot be read, or is a link or another thing than a file.
pub fn read(path: &Path) -> Result<Vec<u8>, ArtefactError> {
    read_bytes(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => ArtefactError::Missing { path: path.to_path_buf() },
        _ => ArtefactError::io("read", path, error),
    })
}

/// The whole file.
///
/// # Errors
///
/// If it cannot be read, or is a link or another thing than a file.
pub fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The whole file as text.
///
/// # Errors
///
/// As [`read_bytes`], and if it is no UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// Opens a file to read it.
///
/// # Errors
///
/// If it cannot be read, or is a link or another thing than a file.
pub fn open(path: &Path) -> io::Result<File> {
    checked(path, unfollowing().read(true))
}

/// Opens a file to write at its end; one that is not there is made.
///
/// # Errors
///
/// If it cannot be written, or is a link or another thing than a file.
pub fn append(path: &Path) -> io::Result<File> {
    checked(path, unfollowing().create(true).append(true))
}

/// Opens a file of which only the lock counts: one that is not there is made, and what one holds stays.
///
/// # Errors
///
/// If it cannot be opened, or is a link or another thing than a file.
pub fn open_lock(path: &Path) -> io::Result<File> {
    checked(path, unfollowing().create(true).truncate(false).write(true))
}

/// Makes an empty file. What has its name is removed, not written over: of a link only the link.
///
/// # Errors
///
/// If it cannot be made, or another process makes it again at once.
pub fn create_anew(path: &Path) -> io::Result<File> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            OpenOptions::new().write(true).create_new(true).open(path)
        }
        opened => opened,
    }
}

/// Options that neither follow a link nor wait for the other end of a pipe.
fn unfollowing() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only unix has flags to add"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    options
}

fn checked(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let found = fs::symlink_metadata(path);
    if found.as_ref().is_ok_and(fs::Metadata::is_symlink) {
        return Err(io::Error::other(
            "it is a link, and kitae follows none in its folders: put the file there",
        ));
    }
    if found.is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("it is not a file"));
    }
    // What takes its place meanwhile is met by the flags.
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a file")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_is_whole_or_not_there_and_takes_nothing_along() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("below").join("new");
        let write = |path: &Path| write_atomically(&path.join("one"), b"1");
        let fails = |path: &Path| write(path).and(Err(ArtefactError::NotAModel { path: path.to_path_buf() }));
        assert!(matches!(new_folder(&folder, fails), Err::<(), _>(ArtefactError::NotAModel { .. })));
        assert_eq!(fs::read_dir(scratch.path().join("below")).unwrap().count(), 0);
        fs::create_dir(scratch.path().join("below").join("new.partial")).unwrap();
        assert!(new_folder(&folder, write).unwrap_err().to_string().contains("new.partial` exists"));
        fs::remove_dir(scratch.path().join("below").join("new.partial")).unwrap();
        new_folder(&folder, write).unwrap();
        assert_eq!(read_text(&folder.join("one")).unwrap(), "1");
        assert!(matches!(new_folder(&folder, write), Err(ArtefactError::Exists { .. })));
    }

    #[test]
    fn what_a_crash_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        fs::write(folder.path().join("model.json.part"), "half of something long").unwrap();
        write_atomically(&path, b"whole").unwrap();
        assert_eq!(read_text(&path).unwrap(), "whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_are_neither_read_nor_written() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, link) = (folder.path().join("victim"), folder.path().join("looks.jsonl"));
        fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        std::os::unix::fs::symlink(&victim, folder.path().join("model.json.part")).unwrap();
        for refused in [open(&link), append(&link), open_lock(&link)] {
            assert!(refused.unwrap_err().to_string().contains("link"));
        }
        write_atomically(&folder.path().join("model.json"), b"whole").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for refused in [open(&pipe), append(&pipe), open_lock(&pipe)] {
            assert!(refused.unwrap_err().to_string().contains("not a file"));
        }
        create_anew(&pipe).unwrap().write_all(b"a file now").unwrap();
        assert_eq!(read_text(&pipe).unwrap(), "a file now");
    }
}
