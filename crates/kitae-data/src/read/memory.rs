//! Cells that are in memory already, taken as a file would mean them.

use std::collections::HashSet;
use std::iter::once;
use std::path::Path;

use super::plan::{Numbers, Parsed, Plan, Texts};
use super::whole::plan_again;
use super::{ReadOptions, Reading, as_written, header, is_written, remarks};
use crate::cell::{MarkerRule, Markers, canonical};
use crate::error::DataError;
use crate::schema::Schema;
use crate::table::{Cells, Column, MISSING, Table};

/// A cell that is in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing is known.
    Missing,
    /// A number. One that is not finite is missing.
    Number(f64),
    /// What a cell of a file would hold, without quotes: it may be a number, a time, or a marker of missing
    /// cells.
    Text(&'a str),
}

/// Makes columns of cells that are in memory: [`column`](Self::column) says what
/// [`read_csv`](super::read_csv) would say of a file with these cells.
///
/// ```
/// use kitae_data::read::{InMemory, ReadOptions, Value};
/// use kitae_data::table::Cells;
///
/// let memory = InMemory::new(&ReadOptions::default(), None);
/// let column = memory.column("size", &[Value::Number(1.5), Value::Text("2"), Value::Text("NA")]);
/// let Cells::Numbers(sizes) = column.cells else { panic!("expected numbers") };
/// assert_eq!(sizes[..2], [1.5, 2.0]);
/// assert!(sizes[2].is_nan());
/// ```
#[derive(Clone, Debug)]
pub struct InMemory {
    markers: Markers,
    /// Columns of which a schema says later what their texts are.
    written: HashSet<String>,
}

impl InMemory {
    /// For cells whose markers of missing ones are those of `options`, and which `schema` knows, if one is
    /// given: [`Schema::apply`] then reads them as those that the schema was made from.
    pub fn new(options: &ReadOptions, schema: Option<&Schema>) -> Self {
        let columns = schema.into_iter().flat_map(|schema| &schema.columns);
        Self {
            markers: Markers::new(options.usual_markers, &options.extra_missing),
            written: columns.filter(|column| is_written(column)).map(|column| column.name.clone()).collect(),
        }
    }

    /// The column called `name`: numbers, if all cells that are not missing are numbers.
    pub fn column(&self, name: &str, values: &[Value]) -> Column {
        let has_texts = values.iter().any(|value| matches!(value, Value::Text(_)));
        let cells = if has_texts && self.written.contains(name) {
            self.texts(values, MarkerRule::Level)
        } else {
            self.numbers(values).unwrap_or_else(|| self.texts(values, MarkerRule::Evidence))
        };
        Column { name: name.to_owned(), cells }
    }

    /// None if they are better read as texts.
    fn numbers(&self, values: &[Value]) -> Option<Cells> {
        let mut numbers = Numbers::default();
        for value in values {
            match *value {
                Value::Missing => numbers.values.push(f64::NAN),
                Value::Number(value) => {
                    let is_missing = !value.is_finite() || self.markers.is_missing_value(value);
                    numbers.n_valid += usize::from(!is_missing);
                    numbers.values.push(if is_missing { f64::NAN } else { value });
                }
                Value::Text(text) if !numbers.guess(once(cell(text)), &self.markers) => return None,
                Value::Text(_) => {}
            }
        }
        let parsed = Parsed::Numbers(numbers);
        (!matches!(plan_again(&parsed), Plan::Text(_))).then(|| parsed.into_cells(&[]))
    }

    fn texts(&self, values: &[Value], rule: MarkerRule) -> Cells {
        let mut texts = Texts { rule, ..Texts::default() };
        for value in values {
            match *value {
                Value::Number(value) if value.is_finite() && !self.markers.is_missing_value(value) => {
                    texts.extend(once(canonical(value).as_bytes()), &self.markers);
                }
                Value::Missing | Value::Number(_) => texts.extend(once(&b""[..]), &self.markers),
                Value::Text(text) => texts.extend(once(cell(text)), &self.markers),
            }
        }
        Parsed::Texts(texts).into_cells(&[])
    }
}

/// Reads columns of a programme as a file with these cells would be read: texts may be numbers, times or
/// markers of missing cells. If a `schema` is given, [`Schema::apply`] then reads them as those that it was
/// made from. `name` stands for the path in errors.
///
/// # Errors
///
/// If there is no row, two columns have the same name, or there are too many of either.
pub fn read_memory(
    columns: &Table,
    name: &str,
    options: &ReadOptions,
    schema: Option<&Schema>,
) -> Result<Reading, DataError> {
    let path = Path::new(name);
    let names = header::named(columns.columns.iter().map(|column| column.name.as_bytes()));
    header::check_distinct(&names, path)?;
    if columns.n_rows == 0 {
        return Err(DataError::NoRows { path: path.to_path_buf() });
    }
    if u32::try_from(columns.n_rows).is_err() {
        return Err(DataError::TooManyRows { path: path.to_path_buf() });
    }
    let mut memory = InMemory::new(options, None);
    let written = names.iter().zip(as_written(&names, schema)).filter(|(_, is_written)| *is_written);
    memory.written = written.map(|(name, _)| name.clone()).collect();
    let columns_read =
        names.iter().zip(&columns.columns).map(|(name, column)| memory.column(name, &values(column)));
    let table = Table { columns: columns_read.collect(), n_rows: columns.n_rows };
    let findings = remarks::of_table(&table).into_iter().collect();
    Ok(Reading { table, findings, options: options.clone() })
}

