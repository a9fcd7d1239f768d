//! The ridge model of a wide table in as many numbers as it has training rows.
//!
//! Weights with an L2 penalty lie in the span of the training rows, whatever the loss: so rows as coordinates
//! in an orthonormal basis of that span give the same model (Hastie and Tibshirani 2004, section 2), in steps
//! that cost as much less as there are fewer rows than columns.

use std::sync::Arc;

use kitae_data::features::Features;
use kitae_model::Weights;

use crate::prepare::{FoldData, LaneData, RoleData};

/// A row whose squared distance from the span of those before it is a smaller share of its square adds
/// nothing but rounding.
const LEAST_SHARE: f64 = 1e-9;

/// An orthonormal basis of the span of rows, `basis = factor⁻¹ · rows`.
pub(super) struct Rotation {
    d_numbers: usize,
    /// The rows that span it, `[rank, d_numbers]`.
    rows: Vec<f32>,
    /// The coordinates of those rows: row i of a lower triangle has i + 1 of them.
    factor: Vec<Vec<f64>>,
}

impl Rotation {
    /// Of the span of all rows of `features`.
    fn of(features: &Features) -> Self {
        let mut rotation = Self { d_numbers: features.d_numbers, rows: Vec::new(), factor: Vec::new() };
        for row in features.numbers.chunks_exact(features.d_numbers) {
            let mut coordinates = rotation.coordinates(row);
            let square = dot(row, row);
            let rest = square - coordinates.iter().map(|value| value * value).sum::<f64>();
            if rest > LEAST_SHARE * square {
                coordinates.push(rest.sqrt());
                rotation.factor.push(coordinates);
                rotation.rows.extend(row);
            }
        }
        rotation
    }

    fn rank(&self) -> usize {
        self.factor.len()
    }

    /// Where the projection of `row` on the span lies.
    fn coordinates(&self, row: &[f32]) -> Vec<f64> {
        let mut coordinates = Vec::with_capacity(self.rank() + 1);
        for (other, factor) in self.rows.chunks_exact(self.d_numbers).zip(&self.factor) {
            let known: f64 = factor.iter().zip(&coordinates).map(|(one, other)| one * other).sum();
            coordinates.push((dot(row, other) - known) / factor[coordinates.len()]);
        }
        coordinates
    }

    /// The same rows with `width` numbers, those beyond the rank being 0.
    fn features(&self, features: &Features, width: usize) -> Features {
        let mut numbers = Vec::with_capacity(features.n_rows * width);
        for row in features.numbers.chunks_exact(self.d_numbers) {
            let end = numbers.len() + width;
            numbers.extend(self.coordinates(row).into_iter().map(|value| value as f32));
            numbers.resize(end, 0.0);
        }
        Features { numbers, d_numbers: width, ..features.clone() }
    }

    fn lane(&self, lane: &LaneData, width: usize) -> LaneData {
        let part =
            |part: &RoleData| RoleData { features: self.features(&part.features, width), ..part.clone() };
        let fold = &*lane.fold;
        let (train, validation, held_out) = (part(&fold.train), part(&fold.validation), part(&fold.held_out));
        LaneData { fold: Arc::new(FoldData { train, validation, held_out, ..fold.clone() }), ..lane.clone() }
    }

    /// Weights of the numbers themselves, of those of `width` coordinates.
    pub(super) fn undo(&self, weights: &mut Weights, width: usize) {
        let Some(output) = weights.tensors.get_mut("output.weight") else { return };
        let [d_input, n_outputs] = output.shape;
        let embedded = output.values.split_off(width * n_outputs);
        let mut matrix = vec![0.0; self.d_numbers * n_outputs];
        for number in 0..n_outputs {
            let of_coordinates = output.values.iter().skip(number).step_by(n_outputs).copied();
            for (row, share) in self.rows.chunks_exact(self.d_numbers).zip(self.shares(of_coordinates)) {
                for (weight, cell) in matrix.iter_mut().skip(number).step_by(n_outputs).zip(row) {
                    *weight += share * f64::from(*cell);
                }
            }
        }
        output.values = matrix.into_iter().map(|weight| weight as f32).chain(embedded).collect();
        output.shape = [d_input - width + self.d_numbers, n_outputs];
    }

