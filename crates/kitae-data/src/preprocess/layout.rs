//! Which numbers and codes a row becomes. Decided before any row is looked at.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::calendar::TimePart;
use super::{MissingNumbers, PreprocessConfig};
use crate::schema::{ColumnSchema, Kind, Schema};

/// Which numbers and codes a row becomes, in order: first the numeric ones, next one for each level,
/// each boolean and each column with missing cells, then the codes for embeddings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The columns that are used, in the order of the schema.
    pub inputs: Vec<Input>,
    /// The columns that are not, apart from those that the caller excluded.
    pub left_out: Vec<LeftOut>,
}

/// A column that is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The name of the column.
    pub column: String,
    /// What becomes of its cells.
    pub kind: InputKind,
}

/// What becomes of the cells of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InputKind {
    /// A number.
    Number,
    /// A number, and one that marks missing cells.
    NumberOrMissing,
    /// The parts of a time ([`TimePart::ALL`]).
    Time,
    /// The parts of a time, and a number that marks missing cells.
    TimeOrMissing,
    /// -1 for the first of two levels, +1 for the second, 0 for a missing or unseen one.
    Sign {
        /// The two levels.
        levels: [String; 2],
    },
    /// For each level 1 where the cell holds it, else 0.
    OneHot {
        /// The levels.
        levels: Vec<String>,
    },
    /// A code for an embedding: 1 + the position of the level; 0 for a missing or unseen one.
    Code {
        /// The levels.
        levels: Vec<String>,
    },
}

/// A column that is not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The name of the column.
    pub column: String,
    /// Why it is not used, as a clause: "every cell is missing".
    pub reason: String,
}

/// One number of a row and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'a> {
    /// The position of the column in [`Layout::inputs`].
    pub input: usize,
    /// The name of the column.
    pub column: &'a str,
    /// Which part of the column.
    pub part: Aspect<'a>,
}

/// What of a column a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Aspect<'a> {
    /// The number itself.
    Value,
    /// A part of a time.
    Time(TimePart),
    /// Which of two levels.
    Sign,
    /// Whether the cell holds this level.
    Level {
        /// The position of the level.
        position: usize,
        /// The level.
        level: &'a str,
    },
    /// Whether the cell is missing.
    Missing,
}

impl Layout {
    /// The layout of the columns of `schema` other than `excluded` (the target and what else must not
    /// be seen). Names in `excluded` that the schema lacks are ignored.
    pub fn new(schema: &Schema, excluded: &[&str], config: &PreprocessConfig) -> Self {
        let mut layout = Self { inputs: Vec::new(), left_out: Vec::new() };
        for column in schema.columns.iter().filter(|column| !excluded.contains(&column.name.as_str())) {
            let name = column.name.clone();
            match input_kind(column, config) {
                Ok(kind) => layout.inputs.push(Input { column: name, kind }),
                Err(reason) => layout.left_out.push(LeftOut { column: name, reason: reason.to_owned() }),
            }
        }
        layout
    }

    /// Every number of a row, in order.
    pub fn numbers(&self) -> Vec<Number<'_>> {
        let quantities = self.numbers_of(Input::quantities);
        quantities.chain(self.numbers_of(Input::marks)).collect()
    }

    /// How many numbers a row becomes.
    pub fn d_numbers(&self) -> usize {
        self.inputs.iter().map(|input| input.n_quantities() + input.n_marks()).sum()
    }

    /// How many of them, all in front, are quantities: numbers and parts of times. Numeric embeddings
    /// are for these alone.
    pub fn n_numeric(&self) -> usize {
        self.inputs.iter().map(Input::n_quantities).sum()
    }

    /// The columns that become codes, in order, each with its position in [`Self::inputs`].
    pub fn code_inputs(&self) -> impl Iterator<Item = (usize, &Input)> {
        self.inputs.iter().enumerate().filter(|(_, input)| matches!(input.kind, InputKind::Code { .. }))
    }

    /// For each column that becomes a code, how many codes there are: its levels, and 0.
    pub fn cardinalities(&self) -> Vec<usize> {
        self.code_inputs().map(|(_, input)| input.levels().len() + 1).collect()
    }

    fn numbers_of<'a>(&'a self, parts: fn(&'a Input) -> Vec<Aspect<'a>>) -> impl Iterator<Item = Number<'a>> {
        self.inputs.iter().enumerate().flat_map(move |(position, input)| {
            let number = move |part| Number { input: position, column: &input.column, part };
            parts(input).into_iter().map(number)
        })
    }
}

