//! `model.json` as it is read: its format first, so that a later one gets a clear error.

use std::cmp::Ordering;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FORMAT, MODEL_FILE, Manifest};
use crate::error::ArtefactError;
use crate::sums::Sums;

/// What is read first, so that a later format gets a clear error.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    kitae: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelFile {
    pub(super) format: u32,
    pub(super) kitae: String,
    pub(super) manifest: Manifest,
}

/// The manifest of a folder, and the digests of its files.
pub(super) fn read(folder: &Path) -> Result<(Manifest, Sums), ArtefactError> {
    let path = folder.join(MODEL_FILE);
    if !folder.exists() {
        return Err(ArtefactError::NoFolder { path: folder.to_path_buf() });
    }
    if !path.is_file() {
        return Err(ArtefactError::NotAModel { path: folder.to_path_buf() });
    }
    let damaged = |error: serde_json::Error| ArtefactError::damaged(&path, error);
    // Other formats may have no digests.
    let bytes = crate::files::read(&path)?;
    check_format(folder, &serde_json::from_slice(&bytes).map_err(damaged)?)?;
    let sums = Sums::read(folder)?;
    let file: ModelFile = serde_json::from_slice(&sums.file(MODEL_FILE)?).map_err(damaged)?;
    Ok((file.manifest, sums))
}

fn check_format(folder: &Path, header: &Header) -> Result<(), ArtefactError> {
    let (path, found, written_by) = (folder.to_path_buf(), header.format, header.kitae.clone());
    match found.cmp(&FORMAT) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(ArtefactError::Newer { path, found, known: FORMAT, written_by }),
        Ordering::Less => Err(ArtefactError::Older { path, found, known: FORMAT, written_by }),
    }
}

impl Manifest {
    /// Reads the manifest of a model folder without its weights: enough to tell about the model, and not
    /// checked against them as [`Model::load`](super::Model::load) does.
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by another version, or the file is damaged.
    pub fn load(folder: &Path) -> Result<Self, ArtefactError> {
        Ok(read(folder)?.0)
    }
}
