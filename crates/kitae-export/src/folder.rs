//! A model folder as exports need it: what predicts, and what is told of it.

use std::path::{Path, PathBuf};

use kitae_infer::reading::{Opened, open};
use kitae_infer::sums::Sums;
use kitae_infer::{Fitted, Manifest, Model};
use serde::Deserialize;
use serde_json::Value;

use crate::error::ExportError;

/// A model folder, read and checked.
pub struct ModelFolder {
    /// Where it is.
    pub path: PathBuf,
    /// What predicts.
    pub model: Model,
    /// All levers as they were.
    pub recipe: Value,
    /// How good it is on rows that decided nothing.
    pub scores: Value,
    /// What was found out about the table.
    pub findings: Value,
    /// The digests of its files.
    pub sums: Sums,
}

#[derive(Deserialize)]
struct Told {
    model: Manifest,
    recipe: Value,
    scores: Value,
    #[serde(default)]
    findings: Value,
}

impl ModelFolder {
    /// Reads and checks a model folder.
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by another version, or a file is damaged or of another model.
    pub fn load(path: &Path) -> Result<Self, ExportError> {
        let Opened { manifest: Told { model, recipe, scores, findings }, kitae, sums } = open(path)?;
        let manifest = Manifest { kitae, ..model };
        let fitted = Fitted::load(&sums, &manifest)?;
        Ok(Self {
            path: path.to_path_buf(),
            model: Model { manifest, fitted },
            recipe,
            scores,
            findings,
            sums,
        })
    }
}
