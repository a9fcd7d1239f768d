//! What columns are taken for.
#![expect(clippy::format_collect, reason = "small texts of tests read best as they are made")]

use super::*;
use crate::notation::Decimal;
use crate::read::{ReadOptions, read_csv_bytes};
use crate::task::Task;

/// The description of one column of `cells`.
fn describe_column(name: &str, cells: &[String], hints: &Hints) -> Result<ColumnSchema, DataError> {
    let rows = cells.join("\",1\n\"");
    let text = format!("\"{name}\",other\n\"{rows}\",1\n");
    let table = read_csv_bytes(text.as_bytes(), "t.csv", &ReadOptions::default())?;
    Ok(infer_schema(&table, hints)?.columns.remove(0))
}

fn column(name: &str, n_rows: usize, cell: impl Fn(usize) -> String) -> ColumnSchema {
    let cells: Vec<String> = (0..n_rows).map(cell).collect();
    describe_column(name, &cells, &Hints::default()).unwrap()
}

fn check(name: &str, kind: Kind, n_rows: usize, cell: impl Fn(usize) -> String) {
    let column = column(name, n_rows, cell);
    assert_eq!(column.kind, kind, "{column:?}");
    assert!(!column.reason.is_empty());
}

/// A number that looks random and is the same for the same row.
fn scattered(row: usize) -> u64 {
    crate::hash::mix(row as u64) >> 20
}

#[test]
fn quantities_stay_numbers_even_if_all_differ() {
    check("weight", Kind::Number, 100, |row| format!("{}.5", scattered(row)));
    check("price", Kind::Number, 100, |row| scattered(row).to_string());
    check("id_card_price", Kind::Number, 100, |row| (scattered(row) * 2).to_string());
    check("rooms", Kind::Number, 100, |row| (row % 7).to_string());
    check("year", Kind::Number, 60, |row| (1950 + row).to_string());
    check("score", Kind::Number, 100, |row| format!("{}", row as f64 / 4.0));
}

#[test]
fn whole_numbers_are_categories_only_if_their_name_says_so() {
    check("zip_code", Kind::Category, 200, |row| (10_000 + 37 * (row % 12)).to_string());
    check("StoreId", Kind::Category, 500, |row| (row % 30).to_string());
    check("stars", Kind::Number, 200, |row| (row % 5).to_string());
    check("zip_code", Kind::Number, 200, |row| format!("{}", row % 12) + ".5");
}

#[test]
fn two_values_are_a_boolean() {
    check("won", Kind::Boolean, 10, |row| ["yes", "no"][row % 2].to_owned());
    check("flag", Kind::Boolean, 10, |row| (row % 2).to_string());
    check("sex", Kind::Boolean, 100, |row| (1 + row % 2).to_string());
    check("children", Kind::Number, 10, |row| (1 + row % 2).to_string());
    check("dose", Kind::Number, 100, |row| ["0.5", "1.5"][row % 2].to_owned());
}

#[test]
fn identifiers_number_or_name_the_rows() {
    check("row", Kind::Identifier, 100, |row| (1000 + (row * 37) % 100).to_string());
    check("patient_nbr", Kind::Identifier, 300, |row| scattered(row / 2).to_string());
    check("customerID", Kind::Identifier, 100, |row| format!("{:04}-X", scattered(row) % 99_999_999));
    check("key", Kind::Identifier, 100, |row| format!("{:032x}", scattered(row)));
    check("number_of_visits", Kind::Number, 300, |row| (row / 2).to_string());
}

#[test]
fn text_that_hardly_repeats_is_no_feature_and_other_text_is_a_category() {
    check("comment", Kind::Text, 100, |row| format!("a remark on number {row}"));
    check("ticket", Kind::Category, 100, |row| format!("no {}", if row < 60 { row } else { row / 4 * 4 }));
    check("review", Kind::Text, 100, |row| format!("{} {}", "word ".repeat(20), row % 40));
    check("town", Kind::Category, 1000, |row| format!("town {}", row % 300));
    check("city", Kind::Category, 12, |row| format!("city {}", row % 8));
    check("cabin", Kind::Category, 400, |row| if row % 8 == 0 { format!("C {row}") } else { String::new() });
}

