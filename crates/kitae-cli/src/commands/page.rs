//! The page in a folder: of a model with all that was measured of it, of a ledger or a study.

use std::path::Path;

use kitae::page::contents as contents_of;
use kitae_report::Contents;
use kitae_report::diagnosis;
use kitae_report::document::{Document, Section};
use kitae_report::importance;
use kitae_train::Recipe;
use kitae_train::files::read_bytes;
use kitae_train::model::Manifest;

use crate::failure::Failure;
use crate::flags::{WORDING, with_value};
use crate::folder::page_of;
use crate::output::write_whole;

/// The diagnosis in a model folder.
pub(super) const DIAGNOSIS_FILE: &str = "diagnosis.json";

/// What was measured of the columns, in the model folder.
pub(super) const IMPORTANCE_FILE: &str = "importance.json";

/// Writes the page into `folder`, which will be called `named`.
pub(super) fn write_into(folder: &Path, named: &Path, manifest: &Manifest) -> Result<(), Failure> {
    write_page(folder, &contents(folder, &named.display().to_string(), manifest).document())
}

/// Writes the page of a document into a folder.
pub(super) fn write_page(folder: &Path, document: &Document) -> Result<(), Failure> {
    write_whole(&page_of(folder), document.html().as_bytes())
}

/// What the files of the folder say; of those that cannot be read, why.
pub(super) fn contents<'a>(folder: &Path, named: &'a str, manifest: &'a Manifest) -> Contents<'a> {
    let mut contents = contents_of(folder, named, manifest);
    contents.more.extend(diagnosed(folder, &manifest.recipe));
    contents.more.extend(measured(folder));
    contents.wording = WORDING;
    contents
}

/// The diagnosis of a model as a section of its page; none where there is no diagnosis.
fn diagnosed(model: &Path, recipe: &Recipe) -> Option<Section> {
    let bytes = read_bytes(&model.join(DIAGNOSIS_FILE)).ok()?;
    Some(match serde_json::from_slice(&bytes) {
        Ok(checkup) => diagnosis::section(&checkup, recipe, &|settings| format!("`{}`", as_flags(settings))),
        Err(error) => diagnosis::lost(&error.to_string()),
    })
}

/// What was measured of the columns of the model in this folder, as a section of its page; none if nothing
/// was.
fn measured(folder: &Path) -> Option<Section> {
    let read = match read_bytes(&folder.join(IMPORTANCE_FILE)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => Err(error.to_string()),
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
    };
    Some(read.map_or_else(|reason| importance::lost(&reason), |measured| importance::section(&measured)))
}

/// Settings of a recipe as words for a shell.
pub(super) fn as_flags(settings: &[String]) -> String {
    settings.iter().map(|setting| with_value("--set", setting)).collect::<Vec<_>>().join(" ")
}
