//! New rows beside those that a model was made from, in one pass and constant memory.

use std::collections::HashMap;

use super::range::{Outside, Range};
use super::sample::Sample;
use super::unit::suspected;
use super::{ColumnProfile, Profile, RANKS, words};
use crate::finding::{Finding, sort};
use crate::names::Renamed;
use crate::read::{Chunks, Tally};
use crate::schema::{Kind, Schema};
use crate::table::{Cells, MISSING, Table, UNSEEN};

/// What was seen of new rows so far.
pub struct Comparison<'a> {
    profile: &'a Profile,
    schema: &'a Schema,
    n_rows: usize,
    columns: Vec<Seen>,
    /// Where the columns were in the last table.
    places: Vec<usize>,
    renamed: Vec<Renamed>,
    unknown: Vec<String>,
}

/// What was seen of a column.
#[derive(Default)]
struct Seen {
    n_missing: usize,
    n_unseen: usize,
    numbers: Option<SeenNumbers>,
    /// What the reader of the file knows beside the cells.
    tally: Tally,
}

struct SeenNumbers {
    range: Range,
    outside: Outside,
    sample: Sample,
}

impl<'a> Comparison<'a> {
    /// No row yet.
    pub fn new(profile: &'a Profile, schema: &'a Schema) -> Self {
        let columns = profile.columns.iter().map(|column| Seen::new(column, profile.n_rows)).collect();
        let (places, renamed, unknown) = (Vec::new(), Vec::new(), Vec::new());
        Self { profile, schema, n_rows: 0, columns, places, renamed, unknown }
    }

    /// Rows whose cells fit the schema. Columns that are not there are not looked at.
    pub fn add(&mut self, table: &Table) {
        self.n_rows += table.n_rows;
        self.find_places(table);
        for (seen, place) in self.columns.iter_mut().zip(&self.places) {
            if let Some(column) = table.columns.get(*place) {
                seen.add(&column.cells);
            }
        }
    }

    /// Columns that were taken though they are called otherwise.
    pub fn add_renamed(&mut self, renamed: &[Renamed]) {
        let is_fed =
            |renamed: &&Renamed| self.profile.columns.iter().any(|known| known.name == renamed.column);
        self.renamed.extend(renamed.iter().filter(is_fed).cloned());
    }

    /// What the reader of a file knows of it; once, when all rows are read.
    pub fn add_reading(&mut self, chunks: &Chunks) {
        self.add_tallies(chunks.tallies());
        self.add_renamed(chunks.renamed());
        self.add_unknown(chunks.unknown());
    }

    /// What was counted beside the cells of columns, by their names.
    pub fn add_tallies<'b>(&mut self, tallies: impl IntoIterator<Item = (&'b str, &'b Tally)>) {
        let tallies: HashMap<&str, &Tally> = tallies.into_iter().collect();
        for (column, seen) in self.profile.columns.iter().zip(&mut self.columns) {
            if let Some(tally) = tallies.get(column.name.as_str()) {
                seen.tally.merge(tally);
            }
        }
    }

    /// Columns that the schema does not know.
    pub fn add_unknown(&mut self, names: &[String]) {
        self.unknown.extend(names.iter().cloned());
    }

    /// What of the rows is unlike training: each column is named once for each thing that is odd about it, the
    /// gravest first.
    pub fn findings(mut self) -> Vec<Finding> {
        let mut findings = words::of_names(&self.renamed, &self.unknown);
        let n_sides = 2 * self.profile.columns.len();
        for (column, seen) in self.profile.columns.iter().zip(&mut self.columns) {
            let known = self.schema.column(&column.name);
            let is_time = known.is_some_and(|known| known.kind == Kind::Time);
            findings.extend(words::of_infinite(&column.name, seen.tally.n_infinite));
            findings.extend(words::of_odd(&column.name, &seen.tally.odd));
            if let Some(known) = known.filter(|_| seen.n_unseen > 0) {
                let n_cells = (seen.n_unseen, self.n_rows - seen.n_missing);
                let n_known = self.profile.n_rows - column.n_missing.min(self.profile.n_rows);
                findings.push(words::of_unseen(known, n_known, n_cells, &seen.tally.unseen));
            }
            findings.extend(words::of_missing(column, self.profile.n_rows, seen.n_missing, self.n_rows));
            if let (Some(numbers), Some(quantiles)) = (&mut seen.numbers, &column.quantiles) {
                findings.extend(numbers.finding(&column.name, quantiles, n_sides, is_time));
            }
        }
        sort(&mut findings);
        findings
    }

    /// Tables of one file have their columns at one place.
    fn find_places(&mut self, table: &Table) {
        let profile = &self.profile.columns;
        let is_there = |(place, column): (&usize, &ColumnProfile)| {
            table.columns.get(*place).is_some_and(|found| found.name == column.name)
        };
        if self.places.len() == profile.len() && self.places.iter().zip(profile).all(is_there) {
            return;
        }
        let places: HashMap<&str, usize> =
            table.columns.iter().enumerate().map(|(place, column)| (column.name.as_str(), place)).collect();
        let place = |column: &ColumnProfile| places.get(column.name.as_str()).copied().unwrap_or(usize::MAX);
        self.places = profile.iter().map(place).collect();
    }
}

impl Seen {
    fn new(column: &ColumnProfile, n_rows: usize) -> Self {
        let numbers = column.quantiles.map(|quantiles| {
            let n_values = n_rows.saturating_sub(column.n_missing);
            let range = Range::new(&quantiles, n_values);
            SeenNumbers { range, outside: Outside::new(&range), sample: Sample::new() }
        });
        Self { numbers, ..Self::default() }
    }

    fn add(&mut self, cells: &Cells) {
        match cells {
            Cells::Levels { codes, .. } => {
                self.n_missing += codes.iter().filter(|code| **code == MISSING).count();
                self.n_unseen += codes.iter().filter(|code| **code == UNSEEN).count();
            }
            Cells::Numbers(values) => {
                for &value in values {
                    if !value.is_finite() {
                        self.n_missing += 1;
                    } else if let Some(numbers) = &mut self.numbers {
                        numbers.outside.add(value);
                        numbers.sample.add(value);
                    }
                }
            }
        }
    }
}

impl SeenNumbers {
    /// Another unit, or else values out of range.
    fn finding(
        &mut self,
        column: &str,
        training: &[f64; RANKS.len()],
        n_sides: usize,
        is_time: bool,
    ) -> Option<Finding> {
        let Self { range, outside, sample } = self;
        let share = outside.n_outside() as f64 / outside.n_values.max(1) as f64;
        let unit = if is_time { None } else { suspected(training, &mut sample.values, share) };
        if let Some(unit) = unit {
            return Some(words::of_unit(column, unit, training, &mut sample.values));
        }
        words::of_range(column, range, outside, n_sides, is_time)
    }
}
