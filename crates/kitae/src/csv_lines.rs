//! Predictions of a model as CSV, written on all threads.

use kitae_infer::csv_lines::block;
pub use kitae_infer::csv_lines::{
    Lines, LinesError, Rows, column_names, exact, head, probability, region_columns,
};
use rayon::prelude::*;

/// Rows whose lines one thread makes at once.
const BLOCK_ROWS: usize = 1024;

/// The lines of all `rows`, block after block, made on all threads of the pool that asks. `n_before` rows came
/// before them.
pub fn lines(rows: Rows, class_names: &[String], n_before: usize) -> Vec<Result<Vec<u8>, LinesError>> {
    let n_rows = rows.predictions.n_rows();
    let starts: Vec<usize> = (0..n_rows).step_by(BLOCK_ROWS).collect();
    let of_block = |from: usize| block(&rows, class_names, from..(from + BLOCK_ROWS).min(n_rows), n_before);
    starts.into_par_iter().map(of_block).collect()
}
