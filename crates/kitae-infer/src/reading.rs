//! `model.json` as it is read: its format first, so that a later one gets a clear error.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::ArtefactError;
use crate::fitted::MODEL_FILE;
use crate::manifest::FORMAT;
use crate::model_files::ModelFiles;
use crate::sums::Sums;

/// What is read first, so that a later format gets a clear error.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    kitae: String,
}

/// `model.json`: what predicts, and in `M` what else is told of the model.
#[derive(Serialize, Deserialize)]
struct ModelFile<M> {
    format: u32,
    kitae: String,
    manifest: M,
}

/// The contents of `model.json`, written by this version of kitae.
///
/// # Errors
///
/// If a number of the manifest is not finite.
pub fn to_json(kitae: &str, manifest: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec_pretty(&ModelFile { format: FORMAT, kitae: kitae.to_owned(), manifest })
}

/// What a model folder was written with.
pub struct Opened<M> {
    /// The manifest, as `M` wants it.
    pub manifest: M,
    /// The version of kitae that wrote it.
    pub kitae: String,
    /// The digests of the files.
    pub sums: Sums,
}

/// Reads the manifest of a folder, and the digests of its files; weights are not looked at.
///
/// # Errors
///
/// If the folder is no model, was written by another version, or the file is damaged.
pub fn open<M: DeserializeOwned>(folder: &Path) -> Result<Opened<M>, ArtefactError> {
    open_files(ModelFiles::of(folder))
}

/// The same of files wherever they are.
///
/// # Errors
///
/// As [`open`].
pub fn open_files<M: DeserializeOwned>(files: ModelFiles) -> Result<Opened<M>, ArtefactError> {
    files.check_is_model()?;
    let path = files.path(MODEL_FILE);
    let damaged = |error: serde_json::Error| ArtefactError::damaged(&path, error);
    // Other formats may have no digests.
    check_format(files.shown(), &serde_json::from_slice(&files.read(MODEL_FILE)?).map_err(damaged)?)?;
    let sums = Sums::of_files(files)?;
    let file: ModelFile<M> = serde_json::from_slice(&sums.file(MODEL_FILE)?).map_err(damaged)?;
    Ok(Opened { manifest: file.manifest, kitae: file.kitae, sums })
}

fn check_format(path: PathBuf, header: &Header) -> Result<(), ArtefactError> {
    let (found, written_by) = (header.format, header.kitae.clone());
    match found.cmp(&FORMAT) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(ArtefactError::Newer { path, found, known: FORMAT, written_by }),
        Ordering::Less => Err(ArtefactError::Older { path, found, known: FORMAT, written_by }),
    }
}
