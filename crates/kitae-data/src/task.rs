//! What is predicted: a class or a quantity.

use serde::{Deserialize, Serialize};

use crate::facts::NumberFacts;
use crate::schema::{ColumnSchema, Kind};
use crate::table::{Cells, Column};

/// A column of numbers with more distinct values than this is taken for quantities.
const MOST_GUESSED_CLASSES: usize = 20;

/// Whole numbers need this many rows for each distinct value to be taken for classes.
const ROWS_PER_GUESSED_CLASS: usize = 5;

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of several classes.
    Classification,
    /// A quantity.
    Regression,
}

/// The task that `column` suggests: classification for texts, for two distinct values, and for whole
/// numbers with at most 20 distinct values and at least 5 rows for each; else regression. A column
/// that the schema takes for a time is a quantity, one it takes for a category or boolean is not.
pub fn guess_task(column: &Column, schema: &ColumnSchema) -> Task {
    let is_classes = match (&column.cells, schema.kind) {
        (Cells::Levels { .. }, _) | (_, Kind::Category | Kind::Boolean) => true,
        (Cells::Numbers(_), Kind::Time) => false,
        (Cells::Numbers(values), _) => look_like_classes(&NumberFacts::of(values).values),
    };
    if is_classes { Task::Classification } else { Task::Regression }
}

/// Whether numbers, each with how often it comes, look like codes of classes.
pub(crate) fn look_like_classes(values: &[(f64, usize)]) -> bool {
    let n_present: usize = values.iter().map(|(_, count)| count).sum();
    // Beyond 2⁵³ every 64-bit float is whole.
    let is_whole =
        values.iter().all(|(value, _)| value.fract() == 0.0 && value.abs() <= (1_u64 << 53) as f64);
    let is_repeated = n_present >= values.len() * ROWS_PER_GUESSED_CLASS;
    values.len() == 2 || (is_whole && values.len() <= MOST_GUESSED_CLASSES && is_repeated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number_column(values: &[f64]) -> Column {
        Column { name: "y".to_owned(), cells: Cells::Numbers(values.to_vec()) }
    }

    #[test]
    fn the_task_is_guessed_from_the_cells() {
        let check = |column: &Column, kind, task| {
            let schema = ColumnSchema {
                name: "y".to_owned(),
                kind,
                levels: Vec::new(),
                n_missing: 0,
                n_distinct: 0,
                reason: String::new(),
                notation: crate::notation::Notation::default(),
                findings: Vec::new(),
            };
            assert_eq!(guess_task(column, &schema), task, "{column:?}");
        };
        let cycle = |n_distinct: u32, step: f64| -> Vec<f64> {
            (0..120).map(|row| f64::from(row % n_distinct) * step).collect()
        };
        let levels = vec!["a".to_owned(), "b".to_owned()];
        let text = Column { name: "y".to_owned(), cells: Cells::Levels { codes: vec![1, 2], levels } };
        check(&text, Kind::Text, Task::Classification);
        check(&number_column(&cycle(7, 1.0)), Kind::Number, Task::Classification);
        check(&number_column(&cycle(20, 1.0)), Kind::Number, Task::Classification);
        check(&number_column(&cycle(21, 1.0)), Kind::Number, Task::Regression);
        check(&number_column(&cycle(7, 0.5)), Kind::Number, Task::Regression);
        check(&number_column(&cycle(5, 1e307)), Kind::Number, Task::Regression);
        check(&number_column(&cycle(2, 0.5)), Kind::Number, Task::Classification);
        check(&number_column(&[1.0, 2.0, 3.0, 4.0]), Kind::Number, Task::Regression);
        check(&number_column(&cycle(3, 1.0)), Kind::Time, Task::Regression);
        check(&number_column(&cycle(30, 1.0)), Kind::Category, Task::Classification);
    }
}
