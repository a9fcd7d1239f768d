//! The column that is to be predicted, as class codes or as values.

mod by_task;
mod error;

use std::cmp::Ordering;

use crate::cell::{canonical, parse_quantity};
use crate::levels::LevelCodes;
use crate::notation::Notation;
use crate::rounding::is_rounding;
use crate::split::Strata;
use crate::table::{Cells, Column, MISSING};
pub use crate::task::{Task, guess_task};
pub use by_task::{ByTask, Targets};
pub use error::TargetError;

/// The code of a row without a class.
pub const NO_CLASS: u32 = u32::MAX;

/// The target, one entry for each row of the table.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// For classification.
    Classes {
        /// The position of the class in `names`, or [`NO_CLASS`] where the cell is missing.
        codes: Vec<u32>,
        /// At least two names: in the order of their numbers if all are numbers, else of their text.
        names: Vec<String>,
    },
    /// For regression: finite numbers, NaN where the cell is missing.
    Values(Vec<f64>),
}

impl Target {
    /// Reads `column` as the target of `task`. Classes are those that occur. A number as the name of
    /// a class is written as short as it can be: `1`, not `1.0`.
    ///
    /// # Errors
    ///
    /// If every cell is missing, there is one class only or one value only, nearly every row is a class of
    /// its own, or a number is infinite; for regression also if a cell is no number.
    pub fn from_column(column: &Column, task: Task) -> Result<Self, TargetError> {
        match task {
            Task::Classification => classes(column, &class_names(column)?),
            Task::Regression => values(column),
        }
    }

    /// Reads `column` as classes whose names, and so their codes, are given: those of a model. Fewer
    /// classes may occur.
    ///
    /// # Errors
    ///
    /// If a cell holds another class or an infinite number.
    pub fn from_known_classes(column: &Column, names: &[String]) -> Result<Self, TargetError> {
        classes(column, names)
    }

    /// Reads `column` as values without asking that they differ: the target for a model that exists.
    ///
    /// # Errors
    ///
    /// If a cell is no finite number.
    pub fn from_known_values(column: &Column) -> Result<Self, TargetError> {
        numbers(column).map(Self::Values)
    }

    /// What is predicted.
    pub fn task(&self) -> Task {
        match self {
            Self::Classes { .. } => Task::Classification,
            Self::Values(_) => Task::Regression,
        }
    }

    /// The positions of the rows whose target is there, ascending.
    pub fn rows_with_target(&self) -> Vec<u32> {
        match self {
            Self::Classes { codes, .. } => positions(codes, |code| *code != NO_CLASS),
            Self::Values(values) => positions(values, |value| !value.is_nan()),
        }
    }

    /// The strata that share out this target evenly in a split of [`Self::rows_with_target`].
    pub fn strata(&self) -> Strata<'_> {
        match self {
            Self::Classes { codes, .. } => Strata::Classes(codes),
            Self::Values(values) => Strata::Values(values),
        }
    }
}

/// The names of the classes that occur, in their fixed order.
fn class_names(column: &Column) -> Result<Vec<String>, TargetError> {
    let mut names: Vec<String> = match &column.cells {
        Cells::Numbers(values) => distinct_numbers(values).into_iter().map(canonical).collect(),
        Cells::Levels { codes, levels } => {
            let mut occurs = vec![false; levels.len()];
            for level in codes.iter().filter_map(|&code| level_of(code)) {
                if let Some(occurs) = occurs.get_mut(level) {
                    *occurs = true;
                }
            }
            levels.iter().zip(occurs).filter(|(_, occurs)| *occurs).map(|(level, _)| level.clone()).collect()
        }
    };
    sort_names(&mut names);
    match names.as_slice() {
        [] => Err(TargetError::NoValues { column: column.name.clone() }),
        [class] => Err(TargetError::OneClass { column: column.name.clone(), class: class.clone() }),
        _ => {
            let n_rows = column.cells.len() - column.cells.n_missing();
            if names.len() <= MOST_LONE_CLASSES || names.len() * ROWS_PER_CLASS <= n_rows {
                return Ok(names);
            }
            let (n_classes, advice) = (names.len(), advice(&names));
            Err(TargetError::EachItsOwn { column: column.name.clone(), n_classes, n_rows, advice })
        }
    }
}

/// More classes than this need some rows each.
const MOST_LONE_CLASSES: usize = 20;
const ROWS_PER_CLASS: usize = 2;

fn advice(names: &[String]) -> &'static str {
    let n_numbers = names.iter().filter(|name| Notation::default().parse(name).is_some()).count();
    if n_numbers == names.len() {
        "if it is a quantity, say `question.task = \"regression\"`; else name another column, or one with wider classes"
    } else if n_numbers * 2 > names.len() {
        "if it is a quantity, say `question.task = \"regression\"`: what is no number counts as missing; else name another column"
    } else {
        "name another column, or one with wider classes"
    }
}

fn sort_names(names: &mut Vec<String>) {
    *names = order_of_names(names).into_iter().map(|at| names[at].clone()).collect();
}

