//! `out_of_fold.csv` as it is read back: number, target and prediction of each held-out row.

use std::collections::HashMap;

use crate::csv_lines::probability;
use csv::StringRecord;
use kitae_lab::diagnose::Scored;
use kitae_train::engine::Predictions;
use kitae_train::prepare::Targets;

/// The column after row and target.
const PREDICTION: usize = 2;

/// Reads the contents of the file; an error is the reason, as a clause.
pub(crate) fn read(bytes: &[u8], class_names: &[String]) -> Result<Scored, String> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let column_of = |name: &String| {
        let name = probability(name);
        header.iter().position(|cell| cell == name).ok_or_else(|| format!("it has no column `{name}`"))
    };
    let columns: Vec<usize> = class_names.iter().map(column_of).collect::<Result<_, _>>()?;
    let numbers: HashMap<&str, u32> = class_names.iter().map(String::as_str).zip(0..).collect();
    let (mut rows, mut codes, mut targets, mut values) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (at, line) in reader.records().enumerate() {
        let line = line.map_err(|error| error.to_string())?;
        let wrong = |what: &str| format!("line {} has no {what}", at + 2);
        let number_from_1 = line.get(0).and_then(|text| text.parse::<u32>().ok()?.checked_sub(1));
        rows.push(number_from_1.ok_or_else(|| wrong("row number"))?);
        let target = line.get(1).ok_or_else(|| wrong("target"))?;
        if class_names.is_empty() {
            targets.push(number(target).ok_or_else(|| wrong("true number"))?);
            values.push(cell(&line, PREDICTION).ok_or_else(|| wrong("predicted number"))?);
        } else {
            codes.push(*numbers.get(target).ok_or_else(|| wrong("known class"))?);
            for column in &columns {
                values.push(cell(&line, *column).ok_or_else(|| wrong("probability of each class"))?);
            }
        }
    }
    let targets = if class_names.is_empty() { Targets::Values(targets) } else { Targets::Classes(codes) };
    Ok(Scored { rows, targets, predictions: Predictions { values, n_columns: class_names.len().max(1) } })
}

fn cell(line: &StringRecord, column: usize) -> Option<f64> {
    number(line.get(column)?)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str, class_names: &[&str]) -> Result<Scored, String> {
        let names: Vec<String> = class_names.iter().map(ToString::to_string).collect();
        read(text.as_bytes(), &names)
    }

    #[test]
    fn classes_and_numbers_are_read_back() {
        let text = "row,target,prediction,probability_a,\"probability_b,c\"\n1,\"b,c\",a,0.75,0.25\n";
        let rows = read_text(text, &["a", "b,c"]).unwrap();
        assert_eq!((rows.rows, rows.targets), (vec![0], Targets::Classes(vec![1])));
        assert_eq!(rows.predictions.values, [0.75, 0.25]);
        let rows = read_text("row,target,prediction\n1,3.5,4\n", &[]).unwrap();
        assert_eq!((rows.targets, rows.predictions.values), (Targets::Values(vec![3.5]), vec![4.0]));
    }

    #[test]
    fn damage_is_named_with_its_line() {
        let head = "row,target,prediction,probability_a,probability_b\n";
        for (line, part) in [
            ("1,z,a,0.5,0.5\n", "line 2"),
            ("1,a,a,0.5,x\n", "probability of each class"),
            ("1,a\n", "2 fields"),
            ("0,a,a,0.5,0.5\n", "row number"),
        ] {
            let error = read_text(&format!("{head}{line}"), &["a", "b"]).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
