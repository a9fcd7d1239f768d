//! What a model predicts for the rows of a table.

use kitae_infer::regions::{Regions, most_likely};

use crate::csv_lines::{Rows, head, lines, region_columns};
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

    /// CSV as `kitae predict` writes it.
    ///
    /// # Errors
    ///
    /// If a prediction is not a finite number.
    pub fn to_csv(&self) -> Result<Vec<u8>, Error> {
        let columns = if self.regions.is_some() { region_columns(&self.class_names) } else { &[] };
        let mut text = head(&[], &self.class_names, columns)?;
        let rows = Rows { predictions: &self.values, kept: &[], regions: self.regions.as_ref() };
        for block in lines(rows, &self.class_names, 0) {
            text.extend(block?);
        }
        Ok(text)
    }
}
