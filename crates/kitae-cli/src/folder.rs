//! The folder of a model while it is being made: `OUT.partial` beside `OUT`, until it is whole.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use kitae_data::read::ReadOptions;
use kitae_data::schema::Schema;
use kitae_data::target::Task;
use kitae_train::Seal;
use kitae_train::model::{MODEL_FILE, RECORD_FILE};
use kitae_train::recipe::Recipe;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::looks::hand_on;

/// What a run was started with: enough to go on with it.
pub(crate) const RUN_FILE: &str = "run.json";
pub(crate) const RUN_PART: &str = "run.json.part";
const CHECKPOINTS: &str = "checkpoint";
/// An empty file of an unfinished run that may replace a model.
const REPLACES: &str = "replaces";
pub(crate) const LOCK_FILE: &str = "lock";

/// What a run was started with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// The version of kitae that wrote it.
    pub(crate) kitae: String,
    /// The data file as it was named.
    pub(crate) named: String,
    /// The data file from the root of the file system.
    pub(crate) path: PathBuf,
    /// A hash of the contents of all rows.
    pub(crate) fingerprint: u64,
    /// How the file was read.
    pub(crate) reading: ReadOptions,
    /// What the columns are.
    pub(crate) schema: Schema,
    /// The column that is predicted.
    pub(crate) target: String,
    /// Class or number.
    pub(crate) task: Task,
    /// How test rows are chosen.
    pub(crate) seal: Seal,
    /// All levers.
    pub(crate) recipe: Recipe,
}

impl Run {
    /// Reads the file of a folder, finished or not.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(RUN_FILE);
        let bytes = fs::read(&path).map_err(|error| Failure::file("read", &path, &error))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Failure::new(format!("`{}` is damaged: {error}", path.display())))
    }

    /// Writes the file into a folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let json = serde_json::to_vec_pretty(self)
            .map_err(|error| Failure::new(format!("cannot write down the run: {error}")))?;
        let (part, path) = (folder.join(RUN_PART), folder.join(RUN_FILE));
        // Beside its place until it is whole: what a kill leaves must not look like a run.
        let written = fs::write(&part, json).and_then(|()| fs::rename(&part, &path));
        written.map_err(|error| Failure::file("write", &path, &error))
    }
}

/// What becomes of a model that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// Nothing is touched.
    Keep,
    /// The new one takes its place.
    Replace,
}

/// Where a model goes and where it is made.
#[derive(Clone, Debug)]
pub(crate) struct RunFolder {
    /// The finished model.
    pub(crate) out: PathBuf,
    /// The unfinished one.
    pub(crate) partial: PathBuf,
}

impl RunFolder {
    pub(crate) fn new(out: &Path) -> Result<Self, Failure> {
        // Components forget a slash at the end.
        let out: PathBuf = out.components().collect();
        let partial = beside(&out, "partial").ok_or_else(|| {
            Failure::new(format!("`{}` cannot be a model folder; name a new folder", out.display()))
        })?;
        Ok(Self { out, partial })
    }

    /// The folder of a run on `file` if none was named.
    pub(crate) fn default_for(file: &Path) -> Result<Self, Failure> {
        Self::new(&Path::new("models").join(stem(file)))
    }

    /// Checks that a new run may be started. Nothing is written.
    pub(crate) fn check_free(&self, existing: Existing) -> Result<(), Failure> {
        let (out, partial) = (self.out.display(), self.partial.display());
        match existing {
            Existing::Keep if self.partial.exists() && !self.was_never_begun() => Err(Failure::new(format!(
                "`{partial}` holds an unfinished run: go on with it with `kitae train --resume {out}`, or begin \
                 anew with `--overwrite`"
            ))),
            Existing::Keep if self.out.exists() => Err(Failure::new(format!(
                "`{out}` exists: name another folder with `--out`, or replace it with `--overwrite`"
            ))),
            Existing::Replace if !is_ours(&self.out, MODEL_FILE) => Err(not_ours(&self.out, "model")),
            Existing::Replace if !is_ours(&self.partial, RUN_FILE) && !self.was_never_begun() => {
                Err(not_ours(&self.partial, "run"))
            }
            Existing::Keep | Existing::Replace => Ok(()),
        }
    }

