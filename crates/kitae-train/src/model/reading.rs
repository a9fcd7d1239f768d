//! `model.json` as it is read: its format first, so that a later one gets a clear error.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FORMAT, MODEL_FILE, Manifest};
use crate::error::ArtefactError;
use crate::files::read;

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
    pub(super) weights_crc32: u32,
    pub(super) manifest: Manifest,
}

impl ModelFile {
    pub(super) fn read(folder: &Path) -> Result<Self, ArtefactError> {
        let path = folder.join(MODEL_FILE);
        if !folder.exists() {
            return Err(ArtefactError::NoFolder { path: folder.to_path_buf() });
        }
        if !path.is_file() {
            return Err(ArtefactError::NotAModel { path: folder.to_path_buf() });
        }
        let json = read(&path)?;
        let damaged = |error: serde_json::Error| ArtefactError::damaged(&path, error);
        let header: Header = serde_json::from_slice(&json).map_err(damaged)?;
        if header.format > FORMAT {
            return Err(ArtefactError::Newer {
                path: folder.to_path_buf(),
                found: header.format,
                known: FORMAT,
                written_by: header.kitae,
            });
        }
        serde_json::from_slice(&json).map_err(damaged)
    }
}

impl Manifest {
    /// Reads the manifest of a model folder without its weights: enough to tell about the model, and not
    /// checked against them as [`Model::load`](super::Model::load) does.
    ///
    /// ```
    /// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
    /// use kitae_train::model::Manifest;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let model = moons::trained()?.model;
    /// model.save(folder.path())?;
    /// std::fs::remove_file(folder.path().join("weights.safetensors"))?;
    /// assert_eq!(Manifest::load(folder.path())?, model.manifest);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by a later version, or the file is damaged.
    pub fn load(folder: &Path) -> Result<Self, ArtefactError> {
        Ok(ModelFile::read(folder)?.manifest)
    }
}