fn values(column: &Column) -> Vec<Value<'_>> {
    match &column.cells {
        Cells::Numbers(numbers) => numbers.iter().map(|number| Value::Number(*number)).collect(),
        Cells::Levels { codes, levels } => {
            let text = |code: u32| levels.get(code.checked_sub(1)? as usize);
            let value = |code: &u32| match text(*code) {
                Some(text) if *code != MISSING => Value::Text(text),
                _ => Value::Missing,
            };
            codes.iter().map(value).collect()
        }
    }
}

/// Spaces around a cell do not count.
fn cell(text: &str) -> &[u8] {
    text.as_bytes().trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::{Hints, infer_schema};
    use crate::read::{read_csv_bytes, read_csv_bytes_like};
    use crate::table::Table;

    /// Two columns, since a line without a cell is none.
    fn file(cells: &[&str]) -> Vec<u8> {
        let lines = cells.iter().map(|cell| format!("\"{cell}\",1\n"));
        once("x,y\n".to_owned()).chain(lines).collect::<String>().into_bytes()
    }

    fn texts<'a>(cells: &[&'a str]) -> Vec<Value<'a>> {
        cells.iter().map(|cell| Value::Text(cell)).collect()
    }

    /// Numbers that are missing are equal here.
    fn shown(cells: &Cells) -> String {
        format!("{cells:?}")
    }

    const COLUMNS: [&[&str]; 9] = [
        &["1", "2.5", "", "NA", "-"],
        &["a", "b", " a ", "NA", "None", ""],
        &["007", "012", "1"],
        &["8.037", "1.250", "12.000"],
        &["1", "x", "2.0", "-99"],
        &["None", "None", "-"],
        &["-99", "3", "-99.0"],
        &["12345678901234567890", "1"],
        &["2024-01-31", "2024-02-01", "?"],
    ];

    #[test]
    fn texts_in_memory_are_what_they_would_be_in_a_file() {
        let options = ReadOptions { extra_missing: vec!["-99".to_owned()], ..ReadOptions::default() };
        for cells in COLUMNS {
            let read = read_csv_bytes(&file(cells), "x.csv", &options).unwrap();
            let column = InMemory::new(&options, None).column("x", &texts(cells));
            assert_eq!(shown(&column.cells), shown(&read.columns[0].cells), "{cells:?}");
        }
    }

    #[test]
    fn so_are_those_that_a_schema_knows() {
        let options = ReadOptions::default();
        for cells in COLUMNS {
            let read = read_csv_bytes(&file(cells), "x.csv", &options).unwrap();
            let schema = infer_schema(&read, &Hints::default()).unwrap();
            for asked in COLUMNS {
                let read = read_csv_bytes_like(&file(asked), "x.csv", &schema, &options).unwrap();
                let column = InMemory::new(&options, Some(&schema)).column("x", &texts(asked));
                let table = Table { columns: vec![column, read.columns[1].clone()], n_rows: asked.len() };
                let (read, table) = (schema.apply(read).unwrap(), schema.apply(table).unwrap());
                assert_eq!(
                    shown(&table.columns[0].cells),
                    shown(&read.columns[0].cells),
                    "{cells:?} {asked:?}"
                );
            }
        }
    }

    #[test]
    fn numbers_are_numbers_whatever_they_look_like() {
        let values = [8.037, f64::NAN, f64::INFINITY, -99.0].map(Value::Number);
        let options = ReadOptions { extra_missing: vec!["-99".to_owned()], ..ReadOptions::default() };
        let column = InMemory::new(&options, None).column("x", &values);
        assert_eq!(shown(&column.cells), "Numbers([8.037, NaN, NaN, NaN])");
    }

    #[test]
    fn numbers_among_texts_are_written_as_the_shortest_number() {
        let column = InMemory::new(&ReadOptions::default(), None)
            .column("x", &[Value::Number(1.0), Value::Text("b"), Value::Missing]);
        let levels = ["1", "b"].map(str::to_owned).to_vec();
        assert_eq!(column.cells, Cells::Levels { codes: vec![1, 2, 0], levels });
    }

    #[test]
    fn columns_of_a_programme_are_read_as_a_file() {
        let options = ReadOptions::default();
        let column = |name: &str, cells: Cells| Column { name: name.to_owned(), cells };
        let levels = ["1.50", "", "NA", "x"].map(str::to_owned).to_vec();
        let columns = vec![
            column(" a ", Cells::Numbers(vec![1.5, f64::NAN, 2.0])),
            column("b", Cells::Levels { codes: vec![1, MISSING, 3], levels: levels.clone() }),
            column("", Cells::Levels { codes: vec![4, 2, 1], levels }),
        ];
        let columns = Table { columns, n_rows: 3 };
        let read = read_memory(&columns, "memory", &options, None).unwrap().table;
        let file = read_csv_bytes(b"a,b,\n1.5,1.50,x\n,,\n2,NA,1.50\n", "x.csv", &options).unwrap();
        assert_eq!(format!("{read:?}"), format!("{file:?}"));
        let schema = infer_schema(&file, &Hints::default()).unwrap();
        let again = schema.apply(read_memory(&columns, "memory", &options, Some(&schema)).unwrap().table);
        assert_eq!(format!("{:?}", again.unwrap()), format!("{:?}", schema.apply(file).unwrap()));
    }

    #[test]
    fn columns_without_rows_and_namesakes_are_refused() {
        let column = |name: &str| Column { name: name.to_owned(), cells: Cells::Numbers(vec![1.0]) };
        let refused = |columns: Vec<Column>, n_rows: usize| {
            read_memory(&Table { columns, n_rows }, "memory", &ReadOptions::default(), None)
                .unwrap_err()
                .to_string()
        };
        assert!(refused(vec![column("a"), column("a ")], 1).contains("both called `a`"));
        assert!(refused(Vec::new(), 0).contains("no rows"));
    }
}
