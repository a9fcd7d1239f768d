//! How much rows count in the loss, read from a column.

use kitae_data::table::{Cells, MISSING, Table};
use kitae_infer::objective::MAX_WEIGHT;

use crate::error::{ProblemError, TrainError};

/// The weights of `rows`, by the cells of a column.
///
/// # Errors
///
/// If there is no such column, a cell is no number from 0 to [`MAX_WEIGHT`], or all are 0.
pub(crate) fn row_weights(table: &Table, column: &str, rows: &[u32]) -> Result<Vec<f32>, TrainError> {
    let wrong =
        |reason: String| TrainError::from(ProblemError(format!("`training.weight_column`: {reason}")));
    let Some(found) = table.column(column) else {
        return Err(wrong(format!("the table has no column `{column}`")));
    };
    let weight = |row: &u32| -> Result<f32, String> {
        let (number, text) = cell(&found.cells, *row);
        match number {
            Some(number) if (0.0..=MAX_WEIGHT).contains(&number) => Ok(number as f32),
            _ => Err(format!(
                "expected a number from 0 to {MAX_WEIGHT:e} in each cell of `{column}`, got {text}"
            )),
        }
    };
    let weights: Vec<f32> = rows.iter().map(weight).collect::<Result<_, _>>().map_err(wrong)?;
    if weights.iter().all(|weight| *weight == 0.0) {
        return Err(wrong(format!("all training rows of a fold have the weight 0 in `{column}`")));
    }
    Ok(weights)
}

/// A cell as a number, if it is one, and as a message shows it.
fn cell(cells: &Cells, row: u32) -> (Option<f64>, String) {
    match cells {
        Cells::Numbers(numbers) => match numbers[row as usize] {
            number if number.is_nan() => (None, "a missing cell".to_owned()),
            number => (Some(number), format!("`{number}`")),
        },
        Cells::Levels { codes, levels } => match codes[row as usize] {
            MISSING => (None, "a missing cell".to_owned()),
            code => {
                let level = levels.get(code as usize - 1).map_or("", String::as_str);
                (level.parse().ok(), format!("`{level}`"))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use kitae_data::table::Column;

    use super::*;

    fn read(cells: Cells) -> Result<Vec<f32>, String> {
        let table = Table { columns: vec![Column { name: "w".to_owned(), cells }], n_rows: 3 };
        row_weights(&table, "w", &[2, 0]).map_err(|error| error.to_string())
    }

    #[test]
    fn weights_are_numbers_in_whatever_cells() {
        assert_eq!(read(Cells::Numbers(vec![2.0, f64::NAN, 0.5])), Ok(vec![0.5, 2.0]));
        let levels = ["0", "1"].map(str::to_owned).to_vec();
        assert_eq!(read(Cells::Levels { codes: vec![2, MISSING, 1], levels }), Ok(vec![0.0, 1.0]));
    }

    #[test]
    fn what_is_no_weight_is_told() {
        for (cells, expected) in [
            (vec![1.0, 1.0, -1.0], "expected a number from 0 to 1e12 in each cell of `w`, got `-1`"),
            (vec![1.0, 1.0, f64::NAN], "got a missing cell"),
            (vec![1e13, 1.0, 1.0], "got `10000000000000`"),
            (vec![0.0, 1.0, 0.0], "have the weight 0 in `w`"),
        ] {
            let error = read(Cells::Numbers(cells)).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let levels = vec!["much".to_owned()];
        let error = read(Cells::Levels { codes: vec![1; 3], levels }).unwrap_err();
        assert!(error.contains("got `much`"), "{error}");
        let none = Table { columns: Vec::new(), n_rows: 3 };
        assert!(row_weights(&none, "w", &[0]).unwrap_err().to_string().contains("no column `w`"));
    }
}
