//! What a report says.

use super::*;
use crate::infer::{Hints, infer_schema};
use crate::read::{ReadOptions, read_csv_bytes};
use crate::table::{Cells, Column};

fn report(header: &str, row: impl Fn(usize) -> String) -> Report {
    let rows: String = (0..400).map(|i| row(i) + "\n").collect();
    let table = read_csv_bytes(format!("{header}\n{rows}").as_bytes(), "t", &ReadOptions::default()).unwrap();
    let hints = Hints { target: Some("y".to_owned()), ..Hints::default() };
    let schema = infer_schema(&table, &hints).unwrap();
    inspect_with_target(&table, &schema, "y").unwrap()
}

fn suspected(report: &Report, what: What) -> Vec<&str> {
    let found = report.findings.iter().filter(|finding| finding.what == what);
    found.filter_map(|finding| finding.columns.last()).map(String::as_str).collect()
}

/// A number below `bound` that looks random.
fn scattered(row: usize, purpose: u64, bound: u64) -> u64 {
    crate::hash::mix(row as u64 * 31 + purpose) % bound
}

#[test]
fn columns_that_give_a_class_away_are_named_and_honest_ones_are_not() {
    let report = report("helpful,code,threshold,y", |row| {
        let class = scattered(row, 1, 3);
        let helpful = if scattered(row, 2, 10) < 8 { class } else { scattered(row, 3, 3) };
        let threshold = class as f64 * 10.0 + scattered(row, 4, 900) as f64 / 100.0;
        format!("h{helpful},{},{threshold},class {class}", ["x", "y", "z"][class as usize])
    });
    assert_eq!(suspected(&report, What::Leak), ["code", "threshold"]);
}

#[test]
fn columns_that_give_a_value_away_are_named_and_honest_ones_are_not() {
    let report = report("honest,copy,bent,y", |row| {
        let y = scattered(row, 1, 100_000) as f64 / 1000.0;
        let honest = y + scattered(row, 2, 100_000) as f64 / 1000.0;
        format!("{honest},{},{},{y}", y * 1.8 + 32.0, (y - 200.0).powi(2))
    });
    assert_eq!(suspected(&report, What::Leak), ["copy", "bent"]);
}

#[test]
fn the_order_of_the_rows_gives_nothing_away() {
    let report = report("mostly_zero,y", |row| {
        let value = if scattered(row, 1, 4) == 0 { scattered(row, 2, 10_000) } else { 0 };
        format!("{value},{}", if row < 200 { "early" } else { "late" })
    });
    assert!(suspected(&report, What::Leak).is_empty(), "{report}");
}

#[test]
fn columns_that_say_the_same_are_named() {
    let report = report("size,word,copy,noise,y", |row| {
        let (size, noise) = (scattered(row, 1, 3), scattered(row, 2, 1000) as f64 / 7.0);
        format!("{size},{},{noise},{noise},{}", ["s", "m", "l"][size as usize], scattered(row, 3, 2))
    });
    assert_eq!(suspected(&report, What::Twins), ["word", "noise"]);
}

/// What is said of twins in a table of columns of numbers, with a target that is none of them.
fn twins(columns: &[Vec<f64>]) -> Vec<String> {
    let n_rows = columns[0].len();
    let named = columns.iter().enumerate();
    let columns = named
        .map(|(idx, values)| Column { name: format!("x{idx}"), cells: Cells::Numbers(values.clone()) })
        .collect();
    let table = Table { columns, n_rows };
    let report = inspect(&table, &infer_schema(&table, &Hints::default()).unwrap());
    let twins = report.findings.into_iter().filter(|finding| finding.what == What::Twins);
    twins.map(|twins| twins.message).collect()
}

#[test]
fn copies_in_another_unit_are_named_and_what_is_only_near_or_rises_alike_is_not() {
    let noise = |purpose| (0..200).map(move |row| scattered(row, purpose, 100_000) as f64 / 1000.0);
    let celsius: Vec<f64> = noise(1).collect();
    let fahrenheit = celsius.iter().map(|value| (value * 180.0 + 3200.0).round() / 100.0).collect();
    let near = celsius.iter().zip(noise(2)).map(|(value, noise)| value + noise / 100.0).collect();
    let squared = celsius.iter().map(|value| value * value).collect();
    let falling = celsius.iter().map(|value| -value).collect();
    assert_eq!(
        twins(&[celsius, fahrenheit, near, squared, falling]),
        [
            "`x1` is a linear function of `x0`: one of them is enough",
            "`x4` is a linear function of `x0`: one of them is enough"
        ]
    );
}

