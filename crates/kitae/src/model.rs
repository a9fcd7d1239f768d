//! A trained model: its scores, its predictions, its folder.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use kitae_data::finding::Finding;
use kitae_eval::Level;
use kitae_infer::regions::Regions;
use kitae_report::text::{comparisons, scores};
use kitae_train::files::write_atomically;
use kitae_train::looks::{KnownRows, SEALED_FILE};
use kitae_train::model::{Manifest, OUT_OF_FOLD_FILE};
use kitae_train::scores::ScoreReport;
use kitae_train::{Problem, Trained};
use rayon::ThreadPoolBuilder;

use crate::device::Machine;
use crate::error::Error;
use crate::folder::{out_of_fold, sealed};
use crate::predictions::Predictions;
use crate::table::Table;

/// A model that predicts, and all that is known of it.
#[derive(Clone, Debug)]
pub struct Model {
    model: kitae_train::Model,
    /// What the training leaves beside the model.
    beside: Vec<(&'static str, Vec<u8>)>,
}

impl Model {
    /// Reads and checks a model folder.
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by another version, or a file is damaged or of another model.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let model = kitae_train::Model::load(folder)?;
        let mut beside = Vec::new();
        for name in [OUT_OF_FOLD_FILE, SEALED_FILE] {
            if let Ok(bytes) = kitae_train::files::read_bytes(&folder.join(name)) {
                beside.push((name, bytes));
            }
        }
        Ok(Self { model, beside })
    }

    pub(crate) fn of_training(trained: Trained, problem: &Problem) -> Result<Self, Error> {
        let mut beside = vec![(OUT_OF_FOLD_FILE, out_of_fold(&trained, problem)?)];
        beside.extend(
            sealed(problem, &trained.model.manifest).map(|known: KnownRows| (SEALED_FILE, known.to_bytes())),
        );
        Ok(Self { model: trained.model, beside })
    }

    /// Writes the model into a new folder, which is called `NAME.partial` until it is whole.
    ///
    /// # Errors
    ///
    /// If there is something of either name already, or it cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        let folder = folder.as_ref();
        if folder.exists() {
            return Err(Error::Exists { path: folder.to_path_buf() });
        }
        let cannot = |source| Error::Folder { path: folder.to_path_buf(), source };
        let mut name = folder.file_name().unwrap_or_default().to_os_string();
        name.push(".partial");
        let partial = folder.with_file_name(name);
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).map_err(cannot)?;
        }
        // Never into a folder that is there: it may be an unfinished run.
        fs::create_dir(&partial).map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => Error::Exists { path: partial.clone() },
            _ => cannot(source),
        })?;
        for (name, bytes) in &self.beside {
            write_atomically(&partial.join(name), bytes)?;
        }
        self.model.save(&partial)?;
        fs::rename(&partial, folder).map_err(cannot)
    }

    /// How good it is on held-out rows, beside the baselines; as text for people, too.
    pub fn scores(&self) -> Scores<'_> {
        Scores(&self.model.manifest.scores)
    }

    /// What was found out about the table; warnings say what makes a number untrue.
    pub fn findings(&self) -> &[Finding] {
        &self.model.manifest.findings
    }

    /// Everything about it but the numbers that were fitted.
    pub fn manifest(&self) -> &Manifest {
        &self.model.manifest
    }

    /// Predicts every row of a table, which is read as the training table was. Columns that the model is not fed
    /// with may be missing.
    ///
    /// # Errors
    ///
    /// If a column that the model is fed with is missing, or a cell does not fit.
    pub fn predict(&self, table: &Table) -> Result<Predictions, Error> {
        self.predicted(table, None)
    }

    /// The same, with intervals or sets of classes that contain the target as often as `level` says.
    ///
    /// # Errors
    ///
    /// As [`predict`](Self::predict), and if held-out rows were too few for the level.
    pub fn predict_with_regions(&self, table: &Table, level: Level) -> Result<Predictions, Error> {
        self.predicted(table, Some(level))
    }

    fn predicted(&self, table: &Table, level: Option<Level>) -> Result<Predictions, Error> {
        let model = &self.model.manifest.model;
        let table = table.like(&model.fed_schema(), &model.reading)?;
        let machine = Machine::whole()?;
        let predictor = self.model.predictor(&machine.device, machine.packing)?;
        let pool = ThreadPoolBuilder::new().num_threads(machine.n_threads).build();
        let pool = pool.map_err(|error| Error::Invalid(format!("cannot start threads: {error}")))?;
        let (values, regions): (_, Option<Regions>) = pool.install(|| match level {
            None => Ok::<_, Error>((predictor.predictions(&table)?, None)),
            Some(level) => {
                let (values, regions) = predictor.regions(level)?.predictions(&table)?;
                Ok((values, Some(regions)))
            }
        })?;
        Ok(Predictions { class_names: model.class_names.clone(), values, regions })
    }
}

/// Scores of a model on rows that no decision saw.
#[derive(Clone, Copy, Debug)]
pub struct Scores<'a>(&'a ScoreReport);

impl<'a> Scores<'a> {
    /// The numbers.
    pub fn report(self) -> &'a ScoreReport {
        self.0
    }
}

impl fmt::Display for Scores<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", scores(self.0), comparisons(self.0))
    }
}