    /// Whether a kill left the unfinished folder before the run was written down, so that it holds nothing.
    fn was_never_begun(&self) -> bool {
        let is_empty = |entry: &fs::DirEntry| match entry.file_name().to_str() {
            Some(RUN_PART | LOCK_FILE | REPLACES) => true,
            Some(CHECKPOINTS) => fs::read_dir(entry.path()).is_ok_and(|mut inside| inside.next().is_none()),
            _ => false,
        };
        fs::read_dir(&self.partial)
            .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| is_empty(&entry))))
    }

    /// Makes the folder of a new run; an unfinished run is removed if it may be replaced.
    pub(crate) fn begin(&self, existing: Existing, run: &Run) -> Result<Lock, Failure> {
        self.check_free(existing)?;
        if self.partial.exists() {
            self.lock()?;
            self.abandon()?;
        }
        self.make_checkpoints()?;
        if existing == Existing::Replace {
            let path = self.partial.join(REPLACES);
            File::create(&path).map_err(|error| Failure::file("write", &path, &error))?;
        }
        run.write(&self.partial)?;
        self.lock()
    }

    /// Checks that the run may put its model into its place: what came there while it was unfinished stays.
    pub(crate) fn check_place(&self) -> Result<(), Failure> {
        let may_replace = self.partial.join(REPLACES).exists() && is_ours(&self.out, MODEL_FILE);
        if may_replace || !self.out.exists() {
            return Ok(());
        }
        let out = self.out.display();
        Err(Failure::new(format!(
            "`{out}` was not there when the run began, and the run was not told to replace it: move it away, then go \
             on with `kitae train --resume {out}`"
        )))
    }

    /// Keeps other processes away from the unfinished run.
    pub(crate) fn lock(&self) -> Result<Lock, Failure> {
        Lock::of(&self.partial)
    }

    /// Makes the folder of the checkpoints if it is not there.
    pub(crate) fn make_checkpoints(&self) -> Result<(), Failure> {
        let folder = self.checkpoints();
        fs::create_dir_all(&folder).map_err(|error| Failure::file("create", &folder, &error))
    }

    /// Where checkpoints go.
    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.partial.join(CHECKPOINTS)
    }

    /// The run record of the unfinished run.
    pub(crate) fn record(&self) -> PathBuf {
        self.partial.join(RECORD_FILE)
    }

    /// Removes the unfinished run.
    pub(crate) fn abandon(&self) -> Result<(), Failure> {
        remove(&self.partial)
    }

    /// Puts the model, which is whole now, into its place. An old one is moved aside first and removed
    /// last, so that at no time there is none.
    pub(crate) fn complete(&self, lock: Lock) -> Result<(), Failure> {
        self.check_place()?;
        lock.release()?;
        let cannot = |error: std::io::Error| Failure::file("write", &self.out, &error);
        hand_on(&self.out, &self.partial)?;
        let old = beside(&self.out, &format!("old-{}", std::process::id())).filter(|_| self.out.exists());
        if let Some(old) = &old {
            fs::rename(&self.out, old).map_err(cannot)?;
        }
        if let Err(error) = fs::rename(&self.partial, &self.out) {
            if let Some(old) = &old {
                fs::rename(old, &self.out).map_err(cannot)?;
            }
            return Err(cannot(error));
        }
        // Removed last: had the run been killed before the rename, it could still have been resumed.
        let (checkpoints, replaces) = (self.out.join(CHECKPOINTS), self.out.join(REPLACES));
        if replaces.exists() {
            fs::remove_file(&replaces).map_err(cannot)?;
        }
        let mut left_over = [Some(checkpoints), old].into_iter().flatten().filter(|folder| folder.exists());
        left_over.try_for_each(|folder| remove(&folder))
    }
}

