//! What a model says of the rows of a request, as JSON or CSV.

use kitae_data::finding::Finding;
use kitae_data::target::order_of_names;
use kitae_eval::Level;
use kitae_infer::Predictions;
use kitae_infer::csv_lines::{LinesError, Rows, block, head, region_columns};
use kitae_infer::regions::{Regions, most_likely};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::fault::Fault;
use crate::ready::Ready;
use crate::rows::Input;

/// What a model says of some rows. All predictions are finite.
pub struct Answer<'a> {
    /// The names of the classes; none of a regression.
    pub class_names: &'a [String],
    /// The positions of the classes, by name.
    pub order: Vec<usize>,
    /// In the units of the table.
    pub predictions: Predictions,
    /// If they were asked for.
    pub regions: Option<Regions>,
    /// How the rows are unlike those of training.
    pub warnings: Vec<Finding>,
}

impl Ready {
    /// What the model says of some rows.
    ///
    /// # Errors
    ///
    /// If the level is too high for the model, a level is unseen where it refuses those, or a prediction is
    /// not finite.
    pub fn answer(&self, input: &mut Input, level: Option<Level>) -> Result<Answer<'_>, Fault> {
        let (predictions, regions) = self.predictions(&input.table, level)?;
        let n_columns = predictions.n_columns.max(1);
        if let Some(place) = predictions.values.iter().position(|value| !value.is_finite()) {
            return Err(LinesError::NotFinite { row: place / n_columns + 1 }.into());
        }
        let class_names = &self.model().manifest.class_names;
        let warnings = std::mem::take(&mut input.warnings);
        Ok(Answer { class_names, order: order_of_names(class_names), predictions, regions, warnings })
    }
}

impl Answer<'_> {
    /// How many rows.
    pub fn n_rows(&self) -> usize {
        self.predictions.n_rows()
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.predictions.values[row * self.predictions.n_columns..][..self.predictions.n_columns]
    }

    /// The most likely class of a row.
    pub fn class(&self, row: usize) -> &str {
        &self.class_names[most_likely(self.row(row))]
    }

    /// The classes of a row with their probabilities, by name.
    pub fn probabilities(&self, row: usize) -> impl Iterator<Item = (&str, f64)> {
        self.order.iter().map(move |at| (self.class_names[*at].as_str(), self.row(row)[*at]))
    }

    /// The warnings as sentences.
    pub fn messages(&self) -> Vec<&str> {
        self.warnings.iter().map(|finding| finding.message.as_str()).collect()
    }

    /// `{"predictions": [one object a row], "warnings": […]}`.
    #[expect(clippy::missing_panics_doc, reason = "it cannot, as is said below")]
    pub fn json(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Whole<'a> {
            predictions: Vec<OfRow<'a>>,
            warnings: &'a [Finding],
        }
        let predictions = (0..self.n_rows()).map(|row| OfRow { answer: self, row }).collect();
        serde_json::to_vec(&Whole { predictions, warnings: &self.warnings })
            .expect("names are texts, and what is no number is written as null")
    }

    /// CSV as `kitae predict` writes it.
    ///
    /// # Errors
    ///
    /// If memory runs out.
    pub fn csv(&self) -> Result<Vec<u8>, Fault> {
        let regions: &[&str] = if self.regions.is_some() { region_columns(self.class_names) } else { &[] };
        let mut text = head(&[], self.class_names, regions)?;
        let rows = Rows { predictions: &self.predictions, kept: &[], regions: self.regions.as_ref() };
        text.extend(block(&rows, self.class_names, 0..self.n_rows(), 0)?);
        Ok(text)
    }
}

/// The answer for one row.
struct OfRow<'a> {
    answer: &'a Answer<'a>,
    row: usize,
}

impl Serialize for OfRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { answer, row } = *self;
        let mut map = serializer.serialize_map(None)?;
        if answer.class_names.is_empty() {
            map.serialize_entry("prediction", &answer.row(row)[0])?;
        } else {
            map.serialize_entry("prediction", answer.class(row))?;
            map.serialize_entry("probabilities", &Probabilities(self))?;
        }
        match &answer.regions {
            None => {}
            Some(Regions::Intervals(intervals)) => map.serialize_entry("interval", &intervals[row])?,
            Some(Regions::Sets { holds, n_classes }) => {
                let of_row = &holds[row * n_classes..][..*n_classes];
                let names = answer.order.iter().filter(|at| of_row[**at]).map(|at| &answer.class_names[*at]);
                map.serialize_entry("set", &names.collect::<Vec<&String>>())?;
            }
        }
        map.end()
    }
}

struct Probabilities<'a>(&'a OfRow<'a>);

impl Serialize for Probabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.answer.probabilities(self.0.row))
    }
}