#[test]
fn many_columns_are_compared_in_little_time_and_many_twins_are_one_sentence() {
    // Columns that all rise have their least and greatest numbers in the same rows.
    let mut columns: Vec<Vec<f64>> = (0..5000)
        .map(|column| {
            let steps = (0..30).map(|row| scattered(row, column + 1, 1000) as f64 + 1.0);
            steps
                .scan(0.0, |sum, step| {
                    Some({
                        *sum += step;
                        *sum
                    })
                })
                .collect()
        })
        .collect();
    assert!(twins(&columns).is_empty());
    let copy = columns[7].clone();
    columns.extend(std::iter::repeat_n(copy, 1000));
    assert_eq!(
        twins(&columns),
        ["`x5000`, `x5001`, `x5002` and 997 more are copies of `x7`: one of them is enough"]
    );
}

#[test]
fn useless_columns_and_repeated_rows_are_counted() {
    let unique = report("id,one,none,y", |row| format!("k{row},1,,{}", row % 2));
    assert_eq!(suspected(&unique, What::Identifier), ["id"]);
    assert_eq!(suspected(&unique, What::Constant), ["one"]);
    assert_eq!(suspected(&unique, What::Empty), ["none"]);
    assert_eq!(unique.n_duplicate_rows, 0);
    let repeated = report("x,y", |row| format!("{},{}", row % 100, row % 2));
    assert_eq!(repeated.n_duplicate_rows, 300);
    assert_eq!(suspected(&repeated, What::Copies).len(), 0, "it is about no column");
    assert!(
        repeated.findings.iter().any(|finding| finding.message.starts_with("300 of 400 rows are copies"))
    );
}

#[test]
fn the_target_is_described() {
    let report = report("x,y", |row| {
        let class = match row {
            0..4 => "rare",
            4..10 => "",
            10..300 => "often",
            _ => "seldom",
        };
        format!("{},{class}", scattered(row, 1, 1000))
    });
    let target = report.target.as_ref().unwrap();
    let counts: Vec<(&str, usize)> =
        target.classes.iter().map(|class| (class.level.as_str(), class.count)).collect();
    assert_eq!(counts, [("often", 290), ("seldom", 100), ("rare", 4)]);
    assert_eq!((target.n_missing, target.majority_share), (6, Some(290.0 / 394.0)));
    let about_target = report.findings.iter().filter(|finding| finding.columns == ["y"]);
    let messages: Vec<&str> = about_target.map(|finding| finding.message.as_str()).collect();
    assert!(messages[0].starts_with("6 rows have no value"), "{messages:?}");
    assert!(messages[1].starts_with("1 of 3 classes have fewer than 10 rows: `rare` (4)"), "{messages:?}");
}

#[test]
fn the_printed_report_holds_kinds_values_and_findings() {
    let table = b"size,sold,colour,none\n1.25,2024-01-31,red,\n2,2024-02-02,blue,\n,2024-02-01,red,\n1,2024-02-01,green,\n";
    let table = read_csv_bytes(table, "t", &ReadOptions::default()).unwrap();
    let schema = infer_schema(&table, &Hints::default()).unwrap();
    let text = inspect(&table, &schema).to_string();
    let expected = "\
4 rows, 4 columns

column  kind          missing  distinct  values
size    number         25.0 %         3  1 … 1.25 … 2
sold    time                -         3  2024-01-31 … 2024-02-02
colour  category            -         3  red (2), blue (1), green (1)
none    empty         100.0 %         0  -

notes
- `none` is left out: every cell is missing
";
    assert_eq!(text, expected);
}

#[test]
fn a_report_of_an_unknown_target_is_refused() {
    let table = read_csv_bytes(b"a\n1\n2\n", "t", &ReadOptions::default()).unwrap();
    let schema = infer_schema(&table, &Hints::default()).unwrap();
    assert!(
        inspect_with_target(&table, &schema, "y").unwrap_err().to_string().contains("missing column: `y`")
    );
}

#[test]
fn of_many_columns_only_some_are_listed_and_the_others_are_counted() {
    let column = |idx: usize| Column {
        name: format!("x{idx}"),
        cells: Cells::Numbers((0..3).map(|row| scattered(row, idx as u64, 1000) as f64 / 7.0).collect()),
    };
    let table = Table { columns: (0..6000).map(column).collect(), n_rows: 3 };
    let text = inspect(&table, &infer_schema(&table, &Hints::default()).unwrap()).to_string();
    assert!(text.contains("… and 5800 more columns (number 5800)\n"), "{text}");
    assert!(text.lines().count() < 230, "{text}");
}
