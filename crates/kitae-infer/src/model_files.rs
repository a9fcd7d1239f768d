//! Where the files of a model are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::ArtefactError;
use crate::files::read;
use crate::fitted::MODEL_FILE;

/// The files of a model, on disk or in memory.
#[derive(Clone, Debug)]
pub enum ModelFiles {
    /// In a folder.
    Folder(PathBuf),
    /// In memory, by their names.
    Memory(BTreeMap<String, Vec<u8>>),
}

impl ModelFiles {
    /// Those of a folder.
    pub fn of(folder: &Path) -> Self {
        Self::Folder(folder.to_path_buf())
    }

    /// A file as errors show it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(name),
            Self::Memory(_) => PathBuf::from(name),
        }
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, name: &str) -> Result<Cow<'_, [u8]>, ArtefactError> {
        match self {
            Self::Folder(folder) => read(&folder.join(name)).map(Cow::Owned),
            Self::Memory(files) => {
                let missing = || ArtefactError::Missing { path: self.path(name) };
                files.get(name).map(|bytes| Cow::Borrowed(&bytes[..])).ok_or_else(missing)
            }
        }
    }

    /// Refuses what is no model at all.
    pub(crate) fn check_is_model(&self) -> Result<(), ArtefactError> {
        let is_there = match self {
            Self::Folder(folder) if !folder.exists() => {
                return Err(ArtefactError::NoFolder { path: folder.clone() });
            }
            Self::Folder(folder) => folder.join(MODEL_FILE).is_file(),
            Self::Memory(files) => files.contains_key(MODEL_FILE),
        };
        if is_there { Ok(()) } else { Err(ArtefactError::NotAModel { path: self.shown() }) }
    }

    /// What errors call all of it.
    pub(crate) fn shown(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.clone(),
            Self::Memory(_) => PathBuf::from("the model"),
        }
    }
}
