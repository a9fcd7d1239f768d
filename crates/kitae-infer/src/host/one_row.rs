//! The product of one row and a matrix, with the bits that the row has among others.

use pulp::{Simd, WithSimd};

/// Adds `row · matrix` to `sums`. The kernels for many rows add up the products of a number one after the
/// other, each by a fused multiplication and addition, and so does this; what they share out differently is
/// only which numbers are worked on at once. The matrix is read once, from its first row to its last.
pub(super) struct OneRow<'a> {
    pub(super) sums: &'a mut [f32],
    pub(super) row: &'a [f32],
    /// Its rows lie `stride` apart.
    pub(super) matrix: &'a [f32],
    pub(super) stride: usize,
}

/// Rows of the matrix that are added before the sums are written back.
const AT_ONCE: usize = 4;

impl WithSimd for OneRow<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sums, row, matrix, stride } = self;
        let width = sums.len();
        let (groups, rest) = row.as_chunks::<AT_ONCE>();
        let line = |position: usize| &matrix[position * stride..][..width];
        for (group, factors) in groups.iter().enumerate() {
            add(simd, sums, *factors, std::array::from_fn(|i| line(group * AT_ONCE + i)));
        }
        for (i, factor) in rest.iter().enumerate() {
            add(simd, sums, [*factor], [line(groups.len() * AT_ONCE + i)]);
        }
    }
}

#[inline(always)]
fn add<S: Simd, const N: usize>(simd: S, sums: &mut [f32], factors: [f32; N], lines: [&[f32]; N]) {
    let factors = factors.map(|factor| simd.splat_f32s(factor));
    let (whole, tail) = S::as_mut_simd_f32s(sums);
    let lines = lines.map(|line| S::as_simd_f32s(line));
    for (i, sum) in whole.iter_mut().enumerate() {
        for ((numbers, _), factor) in lines.iter().zip(factors) {
            *sum = simd.mul_add_e_f32s(numbers[i], factor, *sum);
        }
    }
    if !tail.is_empty() {
        let mut sum = simd.partial_load_f32s(tail);
        for ((_, numbers), factor) in lines.iter().zip(factors) {
            sum = simd.mul_add_e_f32s(simd.partial_load_f32s(numbers), factor, sum);
        }
        simd.partial_store_f32s(tail, sum);
    }
}
