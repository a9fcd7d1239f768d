//! Whether rows that are to be scored are among those that a model was trained on.

use std::collections::HashSet;
use std::path::PathBuf;

use kitae_data::finding::What;
use kitae_data::hash::{RowHashes, row_hashes};
use kitae_data::read::ReadOptions;
use kitae_data::table::Table;
use kitae_report::words::count;
use kitae_train::model::Manifest;
use serde::Serialize;

use crate::table::Source;

/// How many of some rows the model was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// The training file is not there any more, or has changed.
    Unknown,
    /// Few rows of the table are distinct, so new rows have equals among the old ones by nature.
    ByNature,
    /// So many have an equal among the rows that were not sealed.
    Rows(usize),
}

impl Overlap {
    /// Compares `rows` of `table` with the training file, one of `files`, on the columns that both have.
    pub(super) fn find(
        (manifest, files, n_threads): (&Manifest, &[PathBuf], usize),
        table: &Table,
        rows: &[u32],
    ) -> Self {
        if manifest.findings.iter().any(|finding| finding.what == What::FewDistinctRows) {
            return Self::ByNature;
        }
        let options = ReadOptions { n_threads, ..manifest.model.reading.clone() };
        let is_unchanged =
            |table: &Table| RowHashes::of_table(table).fingerprint() == manifest.model.source.fingerprint;
        let training = files
            .iter()
            .filter_map(|path| Source::File(path.clone()).read_fitting(&manifest.model.schema, &options).ok())
            .find(is_unchanged);
        let Some(training) = training else { return Self::Unknown };
        let Ok((open, _)) = manifest.seal.parts(&training, &manifest.model.schema, &manifest.model.target)
        else {
            return Self::Unknown;
        };
        let hashes = row_hashes(&with_columns_of(training, table), 0);
        let trained: HashSet<u64> = open.iter().map(|row| hashes[*row as usize]).collect();
        let hashes = row_hashes(table, 0);
        Self::Rows(rows.iter().filter(|row| trained.contains(&hashes[**row as usize])).count())
    }

    /// What a reader of the scores should know.
    pub fn note(self) -> Option<String> {
        match self {
            Self::Rows(0) => None,
            Self::Rows(n) => Some(format!(
                "Of these, {} {} among the training rows of the model: unless that is a coincidence, the \
                 scores are too optimistic.",
                count(n, "row"),
                if n == 1 { "is" } else { "are" }
            )),
            Self::ByNature => Some(
                "Few rows of this table are distinct, so it is unknown whether the model was trained on some \
                 of these."
                    .to_owned(),
            ),
            Self::Unknown => Some(
                "The training file is missing or has changed, so it is unknown whether the model was trained \
                 on some of these rows."
                    .to_owned(),
            ),
        }
    }
}

fn with_columns_of(mut table: Table, other: &Table) -> Table {
    let names: HashSet<&str> = other.columns.iter().map(|column| column.name.as_str()).collect();
    table.columns.retain(|column| names.contains(column.name.as_str()));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_is_and_two_rows_are() {
        let note = |n: usize| Overlap::Rows(n).note();
        assert!(note(1).is_some_and(|note| note.starts_with("Of these, 1 row is among")));
        assert!(note(2).is_some_and(|note| note.starts_with("Of these, 2 rows are among")));
        assert_eq!(note(0), None);
    }
}
