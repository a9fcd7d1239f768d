//! Matrix products on slices.

use gemm::Parallelism;

/// A matrix in a slice, as it is or transposed.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    n_rows: usize,
    n_columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row-major `[n_rows, n_columns]`.
    ///
    /// # Panics
    ///
    /// If `values` are not as many.
    pub fn new(values: &'a [f32], n_rows: usize, n_columns: usize) -> Self {
        assert_eq!(values.len(), n_rows * n_columns, "a matrix has a number for each place");
        Self { values, n_rows, n_columns, row_stride: n_columns, column_stride: 1 }
    }

    /// The `position`th of `n_blocks` blocks of columns that stand side by side in `values`; each is
    /// `[n_rows, n_columns]`.
    pub(super) fn block(
        values: &'a [f32],
        [n_rows, n_columns]: [usize; 2],
        position: usize,
        n_blocks: usize,
    ) -> Self {
        assert_eq!(values.len(), n_rows * n_columns * n_blocks, "blocks have a number for each place");
        assert!(position < n_blocks, "block {position} of {n_blocks}");
        // Without rows there is nothing to cut off.
        let values = values.get(position * n_columns..).unwrap_or_default();
        Self { values, n_rows, n_columns, row_stride: n_columns * n_blocks, column_stride: 1 }
    }

    /// The same numbers with rows and columns exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            n_rows: self.n_columns,
            n_columns: self.n_rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// What becomes of the numbers that a result replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// They are overwritten.
    Forget,
    /// The result is added to them.
    Add,
}

/// `result` (row-major) becomes scale · left · right, plus itself where `before` says so.
///
/// # Panics
///
/// If the sizes do not fit.
pub fn multiply(result: &mut [f32], left: Matrix, right: Matrix, scale: f32, before: Before) {
    multiply_block(result, (0, 1), left, right, scale, before);
}

/// As [`multiply`] for the `position`th of `n_blocks` results whose columns stand side by side.
pub(super) fn multiply_block(
    result: &mut [f32],
    (position, n_blocks): (usize, usize),
    left: Matrix,
    right: Matrix,
    scale: f32,
    before: Before,
) {
    let n_columns = right.n_columns;
    assert_eq!(left.n_columns, right.n_rows, "the inner sizes of a product agree");
    assert_eq!(result.len(), left.n_rows * n_columns * n_blocks, "the result has a number for each place");
    assert!(position < n_blocks, "block {position} of {n_blocks}");
    if result.is_empty() {
        return;
    }
    let result = &mut result[position * n_columns..];
    // The strides of slices in memory fit an isize.
    let stride = |stride: usize| stride as isize;
    #[expect(unsafe_code, reason = "the product's kernels take pointers; the sizes were checked above")]
    // SAFETY: `Matrix` is made from a slice of exactly n_rows · n_columns · n_blocks numbers, of which
    // the first position · n_columns are cut off, and its strides visit no number twice and none behind
    // the last block; the same holds for `result`. `result` is borrowed mutably, so it overlaps neither
    // operand.
    unsafe {
        gemm::gemm(
            left.n_rows,
            n_columns,
            left.n_columns,
            result.as_mut_ptr(),
            1,
            stride(n_columns * n_blocks),
            before == Before::Add,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.values.as_ptr(),
            stride(right.column_stride),
            stride(right.row_stride),
            1.0,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 37 + seed * 11) % 19) as f32 - 9.0).collect()
    }

    /// The sum of products, number by number.
    fn slow(left: Matrix, right: Matrix, row: usize, column: usize) -> f32 {
        let at = |matrix: Matrix, row, column| {
            matrix.values[row * matrix.row_stride + column * matrix.column_stride]
        };
        (0..left.n_columns).map(|k| at(left, row, k) * at(right, k, column)).sum()
    }

    #[test]
    fn blocks_of_columns_are_matrices_of_their_own() {
        let n_blocks = 3;
        for (m, k, n) in [(4, 3, 2), (1, 1, 1), (0, 2, 2), (2, 0, 3)] {
            let (a, b) = (numbers(m * k * n_blocks, 1), numbers(k * n * n_blocks, 2));
            let mut result = vec![7.0; m * n * n_blocks];
            let block = |values, shape, position| Matrix::block(values, shape, position, n_blocks);
            for position in 0..n_blocks {
                let (left, right) = (block(&a, [m, k], position), block(&b, [k, n], position));
                multiply_block(&mut result, (position, n_blocks), left, right, 2.0, Before::Forget);
            }
            for (i, value) in result.iter().enumerate() {
                let (row, position, column) = (i / (n * n_blocks), i / n % n_blocks, i % n);
                let cut = |values: &[f32], width: usize| {
                    values.chunks_exact(width).skip(position).step_by(n_blocks).flatten().copied().collect()
                };
                let (left, right): (Vec<f32>, Vec<f32>) = (cut(&a, k.max(1)), cut(&b, n));
                let expected = 2.0 * slow(Matrix::new(&left, m, k), Matrix::new(&right, k, n), row, column);
                assert_eq!(*value, expected, "{m} {k} {n}: {i}");
            }
        }
    }

    #[test]
    fn products_of_all_small_shapes_are_those_of_the_definition() {
        for (m, k, n) in (0..5).flat_map(|m| (0..5).flat_map(move |k| (1..5).map(move |n| (m, k, n)))) {
            let (a, b, c) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
            let lefts = [Matrix::new(&a, m, k), Matrix::new(&a, k, m).transposed()];
            let rights = [Matrix::new(&b, k, n), Matrix::new(&b, n, k).transposed()];
            for (left, right) in lefts.into_iter().flat_map(|left| rights.map(|right| (left, right))) {
                for before in [Before::Forget, Before::Add] {
                    let mut result = c.clone();
                    multiply(&mut result, left, right, 0.5, before);
                    for (i, value) in result.iter().enumerate() {
                        let old = if before == Before::Add { c[i] } else { 0.0 };
                        assert_eq!(*value, old + 0.5 * slow(left, right, i / n, i % n), "{m} {k} {n}");
                    }
                }
            }
        }
    }
}