#[test]
fn one_value_is_constant_unless_the_gaps_may_say_something() {
    check("unit", Kind::Constant, 50, |_| "kg".to_owned());
    check("zero", Kind::Constant, 50, |_| "0".to_owned());
    check("unit", Kind::Constant, 50, |row| if row == 0 { String::new() } else { "kg".to_owned() });
    check("pool", Kind::Category, 50, |row| if row % 5 == 0 { "yes".to_owned() } else { String::new() });
    check("nothing", Kind::Empty, 50, |_| "NA".to_owned());
}

#[test]
fn times_are_recognised_when_their_form_is_clear() {
    check("sold", Kind::Time, 30, |row| format!("2024-01-{:02}", row + 1));
    check(
        "sold",
        Kind::Time,
        30,
        |row| if row == 3 { "-".to_owned() } else { format!("{}.01.2024", row + 1) },
    );
    check("sold", Kind::Time, 30, |row| format!("1/{}/2024 10:30", row + 1));
    check("at", Kind::Time, 30, |row| format!("{:02}:{:02}", row % 24, row));
    check("date", Kind::Time, 28, |row| format!("202402{:02}", row + 1));
    check("amount", Kind::Number, 28, |row| format!("202402{:02}", (row * 2) % 28 + 1));
    assert_eq!(column("sold", 30, |row| format!("{}/1/2024", row + 1)).levels, ["day/month/year"]);
    let unclear = column("sold", 40, |row| format!("{}/{}/2024", row % 12 + 1, row % 9 + 1));
    assert_ne!(unclear.kind, Kind::Time);
    assert!(says(&unclear, "cannot be told apart"), "{unclear:?}");
}

#[test]
fn levels_of_numbers_are_in_the_order_of_the_numbers() {
    let hints = Hints { categorical: vec!["x".to_owned()], ..Hints::default() };
    let cells: Vec<String> = (0..60).map(|row| ["10", "2.0", "9", "2"][row % 4].to_owned()).collect();
    let column = describe_column("x", &cells, &hints).unwrap();
    assert_eq!(
        (column.kind, column.levels),
        (Kind::Category, vec!["2".to_owned(), "9".to_owned(), "10".to_owned()])
    );
}

fn says(column: &ColumnSchema, part: &str) -> bool {
    column.findings.iter().any(|finding| finding.message.contains(part))
}

#[test]
fn odd_cells_are_warned_about() {
    let warns = |part: &str, cell: &dyn Fn(usize) -> String| {
        let column = column("x", 200, cell);
        assert!(says(&column, part), "{part}: {column:?}");
    };
    warns("1 of 200 cells is none and counts as missing: `error` (row 8)", &|row| {
        if row == 7 { "error".to_owned() } else { (row * 3 % 71).to_string() }
    });
    warns("`Red` and `red`", &|row| ["Red", "red", "blue"][row % 3].to_owned());
    warns("are -999, far from all others", &|row| {
        if row % 20 == 0 { "-999".to_owned() } else { (row % 50).to_string() }
    });
    warns("holds times, but 1 of 200 cells is none and counts as missing: `0000-00-00` (row 10)", &|row| {
        if row == 9 { "0000-00-00".to_owned() } else { format!("2024-01-{:02}", row % 28 + 1) }
    });
    warns("hexadecimal numbers such as", &|row| format!("{:#x}", scattered(row) % 9999));
}

/// The values of a column that is written like this, in the notation that is found.
fn values(n_rows: usize, cell: impl Fn(usize) -> String) -> (ColumnSchema, Vec<f64>) {
    let cells: Vec<String> = (0..n_rows).map(cell).collect();
    let rows: String = cells.iter().map(|cell| format!("\"{cell}\",1\n")).collect();
    let table =
        read_csv_bytes(format!("x,other\n{rows}").as_bytes(), "t.csv", &ReadOptions::default()).unwrap();
    let schema = infer_schema(&table, &Hints::default()).unwrap();
    let table = schema.apply(table).unwrap();
    match &table.columns[0].cells {
        Cells::Numbers(values) => (schema.columns[0].clone(), values.clone()),
        other @ Cells::Levels { .. } => panic!("{other:?} {:?}", schema.columns[0]),
    }
}

