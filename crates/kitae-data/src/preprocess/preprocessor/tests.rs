//! What a preprocessor makes of a table.

use super::*;
use crate::preprocess::{NumericTransform, PreprocessConfig, TimePart};
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Column, UNSEEN};

const NAN: f64 = f64::NAN;
const TRANSFORMS: [NumericTransform; 4] = [
    NumericTransform::RobustSmoothClip,
    NumericTransform::Standardise,
    NumericTransform::QuantileNormal,
    NumericTransform::None,
];

/// A table and its schema, made together column by column.
#[derive(Clone)]
struct Example {
    table: Table,
    schema: Schema,
}

impl Example {
    fn new(n_rows: usize) -> Self {
        Self { table: Table { columns: Vec::new(), n_rows }, schema: Schema { columns: Vec::new() } }
    }

    fn with(mut self, name: &str, kind: Kind, cells: Cells) -> Self {
        let levels = match &cells {
            Cells::Levels { levels, .. } => levels.clone(),
            Cells::Numbers(_) => Vec::new(),
        };
        self.schema.columns.push(ColumnSchema {
            name: name.to_owned(),
            kind,
            levels,
            n_missing: cells.n_missing(),
            n_distinct: 0,
            reason: String::new(),
            notation: crate::notation::Notation::default(),
            findings: Vec::new(),
        });
        self.table.columns.push(Column { name: name.to_owned(), cells });
        self
    }

    fn number(self, name: &str, values: &[f64]) -> Self {
        self.with(name, Kind::Number, Cells::Numbers(values.to_vec()))
    }

    fn level(self, name: &str, n_levels: usize, codes: &[u32]) -> Self {
        let levels = (0..n_levels).map(|level| format!("{name} {level}")).collect();
        self.with(name, Kind::Category, Cells::Levels { codes: codes.to_vec(), levels })
    }

    fn layout(&self) -> Layout {
        Layout::new(&self.schema, &[], &PreprocessConfig::default())
    }

    fn fit(&self, numeric: NumericTransform, rows: &[u32]) -> Preprocessor {
        config(numeric).fit(&self.layout(), &self.table, rows).unwrap()
    }
}

fn config(numeric: NumericTransform) -> PreprocessConfig {
    PreprocessConfig { numeric, min_level_rows: 1, ..Default::default() }
}

/// A column of every kind; rows 0 to 5 train.
fn example() -> Example {
    let days = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 400.0, NAN].map(|day| day * 86_400.0);
    Example::new(8)
        .level("colour", 3, &[1, 2, 2, 1, 1, 0, 3, UNSEEN])
        .number("age", &[1.0, 2.0, 3.0, 4.0, 5.0, NAN, 1e6, NAN])
        .level("city", 9, &[1, 2, 9, 9, 0, 1, 3, UNSEEN])
        .level("member", 2, &[1, 2, 1, 2, 0, 1, 2, UNSEEN])
        .with("since", Kind::Time, Cells::Numbers(days.to_vec()))
        .number("size", &[5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 9.0, NAN])
}

const TRAINING: [u32; 6] = [0, 1, 2, 3, 4, 5];

fn smooth(value: f64) -> f32 {
    (value / (1.0 + value * value / 9.0).sqrt()) as f32
}

#[test]
fn rows_become_what_realmlp_would_make_of_them() {
    let example = Example::new(6)
        .level("colour", 3, &[1, 2, 3, 1, 1, 0])
        .number("age", &[1.0, 2.0, 3.0, 4.0, 5.0, NAN])
        .level("city", 9, &[1, 2, 9, 9, 0, 1]);
    let preprocessor = example.fit(NumericTransform::RobustSmoothClip, &TRAINING);
    let features = preprocessor.transform_all(&example.table).unwrap();
    assert_eq!((features.n_rows, features.d_numbers, features.n_codes), (6, 5, 1));
    // age: median 3, quartiles 2 and 4. Level 0 of colour: 1 0 0 1 1 0, median 0.5, quartiles 0 and
    // 1. Levels 1 and 2, and the mark of missing ages, are 1 once: quartiles coincide, factor 2.
    let one = smooth(2.0);
    assert_eq!(features.numbers[..5], [smooth(-1.0), smooth(0.5), 0.0, 0.0, 0.0]);
    assert_eq!(features.numbers[5..10], [smooth(-0.5), smooth(-0.5), one, 0.0, 0.0]);
    assert_eq!(features.numbers[25..], [0.0, smooth(-0.5), 0.0, 0.0, one]);
    assert_eq!(features.codes, [1, 2, 9, 9, 0, 1]);
}

