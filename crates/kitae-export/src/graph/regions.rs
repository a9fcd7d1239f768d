//! Intervals and sets of a level, out of what each fold says and how wrong it was on its held-out rows.

use kitae_eval::Level;
use kitae_eval::conformal::Conformal;
use kitae_infer::nonconformity::Nonconformity;
use kitae_infer::objective::Objective;
use kitae_infer::{Manifest, PredictError};

use crate::error::ExportError;
use crate::onnx::{Attribute, Graph, Tensor, Value};

/// What regions of a level are made from.
pub(crate) struct FoldRegions<'a> {
    nonconformity: &'a Nonconformity,
    pub(crate) conformal: Conformal,
    pub(crate) fold_of: Vec<usize>,
    /// How many nonconformities come before the one that decides, of all folds together.
    rank: usize,
}

impl<'a> FoldRegions<'a> {
    /// # Errors
    ///
    /// If the model has nothing that regions are made from, or its held-out rows are too few for the level.
    pub(crate) fn new(
        manifest: &Manifest,
        nonconformity: Option<&'a Nonconformity>,
        level: Level,
    ) -> Result<Self, ExportError> {
        let none = || PredictError::NoRegions { written_by: manifest.kitae.clone() };
        let nonconformity = nonconformity.ok_or_else(none)?;
        let conformal = nonconformity.conformal(level).map_err(ExportError::Level)?;
        let fold_of = nonconformity.fold_of(&manifest.lanes).ok_or_else(none)?;
        Ok(Self { nonconformity, rank: conformal.rank(), conformal, fold_of })
    }

    pub(crate) fn n_folds(&self) -> usize {
        self.nonconformity.folds.len()
    }

    fn n_values(&self) -> usize {
        self.nonconformity.folds.iter().map(|fold| fold.values.len()).sum()
    }

    /// The ends of the intervals, `[n_rows, 1]` each; `folds` is `[n_folds, n_rows, 1]`, `together` `[n_rows,
    /// 1]`.
    pub(crate) fn intervals(
        &self,
        graph: &mut Graph,
        folds: Value,
        together: Value,
        objective: &Objective,
    ) -> [Value; 2] {
        let [low, high] =
            if self.n_folds() == 1 { self.around(graph, folds) } else { self.ranked(graph, folds) };
        let zero = graph.f64(0.0);
        // No count is below zero.
        let low = if *objective == Objective::Poisson { graph.op("Max", &[low, zero]) } else { low };
        [graph.op("Min", &[low, together]), graph.op("Max", &[high, together])]
    }

    fn around(&self, graph: &mut Graph, folds: Value) -> [Value; 2] {
        let only = graph.squeeze(folds, 0);
        let reach = graph.f64(self.conformal.reach());
        [graph.sub(only, reach), graph.add(only, reach)]
    }

    /// The ends of the level among all predictions of a fold less, or plus, its nonconformities.
    fn ranked(&self, graph: &mut Graph, folds: Value) -> [Value; 2] {
        let values = self.nonconformity.folds.iter().flat_map(|fold| fold.values.clone()).collect();
        let values = graph.constant(Tensor::f64(&[1, self.n_values()], values));
        let numbers = self.nonconformity.folds.iter().zip(0..);
        let of_value = numbers.flat_map(|(fold, number)| vec![number; fold.values.len()]).collect();
        let of_value = graph.constant(Tensor::i64(&[self.n_values()], of_value));
        let folds = graph.squeeze(folds, 2);
        let by_row = graph.transpose(folds, &[1, 0]);
        // What the fold of each nonconformity predicts, `[n_rows, n_values]`.
        let predictions = graph.gather(by_row, of_value, 1);
        let below = graph.sub(predictions, values);
        let above = graph.add(predictions, values);
        let low = self.extreme(graph, below, true);
        let high = self.extreme(graph, above, false);
        // Where folds differ by more than they err, the ends can pass each other at low levels.
        [graph.op("Min", &[low, high]), graph.op("Max", &[low, high])]
    }

    /// The number with `rank` others beyond it: counted from the greatest down, or from the least up.
    fn extreme(&self, graph: &mut Graph, numbers: Value, from_greatest: bool) -> Value {
        // Whichever end is nearer is sorted.
        let n_others = self.n_values() - 1 - self.rank;
        let (n, largest) = if self.rank < n_others {
            (self.rank + 1, from_greatest)
        } else {
            (n_others + 1, !from_greatest)
        };
        let count = graph.list(&[n as i64]);
        let attributes = [("axis", Attribute::Int(1)), ("largest", Attribute::Int(i64::from(largest)))];
        let sorted = graph.ops_with("TopK", &[numbers, count], &attributes, 2)[0];
        let last = graph.list(&[n as i64 - 1]);
        graph.gather(sorted, last, 1)
    }

    /// Whether each class is in the set of each row, `[n_rows, n_classes]`: of `folds`, `[n_folds, n_rows,
    /// n_classes]`, and the most likely one of `label`, `[n_rows]`, in any case.
    pub(crate) fn sets(&self, graph: &mut Graph, folds: Value, label: Value, n_classes: usize) -> Value {
        let strangeness = graph.op("Neg", &[folds]);
        let mut counts: Option<Value> = None;
        for (number, fold) in self.nonconformity.folds.iter().enumerate() {
            let values = graph.constant(Tensor::f64(&[1, 1, fold.values.len()], fold.values.clone()));
            let place = graph.i64(number as i64);
            let own = graph.gather(strangeness, place, 0);
            let own = graph.unsqueeze(own, 2);
            let is_less = graph.op("Less", &[values, own]);
            let ones = graph.whole(is_less);
            let count = graph.reduce("ReduceSum", ones, 2);
            counts = Some(match counts {
                None => count,
                Some(others) => graph.add(others, count),
            });
        }
        let n_less = graph.squeeze(counts.expect("there is a fold"), 2);
        let rank = graph.i64(self.rank as i64);
        let holds = graph.op("LessOrEqual", &[n_less, rank]);
        let classes = graph.constant(Tensor::i64(&[1, n_classes], (0..n_classes as i64).collect()));
        let label = graph.unsqueeze(label, 1);
        let is_label = graph.op("Equal", &[label, classes]);
        graph.op("Or", &[holds, is_label])
    }
}
