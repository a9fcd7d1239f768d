//! Regions that contain the target of new rows as often as a level says: intervals and sets of classes.
//!
//! They belong to what a model delivers: each fold predicts with all its networks, calibrated and joined by
//! the linear model as in the model's own predictions.

use kitae_data::table::Table;
use kitae_eval::Level;
use kitae_eval::conformal::Conformal;
use kitae_eval::intervals::{Interval, grouped_wilson, wilson};
use serde::Serialize;

use crate::error::{ArtefactError, PredictError};
use crate::objective::Objective;
use crate::predict::Predictor;
use crate::predictions::{Predictions, Targets};

/// What a new row may be, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Regions {
    /// For values: one interval for each row, in the units of the table.
    Intervals(Vec<Interval>),
    /// For classes.
    Sets {
        /// Row-major `[n_rows, n_classes]`: whether the class is in the set of the row.
        holds: Vec<bool>,
        /// How many classes there are.
        n_classes: usize,
    },
}

impl Regions {
    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        match self {
            Self::Intervals(intervals) => intervals.len(),
            Self::Sets { holds, n_classes } => holds.len() / (*n_classes).max(1),
        }
    }

    /// Adds rows of the same kind below these; others are left out.
    pub fn extend(&mut self, more: Self) {
        match (self, more) {
            (Self::Intervals(intervals), Self::Intervals(more)) => intervals.extend(more),
            (Self::Sets { holds, .. }, Self::Sets { holds: more, .. }) => holds.extend(more),
            _ => {}
        }
    }

    /// How often the regions contained the target, and how large they were. `groups` has the group of each
    /// row, where rows are split by groups: rows of one repeat each other.
    pub fn coverage(&self, targets: &Targets, groups: Option<&[u32]>) -> Coverage {
        let (hits, size): (Vec<bool>, f64) = match (self, targets) {
            (Self::Intervals(intervals), Targets::Values(values)) => {
                let is_in =
                    |(interval, value): (&Interval, &f64)| interval.low <= *value && *value <= interval.high;
                let widths = intervals.iter().map(|interval| interval.high - interval.low);
                (intervals.iter().zip(values).map(is_in).collect(), widths.sum())
            }
            (Self::Sets { holds, n_classes }, Targets::Classes(classes)) => {
                let sets = holds.chunks_exact((*n_classes).max(1)).zip(classes);
                let is_in = |(set, class): (&[bool], &u32)| set.get(*class as usize) == Some(&true);
                (sets.map(is_in).collect(), holds.iter().filter(|is_in| **is_in).count() as f64)
            }
            _ => (Vec::new(), 0.0),
        };
        let (n_rows, n_covered) = (self.n_rows(), hits.iter().filter(|hit| **hit).count());
        let interval = match groups {
            Some(groups) => grouped_wilson(&hits, groups, CONFIDENCE),
            None => wilson(n_covered, n_rows, CONFIDENCE),
        };
        Coverage { n_covered, n_rows, interval, mean_size: size / n_rows.max(1) as f64 }
    }
}

/// The confidence level of the interval of a coverage.
const CONFIDENCE: f64 = 0.95;

/// What regions were worth on rows whose target is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Rows whose region contained the target.
    pub n_covered: usize,
    /// All rows.
    pub n_rows: usize,
    /// Wilson's 95 % interval of the share; none without rows or with a single group.
    pub interval: Option<Interval>,
    /// Mean width of the intervals in the units of the table, or mean number of classes in a set.
    pub mean_size: f64,
}

impl Coverage {
    /// The share of rows whose region contained the target.
    pub fn share(&self) -> f64 {
        self.n_covered as f64 / self.n_rows.max(1) as f64
    }
}

/// A model on a device, ready to predict with regions of one level.
pub struct RegionPredictor<'a> {
    predictor: &'a Predictor<'a>,
    conformal: Conformal,
    /// Of each lane.
    fold_of: Vec<usize>,
    /// Networks of each fold.
    n_lanes: Vec<f64>,
}

