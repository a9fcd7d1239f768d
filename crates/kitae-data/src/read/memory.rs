//! Cells that are in memory already, taken as a file would mean them.

use std::collections::HashSet;
use std::iter::once;

use super::plan::{Numbers, Parsed, Plan, Texts};
use super::whole::plan_again;
use super::{ReadOptions, is_written};
use crate::cell::{MarkerRule, Markers, canonical};
use crate::schema::Schema;
use crate::table::{Cells, Column};

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
}
