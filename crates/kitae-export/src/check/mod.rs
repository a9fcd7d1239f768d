//! Compares a graph with kitae, row by row, before it leaves.

mod rows;

use std::collections::HashMap;

use kitae_data::preprocess::TargetTransform;
use kitae_data::read::Value;
use kitae_data::table::Table;
use kitae_eval::Level;
use kitae_infer::regions::{Regions, most_likely};
use kitae_infer::{Manifest, Model};

use crate::error::ExportError;
use crate::graph::{self, Outputs, Written};
use crate::onnx::{Data, Tensor};
use crate::run::Session;
use rows::{Cell, MadeRows};

/// What a graph may differ from kitae.
const ALLOWED: f64 = 1e-5;
/// Rows that are compared.
const N_ROWS: usize = 384;
/// Rows that the graph is asked for at once.
const AT_ONCE: usize = 128;
/// Classes whose nonconformities lie so near the one that decides are in or out by rounding.
const TIE: f64 = 1e-6;

/// How far a graph and kitae were apart on made rows: usual ones, and ones with missing cells, unseen levels
/// and extremes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proof {
    /// Rows that were compared.
    pub n_rows: usize,
    /// The largest difference: of probabilities as such; of values and ends of intervals relative to the
    /// value, or to the spread of the target (its standard deviation; what is typical of it where it is
    /// learnt on a logarithm; 1 of counts) where the value is nearer to zero than that.
    pub largest: f64,
}

/// Compares the graph in `bytes` with `model`.
///
/// # Errors
///
/// If they differ by more than is allowed, or the graph cannot be evaluated.
pub(crate) fn prove(
    model: &Model,
    level: Option<Level>,
    bytes: &[u8],
    written: &Written,
) -> Result<Proof, ExportError> {
    let Written { outputs, feeds, folds, .. } = written;
    let made = MadeRows::of(&model.manifest, feeds, N_ROWS);
    let table = read(model, &made)?;
    let session = Session::new(bytes)?;
    let said = Said::of(&session, &model.manifest, &made, outputs, folds.as_deref())?;
    let predictor = model.predictor()?;
    let comparison = Comparison { model, outputs, spread: spread(&model.manifest), largest: 0.0, n_rows: 0 };
    let Some(level) = level else {
        let predictions = predictor.predictions(&table)?;
        return comparison.compare(&predictions.values, None, &said, level);
    };
    let (predictions, regions) = predictor.regions(level)?.predictions(&table)?;
    comparison.compare(&predictions.values, Some(&regions), &said, Some(level))
}

/// Made rows as kitae reads them.
///
/// # Errors
///
/// If the model cannot be fed with any.
pub(crate) fn made_table(model: &Model, n_rows: usize) -> Result<Table, ExportError> {
    read(model, &MadeRows::of(&model.manifest, &graph::feeds(&model.manifest)?, n_rows))
}

/// What kitae makes of the rows.
fn read(model: &Model, made: &MadeRows) -> Result<Table, ExportError> {
    let values: Vec<Vec<Value>> =
        made.columns.iter().map(|cells| cells.iter().map(Cell::value).collect()).collect();
    let names = model.manifest.layout.inputs.iter().map(|input| input.column.as_str());
    Ok(model.table(made.n_rows(), names.zip(values.iter().map(Vec::as_slice)))?)
}

/// What the graph says of all rows.
struct Said {
    tensors: HashMap<String, Data>,
    /// Row-major `[n_rows, n_columns, n_folds]`.
    folds: Vec<f64>,
}

impl Said {
    fn of(
        session: &Session,
        manifest: &Manifest,
        made: &MadeRows,
        outputs: &Outputs,
        folds: Option<&str>,
    ) -> Result<Self, ExportError> {
        let names: Vec<String> = outputs.names().chain(folds).map(str::to_owned).collect();
        let mut said = Self { tensors: HashMap::new(), folds: Vec::new() };
        for from in (0..made.n_rows()).step_by(AT_ONCE) {
            let rows = from..(from + AT_ONCE).min(made.n_rows());
            let columns = manifest.layout.inputs.iter().zip(&made.columns);
            let inputs = columns.map(|(input, cells)| (input.column.clone(), tensor(&cells[rows.clone()])));
            for (name, tensor) in names.iter().zip(session.run(inputs.collect(), &names)?) {
                if Some(name.as_str()) == folds {
                    said.folds.extend(by_row(&tensor));
                } else {
                    said.add(name, tensor.data);
                }
            }
        }
        Ok(said)
    }

