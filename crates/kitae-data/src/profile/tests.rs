//! New rows that are like those of training, and rows that are not.

use super::*;
use crate::finding::{Finding, Severity, What};
use crate::infer::{Hints, infer_schema};
use crate::schema::Schema;
use crate::table::Column;

fn table(columns: &[(&str, Vec<f64>)]) -> Table {
    let n_rows = columns[0].1.len();
    let column = |(name, values): &(&str, Vec<f64>)| Column {
        name: (*name).to_owned(),
        cells: Cells::Numbers(values.clone()),
    };
    Table { columns: columns.iter().map(column).collect(), n_rows }
}

fn profiled(table: &Table) -> (Profile, Schema) {
    let rows: Vec<u32> = (0..table.n_rows as u32).collect();
    let names = table.columns.iter().map(|column| column.name.as_str());
    (Profile::of(table, &rows, names), infer_schema(table, &Hints::default()).unwrap())
}

fn compared(training: &[f64], new: &[f64]) -> Vec<Finding> {
    let training = table(&[("x", training.to_vec())]);
    let (profile, schema) = profiled(&training);
    let mut comparison = Comparison::new(&profile, &schema);
    for new in new.chunks(7) {
        comparison.add(&table(&[("x", new.to_vec())]));
    }
    comparison.findings()
}

/// Some shape of a column, its values in no order.
fn shape(number: usize, n: usize) -> Vec<f64> {
    let unit = |i: usize| ((i * 7919 + 13) % 10_007) as f64 / 10_007.0;
    let normal = |i: usize| (0..12).map(|k| unit(12 * i + k)).sum::<f64>() - 6.0;
    let value = |i: usize| match number {
        0 => 100.0 * unit(i),
        1 => 50.0 + 10.0 * normal(i),
        2 => (2.0 * normal(i)).exp(),
        3 => {
            if unit(i) < 0.9 {
                0.0
            } else {
                10_f64.powi((unit(i * 3 + 1) * 4.0) as i32)
            }
        }
        4 => (unit(i) * 4.0).floor(),
        5 => {
            if unit(i) < 0.5 {
                0.0
            } else {
                100.0
            }
        }
        6 => 1990.0 + (unit(i) * 30.0).floor(),
        7 => {
            if i.is_multiple_of(3) {
                f64::NAN
            } else {
                normal(i)
            }
        }
        _ => 1.0 / (unit(i) + 1e-4),
    };
    (0..n).map(value).collect()
}

const N_SHAPES: usize = 9;

#[test]
fn rows_like_those_of_training_are_passed_over_in_silence() {
    for number in 0..N_SHAPES {
        let values = shape(number, 6000);
        for (n_old, n_new) in [(3000, 3000), (1000, 50), (200, 5000), (300, 12), (5000, 3), (40, 40)] {
            for start in [0, 500, 900] {
                let old = &values[start..][..n_old];
                let new: Vec<f64> =
                    values.iter().skip(start + n_old).chain(&values[..start]).take(n_new).copied().collect();
                let findings = compared(old, &new);
                let grave = findings.iter().find(|finding| finding.severity == Severity::Warning);
                assert_eq!(grave, None, "shape {number}, {n_old} and {n_new} rows from {start}");
            }
        }
    }
}

#[test]
fn another_unit_is_suspected_in_every_shape_that_has_a_size() {
    for number in [0, 1, 2, 6, 8] {
        let values = shape(number, 3000);
        let (old, new) = values.split_at(2000);
        for factor in [10.0, 100.0, 1000.0, 1e6, 60.0, 3600.0] {
            let times: Vec<f64> = new.iter().map(|value| value * factor).collect();
            for times in [&times[..], &times[..30]] {
                let findings = compared(old, times);
                assert!(
                    findings.iter().any(|finding| finding.what == What::Unit),
                    "shape {number} times {factor}: {findings:?}"
                );
                assert_eq!(findings.len(), 1, "a column is out of range or in another unit: {findings:?}");
            }
        }
    }
    for (factor, words) in [(1e-3, "a thousandth of those"), (1e3, "1000 times those")] {
        let values = shape(0, 3000);
        let new: Vec<f64> = values[2000..].iter().map(|value| value * factor).collect();
        let message = &compared(&values[..2000], &new)[0].message;
        assert!(message.contains(words) && message.contains("median"), "{message}");
    }
}

