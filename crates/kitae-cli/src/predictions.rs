//! Answers of a model as CSV.

use std::io::{self, Write};

use kitae_train::engine::Answers;

use crate::failure::Failure;

/// Writes answers line by line.
pub(crate) struct PredictionWriter<'a, W: Write> {
    csv: csv::Writer<W>,
    class_names: &'a [String],
    line: Vec<String>,
}

impl<'a, W: Write> PredictionWriter<'a, W> {
    /// Writes the header: the `leading` columns, `prediction`, and one probability for each class.
    pub(crate) fn new(to: W, leading: &[&str], class_names: &'a [String]) -> Result<Self, Failure> {
        let mut csv = csv::Writer::from_writer(to);
        let mut header: Vec<String> = leading.iter().map(|name| (*name).to_owned()).collect();
        header.push("prediction".to_owned());
        header.extend(class_names.iter().map(|name| format!("probability_{name}")));
        csv.write_record(&header).map_err(failure)?;
        Ok(Self { csv, class_names, line: Vec::new() })
    }

    /// Writes row `row` of `answers` after the `leading` cells. `number` counts rows from 1, for the
    /// message.
    pub(crate) fn write(
        &mut self,
        leading: &[String],
        answers: &Answers,
        row: usize,
        number: usize,
    ) -> Result<(), Failure> {
        let values = &answers.values[row * answers.n_columns..][..answers.n_columns];
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Failure::new(format!(
                "row {number} (the header not counted): the answer of the networks is not a finite number; are \
                 its cells far beyond those of the training rows?"
            )));
        }
        self.line.clear();
        self.line.extend_from_slice(leading);
        match self.class_names.get(most_likely(values)) {
            None => self.line.push(exact(values[0])),
            Some(name) => {
                self.line.push(name.clone());
                self.line.extend(values.iter().copied().map(exact));
            }
        }
        self.csv.write_record(&self.line).map_err(failure)
    }

    /// Hands out the writer, to which all lines have gone.
    pub(crate) fn finish(self) -> Result<W, Failure> {
        self.csv.into_inner().map_err(|error| Failure::from(io::Error::from(error.error().kind())))
    }
}

/// The position of the highest probability; the first among equals.
fn most_likely(probabilities: &[f64]) -> usize {
    let mut best = 0;
    for (position, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = position;
        }
    }
    best
}

/// The shortest text that reads back as the same number.
pub(crate) fn exact(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-5..1e16).contains(&size) { value.to_string() } else { format!("{value:e}") }
}

fn failure(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        kind => Failure::new(format!("cannot write the results: {kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(class_names: &[&str], values: &[f64], n_columns: usize) -> Result<String, Failure> {
        let class_names: Vec<String> = class_names.iter().map(ToString::to_string).collect();
        let answers = Answers { values: values.to_vec(), n_columns };
        let mut writer = PredictionWriter::new(Vec::new(), &[], &class_names)?;
        for row in 0..answers.n_rows() {
            writer.write(&[], &answers, row, row + 1)?;
        }
        writer.finish().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_most_likely_class_is_predicted_and_the_first_among_equals() {
        let text = written(&["a", "b,c"], &[0.5, 0.5, 0.25, 0.75], 2).unwrap();
        assert_eq!(text, "prediction,probability_a,\"probability_b,c\"\na,0.5,0.5\n\"b,c\",0.25,0.75\n");
    }

    #[test]
    fn an_answer_that_is_no_number_is_refused_with_its_row() {
        let Err(Failure::Failed(message)) = written(&[], &[1.0, f64::INFINITY], 1) else { panic!("written") };
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
