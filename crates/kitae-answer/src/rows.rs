//! Rows that are asked about, and the table that they are for a model.

use std::borrow::Cow;

use kitae_data::error::DataError;
use kitae_data::finding::{Finding, sort};
use kitae_data::names::{Renamed, positions};
use kitae_data::profile::Comparison;
use kitae_data::read::{ChunkOptions, Tally, Value, read_chunks_from};
use kitae_data::schema::{ColumnSchema, Kind};
use kitae_data::table::{Column, Table};

use crate::fault::Fault;
use crate::ready::Ready;

/// A cell as it came.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing is known.
    Missing,
    /// A number.
    Number(f64),
    /// A text; also a whole number of more digits than a 64-bit float holds.
    Text(Cow<'a, str>),
    /// True or false.
    Flag(bool),
}

/// Rows as they came, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given<'a> {
    /// The names of the columns.
    pub names: Vec<Cow<'a, str>>,
    /// One for each name, each of `n_rows` cells.
    pub columns: Vec<Vec<Cell<'a>>>,
    /// How many rows.
    pub n_rows: usize,
}

/// Rows that a model can be asked about.
#[derive(Debug)]
pub struct Input {
    /// The columns that the model is fed with.
    pub table: Table,
    /// How they are unlike those of training.
    pub warnings: Vec<Finding>,
}

impl Ready {
    /// The rows as the model reads them.
    ///
    /// # Errors
    ///
    /// If a column is missing or a cell is not of its kind.
    pub fn input(&self, given: &Given) -> Result<Input, Fault> {
        let schema = &self.model().manifest.schema;
        let known: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
        let found: Vec<String> = given.names.iter().map(ToString::to_string).collect();
        let places = positions(&known, &found);
        let (mut columns, mut tallies, mut renamed, mut missing) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut is_known = vec![false; found.len()];
        for ((column, place), fed_idx) in schema.columns.iter().zip(places).zip(&self.fed_places) {
            if let Some(place) = place {
                is_known[place] = true;
            }
            let Some(fed_idx) = *fed_idx else { continue };
            let Some(place) = place else {
                missing.push(column.name.clone());
                continue;
            };
            if found[place] != column.name {
                renamed.push(Renamed { column: column.name.clone(), found: found[place].clone() });
            }
            let (cells, tally) = self.read(fed_idx, column, &given.columns[place])?;
            columns.push(cells);
            tallies.push(tally);
        }
        if !missing.is_empty() {
            return Err(DataError::MissingColumns { name: "the rows".to_owned(), missing, found }.into());
        }
        let table = Table { columns, n_rows: given.n_rows };
        let mut comparison = self.comparison();
        comparison.add(&table);
        comparison.add_tallies(table.columns.iter().map(|column| column.name.as_str()).zip(&tallies));
        comparison.add_renamed(&renamed);
        let unknown = found.into_iter().zip(is_known).filter(|(_, is_known)| !is_known);
        comparison.add_unknown(&unknown.map(|(name, _)| name).collect::<Vec<_>>());
        Ok(Input { table, warnings: comparison.findings() })
    }

    /// CSV, read as `kitae predict` reads a file, and called `name` in errors.
    ///
    /// # Errors
    ///
    /// If it is no CSV, lacks a column or has more than `most_rows` rows.
    pub fn csv_input(
        &self,
        text: impl AsRef<[u8]> + Send + 'static,
        name: &str,
        most_rows: usize,
    ) -> Result<Input, Fault> {
        let manifest = &self.model().manifest;
        let options = ChunkOptions {
            chunk_rows: most_rows.saturating_add(1),
            skip: manifest.unused_columns(),
            ..ChunkOptions::default()
        };
        let reader = std::io::Cursor::new(text);
        let mut chunks = read_chunks_from(reader, name, &manifest.schema, &manifest.reading, &options)?;
        let no_rows = || Fault::wrong(format!("{name}: there are column names but no rows"));
        let table = chunks.next().ok_or_else(no_rows)??;
        if table.n_rows == 0 {
            return Err(no_rows());
        }
        if table.n_rows > most_rows {
            return Err(too_many(most_rows));
        }
        let mut comparison = self.comparison();
        comparison.add(&table);
        comparison.add_reading(&chunks);
        let mut warnings = chunks.findings();
        warnings.extend(comparison.findings());
        sort(&mut warnings);
        Ok(Input { table, warnings })
    }

