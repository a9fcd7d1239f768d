//! What follows the matrix product of a hidden layer, in one pass over memory.

use pulp::{Simd, WithSimd};

use super::curves::{Curve, WithCurve, with_curve};
use super::dropout::Silence;
use crate::config::Activation;

/// The numbers that a hidden layer adds and multiplies.
#[derive(Clone, Copy)]
pub(super) struct Unit<'a> {
    pub(super) activation: Activation,
    pub(super) bias: &'a [f32],
    pub(super) slope: Option<&'a [f32]>,
}

/// `x` holds products `[n_rows, width]` and becomes activations.
pub(super) struct Finish<'a> {
    pub(super) arch: pulp::Arch,
    pub(super) unit: Unit<'a>,
    pub(super) x: &'a mut [f32],
}

/// As [`Finish`], and `slopes` becomes the derivative of each activation by its product; `strengths`,
/// empty without learned slopes, its derivative by the neuron's slope.
pub(super) struct FinishTraining<'a> {
    pub(super) arch: pulp::Arch,
    pub(super) unit: Unit<'a>,
    pub(super) x: &'a mut [f32],
    pub(super) slopes: &'a mut [f32],
    pub(super) strengths: &'a mut [f32],
    pub(super) noise: Option<(u32, Silence)>,
}

impl Finish<'_> {
    pub(super) fn run(self) {
        with_curve(self.unit.activation, self);
    }
}

impl WithCurve for Finish<'_> {
    fn run<C: Curve>(self) {
        let arch = self.arch;
        arch.dispatch(Evaluate::<C> { work: self, curve: std::marker::PhantomData });
    }
}

struct Evaluate<'a, C> {
    work: Finish<'a>,
    curve: std::marker::PhantomData<C>,
}

impl<C: Curve> WithSimd for Evaluate<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Finish { unit, x, .. } = self.work;
        let width = unit.bias.len();
        for x in x.chunks_exact_mut(width) {
            match unit.slope {
                None => {
                    for (x, bias) in x.iter_mut().zip(unit.bias) {
                        *x = C::value(*x + bias);
                    }
                }
                Some(slope) => {
                    for ((x, bias), slope) in x.iter_mut().zip(unit.bias).zip(slope) {
                        let z = *x + bias;
                        *x = z + (C::value(z) - z) * slope;
                    }
                }
            }
        }
    }
}

impl FinishTraining<'_> {
    pub(super) fn run(self) {
        with_curve(self.unit.activation, self);
    }
}

impl WithCurve for FinishTraining<'_> {
    fn run<C: Curve>(self) {
        let arch = self.arch;
        arch.dispatch(Train::<C> { work: self, curve: std::marker::PhantomData });
    }
}

struct Train<'a, C> {
    work: FinishTraining<'a>,
    curve: std::marker::PhantomData<C>,
}

impl<C: Curve> WithSimd for Train<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let FinishTraining { unit, x, slopes, strengths, noise, .. } = self.work;
        let width = unit.bias.len();
        let rows = x.chunks_exact_mut(width).zip(slopes.chunks_exact_mut(width));
        match unit.slope {
            None => {
                for (x, slopes) in rows {
                    for ((x, bias), df) in x.iter_mut().zip(unit.bias).zip(slopes) {
                        (*x, *df) = C::both(*x + bias);
                    }
                }
            }
            Some(slope) => {
                for ((x, slopes), strengths) in rows.zip(strengths.chunks_exact_mut(width)) {
                    let neurons = x.iter_mut().zip(slopes).zip(strengths);
                    for (((x, df), strength), (bias, slope)) in neurons.zip(unit.bias.iter().zip(slope)) {
                        let z = *x + bias;
                        let (f, derivative) = C::both(z);
                        *strength = f - z;
                        *x = z + (f - z) * slope;
                        *df = 1.0 + (derivative - 1.0) * slope;
                    }
                }
            }
        }
        if let Some((from, silence)) = noise {
            for values in [x, slopes, strengths] {
                for (i, value) in values.iter_mut().enumerate() {
                    *value *= silence.factor(from.wrapping_add(i as u32));
                }
            }
        }
    }
}

/// `gradient` by activations `[n_rows, width]` becomes that by products; the sums over rows are added
/// to `bias`, and those by the slopes to `slope` (empty without learned slopes).
pub(super) struct Unfinish<'a> {
    pub(super) gradient: &'a mut [f32],
    pub(super) slopes: &'a [f32],
    pub(super) strengths: &'a [f32],
    pub(super) bias: &'a mut [f32],
    pub(super) slope: &'a mut [f32],
}

impl WithSimd for Unfinish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let width = self.bias.len();
        if !self.slope.is_empty() {
            for (gradient, strengths) in
                self.gradient.chunks_exact(width).zip(self.strengths.chunks_exact(width))
            {
                for ((sum, gradient), strength) in self.slope.iter_mut().zip(gradient).zip(strengths) {
                    *sum += gradient * strength;
                }
            }
        }
        for (gradient, slopes) in self.gradient.chunks_exact_mut(width).zip(self.slopes.chunks_exact(width)) {
            for ((sum, gradient), slope) in self.bias.iter_mut().zip(gradient).zip(slopes) {
                *gradient *= slope;
                *sum += *gradient;
            }
        }
    }
}