impl Input {
    /// The levels of the column; none for numbers and times.
    pub fn levels(&self) -> &[String] {
        match &self.kind {
            InputKind::Sign { levels } => levels,
            InputKind::OneHot { levels } | InputKind::Code { levels } => levels,
            _ => &[],
        }
    }

    fn quantities(&self) -> Vec<Aspect<'_>> {
        match self.kind {
            InputKind::Number | InputKind::NumberOrMissing => vec![Aspect::Value],
            InputKind::Time | InputKind::TimeOrMissing => TimePart::ALL.map(Aspect::Time).to_vec(),
            _ => Vec::new(),
        }
    }

    fn marks(&self) -> Vec<Aspect<'_>> {
        match &self.kind {
            InputKind::NumberOrMissing | InputKind::TimeOrMissing => vec![Aspect::Missing],
            InputKind::Sign { .. } => vec![Aspect::Sign],
            InputKind::OneHot { levels } => {
                levels.iter().enumerate().map(|(position, level)| Aspect::Level { position, level }).collect()
            }
            _ => Vec::new(),
        }
    }

    fn n_quantities(&self) -> usize {
        match self.kind {
            InputKind::Number | InputKind::NumberOrMissing => 1,
            InputKind::Time | InputKind::TimeOrMissing => TimePart::ALL.len(),
            _ => 0,
        }
    }

    fn n_marks(&self) -> usize {
        match &self.kind {
            InputKind::NumberOrMissing | InputKind::TimeOrMissing | InputKind::Sign { .. } => 1,
            InputKind::OneHot { levels } => levels.len(),
            _ => 0,
        }
    }
}

impl fmt::Display for Number<'_> {
    /// A name for people: `age`, `colour is red`, `age is missing`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.part {
            Aspect::Value | Aspect::Sign => f.write_str(self.column),
            Aspect::Time(part) => write!(f, "{} ({part})", self.column),
            Aspect::Level { level, .. } => write!(f, "{} is {level}", self.column),
            Aspect::Missing => write!(f, "{} is missing", self.column),
        }
    }
}

fn input_kind(column: &ColumnSchema, config: &PreprocessConfig) -> Result<InputKind, &'static str> {
    let marks_missing = column.n_missing > 0 && config.missing_numbers == MissingNumbers::MedianAndIndicator;
    match column.kind {
        Kind::Number if marks_missing => Ok(InputKind::NumberOrMissing),
        Kind::Number => Ok(InputKind::Number),
        Kind::Time if marks_missing => Ok(InputKind::TimeOrMissing),
        Kind::Time => Ok(InputKind::Time),
        Kind::Category | Kind::Boolean => level_kind(column, config.one_hot_max_levels),
        Kind::Identifier => Err("it identifies its row"),
        Kind::Text => Err("it is free text"),
        Kind::Constant => Err("every cell holds the same value"),
        Kind::Empty => Err("every cell is missing"),
        Kind::Dropped => Err("the schema drops it"),
    }
}

