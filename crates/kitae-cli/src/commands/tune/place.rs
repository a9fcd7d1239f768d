//! Where the model of a study goes, and what it may take the place of there.
//!
//! A study may come from anywhere, so what it says is no permission: it names a place beside itself, and the
//! model that it may replace holds a mark that only the command of its user put there.

use std::hash::{BuildHasher, RandomState};
use std::path::{Component, Path, PathBuf};

use kitae_lab::tune::Study;
use kitae_train::files::read_text;
use kitae_train::model::MODEL_FILE;

use crate::failure::Failure;
use crate::folder::{RUN_FILE, RunFolder};
use crate::output::write_whole;

/// A file of a model, or of an unfinished run, that a study may replace.
const GIVEN_UP: &str = "given_up";

/// The folder of the model as the study in `folder` names it: as one goes from there.
pub(super) fn as_named(folder: &Path, model: &Path) -> Result<PathBuf, Failure> {
    let (from, to) = (whole(folder)?, whole(model)?);
    let n_common = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    if n_common == 0 {
        return Err(Failure::new(format!(
            "`{}` and `{}` are on different drives: name a folder for the model with `--model` that is on that of the \
             study",
            model.display(),
            folder.display()
        )));
    }
    let up = from.components().skip(n_common).map(|_| Component::ParentDir);
    Ok(up.chain(to.components().skip(n_common)).collect())
}

/// The same folder from the root of the file system.
pub(super) fn of(folder: &Path, study: &Study) -> Result<PathBuf, Failure> {
    let model = &study.model;
    if model.is_relative() && !model.has_root() {
        return whole(&whole(folder)?.join(model));
    }
    Err(Failure::new(format!(
        "the study in `{}` wants its model in `{}`, wherever the study lies: such a study cannot be resumed; \
         begin anew, or train with its recipe by `kitae train --of`",
        folder.display(),
        model.display()
    )))
}

/// Lets the study that gets the returned mark replace the model and the unfinished run that are there now.
pub(super) fn give_up(model: &Path) -> Result<Option<u64>, Failure> {
    let RunFolder { out, partial } = RunFolder::new(model)?;
    let mark = RandomState::new().hash_one(GIVEN_UP);
    let there = [(out, MODEL_FILE), (partial, RUN_FILE)];
    let there: Vec<PathBuf> = there
        .into_iter()
        .filter(|(folder, file)| folder.join(file).is_file())
        .map(|(folder, _)| folder)
        .collect();
    for folder in &there {
        write_whole(&folder.join(GIVEN_UP), mark.to_string().as_bytes())?;
    }
    Ok((!there.is_empty()).then_some(mark))
}

/// Whether `folder` holds what was given up for the study.
pub(super) fn is_given_up(folder: &Path, study: &Study) -> bool {
    let mark = study.replaces.map(|mark| mark.to_string());
    mark.is_some() && read_text(&folder.join(GIVEN_UP)).ok() == mark
}

/// A path below the current folder without that.
pub(super) fn shortened(path: &Path) -> &Path {
    std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

/// The path from the root, without `.` and `..`.
fn whole(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(path).map_err(|error| Failure::file("find", path, &error))?;
    let mut whole = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                whole.pop();
            }
            component => whole.push(component),
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use kitae_lab::tune::Space;

    use super::*;

    fn study(model: PathBuf) -> Study {
        Study {
            space: Space { axes: Vec::new() },
            n_trials: None,
            budget_seconds: None,
            holdout_share: 0.2,
            model,
            replaces: None,
        }
    }

    #[test]
    fn a_model_is_named_from_its_study_and_found_from_there() {
        let named = |folder: &str, model: &str| as_named(Path::new(folder), Path::new(model)).unwrap();
        assert_eq!(named("/a/studies/x", "/a/models/x"), Path::new("../../models/x"));
        assert_eq!(named("studies/x", "studies/x/model"), Path::new("model"));
        assert_eq!(named("/a/../b/s", "/c/m"), Path::new("../../c/m"));
        let found = of(Path::new("/copy/studies/x"), &study("../../models/x".into())).unwrap();
        assert_eq!(found, Path::new("/copy/models/x"));
        assert!(of(Path::new("/copy/studies/x"), &study("/a/models/x".into())).is_err());
    }

    #[test]
    fn only_what_was_given_up_for_it_may_a_study_replace() {
        let place = tempfile::tempdir().unwrap();
        let model = place.path().join("model");
        assert_eq!(give_up(&model).unwrap(), None);
        std::fs::create_dir(&model).unwrap();
        std::fs::write(model.join(MODEL_FILE), "{}").unwrap();
        let replaces = give_up(&model).unwrap();
        assert!(replaces.is_some());
        assert!(is_given_up(&model, &Study { replaces, ..study("model".into()) }));
        assert!(!is_given_up(&model, &Study { replaces: Some(1), ..study("model".into()) }));
        std::fs::remove_file(model.join(GIVEN_UP)).unwrap();
        assert!(!is_given_up(&model, &study("model".into())));
    }
}
