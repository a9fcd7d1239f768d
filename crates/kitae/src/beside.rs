//! What lies beside a model: the record of its training, the predictions for held-out rows, the sealed rows,
//! the looks.

use std::path::{Path, PathBuf};

use kitae_lab::diagnose::Scored;
use kitae_report::Contents;
use kitae_train::files::write_atomically;
use kitae_train::looks::{SEALED_FILE, SealedRows, take_along};
use kitae_train::model::{LOOKS_FILE, Manifest, OUT_OF_FOLD_FILE, RECORD_FILE};
use kitae_train::record::events_of;
use kitae_train::{ArtefactError, Event};

use crate::error::Error;
use crate::folder::{events, files_beside, read_out_of_fold, scored};
use crate::page;

/// Files that lie beside a model.
#[derive(Clone, Debug)]
pub(crate) enum Beside {
    /// In the folder that the model is from.
    Folder(PathBuf),
    /// In no folder yet, or in none any more.
    Memory(Vec<(String, Vec<u8>)>),
}

impl Beside {
    pub(crate) fn into_memory(self) -> Result<Self, ArtefactError> {
        match self {
            Self::Folder(folder) => files_beside(&folder).map(Self::Memory),
            memory @ Self::Memory(_) => Ok(memory),
        }
    }

    /// Writes the files into the folder of a copy of the model.
    pub(crate) fn write_into(&self, folder: &Path) -> Result<(), Error> {
        let write = |(name, bytes): &(String, Vec<u8>)| write_atomically(&folder.join(name), bytes);
        match self {
            Self::Memory(files) => files.iter().try_for_each(write)?,
            Self::Folder(own) => {
                let is_of_looks = |name: &str| name.starts_with("looks");
                files_beside(own)?.iter().filter(|(name, _)| !is_of_looks(name)).try_for_each(write)?;
                take_along(own, folder)?;
            }
        }
        Ok(())
    }

    pub(crate) fn sealed_rows(&self) -> Option<SealedRows> {
        match self {
            Self::Folder(folder) => SealedRows::of(folder),
            Self::Memory(_) => SealedRows::read(self.file(SEALED_FILE).ok()?),
        }
    }

    pub(crate) fn out_of_fold(&self, class_names: &[String]) -> Result<Scored, ArtefactError> {
        match self {
            Self::Folder(folder) => scored(folder, class_names),
            Self::Memory(_) => read_out_of_fold(self.file(OUT_OF_FOLD_FILE)?, class_names)
                .map_err(|reason| ArtefactError::Damaged { path: OUT_OF_FOLD_FILE.into(), reason }),
        }
    }

    fn events(&self) -> Result<Vec<Event>, ArtefactError> {
        match self {
            Self::Folder(folder) => events(folder),
            Self::Memory(_) => events_of(self.file(RECORD_FILE)?, Path::new(RECORD_FILE)),
        }
    }

    /// What the files say for the page of the model.
    pub(crate) fn contents<'a>(&self, named: &'a str, manifest: &'a Manifest) -> Contents<'a> {
        if let Self::Folder(folder) = self {
            return page::contents(folder, named, manifest);
        }
        let mut contents = Contents::new(named, manifest);
        contents.events = page::told_events(self.events());
        let scored = self.out_of_fold(&manifest.model.class_names);
        contents.scored = page::told_scored(scored);
        let looks = self.file(LOOKS_FILE).map(String::from_utf8_lossy).unwrap_or_default();
        contents.looks = Ok(page::own_looks(&looks));
        contents
    }

    fn file(&self, name: &str) -> Result<&[u8], ArtefactError> {
        let files: &[(String, Vec<u8>)] = match self {
            Self::Folder(_) => &[],
            Self::Memory(files) => files,
        };
        let file = files.iter().find(|(known, _)| known == name);
        file.map(|(_, bytes)| bytes.as_slice()).ok_or_else(|| ArtefactError::Missing { path: name.into() })
    }
}
