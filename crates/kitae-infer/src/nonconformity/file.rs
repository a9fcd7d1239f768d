//! `nonconformity.safetensors`: a vector of 64-bit floats for each fold, called `REPEAT/FOLD`.

use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::{FoldNonconformity, Nonconformity};
use crate::error::ArtefactError;
use crate::manifest::FORMAT;

const TEXT: &str = "kitae";

impl Nonconformity {
    /// The contents of the file; `path` stands in errors.
    ///
    /// # Errors
    ///
    /// If the file format cannot hold it.
    pub fn to_bytes(&self, path: &Path) -> Result<Vec<u8>, ArtefactError> {
        let bytes =
            |fold: &FoldNonconformity| fold.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let vectors: Vec<(String, Vec<u8>)> =
            self.folds.iter().map(|fold| (format!("{}/{}", fold.repeat, fold.fold), bytes(fold))).collect();
        let views: Result<Vec<_>, _> = vectors
            .iter()
            .map(|(name, bytes)| Ok((name, TensorView::new(Dtype::F64, vec![bytes.len() / 8], bytes)?)))
            .collect();
        let text = std::iter::once((TEXT.to_string(), FORMAT.to_string())).collect();
        views
            .and_then(|views| safetensors::serialize(views, Some(text)))
            .map_err(|error| ArtefactError::damaged(path, error))
    }

    /// Reads the contents of the file.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, ArtefactError> {
        let damaged = |reason: &dyn std::fmt::Display| ArtefactError::damaged(path, reason);
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| damaged(&error))?;
        let folds = tensors.tensors().into_iter().map(|(name, view)| fold(&name, &view));
        let folds: Option<Vec<FoldNonconformity>> = folds.collect();
        let mut folds = folds.ok_or_else(|| damaged(&"a vector is not one of the numbers of a fold"))?;
        folds.sort_unstable_by_key(|fold| (fold.repeat, fold.fold));
        Ok(Self { folds })
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