impl<'a> Predictor<'a> {
    /// Makes ready to say which values or classes a row may have.
    ///
    /// # Errors
    ///
    /// If an older version stored the model without what regions are made from, or if its held-out rows are
    /// too few for the level.
    pub fn regions(&'a self, level: Level) -> Result<RegionPredictor<'a>, PredictError> {
        let manifest = self.manifest;
        let nonconformity = self
            .nonconformity
            .ok_or_else(|| PredictError::NoRegions { written_by: manifest.kitae.clone() })?;
        let conformal = nonconformity.conformal(level).map_err(PredictError::Level)?;
        let fold_of = nonconformity.fold_of(&manifest.lanes).ok_or_else(|| {
            ArtefactError::damaged(std::path::Path::new("nonconformity"), "a network has no fold in it")
        })?;
        let mut n_lanes = vec![0.0; nonconformity.folds.len()];
        for fold in &fold_of {
            n_lanes[*fold] += 1.0;
        }
        Ok(RegionPredictor { predictor: self, conformal, fold_of, n_lanes })
    }
}

impl RegionPredictor<'_> {
    /// The prediction for every row of `table`, as [`Predictor::predictions`] gives it, and the region that
    /// it lies in: what all networks say together may miss the interval of the folds, which is then extended
    /// to it, and the predicted class belongs to every set. Neither makes a region contain the target less
    /// often.
    ///
    /// # Errors
    ///
    /// If a column that the model needs is not there.
    pub fn predictions(&self, table: &Table) -> Result<(Predictions, Regions), PredictError> {
        let n_classes = self.predictor.manifest.class_names.len();
        let mut all = match n_classes {
            0 => Regions::Intervals(Vec::new()),
            _ => Regions::Sets { holds: Vec::new(), n_classes },
        };
        let blocks = self.predictor.blocks(table, |rows| self.block(table, rows))?;
        let mut values = Vec::new();
        for (block, regions) in blocks {
            values.extend(block);
            all.extend(regions);
        }
        Ok((Predictions { values, n_columns: n_classes.max(1) }, all))
    }

    fn block(&self, table: &Table, rows: &[u32]) -> Result<(Vec<f64>, Regions), PredictError> {
        let n_columns = self.predictor.manifest.class_names.len().max(1);
        let n_folds = self.n_lanes.len();
        // Row-major [n_rows · n_columns, n_folds].
        let mut of_folds = vec![0.0; rows.len() * n_columns * n_folds];
        let together = self.predictor.together(table, rows, |lane, values| {
            let fold = self.fold_of[lane];
            for (sums, value) in of_folds.chunks_exact_mut(n_folds).zip(values) {
                sums[fold] += value / self.n_lanes[fold];
            }
        })?;
        let regions = match self.predictor.manifest.class_names.len() {
            0 => self.intervals(&of_folds, &together),
            n_classes => self.sets(&of_folds, &together, n_classes),
        };
        Ok((together, regions))
    }

    fn intervals(&self, of_folds: &[f64], together: &[f64]) -> Regions {
        let is_count = self.predictor.manifest.objective == Objective::Poisson;
        let interval = |(predictions, together): (&[f64], &f64)| {
            let Interval { low, high } = self.conformal.interval(predictions);
            // No count is below zero.
            let low = if is_count { low.max(0.0) } else { low };
            Interval { low: low.min(*together), high: high.max(*together) }
        };
        Regions::Intervals(of_folds.chunks_exact(self.n_lanes.len()).zip(together).map(interval).collect())
    }

    fn sets(&self, of_folds: &[f64], together: &[f64], n_classes: usize) -> Regions {
        let nonconformities: Vec<f64> = of_folds.iter().map(|probability| -probability).collect();
        let mut holds: Vec<bool> = nonconformities
            .chunks_exact(self.n_lanes.len())
            .map(|nonconformities| self.conformal.holds(nonconformities))
            .collect();
        for (set, probabilities) in holds.chunks_exact_mut(n_classes).zip(together.chunks_exact(n_classes)) {
            set[most_likely(probabilities)] = true;
        }
        Regions::Sets { holds, n_classes }
    }
}

/// The position of the highest probability; the first among equals.
pub fn most_likely(probabilities: &[f64]) -> usize {
    let mut best = 0;
    for (position, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = position;
        }
    }
    best
}
