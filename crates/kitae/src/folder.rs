//! What a training leaves in the model folder beside the model, and how it is read back.

mod files;
mod out_of_fold;

use std::collections::HashSet;

use kitae_train::looks::{KnownRows, hashes_by};
use kitae_train::model::Manifest;
use kitae_train::prepare::Targets;
use kitae_train::{Problem, Trained};

use crate::csv_lines::{Lines, exact};
use crate::error::Error;

pub(crate) use files::files_beside;
pub use files::{events, scored};
pub(crate) use out_of_fold::read as read_out_of_fold;

/// One line a held-out row, in the order of the file: its number from 1, the target, and the prediction of
/// networks that had not seen it.
///
/// # Errors
///
/// If a prediction is not a finite number.
pub fn out_of_fold(trained: &Trained, problem: &Problem) -> Result<Vec<u8>, Error> {
    let (rows, targets, predictions) = trained.out_of_fold.pooled();
    let class_names = &trained.model.manifest.model.class_names;
    let mut lines = Lines::new(class_names);
    lines.header(&["row", "target"], &[])?;
    let number_of = |row: &u32| problem.row_numbers[*row as usize] as usize + 1;
    let mut numbered: Vec<(usize, usize)> = rows.iter().map(number_of).zip(0..).collect();
    numbered.sort_unstable();
    for (number, position) in numbered {
        let targets = match &targets {
            Targets::Classes(codes) => class_names.get(codes[position] as usize).cloned().unwrap_or_default(),
            Targets::Values(values) => exact(values[position]),
        };
        lines.push(&[number.to_string(), targets], &predictions, position, number)?;
    }
    Ok(lines.into_bytes()?)
}

/// Which rows are sealed, by what the model is fed with; none without sealed rows.
pub fn sealed(problem: &Problem, manifest: &Manifest) -> Option<KnownRows> {
    let columns: Vec<String> =
        manifest.model.layout.inputs.iter().map(|input| input.column.clone()).collect();
    let hashes = hashes_by(&problem.table, &columns).filter(|_| !problem.sealed_rows.is_empty())?;
    let of_rows = |rows: &[u32]| rows.iter().map(|row| hashes[*row as usize]).collect::<Vec<u64>>();
    // What open rows are like as well tells nothing.
    let open: HashSet<u64> = of_rows(&problem.open_rows).into_iter().collect();
    let mut sealed = of_rows(&problem.sealed_rows);
    sealed.retain(|hash| !open.contains(hash));
    Some(KnownRows::default().with(columns, sealed))
}
