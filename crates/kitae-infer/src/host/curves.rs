//! Activations and their derivatives as plain arithmetic, which compilers turn into vector code.
//!
//! Values differ from the exact functions by less than 3e-7, absolute or relative, whichever is larger;
//! cos and sin by less than 1e-6.

use pulp::{Simd, WithSimd};

use crate::config::Activation;

/// A function and its derivative at a point.
pub(super) trait Curve {
    fn value(x: f32) -> f32;
    /// Value and derivative.
    fn both(x: f32) -> (f32, f32);
}

/// Something to do with the curve of an activation.
pub(super) trait WithCurve {
    fn run<C: Curve>(self);
}

/// Picks the curve once, outside all loops.
pub(super) fn with_curve(activation: Activation, work: impl WithCurve) {
    match activation {
        Activation::Identity => work.run::<Identity>(),
        Activation::Sigmoid => work.run::<Sigmoid>(),
        Activation::Tanh => work.run::<Tanh>(),
        Activation::Relu => work.run::<Relu>(),
        Activation::LeakyRelu => work.run::<LeakyRelu>(),
        Activation::Elu => work.run::<Elu>(),
        Activation::Selu => work.run::<Selu>(),
        Activation::Gelu => work.run::<Gelu>(),
        Activation::Silu => work.run::<Silu>(),
        Activation::Mish => work.run::<Mish>(),
    }
}

struct Identity;
struct Sigmoid;
struct Tanh;
struct Relu;
struct LeakyRelu;
struct Elu;
struct Selu;
struct Gelu;
struct Silu;
struct Mish;

impl Curve for Identity {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        (x, 1.0)
    }
}

impl Curve for Sigmoid {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        1.0 / (1.0 + exp(-x))
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        let e = exp(-x);
        let value = 1.0 / (1.0 + e);
        // e may overflow to infinity; then both are 0 and not 0·∞.
        (value, value * (1.0 - value))
    }
}

impl Curve for Tanh {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        Self::both(x).0
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        let value = 1.0 - 2.0 / (exp(2.0 * x) + 1.0);
        (value, 1.0 - value * value)
    }
}

impl Curve for Relu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        // A comparison, not `max`, so that NaN stays NaN.
        if x < 0.0 { 0.0 } else { x }
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        (Self::value(x), if x > 0.0 { 1.0 } else { 0.0 })
    }
}

/// Slope of the leaky rectifier on the negative side.
const LEAK: f32 = 0.01;

impl Curve for LeakyRelu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        if x < 0.0 { LEAK * x } else { x }
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        (Self::value(x), if x > 0.0 { 1.0 } else { LEAK })
    }
}

/// Value and derivative of λ·x for positive x, λ·α·(eˣ - 1) otherwise.
#[inline(always)]
fn exponential_unit(x: f32, alpha: f32, lambda: f32) -> (f32, f32) {
    // The exponential of a large positive number is not used, and finite.
    let e = exp(if x > 0.0 { 0.0 } else { x });
    let below = lambda * alpha * (e - 1.0);
    if x > 0.0 { (lambda * x, lambda) } else { (below, lambda * alpha * e) }
}

impl Curve for Elu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        exponential_unit(x, 1.0, 1.0).0
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        exponential_unit(x, 1.0, 1.0)
    }
}

/// α and λ of SELU (Klambauer et al. 2017, section 2).
const SELU: [f32; 2] = [1.673_263_2, 1.050_701];

impl Curve for Selu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        exponential_unit(x, SELU[0], SELU[1]).0
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        exponential_unit(x, SELU[0], SELU[1])
    }
}

impl Curve for Gelu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x * normal(x).0
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        let (below, density) = normal(x);
        (x * below, below + x * density)
    }
}

impl Curve for Silu {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        x * Sigmoid::value(x)
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        let sigmoid = Sigmoid::value(x);
        let value = x * sigmoid;
        (value, sigmoid + value * (1.0 - sigmoid))
    }
}

/// Past this tanh(ln(1 + eˣ)) is 1 in single precision, and (eˣ)⁴ is still finite before it.
const MISH_LIMIT: f32 = 20.0;