/// The name of a file without its endings.
pub(crate) fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').find(|part| !part.is_empty()).unwrap_or("model").to_owned()
}

/// The right to write to an unfinished run.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    path: PathBuf,
}

impl Lock {
    /// Keeps other processes away from `folder` for as long as the lock lives. The system gives it back when
    /// this process ends, however it ends.
    pub(crate) fn of(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(LOCK_FILE);
        let file = File::create(&path).map_err(|error| Failure::file("write", &path, &error))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(Failure::new(format!(
                "another process trains in `{}`: wait for it, or name another folder with `--out`",
                folder.display()
            ))),
            // Not every file system can lock; a run is worth more than the guard.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { _file: file, path }),
        }
    }

    /// Gives the right back, so that the folder can be moved.
    pub(crate) fn release(self) -> Result<(), Failure> {
        fs::remove_file(&self.path).map_err(|error| Failure::file("remove", &self.path, &error))
    }
}

pub(crate) fn remove(folder: &Path) -> Result<(), Failure> {
    fs::remove_dir_all(folder).map_err(|error| Failure::file("remove", folder, &error))
}

fn beside(path: &Path, suffix: &str) -> Option<PathBuf> {
    let mut name = path.file_name()?.to_os_string();
    name.push(".");
    name.push(suffix);
    Some(path.with_file_name(name))
}

/// Whether a folder is absent, empty, or marked by `file` as one of kitae's.
pub(crate) fn is_ours(folder: &Path, file: &str) -> bool {
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    !folder.exists() || folder.join(file).is_file() || is_empty()
}

pub(crate) fn not_ours(folder: &Path, what: &str) -> Failure {
    Failure::new(format!(
        "`{}` holds something else than a kitae {what}, so it is not replaced; name another folder with `--out`",
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_named_after_its_file() {
        let out = |file: &str| RunFolder::default_for(Path::new(file)).unwrap().out;
        assert_eq!(out("data/houses.csv"), Path::new("models/houses"));
        assert_eq!(out("houses.csv.gz"), Path::new("models/houses"));
        assert_eq!(out(".csv"), Path::new("models/csv"));
    }

    #[test]
    fn one_process_at_a_time_writes_to_an_unfinished_run() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(&place.path().join("model")).unwrap();
        fs::create_dir(&folder.partial).unwrap();
        let lock = folder.lock().unwrap();
        let Err(Failure::Failed(message)) = folder.lock() else { panic!("two processes have the lock") };
        assert!(message.contains("model.partial") && message.contains("--out"), "{message}");
        drop(lock);
        folder.lock().unwrap();
    }

    #[test]
    fn what_a_kill_left_before_the_run_began_is_in_nobodys_way() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(&place.path().join("model")).unwrap();
        fs::create_dir_all(folder.checkpoints()).unwrap();
        fs::write(folder.partial.join(RUN_PART), "{\"kit").unwrap();
        for existing in [Existing::Keep, Existing::Replace] {
            assert!(folder.check_free(existing).is_ok(), "{existing:?}");
        }
        // What holds anything is not touched.
        fs::write(folder.checkpoints().join("pack"), "").unwrap();
        for existing in [Existing::Keep, Existing::Replace] {
            assert!(folder.check_free(existing).is_err(), "{existing:?}");
        }
    }

    #[test]
    fn the_unfinished_folder_lies_beside_the_finished_one() {
        let folder = RunFolder::new(Path::new("a/b/")).unwrap();
        assert_eq!(folder.partial, Path::new("a/b.partial"));
        assert!(RunFolder::new(Path::new("..")).is_err());
        assert!(RunFolder::new(Path::new("/")).is_err());
    }
}