#[test]
fn temperatures_are_told_apart() {
    let celsius: Vec<f64> = shape(1, 800).iter().map(|value| (value - 50.0) * 0.8 + 18.0).collect();
    let (old, new) = celsius.split_at(500);
    let fahrenheit: Vec<f64> = new.iter().map(|value| value * 1.8 + 32.0).collect();
    let kelvin: Vec<f64> = new.iter().map(|value| value + 273.15).collect();
    for (new, word) in [(fahrenheit, "Fahrenheit"), (kelvin, "Kelvin")] {
        let message = &compared(old, &new)[0].message;
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_single_row_in_another_unit_is_suspected_and_one_that_fits_is_not() {
    let old = shape(1, 500);
    assert_eq!(compared(&old, &[50_000.0])[0].what, What::Unit);
    assert_eq!(compared(&old, &[50.0]), []);
    // A little beyond the range is no news.
    assert_eq!(compared(&old, &[95.0]), []);
}

#[test]
fn values_out_of_range_are_counted_and_measured() {
    let old: Vec<f64> = (0..=100).map(f64::from).collect();
    let new: Vec<f64> = (0..50).map(f64::from).chain([150.0; 20]).chain([f64::NAN; 5]).collect();
    let findings = compared(&old, &new);
    assert_eq!((findings.len(), findings[0].what), (1, What::OutOfRange));
    let expected = "column `x`: 20 of 70 values (29 %) lie outside 0 to 100 of training, as far as 150, 0.5 times \
                    the width of that range beyond it";
    assert_eq!(findings[0].message, expected);
    assert_eq!(findings[0].severity, Severity::Warning);
    // One value that is far away, among few that are not.
    let far: Vec<f64> = (0..50).map(f64::from).chain([-999.0]).collect();
    let message = &compared(&old, &far)[0].message;
    assert!(
        message.contains("1 of 51 values (2.0 %) lies outside") && message.contains("at -999"),
        "{message}"
    );
    // Two values just beyond, of many.
    let near: Vec<f64> = (0..98).map(f64::from).chain([103.0, 104.0]).collect();
    assert_eq!(compared(&old, &near), []);
}

#[test]
fn a_column_without_values_is_told_unless_that_is_no_news() {
    let full: Vec<f64> = (0..100).map(f64::from).collect();
    let empty = |n: usize| vec![f64::NAN; n];
    assert_eq!(compared(&full, &empty(1))[0].what, What::Empty);
    let half: Vec<f64> =
        full.iter().map(|value| if value % 2.0 == 0.0 { f64::NAN } else { *value }).collect();
    assert_eq!(compared(&half, &empty(5)), []);
    assert_eq!(compared(&half, &empty(50))[0].what, What::Empty);
}

#[test]
fn numbers_of_any_size_end_in_sentences() {
    let extremes = [f64::MAX, f64::MIN, 5e-324, 0.0, -0.0, 1.0, f64::INFINITY, f64::NAN];
    for old in extremes {
        for new in extremes {
            for n in [1, 20] {
                compared(&vec![old; n], &vec![new; n]);
                compared(&[vec![old; n], vec![1.0; n]].concat(), &vec![new; n]);
            }
        }
    }
    compared(&[], &[]);
}

#[test]
fn times_are_written_as_times_and_are_no_warning() {
    let day = 86_400.0;
    let old = Table {
        columns: vec![Column {
            name: "sold".to_owned(),
            cells: Cells::Numbers((0..100).map(|i| f64::from(i) * day).collect()),
        }],
        n_rows: 100,
    };
    let (profile, mut schema) = profiled(&old);
    schema.columns[0].kind = crate::schema::Kind::Time;
    let mut comparison = Comparison::new(&profile, &schema);
    comparison.add(&table(&[("sold", (90..140).map(|i| f64::from(i) * day).collect())]));
    let findings = comparison.findings();
    assert_eq!(findings[0].severity, Severity::Note);
    let message = &findings[0].message;
    assert!(message.contains("40 of 50 times") && message.contains("1970-04-10"), "{message}");
}
