//! A model folder that others may have: without any row of the training.

use std::fs;
use std::path::Path;

use kitae_infer::files::{new_folder, write_atomically};
use kitae_infer::sums::{SUMS_FILE, Sums};
use kitae_infer::{ArtefactError, MODEL_FILE};
use serde_json::Value;

use crate::card::card;
use crate::error::ExportError;
use crate::folder::ModelFolder;
use crate::verify::file_name;

/// What predicts, beside `model.json`.
pub(crate) const PREDICTING: [&str; 2] = ["weights.safetensors", "nonconformity.safetensors"];
/// The card of the model.
const CARD_FILE: &str = "README.md";

/// What went into a folder to share, and what stayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Files that were written, and what each tells of the training rows.
    pub written: Vec<(String, &'static str)>,
    /// Files of the model folder that were left out, and why.
    pub left_out: Vec<(String, &'static str)>,
}

/// Writes a folder that predicts as the model does and holds no training row; it must not be there yet.
///
/// # Errors
///
/// If it is there, or cannot be written.
pub fn share(folder: &ModelFolder, to: &Path) -> Result<Shared, ExportError> {
    let written = new_folder(to, |partial| write_files(folder, partial))?;
    Ok(Shared { left_out: left_out(folder, &written), written })
}

fn write_files(folder: &ModelFolder, to: &Path) -> Result<Vec<(String, &'static str)>, ExportError> {
    let mut sums = Sums::new(to);
    let mut written = Vec::new();
    let mut write = |name: &str, bytes: &[u8]| -> Result<(), ExportError> {
        sums.add(name, bytes);
        written.push((name.to_owned(), tells(name)));
        Ok(write_atomically(&to.join(name), bytes)?)
    };
    for name in PREDICTING.into_iter().filter(|name| folder.sums.has(name)) {
        write(name, &folder.sums.file(name)?)?;
    }
    write(MODEL_FILE, &without_folders(folder)?)?;
    write(CARD_FILE, card(folder).as_bytes())?;
    sums.write(to)?;
    written.push((SUMS_FILE.to_owned(), tells(SUMS_FILE)));
    Ok(written)
}

/// `model.json` with the name of the table in place of its path.
fn without_folders(folder: &ModelFolder) -> Result<Vec<u8>, ExportError> {
    let damaged = |error| ArtefactError::damaged(&folder.path.join(MODEL_FILE), error);
    let mut file: Value = serde_json::from_slice(&folder.sums.file(MODEL_FILE)?).map_err(damaged)?;
    file["manifest"]["model"]["source"]["path"] = file_name(&folder.model.manifest.source.path).into();
    Ok(serde_json::to_vec_pretty(&file).map_err(damaged)?)
}

fn left_out(folder: &ModelFolder, written: &[(String, &'static str)]) -> Vec<(String, &'static str)> {
    let entries = fs::read_dir(&folder.path).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter(|name| written.iter().all(|(written, _)| written != name)).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), why_left_out(&name))).collect()
}

/// What a file that leaves tells of the training rows.
fn tells(name: &str) -> &'static str {
    match name {
        MODEL_FILE => {
            "names of columns and classes, all levels of categories, the range and some quantiles of each number, what \
             was found out about the table"
        }
        "weights.safetensors" => {
            "nothing that can be read off; like any network it may have learnt single rows by heart"
        }
        "nonconformity.safetensors" => "how wrong networks were on held-out rows, in ascending order: no row",
        CARD_FILE => "names of columns and classes, scores, looks at the test rows",
        _ => "digests of the other files",
    }
}

/// Why a file stays.
fn why_left_out(name: &str) -> &'static str {
    match name {
        "out_of_fold.csv" => "the target and a prediction of each training row",
        "report.html" => "targets and predictions of many rows, as points",
        "sealed.rows" => "a hash of each sealed row",
        "run.json" => "the path of the table from the root",
        "looks.jsonl" => "names of the files that were looked at; the card tells how often",
        "diagnosis.json" => "rows by number, and cells that stand out",
        _ if name.starts_with("looks-") => "a hash of each row that was looked at",
        _ => "not needed to predict",
    }
}
