//! Weights in a safetensors file: nothing is run when it is read, and no size in it is trusted.

use std::collections::BTreeMap;
use std::path::Path;

use crate::weights::{WeightTensor, Weights};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::error::ArtefactError;
use crate::files::{read, write_atomically};

/// Named groups of weights, and a text beside them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightFile {
    /// The key of a group holds no `/`.
    pub groups: BTreeMap<String, Weights>,
    /// Free text, such as JSON.
    pub text: String,
}

const TEXT: &str = "kitae";

impl WeightFile {
    /// Writes the file.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ArtefactError> {
        write_atomically(path, &self.to_bytes(path)?)
    }

    /// The contents of the file; `path` stands in errors.
    ///
    /// # Errors
    ///
    /// If a tensor has another length than its shape says.
    pub fn to_bytes(&self, path: &Path) -> Result<Vec<u8>, ArtefactError> {
        let mut tensors: Vec<(String, [usize; 2], Vec<u8>)> = Vec::new();
        for (group, weights) in &self.groups {
            for (name, tensor) in &weights.tensors {
                let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
                tensors.push((format!("{group}/{name}"), tensor.shape, bytes));
            }
        }
        let views: Result<Vec<_>, _> = tensors
            .iter()
            .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.to_vec(), bytes)?)))
            .collect();
        let text = std::iter::once((TEXT.to_string(), self.text.clone())).collect();
        views
            .and_then(|views| safetensors::serialize(views, Some(text)))
            .map_err(|error| ArtefactError::damaged(path, error))
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is damaged.
    pub fn read(path: &Path) -> Result<Self, ArtefactError> {
        Self::from_bytes(&read(path)?, path)
    }

    /// Reads the contents of the file; `path` stands in errors.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, ArtefactError> {
        let damaged = |reason: &dyn std::fmt::Display| ArtefactError::damaged(path, reason);
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(&error))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| damaged(&error))?;
        let text = metadata.metadata().as_ref().and_then(|texts| texts.get(TEXT)).cloned();
        let text = text.ok_or_else(|| damaged(&"it was not written by kitae"))?;
        let mut groups: BTreeMap<String, Weights> = BTreeMap::new();
        for (key, view) in tensors.tensors() {
            let (group, name) =
                key.split_once('/').ok_or_else(|| damaged(&format!("tensor `{key}` has no group")))?;
            let tensor = tensor(&view)
                .ok_or_else(|| damaged(&format!("tensor `{key}` is not a matrix of 32-bit floats")))?;
            groups.entry(group.to_string()).or_default().tensors.insert(name.to_string(), tensor);
        }
        Ok(Self { groups, text })
    }
}

fn tensor(view: &TensorView) -> Option<WeightTensor> {
    let shape: [usize; 2] = view.shape().try_into().ok()?;
    if view.dtype() != Dtype::F32 {
        return None;
    }
    let (chunks, _) = view.data().as_chunks::<4>();
    Some(WeightTensor { shape, values: chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect() })
}
