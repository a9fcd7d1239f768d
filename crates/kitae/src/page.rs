//! The page of a model folder.

use std::io::ErrorKind;
use std::path::Path;

use kitae_report::{Contents, ScoredRows};
use kitae_train::files::read_text;
use kitae_train::looks::read_looks;
use kitae_train::model::{LOOKS_FILE, Manifest};

use crate::folder::{events, scored};

/// The page in a folder.
pub const PAGE_FILE: &str = "report.html";

/// What the files of a model folder, called `named`, say for its page; of those that cannot be read, why.
pub fn contents<'a>(folder: &Path, named: &'a str, manifest: &'a Manifest) -> Contents<'a> {
    let mut contents = Contents::new(named, manifest);
    contents.events = events(folder)
        .map_err(|error| format!("The run record cannot be read, so there are no learning curves: {error}."));
    let scored = scored(folder, &manifest.model.class_names);
    contents.scored = scored
        .map(|scored| ScoredRows { targets: scored.targets, predictions: scored.predictions })
        .map_err(|reason| {
            format!("The out-of-fold predictions cannot be read, so there are no charts of them: {reason}.")
        });
    contents.looks = match read_text(&folder.join(LOOKS_FILE)) {
        Ok(text) => Ok(read_looks(&text).into_iter().filter(|look| !look.of_an_earlier_model).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("The looks at test rows cannot be read: {error}.")),
    };
    contents
}
