//! What members of an ensemble multiply and add on their own. The members of a row stand side by side, so
//! `[n_rows · n_members, width]` is also `[n_rows, n_members · width]`, and a vector of each member is one
//! row of that.

use pulp::{Simd, WithSimd};

use super::product::Before;

/// `result` becomes each row of `x`, `[n_rows, width]`, once for each member, times its factors.
pub(super) struct Spread<'a> {
    pub(super) x: &'a [f32],
    pub(super) factors: &'a [f32],
    pub(super) width: usize,
    pub(super) result: &'a mut [f32],
}

impl WithSimd for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { x, factors, width, result } = self;
        for (x, members) in x.chunks_exact(width).zip(result.chunks_exact_mut(factors.len())) {
            let members = members.chunks_exact_mut(width).zip(factors.chunks_exact(width));
            for (result, factors) in members {
                for ((result, x), factor) in result.iter_mut().zip(x).zip(factors) {
                    *result = x * factor;
                }
            }
        }
    }
}

/// Adds to `sums` the gradients by the factors of [`Spread`], and `result` becomes the gradient by `x`.
pub(super) struct Unspread<'a> {
    pub(super) gradient: &'a [f32],
    pub(super) x: &'a [f32],
    pub(super) factors: &'a [f32],
    pub(super) width: usize,
    pub(super) sums: &'a mut [f32],
    pub(super) result: &'a mut [f32],
}

impl WithSimd for Unspread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { gradient, x, factors, width, sums, result } = self;
        result.fill(0.0);
        let rows = x.chunks_exact(width).zip(result.chunks_exact_mut(width));
        for ((x, result), members) in rows.zip(gradient.chunks_exact(factors.len())) {
            let vectors = factors.chunks_exact(width).zip(sums.chunks_exact_mut(width));
            for (gradient, (factors, sums)) in members.chunks_exact(width).zip(vectors) {
                let numbers = gradient.iter().zip(x).zip(factors);
                for (((g, x), factor), (sum, result)) in numbers.zip(sums.iter_mut().zip(&mut *result)) {
                    *sum += g * x;
                    *result += g * factor;
                }
            }
        }
    }
}

/// `result` becomes `x`, `[n_rows, n_members · width]`, times the members' factors.
pub(super) struct Scale<'a> {
    pub(super) x: &'a [f32],
    pub(super) factors: &'a [f32],
    pub(super) result: &'a mut [f32],
}

impl WithSimd for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { x, factors, result } = self;
        let n = factors.len();
        for (x, result) in x.chunks_exact(n).zip(result.chunks_exact_mut(n)) {
            for ((result, x), factor) in result.iter_mut().zip(x).zip(factors) {
                *result = x * factor;
            }
        }
    }
}

/// Adds to `sums` the gradients by the factors of [`Scale`], and `result` becomes the gradient by `x`, plus
/// itself where `before` says so.
pub(super) struct Unscale<'a> {
    pub(super) gradient: &'a [f32],
    pub(super) x: &'a [f32],
    pub(super) factors: &'a [f32],
    pub(super) sums: &'a mut [f32],
    pub(super) result: &'a mut [f32],
    pub(super) before: Before,
}

impl WithSimd for Unscale<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { gradient, x, factors, sums, result, before } = self;
        if before == Before::Forget {
            result.fill(0.0);
        }
        let n = factors.len();
        let rows = gradient.chunks_exact(n).zip(x.chunks_exact(n)).zip(result.chunks_exact_mut(n));
        for ((gradient, x), result) in rows {
            let numbers = gradient.iter().zip(x).zip(factors);
            for (((g, x), factor), (sum, result)) in numbers.zip(sums.iter_mut().zip(result)) {
                *sum += g * x;
                *result += g * factor;
            }
        }
    }
}

/// `z`, products `[n_rows, n_members · width]`, is kept in `products` and becomes itself times the members'
/// factors plus their biases.
pub(super) struct Shift<'a> {
    pub(super) z: &'a mut [f32],
    pub(super) products: &'a mut [f32],
    pub(super) factors: &'a [f32],
    pub(super) bias: &'a [f32],
}

impl WithSimd for Shift<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { z, products, factors, bias } = self;
        let n = factors.len();
        for (z, products) in z.chunks_exact_mut(n).zip(products.chunks_exact_mut(n)) {
            let vectors = factors.iter().zip(bias);
            for ((z, product), (factor, bias)) in z.iter_mut().zip(products).zip(vectors) {
                *product = *z;
                *z = *z * factor + bias;
            }
        }
    }
}

/// `gradient` by what [`Shift`] made becomes that by its products; sums over rows are added to `factor_sums`
/// and `bias_sums`.
pub(super) struct Unshift<'a> {
    pub(super) gradient: &'a mut [f32],
    pub(super) products: &'a [f32],
    pub(super) factors: &'a [f32],
    pub(super) factor_sums: &'a mut [f32],
    pub(super) bias_sums: &'a mut [f32],
}

impl WithSimd for Unshift<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { gradient, products, factors, factor_sums, bias_sums } = self;
        let n = factors.len();
        for (gradient, products) in gradient.chunks_exact_mut(n).zip(products.chunks_exact(n)) {
            let sums = factor_sums.iter_mut().zip(&mut *bias_sums);
            let numbers = gradient.iter_mut().zip(products).zip(factors);
            for (((g, product), factor), (of_factor, of_bias)) in numbers.zip(sums) {
                *of_factor += *g * product;
                *of_bias += *g;
                *g *= factor;
            }
        }
    }
}
