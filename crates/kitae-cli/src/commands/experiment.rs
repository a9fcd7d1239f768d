//! What the folders of experiments have in common: ledgers, studies.

use std::fs;
use std::path::Path;

use super::interrupt::resume_command;
use crate::failure::Failure;
use crate::folder::{Lock, is_ours, not_ours, remove};

/// A kind of experiment.
pub(super) struct Kind {
    /// The command that makes it.
    pub(super) command: &'static str,
    /// What it is called.
    pub(super) name: &'static str,
    /// The file by which its folder is known.
    pub(super) file: &'static str,
}

impl Kind {
    /// Makes an empty folder, in place of an experiment of this kind if it may be replaced.
    pub(super) fn make_folder(&self, folder: &Path, overwrite: bool) -> Result<Lock, Failure> {
        if folder.exists() {
            if !is_ours(folder, self.file) {
                return Err(not_ours(folder, self.name));
            }
            if folder.join(self.file).exists() {
                if !overwrite {
                    return Err(self.there_is_one(folder));
                }
                Lock::of(folder)?.release()?;
            }
            remove(folder)?;
        }
        fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?;
        Lock::of(folder)
    }

    fn there_is_one(&self, folder: &Path) -> Failure {
        Failure::new(format!(
            "`{}` holds a {}: go on with it with `{}`, name another folder with `--out`, or replace it with \
             `--overwrite`",
            folder.display(),
            self.name,
            resume_command(self.command, folder)
        ))
    }

    /// Checks that there is one to go on with.
    pub(super) fn check(&self, folder: &Path) -> Result<(), Failure> {
        if folder.join(self.file).is_file() {
            return Ok(());
        }
        Err(Failure::new(format!("nothing to resume: `{}` holds no {}", folder.display(), self.name)))
    }
}
