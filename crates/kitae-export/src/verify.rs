//! Whether a model folder is what the training left, and where it comes from.

use std::collections::BTreeMap;
use std::path::Path;

use kitae_infer::files::read_text;
use kitae_infer::manifest::FORMAT;
use kitae_infer::sums::{SUMS_FILE, Sums, sha256};
use serde_json::Value;

use crate::error::ExportError;
use crate::folder::ModelFolder;

/// Looks at test rows; they come after the training, so no digest covers them.
const LOOKS_FILE: &str = "looks.jsonl";

/// What a file of a model folder is to its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Its SHA-256 is the one that was written down.
    Intact,
    /// It is not; or the file cannot be read, is a link, or is not there. The sentence says which.
    Damaged(String),
}

/// What was found out about a model folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// Every file that the training wrote down in `SHA256SUMS`, by name.
    pub files: Vec<(String, FileState)>,
    /// Files that no digest covers: what grows after the training, such as looks and pages, and what others
    /// put there.
    pub apart: Vec<String>,
    /// Where the model comes from, or why it cannot be used.
    pub provenance: Result<Provenance, String>,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The number of the format of the folder.
    pub format: u32,
    /// The version of kitae that wrote it.
    pub kitae: String,
    /// The name of the table, without the folders that it was in.
    pub table: String,
    /// Rows of the table.
    pub n_rows: usize,
    /// Rows that were sealed as test rows.
    pub n_sealed: usize,
    /// A hash of the contents of all rows, whatever their order.
    pub fingerprint: u64,
    /// SHA-256 of the recipe as JSON without blanks and with its keys in order.
    pub recipe: String,
    /// Looks at the sealed test rows.
    pub n_looks: usize,
    /// Looks at the rows of other files.
    pub n_other_looks: usize,
}

impl Verification {
    /// Whether every file is the one that was written, and the model can be used.
    pub fn is_good(&self) -> bool {
        self.files.iter().all(|(_, state)| *state == FileState::Intact) && self.provenance.is_ok()
    }
}

/// Compares every file of a model folder with its digest, and reads where the model comes from.
///
/// # Errors
///
/// If there is no `SHA256SUMS`, or it has another form.
pub fn verify(folder: &Path) -> Result<Verification, ExportError> {
    let sums = Sums::read(folder)?;
    let state = |name: &str| match sums.file(name) {
        Ok(_) => FileState::Intact,
        Err(error) => FileState::Damaged(error.to_string()),
    };
    let files = sums.names().map(|name| (name.to_owned(), state(name))).collect();
    let provenance = ModelFolder::load(folder).map(|model| Provenance::of(&model));
    Ok(Verification {
        files,
        apart: apart(folder, &sums),
        provenance: provenance.map_err(|error| error.to_string()),
    })
}

/// The files that no digest covers.
fn apart(folder: &Path, sums: &Sums) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut apart: Vec<String> = names.filter(|name| name != SUMS_FILE && !sums.has(name)).collect();
    apart.sort();
    apart
}

impl Provenance {
    /// Where a model comes from.
    pub fn of(folder: &ModelFolder) -> Self {
        let manifest = &folder.model.manifest;
        let looks = looks(&folder.path);
        let n_looks = looks.iter().filter(|look| look["which"] == "sealed").count();
        Self {
            format: FORMAT,
            kitae: manifest.kitae.clone(),
            table: file_name(&manifest.source.path),
            n_rows: manifest.source.n_rows,
            n_sealed: manifest.source.n_sealed,
            fingerprint: manifest.source.fingerprint,
            recipe: sha256(sorted(&folder.recipe).to_string().as_bytes()),
            n_looks,
            n_other_looks: looks.len() - n_looks,
        }
    }
}

/// With the keys of all objects in order, however this build of `serde_json` keeps them.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let object: BTreeMap<&String, &Value> = object.iter().collect();
            object.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        value => value.clone(),
    }
}

/// The lines that tell of looks; one that was cut short is left out.
pub(crate) fn looks(folder: &Path) -> Vec<Value> {
    let text = read_text(&folder.join(LOOKS_FILE)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The last part of a path of any system.
pub(crate) fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}
