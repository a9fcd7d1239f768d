//! Makes the cells of a table fit the kinds of a schema.

use std::collections::HashMap;

use crate::error::{DataError, Place, shortened};
use crate::infer::TimeForm;
use crate::read::{Interner, canonical, is_soft, parse_number, parse_quantity};
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Column, MISSING, Table, UNSEEN};

/// How to mend a cell that is no number.
pub(crate) const NUMBER_ADVICE: &str =
    "write a plain number, list the text as a missing marker, or call the column a category";
/// How to mend a cell that is no time.
pub(crate) const TIME_ADVICE: &str = "write every time in this form";

/// Finds the code of a cell among known levels.
#[derive(Clone, Debug)]
pub(crate) struct LevelCodes {
    texts: Interner,
    /// The code of each text.
    codes: Vec<u32>,
    /// The codes of the levels that are numbers, by value.
    of_value: HashMap<u64, u32>,
    /// Whether every level is a number in canonical form, so that other spellings mean it too.
    are_numbers: bool,
}

impl LevelCodes {
    pub(crate) fn new(levels: &[String]) -> Self {
        let (mut texts, mut codes, mut of_value) = (Interner::default(), Vec::new(), HashMap::new());
        let mut are_numbers = true;
        for (level, code) in levels.iter().zip(1..) {
            if texts.intern(level.as_bytes()) as usize == codes.len() {
                codes.push(code);
            }
            let value = parse_number(level.as_bytes());
            let is_canonical = value.is_some_and(|value| canonical(value) == *level);
            are_numbers &= is_canonical;
            let Some(value) = value else { continue };
            if is_canonical || !of_value.contains_key(&bits(value)) {
                of_value.insert(bits(value), code);
            }
        }
        Self { texts, codes, of_value, are_numbers }
    }

    /// The code of a text that is not missing.
    #[inline]
    pub(crate) fn of_text(&self, text: &[u8]) -> u32 {
        if let Some(id) = self.texts.find(text) {
            return self.codes[id as usize];
        }
        if !self.are_numbers {
            return UNSEEN;
        }
        parse_number(text).map_or(UNSEEN, |value| self.of_value(value))
    }

    /// The code of a number, however its level is written.
    fn of_value(&self, value: f64) -> u32 {
        if value.is_nan() { MISSING } else { self.of_value.get(&bits(value)).copied().unwrap_or(UNSEEN) }
    }
}

/// Equal for equal numbers, -0 and 0 included.
fn bits(value: f64) -> u64 {
    (value + 0.0).to_bits()
}

impl Schema {
    /// Makes the cells of a table fit the kinds: [`Kind::Number`] and [`Kind::Time`] (seconds since
    /// 1970-01-01 UTC) become numbers, [`Kind::Category`] and [`Kind::Boolean`] codes into the levels of the
    /// schema, [`UNSEEN`] where there is no such level. A number names the level of its value: 1.0 is the
    /// level `1`.
    ///
    /// The columns come in the order of the schema. Columns that are no features are left as they are, or
    /// out if they are not there; columns that the schema does not know are left out.
    ///
    /// A file whose schema is known is better read with [`read_csv_as`](crate::read::read_csv_as), which
    /// sees how the cells are written.
    ///
    /// ```
    /// use kitae_data::infer::{Hints, infer_schema};
    /// use kitae_data::read::{ReadOptions, read_csv_bytes};
    /// use kitae_data::table::{Cells, UNSEEN};
    ///
    /// let read = |text: &[u8]| read_csv_bytes(text, "shirts", &ReadOptions::default());
    /// let schema = infer_schema(&read(b"size,colour\n1.5,red\n2,blue\n3,red\n")?, &Hints::default())?;
    /// // The columns of another table come in the order of the schema, with its levels.
    /// let table = schema.apply(read(b"colour,size\nred,4\npink,5\n")?)?;
    /// assert_eq!(table.columns[0].cells, Cells::Numbers(vec![4.0, 5.0]));
    /// let levels = vec!["blue".to_owned(), "red".to_owned()];
    /// assert_eq!(table.columns[1].cells, Cells::Levels { codes: vec![2, UNSEEN], levels });
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a feature column is missing, or a cell is no number or time though its column's kind says so.
    pub fn apply(&self, table: Table) -> Result<Table, DataError> {
        self.apply_optional(table, &[])
    }