#[test]
fn two_levels_become_a_sign_and_a_missing_one_the_middle() {
    let example = Example::new(4).level("member", 2, &[1, 2, 0, UNSEEN]);
    let features = example.fit(NumericTransform::None, &[0, 1]).transform_all(&example.table).unwrap();
    assert_eq!(features.numbers, [-1.0, 1.0, 0.0, 0.0]);
    // Median 0 and quartiles ±0.5.
    let features =
        example.fit(NumericTransform::RobustSmoothClip, &[0, 1]).transform_all(&example.table).unwrap();
    assert_eq!(features.numbers, [smooth(-1.0), smooth(1.0), 0.0, 0.0]);
}

#[test]
fn what_is_made_from_levels_is_scaled_by_the_default_alone() {
    let example = Example::new(4).level("member", 2, &[1, 2, 2, 0]).level("colour", 3, &[1, 2, 2, 0]);
    for transform in TRANSFORMS.into_iter().filter(|t| *t != NumericTransform::RobustSmoothClip) {
        let numbers = example.fit(transform, &[0, 1, 2, 3]).transform_all(&example.table).unwrap().numbers;
        let (first, second) = ([-1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0]);
        assert_eq!(numbers, [first, second, second, [0.0; 4]].concat(), "{transform:?}");
    }
}

#[test]
fn a_level_that_no_training_row_holds_counts_as_missing() {
    let example = Example::new(5)
        .level("colour", 3, &[1, 2, 0, 3, UNSEEN])
        .level("city", 9, &[1, 9, 0, 3, UNSEEN])
        .level("member", 2, &[1, 1, 0, 2, UNSEEN]);
    for transform in TRANSFORMS {
        let features = example.fit(transform, &[0, 1, 2]).transform_all(&example.table).unwrap();
        let row = |row: usize| &features.numbers[row * 4..][..4];
        assert_ne!(row(0), row(2));
        assert_eq!((row(3), row(4)), (row(2), row(2)), "{transform:?}");
        assert_eq!(features.codes, [1, 9, 0, 0, 0]);
    }
}

#[test]
fn levels_of_too_few_training_rows_share_the_code_of_unseen_ones() {
    let example =
        Example::new(6).level("city", 9, &[1, 1, 9, 3, 3, UNSEEN]).level("colour", 3, &[1, 1, 2, 3, 3, 3]);
    let codes = |min_level_rows| {
        let config = PreprocessConfig { min_level_rows, ..config(NumericTransform::None) };
        let fitted = config.fit(&example.layout(), &example.table, &[0, 1, 2, 3]).unwrap();
        let features = fitted.transform_all(&example.table).unwrap();
        // Numbers of a one-hot level are the same however rare it is.
        assert_eq!(features.numbers[6..9], [0.0, 1.0, 0.0]);
        features.codes
    };
    assert_eq!(codes(1), [1, 1, 9, 3, 3, 0]);
    assert_eq!(codes(2), [1, 1, 0, 0, 0, 0]);
    assert_eq!(codes(3), [0; 6]);
    assert_eq!(codes(0), codes(1));
}

#[test]
fn other_rows_never_change_what_is_fitted() {
    let example = example();
    let swapped = |values: &mut [f64]| values.swap(6, 7);
    let mut permuted = example.clone();
    let mut shortened = example.clone();
    shortened.table.n_rows = 6;
    for (permuted, shortened) in permuted.table.columns.iter_mut().zip(&mut shortened.table.columns) {
        match (&mut permuted.cells, &mut shortened.cells) {
            (Cells::Numbers(values), Cells::Numbers(shortened)) => {
                swapped(values);
                shortened.truncate(6);
            }
            (Cells::Levels { codes, .. }, Cells::Levels { codes: shortened, .. }) => {
                codes.swap(6, 7);
                shortened.truncate(6);
            }
            _ => unreachable!("both are copies of one table"),
        }
    }
    let layout = example.layout();
    for transform in TRANSFORMS {
        let fit = |table: &Table, rows: &[u32]| config(transform).fit(&layout, table, rows).unwrap();
        let fitted = fit(&example.table, &TRAINING);
        assert_eq!(fitted, fit(&permuted.table, &TRAINING));
        assert_eq!(fitted, fit(&shortened.table, &TRAINING));
        assert_eq!(fitted, fit(&example.table, &[3, 1, 5, 0, 2, 4]));
        assert_ne!(fitted, fit(&example.table, &[0, 1, 2, 3, 4, 6]));
    }
}

