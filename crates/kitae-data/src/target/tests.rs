//! What becomes of a target column.

use super::*;
use crate::table::UNSEEN;

fn number_column(values: &[f64]) -> Column {
    Column { name: "y".to_owned(), cells: Cells::Numbers(values.to_vec()) }
}

fn text_column(levels: &[&str], codes: &[u32]) -> Column {
    let levels = levels.iter().map(|level| (*level).to_owned()).collect();
    Column { name: "y".to_owned(), cells: Cells::Levels { codes: codes.to_vec(), levels } }
}

fn check_classes(column: &Column, codes: &[u32], names: &[&str]) {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let target = Target::from_column(column, Task::Classification);
    assert_eq!(target, Ok(Target::Classes { codes: codes.to_vec(), names }));
}

fn message(column: &Column, task: Task) -> String {
    Target::from_column(column, task).unwrap_err().to_string()
}

#[test]
fn numbers_become_classes_in_numeric_order_written_short() {
    let column = number_column(&[10.0, f64::NAN, 2.0, -0.0, 0.0, 1.5]);
    check_classes(&column, &[3, NO_CLASS, 2, 0, 0, 1], &["0", "1.5", "2", "10"]);
}

#[test]
fn texts_become_classes_in_the_order_of_text_or_of_number() {
    let column = text_column(&["yes", "no", "never used", "No"], &[1, 2, MISSING, 4]);
    check_classes(&column, &[2, 1, NO_CLASS, 0], &["No", "no", "yes"]);
    check_classes(&text_column(&["10", "9"], &[1, 2]), &[1, 0], &["9", "10"]);
}

#[test]
fn known_classes_keep_their_codes_in_another_table() {
    let names = ["1", "2", "3"].map(str::to_owned);
    let codes = |column: &Column| match Target::from_known_classes(column, &names) {
        Ok(Target::Classes { codes, .. }) => codes,
        other => panic!("{other:?}"),
    };
    assert_eq!(codes(&number_column(&[3.0, 3.0, f64::NAN])), [2, 2, NO_CLASS]);
    assert_eq!(codes(&text_column(&["3.0", "2"], &[1, 2])), [2, 1]);
    let unknown = Target::from_known_classes(&number_column(&[1.0, 7.0]), &names).unwrap_err();
    let expected = "row 2 (the header not counted) of the target column `y` holds a class that is not known: `7`; \
                    expected one of: `1`, `2`, `3`";
    assert_eq!(unknown.to_string(), expected);
    assert!(Target::from_known_classes(&text_column(&["1"], &[1, UNSEEN]), &names).is_err());
}

#[test]
fn values_come_from_numbers_and_from_texts_that_are_numbers() {
    let target = Target::from_column(&number_column(&[1.5, f64::NAN, 2.0]), Task::Regression).unwrap();
    assert_eq!(target.rows_with_target(), [0, 2]);
    let target = Target::from_column(&text_column(&["2.5", " 3"], &[2, 1, 1]), Task::Regression);
    assert_eq!(target, Ok(Target::Values(vec![3.0, 2.5, 2.5])));
}

#[test]
fn targets_that_cannot_be_learnt_are_refused() {
    let one = "the target column `y` holds one class only, `5`; at least two are needed";
    assert_eq!(message(&number_column(&[5.0, 5.0, f64::NAN]), Task::Classification), one);
    let same = "every row has the same value, 5, in the target column `y`; nothing is left to predict";
    assert_eq!(message(&number_column(&[5.0, 5.0]), Task::Regression), same);
    for task in [Task::Classification, Task::Regression] {
        let none = "no row has a value in the target column `y`";
        assert_eq!(message(&number_column(&[f64::NAN]), task), none);
        assert_eq!(message(&number_column(&[]), task), none);
        assert_eq!(message(&text_column(&["a"], &[MISSING]), task), none);
        let infinite = message(&number_column(&[0.0, f64::INFINITY, 1.0]), task);
        assert!(infinite.starts_with("row 2 (the header not counted) of the target column `y` is infinite"));
    }
    let text = message(&text_column(&["1", "many"], &[1, 2]), Task::Regression);
    assert!(text.starts_with(
        "expected a number in row 2 (the header not counted) of the target column `y`, got `many`"
    ));
    for text in ["nan", "inf", "1e999"] {
        assert!(Target::from_column(&text_column(&["1", text], &[1, 2]), Task::Regression).is_err());
    }
}

#[test]
fn a_target_with_a_class_for_nearly_each_row_is_refused_with_what_to_do() {
    let prices: Vec<f64> = (0..400).map(|row| f64::from(row) + 0.5).collect();
    let text = message(&number_column(&prices), Task::Classification);
    assert!(text.starts_with("the target column `y` has 400 classes in 400 rows"), "{text}");
    assert!(text.contains("`question.task = \"regression\"`"), "{text}");
    let names: Vec<String> = (0..40).map(|row| format!("name {row}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let codes: Vec<u32> = (0..60).map(|row| row % 40 + 1).collect();
    let text = message(&text_column(&names, &codes), Task::Classification);
    assert!(text.ends_with("name another column, or one with wider classes"), "{text}");
    let codes: Vec<u32> = (0..80).map(|row| row % 40 + 1).collect();
    assert!(Target::from_column(&text_column(&names, &codes), Task::Classification).is_ok());
}

#[test]
fn a_level_that_the_schema_does_not_list_is_refused() {
    let column = text_column(&["a", "b"], &[1, 2, UNSEEN]);
    let expected = "row 3 (the header not counted) of the target column `y` holds a class that is not known; \
                    expected one of: `a`, `b`";
    assert_eq!(message(&column, Task::Classification), expected);
}

#[test]
fn the_truth_for_an_existing_model_may_be_constant() {
    let target = Target::from_known_values(&number_column(&[2.0, 2.0]));
    assert_eq!(target, Ok(Target::Values(vec![2.0, 2.0])));
}

#[test]
fn the_strata_of_a_target_share_it_out() {
    let target = Target::from_column(&number_column(&[1.0, 2.0, f64::NAN]), Task::Classification).unwrap();
    assert_eq!(target.strata(), Strata::Classes(&[0, 1, NO_CLASS]));
}