fn level_kind(column: &ColumnSchema, one_hot_max_levels: usize) -> Result<InputKind, &'static str> {
    let levels = &column.levels;
    match levels.as_slice() {
        [] => Err("the schema lists no level of it"),
        [first, second] if column.kind == Kind::Boolean || one_hot_max_levels >= 2 => {
            Ok(InputKind::Sign { levels: [first.clone(), second.clone()] })
        }
        _ if levels.len() <= one_hot_max_levels => Ok(InputKind::OneHot { levels: levels.clone() }),
        _ => Ok(InputKind::Code { levels: levels.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: Kind, n_levels: usize, n_missing: usize) -> ColumnSchema {
        ColumnSchema {
            name: name.to_owned(),
            kind,
            levels: (0..n_levels).map(|level| format!("level {level}")).collect(),
            n_missing,
            n_distinct: n_levels,
            reason: String::new(),
            notation: crate::notation::Notation::default(),
            findings: Vec::new(),
        }
    }

    fn schema() -> Schema {
        let columns = vec![
            column("city", Kind::Category, 9, 0),
            column("colour", Kind::Category, 3, 5),
            column("age", Kind::Number, 0, 2),
            column("member", Kind::Boolean, 2, 0),
            column("name", Kind::Identifier, 0, 0),
            column("since", Kind::Time, 0, 0),
            column("price", Kind::Number, 0, 0),
            column("nothing", Kind::Empty, 0, 7),
            column("size", Kind::Number, 0, 0),
        ];
        Schema { columns }
    }

    #[test]
    fn numeric_features_come_first_and_then_marks_and_codes() {
        let layout = Layout::new(&schema(), &["price"], &PreprocessConfig::default());
        let names: Vec<String> = layout.numbers().iter().map(ToString::to_string).collect();
        assert_eq!(names[..2], ["age", "since (days)"]);
        assert_eq!(names[10..12], ["size", "colour is level 0"]);
        assert_eq!(names[13..], ["colour is level 2", "age is missing", "member"]);
        assert_eq!((layout.n_numeric(), layout.d_numbers()), (11, 16));
        assert_eq!(layout.cardinalities(), [10]);
        assert_eq!(
            layout.code_inputs().next().map(|(position, input)| (position, &*input.column)),
            Some((0, "city"))
        );
    }

    #[test]
    fn columns_that_are_no_features_are_left_out_with_the_reason() {
        let layout = Layout::new(&schema(), &["price"], &PreprocessConfig::default());
        let notes: Vec<(&str, &str)> = layout.left_out.iter().map(|n| (&*n.column, &*n.reason)).collect();
        assert_eq!(notes, [("name", "it identifies its row"), ("nothing", "every cell is missing")]);
    }

    #[test]
    fn the_number_of_levels_decides_how_a_category_is_fed() {
        let kind = |n_levels, one_hot_max_levels| {
            level_kind(&column("c", Kind::Category, n_levels, 0), one_hot_max_levels)
        };
        assert!(kind(0, 8).is_err());
        assert!(matches!(kind(1, 8), Ok(InputKind::OneHot { .. })));
        assert!(matches!(kind(2, 8), Ok(InputKind::Sign { .. })));
        assert!(matches!(kind(2, 1), Ok(InputKind::Code { .. })));
        assert!(matches!(kind(8, 8), Ok(InputKind::OneHot { .. })));
        assert!(matches!(kind(9, 8), Ok(InputKind::Code { .. })));
        let boolean = level_kind(&column("b", Kind::Boolean, 2, 0), 0);
        assert!(matches!(boolean, Ok(InputKind::Sign { .. })));
    }

    #[test]
    fn missing_cells_are_marked_only_where_the_schema_has_some_and_the_config_asks() {
        let plain = PreprocessConfig { missing_numbers: MissingNumbers::Median, ..Default::default() };
        let n_marked = |config: &PreprocessConfig| {
            let layout = Layout::new(&schema(), &[], config);
            layout.numbers().iter().filter(|number| number.part == Aspect::Missing).count()
        };
        assert_eq!(n_marked(&PreprocessConfig::default()), 1);
        assert_eq!(n_marked(&plain), 0);
    }
}