    /// Like [`apply`](Self::apply), but the columns called `optional` may be missing.
    ///
    /// ```
    /// use kitae_data::infer::{Hints, infer_schema};
    /// use kitae_data::read::{ReadOptions, read_csv_bytes};
    ///
    /// let read = |text: &[u8]| read_csv_bytes(text, "shirts", &ReadOptions::default());
    /// let schema = infer_schema(&read(b"size,price\n1.5,10\n2,12\n4,9.5\n")?, &Hints::default())?;
    /// // The price of a new shirt is what is to be found out.
    /// let new = read(b"size\n3\n")?;
    /// assert!(schema.apply(new.clone()).is_err());
    /// assert_eq!(schema.apply_optional(new, &["price"])?.columns.len(), 1);
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    pub fn apply_optional(&self, table: Table, optional: &[&str]) -> Result<Table, DataError> {
        self.check_columns(&table, optional)?;
        let n_rows = table.n_rows;
        let mut cells: HashMap<String, Cells> =
            table.columns.into_iter().map(|column| (column.name, column.cells)).collect();
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            if let Some(cells) = cells.remove(&column.name) {
                columns.push(Column { name: column.name.clone(), cells: fit_cells(column, cells)? });
            }
        }
        Ok(Table { columns, n_rows })
    }

    fn check_columns(&self, table: &Table, optional: &[&str]) -> Result<(), DataError> {
        let found = table.columns_named(self.columns.iter().map(|column| column.name.as_str()));
        let is_missing = |(column, found): &(&ColumnSchema, Option<&Column>)| {
            column.kind.is_feature() && !optional.contains(&column.name.as_str()) && found.is_none()
        };
        let missing: Vec<String> = self
            .columns
            .iter()
            .zip(found)
            .filter(is_missing)
            .map(|(column, _)| column.name.clone())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let found = table.columns.iter().map(|column| column.name.clone()).collect();
        Err(DataError::MissingColumns { name: "the table".to_owned(), missing, found })
    }
}

fn fit_cells(column: &ColumnSchema, cells: Cells) -> Result<Cells, DataError> {
    match (column.kind, cells) {
        (Kind::Category | Kind::Boolean, cells) => Ok(level_cells(column, cells)),
        (Kind::Number, Cells::Levels { codes, levels }) => {
            let parse = |level: &str| parse_quantity(level.as_bytes());
            number_cells(&codes, &levels, parse, &column.name, ("a number", NUMBER_ADVICE))
        }
        (Kind::Time, cells) => time_cells(column, cells),
        (_, cells) => Ok(cells),
    }
}

fn level_cells(column: &ColumnSchema, cells: Cells) -> Cells {
    let known = LevelCodes::new(&column.levels);
    let codes = match cells {
        Cells::Numbers(values) => values.into_iter().map(|value| known.of_value(value)).collect(),
        Cells::Levels { mut codes, levels } => {
            let code_of: Vec<u32> = levels.iter().map(|level| known.of_text(level.as_bytes())).collect();
            for code in codes.iter_mut().filter(|code| **code != MISSING) {
                *code = code_of.get(*code as usize - 1).copied().unwrap_or(UNSEEN);
            }
            codes
        }
    };
    Cells::Levels { codes, levels: column.levels.clone() }
}

fn time_cells(column: &ColumnSchema, cells: Cells) -> Result<Cells, DataError> {
    let form = TimeForm::of_column(column)?;
    match cells {
        Cells::Levels { codes, levels } => {
            let expected = (form.name(), TIME_ADVICE);
            number_cells(&codes, &levels, |level| form.parse(level), &column.name, expected)
        }
        // Dates such as 20240131 are read as numbers; other numbers are seconds already.
        Cells::Numbers(values) if form == TimeForm::Digits => {
            let levels: Vec<String> = values.iter().map(|value| canonical(*value)).collect();
            let codes: Vec<u32> = values
                .iter()
                .zip(1..)
                .map(|(value, code)| if value.is_nan() { MISSING } else { code })
                .collect();
            let expected = (form.name(), TIME_ADVICE);
            number_cells(&codes, &levels, |level| form.parse(level), &column.name, expected)
        }
        cells @ Cells::Numbers(_) => Ok(cells),
    }
}

