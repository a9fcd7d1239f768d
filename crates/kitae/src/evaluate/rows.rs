//! Rows to score a model on.

use std::path::PathBuf;

use kitae_data::error::DataError;
use kitae_data::finding::Finding;
use kitae_data::hash::RowHashes;
use kitae_data::names::Renamed;
use kitae_data::profile::Comparison;
use kitae_data::read::ReadOptions;
use kitae_data::schema::Schema;
use kitae_data::table::Table;
use kitae_data::target::Target;
use kitae_train::SplitBy;
use kitae_train::looks::{Hashed, Which, column_sets};
use kitae_train::model::Manifest;
use kitae_train::roles::row_groups;

use super::{EvaluateConfig, Overlap};
use crate::error::Error;
use crate::model::Model;
use crate::table::Source;

/// Rows to score a model on.
pub(super) struct TestRows {
    pub(super) file: String,
    pub(super) fingerprint: u64,
    pub(super) which: Which,
    pub(super) table: Table,
    /// The group of each row of the table, where the model's rows were split by groups and the file says
    /// which.
    groups: Option<Vec<u32>>,
    pub(super) target: Target,
    /// Positions in the table.
    pub(super) rows: Vec<u32>,
    pub(super) overlap: Overlap,
    /// Hashes of these rows as they are written, to know them again.
    pub(super) hashed: Hashed,
    /// How rows of a file that the model does not know are unlike those of training.
    pub(super) findings: Vec<Finding>,
}

impl Model {
    /// Reads the rows and finds those that may be scored.
    pub(super) fn test_rows(
        &self,
        source: &Source,
        config: &EvaluateConfig,
        n_threads: usize,
    ) -> Result<TestRows, Error> {
        let manifest = self.manifest();
        let schema = &manifest.model.schema;
        let options = config.reading.as_ref().unwrap_or(&manifest.model.reading);
        let options = ReadOptions { n_threads, ..options.clone() };
        let mut table = source.read_like(schema, &options)?;
        let renamed = schema.rename_alike(&mut table);
        // As they are written: all groups that the model does not know would be one level.
        let groups = row_groups(&manifest.seal.by, &table);
        let hashed = Hashed::new(&table, manifest, self.folder().map(column_sets).unwrap_or_default());
        let table = fitting(table, manifest).map_err(|error| source.named(error))?;
        let fingerprint = RowHashes::of_table(&table).fingerprint();
        let target = targets(&table, manifest)?;
        let which = if fingerprint == manifest.model.source.fingerprint { Which::Sealed } else { Which::All };
        let with_target = target.rows_with_target();
        let mut rows = match which {
            Which::Sealed => manifest.seal.parts(&table, schema, &manifest.model.target)?.1,
            Which::All => with_target.clone(),
        };
        rows.retain(|row| with_target.binary_search(row).is_ok());
        if rows.is_empty() {
            return Err(no_rows(source, which));
        }
        let (overlap, findings) = match which {
            Which::Sealed => (Overlap::Rows(0), Vec::new()),
            Which::All => {
                let named = PathBuf::from(&manifest.model.source.path);
                let files: Vec<PathBuf> =
                    std::iter::once(named).chain(config.training_files.iter().cloned()).collect();
                let overlap = Overlap::find((manifest, &files, n_threads), &table, &rows);
                (overlap, unlike_training(manifest, &table, &renamed))
            }
        };
        let hashed = hashed.select(&rows);
        let file = source.to_string();
        Ok(TestRows { file, fingerprint, which, table, groups, target, rows, overlap, hashed, findings })
    }
}

impl TestRows {
    /// The group of each row that is scored.
    pub(super) fn groups_of_rows(&self) -> Option<Vec<u32>> {
        let groups = self.groups.as_ref()?;
        Some(self.rows.iter().map(|row| groups[*row as usize]).collect())
    }

    /// What a reader of the scores should know.
    pub(super) fn note(&self, by: &SplitBy) -> Option<String> {
        let groups = match by {
            SplitBy::Group { column } if self.groups.is_none() => Some(format!(
                "The file has no column `{column}`, so its groups are unknown: if groups repeat, the \
                 intervals are too narrow."
            )),
            _ => None,
        };
        let notes: Vec<String> = self.overlap.note().into_iter().chain(groups).collect();
        (!notes.is_empty()).then(|| notes.join("\n"))
    }
}

fn unlike_training(manifest: &Manifest, table: &Table, renamed: &[Renamed]) -> Vec<Finding> {
    let mut comparison = Comparison::new(&manifest.model.profile, &manifest.model.schema);
    comparison.add(table);
    comparison.add_renamed(renamed);
    comparison.findings()
}

/// A file with all columns may be the training file; one that lacks columns that the model is not fed
/// with may still be scored.
fn fitting(table: Table, manifest: &Manifest) -> Result<Table, DataError> {
    let has = |name: &str| table.column(name).is_some();
    let unused = manifest.model.unused_columns();
    let may_lack = |name: &String| *name != manifest.model.target && unused.contains(name);
    let columns =
        manifest.model.schema.columns.iter().filter(|column| has(&column.name) || !may_lack(&column.name));
    Schema { columns: columns.cloned().collect() }.apply(table)
}

fn targets(table: &Table, manifest: &Manifest) -> Result<Target, Error> {
    let name = &manifest.model.target;
    let column = table.column(name).ok_or_else(|| {
        Error::Invalid(format!("the file has no target column `{name}`, so nothing can be scored"))
    })?;
    Ok(if manifest.model.class_names.is_empty() {
        Target::from_known_values(column)?
    } else {
        Target::from_known_classes(column, &manifest.model.class_names)?
    })
}

fn no_rows(source: &Source, which: Which) -> Error {
    Error::Invalid(match which {
        Which::Sealed => format!(
            "`{source}` is the training file and none of its rows are sealed; name a file of other rows, or train with \
             `question.test_size = 0.2`"
        ),
        Which::All => format!("`{source}` has no row with a target"),
    })
}
