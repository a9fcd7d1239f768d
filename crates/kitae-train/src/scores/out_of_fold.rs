//! Predictions for the held-out rows by networks that had not seen them.

use kitae_eval::{Metric, Score};

use crate::calibration::spread;
use crate::engine::{LaneResult, Predictions};
use crate::pool::Pool;
use crate::prepare::{LaneData, Targets};

/// What is known about the held-out rows: one entry a fold, of what its networks say together.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfFold {
    /// In the order of the lanes.
    pub folds: Vec<FoldPredictions>,
}

/// The held-out rows of a fold and the predictions for them.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldPredictions {
    /// Which repeat.
    pub repeat: usize,
    /// Which fold.
    pub fold: usize,
    /// Positions in the table.
    pub rows: Vec<u32>,
    /// The targets.
    pub targets: Targets,
    /// What was predicted.
    pub predictions: Predictions,
    /// Rows that trained the fold's networks.
    pub n_train: usize,
}

impl OutOfFold {
    /// What the lanes of each fold say together ([`pooled`](crate::pool::pooled)); lanes whose predictions
    /// are not finite are left out.
    pub fn collect(lanes: &[LaneData], predictions: &[Predictions]) -> Self {
        Self::pool(lanes.iter().zip(predictions).map(|(lane, predictions)| (lane, predictions, 0.0)))
    }

    /// What the networks of each fold say together, as a model of these networks alone would; those without
    /// weights to predict with are left out, as the model leaves them out.
    pub fn of_networks(lanes: &[LaneData], results: &[LaneResult]) -> Self {
        let networks = lanes.iter().zip(results).filter(|(_, result)| !result.is_lost());
        Self::pool(networks.map(|(lane, result)| (lane, &result.in_bag, result.calibrator.smoothing)))
    }

    /// Lanes with their predictions and the smoothing of their fold.
    fn pool<'a>(lanes: impl Iterator<Item = (&'a LaneData, &'a Predictions, f64)>) -> Self {
        let mut pools: Vec<(&LaneData, Pool, f64)> = Vec::new();
        let mut n_columns = 1;
        for (lane, predictions, smoothing) in lanes {
            if predictions.values.iter().any(|value| !value.is_finite()) {
                continue;
            }
            n_columns = predictions.n_columns;
            let fold = |lane: &LaneData| (lane.place.repeat, lane.place.fold);
            if pools.last().is_none_or(|(first, ..)| fold(first) != fold(lane)) {
                pools.push((lane, Pool::new(n_columns), smoothing));
            }
            if let Some((_, pool, _)) = pools.last_mut() {
                pool.add(predictions.values.clone());
            }
        }
        let fold = |(lane, pool, smoothing): (&LaneData, Pool, f64)| {
            let mut values = pool.values();
            spread(smoothing, &mut values, n_columns);
            fold_predictions(lane, Predictions { values, n_columns })
        };
        Self { folds: pools.into_iter().map(fold).collect() }
    }

    /// Each held-out row once, in the order of the table, its predictions averaged over repeats.
    pub fn pooled(&self) -> (Vec<u32>, Targets, Predictions) {
        let n_columns = self.folds.first().map_or(1, |fold| fold.predictions.n_columns);
        let mut order: Vec<(u32, usize, usize)> = Vec::new();
        for (number, fold) in self.folds.iter().enumerate() {
            order.extend(fold.rows.iter().enumerate().map(|(at, row)| (*row, number, at)));
        }
        order.sort_unstable();
        let (mut rows, mut picks) = (Vec::new(), Vec::new());
        let mut values = Vec::new();
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            let (row, number, at) = same[0];
            rows.push(row);
            picks.push((number, at));
            for column in 0..n_columns {
                let value = |(_, number, at): &(u32, usize, usize)| {
                    self.folds[*number].predictions.values[at * n_columns + column]
                };
                values.push(same.iter().map(value).sum::<f64>() / same.len() as f64);
            }
        }
        (rows, self.targets_at(&picks), Predictions { values, n_columns })
    }

    fn targets_at(&self, picks: &[(usize, usize)]) -> Targets {
        let Some((first, others)) = self.folds.split_first() else { return Targets::Classes(Vec::new()) };
        let (mut all, mut starts) = (first.targets.clone(), vec![0]);
        for fold in others {
            starts.push(all.len());
            all.extend(&fold.targets);
        }
        all.select(picks.iter().map(|(fold, at)| starts[*fold] + at))
    }

    /// Those of these folds that `other` has too.
    pub(super) fn folds_of(&self, other: &Self) -> Self {
        let key = |fold: &FoldPredictions| (fold.repeat, fold.fold);
        let has = |fold: &&FoldPredictions| other.folds.iter().any(|theirs| key(theirs) == key(fold));
        Self { folds: self.folds.iter().filter(has).cloned().collect() }
    }

    /// The score of each fold; higher is better.
    pub(super) fn fold_scores(&self, metric: Metric) -> Vec<Option<Score>> {
        self.folds.iter().map(|fold| fold.predictions.score(&fold.targets, metric)).collect()
    }

    /// Of the folds that have a value: the values, and the mean rows of a fold that train and that score. On
    /// some folds a metric may be undefined, as is the area under a curve where all rows are of one class.
    pub(super) fn defined(&self, values: &[Option<f64>]) -> (Vec<f64>, usize, usize) {
        let (mut defined, mut n_train, mut n_held_out) = (Vec::new(), 0, 0);
        for (fold, value) in self.folds.iter().zip(values) {
            if let Some(value) = value {
                defined.push(*value);
                n_train += fold.n_train;
                n_held_out += fold.rows.len();
            }
        }
        let n = defined.len().max(1);
        (defined, n_train / n, n_held_out / n)
    }
}

fn fold_predictions(lane: &LaneData, predictions: Predictions) -> FoldPredictions {
    FoldPredictions {
        repeat: lane.place.repeat,
        fold: lane.place.fold,
        rows: lane.fold.held_out.rows.clone(),
        targets: lane.fold.held_out.targets.clone(),
        predictions,
        n_train: lane.fold.train.rows.len(),
    }
}
