//! Matrix products on slices.

use gemm::Parallelism;

/// A matrix in a slice, as it is or transposed.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    n_rows: usize,
    n_columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row-major `[n_rows, n_columns]`.
    pub(super) fn new(values: &'a [f32], n_rows: usize, n_columns: usize) -> Self {
        assert_eq!(values.len(), n_rows * n_columns, "a matrix has a number for each place");
        Self { values, n_rows, n_columns, row_stride: n_columns, column_stride: 1 }
    }

    /// The same numbers with rows and columns exchanged.
    pub(super) fn transposed(self) -> Self {
        Self {
            n_rows: self.n_columns,
            n_columns: self.n_rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// What becomes of the numbers that the result replaces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Forget,
    Add,
}

/// `result` (row-major) becomes scale · left · right, plus itself where `before` says so.
pub(super) fn multiply(result: &mut [f32], left: Matrix, right: Matrix, scale: f32, before: Before) {
    assert_eq!(left.n_columns, right.n_rows, "the inner sizes of a product agree");
    assert_eq!(result.len(), left.n_rows * right.n_columns, "the result has a number for each place");
    if result.is_empty() {
        return;
    }
    // The strides of slices in memory fit an isize.
    let stride = |stride: usize| stride as isize;
    #[expect(unsafe_code, reason = "the product's kernels take pointers; the sizes were checked above")]
    // SAFETY: `Matrix` is made from a slice of exactly n_rows · n_columns numbers, and its strides
    // visit each of them once; the same holds for `result`. `result` is borrowed mutably, so it
    // overlaps neither operand.
    unsafe {
        gemm::gemm(
            left.n_rows,
            right.n_columns,
            left.n_columns,
            result.as_mut_ptr(),
            1,
            stride(right.n_columns),
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