#[test]
fn numbers_are_numbers_in_every_notation() {
    type Written<'a> = &'a dyn Fn(usize) -> (String, f64);
    let comma = |value: f64, digits: usize| format!("{value:.digits$}").replace('.', ",");
    let value = |row: usize| (scattered(row) % 40_000) as f64 / 100.0 - 150.0;
    let grouped = |whole: u64, mark: &str| match whole / 1000 {
        0 => whole.to_string(),
        thousands => format!("{thousands}{mark}{:03}", whole % 1000),
    };
    let whole = |row: usize| scattered(row) % 99_000;
    let cases: [Written; 14] = [
        &|row| (comma(value(row), 2), value(row)),
        // Few levels.
        &|row| (comma((row % 8) as f64 / 2.0, 1), (row % 8) as f64 / 2.0),
        &|row| (grouped(whole(row), ","), whole(row) as f64),
        &|row| (grouped(whole(row), "\u{202f}"), whole(row) as f64),
        &|row| (grouped(whole(row), "'"), whole(row) as f64),
        &|row| (format!("{},5", grouped(whole(row), ".")), whole(row) as f64 + 0.5),
        &|row| (format!("${}.50", grouped(whole(row), ",")), whole(row) as f64 + 0.5),
        &|row| (format!("{} EUR", comma(value(row), 2)), value(row)),
        &|row| (format!("{:.2} %", value(row)), value(row)),
        &|row| (format!("{:.2} kg", value(row)), value(row)),
        &|row| (format!("{:.2}", value(row)).replace('-', "\u{2212}"), value(row)),
        &|row| {
            let text = format!("{:.2}", value(row).abs());
            (if value(row) < 0.0 { format!("({text})") } else { text }, value(row))
        },
        &|row| (format!("{:.4E}", value(row)).replace('E', "D"), value(row)),
        &|row| (format!("{:.2}\u{a0}", value(row)), value(row)),
    ];
    for case in cases {
        let (column, read) = values(200, |row| case(row).0);
        assert_eq!(column.kind, Kind::Number, "{column:?}");
        for (row, value) in read.iter().enumerate() {
            assert!((value - case(row).1).abs() < 1e-9, "{:?} {value} {column:?}", case(row));
        }
    }
}

#[test]
fn a_mark_before_three_digits_is_read_as_the_other_columns_write() {
    let read = |text: String| {
        let table = read_csv_bytes(text.as_bytes(), "t.csv", &ReadOptions::default()).unwrap();
        let schema = infer_schema(&table, &Hints::default()).unwrap();
        match &schema.apply(table).unwrap().columns[0].cells {
            Cells::Numbers(values) => values[0],
            other @ Cells::Levels { .. } => panic!("{other:?}"),
        }
    };
    let rows = |other: &dyn Fn(usize) -> String| -> String {
        (1..60).map(|row| format!("{}.{:03};{}\n", row % 9 + 1, row * 7, other(row))).collect()
    };
    assert_eq!(read(format!("x;y\n{}", rows(&|row| format!("{row},5")))), 2007.0);
    assert_eq!(read(format!("x;y\n{}", rows(&|row| format!("{row}.25")))), 2.007);
    assert_eq!(read(format!("x;y\n{}", rows(&|row| row.to_string()))), 2.007);
}

#[test]
fn the_user_says_which_mark_stands_before_decimals() {
    let cells: Vec<String> = (0..60).map(|row| format!("{}.{:03}", row % 9 + 1, row * 7)).collect();
    let describe = |decimal| describe_column("x", &cells, &Hints { decimal, ..Hints::default() }).unwrap();
    let open = describe(None);
    assert!(says(&open, "three digits behind the point"), "{open:?}");
    let comma = describe(Some(Decimal::Comma));
    assert_eq!((comma.notation.parse("8.037"), comma.kind), (Some(8037.0), Kind::Number));
    assert!(describe(Some(Decimal::Point)).findings.is_empty());
}

