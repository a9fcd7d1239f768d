//! A trained model: its scores, its predictions, its folder.

use std::fmt;
use std::path::Path;

use kitae_data::finding::{Finding, sort};
use kitae_data::profile::Comparison;
use kitae_data::read::ReadOptions;
use kitae_eval::Level;
use kitae_infer::regions::Regions;
use kitae_lab::diagnose::Scored;
use kitae_lab::{Importance, ImportanceConfig, importance};
use kitae_report::text::{Terminal, text};
use kitae_report::{Contents, scores};
use kitae_train::files::{new_folder, write_atomically};
use kitae_train::looks::{SEALED_FILE, SealedRows};
use kitae_train::model::{Manifest, OUT_OF_FOLD_FILE, RECORD_FILE};
use kitae_train::scores::ScoreReport;
use kitae_train::{Problem, Trained};

use crate::beside::Beside;
use crate::device::{Machine, threads};
use crate::error::Error;
use crate::folder::{out_of_fold, sealed};
use crate::page::{PAGE_FILE, contents};
use crate::predictions::Predictions;
use crate::question::KnownQuestion;
use crate::table::{Source, Table};

/// A model that predicts, and all that is known of it.
#[derive(Clone, Debug)]
pub struct Model {
    model: kitae_train::Model,
    beside: Beside,
}

impl Model {
    /// Reads and checks a model folder.
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by another version, or a file is damaged or of another model.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        Ok(Self { model: kitae_train::Model::load(folder)?, beside: Beside::Folder(folder.to_path_buf()) })
    }

    /// A model that was trained just now; `record` holds the lines of its run.
    pub(crate) fn of_training(trained: Trained, problem: &Problem, record: Vec<u8>) -> Result<Self, Error> {
        let mut files = vec![
            (RECORD_FILE.to_owned(), record),
            (OUT_OF_FOLD_FILE.to_owned(), out_of_fold(&trained, problem)?),
        ];
        let known = sealed(problem, &trained.model.manifest);
        files.extend(known.map(|known| (SEALED_FILE.to_owned(), known.to_bytes())));
        Ok(Self { model: trained.model, beside: Beside::Memory(files) })
    }

    /// The same without its folder, which may be removed then: what lies beside the model is read into
    /// memory.
    ///
    /// # Errors
    ///
    /// If a file is damaged or of another model.
    pub fn into_memory(self) -> Result<Self, Error> {
        Ok(Self { beside: self.beside.into_memory()?, ..self })
    }

    /// The folder that it is in; none of a model that is in memory alone, such as one that was trained just
    /// now.
    pub fn folder(&self) -> Option<&Path> {
        match &self.beside {
            Beside::Folder(folder) => Some(folder),
            Beside::Memory(_) => None,
        }
    }

    /// What the crates below take for a model.
    pub fn trained(&self) -> &kitae_train::Model {
        &self.model
    }

    /// Writes the model into a new folder, which is called `NAME.partial` until it is whole. The folder is
    /// what `kitae train` leaves: the looks at a model that was loaded come along.
    ///
    /// # Errors
    ///
    /// If there is something of either name already, it cannot be written, or a file of the folder that the
    /// model is from is damaged.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        let folder = folder.as_ref();
        new_folder(folder, |partial| self.write_into(partial, folder))
    }

    /// Writes all files into a folder that will be called `named`.
    fn write_into(&self, folder: &Path, named: &Path) -> Result<(), Error> {
        self.beside.write_into(folder)?;
        self.model.save(folder)?;
        let named = named.display().to_string();
        let html = contents(folder, &named, &self.model.manifest).document().html();
        Ok(write_atomically(&folder.join(PAGE_FILE), html.as_bytes())?)
    }

    /// How good it is on held-out rows, beside the baselines; as text for people, too.
    pub fn scores(&self) -> Scores<'_> {
        Scores(&self.model.manifest.scores)
    }

    /// What networks that had not seen them predicted for the held-out rows.
    ///
    /// # Errors
    ///
    /// If they are missing or damaged, as in a folder that was made to be shared.
    pub fn out_of_fold(&self) -> Result<Scored, Error> {
        Ok(self.beside.out_of_fold(&self.model.manifest.model.class_names)?)
    }

    /// What its page shows, which calls it `named`.
    pub fn contents<'a>(&'a self, named: &'a str) -> Contents<'a> {
        self.beside.contents(named, &self.model.manifest)
    }

    /// What was found out about the table; warnings say what makes a number untrue.
    pub fn findings(&self) -> &[Finding] {
        &self.model.manifest.findings
    }

    /// Everything about it but the numbers that were fitted.
    pub fn manifest(&self) -> &Manifest {
        &self.model.manifest
    }

    /// Predicts every row of a table, which is read as the training table was. Columns that the model is not
    /// fed with may be missing.
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
        let machine = Machine::whole()?;
        let schema = model.fed_schema();
        let options = ReadOptions { n_threads: machine.n_threads, ..model.reading.clone() };
        let mut rows = table.source.read_like(&schema, &options)?;
        let renamed = schema.rename_alike(&mut rows);
        let rows = schema.apply(rows).map_err(|error| table.source.named(error))?;
        let predictor = self.model.predictor(&machine.engine)?;
        let (values, regions): (_, Option<Regions>) =
            threads(machine.n_threads)?.install(|| match level {
                None => Ok::<_, Error>((predictor.predictions(&rows)?, None)),
                Some(level) => {
                    let (values, regions) = predictor.regions(level)?.predictions(&rows)?;
                    Ok((values, Some(regions)))
                }
            })?;
        let mut comparison = Comparison::new(&model.profile, &model.schema);
        comparison.add(&rows);
        comparison.add_renamed(&renamed);
        let mut findings = table.findings().to_vec();
        findings.extend(comparison.findings());
        sort(&mut findings);
        let sealed = self.sealed_rows().and_then(|mut sealed| {
            sealed.count(&rows);
            sealed.note()
        });
        Ok(Predictions { class_names: model.class_names.clone(), values, regions, findings, sealed })
    }

    pub(crate) fn sealed_rows(&self) -> Option<SealedRows> {
        self.beside.sealed_rows()
    }

    /// By how much the score falls when the cells of a column are permuted among held-out rows, for each
    /// column that the model is fed with. `rows` are those that it was trained on; sealed ones are not looked
    /// at.
    ///
    /// # Errors
    ///
    /// If it is another table or has changed, or no fold has a score.
    pub fn importance(
        &self,
        rows: impl AsRef<Source>,
        config: &ImportanceConfig,
        machine: &Machine,
    ) -> Result<Importance, Error> {
        let problem = self.problem(rows.as_ref(), machine.n_threads)?;
        let context = machine.plain();
        Ok(threads(machine.n_threads)?.install(|| importance(&self.model, &problem, config, &context))?)
    }

    /// The rows that it was trained on, the target and the sealed rows.
    fn problem(&self, source: &Source, n_threads: usize) -> Result<Problem, Error> {
        let Manifest { model, recipe, seal, .. } = &self.model.manifest;
        let (schema, reading, target) = (&model.schema, &model.reading, model.target.as_str());
        let fingerprint = model.source.fingerprint;
        KnownQuestion { schema, reading, fingerprint, target, seal, recipe }.problem(source, n_threads)
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
        f.write_str(&text(&scores(self.0), &Terminal::ENDLESS))
    }
}
