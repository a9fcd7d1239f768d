//! `nonconformity.safetensors`: a vector of 64-bit floats for each fold, called `REPEAT/FOLD`.

use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::{FoldNonconformity, Nonconformity};
use crate::error::ArtefactError;
use crate::files::{read, write_atomically};

/// The format that this version writes, and the highest that it reads.
const FORMAT: u32 = 1;
const HEADER: &str = "kitae";

/// What the file says about itself.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    /// The version that wrote it.
    kitae: String,
    /// The weights whose answers these were.
    weights_crc32: u32,
    /// Of all vectors in the order of repeats and folds.
    values_crc32: u32,
}

/// What is read first, so that a later format gets a clear error.
#[derive(Deserialize)]
struct Format {
    format: u32,
    kitae: String,
}

impl Nonconformity {
    /// `weights_crc32` says which weights they belong to.
    pub(crate) fn write(&self, path: &Path, weights_crc32: u32) -> Result<(), ArtefactError> {
        let bytes =
            |fold: &FoldNonconformity| fold.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let vectors: Vec<(String, Vec<u8>)> =
            self.folds.iter().map(|fold| (format!("{}/{}", fold.repeat, fold.fold), bytes(fold))).collect();
        let header = Header {
            format: FORMAT,
            kitae: env!("CARGO_PKG_VERSION").to_string(),
            weights_crc32,
            values_crc32: checksum(&self.folds),
        };
        let damaged = |error: &dyn std::fmt::Display| ArtefactError::damaged(path, error);
        let header = serde_json::to_string(&header).map_err(|error| damaged(&error))?;
        let views: Result<Vec<_>, _> = vectors
            .iter()
            .map(|(name, bytes)| Ok((name, TensorView::new(Dtype::F64, vec![bytes.len() / 8], bytes)?)))
            .collect();
        let header = std::iter::once((HEADER.to_string(), header)).collect();
        let bytes = views
            .and_then(|views| safetensors::serialize(views, Some(header)))
            .map_err(|error| damaged(&error))?;
        write_atomically(path, &bytes)
    }

    /// None if there is no file: older versions wrote none.
    pub(crate) fn read(path: &Path, weights_crc32: u32) -> Result<Option<Self>, ArtefactError> {
        if !path.is_file() {
            return Ok(None);
        }
        let damaged = |reason: &dyn std::fmt::Display| ArtefactError::damaged(path, reason);
        let bytes = read(path)?;
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| damaged(&error))?;
        let text = metadata.metadata().as_ref().and_then(|texts| texts.get(HEADER)).cloned();
        let text = text.ok_or_else(|| damaged(&"it was not written by kitae"))?;
        let Format { format: found, kitae: written_by } =
            serde_json::from_str(&text).map_err(|error| damaged(&error))?;
        if found > FORMAT {
            let path = path.to_path_buf();
            return Err(ArtefactError::Newer { path, found, known: FORMAT, written_by });
        }
        let header: Header = serde_json::from_str(&text).map_err(|error| damaged(&error))?;
        if header.weights_crc32 != weights_crc32 {
            return Err(damaged(&"it belongs to other weights than those in the folder"));
        }
        let tensors = SafeTensors::deserialize(&bytes).map_err(|error| damaged(&error))?;
        let folds = tensors.tensors().into_iter().map(|(name, view)| fold(&name, &view));
        let folds: Option<Vec<FoldNonconformity>> = folds.collect();
        let mut folds = folds.ok_or_else(|| damaged(&"a vector is not one of the numbers of a fold"))?;
        folds.sort_unstable_by_key(|fold| (fold.repeat, fold.fold));
        if checksum(&folds) != header.values_crc32 {
            return Err(damaged(&"its numbers do not have its checksum"));
        }
        Ok(Some(Self { folds }))
    }
}

fn fold(name: &str, view: &TensorView) -> Option<FoldNonconformity> {
    let (repeat, fold) = name.split_once('/')?;
    let [n_values] = view.shape().try_into().ok()?;
    let (chunks, rest) = view.data().as_chunks::<8>();
    if view.dtype() != Dtype::F64 || chunks.len() != n_values || !rest.is_empty() {
        return None;
    }
    let values: Vec<f64> = chunks.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    let is_sound = values.is_sorted() && values.iter().all(|value| !value.is_nan());
    is_sound.then_some(FoldNonconformity { repeat: repeat.parse().ok()?, fold: fold.parse().ok()?, values })
}

/// Of the places and the values.
fn checksum(folds: &[FoldNonconformity]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for fold in folds {
        for place in [fold.repeat, fold.fold, fold.values.len()] {
            hasher.update(&(place as u64).to_le_bytes());
        }
        fold.values.iter().for_each(|value| hasher.update(&value.to_le_bytes()));
    }
    hasher.finalize()
}
