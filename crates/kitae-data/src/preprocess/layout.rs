//! Which numbers and codes a row becomes. Decided before any row is looked at.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::calendar::TimePart;
use super::{MissingNumbers, PreprocessConfig};
use crate::schema::{ColumnSchema, Kind, Schema};

/// Which numbers and codes a row becomes, in order: first the numeric ones, next one for each level,
/// each boolean and each column with missing cells, then the codes for embeddings.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Layout, PreprocessConfig};
///
/// let (schema, _) = csv::described("colour,size,sold\nred,1.5,no\nblue,,yes\ngreen,3.5,no\nred,4,no\n")?;
/// let layout = Layout::new(&schema, &["sold"], &PreprocessConfig::default());
/// let names: Vec<String> = layout.numbers().iter().map(ToString::to_string).collect();
/// let expected = ["size", "colour is blue", "colour is green", "colour is red", "size is missing"];
/// assert_eq!(names, expected);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The columns that are used, in the order of the schema.
    pub inputs: Vec<Input>,
    /// The columns that are not, apart from those that the caller excluded.
    pub left_out: Vec<LeftOut>,
}

/// A column that is used.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Input, InputKind, Layout, PreprocessConfig};
///
/// let (schema, _) = csv::described("size,sold\n1.5,no\n2,yes\n4,no\n")?;
/// let layout = Layout::new(&schema, &["sold"], &PreprocessConfig::default());
/// assert_eq!(layout.inputs, [Input { column: "size".to_owned(), kind: InputKind::Number }]);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The name of the column.
    pub column: String,
    /// What becomes of its cells.
    pub kind: InputKind,
}

/// What becomes of the cells of a column.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{InputKind, Layout, PreprocessConfig};
///
/// let (schema, _) = csv::described("gift,colour\nyes,red\nno,blue\nno,green\nno,red\n")?;
/// let config = PreprocessConfig { one_hot_max_levels: 2, ..PreprocessConfig::default() };
/// let layout = Layout::new(&schema, &[], &config);
/// assert!(matches!(layout.inputs[0].kind, InputKind::Sign { .. }));
/// // Three colours are more than two.
/// assert!(matches!(layout.inputs[1].kind, InputKind::Code { .. }));
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
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
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Layout, PreprocessConfig};
///
/// let (schema, _) = csv::described("size,note\n1.5,\n2,\n4,\n")?;
/// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
/// assert_eq!(layout.left_out[0].column, "note");
/// assert_eq!(layout.left_out[0].reason, "every cell is missing");
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The name of the column.
    pub column: String,
    /// Why it is not used, as a clause: "every cell is missing".
    pub reason: String,
}

/// One number of a row and where it comes from.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Layout, PreprocessConfig};
///
/// let (schema, _) = csv::described("colour,size\nred,1.5\nblue,2\ngreen,4\nred,3\n")?;
/// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
/// let numbers = layout.numbers();
/// // Quantities come first, though the column is the second.
/// assert_eq!((numbers[0].input, numbers[0].column), (1, "size"));
/// assert_eq!(numbers[1].to_string(), "colour is blue");
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'a> {
    /// The position of the column in [`Layout::inputs`].
    pub input: usize,
    /// The name of the column.
    pub column: &'a str,
    /// Which part of the column.
    pub part: Part<'a>,
}

