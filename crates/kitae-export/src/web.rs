//! A model as one page that answers in a browser.

use std::collections::BTreeMap;
use std::path::Path;

use kitae_data::schema::ColumnSchema;
use kitae_infer::files::{new_folder, write_atomically};
use kitae_infer::reading::to_json;
use kitae_infer::sums::{SUMS_FILE, Sums};
use kitae_infer::{ArtefactError, MODEL_FILE, Manifest};
use serde::Serialize;

use crate::error::ExportError;
use crate::folder::ModelFolder;
use crate::share::PREDICTING;
use crate::verify::file_name;

/// The page.
const PAGE_FILE: &str = "index.html";

/// Writes a folder with one page that answers as the model does and holds no training row; the folder must
/// not be there yet. How many bytes the page has.
///
/// # Errors
///
/// If the folder is there, or cannot be written.
pub fn write_page(folder: &ModelFolder, to: &Path) -> Result<usize, ExportError> {
    let name = folder.path.canonicalize().unwrap_or_else(|_| folder.path.clone());
    let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let page = to.join(PAGE_FILE);
    let html =
        kitae_web::page(&name, &files(folder)?).map_err(|error| ArtefactError::io("make", &page, error))?;
    new_folder(to, |partial| Ok(write_atomically(&partial.join(PAGE_FILE), html.as_bytes())?))
        .map(|()| html.len())
}

/// What predicts, with digests of its own.
fn files(folder: &ModelFolder) -> Result<BTreeMap<String, Vec<u8>>, ExportError> {
    let mut files = BTreeMap::from([(MODEL_FILE.to_owned(), what_predicts(folder)?)]);
    for name in PREDICTING.into_iter().filter(|name| folder.sums.has(name)) {
        files.insert(name.to_owned(), folder.sums.file(name)?.into_owned());
    }
    let mut sums = Sums::new(&folder.path);
    for (name, bytes) in &files {
        sums.add(name, bytes);
    }
    files.insert(SUMS_FILE.to_owned(), sums.text().into_bytes());
    Ok(files)
}

/// `model.json` without what is told of the training: recipe, scores, findings, and cells that serve as
/// examples.
fn what_predicts(folder: &ModelFolder) -> Result<Vec<u8>, ExportError> {
    #[derive(Serialize)]
    struct Part {
        model: Manifest,
    }
    let mut model = folder.model.manifest.clone();
    model.source.path = file_name(&model.source.path);
    for column in &mut model.schema.columns {
        *column = ColumnSchema { reason: String::new(), findings: Vec::new(), ..column.clone() };
    }
    let json = to_json(&folder.model.manifest.kitae, &Part { model });
    Ok(json.map_err(|error| ArtefactError::damaged(&folder.path.join(MODEL_FILE), error))?)
}

#[cfg(test)]
mod tests {
    use kitae_infer::{Model, ModelFiles};

    use super::*;

    #[test]
    fn what_leaves_predicts_the_same_and_tells_no_cell() {
        for name in ["classes", "values"] {
            let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden").join(name);
            let folder = ModelFolder::load(&stored).unwrap();
            let files = files(&folder).unwrap();
            let json = String::from_utf8(files[MODEL_FILE].clone()).unwrap();
            assert!(
                !json.contains("such as") && !json.contains("recipe") && !json.contains("seal\""),
                "{json}"
            );
            let model = Model::of_files(ModelFiles::Memory(files)).unwrap();
            let table = model.read(&stored.join("new.csv")).unwrap();
            let expected = folder.model.predictor().unwrap().predictions(&table).unwrap();
            assert_eq!(model.predictor().unwrap().predictions(&table).unwrap(), expected);
        }
    }

    #[test]
    fn a_folder_that_is_there_is_left_alone() {
        let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden/values");
        let folder = ModelFolder::load(&stored).unwrap();
        let place = tempfile::tempdir().unwrap();
        assert!(write_page(&folder, place.path()).unwrap_err().to_string().contains("exists"));
        let to = place.path().join("page");
        let n_bytes = write_page(&folder, &to).unwrap();
        let html = std::fs::read_to_string(to.join(PAGE_FILE)).unwrap();
        assert!(html.len() == n_bytes && html.contains("data-name=\"weights.safetensors\""));
    }
}
