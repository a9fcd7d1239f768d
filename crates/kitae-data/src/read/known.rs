//! Cells in memory of columns that a schema knows.

use std::iter::once;

use super::choice::plan_of;
use super::plan::{Parsed, Plan};
use super::{ReadOptions, Tally, Value};
use crate::cell::{Markers, canonical};
use crate::error::DataError;
use crate::schema::Schema;
use crate::table::{Column, MISSING, UNSEEN};

/// Reads cells in memory as [`read_chunks`](super::read_chunks) would read those of a file: what costs time with many
/// levels is done once.
///
/// ```
/// use kitae_data::infer::{Hints, infer_schema};
/// use kitae_data::read::{KnownColumns, ReadOptions, Value, read_csv_bytes};
/// use kitae_data::table::{Cells, UNSEEN};
///
/// let options = ReadOptions::default();
/// let table = read_csv_bytes(b"colour,size\nred,1\nblue,2\nred,3\nblue,4\n", "x.csv", &options)?;
/// let known = KnownColumns::new(&infer_schema(&table, &Hints::default())?, &options)?;
/// let (column, tally) = known.read(0, &[Value::Text("red"), Value::Text("green")]);
/// assert_eq!(column.name, "colour");
/// let Cells::Levels { codes, .. } = column.cells else { panic!("expected levels") };
/// assert_eq!((codes, tally.unseen.texts), (vec![2, UNSEEN], vec!["green".to_owned()]));
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KnownColumns {
    columns: Vec<Known>,
    markers: Markers,
}

#[derive(Clone, Debug)]
struct Known {
    name: String,
    plan: Plan,
    levels: Vec<String>,
}

impl KnownColumns {
    /// For the columns of `schema`, whose markers of missing cells are those of `options`.
    ///
    /// # Errors
    ///
    /// If the schema names a form of times that is not known.
    pub fn new(schema: &Schema, options: &ReadOptions) -> Result<Self, DataError> {
        let known = |column| {
            let plan = plan_of(column)?;
            Ok(Known { name: column.name.clone(), plan, levels: column.levels.clone() })
        };
        let columns = schema.columns.iter().map(known).collect::<Result<_, DataError>>()?;
        Ok(Self { columns, markers: Markers::new(options.usual_markers, &options.extra_missing) })
    }

    /// The cells of the column at `place` of the schema, made to fit it, and what of them it could not take for what
    /// they say.
    ///
    /// # Panics
    ///
    /// If the schema has no such place.
    pub fn read(&self, place: usize, values: &[Value]) -> (Column, Tally) {
        let Known { name, plan, levels } = &self.columns[place];
        let mut parsed = plan.start();
        parsed.reserve(values.len());
        for value in values {
            match *value {
                Value::Missing => plan.extend(&mut parsed, once(&b""[..]), &self.markers),
                Value::Text(text) => {
                    plan.extend(&mut parsed, once(text.as_bytes().trim_ascii()), &self.markers);
                }
                Value::Number(value) => plan.push(&mut parsed, value, &self.markers),
            }
        }
        let tally = parsed.tally().cloned().unwrap_or_default();
        (Column { name: name.clone(), cells: parsed.into_cells(levels) }, tally)
    }
}

