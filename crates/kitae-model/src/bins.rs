//! Edges of bins: quantiles of the rows that a network is trained on.

use burn::module::{Param, ParamId};
use burn::tensor::{Tensor, TensorData};

use kitae_infer::Piecewise;
use kitae_infer::bins::is_width;

use crate::network::Network;

/// The least width of a bin, as a part of the range of its number or of its size.
const LEAST_PART: f32 = 1e-6;

impl Network {
    /// Sets the edges of the bins of [`Piecewise`] embeddings to quantiles of each lane's training rows.
    /// It does nothing without such embeddings; until then, they have no bins.
    ///
    /// `rows` has one slice for each lane: its numbers, row after row, as many a row as the network has
    /// numeric inputs. An input with fewer distinct quantiles has fewer bins; one that is the same in all
    /// rows has none.
    ///
    /// # Panics
    ///
    /// If `rows` has not one slice for each lane, or a slice ends within a row.
    #[must_use]
    pub fn fit_bins(mut self, rows: &[&[f32]]) -> Self {
        assert_eq!(rows.len(), self.n_lanes(), "rows for each lane of the network");
        let (Some(config), Some(piecewise)) = (self.config.piecewise, &mut self.piecewise) else {
            return self;
        };
        let mut edges = Vec::with_capacity(rows.len() * config.n_numbers * (config.n_bins + 1));
        for numbers in rows {
            edges.extend(lane_edges(&config, numbers, self.config.d_numbers));
        }
        let shape = [rows.len(), config.n_numbers, config.n_bins + 1];
        let value = Tensor::from_data(TensorData::new(edges, shape), &piecewise.edges.val().device().inner());
        piecewise.edges = Param::initialized(ParamId::new(), value);
        self
    }
}

/// Edges of each embedded number, one after the other.
fn lane_edges(config: &Piecewise, numbers: &[f32], d_numbers: usize) -> Vec<f32> {
    assert_eq!(numbers.len() % d_numbers, 0, "rows have the network's number of numbers");
    let mut column = Vec::with_capacity(numbers.len() / d_numbers);
    let edges = |number| {
        column.clear();
        column.extend(numbers.iter().skip(number).step_by(d_numbers));
        quantile_edges(&mut column, config.n_bins)
    };
    (0..config.n_numbers).flat_map(edges).collect()
}

/// The distinct ones of the quantiles 0, 1/n, …, 1, and the last of them again up to n + 1 numbers;
/// zeros without rows. The column is sorted.
///
/// Quantiles lie between rows as in `torch.quantile`, which rtdl's `compute_bins` takes. NOTE[DIFF]: there a
/// value that most rows have takes all bins but a few, here [`uncrowded`] leaves it one. Columns of one value
/// and more bins than rows are refused there; here the former have no bins. Edges are left out that are so
/// close to the one before that a rounding error could take a row from bin to bin, or so far that the width
/// has no reciprocal.
fn quantile_edges(column: &mut [f32], n_bins: usize) -> Vec<f32> {
    if column.is_empty() {
        return vec![0.0; n_bins + 1];
    }
    column.sort_unstable_by(f32::total_cmp);
    let quantiles = uncrowded(column, n_bins)
        .unwrap_or_else(|| (0..=n_bins).map(|number| quantile(column, number, n_bins)).collect());
    let mut edges: Vec<f32> = Vec::with_capacity(n_bins + 1);
    let least = least_width(column);
    for edge in quantiles {
        if edges.last().is_none_or(|last| is_width(edge - last) && edge - last >= least) {
            edges.push(edge);
        }
    }
    let last = edges[edges.len() - 1];
    edges.resize(n_bins + 1, last);
    edges
}

