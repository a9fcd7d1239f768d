//! A model folder, read to predict.

use std::path::Path;

use kitae_data::error::DataError;
use kitae_data::read::{InMemory, Value, read_csv_like};
use kitae_data::table::Table;
use serde::Deserialize;

use crate::error::{ArtefactError, PredictError};
use crate::fitted::Fitted;
use crate::manifest::Manifest;
use crate::model_files::ModelFiles;
use crate::predict::{Means, Predictor};
use crate::reading::{Opened, open_files};

/// A trained model, as far as predicting needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Everything but the numbers that were fitted.
    pub manifest: Manifest,
    /// Weights, and what regions are made from.
    pub fitted: Fitted,
}

/// What else the file tells of the training is not looked at.
#[derive(Deserialize)]
struct Part {
    model: Manifest,
}

impl Model {
    /// Reads and checks a model folder.
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by another version, or a file is damaged or of another model.
    pub fn load(folder: &Path) -> Result<Self, ArtefactError> {
        Self::of_files(ModelFiles::of(folder))
    }

    /// The same of files wherever they are.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn of_files(files: ModelFiles) -> Result<Self, ArtefactError> {
        let Opened { manifest: Part { model }, kitae, sums } = open_files(files)?;
        let manifest = Manifest { kitae, ..model };
        let fitted = Fitted::load(&sums, &manifest)?;
        Ok(Self { manifest, fitted })
    }

    /// Reads a file as the training file was read, and makes the cells of the columns that the model is fed
    /// with fit its schema. Other columns are left out.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or lacks a column that the model is fed with.
    pub fn read(&self, path: &Path) -> Result<Table, DataError> {
        let schema = self.manifest.fed_schema();
        schema.apply(read_csv_like(path, &schema, &self.manifest.reading)?)
    }

    /// The same of cells that are in memory, column by column, `n_rows` each.
    ///
    /// # Errors
    ///
    /// If a column that the model is fed with is not there.
    pub fn table<'a>(
        &self,
        n_rows: usize,
        columns: impl IntoIterator<Item = (&'a str, &'a [Value<'a>])>,
    ) -> Result<Table, DataError> {
        let schema = self.manifest.fed_schema();
        let memory = InMemory::new(&self.manifest.reading, Some(&schema));
        let columns = columns.into_iter().map(|(name, values)| memory.column(name, values)).collect();
        schema.apply(Table { columns, n_rows })
    }

    /// Makes it ready to predict on host memory, on the thread that asks.
    ///
    /// # Errors
    ///
    /// If weights do not fit their network.
    pub fn predictor(&self) -> Result<Predictor<'_>, PredictError> {
        Predictor::new(&self.manifest, &self.fitted, &Means::host())
    }
}
