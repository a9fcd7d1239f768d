//! What a model predicts for the rows of a table.

use kitae_data::finding::Finding;
use kitae_infer::regions::{Regions, most_likely};

use crate::csv_lines::{Rows, column_names, head, lines, region_columns};
use crate::error::Error;

/// A prediction for each row of a table, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Names of the classes; empty for quantities.
    pub class_names: Vec<String>,
    /// Probabilities `[n_rows, n_classes]`, or one value a row, in the units of the table.
    pub values: kitae_infer::Predictions,
    /// Intervals or sets of classes, if they were asked for.
    pub regions: Option<Regions>,
    /// How the file and its rows are unlike those of training, the worst first.
    pub findings: Vec<Finding>,
    /// That rows are sealed test rows of the model, as a sentence; none where they are not.
    pub sealed: Option<String>,
}

impl Predictions {
    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.values.n_rows()
    }

    /// The most likely class of each row; nothing where quantities are predicted.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        let rows = self.values.values.chunks_exact(self.values.n_columns.max(1));
        rows.filter_map(|row| self.class_names.get(most_likely(row))).map(String::as_str)
    }

    /// Names of the columns of [`to_csv`](Self::to_csv): the prediction, a probability for each class, the
    /// regions.
    pub fn column_names(&self) -> Vec<String> {
        column_names(&self.class_names, self.region_columns())
    }

    fn region_columns(&self) -> &'static [&'static str] {
        if self.regions.is_some() { region_columns(&self.class_names) } else { &[] }
    }

    /// CSV as `kitae predict` writes it.
    ///
    /// # Errors
    ///
    /// If a prediction is not a finite number.
    pub fn to_csv(&self) -> Result<Vec<u8>, Error> {
        let mut text = head(&[], &self.class_names, self.region_columns())?;
        let rows = Rows { predictions: &self.values, kept: &[], regions: self.regions.as_ref() };
        for block in lines(rows, &self.class_names, 0) {
            text.extend(block?);
        }
        Ok(text)
    }
}
