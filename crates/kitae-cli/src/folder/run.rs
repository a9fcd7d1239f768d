//! What a run was started with.

use std::path::{Path, PathBuf};

use kitae::{KnownQuestion, Source};
use kitae_data::finding::{Finding, What};
use kitae_data::read::ReadOptions;
use kitae_data::schema::Schema;
use kitae_data::target::Task;
use kitae_report::Experiment;
use kitae_train::Seal;
use kitae_train::files::{read_bytes, write_atomically};
use kitae_train::model::{MODEL_FILE, Manifest};
use kitae_train::problem::Problem;
use kitae_train::recipe::Recipe;
use kitae_train::sums::sha256;
use serde::{Deserialize, Serialize};

use crate::device::Machine;
use crate::failure::Failure;
use crate::flags::WORDING;

/// What a run was started with: enough to go on with it. In the folder of a finished model it says no more
/// than where the training file was, which the model itself does not tell.
pub(crate) const RUN_FILE: &str = "run.json";

/// What a run was started with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// The version of kitae that wrote it.
    pub(crate) kitae: String,
    /// The data file as it was named.
    pub(crate) named: String,
    /// The data file from the root of the file system.
    pub(crate) path: PathBuf,
    /// A hash of the contents of all rows.
    pub(crate) fingerprint: u64,
    /// How the file was read.
    pub(crate) reading: ReadOptions,
    /// What there was to be known of the form of the file.
    pub(crate) of_file: Vec<Finding>,
    /// What the columns are.
    pub(crate) schema: Schema,
    /// The column that is predicted.
    pub(crate) target: String,
    /// Class or number.
    pub(crate) task: Task,
    /// How test rows are chosen.
    pub(crate) seal: Seal,
    /// All levers.
    pub(crate) recipe: Recipe,
}

/// The file of an unfinished run, a ledger or a study.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunFile {
    /// Of the run as it is written here.
    sha256: String,
    run: Run,
}

/// The file beside a finished model.
#[derive(Serialize, Deserialize)]
struct Origin {
    path: PathBuf,
}

impl Run {
    /// What an unfinished run, a ledger, a study or a model was started with.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        // Of a run, all but the last step is done.
        if folder.join(MODEL_FILE).is_file() {
            return Self::of_model(folder);
        }
        let path = folder.join(RUN_FILE);
        let bytes = read_bytes(&path).map_err(|error| Failure::file("read", &path, &error))?;
        let damaged = |reason: &dyn std::fmt::Display| {
            Failure::new(format!("`{}` is damaged: {reason}; begin anew with `--overwrite`", path.display()))
        };
        let file: RunFile = serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?;
        match file.run.identity() {
            Ok(sum) if sum == file.sha256 => Ok(file.run),
            _ => Err(damaged(&"it is not as it was written")),
        }
    }

    /// What a finished model was made from: its own words, and where its file was.
    pub(crate) fn of_model(folder: &Path) -> Result<Self, Failure> {
        let manifest = Manifest::load(folder)?;
        let path = origin(folder).unwrap_or_else(|| PathBuf::from(&manifest.model.source.path));
        let mut of_file = manifest.findings;
        of_file.retain(|finding| matches!(finding.what, What::File | What::MissingMarkers));
        Ok(Self {
            kitae: manifest.model.kitae,
            named: manifest.model.source.path,
            path,
            fingerprint: manifest.model.source.fingerprint,
            reading: manifest.model.reading,
            of_file,
            schema: manifest.model.schema,
            target: manifest.model.target,
            task: manifest.recipe.task,
            seal: manifest.seal,
            recipe: manifest.recipe,
        })
    }

    /// What a report of a ledger or a study in `folder` is about.
    pub(crate) fn experiment<'a>(&'a self, folder: &'a str) -> Experiment<'a> {
        Experiment {
            folder,
            recipe: &self.recipe,
            target: &self.target,
            by: &self.seal.by,
            data: &self.named,
            fingerprint: self.fingerprint,
            kitae: &self.kitae,
            wording: WORDING,
        }
    }

    /// What is to be known of the file and its table, the worst first.
    pub(crate) fn findings(&self, problem: &Problem) -> Vec<Finding> {
        kitae::findings(&self.of_file, problem, &self.recipe)
    }

    /// The rows, if the file is as it was.
    pub(crate) fn problem(&self, machine: &Machine) -> Result<Problem, Failure> {
        let Self { schema, reading, fingerprint, target, seal, recipe, .. } = self;
        let known = KnownQuestion { schema, reading, fingerprint: *fingerprint, target, seal, recipe };
        Ok(known.problem(&Source::File(self.path.clone()), machine.n_threads)?)
    }

    /// What tells the run from others.
    pub(crate) fn identity(&self) -> Result<String, Failure> {
        let json = serde_json::to_vec(self).map_err(|error| cannot_write(&error))?;
        Ok(sha256(&json))
    }

    /// Writes the file into a folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        write(folder, &RunFile { sha256: self.identity()?, run: self.clone() })
    }

    /// Writes what is left to tell beside the finished model.
    pub(crate) fn write_origin(folder: &Path) -> Result<(), Failure> {
        match Self::read_path(folder) {
            Some(path) => write(folder, &Origin { path }),
            None => Ok(()),
        }
    }

    /// Where the file was, whichever form `run.json` has.
    fn read_path(folder: &Path) -> Option<PathBuf> {
        let bytes = read_bytes(&folder.join(RUN_FILE)).ok()?;
        let of_run = serde_json::from_slice(&bytes).ok().map(|file: RunFile| file.run.path);
        of_run.or_else(|| serde_json::from_slice(&bytes).ok().map(|origin: Origin| origin.path))
    }
}

/// Where the training file of a model was, if its folder tells.
pub(crate) fn origin(model: &Path) -> Option<PathBuf> {
    Run::read_path(model)
}

/// Beside its place until it is whole: what a kill leaves must not look like a run.
fn write(folder: &Path, contents: &impl Serialize) -> Result<(), Failure> {
    let json = serde_json::to_vec_pretty(contents).map_err(|error| cannot_write(&error))?;
    Ok(write_atomically(&folder.join(RUN_FILE), &json)?)
}

fn cannot_write(error: &serde_json::Error) -> Failure {
    Failure::new(format!("cannot write down the run: {error}"))
}