    fn add(&mut self, name: &str, more: Data) {
        match (self.tensors.get_mut(name), more) {
            (Some(Data::F64(all)), Data::F64(more)) => all.extend(more),
            (Some(Data::Bool(all)), Data::Bool(more)) => all.extend(more),
            (Some(Data::Text(all)), Data::Text(more)) => all.extend(more),
            (_, more) => drop(self.tensors.insert(name.to_owned(), more)),
        }
    }

    fn doubles(&self, name: &str) -> &[f64] {
        if let Some(Data::F64(values)) = self.tensors.get(name) { values } else { &[] }
    }
}

/// The cells as an input of the graph.
fn tensor(cells: &[Cell]) -> Tensor {
    let shape = [cells.len(), 1];
    match cells.first() {
        Some(Cell::Text(_)) => {
            Tensor::texts(&shape, cells.iter().map(|cell| cell.text().to_owned()).collect())
        }
        _ => Tensor::f64(&shape, cells.iter().map(Cell::number).collect()),
    }
}

/// `[n_folds, n_rows, n_columns]` as `[n_rows, n_columns, n_folds]`.
fn by_row(tensor: &Tensor) -> Vec<f64> {
    let (Data::F64(values), [n_folds, n_rows, n_columns]) = (&tensor.data, &tensor.shape[..]) else {
        return Vec::new();
    };
    let n = n_rows * n_columns;
    (0..n).flat_map(|place| (0..*n_folds).map(move |fold| values[fold * n + place])).collect()
}

/// What a difference of values is compared with where the value itself is small.
fn spread(manifest: &Manifest) -> f64 {
    let of_lane = |scale: &kitae_data::preprocess::TargetScale| match scale.transform {
        TargetTransform::Standard => scale.std,
        _ => scale.mean.exp(),
    };
    let scales = manifest.lanes.iter().filter_map(|lane| lane.target_scale.as_ref());
    // Counts have no scale.
    scales.map(of_lane).reduce(f64::max).unwrap_or(1.0)
}

struct Comparison<'a> {
    model: &'a Model,
    outputs: &'a Outputs,
    spread: f64,
    largest: f64,
    n_rows: usize,
}