impl Plan {
    /// Appends a number that no text wrote.
    fn push(&self, parsed: &mut Parsed, value: f64, markers: &Markers) {
        let is_missing = !value.is_finite() || markers.is_missing_value(value);
        let written = || canonical(value);
        match (self, &mut *parsed) {
            (_, Parsed::Numbers(numbers)) => {
                let read = match self {
                    Self::Time(forms) => forms.of_number(value),
                    _ => Some(value),
                };
                let is_odd = !is_missing && read.is_none();
                if is_odd {
                    numbers.tally.odd.add(written().as_bytes());
                }
                numbers.values.push(read.filter(|_| !is_missing).unwrap_or(f64::NAN));
            }
            (Self::Levels(levels), Parsed::Codes(codes)) => {
                let code = if is_missing { MISSING } else { levels.of_value(value) };
                if code == UNSEEN {
                    codes.tally.unseen.add(written().as_bytes());
                }
                codes.codes.push(code);
            }
            _ => self.extend(parsed, once(written().as_bytes()), markers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::{Hints, infer_schema};
    use crate::read::{ChunkOptions, read_chunks_from, read_csv_bytes};
    use crate::table::Cells;

    /// Two columns, since a line without a cell is none.
    fn file(cells: &[&str]) -> Vec<u8> {
        let lines = cells.iter().map(|cell| format!("\"{cell}\",1\n"));
        once("x,y\n".to_owned()).chain(lines).collect::<String>().into_bytes()
    }

    /// What a file with these cells holds.
    fn of_file(cells: &[&str], schema: &Schema, options: &ReadOptions) -> (Cells, Tally) {
        let file = std::io::Cursor::new(file(cells));
        let mut chunks = read_chunks_from(file, "x.csv", schema, options, &ChunkOptions::default()).unwrap();
        let table = chunks.next().unwrap().unwrap();
        let tally = chunks.tallies().find(|(name, _)| *name == "x").unwrap().1.clone();
        (table.columns[0].cells.clone(), tally)
    }

    /// Numbers that are missing are equal here.
    fn shown(read: &(Cells, Tally)) -> String {
        format!("{read:?}")
    }

    const COLUMNS: [&[&str]; 9] = [
        &["1", "2.5", "", "NA", "-", "1e999"],
        &["a", "b", " a ", "NA", "None", "", "b"],
        &["007", "012", "1", "007"],
        &["8.037", "1.250", "12.000"],
        &["yes", "no", "yes", "YES"],
        &["None", "None", "-", "x", "x"],
        &["-99", "3", "-99.0", "4"],
        &["12345678901234567890", "1", "12345678901234567890"],
        &["2024-01-31", "2024-02-01", "?", "2024-03-01"],
    ];

    #[test]
    fn texts_in_memory_are_what_they_would_be_in_a_file() {
        let options = ReadOptions { extra_missing: vec!["-99".to_owned()], ..ReadOptions::default() };
        let mut n_compared = 0;
        for cells in COLUMNS {
            let table = read_csv_bytes(&file(cells), "x.csv", &options).unwrap();
            let mut schema = infer_schema(&table, &Hints::default()).unwrap();
            schema.columns.truncate(1);
            if !schema.columns[0].kind.is_feature() {
                continue;
            }
            let known = KnownColumns::new(&schema, &options).unwrap();
            for asked in COLUMNS {
                let values: Vec<Value> = asked.iter().map(|cell| Value::Text(cell)).collect();
                let (column, tally) = known.read(0, &values);
                let expected = of_file(asked, &schema, &options);
                assert_eq!(shown(&(column.cells, tally)), shown(&expected), "{cells:?} {asked:?}");
                n_compared += 1;
            }
        }
        assert!(n_compared >= 6 * COLUMNS.len(), "{n_compared}");
    }

    #[test]
    fn numbers_are_what_their_texts_would_be() {
        let options = ReadOptions { extra_missing: vec!["-99".to_owned()], ..ReadOptions::default() };
        let numbers = [1.0, 2.5, -99.0, 7.0, 12.0];
        let texts: Vec<String> = numbers.iter().map(|number| canonical(*number)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for cells in [COLUMNS[0], COLUMNS[1], COLUMNS[2], COLUMNS[6]] {
            let table = read_csv_bytes(&file(cells), "x.csv", &options).unwrap();
            let mut schema = infer_schema(&table, &Hints::default()).unwrap();
            schema.columns.truncate(1);
            let known = KnownColumns::new(&schema, &options).unwrap();
            let (column, tally) = known.read(0, &numbers.map(Value::Number));
            assert_eq!(
                shown(&(column.cells, tally)),
                shown(&of_file(&texts, &schema, &options)),
                "{cells:?}"
            );
        }
    }
}
