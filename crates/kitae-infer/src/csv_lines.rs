//! Predictions of a model as CSV.

use std::fmt::Write;
use std::ops::Range;

use kitae_data::read::VerbatimColumn;
use kitae_data::target::order_of_names;
use thiserror::Error;

use crate::predictions::Predictions;
use crate::regions::{Regions, most_likely};

/// Why predictions cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LinesError {
    /// A prediction is infinite or no number.
    #[error(
        "row {row} (the header not counted): the prediction is not a finite number; are its cells far outside the \
         range of the training rows?"
    )]
    NotFinite {
        /// The row, from 1.
        row: usize,
    },
    /// Two columns would have one name.
    #[error("the file has a column `{name}`, and so have the predictions: rename it, or keep other columns")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Memory ran out.
    #[error("cannot write the results: {0}")]
    Csv(#[from] csv::Error),
}

/// Lines of CSV, gathered in memory.
pub struct Lines<'a> {
    csv: csv::Writer<Vec<u8>>,
    class_names: &'a [String],
    /// The positions of the classes, by name: whichever is the positive class moves no column.
    order: Vec<usize>,
    /// The text of a number, kept to be used again.
    text: String,
}

impl<'a> Lines<'a> {
    /// None yet, of a model with these classes; none of a regression.
    pub fn new(class_names: &'a [String]) -> Self {
        let order = order_of_names(class_names);
        Self { csv: csv::Writer::from_writer(Vec::new()), class_names, order, text: String::new() }
    }

    /// The header: the `leading` columns, `prediction`, one probability for each class, and the `trailing`
    /// columns.
    ///
    /// # Errors
    ///
    /// If memory runs out.
    pub fn header(&mut self, leading: &[&str], trailing: &[&str]) -> Result<(), LinesError> {
        let own = column_names(self.class_names, trailing);
        for name in leading.iter().copied().chain(own.iter().map(String::as_str)) {
            self.csv.write_field(name)?;
        }
        self.end_line()
    }

    /// Row `row` of `predictions` after the `leading` cells. `number` counts rows from 1, for the message.
    ///
    /// # Errors
    ///
    /// If the prediction is not a finite number.
    pub fn push(
        &mut self,
        leading: &[String],
        predictions: &Predictions,
        row: usize,
        number: usize,
    ) -> Result<(), LinesError> {
        self.cells(leading.iter().map(String::as_bytes), predictions, row, number)?;
        self.end_line()
    }

    /// A row of `rows` with what stands beside it.
    fn push_whole(&mut self, rows: &Rows, row: usize, number: usize) -> Result<(), LinesError> {
        self.cells(rows.kept.iter().map(|column| column.cell(row)), rows.predictions, row, number)?;
        let Some(regions) = rows.regions else { return self.end_line() };
        match regions {
            Regions::Intervals(intervals) => {
                self.number(intervals[row].low)?;
                self.number(intervals[row].high)?;
            }
            Regions::Sets { holds, n_classes } => {
                self.text.clear();
                let holds = &holds[row * n_classes..][..*n_classes];
                let names = self.order.iter().filter(|at| holds[**at]).map(|at| &self.class_names[*at]);
                write_set(&mut self.text, names);
                self.csv.write_field(&self.text)?;
            }
        }
        self.end_line()
    }

    fn cells<'b>(
        &mut self,
        leading: impl Iterator<Item = &'b [u8]>,
        predictions: &Predictions,
        row: usize,
        number: usize,
    ) -> Result<(), LinesError> {
        let values = &predictions.values[row * predictions.n_columns..][..predictions.n_columns];
        if values.iter().any(|value| !value.is_finite()) {
            return Err(LinesError::NotFinite { row: number });
        }
        for cell in leading {
            self.csv.write_field(cell)?;
        }
        match self.class_names.get(most_likely(values)) {
            None => self.number(values[0])?,
            Some(name) => {
                self.csv.write_field(name)?;
                for at in 0..self.order.len() {
                    self.number(values[self.order[at]])?;
                }
            }
        }
        Ok(())
    }

    /// All lines.
    ///
    /// # Errors
    ///
    /// If memory runs out.
    pub fn into_bytes(self) -> Result<Vec<u8>, LinesError> {
        self.csv.into_inner().map_err(|error| csv::Error::from(error.into_error()).into())
    }

    fn number(&mut self, value: f64) -> Result<(), LinesError> {
        self.text.clear();
        write_exact(&mut self.text, value);
        Ok(self.csv.write_field(&self.text)?)
    }

    fn end_line(&mut self) -> Result<(), LinesError> {
        Ok(self.csv.write_record(None::<&[u8]>)?)
    }
}

/// The header of predictions after the columns `kept` of the file, none of which may be called like another column.
///
/// # Errors
///
/// If a kept column has the name of another one.
pub fn head(kept: &[&str], class_names: &[String], regions: &[&str]) -> Result<Vec<u8>, LinesError> {
    let own = column_names(class_names, regions);
    if let Some(name) = kept.iter().find(|name| own.iter().any(|own| own == *name)) {
        return Err(LinesError::NameTaken { name: (*name).to_owned() });
    }
    let mut lines = Lines::new(class_names);
    lines.header(kept, regions)?;
    lines.into_bytes()
}

/// The columns of predictions: `prediction`, one probability for each class, by name, and those of `regions`.
pub fn column_names(class_names: &[String], regions: &[&str]) -> Vec<String> {
    let probabilities = order_of_names(class_names).into_iter().map(|at| probability(&class_names[at]));
    let prediction = std::iter::once("prediction".to_owned());
    prediction.chain(probabilities).chain(regions.iter().map(ToString::to_string)).collect()
}