#[test]
fn percent_beside_shares_is_of_one_scale_and_said() {
    let (column, read) = values(100, |row| {
        let percent = 40.0 + row as f64 / 4.0;
        if row % 2 == 0 { format!("{percent:.2}%") } else { format!("{:.4}", percent / 100.0) }
    });
    assert!((read[0] - 0.4).abs() < 1e-9 && (read[1] - 0.4025).abs() < 1e-9, "{read:?}");
    assert!(says(&column, "50 numbers in `x` lack the `%`"), "{column:?}");
}

#[test]
fn codes_stay_what_they_are() {
    check("code", Kind::Category, 400, |row| ["10", "20", "A", "B"][row % 4].to_owned());
    check("chromosome", Kind::Category, 960, |row| match row % 24 {
        22 => "X".to_owned(),
        23 => "Y".to_owned(),
        number => (number + 1).to_string(),
    });
    check("postcode", Kind::Category, 400, |row| format!("{:05}", 1000 + 37 * (row % 12)));
    check("diagnosis", Kind::Category, 1000, |row| {
        if row % 40 == 0 { format!("V{}", 10 + row / 40) } else { format!("{}", 100 + scattered(row) % 300) }
    });
    check("seats", Kind::Category, 400, |row| format!("{} doors", 2 + row % 4));
    check("version", Kind::Category, 400, |row| format!("1.{}.{}", row % 4, row % 3));
    check("note", Kind::Category, 400, |row| format!("({})", row % 4 + 1));
    let padded = column("class", 200, |row| ["01", "1", "2"][row % 3].to_owned());
    assert_eq!(padded.levels, ["01", "1", "2"]);
    assert!(says(&padded, "`01` and `1`"), "{padded:?}");
    let equal = column("class", 200, |row| ["0", "0.00", "0e0", "A"][row % 4].to_owned());
    assert_eq!(equal.levels, ["0", "A"]);
}

#[test]
fn strays_among_numbers_are_missing() {
    let stray = |cell: &dyn Fn(usize) -> Option<&'static str>| {
        let number = |row: usize| format!("{}.{}", scattered(row) % 500, row % 10);
        let column = column("x", 400, |row| cell(row).map_or_else(|| number(row), str::to_owned));
        (column.kind, column.n_missing)
    };
    assert_eq!(stray(&|row| (row == 333).then_some("n.d.")), (Kind::Number, 1));
    assert_eq!(stray(&|row| (row % 33 == 5).then_some("<5")), (Kind::Number, 12));
    assert_eq!(stray(&|row| (row % 3 == 0).then_some("not measured")), (Kind::Number, 134));
    let bounds = column("x", 400, |row| if row % 33 == 5 { format!("<{row}") } else { format!("{row}.25") });
    assert_eq!((bounds.kind, bounds.n_missing), (Kind::Number, 12));
    let total = column("x", 400, |row| if row == 399 { "Total".to_owned() } else { format!("{row}.5") });
    assert_eq!((total.kind, total.n_missing), (Kind::Number, 1));
}

#[test]
fn counts_of_time_are_times_where_the_name_says_so() {
    let seconds = |row: usize| 1_700_000_000 + row * 5000;
    check("timestamp", Kind::Time, 60, |row| seconds(row).to_string());
    check("created_at", Kind::Time, 60, |row| format!("{}000", seconds(row)));
    check("date", Kind::Time, 60, |row| format!("{}000000123", seconds(row)));
    check("amount", Kind::Number, 60, |row| format!("{}000", seconds(row)));
    let (column, read) = values(60, |row| format!("{}/{:02}/24 24:00", row % 12 + 1, row % 28 + 1));
    assert_eq!((column.kind, read[0]), (Kind::Time, 1_704_067_200.0 + 86_400.0));
}

#[test]
fn hints_overrule_the_cells() {
    let cells: Vec<String> = (0..100).map(|row| row.to_string()).collect();
    let with = |hints: Hints| describe_column("x", &cells, &hints).unwrap().kind;
    let names = || vec!["x".to_owned()];
    assert_eq!(with(Hints::default()), Kind::Identifier);
    assert_eq!(with(Hints { numeric: names(), ..Hints::default() }), Kind::Number);
    assert_eq!(with(Hints { categorical: names(), ..Hints::default() }), Kind::Category);
    assert_eq!(with(Hints { drop: names(), ..Hints::default() }), Kind::Dropped);
    let text = "[columns.x]\nkind = \"text\"\n";
    assert_eq!(with(Hints::from_toml(text, std::path::Path::new("schema.toml")).unwrap()), Kind::Text);
}