#[test]
fn every_fold_has_the_same_width_and_finite_numbers() {
    let example = example();
    let width = example.layout().d_numbers();
    for transform in TRANSFORMS {
        for rows in [&[5][..], &[7], &[0, 7], &[6, 7], &TRAINING] {
            let features = example.fit(transform, rows).transform_all(&example.table).unwrap();
            assert_eq!(features.numbers.len(), 8 * width);
            assert!(features.numbers.iter().all(|number| number.is_finite()), "{transform:?} {rows:?}");
            assert!(features.codes.iter().all(|code| *code < 10));
        }
    }
}

#[test]
fn columns_that_are_constant_or_missing_in_the_training_rows_become_zero() {
    let example = Example::new(4)
        .number("constant", &[5.0, 5.0, 6.0, NAN])
        .number("missing", &[NAN, NAN, 1.0, 2.0])
        .number("both", &[NAN, 2.0, -1e9, 1e9]);
    for transform in TRANSFORMS {
        let features = example.fit(transform, &[0, 1]).transform_all(&example.table).unwrap();
        for row in features.numbers.chunks(features.d_numbers) {
            // The marks of `constant` and `missing` do not vary either; that of `both` does.
            assert_eq!(row[..5], [0.0; 5], "{transform:?}");
        }
        assert_ne!(features.numbers[5], features.numbers[11]);
    }
}

#[test]
fn a_number_that_is_missing_for_the_first_time_is_taken_for_the_median() {
    let example = Example::new(3).number("age", &[1.0, 2.0, 4.0]);
    let mut table = example.table.clone();
    table.columns[0].cells = Cells::Numbers(vec![NAN, 2.0, 4.0]);
    for transform in TRANSFORMS {
        let preprocessor = example.fit(transform, &[0, 1, 2]);
        let numbers = preprocessor.transform_all(&table).unwrap().numbers;
        assert_eq!(preprocessor.layout().d_numbers(), 1);
        assert_eq!(numbers[0], numbers[1], "{transform:?}");
    }
}

#[test]
fn parts_of_times_vary_where_the_times_do() {
    let example = example();
    let preprocessor = example.fit(NumericTransform::RobustSmoothClip, &TRAINING);
    let features = preprocessor.transform(&example.table, &TRAINING).unwrap();
    for (position, number) in preprocessor.layout().numbers().iter().enumerate() {
        let column: Vec<f32> =
            features.numbers.iter().skip(position).step_by(features.d_numbers).copied().collect();
        let varies = column.iter().any(|number| *number != column[0]);
        let is_time_of_day = number.to_string().ends_with("of day)");
        let is_constant = is_time_of_day
            || ["size", "size is missing", "since is missing", "colour is colour 2"]
                .contains(&&*number.to_string());
        assert_eq!(varies, !is_constant, "{number}");
    }
    assert_eq!(preprocessor.layout().n_numeric(), 2 + TimePart::ALL.len());
}

#[test]
fn rows_are_transformed_in_the_order_given_whatever_the_block() {
    let n_rows = 3 * BLOCK_ROWS + 17;
    let values: Vec<f64> = (0..n_rows).map(|row| (row * 7919 % 1000) as f64).collect();
    let codes: Vec<u32> = (0..n_rows).map(|row| (row * 31 % 12) as u32).collect();
    let example = Example::new(n_rows).number("a", &values).level("b", 11, &codes).number("c", &values);
    let all: Vec<u32> = (0..n_rows as u32).collect();
    let preprocessor = example.fit(NumericTransform::RobustSmoothClip, &all);
    let features = preprocessor.transform_all(&example.table).unwrap();
    let backwards: Vec<u32> = all.iter().rev().copied().collect();
    let reversed = preprocessor.transform(&example.table, &backwards).unwrap();
    for row in [0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, n_rows - 1] {
        let alone = preprocessor.transform(&example.table, &[row as u32]).unwrap();
        assert_eq!(alone.numbers, features.numbers[row * 2..][..2]);
        assert_eq!(alone.codes, [features.codes[row]]);
        assert_eq!(alone.numbers, reversed.numbers[(n_rows - 1 - row) * 2..][..2]);
    }
    assert_eq!(preprocessor.transform(&example.table, &[]).unwrap().numbers, [0.0; 0]);
}

