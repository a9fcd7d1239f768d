//! Makes the cells of a table fit the kinds of a schema.

use std::collections::HashMap;

use crate::cell::is_usual;
use crate::error::DataError;
use crate::levels::LevelCodes;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Column, MISSING, Table, UNSEEN};
use crate::times::TimeForms;

impl Schema {
    /// Makes the cells of a table fit the kinds: [`Kind::Number`] and [`Kind::Time`] (seconds since
    /// 1970-01-01 UTC) become numbers, [`Kind::Category`] and [`Kind::Boolean`] codes into the levels of the
    /// schema, [`UNSEEN`] where there is no such level. A number names the level of its value: 1.0 is the
    /// level `1`. A text that is no number or time as its column writes them is missing.
    ///
    /// The columns come in the order of the schema. Columns that are no features are left as they are, or
    /// out if they are not there; columns that the schema does not know are left out.
    ///
    /// A file whose schema is known is better read with [`read_csv_as`](crate::read::read_csv_as), which
    /// sees how the cells are written.
    ///
    /// # Errors
    ///
    /// If a feature column is missing, or a schema names a form of times that is not known.
    pub fn apply(&self, table: Table) -> Result<Table, DataError> {
        self.apply_optional(table, &[])
    }

    /// Like [`apply`](Self::apply), but the columns called `optional` may be missing.
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
            Ok(number_cells(&codes, &levels, |level| column.notation.parse(level)))
        }
        (Kind::Time, cells) => time_cells(column, cells),
        (_, cells) => Ok(cells),
    }
}

fn level_cells(column: &ColumnSchema, cells: Cells) -> Cells {
    let known = LevelCodes::of_column(column);
    let codes = match cells {
        Cells::Numbers(values) => values.into_iter().map(|value| known.of_value(value)).collect(),
        Cells::Levels { mut codes, levels } => {
            // A marker is a level only if the schema knows it.
            let code = |level: &String| match known.of_text(level.as_bytes()) {
                UNSEEN if is_usual(level.as_bytes()) => MISSING,
                code => code,
            };
            let code_of: Vec<u32> = levels.iter().map(code).collect();
            for code in codes.iter_mut().filter(|code| **code != MISSING) {
                *code = code_of.get(*code as usize - 1).copied().unwrap_or(UNSEEN);
            }
            codes
        }
    };
    Cells::Levels { codes, levels: column.levels.clone() }
}

fn time_cells(column: &ColumnSchema, cells: Cells) -> Result<Cells, DataError> {
    let forms = TimeForms::of_column(column)?;
    Ok(match cells {
        Cells::Levels { codes, levels } => number_cells(&codes, &levels, |level| forms.parse(level)),
        Cells::Numbers(values) => Cells::Numbers(
            values.into_iter().map(|value| forms.of_number(value).unwrap_or(f64::NAN)).collect(),
        ),
    })
}

/// The numbers that texts stand for.
fn number_cells(codes: &[u32], levels: &[String], parse: impl Fn(&str) -> Option<f64>) -> Cells {
    let values: Vec<f64> = levels.iter().map(|level| parse(level).unwrap_or(f64::NAN)).collect();
    let value = |code: &u32| {
        let place = (*code as usize).checked_sub(1);
        place.and_then(|place| values.get(place)).copied().unwrap_or(f64::NAN)
    };
    Cells::Numbers(codes.iter().map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::{Decimal, Thousands};

    fn column_schema(kind: Kind, levels: &[&str]) -> ColumnSchema {
        ColumnSchema {
            name: "x".to_owned(),
            kind,
            levels: levels.iter().map(ToString::to_string).collect(),
            n_missing: 0,
            n_distinct: levels.len(),
            reason: String::new(),
            notation: crate::notation::Notation::default(),
            findings: Vec::new(),
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
    fn a_code_padded_with_zeros_is_no_number() {
        let cells = apply(column_schema(Kind::Category, &["01", "2", "b"]), Cells::Numbers(vec![1.0, 2.0]));
        assert_eq!(cells.unwrap(), texts(&[UNSEEN, 2], &["01", "2", "b"]));
        let cells =
            apply(column_schema(Kind::Category, &["01", "2", "b"]), texts(&[1, 2, 3], &["01", "1", "2.0"]));
        assert_eq!(cells.unwrap(), texts(&[1, UNSEEN, 2], &["01", "2", "b"]));
    }

    #[test]
    fn levels_are_found_however_their_letters_are_composed() {
        let cells =
            apply(column_schema(Kind::Category, &["café", "x"]), texts(&[1, 2], &["cafe\u{301}", "x\u{a0}"]));
        assert_eq!(cells.unwrap(), texts(&[1, 2], &["café", "x"]));
    }

    #[test]
    fn a_text_among_numbers_is_missing() {
        let cells = apply(column_schema(Kind::Number, &[]), texts(&[1, 0, 2, 3], &["-", "abc", "1.5"]));
        let Cells::Numbers(values) = cells.unwrap() else { panic!("expected numbers") };
        assert!(values[..3].iter().all(|value| value.is_nan()));
        assert_eq!(values[3], 1.5);
    }

    #[test]
    fn numbers_are_read_in_the_notation_of_their_column() {
        let mut column = column_schema(Kind::Number, &[]);
        column.notation.decimal = Decimal::Comma;
        column.notation.thousands = Thousands::Separated;
        let cells = apply(column, texts(&[1, 2], &["8.037", "1.234,5"]));
        assert_eq!(cells.unwrap(), Cells::Numbers(vec![8037.0, 1234.5]));
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
