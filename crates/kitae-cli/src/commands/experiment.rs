//! What the folders of experiments have in common: ledgers, studies.

use std::fs;
use std::path::Path;

use super::interrupt::resume_command;
use crate::failure::Failure;
use crate::folder::{LOCK_FILE, Lock, RUN_FILE, Run, clear, is_part_of_run, not_ours};
use crate::output::write_whole;

/// A kind of experiment.
pub(super) struct ExperimentKind {
    /// The command that makes it.
    pub(super) command: &'static str,
    /// What it is called.
    pub(super) name: &'static str,
    /// The file by which its folder is known. It is written last: without it nothing was begun.
    pub(super) file: &'static str,
}

impl ExperimentKind {
    /// Makes an empty folder, in place of an experiment of this kind if it may be replaced.
    pub(super) fn make_folder(&self, folder: &Path, overwrite: bool) -> Result<Lock, Failure> {
        self.check_free(folder, overwrite)?;
        let lock = Lock::make(folder)?;
        // Once more: until now another process may have begun one there.
        self.check_free(folder, overwrite)?;
        clear(folder)?;
        Ok(lock)
    }

    fn check_free(&self, folder: &Path, overwrite: bool) -> Result<(), Failure> {
        let is_there = folder.join(self.file).is_file();
        if is_there && !overwrite {
            return Err(self.there_is_one(folder));
        }
        if folder.exists() && !is_there && !self.was_never_begun(folder) {
            return Err(not_ours(folder, self.name));
        }
        Ok(())
    }

    /// Whether it holds nothing but what a kill left before the experiment began.
    fn was_never_begun(&self, folder: &Path) -> bool {
        let is_left_over = |entry: &fs::DirEntry| match entry.file_name().to_str() {
            Some(LOCK_FILE) => true,
            Some(name) if is_part_of_run(name) => true,
            Some(RUN_FILE) => Run::read(folder).is_ok(),
            Some(name) => name.strip_prefix(self.file).is_some_and(|end| end.starts_with(".part")),
            None => false,
        };
        fs::read_dir(folder)
            .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| is_left_over(&entry))))
    }

    fn there_is_one(&self, folder: &Path) -> Failure {
        let (shown, name) = (folder.display(), self.name);
        let go_on = if folder.join(RUN_FILE).is_file() {
            format!("resume it with `{}`, ", resume_command(self.command, folder))
        } else {
            // Nothing says what it was begun with.
            String::new()
        };
        Failure::new(format!(
            "`{shown}` holds a {name}: {go_on}name another folder with `--out`, or replace it with `--overwrite`"
        ))
    }

    /// Checks that there is one to go on with.
    pub(super) fn check(&self, folder: &Path) -> Result<(), Failure> {
        if folder.join(self.file).is_file() && folder.join(RUN_FILE).is_file() {
            return Ok(());
        }
        Err(Failure::new(format!("`{}` holds no {}: name the folder of one", folder.display(), self.name)))
    }
}

/// Writes what was adopted or chosen as a file for `--recipe`: the changes alone, so that they can be merged
/// into any preset, below comments.
pub(super) fn write_changes(path: &Path, comments: String, changes: &toml::Table) -> Result<(), Failure> {
    let table = toml::to_string(changes).map_err(|error| Failure::new(error.to_string()))?;
    write_whole(path, (comments + &table).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: ExperimentKind = ExperimentKind { command: "tune", name: "study", file: "study.db" };

    #[test]
    fn what_a_kill_left_before_an_experiment_began_is_in_nobodys_way() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("study");
        drop(KIND.make_folder(&folder, false).unwrap());
        fs::write(folder.join("run.json.part"), "{").unwrap();
        fs::write(folder.join("study.db.part-journal"), "").unwrap();
        assert!(KIND.check(&folder).is_err());
        drop(KIND.make_folder(&folder, false).unwrap());
        assert!(!folder.join("run.json.part").exists());
        // What is of others is not touched, whatever was asked for.
        fs::write(folder.join("notes.txt"), "").unwrap();
        assert!(KIND.make_folder(&folder, true).is_err());
        fs::remove_file(folder.join("notes.txt")).unwrap();
        fs::write(folder.join(RUN_FILE), "{\"lr\": 0.1}").unwrap();
        assert!(KIND.make_folder(&folder, true).is_err());
    }

    #[test]
    fn a_file_of_its_name_is_replaced_only_if_that_was_asked_for() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("study");
        drop(KIND.make_folder(&folder, false).unwrap());
        fs::write(folder.join("study.db"), "").unwrap();
        let Err(failure) = KIND.make_folder(&folder, false) else { panic!("it is replaced") };
        // Without what it was begun with nobody can go on with it.
        assert!(!failure.message().contains("--resume") && failure.message().contains("--overwrite"));
        KIND.make_folder(&folder, true).unwrap();
        assert!(!folder.join("study.db").exists());
    }
}