/// The positions of class names, in order: numbers by size, others as texts.
///
/// ```
/// use kitae_data::target::order_of_names;
///
/// let order = |names: &[&str]| order_of_names(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
/// assert_eq!(order(&["yes", "no"]), [1, 0]);
/// assert_eq!(order(&["9", "10"]), [0, 1]);
/// ```
pub fn order_of_names(names: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|a, b| names[*a].cmp(&names[*b]));
    let numbers: Option<Vec<f64>> = names.iter().map(|name| number(name)).collect();
    if let Some(numbers) = numbers {
        order.sort_by(|a, b| numbers[*a].partial_cmp(&numbers[*b]).unwrap_or(Ordering::Equal));
    }
    order
}

fn classes(column: &Column, names: &[String]) -> Result<Target, TargetError> {
    let known = LevelCodes::new(names);
    let code_of = |text: &str| level_of(known.of_text(text.as_bytes())).filter(|class| *class < names.len());
    let codes = match &column.cells {
        Cells::Numbers(values) => {
            check_finite(&column.name, values)?;
            // Each distinct number is named once, however many rows hold it.
            let distinct = distinct_numbers(values);
            let codes: Vec<Option<usize>> =
                distinct.iter().map(|value| code_of(&canonical(*value))).collect();
            let code = |value: f64| codes[distinct.partition_point(|known| *known < value)];
            each_row(values, |value| if value.is_nan() { Some(NO_CLASS) } else { Some(code(*value)? as u32) })
        }
        Cells::Levels { codes, levels } => {
            let known: Vec<Option<usize>> = levels.iter().map(|level| code_of(level)).collect();
            let code = |cell: u32| known.get(level_of(cell)?).copied().flatten();
            each_row(codes, |&cell| if cell == MISSING { Some(NO_CLASS) } else { Some(code(cell)? as u32) })
        }
    };
    let codes = codes.map_err(|row| unknown_class(column, row, names))?;
    Ok(Target::Classes { codes, names: names.to_vec() })
}

/// The code of every cell, or the first row that has none.
fn each_row<T>(cells: &[T], code: impl Fn(&T) -> Option<u32>) -> Result<Vec<u32>, usize> {
    cells.iter().enumerate().map(|(row, cell)| code(cell).ok_or(row)).collect()
}

fn unknown_class(column: &Column, row: usize, names: &[String]) -> TargetError {
    let text = match &column.cells {
        Cells::Numbers(values) => values.get(row).map(|value| canonical(*value)),
        Cells::Levels { codes, levels } => {
            codes.get(row).and_then(|&code| levels.get(level_of(code)?)).cloned()
        }
    };
    TargetError::UnknownClass {
        column: column.name.clone(),
        row,
        text: text.map(|text| format!(": `{text}`")).unwrap_or_default(),
        known: listed(names),
    }
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 10;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        n_more => format!("{} and {n_more} more", shown.join(", ")),
    }
}

fn values(column: &Column) -> Result<Target, TargetError> {
    let values = numbers(column)?;
    match distinct_numbers(&values).as_slice() {
        [] => Err(TargetError::NoValues { column: column.name.clone() }),
        [value] => Err(TargetError::Constant { column: column.name.clone(), value: *value }),
        [low, .., high] if is_rounding(*low, *high) => {
            Err(TargetError::Constant { column: column.name.clone(), value: *low })
        }
        _ => Ok(Target::Values(values)),
    }
}

fn numbers(column: &Column) -> Result<Vec<f64>, TargetError> {
    match &column.cells {
        Cells::Numbers(values) => {
            check_finite(&column.name, values)?;
            Ok(values.clone())
        }
        Cells::Levels { codes, levels } => {
            let known: Vec<Option<f64>> = levels.iter().map(|level| number(level)).collect();
            let value_of = |(row, &code): (usize, &u32)| {
                let value = || known.get(level_of(code)?).copied().flatten();
                let text = || level_of(code).and_then(|level| levels.get(level)).cloned().unwrap_or_default();
                let missing = (code == MISSING).then_some(f64::NAN);
                missing.or_else(value).ok_or_else(|| TargetError::NotANumber {
                    column: column.name.clone(),
                    row,
                    text: text(),
                })
            };
            codes.iter().enumerate().map(value_of).collect()
        }
    }
}

fn check_finite(column: &str, values: &[f64]) -> Result<(), TargetError> {
    match values.iter().position(|value| value.is_infinite()) {
        Some(row) => Err(TargetError::Infinite { column: column.to_owned(), row }),
        None => Ok(()),
    }
}

/// The distinct numbers, ascending; 0 and -0 are one.
pub(crate) fn distinct_numbers(values: &[f64]) -> Vec<f64> {
    let mut distinct: Vec<f64> =
        values.iter().filter(|value| !value.is_nan()).map(|value| value + 0.0).collect();
    distinct.sort_unstable_by(f64::total_cmp);
    distinct.dedup();
    distinct
}

/// The number that a text writes, if it is one.
fn number(text: &str) -> Option<f64> {
    parse_quantity(text.trim().as_bytes())
}

/// The position in the levels that a code of a cell stands for.
fn level_of(code: u32) -> Option<usize> {
    code.checked_sub(1).map(|level| level as usize)
}

fn positions<T>(items: &[T], keep: impl Fn(&T) -> bool) -> Vec<u32> {
    (0_u32..).zip(items).filter(|(_, item)| keep(item)).map(|(row, _)| row).collect()
}

#[cfg(test)]
mod tests;
