//! Looks at the same rows: of this model, and of those beside it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use kitae_data::table::Table;
use kitae_eval::words::count;

use super::files::{line_of, lock, rows_file};
use super::past::{Past, beside};
use super::{KnownRows, Look, hashes_by, read_looks};
use crate::error::ArtefactError;
use crate::files::{append, read_bytes, read_text, write_atomically};
use crate::model::{LOOKS_FILE, Manifest};

/// Models that are named; of more it is said how many they are.
const MOST_NAMED: usize = 3;

/// Hashes of rows of a table as it was read, by the columns that they are of.
#[derive(Clone, Debug)]
pub struct Hashed {
    pub(super) by_columns: BTreeMap<Vec<String>, Vec<u64>>,
    all: Vec<String>,
    /// By which of them the rows are written down: by all columns and by those that count for the model.
    own: Vec<Vec<String>>,
}

impl Hashed {
    /// Hashes all rows of `table` over the columns of `sets` that it has, and over those by which a look is
    /// written down.
    pub fn new(table: &Table, manifest: &Manifest, sets: Vec<Vec<String>>) -> Self {
        let all: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let inputs = manifest.model.layout.inputs.iter().map(|input| input.column.clone());
        let in_use: Vec<String> = inputs.chain([manifest.model.target.clone()]).collect();
        let mut own = vec![all.clone(), in_use];
        for columns in &mut own {
            columns.sort_unstable();
        }
        own.dedup();
        let mut by_columns = BTreeMap::new();
        for mut columns in own.iter().cloned().chain(sets) {
            columns.sort_unstable();
            if !by_columns.contains_key(&columns)
                && let Some(hashes) = hashes_by(table, &columns)
            {
                by_columns.insert(columns, hashes);
            }
        }
        own.retain(|columns| by_columns.contains_key(columns));
        Self { by_columns, all, own }
    }

    /// Whether the table has the column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.all.iter().any(|name| name == column)
    }

    /// Those of `rows` alone.
    #[must_use]
    pub fn select(mut self, rows: &[u32]) -> Self {
        for hashes in self.by_columns.values_mut() {
            *hashes = rows.iter().map(|row| hashes[*row as usize]).collect();
        }
        self
    }

    /// The rows as they are written down.
    fn known(&self) -> KnownRows {
        let add = |known: KnownRows, columns: &Vec<String>| {
            known.with(columns.clone(), self.by_columns[columns].clone())
        };
        self.own.iter().fold(KnownRows::default(), add)
    }
}

/// Who looked at some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looks {
    /// Which look of this model at any of these rows it is, from 1.
    pub number: usize,
    /// Models in the same folder that were scored on some of these rows, by name.
    pub other_models: Vec<String>,
    /// How many of these rows were looked at before, by this model or those.
    pub n_before: usize,
    /// Earlier looks of which nothing tells whether they were at these rows.
    pub n_unknown: usize,
    n_rows: usize,
}

impl Looks {
    /// Appends `look`, which was at the rows `hashed`, to the file of looks of the model in a folder.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_down(model: &Path, look: Look, hashed: &Hashed) -> Result<Self, ArtefactError> {
        let path = model.join(LOOKS_FILE);
        let cannot = |error| ArtefactError::io("write", &path, error);
        let bytes = hashed.known().to_bytes();
        let rows = rows_file(&bytes);
        let look = Look { rows: Some(rows.clone()), ..look };
        let mut file = append(&path).map_err(cannot)?;
        // Of looks at the same moment each sees those that came before it.
        lock(&file);
        let before = read_text(&path).map_err(cannot)?;
        let rows = model.join(rows);
        if !read_bytes(&rows).is_ok_and(|there| there == bytes) {
            write_atomically(&rows, &bytes)?;
        }
        // A line that was cut short must not take this one with it.
        let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        file.write_all(format!("{end}{}", line_of(&look)).as_bytes())
            .and_then(|()| file.sync_data())
            .map_err(cannot)?;
        drop(file);
        let mut past = Past::new(hashed, &look);
        let number = past.add(model, &read_looks(&before)) + 1;
        // Read after this look is there for others to see.
        let other_models =
            beside(model).filter_map(|(name, folder, looks)| (past.add(&folder, &looks) > 0).then_some(name));
        let mut other_models: Vec<String> = other_models.collect();
        other_models.sort();
        let (n_before, n_unknown) = (past.n_rows_before(), past.n_unknown);
        Ok(Self { number, other_models, n_before, n_unknown, n_rows: look.n_rows })
    }

    /// A sentence about them.
    pub fn text(&self) -> String {
        let unknown = match self.n_unknown {
            0 => String::new(),
            n => format!(
                " Of {} it is unknown whether {} at these rows.",
                count(n, "earlier look"),
                if n == 1 { "it was" } else { "they were" }
            ),
        };
        if self.n_before == 0 {
            let known = if self.n_unknown == 0 {
                "This is the first recorded look at these rows, by this model or by others in the same folder."
            } else {
                "No earlier look at these rows is recorded."
            };
            return format!("{known}{unknown}");
        }
        let own = format!("by this model, whose look number {} at such rows this is", self.number);
        let others = format!("in the same folder by {}", self.named());
        let by = match (self.number, self.other_models.is_empty()) {
            (1, _) => others,
            (_, true) => own,
            (_, false) => format!("{own}, and {others}"),
        };
        let which = match self.n_before {
            n if n == self.n_rows && n == 1 => "This row was".to_owned(),
            n if n == self.n_rows => "All these rows were".to_owned(),
            n => format!("{n} of these {} {}", self.n_rows, if n == 1 { "was" } else { "were" }),
        };
        format!(
            "{which} looked at before: {by}. Choosing among models by such looks overfits these rows.{unknown}"
        )
    }

    fn named(&self) -> String {
        let (named, more) = self.other_models.split_at(self.other_models.len().min(MOST_NAMED));
        let named = format!("`{}`", named.join("`, `"));
        match more.len() {
            0 => named,
            n => format!("{named} and {}", count(n, "more model")),
        }
    }
}
