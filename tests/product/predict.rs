//! What `kitae predict` says of new rows, and what it puts beside the predictions.
#![expect(clippy::format_collect, reason = "small texts of tests read best as they are made")]

use std::fmt::Write;

use serde_json::Value;

use crate::common::{QUICK, Workplace};

/// Offers with numbers of two sizes, a category with a capital and a time, whose price grows with the area.
fn offers(n_rows: usize, first: usize) -> String {
    let mut text = String::from("id,area,income,Town Name,listed,price\n");
    for row in first..first + n_rows {
        let area = 30.0 + (row * 37 % 101) as f64;
        let income = 1000 + row * 7919 % 4001;
        let town = ["Ulm", "Bonn", "Kiel"][row * 5 % 3];
        let day = 1 + row % 28;
        let _ = writeln!(
            text,
            "a{row},{area},{income},{town},2024-03-{day:02},{}",
            area * 3.0 + (row % 7) as f64
        );
    }
    text
}

fn modelled() -> Workplace {
    let workplace = Workplace::new();
    workplace.write("offers.csv", &offers(300, 0));
    workplace.kitae(&format!("train offers.csv --target price --out model {QUICK} --drop id --quiet")).ok();
    workplace
}

/// What is said of the rows `text`.
fn said(workplace: &Workplace, text: &str, flags: &str) -> String {
    workplace.write("new.csv", text);
    let outcome = workplace.kitae(&format!("predict model new.csv {flags}"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    outcome.err
}

fn with_column(text: &str, column: usize, cell: impl Fn(usize, &str) -> String) -> String {
    let mut lines = text.lines();
    let mut new = lines.next().unwrap().to_owned() + "\n";
    for (row, line) in lines.enumerate() {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        cells[column] = cell(row, &cells[column]);
        new += &(cells.join(",") + "\n");
    }
    new
}

#[test]
fn new_rows_that_are_like_the_old_ones_need_no_word() {
    let workplace = modelled();
    assert_eq!(said(&workplace, &offers(200, 300), ""), "");
    assert_eq!(said(&workplace, &offers(1, 300), ""), "");
    // Columns in another order, without the target and what is not used.
    let text = offers(50, 300);
    let lines = text.lines().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        [cells[4], cells[2], cells[3], cells[1]].join(",") + "\n"
    });
    assert_eq!(said(&workplace, &lines.collect::<String>(), ""), "");
}

