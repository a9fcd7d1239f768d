//! A trained model in Python.

use std::path::PathBuf;
use std::time::SystemTime;

use kitae::data::target::Target;
use kitae::eval::Level;
use kitae::infer::regions::Regions;
use kitae::report::Contents;
use kitae::{EvaluateConfig, Table};
use kitae_cli::request::{WORDING, in_arguments};
use kitae_export::{ModelFolder, OnnxExport};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::{not_exported, raised};
use crate::training::Rows;

/// A model, its scores and all that is known of it.
#[pyclass(frozen, module = "kitae._kitae")]
pub(crate) struct Model(kitae::Model);

/// Doubles, one behind the other, and how many there are in a row.
type Doubles<'py> = (Bound<'py, PyBytes>, usize);

/// Predictions, regions and what is to be said of the rows.
type Predicted<'py> = (Doubles<'py>, Option<Doubles<'py>>, Vec<String>);

impl Model {
    pub(crate) fn new(model: kitae::Model) -> Self {
        Self(model)
    }

    fn table(&self, py: Python<'_>, rows: &Rows<'_>) -> PyResult<Table> {
        let model = &self.0.manifest().model;
        let options = &model.reading;
        match rows {
            Rows::File(path) => py.detach(|| Table::read(path, options)).map_err(raised),
            Rows::Columns(columns) => columns.table_like(&model.schema, "the table", options),
        }
    }

    fn contents<'a>(&'a self, named: &'a str) -> Contents<'a> {
        let mut contents = self.0.contents(named);
        contents.wording = WORDING;
        contents
    }
}

#[pymethods]
impl Model {
    /// Reads a model folder. With `keeps_folder` false the folder may be removed afterwards.
    #[staticmethod]
    fn load(py: Python<'_>, folder: PathBuf, keeps_folder: bool) -> PyResult<Self> {
        let load = || {
            let model = kitae::Model::load(folder)?;
            if keeps_folder { Ok(model) } else { model.into_memory() }
        };
        py.detach(load).map(Self).map_err(|error: kitae::Error| raised(error))
    }

    /// Writes a new model folder.
    fn save(&self, py: Python<'_>, folder: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save(folder)).map_err(raised)
    }

    #[getter]
    fn folder(&self) -> Option<PathBuf> {
        self.0.folder().map(PathBuf::from)
    }

    #[getter]
    fn target(&self) -> &str {
        &self.0.manifest().model.target
    }

    /// Names of the classes, in the order of the probabilities; none of a regression.
    #[getter]
    fn class_names(&self) -> Vec<String> {
        self.0.manifest().model.class_names.clone()
    }

    /// Names of the columns that it is fed with.
    #[getter]
    fn feature_names(&self) -> Vec<String> {
        self.0
            .trained()
            .manifest
            .model
            .fed_schema()
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    }