/// Where most rows of a sorted column have the same value, quantiles of the others and an even share of that
/// one, so that it has one bin and the others have the rest: of the capital gains in census data nine in ten
/// are zero, and the tenth would share four bins of 48. `LightGBM` gives frequent values bins of their own
/// for the same reason (Ke et al. 2017). They are values of rows, since there is nobody between the crowd and
/// the next. None without a crowd.
fn uncrowded(sorted: &[f32], n_bins: usize) -> Option<Vec<f32>> {
    let middle = sorted[sorted.len() / 2];
    let from = sorted.partition_point(|value| *value < middle);
    let to = sorted.partition_point(|value| *value <= middle);
    let n_others = sorted.len() - (to - from);
    if 2 * n_others >= sorted.len() {
        return None;
    }
    let kept = from + n_others.div_ceil(n_bins).max(1);
    let column = [&sorted[..kept], &sorted[to..]].concat();
    let n_steps = column.len() - 1;
    let n_parts = n_bins.min(n_steps).max(1);
    Some((0..=n_parts).map(|number| column[number * n_steps / n_parts]).collect())
}

/// The width from which on a bin is none of a rounding error, for a sorted column: of f32 a unit in the last
/// place is up to 1.2e-7 of a number. Halves, as the range may overflow.
fn least_width(sorted: &[f32]) -> f32 {
    let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
    2.0 * LEAST_PART * (last / 2.0 - first / 2.0).max(first.abs() / 2.0).max(last.abs() / 2.0)
}

/// The quantile `number` / `n` of a sorted column.
fn quantile(sorted: &[f32], number: usize, n: usize) -> f32 {
    let steps = number * (sorted.len() - 1);
    let (below, share) = (sorted[steps / n], (steps % n) as f64 / n as f64);
    let above = sorted[(steps / n + 1).min(sorted.len() - 1)];
    (f64::from(below) + (f64::from(above) - f64::from(below)) * share) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(column: &[f32], n_bins: usize, expected: &[f32]) {
        assert_eq!(quantile_edges(&mut column.to_vec(), n_bins), expected);
    }

    #[test]
    fn quantiles_lie_between_rows() {
        check(&[3.0, 1.0, 2.0, 0.0], 2, &[0.0, 1.5, 3.0]);
        check(&[0.0, 1.0], 4, &[0.0, 0.25, 0.5, 0.75, 1.0]);
    }

    #[test]
    fn the_value_of_most_rows_leaves_bins_to_the_others() {
        let zeros_and = |n_zeros: usize, others: &[f32]| [vec![0.0; n_zeros], others.to_vec()].concat();
        // Quantiles of all rows would be 0 but for the last; here two zeros stand for all.
        check(&zeros_and(93, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), 4, &[0.0, 1.0, 3.0, 5.0, 7.0]);
        // One of two values that half of the rows have each is no crowd.
        check(&[0.0, 0.0, 1.0, 1.0], 2, &[0.0, 0.5, 1.0]);
        check(&zeros_and(93, &[9.0, 1.0, 1.0, 4.0]), 4, &[0.0, 1.0, 4.0, 9.0, 9.0]);
    }

    #[test]
    fn ties_make_fewer_bins_and_a_constant_none() {
        check(&[0.0, 0.0, 0.0, 0.0, 1.0], 4, &[0.0, 1.0, 1.0, 1.0, 1.0]);
        check(&[7.0; 9], 2, &[7.0, 7.0, 7.0]);
        check(&[7.0], 3, &[7.0; 4]);
        check(&[], 2, &[0.0; 3]);
    }

    #[test]
    fn a_rounding_error_makes_no_bin() {
        // Cosines of days that should be 0; those of another platform would fall into other bins.
        check(&[-1.0, -1.8e-16, 6.1e-17, 6.2e-17, 1.0], 4, &[-1.0, -1.8e-16, 1.0, 1.0, 1.0]);
        check(&[0.7, 0.7_f32.next_up(), 0.7, 0.7_f32.next_up()], 2, &[0.7; 3]);
        check(&[0.0, 1e-5, 2e-5, 1.0], 3, &[0.0, 1e-5, 2e-5, 1.0]);
    }

    #[test]
    fn bins_are_never_too_narrow_to_divide_by() {
        check(&[0.0, 1e-45, 1e-42, 1.0], 3, &[0.0, 1.0, 1.0, 1.0]);
        check(&[f32::MIN, f32::MAX], 2, &[f32::MIN, 0.0, f32::MAX]);
    }
}
