//! Student's t distribution.
//!
//! ```
//! use kitae_eval::student::StudentT;
//!
//! // With few folds the distance that is needed to be 95 % sure is larger than the normal's 1.96.
//! let five_folds = StudentT::new(4).and_then(|student| student.quantile(0.975));
//! assert!(five_folds.is_some_and(|t| (t - 2.776).abs() < 1e-3));
//! ```

use std::f64::consts::PI;

/// Student's t distribution with a whole number of degrees of freedom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudentT {
    degrees: f64,
    /// Γ((ν + 1) / 2) / (Γ(ν / 2) √π), that is 1 / B(ν / 2, 1 / 2).
    scale: f64,
}

impl StudentT {
    /// The distribution with `degrees_of_freedom`; `None` for 0.
    pub fn new(degrees_of_freedom: u32) -> Option<Self> {
        let degrees = f64::from(degrees_of_freedom);
        let scale = half_step_gamma_ratio(degrees / 2.0) / PI.sqrt();
        (degrees_of_freedom > 0).then_some(Self { degrees, scale })
    }

    /// P(T ≤ `t`). NaN for NaN.
    pub fn cdf(&self, t: f64) -> f64 {
        let tail = self.two_sided(t) / 2.0;
        if t > 0.0 { 1.0 - tail } else { tail }
    }

    /// P(|T| ≥ |`t`|), the two-sided p-value of `t`, accurate far out too. NaN for NaN.
    ///
    /// It is the regularised incomplete beta function I(ν / 2, 1 / 2) at ν / (ν + t²) (DLMF 8.17).
    pub fn two_sided(&self, t: f64) -> f64 {
        let (half, odds) = (self.degrees / 2.0, t * t / self.degrees);
        if odds == 0.0 || odds == f64::INFINITY {
            return if odds == 0.0 { 1.0 } else { 0.0 };
        }
        // x = ν / (ν + t²), and y = 1 - x without its rounding.
        let (x, y) = (1.0 / (1.0 + odds), odds / (1.0 + odds));
        let front = (-half * odds.ln_1p()).exp() * y.sqrt() * self.scale;
        // The fraction is good up to the mean of the beta distribution, where |t| = 1.
        if t.abs() >= 1.0 {
            front * beta_fraction(half, 0.5, x, y)
        } else {
            1.0 - front * beta_fraction(0.5, half, y, x)
        }
    }

    /// The t with P(T ≤ t) = `probability`; `None` unless 0 < `probability` < 1.
    ///
    /// ```
    /// use kitae_eval::student::StudentT;
    ///
    /// let student = StudentT::new(9).expect("at least one degree");
    /// let t = student.quantile(0.9).expect("between 0 and 1");
    /// assert!((student.cdf(t) - 0.9).abs() < 1e-12);
    /// assert_eq!(student.quantile(1.0), None);
    /// ```
    pub fn quantile(&self, probability: f64) -> Option<f64> {
        if !(probability > 0.0 && probability < 1.0) {
            return None;
        }
        let tail = 2.0 * probability.min(1.0 - probability);
        Some(self.two_sided_quantile(tail).copysign(probability - 0.5))
    }

    /// How far from zero the true mean must lie, in standard errors of its estimate, for a two-sided test at
    /// confidence `level` to find it on the right side with probability `power`: the noncentrality of the t
    /// distribution, exact where the plain sum of the two quantiles is too small. `None` unless both are
    /// between 0 and 1, `power` above (1 - `level`) / 2.
    pub fn detectable(&self, level: f64, power: f64) -> Option<f64> {
        let critical = self.quantile(f64::midpoint(1.0, level)).filter(|_| level > 0.0 && level < 1.0)?;
        if !(power > (1.0 - level) / 2.0 && power < 1.0) {
            return None;
        }
        let spreads = self.spreads();
        let found = |shift: f64| {
            spreads.iter().map(|(spread, weight)| weight * normal(shift - critical * spread)).sum::<f64>()
        };
        let (mut low, mut high) = (0.0, 1.0);
        while found(high) < power {
            (low, high) = (high, 2.0 * high);
        }
        while high - low > 1e-9 * high {
            let middle = f64::midpoint(low, high);
            if found(middle) < power { low = middle } else { high = middle }
        }
        Some(high)
    }

