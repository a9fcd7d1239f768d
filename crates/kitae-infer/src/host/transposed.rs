//! Weights with rows and columns exchanged.
//!
//! The product that carries gradients to the inputs of a layer reads its weights column by column. Where many
//! micro-batches of a step do that, it is cheaper to turn the weights round once.

use pulp::{Simd, WithSimd};

use super::{HostNetwork, LayerPart};

/// Numbers that are transposed at once: one block of them fills the registers of the widest vectors.
const BLOCK: usize = 16;

/// The weights of hidden layers, each `[d_out, d_in]`, in the places of [`HostNetwork::values`].
#[derive(Clone, Debug, Default)]
pub(super) struct Transposed {
    values: Vec<f32>,
    is_fresh: bool,
}

impl Transposed {
    /// The network has got other numbers.
    pub(super) fn spoil(&mut self) {
        self.is_fresh = false;
    }

    /// The weights of a layer, unless they have changed since they were transposed.
    pub(super) fn of(&self, part: &LayerPart) -> Option<&[f32]> {
        self.is_fresh.then(|| &self.values[part.weight.clone()])
    }
}

impl HostNetwork {
    /// Keeps the weights of hidden layers with rows and columns exchanged until
    /// [`values_mut`](Self::values_mut) changes them. [`backward`](Self::backward) gives the same numbers,
    /// sooner where several micro-batches follow.
    pub fn turn_weights(&mut self) {
        // No gradient is carried below the first layer where nothing before it is trained.
        let first = usize::from(!self.learns_inputs()).min(self.config.hidden.len());
        let Transposed { values, is_fresh } = &mut self.transposed;
        values.resize(self.values.len(), 0.0);
        for part in &self.parts.layers[first..self.config.hidden.len()] {
            let (weights, transposed) = (&self.values[part.weight.clone()], &mut values[part.weight.clone()]);
            self.arch.dispatch(Transpose { weights, transposed, shape: [part.d_in, part.d_out] });
        }
        *is_fresh = true;
    }
}

/// `weights`, row-major in this shape, become `transposed`.
struct Transpose<'a> {
    weights: &'a [f32],
    transposed: &'a mut [f32],
    shape: [usize; 2],
}

impl WithSimd for Transpose<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { weights, transposed, shape: [n_rows, n_columns] } = self;
        for (position, columns) in transposed.chunks_mut(BLOCK * n_rows).enumerate() {
            let from = position * BLOCK;
            let width = BLOCK.min(n_columns - from);
            let n_whole = if width == BLOCK { n_rows / BLOCK * BLOCK } else { 0 };
            for row in (0..n_whole).step_by(BLOCK) {
                let mut block = [[0.0; BLOCK]; BLOCK];
                for (i, line) in block.iter_mut().enumerate() {
                    line.copy_from_slice(&weights[(row + i) * n_columns + from..][..BLOCK]);
                }
                for (column, line) in columns.chunks_exact_mut(n_rows).enumerate() {
                    for (place, values) in line[row..row + BLOCK].iter_mut().zip(&block) {
                        *place = values[column];
                    }
                }
            }
            for (column, line) in columns.chunks_exact_mut(n_rows).enumerate() {
                for (row, place) in line.iter_mut().enumerate().skip(n_whole) {
                    *place = weights[row * n_columns + from + column];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_of_all_shapes_are_turned() {
        for (n_rows, n_columns) in [(1, 1), (3, 40), (40, 3), (16, 16), (33, 48), (48, 50)] {
            let weights: Vec<f32> = (0..n_rows * n_columns).map(|i| i as f32).collect();
            let mut transposed = vec![f32::NAN; weights.len()];
            let transpose =
                Transpose { weights: &weights, transposed: &mut transposed, shape: [n_rows, n_columns] };
            pulp::Arch::new().dispatch(transpose);
            for (i, value) in transposed.iter().enumerate() {
                let (column, row) = (i / n_rows, i % n_rows);
                assert_eq!(*value, weights[row * n_columns + column], "{n_rows} x {n_columns}: {i}");
            }
        }
    }
}
