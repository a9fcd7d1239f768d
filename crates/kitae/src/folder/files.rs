//! What the training wrote into a model folder, if it is still what belongs to the model.

use std::path::Path;

use kitae_lab::diagnose::Scored;
use kitae_train::model::{OUT_OF_FOLD_FILE, RECORD_FILE};
use kitae_train::record::events_of;
use kitae_train::sums::Sums;
use kitae_train::{ArtefactError, Event};

use super::out_of_fold;

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
