//! Tables as commands need them: as a schema says, some rows of them, and whether they are the same.

use std::path::Path;

use kitae_data::error::DataError;
use kitae_data::hash::row_hashes;
use kitae_data::read::{ReadOptions, read_csv_like};
use kitae_data::schema::Schema;
use kitae_data::table::Table;

/// Reads a whole file and makes its cells fit `schema`.
pub(crate) fn read_fitting(path: &Path, schema: &Schema, options: &ReadOptions) -> Result<Table, DataError> {
    schema.apply(read_csv_like(path, schema, options)?).map_err(|error| named(error, path))
}

/// Says which file lacks columns.
pub(crate) fn named(error: DataError, path: &Path) -> DataError {
    match error {
        DataError::MissingColumns { missing, found, .. } => {
            DataError::MissingColumns { name: path.display().to_string(), missing, found }
        }
        error => error,
    }
}

/// A hash of the contents of all rows, whatever their order; as in a model's `source.fingerprint`.
pub(crate) fn fingerprint(table: &Table) -> u64 {
    row_hashes(table, 0).into_iter().fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use kitae_data::table::{Cells, Column};

    use super::*;

    fn table(values: &[f64], codes: &[u32]) -> Table {
        let levels = vec!["x".to_owned(), "y".to_owned()];
        let columns = vec![
            Column { name: "a".into(), cells: Cells::Numbers(values.to_vec()) },
            Column { name: "b".into(), cells: Cells::Levels { codes: codes.to_vec(), levels } },
        ];
        Table { columns, n_rows: values.len() }
    }

    #[test]
    fn a_fingerprint_sees_every_cell_and_no_order() {
        let one = table(&[1.0, 2.0], &[1, 2]);
        assert_eq!(fingerprint(&one), fingerprint(&table(&[2.0, 1.0], &[2, 1])));
        assert_ne!(fingerprint(&one), fingerprint(&table(&[2.0, 1.0], &[1, 2])));
        assert_ne!(fingerprint(&one), fingerprint(&table(&[1.0, 2.5], &[1, 2])));
    }
}