impl Curve for Mish {
    #[inline(always)]
    fn value(x: f32) -> f32 {
        let e = exp(if x > MISH_LIMIT { MISH_LIMIT } else { x });
        let n = e * (e + 2.0);
        x * (n / (n + 2.0))
    }

    #[inline(always)]
    fn both(x: f32) -> (f32, f32) {
        // x·w with w = n / (n + 2) and n = e·(e + 2); dw/dx = 4·e·(e + 1) / (n + 2)².
        let e = exp(if x > MISH_LIMIT { MISH_LIMIT } else { x });
        let n = e * (e + 2.0);
        let share = 1.0 / (n + 2.0);
        let w = n * share;
        (x * w, w + x * (4.0 * e * (e + 1.0) * share * share))
    }
}

/// Adding and subtracting this rounds to a whole number.
const ROUND: f32 = 12_582_912.0;

/// eˣ. Powers below 2⁻¹²⁶ become about 2⁻¹²⁶, powers above 2¹²⁷ about 2¹²⁷; NaN stays NaN.
///
/// 2ⁿ·eʳ with |r| ≤ ½·ln 2, and eʳ by its Taylor series.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = if x > 88.0 { 88.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts, the first with few digits, so that r loses none.
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let series = 1.0 / 5040.0;
    let series = series * r + 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let power = series * (r * r) + r + 1.0;
    // The low bits of `shifted` are n: moved to the place of the exponent they make 2ⁿ.
    let scale = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    power * scale
}

/// Each number x becomes eˣ, to 3e-7 of it: powers below 2⁻¹²⁶ become about 2⁻¹²⁶, powers above 2¹²⁷ about
/// 2¹²⁷. NaN stays NaN.
///
/// ```
/// let mut values = [0.0, 1.0, f32::NEG_INFINITY];
/// kitae_infer::host::exponentials(&mut values);
/// assert!(values[0] == 1.0 && (values[1] - 1.0_f32.exp()).abs() < 1e-6 && values[2] < 1e-37);
/// ```
pub fn exponentials(values: &mut [f32]) {
    pulp::Arch::new().dispatch(Exponentials(values));
}

struct Exponentials<'a>(&'a mut [f32]);

impl WithSimd for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for value in self.0 {
            *value = exp(*value);
        }
    }
}

/// Distribution function and density of the standard normal distribution.
///
/// Φ(-|x|) = φ(x)·Q(1/(1 + 0.2316419·|x|)) / φ's factor with Q of degree five: Abramowitz and Stegun
/// 1964, 26.2.17, whose error is below 7.5e-8.
#[inline(always)]
fn normal(x: f32) -> (f32, f32) {
    let size = if x < 0.0 { -x } else { x };
    let density = 0.398_942_3 * exp(-0.5 * x * x);
    let t = 1.0 / (1.0 + 0.231_641_9 * size);
    let series = 1.330_274_5;
    let series = series * t - 1.821_255_9;
    let series = series * t + 1.781_477_9;
    let series = series * t - 0.356_563_78;
    let series = series * t + 0.319_381_54;
    let tail = density * (series * t);
    (if x < 0.0 { tail } else { 1.0 - tail }, density)
}