#[test]
fn each_column_that_is_unlike_training_is_said_once() {
    let workplace = modelled();
    let new = offers(200, 300);
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    let err = said(&workplace, &with_column(&new, 2, |_, cell| (number(cell) / 1000.0).to_string()), "");
    assert!(err.starts_with("warning: column `income`: the values look like a thousandth of those"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    let farther = |row: usize, cell: &str| (number(cell) + if row < 50 { 150.0 } else { 0.0 }).to_string();
    let err = said(&workplace, &with_column(&new, 1, farther), "");
    assert!(
        err.contains("column `area`: 50 of 200 values (25 %) lie outside 30 to 130 of training"),
        "{err}"
    );
    assert_eq!(err.lines().count(), 1, "{err}");
    let err = said(&workplace, &with_column(&new, 1, |_, _| String::new()), "");
    assert!(
        err.contains("warning: column `area` is missing in all 200 rows; in training it was in 0 of"),
        "{err}"
    );
    let err = said(&workplace, &with_column(&new, 3, |_, cell| cell.to_lowercase()), "");
    assert!(err.contains("200 cells with a category that was not there in training"), "{err}");
    assert!(err.contains("`ulm` differs from `Ulm` in case or blanks alone"), "{err}");
    let err = said(&workplace, &with_column(&new, 4, |_, cell| cell.replace("2024", "2031")), "");
    assert!(err.starts_with("note: column `listed`: 200 of 200 times (100 %) lie outside"), "{err}");
    assert!(err.contains("2031-03-28"), "{err}");
}

#[test]
fn infinite_numbers_are_missing_ones_and_said() {
    let workplace = modelled();
    let new = offers(20, 300);
    let infinite = |row: usize, cell: &str| ["inf", "-Infinity", "1e999", cell][row.min(3)].to_owned();
    workplace.write("new.csv", &with_column(&new, 1, infinite));
    let outcome = workplace.kitae("predict model new.csv");
    assert!(
        outcome.err.contains("column `area`: 3 cells are infinite and treated as missing"),
        "{}",
        outcome.err
    );
    let out = outcome.ok();
    assert_eq!(out.lines().count(), 21);
    workplace.write(
        "new.csv",
        &with_column(&new, 1, |row, cell| if row < 3 { String::new() } else { cell.into() }),
    );
    assert_eq!(workplace.kitae("predict model new.csv").ok(), out);
}

#[test]
fn names_that_differ_in_case_blanks_or_a_mark_are_taken_and_said() {
    let workplace = modelled();
    let new = offers(20, 300);
    workplace.write("same.csv", &new);
    let expected = workplace.kitae("predict model same.csv").ok();
    let renamed = new.replace("id,area,income,Town Name", "id,Area,\"\u{feff}INCOME\",town_name");
    workplace.write("new.csv", &renamed);
    let outcome = workplace.kitae("predict model new.csv");
    for (found, column) in [("Area", "area"), ("town_name", "Town Name"), ("INCOME", "income")] {
        assert!(outcome.err.contains(found) && outcome.err.contains(&format!("is read as `{column}`")));
    }
    assert_eq!(outcome.ok(), expected);
    // Two that could be meant are not guessed at.
    workplace.write("new.csv", &new.replace("id,area", "AREA,Area"));
    let error = workplace.kitae("predict model new.csv").fails(1);
    assert!(
        error.contains("missing column: `area`") && error.contains("call one of `AREA`, `Area` `area`"),
        "{error}"
    );
    // The target too, where rows are scored.
    workplace.write("new.csv", &renamed.replace(",price", ",Price"));
    workplace.kitae("evaluate model new.csv").ok();
}

#[test]
fn a_column_that_training_did_not_have_is_said_to_be_unused() {
    let workplace = modelled();
    let text = offers(20, 300).lines().map(|line| format!("{line},7\n")).collect::<String>();
    let err = said(&workplace, &text.replace("price,7", "price,garden"), "");
    assert_eq!(err, "note: `garden`: not used, as no such was a column of the training file\n");
}

#[test]
fn what_went_where_is_told_unless_quiet() {
    let workplace = modelled();
    let err = said(&workplace, &offers(20, 300), "--out pred.csv");
    assert_eq!(err, "20 predictions written to `pred.csv`\n");
    assert_eq!(said(&workplace, &offers(20, 300), "--out pred.csv --quiet"), "");
    let strange = with_column(&offers(20, 300), 1, |_, _| String::new());
    assert!(said(&workplace, &strange, "--out pred.csv --quiet").starts_with("warning: "));
}

#[test]
fn strict_writes_nothing_where_a_warning_is_due() {
    let workplace = modelled();
    workplace.write("new.csv", &offers(20, 300));
    workplace.kitae("predict model new.csv --strict --out pred.csv").ok();
    std::fs::remove_file(workplace.path("pred.csv")).unwrap();
    workplace.write("new.csv", &with_column(&offers(20, 300), 1, |_, _| String::new()));
    let error = workplace.kitae("predict model new.csv --strict --out pred.csv").fails(1);
    assert!(error.contains("1 warning and `--strict`: `pred.csv` is not written"), "{error}");
    assert!(!workplace.path("pred.csv").exists());
    workplace.kitae("predict model new.csv --strict").fails(1);
}

#[test]
fn columns_of_the_file_are_kept_beside_the_predictions_as_they_were() {
    let workplace = modelled();
    let new = "note,income,id,area,Town Name,listed\n\"a, \"\"b\"\"\",1500.0,007,50,Ulm,2024-03-01\n,?,NA, 60 ,Bonn,\n";
    workplace.write("new.csv", new);
    let plain = workplace.kitae("predict model new.csv").ok();
    let out = workplace.kitae("predict model new.csv --keep id --keep note --keep income --keep id").ok();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "id,note,income,prediction");
    assert!(lines[1].starts_with("007,\"a, \"\"b\"\"\",1500.0,") && lines[2].starts_with("NA,,?,"), "{out}");
    for (line, plain) in lines.iter().zip(plain.lines()) {
        assert!(line.ends_with(plain), "{out}");
    }
    let out = workplace.kitae("predict model new.csv --keep all --interval 0.9").ok();
    assert!(
        out.starts_with("note,income,id,area,Town Name,listed,prediction,prediction_low,prediction_high\n")
    );
    let error = workplace.kitae("predict model new.csv --keep notes").fails(1);
    assert!(error.contains("no column is called `notes`; did you mean `note`?"), "{error}");
    workplace.write("new.csv", &new.replace("note,", "prediction,"));
    let error = workplace.kitae("predict model new.csv --keep all").fails(1);
    assert!(error.contains("the file has a column `prediction`, and so have the predictions"), "{error}");
    workplace.kitae("predict model new.csv --keep id").ok();
}

#[test]
fn evaluation_says_how_rows_of_another_file_are_unlike_training() {
    let workplace = modelled();
    let new = with_column(&offers(100, 300), 2, |_, cell| format!("{cell}000"));
    workplace.write("new.csv", &new);
    let json: Value = serde_json::from_str(&workplace.kitae("evaluate model new.csv --json").ok()).unwrap();
    assert_eq!(json["findings"][0]["what"], "unit", "{json}");
    assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    let outcome = workplace.kitae("evaluate model new.csv");
    assert!(
        outcome.err.contains("warning: column `income`: the values look like 1000 times"),
        "{}",
        outcome.err
    );
    // The rows of the training file need no comparison with themselves.
    assert_eq!(workplace.kitae("evaluate model").err, "");
}