    /// The distribution of s / σ on an even grid, as values and weights that sum to 1: its density is
    /// proportional to s^(ν - 1) exp(-ν s² / 2).
    fn spreads(&self) -> Vec<(f64, f64)> {
        let reach = 8.0 / (2.0 * self.degrees).sqrt();
        let (low, high) = ((1.0 - reach).max(0.0), 1.0 + reach);
        let at = |step: usize| low + (high - low) * (step as f64 + 0.5) / GRID as f64;
        // Relative to the density near its peak, so that no power overflows.
        let density = |s: f64| ((self.degrees - 1.0) * s.ln() - self.degrees * (s * s - 1.0) / 2.0).exp();
        let all: Vec<(f64, f64)> = (0..GRID).map(at).map(|s| (s, density(s))).collect();
        let sum: f64 = all.iter().map(|(_, weight)| weight).sum();
        all.into_iter().map(|(s, weight)| (s, weight / sum)).collect()
    }

    /// The t ≥ 0 with P(|T| ≥ t) = `tail`, by halving an interval that holds it.
    fn two_sided_quantile(&self, tail: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        while self.two_sided(high) > tail {
            (low, high) = (high, 2.0 * high);
        }
        loop {
            let middle = f64::midpoint(low, high);
            if middle <= low || middle >= high {
                return middle;
            }
            if self.two_sided(middle) > tail {
                low = middle;
            } else {
                high = middle;
            }
        }
    }
}

/// Points of the midpoint rule for [`StudentT::detectable`].
const GRID: usize = 200;

/// P(Z ≤ `z`) of the standard normal distribution, to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
fn normal(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let factors = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let tail = 0.5 * (-x * x).exp() * factors.iter().fold(0.0, |sum, factor| (sum + factor) * t);
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// Γ(a + 1/2) / Γ(a) for a ≥ 1/2 or a = 0: moved up to where the series of DLMF 5.11.13 has settled. A
/// ratio keeps the digits that the difference of two logarithms of Γ would lose.
fn half_step_gamma_ratio(a: f64) -> f64 {
    let (mut a, mut factor) = (a, 1.0);
    while a < 40.0 {
        factor *= a / (a + 0.5);
        a += 1.0;
    }
    let terms = [-21.0 / 32768.0, 5.0 / 1024.0, 1.0 / 128.0, -1.0 / 8.0, 1.0];
    let next = -399.0 / 262_144.0;
    factor * a.sqrt() * terms.iter().fold(next, |sum, term| sum / a + term)
}

/// The continued fraction that I(a, b) at x is x^a y^b / B(a, b) times of, where y = 1 - x and
/// x ≤ a / (a + b): the fraction of Didonato and Morris (1992), *Significant digit computation of the
/// incomplete beta function ratios*, evaluated by the method of Lentz.
///
/// Fractions in x alone lose digits where x is near 1, which is where many degrees of freedom put it.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    // 160 terms do for any number of degrees of freedom; the bound only ends the loop for NaN.
    const N_TERMS: u32 = 1000;
    // (a y - b x) is (a - (a + b) x) without its rounding.
    let first = a / (a + 1.0) * (a * y - b * x + 1.0);
    let (mut fraction, mut numerator, mut denominator) = (first, first, 0.0);
    for term in 1..=N_TERMS {
        let n = f64::from(term);
        let below = a + 2.0 * n - 1.0;
        let product = n * (b - n) * x / below;
        let alpha = (a + n - 1.0) * (a + b + n - 1.0) / below * product * x;
        let beta = n + product + (a + n) / (below + 2.0) * (a * y - b * x + 1.0 + n * (1.0 + y));
        denominator = 1.0 / (beta + alpha * denominator);
        numerator = beta + alpha / numerator;
        let step = numerator * denominator;
        fraction *= step;
        if (step - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    1.0 / fraction
}
