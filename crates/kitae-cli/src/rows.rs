//! Tables as commands need them: as a schema says, some rows of them, and whether they are the same.

use std::path::Path;

use kitae_data::error::DataError;
use kitae_data::hash::row_hashes;
use kitae_data::preprocess::Layout;
use kitae_data::read::{ReadOptions, read_csv};
use kitae_data::schema::Schema;
use kitae_data::table::{Cells, Column, Table};

/// Reads a whole file and makes its cells fit `schema`.
pub(crate) fn read_fitting(path: &Path, schema: &Schema, options: &ReadOptions) -> Result<Table, DataError> {
    schema.apply(read_csv(path, options)?)
}

/// A hash of the contents of all rows, whatever their order; as in a model's `source.fingerprint`.
pub(crate) fn fingerprint(table: &Table) -> u64 {
    row_hashes(table, 0).into_iter().fold(0, u64::wrapping_add)
}

/// Some rows of a table, in the order of `rows`, which are positions in it.
pub(crate) fn pick(table: &Table, rows: &[u32]) -> Table {
    let column = |column: &Column| {
        let cells = match &column.cells {
            Cells::Numbers(values) => Cells::Numbers(picked(values, rows)),
            Cells::Levels { codes, levels } => {
                Cells::Levels { codes: picked(codes, rows), levels: levels.clone() }
            }
        };
        Column { name: column.name.clone(), cells }
    };
    Table { columns: table.columns.iter().map(column).collect(), n_rows: rows.len() }
}

fn picked<T: Copy>(cells: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|row| cells[*row as usize]).collect()
}

/// The columns of `schema` that a model is not fed with.
pub(crate) fn unused(schema: &Schema, layout: &Layout) -> Vec<String> {
    let is_input = |name: &str| layout.inputs.iter().any(|input| input.column == name);
    let names = schema.columns.iter().map(|column| column.name.clone());
    names.filter(|name| !is_input(name)).collect()
}

#[cfg(test)]
mod tests {
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
    fn picked_rows_come_in_the_order_asked_for() {
        let all = table(&[1.0, 2.0, 3.0], &[1, 2, 0]);
        assert_eq!(pick(&all, &[2, 0]), table(&[3.0, 1.0], &[0, 1]));
        assert_eq!(pick(&all, &[]).n_rows, 0);
    }

    #[test]
    fn a_fingerprint_sees_every_cell_and_no_order() {
        let one = table(&[1.0, 2.0], &[1, 2]);
        assert_eq!(fingerprint(&one), fingerprint(&table(&[2.0, 1.0], &[2, 1])));
        assert_ne!(fingerprint(&one), fingerprint(&table(&[2.0, 1.0], &[1, 2])));
        assert_ne!(fingerprint(&one), fingerprint(&table(&[1.0, 2.5], &[1, 2])));
    }
}
