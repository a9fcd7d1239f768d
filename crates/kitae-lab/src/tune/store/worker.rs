//! Processes that work on a study: who lives.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use kitae_train::files::{open, open_lock};

use crate::tune::store::row::failed;
use crate::tune::trial::StudyError;

/// Beside the database: one file for each process that ever worked on the study, locked while it lives.
const WORKERS: &str = "workers";

/// A process that works on a study, for as long as this lives.
#[derive(Debug)]
pub struct Worker {
    pub(super) id: i64,
    _lock: File,
}

impl Worker {
    pub(super) fn new(store: &Path, id: i64) -> Result<Self, StudyError> {
        let path = lock_path(store, id);
        let cannot = |error: std::io::Error| failed("lock", &path)(error.into());
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(cannot)?;
        let lock = open_lock(&path).map_err(cannot)?;
        // Where the file system has no locks, this process would count as dead to others, and they to it:
        // each would take the other's trials over again and again.
        match lock.try_lock() {
            Ok(()) => Ok(Self { id, _lock: lock }),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
            Err(TryLockError::WouldBlock) => Err(cannot(std::io::ErrorKind::WouldBlock.into())),
        }
    }
}

/// Whether the process still lives.
pub(super) fn is_alive(store: &Path, id: i64) -> bool {
    let lock = open(&lock_path(store, id));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

fn lock_path(store: &Path, id: i64) -> PathBuf {
    store.with_file_name(WORKERS).join(format!("{id}.lock"))
}
