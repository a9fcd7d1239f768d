//! The folder of a model while it is being made: `OUT.partial` beside `OUT`, until it is whole.

mod lock;
mod place;
mod run;

use std::fs;
use std::path::{Path, PathBuf};

use kitae::page::PAGE_FILE;
use kitae_train::files::create_anew;
use kitae_train::looks::hand_on;
use kitae_train::model::{MODEL_FILE, RECORD_FILE};

use crate::failure::Failure;
use lock::REPLACED;
pub(crate) use lock::{LOCK_FILE, Lock, clear, remove};
use place::{Moved, put_in_place, sync};
pub(crate) use run::{RUN_FILE, Run, origin};

const CHECKPOINTS: &str = "checkpoint";
/// An empty file of an unfinished run that may replace a model.
const REPLACES: &str = "replaces";
/// As a file name it means the standard input.
pub(crate) const PIPED: &str = "-";

/// Where the page of a model, a ledger or a study is.
pub(crate) fn page_of(folder: &Path) -> PathBuf {
    folder.join(PAGE_FILE)
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
        let file = if file == Path::new(PIPED) { Path::new("stdin") } else { file };
        Self::new(&Path::new("models").join(stem(file)))
    }

    /// Checks that a new run may be started. Nothing is written.
    pub(crate) fn check_free(&self, existing: Existing) -> Result<(), Failure> {
        let (out, partial) = (self.out.display(), self.partial.display());
        let is_nobodys = || is_replaced(&self.partial) || self.was_never_begun();
        match existing {
            Existing::Keep if self.partial.exists() && !is_nobodys() => Err(Failure::new(format!(
                "`{partial}` holds an unfinished run: resume it with `kitae train --resume {out}`, or begin \
                 anew with `--overwrite`"
            ))),
            Existing::Keep if self.out.exists() => Err(Failure::new(format!(
                "`{out}` exists: name another folder with `--out`, or replace it with `--overwrite`"
            ))),
            Existing::Replace if !is_ours(&self.out, MODEL_FILE) => Err(not_ours(&self.out, "model")),
            Existing::Replace if !is_ours(&self.partial, RUN_FILE) && !is_nobodys() => {
                Err(not_ours(&self.partial, "run"))
            }
            Existing::Keep | Existing::Replace => Ok(()),
        }
    }

    /// Whether a kill left the unfinished folder before the run was written down, so that it holds nothing.
    fn was_never_begun(&self) -> bool {
        let is_empty = |entry: &fs::DirEntry| match entry.file_name().to_str() {
            Some(LOCK_FILE | REPLACES) => true,
            Some(CHECKPOINTS) => fs::read_dir(entry.path()).is_ok_and(|mut inside| inside.next().is_none()),
            Some(name) => is_part_of_run(name),
            None => false,
        };
        fs::read_dir(&self.partial)
            .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| is_empty(&entry))))
    }

    /// Makes the folder of a new run; an unfinished run is removed if it may be replaced.
    pub(crate) fn begin(&self, existing: Existing, run: &Run) -> Result<Lock, Failure> {
        self.tidy();
        self.check_free(existing)?;
        let lock = Lock::make(&self.partial)?;
        // Once more: until now another process may have begun a run there, or ended one.
        if let Err(failure) = self.check_free(existing) {
            if self.was_never_begun() {
                remove(&self.partial, lock)?;
            }
            return Err(failure);
        }
        clear(&self.partial)?;
        self.make_checkpoints()?;
        if existing == Existing::Replace {
            mark(&self.partial, REPLACES)?;
        }
        run.write(&self.partial)?;
        Ok(lock)
    }

    /// Finds an unfinished run and keeps other processes away from it.
    pub(crate) fn reopen(&self) -> Result<(Run, Lock), Failure> {
        self.tidy();
        let (out, partial) = (self.out.display(), self.partial.display());
        if !self.partial.exists() {
            let what = if self.out.exists() { "is a finished model" } else { "has no unfinished run" };
            return Err(Failure::new(format!("nothing to resume: `{out}` {what} (there is no `{partial}`)")));
        }
        if self.was_never_begun() {
            return Err(Failure::new(format!(
                "nothing to resume: the run in `{partial}` was stopped before it had begun; start it again with the \
                 command that it was started with"
            )));
        }
        if !self.partial.join(RUN_FILE).is_file() {
            return Err(not_ours(&self.partial, "run"));
        }
        let lock = Lock::of(&self.partial)?;
        let run = Run::read(&self.partial)?;
        self.check_place()?;
        Ok((run, lock))
    }

    /// Checks that the run may put its model into its place: what came there while it was unfinished stays.
    pub(crate) fn check_place(&self) -> Result<(), Failure> {
        let is_told = self.partial.join(REPLACES).exists() || is_replaced(&self.out);
        if !self.out.exists() || (is_told && is_ours(&self.out, MODEL_FILE)) {
            return Ok(());
        }
        let out = self.out.display();
        Err(Failure::new(format!(
            "`{out}` was not there when the run began, and the run was not told to replace it: move it away, \
             then resume with `kitae train --resume {out}`"
        )))
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
    pub(crate) fn abandon(&self, lock: Lock) -> Result<(), Failure> {
        remove(&self.partial, lock)
    }

    /// Puts the model, which is whole now, into its place, and removes the one that was there. Where the file
    /// system can, they change places at once, so that at no time there is none. All that only an unfinished
    /// run needs is gone before: after a kill at any moment the run can be resumed, or the model is as it
    /// should be.
    pub(crate) fn complete(&self, lock: Lock) -> Result<(), Failure> {
        self.check_place()?;
        let cannot = |error: std::io::Error| Failure::file("write", &self.out, &error);
        hand_on(&self.out, &self.partial)?;
        Run::write_origin(&self.partial)?;
        let old = self.out.exists().then(|| self.mark_old()).transpose()?;
        self.remove_scaffold()?;
        sync(&self.partial);
        #[cfg(not(unix))]
        // There, a folder with an open file cannot be moved.
        let lock = {
            lock.release(&self.partial)?;
            None
        };
        #[cfg(unix)]
        let lock = Some(lock);
        let moved = put_in_place(&self.partial, &self.out).map_err(cannot)?;
        sync(self.out.parent().unwrap_or(Path::new(".")));
        if let Some(lock) = lock {
            lock.release(&self.out)?;
        }
        match (moved, old) {
            (Moved::OldIsAt(place), Some(old)) => remove(&place, old),
            _ => Ok(()),
        }
    }

    /// Says that the model that is there may be removed, and keeps others away from what will be left of it.
    fn mark_old(&self) -> Result<Lock, Failure> {
        let lock = Lock::of(&self.out)?;
        mark(&self.out, REPLACED)?;
        Ok(lock)
    }

    /// Removes what only an unfinished run needs.
    fn remove_scaffold(&self) -> Result<(), Failure> {
        let checkpoints = self.checkpoints();
        lock::ignoring_absence(fs::remove_dir_all(&checkpoints))
            .map_err(|error| Failure::file("remove", &checkpoints, &error))?;
        let replaces = self.partial.join(REPLACES);
        lock::ignoring_absence(fs::remove_file(&replaces))
            .map_err(|error| Failure::file("remove", &replaces, &error))
    }

    /// Removes what a kill left of a model whose place another one has taken. It is in nobody's way, so a
    /// failure is none of the command.
    fn tidy(&self) {
        let left_over = [self.partial.clone()].into_iter().chain(place::moved_aside(&self.out));
        for folder in left_over.filter(|folder| is_replaced(folder)) {
            let _ = Lock::of(&folder).and_then(|lock| remove(&folder, lock));
        }
    }
}

/// The name of a file without its endings.
pub(crate) fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').find(|part| !part.is_empty()).unwrap_or("model").to_owned()
}

fn mark(folder: &Path, name: &str) -> Result<(), Failure> {
    let path = folder.join(name);
    create_anew(&path).map(drop).map_err(|error| Failure::file("write", &path, &error))
}

fn is_replaced(folder: &Path) -> bool {
    folder.join(REPLACED).is_file()
}

/// Whether a kill left the file while what a run was started with was written down.
pub(crate) fn is_part_of_run(name: &str) -> bool {
    let name = name.strip_prefix('.').unwrap_or(name);
    name.starts_with(RUN_FILE) && Path::new(name).extension().is_some_and(|ending| ending == "part")
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
        assert_eq!(out("-"), Path::new("models/stdin"));
    }

    #[test]
    fn what_a_kill_left_before_the_run_began_is_in_nobodys_way() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(&place.path().join("model")).unwrap();
        fs::create_dir_all(folder.checkpoints()).unwrap();
        fs::write(folder.partial.join("run.json.part"), "{\"kit").unwrap();
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
