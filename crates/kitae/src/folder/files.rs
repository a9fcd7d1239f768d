//! What the training wrote into a model folder, if it is still what belongs to the model.

use std::path::Path;

use kitae_lab::diagnose::Scored;
use kitae_train::files::read_bytes;
use kitae_train::looks::SEALED_FILE;
use kitae_train::model::{LOOKS_FILE, OUT_OF_FOLD_FILE, RECORD_FILE};
use kitae_train::record::events_of;
use kitae_train::sums::Sums;
use kitae_train::{ArtefactError, Event};

use super::out_of_fold;

/// Everything beside the model that a copy of it takes along.
pub(crate) fn files_beside(model: &Path) -> Result<Vec<(String, Vec<u8>)>, ArtefactError> {
    let sums = Sums::read(model)?;
    let mut files = Vec::new();
    for name in [RECORD_FILE, OUT_OF_FOLD_FILE] {
        match sums.file(name) {
            Ok(bytes) => files.push((name.to_owned(), bytes.into_owned())),
            Err(ArtefactError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let failed = |error| ArtefactError::io("read", model, error);
    for entry in std::fs::read_dir(model).map_err(failed)? {
        let Ok(name) = entry.map_err(failed)?.file_name().into_string() else { continue };
        // With the files of the rows that were looked at.
        if name == SEALED_FILE || name == LOOKS_FILE || name.starts_with("looks-") {
            let bytes = read_bytes(&model.join(&name)).map_err(failed)?;
            files.push((name, bytes));
        }
    }
    Ok(files)
}

/// The run record.
///
/// # Errors
///
/// If it is missing, damaged, or of another model.
pub fn events(model: &Path) -> Result<Vec<Event>, ArtefactError> {
    let sums = Sums::read(model)?;
    let bytes = sums.file(RECORD_FILE)?;
    events_of(&bytes, &model.join(RECORD_FILE))
}

/// The predictions for the held-out rows.
///
/// # Errors
///
/// If they are missing, damaged, or of another model.
pub fn scored(model: &Path, class_names: &[String]) -> Result<Scored, ArtefactError> {
    let sums = Sums::read(model)?;
    let bytes = sums.file(OUT_OF_FOLD_FILE)?;
    let path = model.join(OUT_OF_FOLD_FILE);
    out_of_fold::read(&bytes, class_names).map_err(|reason| ArtefactError::Damaged { path, reason })
}