/// The numbers that texts stand for; an error at the first row whose text is neither one nor missing.
fn number_cells(
    codes: &[u32],
    levels: &[String],
    parse: impl Fn(&str) -> Option<f64>,
    column: &str,
    (expected, advice): (&'static str, &'static str),
) -> Result<Cells, DataError> {
    let parsed: Vec<Option<f64>> = levels
        .iter()
        .map(|level| parse(level).or_else(|| is_soft(level.as_bytes()).then_some(f64::NAN)))
        .collect();
    let mut values = Vec::with_capacity(codes.len());
    for (row_idx, &code) in codes.iter().enumerate() {
        if code == MISSING || code == UNSEEN {
            values.push(f64::NAN);
            continue;
        }
        let position = code as usize - 1;
        let Some(value) = parsed.get(position).copied().flatten() else {
            let text = levels.get(position).map_or(String::new(), |level| shortened(level));
            let (place, column) = (Place::Row(row_idx + 1), column.to_owned());
            return Err(DataError::Cell { place, column, expected, text, advice });
        };
        values.push(value);
    }
    Ok(Cells::Numbers(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column_schema(kind: Kind, levels: &[&str]) -> ColumnSchema {
        ColumnSchema {
            name: "x".to_owned(),
            kind,
            levels: levels.iter().map(ToString::to_string).collect(),
            n_missing: 0,
            n_distinct: levels.len(),
            reason: String::new(),
            warnings: Vec::new(),
        }
    }

    fn texts(codes: &[u32], levels: &[&str]) -> Cells {
        Cells::Levels { codes: codes.to_vec(), levels: levels.iter().map(ToString::to_string).collect() }
    }

    fn apply(column: ColumnSchema, cells: Cells) -> Result<Cells, DataError> {
        let n_rows = cells.len();
        let table = Table { columns: vec![Column { name: "x".to_owned(), cells }], n_rows };
        Ok(Schema { columns: vec![column] }.apply(table)?.columns.remove(0).cells)
    }

    #[test]
    fn numbers_name_levels_by_their_value() {
        let cells = apply(
            column_schema(Kind::Category, &["1", "2", "10"]),
            Cells::Numbers(vec![10.0, f64::NAN, 1.0, 3.0]),
        );
        assert_eq!(cells.unwrap(), texts(&[3, MISSING, 1, UNSEEN], &["1", "2", "10"]));
    }

    #[test]
    fn other_spellings_name_a_level_only_where_all_levels_are_numbers() {
        let cells = apply(column_schema(Kind::Category, &["1", "2"]), texts(&[1, 2, 3], &["01", "2.0", "b"]));
        assert_eq!(cells.unwrap(), texts(&[1, 2, UNSEEN], &["1", "2"]));
        let cells = apply(column_schema(Kind::Category, &["01", "b"]), texts(&[1, 2, 3], &["01", "1", "b"]));
        assert_eq!(cells.unwrap(), texts(&[1, UNSEEN, 2], &["01", "b"]));
    }

    #[test]
    fn numbers_match_levels_of_a_mixed_column_by_value() {
        let cells = apply(column_schema(Kind::Category, &["01", "b"]), Cells::Numbers(vec![1.0, 2.0]));
        assert_eq!(cells.unwrap(), texts(&[1, UNSEEN], &["01", "b"]));
    }

    #[test]
    fn a_text_among_numbers_is_an_error_that_names_the_row() {
        let error = apply(column_schema(Kind::Number, &[]), texts(&[1, 0, 2], &["-", "abc"])).unwrap_err();
        let expected = "row 3 (the header not counted), column `x`: expected a number, found `abc`";
        assert!(error.to_string().starts_with(expected), "{error}");
    }

    #[test]
    fn missing_feature_columns_are_all_named_and_others_are_not_needed() {
        let mut columns = vec![column_schema(Kind::Number, &[]); 3];
        columns[0].name = "a".to_owned();
        columns[1].name = "b".to_owned();
        columns[2].kind = Kind::Identifier;
        let schema = Schema { columns };
        let table = Table {
            columns: vec![Column { name: "z".to_owned(), cells: Cells::Numbers(vec![1.0]) }],
            n_rows: 1,
        };
        let error = schema.apply(table.clone()).unwrap_err().to_string();
        assert_eq!(error, "the table: missing columns: `a`, `b`; the columns are `z`");
        let applied = schema.apply_optional(table, &["a", "b"]).unwrap();
        assert_eq!((applied.columns.len(), applied.n_rows), (0, 1));
    }

    #[test]
    fn times_become_seconds() {
        let cells = apply(column_schema(Kind::Time, &["day/month/year"]), texts(&[1, 0], &["02/01/1970"]));
        let Cells::Numbers(values) = cells.unwrap() else { panic!("expected numbers") };
        assert_eq!(values[0], 86400.0);
        assert!(values[1].is_nan());
    }
}
