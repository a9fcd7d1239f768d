//! What columns are taken for.

use super::*;
use crate::read::{ReadOptions, read_csv_bytes};
use crate::target::Task;

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
    assert!(unclear.warnings.iter().any(|warning| warning.contains("cannot be told apart")), "{unclear:?}");
}

#[test]
fn levels_of_numbers_are_in_the_order_of_the_numbers() {
    let hints = Hints { categorical: vec!["x".to_owned()], ..Hints::default() };
    let cells: Vec<String> = (0..60).map(|row| ["10", "2.0", "9", "02"][row % 4].to_owned()).collect();
    let column = describe_column("x", &cells, &hints).unwrap();
    assert_eq!(
        (column.kind, column.levels),
        (Kind::Category, vec!["2".to_owned(), "9".to_owned(), "10".to_owned()])
    );
}

#[test]
fn odd_cells_are_warned_about() {
    let warns = |part: &str, cell: &dyn Fn(usize) -> String| {
        let column = column("x", 200, cell);
        assert!(column.warnings.iter().any(|warning| warning.contains(part)), "{part}: {column:?}");
    };
    warns("others are `error`", &|row| if row == 7 { "error".to_owned() } else { row.to_string() });
    warns("separators or units, such as `1,0", &|row| format!("1,{:03}", row % 50));
    warns("separators or units, such as `10 kg`", &|row| format!("{} kg", 10 + row % 50));
    warns("differ in spelling only", &|row| ["Red", "red", "blue"][row % 3].to_owned());
    warns("are -999, far from all others", &|row| {
        if row % 20 == 0 { "-999".to_owned() } else { (row % 50).to_string() }
    });
    warns("are dates, others are not, such as `0000-00-00`", &|row| {
        if row == 9 { "0000-00-00".to_owned() } else { format!("2024-01-{:02}", row % 28 + 1) }
    });
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
    let error =
        target(Some(Task::Regression), &|row| if row == 4 { "n/k".to_owned() } else { row.to_string() });
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("row 5 (the header not counted), column `y`: expected a number, found `n/k`"),
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
