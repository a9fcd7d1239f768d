//! The page of a model folder.

use std::io::ErrorKind;
use std::path::Path;

use kitae_lab::diagnose::Scored;
use kitae_report::{Contents, ScoredRows};
use kitae_train::files::read_text;
use kitae_train::looks::{Look, read_looks};
use kitae_train::model::{LOOKS_FILE, Manifest};
use kitae_train::{ArtefactError, Event};

use crate::folder::{events, scored};

/// The page in a folder.
pub const PAGE_FILE: &str = "report.html";

/// What the files of a model folder, called `named`, say for its page; of those that cannot be read, why.
pub fn contents<'a>(folder: &Path, named: &'a str, manifest: &'a Manifest) -> Contents<'a> {
    let mut contents = Contents::new(named, manifest);
    contents.events = told_events(events(folder));
    contents.scored = told_scored(scored(folder, &manifest.model.class_names));
    contents.looks = match read_text(&folder.join(LOOKS_FILE)) {
        Ok(text) => Ok(own_looks(&text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("The looks at test rows cannot be read: {error}.")),
    };
    contents
}

pub(crate) fn told_events(events: Result<Vec<Event>, ArtefactError>) -> Result<Vec<Event>, String> {
    let told = |error| format!("The run record cannot be read, so there are no learning curves: {error}.");
    events.map_err(told)
}

pub(crate) fn told_scored(scored: Result<Scored, ArtefactError>) -> Result<ScoredRows, String> {
    let rows = |scored: Scored| ScoredRows { targets: scored.targets, predictions: scored.predictions };
    scored.map(rows).map_err(|reason| {
        format!("The out-of-fold predictions cannot be read, so there are no charts of them: {reason}.")
    })
}

/// Looks at the model itself.
pub(crate) fn own_looks(text: &str) -> Vec<Look> {
    read_looks(text).into_iter().filter(|look| !look.of_an_earlier_model).collect()
}