/// What of a column a number says.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Layout, Part, PreprocessConfig};
///
/// let (schema, _) = csv::described("size,gift\n1.5,yes\n,no\n4,no\n")?;
/// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
/// let parts: Vec<Part> = layout.numbers().iter().map(|number| number.part).collect();
/// assert_eq!(parts, [Part::Value, Part::Missing, Part::Sign]);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part<'a> {
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
    ///
    /// ```
    /// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
    /// use kitae_data::preprocess::{Layout, PreprocessConfig};
    ///
    /// let (schema, _) = csv::described("size,weight,price\n1.5,3,10\n2,4,12\n4,7,9\n")?;
    /// let layout = Layout::new(&schema, &["price"], &PreprocessConfig::default());
    /// assert_eq!(layout.inputs.len(), 2);
    /// // What the caller excluded needs no reason.
    /// assert!(layout.left_out.is_empty());
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
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
    ///
    /// ```
    /// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
    /// use kitae_data::preprocess::{Layout, PreprocessConfig};
    ///
    /// let (schema, _) = csv::described("size,weight\n1.5,3\n,4\n4,7\n")?;
    /// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
    /// let names: Vec<String> = layout.numbers().iter().map(ToString::to_string).collect();
    /// assert_eq!(names, ["size", "weight", "size is missing"]);
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    pub fn numbers(&self) -> Vec<Number<'_>> {
        let quantities = self.numbers_of(Input::quantities);
        quantities.chain(self.numbers_of(Input::marks)).collect()
    }

    /// How many numbers a row becomes.
    ///
    /// ```
    /// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
    /// use kitae_data::preprocess::{Layout, PreprocessConfig};
    ///
    /// // A size, and whether the colour is blue, green or red.
    /// let (schema, _) = csv::described("size,colour\n1.5,red\n2,blue\n4,green\n3,red\n")?;
    /// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
    /// assert_eq!(layout.d_numbers(), 4);
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    pub fn d_numbers(&self) -> usize {
        self.inputs.iter().map(|input| input.n_quantities() + input.n_marks()).sum()
    }

    /// How many of them, all in front, are quantities: numbers and parts of times. Numeric embeddings
    /// are for these alone.
    ///
    /// ```
    /// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
    /// use kitae_data::preprocess::{Layout, PreprocessConfig};
    ///
    /// let (schema, _) = csv::described("size,colour\n1.5,red\n2,blue\n4,green\n3,red\n")?;
    /// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
    /// assert_eq!(layout.n_numeric(), 1);
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    pub fn n_numeric(&self) -> usize {
        self.inputs.iter().map(Input::n_quantities).sum()
    }

    /// The columns that become codes, in order, each with its position in [`Self::inputs`].
    ///
    /// ```
    /// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
    /// use kitae_data::preprocess::{Layout, PreprocessConfig};
    ///
    /// let (schema, _) = csv::described("size,colour\n1.5,red\n2,blue\n4,green\n3,red\n")?;
    /// let config = PreprocessConfig { one_hot_max_levels: 0, ..PreprocessConfig::default() };
    /// let layout = Layout::new(&schema, &[], &config);
    /// let inputs: Vec<(usize, &str)> =
    ///     layout.code_inputs().map(|(position, input)| (position, input.column.as_str())).collect();
    /// assert_eq!(inputs, [(1, "colour")]);
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    pub fn code_inputs(&self) -> impl Iterator<Item = (usize, &Input)> {
        self.inputs.iter().enumerate().filter(|(_, input)| matches!(input.kind, InputKind::Code { .. }))
    }

    /// For each column that becomes a code, how many codes there are: its levels, and 0.
    ///
    /// ```
    /// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
    /// use kitae_data::preprocess::{Layout, PreprocessConfig};
    ///
    /// let (schema, _) = csv::described("size,colour\n1.5,red\n2,blue\n4,green\n3,red\n")?;
    /// let config = PreprocessConfig { one_hot_max_levels: 0, ..PreprocessConfig::default() };
    /// // Three colours, and missing.
    /// assert_eq!(Layout::new(&schema, &[], &config).cardinalities(), [4]);
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    pub fn cardinalities(&self) -> Vec<usize> {
        self.code_inputs().map(|(_, input)| input.levels().len() + 1).collect()
    }

    fn numbers_of<'a>(&'a self, parts: fn(&'a Input) -> Vec<Part<'a>>) -> impl Iterator<Item = Number<'a>> {
        self.inputs.iter().enumerate().flat_map(move |(position, input)| {
            let number = move |part| Number { input: position, column: &input.column, part };
            parts(input).into_iter().map(number)
        })
    }
}

impl Input {
    /// The levels of the column; none for numbers and times.
    ///
    /// ```
    /// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
    /// use kitae_data::preprocess::{Layout, PreprocessConfig};
    ///
    /// let (schema, _) = csv::described("size,colour\n1.5,red\n2,blue\n4,green\n3,red\n")?;
    /// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
    /// assert!(layout.inputs[0].levels().is_empty());
    /// assert_eq!(layout.inputs[1].levels(), ["blue", "green", "red"]);
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    pub fn levels(&self) -> &[String] {
        match &self.kind {
            InputKind::Sign { levels } => levels,
            InputKind::OneHot { levels } | InputKind::Code { levels } => levels,
            _ => &[],
        }
    }

    fn quantities(&self) -> Vec<Part<'_>> {
        match self.kind {
            InputKind::Number | InputKind::NumberOrMissing => vec![Part::Value],
            InputKind::Time | InputKind::TimeOrMissing => TimePart::ALL.map(Part::Time).to_vec(),
            _ => Vec::new(),
        }
    }

    fn marks(&self) -> Vec<Part<'_>> {
        match &self.kind {
            InputKind::NumberOrMissing | InputKind::TimeOrMissing => vec![Part::Missing],
            InputKind::Sign { .. } => vec![Part::Sign],
            InputKind::OneHot { levels } => {
                levels.iter().enumerate().map(|(position, level)| Part::Level { position, level }).collect()
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
            Part::Value | Part::Sign => f.write_str(self.column),
            Part::Time(part) => write!(f, "{} ({part})", self.column),
            Part::Level { level, .. } => write!(f, "{} is {level}", self.column),
            Part::Missing => write!(f, "{} is missing", self.column),
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
        Kind::Identifier => Err("it names its row"),
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
        assert_eq!(notes, [("name", "it names its row"), ("nothing", "every cell is missing")]);
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
            layout.numbers().iter().filter(|number| number.part == Part::Missing).count()
        };
        assert_eq!(n_marked(&PreprocessConfig::default()), 1);
        assert_eq!(n_marked(&plain), 0);
    }
}
