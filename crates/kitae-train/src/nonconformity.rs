//! How far the targets of held-out rows lay from the predictions of their folds.

pub use kitae_infer::nonconformity::{FoldNonconformity, Nonconformity};
use kitae_infer::{LanePlace, Predictions, Targets};

use crate::prepare::LaneData;

/// From the predictions of `lanes` for their held-out rows; the lanes of a fold predict together, by
/// their mean, as they do in the model. `lanes` must be those that the model holds.
pub fn collect(lanes: &[LaneData], predictions: &[Predictions]) -> Nonconformity {
    let same_fold =
        |a: &(&LaneData, &Predictions), b: &(&LaneData, &Predictions)| key(&a.0.place) == key(&b.0.place);
    let lanes: Vec<(&LaneData, &Predictions)> = lanes.iter().zip(predictions).collect();
    Nonconformity { folds: lanes.chunk_by(same_fold).filter_map(fold).collect() }
}

fn key(place: &LanePlace) -> (usize, usize) {
    (place.repeat, place.fold)
}

/// The lanes of one fold.
fn fold(lanes: &[(&LaneData, &Predictions)]) -> Option<FoldNonconformity> {
    let (first, predictions) = lanes.first()?;
    let n_columns = predictions.n_columns;
    let mean = |at: usize| {
        lanes.iter().map(|(_, predictions)| predictions.values[at]).sum::<f64>() / lanes.len() as f64
    };
    let mut values: Vec<f64> = match &first.fold.held_out.targets {
        Targets::Values(targets) => {
            targets.iter().enumerate().map(|(row, target)| (target - mean(row)).abs()).collect()
        }
        Targets::Classes(classes) => {
            let probability = |(row, class): (usize, &u32)| mean(row * n_columns + *class as usize);
            classes.iter().enumerate().map(|row| -probability(row)).collect()
        }
    };
    for value in &mut values {
        if value.is_nan() {
            *value = f64::INFINITY;
        }
    }
    values.sort_unstable_by(f64::total_cmp);
    Some(FoldNonconformity { repeat: first.place.repeat, fold: first.place.fold, values })
}