    fn comparison(&self) -> Comparison<'_> {
        let manifest = &self.model().manifest;
        Comparison::new(&manifest.profile, &manifest.schema)
    }

    fn read(&self, fed_idx: usize, column: &ColumnSchema, cells: &[Cell]) -> Result<(Column, Tally), Fault> {
        let value = |(row_idx, cell)| value(column, cell).ok_or_else(|| wrong(row_idx, column, cell));
        let values: Vec<Value> = cells.iter().enumerate().map(value).collect::<Result<_, _>>()?;
        let (read, tally) = self.known.read(fed_idx, &values);
        if tally.odd.n_cells > 0 || tally.n_infinite > 0 {
            let is_odd = |value: &Value| {
                let (_, tally) = self.known.read(fed_idx, std::slice::from_ref(value));
                tally.odd.n_cells > 0 || tally.n_infinite > 0
            };
            let row_idx = values.iter().position(is_odd).unwrap_or_default();
            return Err(wrong(row_idx, column, &cells[row_idx]));
        }
        Ok((read, tally))
    }
}

/// More rows than are accepted.
pub fn too_many(most_rows: usize) -> Fault {
    Fault::TooMuch(format!("at most {most_rows} rows are accepted in a request: send several"))
}

/// What a cell is in a column; none if it cannot be in it.
fn value<'a>(column: &'a ColumnSchema, cell: &'a Cell) -> Option<Value<'a>> {
    Some(match cell {
        Cell::Missing => Value::Missing,
        Cell::Number(value) => Value::Number(*value),
        Cell::Text(text) => Value::Text(text),
        Cell::Flag(flag) => match column.kind {
            Kind::Category | Kind::Boolean => Value::Text(flag_level(column, *flag)),
            _ => return None,
        },
    })
}

/// How a column of levels spells true or false; as JSON does if it does not.
fn flag_level(column: &ColumnSchema, flag: bool) -> &str {
    const SPELLINGS: [[&str; 2]; 6] =
        [["false", "true"], ["no", "yes"], ["f", "t"], ["n", "y"], ["0", "1"], ["off", "on"]];
    let spelled = |spelling: &[&'static str; 2]| {
        let wanted = spelling[usize::from(flag)];
        column.levels.iter().find(|level| level.eq_ignore_ascii_case(wanted))
    };
    SPELLINGS.iter().find_map(spelled).map_or(SPELLINGS[0][usize::from(flag)], String::as_str)
}

fn wrong(row_idx: usize, column: &ColumnSchema, cell: &Cell) -> Fault {
    let expected = match column.kind {
        Kind::Time => format!("a time in the form {}", column.levels.join(" or ")),
        Kind::Number => "a number".to_owned(),
        _ => "a text or a number".to_owned(),
    };
    let found = match cell {
        Cell::Missing => "null".to_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Text(text) => format!("the text `{}`", text.chars().take(60).collect::<String>()),
    };
    Fault::wrong(format!(
        "row {}, column `{}`: expected {expected} or null, got {found}",
        row_idx + 1,
        column.name
    ))
}

#[cfg(test)]
mod tests {
    use kitae_data::notation::Notation;

    use super::*;

    #[test]
    fn true_and_false_are_the_levels_that_mean_them() {
        let column = |levels: [&str; 2]| ColumnSchema {
            name: "x".to_owned(),
            kind: Kind::Boolean,
            levels: levels.map(str::to_owned).to_vec(),
            notation: Notation::default(),
            n_missing: 0,
            n_distinct: 2,
            reason: String::new(),
            findings: Vec::new(),
        };
        for [no, yes] in [["False", "True"], ["no", "YES"], ["0", "1"], ["n", "y"]] {
            assert_eq!(flag_level(&column([no, yes]), true), yes);
            assert_eq!(flag_level(&column([no, yes]), false), no);
        }
        assert_eq!(flag_level(&column(["a", "b"]), true), "true");
    }
}