#[test]
fn tables_that_do_not_fit_are_refused_with_the_reason() {
    let example = example();
    let fitted = example.fit(NumericTransform::RobustSmoothClip, &TRAINING);
    let check = |change: fn(&mut Table), message: &str| {
        let mut table = example.table.clone();
        change(&mut table);
        assert_eq!(fitted.transform_all(&table).unwrap_err().to_string(), message);
        assert!(PreprocessConfig::default().fit(&example.layout(), &table, &[6]).is_err());
    };
    let lacking = "the table lacks these columns: `age`, `size`";
    check(|table| table.columns.retain(|column| !["age", "size"].contains(&&*column.name)), lacking);
    let text = "expected numbers in column `age`, got texts; apply the schema to the table first";
    check(|table| table.columns[1].cells = table.columns[0].cells.clone(), text);
    let number = "expected texts in column `colour`, got numbers; apply the schema to the table first";
    check(|table| table.columns[0].cells = table.columns[1].cells.clone(), number);
    let levels =
        "the levels of column `colour` differ from those of the schema; apply the schema to the table first";
    check(|table| table.columns[0].cells = table.columns[3].cells.clone(), levels);
    let length = "column `size` has 1 cells in a table of 8 rows";
    check(|table| table.columns[5].cells = Cells::Numbers(vec![0.0]), length);
    let infinite = "row 7 (the header not counted) of column `size` is infinite; \
                    expected a finite number or an empty cell";
    let put_infinity = |table: &mut Table| {
        let values = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, f64::NEG_INFINITY, 0.0];
        table.columns[5].cells = Cells::Numbers(values.to_vec());
    };
    check(put_infinity, infinite);
    let outside = fitted.transform(&example.table, &[2, 8]).unwrap_err();
    assert_eq!(outside, PreprocessError::RowOutside { row: 8, n_rows: 8 });
}

#[test]
fn fitting_on_nothing_is_refused() {
    let example = example();
    let config = PreprocessConfig::default();
    assert_eq!(config.fit(&example.layout(), &example.table, &[]), Err(PreprocessError::NoRows));
    let example = Example::new(1).with("id", Kind::Identifier, Cells::Numbers(vec![1.0]));
    let refused = config.fit(&example.layout(), &example.table, &[0]).unwrap_err();
    assert_eq!(refused.to_string(), "no column is left to learn from; `id`: it identifies its row");
}

#[test]
fn unknown_texts_are_an_error_where_they_are_refused() {
    let example = example();
    let config = PreprocessConfig { unseen: UnseenLevels::Refuse, ..Default::default() };
    let preprocessor = config.fit(&example.layout(), &example.table, &TRAINING).unwrap();
    assert!(preprocessor.transform(&example.table, &[0, 6]).is_ok());
    let refused = preprocessor.transform(&example.table, &[0, 7]);
    assert_eq!(refused, Err(PreprocessError::UnseenLevel { column: "colour".to_owned(), row: 7 }));
}

#[test]
fn a_stored_preprocessor_comes_back_bit_by_bit() {
    for transform in TRANSFORMS {
        let preprocessor = example().fit(transform, &TRAINING);
        let text = serde_json::to_string(&preprocessor).unwrap();
        let stored: Preprocessor = serde_json::from_str(&text).unwrap();
        assert_eq!(stored, preprocessor);
        assert_eq!(stored.check(&example().layout()), Ok(()));
    }
}

#[test]
fn a_damaged_or_foreign_preprocessor_is_refused() {
    let preprocessor = example().fit(NumericTransform::RobustSmoothClip, &TRAINING);
    let stored = serde_json::to_value(&preprocessor).unwrap();
    let check = |change: fn(&mut serde_json::Value), message: &str| {
        let mut damaged = stored.clone();
        change(&mut damaged);
        let error = serde_json::from_value::<Preprocessor>(damaged).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    check(|stored| stored["numbers"] = serde_json::json!([]), "expected 18 fitted numbers, got 0");
    check(|stored| stored["seen"] = serde_json::json!([]), "expected the seen levels of 6 columns, got 0");
    check(
        |stored| stored["seen"][0] = serde_json::json!([true]),
        "expected 3 seen levels of `colour`, got 1",
    );
    let zero = serde_json::json!({"smooth_clip": {"centre": 0.0, "factor": 0.0}});
    let put_zero = |stored: &mut serde_json::Value| {
        stored["numbers"][0]["scaling"] = serde_json::json!({"smooth_clip": {"centre": 0.0, "factor": 0.0}});
    };
    assert_ne!(stored["numbers"][0]["scaling"], zero);
    check(put_zero, "a scale is not finite, not positive or not ascending (age)");
    check(|stored| stored["more"] = serde_json::json!(1), "unknown field `more`");
    let other = Example::new(1).number("x", &[1.0]).layout();
    assert_eq!(preprocessor.check(&other), Err(PreprocessError::OtherLayout));
}

#[test]
fn a_table_of_codes_alone_has_no_numbers() {
    let example = Example::new(3).level("city", 9, &[1, 9, 4]);
    let features =
        example.fit(NumericTransform::RobustSmoothClip, &[0, 1]).transform_all(&example.table).unwrap();
    assert_eq!((features.d_numbers, features.numbers.len()), (0, 0));
    assert_eq!(features.codes, [1, 9, 0]);
}
