//! Matrix products on slices.

use std::ops::Range;

use gemm::Parallelism;

use super::one_row::OneRow;

/// Products of a number that are added up in one go. The kernels of matrix products leave off where a cache
/// is full, so that the bits would depend on the machine; they take this many everywhere.
const DEPTH: usize = 512;
/// Dot products that are taken at once: the kernels of matrix products add more of them up in another order.
const DOTS: usize = 256;

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

    /// Some rows and columns.
    fn part(self, rows: Range<usize>, columns: Range<usize>) -> Self {
        let first = rows.start * self.row_stride + columns.start * self.column_stride;
        // Without rows there is nothing to cut off.
        let values = self.values.get(first..).unwrap_or_default();
        Self { values, n_rows: rows.len(), n_columns: columns.len(), ..self }
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
    let stride = n_columns * n_blocks;
    if left.n_columns == 0 {
        return product(result, stride, left, right, scale, before);
    }
    let n_at_once = if stride == 1 { DOTS } else { left.n_rows };
    for first_row in (0..left.n_rows).step_by(n_at_once) {
        let rows = first_row..left.n_rows.min(first_row + n_at_once);
        let result = &mut result[first_row * stride..];
        for first in (0..left.n_columns).step_by(DEPTH) {
            let inner = first..left.n_columns.min(first + DEPTH);
            let before = if first == 0 { before } else { Before::Add };
            let (left, right) = (left.part(rows.clone(), inner.clone()), right.part(inner, 0..n_columns));
            product(result, stride, left, right, scale, before);
        }
    }
}

/// The result's rows lie `stride` apart.
fn product(result: &mut [f32], stride: usize, left: Matrix, right: Matrix, scale: f32, before: Before) {
    let n_columns = right.n_columns;
    let is_dot = stride == 1 && right.row_stride == 1;
    // Of up to two products, the kernels take one row as they take many.
    if left.n_rows == 1
        && !is_dot
        && left.n_columns > 2
        && left.column_stride == 1
        && right.column_stride == 1
    {
        let mut sums = vec![0.0; n_columns];
        let row = &left.values[..left.n_columns];
        pulp::Arch::new().dispatch(OneRow {
            sums: &mut sums,
            row,
            matrix: right.values,
            stride: right.row_stride,
        });
        for (result, sum) in result.iter_mut().zip(sums) {
            *result = if before == Before::Add { scale.mul_add(sum, *result) } else { scale * sum };
        }
        return;
    }
    // The strides of slices in memory fit an isize.
    let signed = |stride: usize| stride as isize;
    #[expect(unsafe_code, reason = "the product's kernels take pointers; the sizes were checked above")]
    // SAFETY: a `Matrix` is a slice of exactly n_rows · n_columns · n_blocks numbers without what lies before
    // its block and its part, and its strides visit no number twice and none behind its last; the same holds
    // for `result`. `result` is borrowed mutably, so it overlaps neither operand.
    unsafe {
        gemm::gemm(
            left.n_rows,
            n_columns,
            left.n_columns,
            result.as_mut_ptr(),
            1,
            signed(stride),
            before == Before::Add,
            left.values.as_ptr(),
            signed(left.column_stride),
            signed(left.row_stride),
            right.values.as_ptr(),
            signed(right.column_stride),
            signed(right.row_stride),
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
    fn a_row_has_the_same_bits_alone_and_among_others() {
        let uneven = |n: usize, seed: u32| -> Vec<f32> {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            };
            (0..n).map(|_| next()).collect()
        };
        let mut differing = Vec::new();
        for k in [1, 2, 3, 7, 16, 64, 100, 256, 512, 513, 700, 1024, 2000] {
            for n in [1, 2, 3, 5, 10, 16, 17, 48, 64, 100, 256, 300] {
                for n_blocks in [1, 3] {
                    let weights = uneven(k * n * n_blocks, 1);
                    for m in [2, 3, 8, 65, 256, 300] {
                        let x = uneven(m * k * n_blocks, 2);
                        for position in 0..n_blocks {
                            let block = |values, shape| Matrix::block(values, shape, position, n_blocks);
                            let right = block(&weights, [k, n]);
                            let mut all = vec![7.0; m * n * n_blocks];
                            let place = (position, n_blocks);
                            multiply_block(&mut all, place, block(&x, [m, k]), right, 0.3, Before::Forget);
                            let mut is_equal = true;
                            for row in [0, m - 1] {
                                let alone = &x[row * k * n_blocks..][..k * n_blocks];
                                let mut one = vec![7.0; n * n_blocks];
                                let left = block(alone, [1, k]);
                                multiply_block(&mut one, place, left, right, 0.3, Before::Forget);
                                let part = |values: &[f32]| values[position * n..][..n].to_vec();
                                is_equal &= part(&one) == part(&all[row * n * n_blocks..]);
                            }
                            if !is_equal {
                                differing.push([m, k, n, n_blocks]);
                            }
                        }
                    }
                }
            }
        }
        differing.dedup();
        assert!(differing.is_empty(), "{} shapes, such as [m, k, n, blocks] {differing:?}", differing.len());
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