impl Comparison<'_> {
    /// Compares what kitae says of each row with what the graph says.
    fn compare(
        mut self,
        values: &[f64],
        regions: Option<&Regions>,
        said: &Said,
        level: Option<Level>,
    ) -> Result<Proof, ExportError> {
        let n_columns = self.model.manifest.class_names.len().max(1);
        self.n_rows = values.len() / n_columns;
        let outputs = self.outputs;
        match &outputs.probabilities {
            None => self.ends(&outputs.prediction, values, values, said.doubles(&outputs.prediction))?,
            Some(name) => {
                self.all(name, values, said.doubles(name), n_columns, |_| 1.0)?;
                self.labels(values, said, n_columns)?;
            }
        }
        match (regions, &outputs.ends, &outputs.set, level) {
            (Some(Regions::Intervals(intervals)), Some([low, high]), ..) => {
                let ends = |end: fn(&kitae_eval::intervals::Interval) -> f64| {
                    intervals.iter().map(end).collect::<Vec<_>>()
                };
                self.ends(low, &ends(|interval| interval.low), values, said.doubles(low))?;
                self.ends(high, &ends(|interval| interval.high), values, said.doubles(high))?;
            }
            (Some(Regions::Sets { holds, .. }), _, Some(name), Some(level)) => {
                self.sets(name, holds, said, level, values)?;
            }
            _ => {}
        }
        Ok(Proof { n_rows: self.n_rows, largest: self.largest })
    }

    /// Ends of intervals, or predictions themselves; an end is a difference, so it is as exact as the
    /// prediction is.
    fn ends(
        &mut self,
        output: &str,
        expected: &[f64],
        predictions: &[f64],
        found: &[f64],
    ) -> Result<(), ExportError> {
        let spread = self.spread;
        let unit = |row: usize| expected[row].abs().max(predictions[row].abs()).max(spread);
        self.all(output, expected, found, 1, unit)
    }

    fn all(
        &mut self,
        output: &str,
        expected: &[f64],
        found: &[f64],
        n_columns: usize,
        unit: impl Fn(usize) -> f64,
    ) -> Result<(), ExportError> {
        if expected.len() != found.len() {
            return Err(ExportError::evaluation(format!("`{output}` has {} numbers", found.len())));
        }
        for (place, (expected, found)) in expected.iter().zip(found).enumerate() {
            // What is no number to kitae is no answer to compare with.
            if expected == found || expected.is_nan() {
                continue;
            }
            let difference = (expected - found).abs() / unit(place);
            self.difference(output, place / n_columns, difference)?;
        }
        Ok(())
    }

    /// Takes a difference down; one that is too large, or no number, is an error.
    fn difference(&mut self, output: &str, row: usize, difference: f64) -> Result<(), ExportError> {
        if difference <= ALLOWED {
            self.largest = self.largest.max(difference);
            return Ok(());
        }
        let (n_rows, allowed) = (self.n_rows, ALLOWED);
        Err(ExportError::Differs { difference, output: output.to_owned(), row: row + 1, n_rows, allowed })
    }

    /// Names of classes; another one may be named where its probability is as high but for rounding.
    fn labels(&mut self, values: &[f64], said: &Said, n_classes: usize) -> Result<(), ExportError> {
        let names = &self.model.manifest.class_names;
        let output = self.outputs.prediction.clone();
        let Some(Data::Text(labels)) = said.tensors.get(&output) else {
            return Err(ExportError::evaluation(format!("`{output}` has no texts")));
        };
        for (row, (probabilities, label)) in values.chunks_exact(n_classes).zip(labels).enumerate() {
            let best = most_likely(probabilities);
            let named = names.iter().position(|name| name == label);
            let gap = named.map_or(f64::INFINITY, |named| probabilities[best] - probabilities[named]);
            if named != Some(best) && !gap.is_nan() {
                self.difference(&output, row, gap)?;
            }
        }
        Ok(())
    }

    /// Members of sets; a class may be in or out where rounding decides.
    fn sets(
        &mut self,
        output: &str,
        holds: &[bool],
        said: &Said,
        level: Level,
        values: &[f64],
    ) -> Result<(), ExportError> {
        let manifest = &self.model.manifest;
        let regions = graph::FoldRegions::new(manifest, self.model.fitted.nonconformity.as_ref(), level)?;
        let Some(Data::Bool(found)) = said.tensors.get(output) else {
            return Err(ExportError::evaluation(format!("`{output}` has no truth values")));
        };
        let n_classes = manifest.class_names.len();
        let cells = holds.iter().zip(found).zip(said.folds.chunks_exact(regions.n_folds()));
        for (place, ((expected, found), folds)) in cells.enumerate() {
            let moved = |by: f64| folds.iter().map(|probability| by - probability).collect::<Vec<_>>();
            let is_tie = regions.conformal.holds(&moved(TIE)) != regions.conformal.holds(&moved(-TIE));
            if expected != found && !is_tie && !values[place].is_nan() {
                self.difference(output, place / n_classes, f64::INFINITY)?;
            }
        }
        Ok(())
    }
}

impl Outputs {
    fn names(&self) -> impl Iterator<Item = &str> {
        let ends = self.ends.iter().flatten();
        let others = self.probabilities.iter().chain(&self.set).chain(ends);
        std::iter::once(&self.prediction).chain(others).map(String::as_str)
    }
}