#[test]
fn a_target_is_never_left_out_and_follows_the_task() {
    let target = |task: Option<Task>, cell: &dyn Fn(usize) -> String| {
        let cells: Vec<String> = (0..100).map(cell).collect();
        describe_column("y", &cells, &Hints { target: Some("y".to_owned()), task, ..Hints::default() })
            .map(|column| column.kind)
    };
    assert_eq!(target(None, &|row| row.to_string()).unwrap(), Kind::Number);
    assert_eq!(target(None, &|row| format!("k{row}")).unwrap(), Kind::Category);
    assert_eq!(target(Some(Task::Classification), &|row| (row % 3).to_string()).unwrap(), Kind::Category);
    assert_eq!(target(Some(Task::Classification), &|row| (row % 2).to_string()).unwrap(), Kind::Boolean);
    assert_eq!(target(Some(Task::Regression), &|row| (row % 2).to_string()).unwrap(), Kind::Number);
    let stray = |row: usize| if row == 4 { "n/k".to_owned() } else { row.to_string() };
    assert_eq!(target(Some(Task::Regression), &stray).unwrap(), Kind::Number);
    assert_eq!(target(None, &stray).unwrap(), Kind::Number);
    assert_eq!(target(None, &|row| (row % 5).to_string()).unwrap(), Kind::Category);
    let error = target(Some(Task::Regression), &|row| format!("k{row}"));
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("row 1 (the header not counted), column `y`: expected a number, found `k0`"),
        "{error}"
    );
}

#[test]
fn hints_that_cannot_be_are_refused() {
    let cells: Vec<String> = (0..30).map(|row| format!("{}/{}/2024", row % 9 + 1, row % 8 + 1)).collect();
    let refused = |hints: Hints| describe_column("colour", &cells, &hints).unwrap_err().to_string();
    let names = || vec!["colour".to_owned()];
    let error = refused(Hints { categorical: vec!["color".to_owned()], ..Hints::default() });
    assert_eq!(error, "no column is called `color`; did you mean `colour`?");
    let error = refused(Hints { target: Some("zzz".to_owned()), ..Hints::default() });
    assert_eq!(error, "no column is called `zzz`; the columns are `colour`, `other`");
    assert!(
        refused(Hints { categorical: names(), drop: names(), ..Hints::default() })
            .contains("two kinds at once")
    );
    assert!(
        refused(Hints { numeric: names(), ..Hints::default() })
            .contains("expected a number, found `1/1/2024`")
    );
    let target = Some("colour".to_owned());
    assert!(refused(Hints { drop: names(), target, ..Hints::default() }).contains("the target cannot"));
    let asked = |kind: &str| {
        let text = format!("[columns.colour]\nkind = \"{kind}\"\n");
        Hints::from_toml(&text, std::path::Path::new("schema.toml")).unwrap()
    };
    assert!(refused(asked("boolean")).contains("expected two for a boolean"));
    assert!(refused(asked("time")).contains("cannot be told apart; give a `format`"));
    let mut hints = asked("time");
    hints.columns.get_mut("colour").unwrap().format = Some("day/month/year".to_owned());
    let column = describe_column("colour", &cells, &hints).unwrap();
    assert_eq!((column.kind, column.levels), (Kind::Time, vec!["day/month/year".to_owned()]));
}

#[test]
fn a_schema_can_be_stored_and_names_its_evidence() {
    let table = read_csv_bytes(b"a,b\n1.5,x\n2.5,y\n0.5,z\n", "t", &ReadOptions::default()).unwrap();
    let schema = infer_schema(&table, &Hints::default()).unwrap();
    assert_eq!(schema.columns[0].reason, "3 distinct numbers from 0.5 to 2.5");
    assert_eq!(schema.columns[1].reason, "3 distinct texts in 3 cells");
    let text = serde_json::to_string(&schema).unwrap();
    assert_eq!(serde_json::from_str::<Schema>(&text).unwrap(), schema);
}