    /// `model.json`.
    fn manifest(&self) -> PyResult<String> {
        serde_json::to_string(self.0.manifest()).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// The scores on held-out rows, as text for people.
    fn scores_text(&self) -> String {
        self.0.scores().to_string()
    }

    /// What was found out about the table of the training: whether it is a warning, and a sentence.
    fn findings(&self) -> Vec<String> {
        self.0.findings().iter().map(|finding| in_arguments(&finding.to_string())).collect()
    }

    /// Predicts rows, with regions if a level is given: two numbers a row for intervals, or one for each
    /// class that is 1 where the set holds it.
    #[pyo3(signature = (rows, level))]
    fn predict<'py>(&self, py: Python<'py>, rows: Rows<'_>, level: Option<f64>) -> PyResult<Predicted<'py>> {
        let level = level.map(level_of).transpose()?;
        let table = self.table(py, &rows)?;
        drop(rows);
        let predicted = py.detach(|| match level {
            None => self.0.predict(&table),
            Some(level) => self.0.predict_with_regions(&table, level),
        });
        let predicted = predicted.map_err(raised)?;
        if let Some(row) = predicted.values.values.iter().position(|value| !value.is_finite()) {
            let row = row / predicted.values.n_columns.max(1);
            return Err(PyValueError::new_err(format!(
                "row {row}: the prediction is not a finite number; are its cells far outside the range of the training \
                 rows?"
            )));
        }
        let regions = predicted.regions.as_ref().map(|regions| match regions {
            Regions::Intervals(intervals) => {
                let ends: Vec<f64> = intervals.iter().flat_map(|ends| [ends.low, ends.high]).collect();
                (bytes(py, &ends), 2)
            }
            Regions::Sets { holds, n_classes } => {
                let holds: Vec<f64> = holds.iter().map(|holds| f64::from(*holds)).collect();
                (bytes(py, &holds), *n_classes)
            }
        });
        let mut told: Vec<String> =
            predicted.findings.iter().map(|finding| in_arguments(&finding.to_string())).collect();
        told.extend(predicted.sealed);
        Ok(((bytes(py, &predicted.values.values), predicted.values.n_columns), regions, told))
    }

    /// What networks that had not seen them predicted for held-out rows: the rows, counted from 0, and the
    /// predictions.
    fn out_of_fold<'py>(&self, py: Python<'py>) -> PyResult<(Vec<u32>, Doubles<'py>)> {
        let scored = self.0.out_of_fold().map_err(raised)?;
        Ok((scored.rows, (bytes(py, &scored.predictions.values), scored.predictions.n_columns)))
    }

    /// For each row the position of its class; -1 where its target is missing.
    fn class_codes(&self, py: Python<'_>, rows: Rows<'_>) -> PyResult<Vec<i64>> {
        let table = self.table(py, &rows)?;
        let model = &self.0.manifest().model;
        let read = table.as_ref() as &kitae::Source;
        let table = read.read_fitting(&model.schema, &model.reading).map_err(raised)?;
        let column =
            table.column(&model.target).ok_or_else(|| PyValueError::new_err("the target is missing"))?;
        let target = Target::from_known_classes(column, &model.class_names).map_err(raised)?;
        let Target::Classes { codes, .. } = target else { return Ok(Vec::new()) };
        Ok(codes.iter().map(|code| if *code == u32::MAX { -1 } else { i64::from(*code) }).collect())
    }

    /// Scores the model on rows with targets: the scores as JSON, and all of it as text.
    fn evaluate(
        &self,
        py: Python<'_>,
        rows: Rows<'_>,
        level: Option<f64>,
    ) -> PyResult<(String, usize, String)> {
        let level = level.map(level_of).transpose()?;
        let table = self.table(py, &rows)?;
        drop(rows);
        let config = EvaluateConfig { level, ..EvaluateConfig::at(SystemTime::now()) };
        let evaluation = py.detach(|| self.0.evaluate(&table, &config)).map_err(raised)?;
        let scores = serde_json::to_string(&evaluation.scores);
        let scores = scores.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((scores, evaluation.n_rows, in_arguments(&evaluation.to_string())))
    }

    /// The page of the model, or the sections of it that are named.
    fn html(&self, named: &str, sections: Option<Vec<String>>) -> String {
        let mut document = self.contents(named).document();
        if let Some(sections) = sections {
            document.sections.retain(|section| sections.contains(&section.id));
        }
        document.html()
    }
}

/// Writes the ONNX graph of a model folder; returns how many rows it was compared with kitae on, and the
/// largest difference.
#[pyfunction]
pub(crate) fn export_onnx(
    py: Python<'_>,
    folder: PathBuf,
    path: PathBuf,
    interval: Option<f64>,
) -> PyResult<(usize, f64)> {
    let level = interval.map(level_of).transpose()?;
    let written = py.detach(|| {
        let export = OnnxExport::new(&ModelFolder::load(&folder)?, level)?;
        export.write(&path)?;
        Ok((export.proof.n_rows, export.proof.largest))
    });
    written.map_err(not_exported)
}

fn level_of(level: f64) -> PyResult<Level> {
    Level::new(level).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn bytes<'py>(py: Python<'py>, values: &[f64]) -> Bound<'py, PyBytes> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    PyBytes::new(py, &bytes)
}