    /// How much of each spanning row makes up the weights of these coordinates: the transposed factor,
    /// solved.
    fn shares(&self, of_coordinates: impl Iterator<Item = f32>) -> Vec<f64> {
        let mut shares: Vec<f64> = of_coordinates.take(self.rank()).map(f64::from).collect();
        for (at, factor) in self.factor.iter().enumerate().rev() {
            shares[at] /= factor[at];
            let (before, from) = shares.split_at_mut(at);
            for (share, factor) in before.iter_mut().zip(factor) {
                *share -= factor * from[0];
            }
        }
        shares
    }
}

/// Rotations of the folds of `lanes`, and the lanes with rotated features of one width.
pub(super) fn rotated(lanes: &[LaneData]) -> (Vec<Rotation>, Vec<LaneData>) {
    let rotations: Vec<Rotation> = lanes.iter().map(|lane| Rotation::of(&lane.fold.train.features)).collect();
    let width = rotations.iter().map(Rotation::rank).max().unwrap_or(0).max(1);
    let lanes = rotations.iter().zip(lanes).map(|(rotation, lane)| rotation.lane(lane, width)).collect();
    (rotations, lanes)
}

/// In double precision, in eight sums that a processor adds side by side.
fn dot(one: &[f32], other: &[f32]) -> f64 {
    let mut sums = [0.0; 8];
    let (ones, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let last = ones.remainder().iter().zip(others.remainder());
    for (one, other) in ones.zip(others) {
        for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
            *sum += f64::from(*one) * f64::from(*other);
        }
    }
    sums.iter().sum::<f64>() + last.map(|(one, other)| f64::from(*one) * f64::from(*other)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use kitae_model::WeightTensor;
    use kitae_random::{Purpose, Stream};

    use super::*;

    /// Normal numbers, the last row twice the first.
    fn wide() -> Features {
        let mut stream = Stream::new(1, Purpose::Synthesis, [0; 3]);
        let mut numbers: Vec<f32> = (0..9 * 21).map(|_| stream.normal() as f32).collect();
        numbers.extend_from_within(..21);
        numbers[9 * 21..].iter_mut().for_each(|number| *number *= 2.0);
        Features { n_rows: 10, d_numbers: 21, numbers, ..Features::default() }
    }

    #[test]
    fn angles_and_lengths_stay_and_dependent_rows_add_nothing() {
        let features = wide();
        let rotation = Rotation::of(&features);
        assert_eq!(rotation.rank(), 9);
        let turned = rotation.features(&features, 12);
        for one in 0..10 {
            for other in 0..10 {
                let wide = dot(&features.numbers[one * 21..][..21], &features.numbers[other * 21..][..21]);
                let narrow = dot(&turned.numbers[one * 12..][..12], &turned.numbers[other * 12..][..12]);
                assert!((wide - narrow).abs() < 1e-4, "rows {one} and {other}: {wide} and {narrow}");
            }
        }
    }

    #[test]
    fn weights_that_are_turned_back_answer_any_row_alike() {
        let features = wide();
        let rotation = Rotation::of(&features);
        let values: Vec<f32> = (0..(12 + 3) * 2).map(|at| at as f32 / 10.0 - 1.0).collect();
        let mut weights = Weights::default();
        let output = WeightTensor { shape: [15, 2], values: values.clone() };
        weights.tensors.insert("output.weight".to_owned(), output);
        rotation.undo(&mut weights, 12);
        let back = &weights.tensors["output.weight"];
        assert_eq!((back.shape, &back.values[21 * 2..]), ([24, 2], &values[12 * 2..]));
        // A row that is not in the span is predicted as its projection is.
        let mut stream = Stream::new(2, Purpose::Synthesis, [0; 3]);
        let row: Vec<f32> = (0..21).map(|_| stream.normal() as f32).collect();
        let turned = rotation.coordinates(&row);
        for number in 0..2 {
            let column =
                |values: &[f32]| values.iter().skip(number).step_by(2).copied().collect::<Vec<f32>>();
            let wide = dot(&row, &column(&back.values)[..21]);
            let narrow: f64 =
                turned.iter().zip(column(&values)).map(|(one, other)| one * f64::from(other)).sum();
            assert!((wide - narrow).abs() < 1e-4, "{wide} and {narrow}");
        }
    }
}
