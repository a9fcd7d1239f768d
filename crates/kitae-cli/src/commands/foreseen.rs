//! How large regions are going to be, before there are new rows.

use kitae_eval::Level;
use kitae_train::Trained;
use kitae_train::nonconformity::FoldNonconformity;
use kitae_train::scores::FoldPredictions;

use crate::show::{count, number, percent};

/// How large regions of the usual level are going to be, from the rows that were scored; none where these
/// are too few.
pub(super) fn foreseen(trained: &Trained) -> Option<String> {
    let level = Level::default();
    let nonconformity = trained.model.fitted.nonconformity.as_ref()?;
    let reach = nonconformity.conformal(level).ok()?.reach();
    // By time they are made from the last fold alone.
    let is_in = |predicted: &&FoldPredictions| {
        nonconformity.folds.iter().any(|fold| key(fold) == (predicted.repeat, predicted.fold))
    };
    let folds: Vec<&FoldPredictions> = trained.out_of_fold.folds.iter().filter(is_in).collect();
    let rows = if folds.len() < trained.out_of_fold.folds.len() {
        let n_rows: usize = folds.iter().map(|fold| fold.rows.len()).sum();
        format!(" on the latest {}", count(n_rows, "held-out row"))
    } else {
        String::new()
    };
    let share = percent(level.value());
    let n_classes = trained.model.manifest.model.class_names.len();
    if n_classes == 0 {
        let width = number(2.0 * reach);
        return Some(format!(
            "{share} prediction intervals are about {width} wide{rows}; `--interval {level}` writes them."
        ));
    }
    // As for new rows, the predicted class is in, however unsure.
    let (mut n_rows, mut n_held) = (0_usize, 0_usize);
    for row in folds.iter().flat_map(|fold| fold.predictions.values.chunks_exact(n_classes)) {
        n_rows += 1;
        n_held += row.iter().filter(|probability| -**probability <= reach).count().max(1);
    }
    let size = number(n_held as f64 / n_rows.max(1) as f64);
    Some(format!(
        "{share} prediction sets contain {size} of {n_classes} classes on average{rows}; `--interval {level}` \
         writes them."
    ))
}

fn key(fold: &FoldNonconformity) -> (usize, usize) {
    (fold.repeat, fold.fold)
}
