//! The right to write to a folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::failure::Failure;

pub(crate) const LOCK_FILE: &str = "lock";
/// An empty file of a model whose place a new one takes: what is left of it may be removed.
pub(super) const REPLACED: &str = "replaced";
/// How often others may move the folder away before it is given up.
const MOST_ATTEMPTS: usize = 100;

/// The right to write to a folder of an unfinished run or an experiment.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Keeps other processes away from `folder` for as long as the lock lives. The system gives it back when
    /// this process ends, however it ends.
    pub(crate) fn of(folder: &Path) -> Result<Self, Failure> {
        for _ in 0..MOST_ATTEMPTS {
            if let Some(lock) = Self::attempt(folder)? {
                return Ok(lock);
            }
        }
        Err(Failure::new(format!("`{}` is moved by others again and again: try later", folder.display())))
    }

    /// The same, and makes the folder if it is not there.
    pub(crate) fn make(folder: &Path) -> Result<Self, Failure> {
        for _ in 0..MOST_ATTEMPTS {
            fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?;
            match Self::attempt(folder) {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => {}
                // Another process moved the folder away.
                Err(_) if !folder.exists() => {}
                Err(failure) => return Err(failure),
            }
        }
        Self::of(folder)
    }

    /// None if the folder has become another one meanwhile.
    fn attempt(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join(LOCK_FILE);
        let file = open(&path).map_err(|error| {
            if path.is_symlink() {
                return Failure::new(format!(
                    "`{}` is a link, which kitae does not follow: remove it",
                    path.display()
                ));
            }
            Failure::file("write", &path, &error)
        })?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(Failure::new(format!(
                "another process trains in `{}`: wait for it, or name another folder with `--out`",
                folder.display()
            ))),
            // Not every file system can lock; a run is worth more than the guard.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(is_at(&file, &path).then_some(Self { _file: file })),
        }
    }

    /// Gives the right back; `folder` is where the lock's folder is by now.
    #[expect(clippy::unused_self, reason = "the lock is given up with it")]
    pub(crate) fn release(self, folder: &Path) -> Result<(), Failure> {
        let path = folder.join(LOCK_FILE);
        ignoring_absence(fs::remove_file(&path)).map_err(|error| Failure::file("remove", &path, &error))
    }
}

/// The file as it is, without following a link.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    options.open(path)
}

/// Whether a path still leads to an open file.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let key = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        match (file.metadata(), fs::symlink_metadata(path)) {
            (Ok(open), Ok(there)) => key(open) == key(there),
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        true
    }
}

/// What is gone already needs no removal.
pub(super) fn ignoring_absence(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Removes all that is in a folder but its lock.
pub(crate) fn clear(folder: &Path) -> Result<(), Failure> {
    remove_but(folder, &[LOCK_FILE]).map_err(|error| Failure::file("empty", folder, &error))
}

/// Removes all entries of a folder but some.
fn remove_but(folder: &Path, kept: &[&str]) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if kept.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let is_folder = entry.file_type()?.is_dir();
        let path = entry.path();
        ignoring_absence(if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) })?;
    }
    Ok(())
}

/// Removes a folder whose lock this process holds: its mark late, so that whatever a kill leaves is known for
/// what it is, and the lock last, so that nobody enters what is half removed.
pub(crate) fn remove(folder: &Path, lock: Lock) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::file("remove", folder, &error);
    remove_but(folder, &[REPLACED, LOCK_FILE]).map_err(cannot)?;
    ignoring_absence(fs::remove_file(folder.join(REPLACED))).map_err(cannot)?;
    lock.release(folder)?;
    match fs::remove_dir(folder) {
        // Whoever came since made it theirs.
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => ignoring_absence(removed).map_err(cannot),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_in(folder: &Path) -> std::path::PathBuf {
        folder.join(LOCK_FILE)
    }

    #[test]
    fn one_process_at_a_time_writes_to_a_folder() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("model.partial");
        let lock = Lock::make(&folder).unwrap();
        let Err(Failure::Failed(message)) = Lock::of(&folder) else { panic!("two processes have the lock") };
        assert!(message.contains("model.partial") && message.contains("--out"), "{message}");
        // Whoever waited for a folder that has moved since has nothing.
        let waiting = open(&path_in(&folder)).unwrap();
        fs::rename(&folder, place.path().join("model")).unwrap();
        assert!(!is_at(&waiting, &path_in(&folder)) || cfg!(not(unix)));
        lock.release(&place.path().join("model")).unwrap();
        assert!(!place.path().join("model/lock").exists());
        drop(Lock::make(&folder).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_lock_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (victim, folder) = (place.path().join("victim"), place.path().join("model.partial"));
        fs::write(&victim, "precious").unwrap();
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(&victim, path_in(&folder)).unwrap();
        let Err(failure) = Lock::of(&folder) else { panic!("a link is a lock") };
        assert!(failure.message().contains("link"), "{}", failure.message());
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }

    #[test]
    fn a_folder_is_removed_but_for_what_came_since() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("model.partial");
        let lock = Lock::make(&folder).unwrap();
        fs::create_dir(folder.join("checkpoint")).unwrap();
        fs::write(folder.join("checkpoint/pack"), "").unwrap();
        remove(&folder, lock).unwrap();
        assert!(!folder.exists());
    }
}