/// cos and sin of 2π·`turns`.
///
/// By the half angle: with |πr| ≤ π/2 the Taylor series of cos(πr) and sin(πr) are short.
#[inline(always)]
pub(super) fn cos_sin(turns: f32) -> (f32, f32) {
    let r = turns - ((turns + ROUND) - ROUND);
    let h = std::f32::consts::PI * r;
    let s = h * h;
    let c = 1.0 / 479_001_600.0;
    let c = c * s - 1.0 / 3_628_800.0;
    let c = c * s + 1.0 / 40_320.0;
    let c = c * s - 1.0 / 720.0;
    let c = c * s + 1.0 / 24.0;
    let c = c * s - 0.5;
    let c = c * s + 1.0;
    let d = -1.0 / 39_916_800.0;
    let d = d * s + 1.0 / 362_880.0;
    let d = d * s - 1.0 / 5_040.0;
    let d = d * s + 1.0 / 120.0;
    let d = d * s - 1.0 / 6.0;
    let d = (d * s + 1.0) * h;
    (1.0 - 2.0 * d * d, 2.0 * d * c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(from: f32, to: f32) -> impl Iterator<Item = f32> {
        (0..=20_000).map(move |i| from + (to - from) * i as f32 / 20_000.0)
    }

    fn close(got: f32, expected: f64, x: f32) {
        let error = (f64::from(got) - expected).abs() / expected.abs().max(1.0);
        assert!(error < 3e-7, "at {x}: got {got}, expected {expected}");
    }

    #[test]
    fn exponentials_waves_and_normal_shares_are_exact_to_rounding() {
        for x in grid(-87.0, 88.0) {
            let expected = f64::from(x).exp();
            assert!((f64::from(exp(x)) / expected - 1.0).abs() < 3e-7, "exp({x})");
        }
        for x in grid(-4.0, 4.0) {
            let angle = std::f64::consts::TAU * f64::from(x);
            let (cos, sin) = cos_sin(x);
            assert!((f64::from(cos) - angle.cos()).abs() < 1e-6, "cos({x})");
            assert!((f64::from(sin) - angle.sin()).abs() < 1e-6, "sin({x})");
        }
        // Φ by the sum of the density from 0, in steps of 1/5000.
        let mut below = 0.5;
        let density = |x: f64| 0.398_942_280_401_432_7 * (-0.5 * x * x).exp();
        for i in 0..25_000 {
            let x = f64::from(i) / 5_000.0;
            close(normal(x as f32).0, below, x as f32);
            close(normal(-x as f32).0, 1.0 - below, -x as f32);
            below += (density(x) + 4.0 * density(x + 1e-4) + density(x + 2e-4)) / 30_000.0;
        }
    }

    struct Check<F>(F);

    impl<F: Fn(f64) -> f64> WithCurve for Check<F> {
        fn run<C: Curve>(self) {
            for x in grid(-30.0, 30.0).filter(|x| x.abs() > 1e-3) {
                let (value, slope) = C::both(x);
                close(C::value(x), f64::from(value), x);
                close(value, (self.0)(f64::from(x)), x);
                // The derivative by the difference of two values.
                let (low, high) = (f64::from(x) - 1e-5, f64::from(x) + 1e-5);
                let expected = ((self.0)(high) - (self.0)(low)) / 2e-5;
                assert!((f64::from(slope) - expected).abs() < 1e-6, "at {x}: {slope} for {expected}");
            }
            assert!(C::value(f32::NAN).is_nan() && C::both(f32::NAN).0.is_nan());
            for x in [-1e30, -500.0, 500.0, 1e30] {
                let (value, slope) = C::both(x);
                assert!(value.is_finite() && slope.is_finite(), "at {x}: {value}, {slope}");
            }
        }
    }

    #[test]
    fn activations_and_their_derivatives_are_those_of_the_definitions() {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let elu = |x: f64, alpha: f64, lambda: f64| lambda * if x > 0.0 { x } else { alpha * x.exp_m1() };
        let check = |activation, definition: fn(f64) -> f64| with_curve(activation, Check(definition));
        check(Activation::Identity, |x| x);
        check(Activation::Tanh, f64::tanh);
        check(Activation::Relu, |x| x.max(0.0));
        check(Activation::LeakyRelu, |x| if x > 0.0 { x } else { 0.01 * x });
        check(Activation::Mish, |x| x * x.exp().ln_1p().tanh());
        with_curve(Activation::Sigmoid, Check(sigmoid));
        with_curve(Activation::Silu, Check(|x| x * sigmoid(x)));
        with_curve(Activation::Elu, Check(|x| elu(x, 1.0, 1.0)));
        with_curve(Activation::Selu, Check(|x| elu(x, 1.673_263_242_354_377_2, 1.050_700_987_355_480_5)));
    }
}