/// The column of the probabilities of a class.
pub fn probability(class_name: &str) -> String {
    format!("probability_{class_name}")
}

/// The columns that regions add.
pub fn region_columns(class_names: &[String]) -> &'static [&'static str] {
    if class_names.is_empty() { &["prediction_low", "prediction_high"] } else { &["prediction_set"] }
}

/// Predictions, and what stands beside them.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// The predictions.
    pub predictions: &'a Predictions,
    /// Columns of the file, before the predictions.
    pub kept: &'a [VerbatimColumn],
    /// Behind them.
    pub regions: Option<&'a Regions>,
}

/// The lines of some of the `rows`. `n_before` rows came before the first of all.
///
/// # Errors
///
/// If a prediction is not a finite number.
pub fn block(
    rows: &Rows,
    class_names: &[String],
    range: Range<usize>,
    n_before: usize,
) -> Result<Vec<u8>, LinesError> {
    let mut lines = Lines::new(class_names);
    for row in range {
        lines.push_whole(rows, row, n_before + row + 1)?;
    }
    lines.into_bytes()
}

/// The names of the classes in a set, in the order of the probabilities, with `|` between them. Within a
/// name, `|` is written `\|` and `\` is written `\\`, so that no name can be taken for two.
fn write_set<'a>(text: &mut String, names: impl Iterator<Item = &'a String>) {
    for (position, name) in names.enumerate() {
        if position > 0 {
            text.push('|');
        }
        for c in name.chars() {
            if matches!(c, '|' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
    }
}

/// The shortest text that reads back as the same number.
pub fn exact(value: f64) -> String {
    let mut text = String::new();
    write_exact(&mut text, value);
    text
}

fn write_exact(text: &mut String, value: f64) {
    let size = value.abs();
    let is_plain = size == 0.0 || (1e-5..1e16).contains(&size);
    let written = if is_plain { write!(text, "{value}") } else { write!(text, "{value:e}") };
    written.expect("a string takes all text");
}

#[cfg(test)]
mod tests {
    use kitae_eval::intervals::Interval;

    use super::*;

    fn written(class_names: &[&str], values: &[f64], n_columns: usize) -> Result<String, LinesError> {
        let class_names: Vec<String> = class_names.iter().map(ToString::to_string).collect();
        let predictions = Predictions { values: values.to_vec(), n_columns };
        let mut head = Lines::new(&class_names);
        head.header(&[], &[])?;
        let mut text = head.into_bytes()?;
        let rows = Rows { predictions: &predictions, kept: &[], regions: None };
        text.extend(block(&rows, &class_names, 0..predictions.n_rows(), 0)?);
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn the_most_likely_class_is_predicted_and_the_first_among_equals() {
        let text = written(&["a", "b,c"], &[0.5, 0.5, 0.25, 0.75], 2).unwrap();
        assert_eq!(text, "prediction,probability_a,\"probability_b,c\"\na,0.5,0.5\n\"b,c\",0.25,0.75\n");
    }

    #[test]
    fn classes_stand_in_the_order_of_their_names_whichever_is_the_positive_one() {
        let text = written(&["b", "a"], &[0.25, 0.75], 2).unwrap();
        assert_eq!(text, "prediction,probability_a,probability_b\na,0.75,0.25\n");
    }

    #[test]
    fn a_region_follows_its_answer() {
        let one = |class_names: &[&str], values: &[f64], regions: Regions| {
            let class_names: Vec<String> = class_names.iter().map(ToString::to_string).collect();
            let predictions = Predictions { values: values.to_vec(), n_columns: class_names.len().max(1) };
            let mut head = Lines::new(&class_names);
            head.header(&[], region_columns(&class_names)).unwrap();
            let mut text = head.into_bytes().unwrap();
            let rows = Rows { predictions: &predictions, kept: &[], regions: Some(&regions) };
            text.extend(block(&rows, &class_names, 0..predictions.n_rows(), 0).unwrap());
            String::from_utf8(text).unwrap()
        };
        let intervals = Regions::Intervals(vec![Interval { low: 1.5, high: f64::INFINITY }]);
        assert_eq!(one(&[], &[2.0], intervals), "prediction,prediction_low,prediction_high\n2,1.5,inf\n");
        let sets = Regions::Sets { holds: vec![true, false, true], n_classes: 3 };
        let text = one(&["a|b", "c", "d\\"], &[0.5, 0.0, 0.5], sets);
        assert_eq!(text.lines().nth(1), Some("a|b,0.5,0,0.5,a\\|b|d\\\\"));
        assert!(text.lines().next().unwrap().ends_with(",prediction_set"));
    }

    #[test]
    fn an_answer_that_is_no_number_is_refused_with_its_row() {
        let message = written(&[], &[1.0, f64::INFINITY], 1).unwrap_err().to_string();
        assert!(message.starts_with("row 2 "), "{message}");
    }

    #[test]
    fn numbers_are_short_and_read_back_as_they_were() {
        for value in [0.0, 1.0, -0.1, 1.0 / 3.0, 3.1e-11, 1e300, 12_345_678.9, f64::MIN_POSITIVE] {
            let text = exact(value);
            assert_eq!(text.parse(), Ok(value));
            assert!(text.len() < 25, "{text}");
        }
    }
}
