//! Predictions of a model as CSV.

use std::fmt::Write;
use std::io;

use kitae_data::read::VerbatimColumn;
use kitae_data::target::order_of_names;
use kitae_train::engine::Predictions;
use kitae_train::regions::{Regions, most_likely};
use rayon::prelude::*;

use crate::error::Error;

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
    pub fn header(&mut self, leading: &[&str], trailing: &[&str]) -> Result<(), Error> {
        let own = column_names(self.class_names, trailing);
        for name in leading.iter().copied().chain(own.iter().map(String::as_str)) {
            self.csv.write_field(name).map_err(failure)?;
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
    ) -> Result<(), Error> {
        self.cells(leading.iter().map(String::as_bytes), predictions, row, number)?;
        self.end_line()
    }

    /// A row of `rows` with what stands beside it.
    fn push_whole(&mut self, rows: &Rows, row: usize, number: usize) -> Result<(), Error> {
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
                self.csv.write_field(&self.text).map_err(failure)?;
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
    ) -> Result<(), Error> {
        let values = &predictions.values[row * predictions.n_columns..][..predictions.n_columns];
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::Invalid(format!(
                "row {number} (the header not counted): the prediction is not a finite number; are its cells \
                 far outside the range of the training rows?"
            )));
        }
        for cell in leading {
            self.csv.write_field(cell).map_err(failure)?;
        }
        match self.class_names.get(most_likely(values)) {
            None => self.number(values[0])?,
            Some(name) => {
                self.csv.write_field(name).map_err(failure)?;
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
    pub fn into_bytes(self) -> Result<Vec<u8>, Error> {
        self.csv.into_inner().map_err(|error| Error::Write(io::Error::from(error.error().kind())))
    }

    fn number(&mut self, value: f64) -> Result<(), Error> {
        self.text.clear();
        write_exact(&mut self.text, value);
        self.csv.write_field(&self.text).map_err(failure)
    }

    fn end_line(&mut self) -> Result<(), Error> {
        self.csv.write_record(None::<&[u8]>).map_err(failure)
    }
}

/// Rows whose lines one thread makes at once.
const BLOCK_ROWS: usize = 1024;

/// The header of predictions after the columns `kept` of the file, none of which may be called like another
/// column.
///
/// # Errors
///
/// If a kept column has the name of another one.
pub fn head(kept: &[&str], class_names: &[String], regions: &[&str]) -> Result<Vec<u8>, Error> {
    let own = column_names(class_names, regions);
    if let Some(name) = kept.iter().find(|name| own.iter().any(|own| own == *name)) {
        return Err(Error::Invalid(format!(
            "the file has a column `{name}`, and so have the predictions: rename it, or keep other columns"
        )));
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

/// The lines of all `rows`, block after block, made on all threads of the pool that asks. `n_before` rows
/// came before them.
pub fn lines(rows: Rows, class_names: &[String], n_before: usize) -> Vec<Result<Vec<u8>, Error>> {
    let n_rows = rows.predictions.n_rows();
    let block = |from: usize| {
        let mut lines = Lines::new(class_names);
        for row in from..(from + BLOCK_ROWS).min(n_rows) {
            lines.push_whole(&rows, row, n_before + row + 1)?;
        }
        lines.into_bytes()
    };
    let starts: Vec<usize> = (0..n_rows).step_by(BLOCK_ROWS).collect();
    starts.into_par_iter().map(block).collect()
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

fn failure(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Error::Write(error),
        kind => Error::Invalid(format!("cannot write the results: {kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    use kitae_eval::intervals::Interval;

    use super::*;

    fn written(class_names: &[&str], values: &[f64], n_columns: usize) -> Result<String, Error> {
        let class_names: Vec<String> = class_names.iter().map(ToString::to_string).collect();
        let predictions = Predictions { values: values.to_vec(), n_columns };
        let mut head = Lines::new(&class_names);
        head.header(&[], &[])?;
        let mut text = head.into_bytes()?;
        for block in lines(Rows { predictions: &predictions, kept: &[], regions: None }, &class_names, 0) {
            text.extend(block?);
        }
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
            for block in lines(rows, &class_names, 0) {
                text.extend(block.unwrap());
            }
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
        let Err(Error::Invalid(message)) = written(&[], &[1.0, f64::INFINITY], 1) else { panic!("written") };
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
