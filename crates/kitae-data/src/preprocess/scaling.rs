//! One number of every row: fitted on the training rows, applied to any.

use serde::{Deserialize, Serialize};

use super::NumericTransform;
use super::moments::mean_and_deviation;
use super::normal::normal_quantile;
use crate::rounding::{ROUNDING, half_spread};

/// Before it is clipped smoothly, a number is cut off here, where the clip equals ±3 to eleven digits.
/// This keeps squares finite.
pub const FAR: f64 = 1e6;

/// Where a standardised number is cut off.
pub const STANDARD_LIMIT: f64 = 10.0;

/// The least probability of a quantile (scikit-learn's `BOUNDS_THRESHOLD`).
pub const LEAST_PROBABILITY: f64 = 1e-7;

/// How a number is scaled, and what stands in for a missing one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaledNumber {
    /// What stands in for a missing number: the median of the training rows, 0 where there is none.
    pub fill: f64,
    /// What is done to it.
    pub scaling: Scaling,
}

/// What is done to a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scaling {
    /// Always 0: the training rows do not vary.
    Zero,
    /// (x - centre) · factor, then the smooth clip of `RealMLP`.
    SmoothClip {
        /// What becomes 0.
        centre: f64,
        /// Positive.
        factor: f64,
    },
    /// (x - centre) · factor, cut off at ±[`STANDARD_LIMIT`].
    Clip {
        /// What becomes 0.
        centre: f64,
        /// Positive.
        factor: f64,
    },
    /// The normal quantile of the rank among these values, which are evenly spaced in rank.
    Quantiles {
        /// Ascending, two or more; some may be equal.
        knots: Vec<f64>,
    },
    /// x itself.
    Keep,
}

impl ScaledNumber {
    /// Fits on the `values` of the training rows, in any order; NaN where missing, else finite.
    pub(super) fn fit(transform: NumericTransform, mut values: Vec<f64>) -> Self {
        values.retain(|value| !value.is_nan());
        values.sort_unstable_by(f64::total_cmp);
        let (Some(&least), Some(&most)) = (values.first(), values.last()) else {
            return Self { fill: 0.0, scaling: Scaling::Zero };
        };
        let fill = sorted_quantile(&values, 0.5);
        let half_range = half_spread(least, most);
        let scaling = match transform {
            _ if half_range == 0.0 => Scaling::Zero,
            NumericTransform::RobustSmoothClip => robust(&values, half_range),
            NumericTransform::Standardise => standard(&values),
            NumericTransform::QuantileNormal => Scaling::Quantiles { knots: quantile_knots(&values) },
            NumericTransform::None => Scaling::Keep,
        };
        Self { fill, scaling }
    }

    /// Scales `values` (finite, or NaN where missing) into `scaled`.
    pub(super) fn apply(&self, values: &[f64], scaled: &mut [f32]) {
        match &self.scaling {
            Scaling::Zero => scaled.fill(0.0),
            &Scaling::SmoothClip { centre, factor } => {
                self.each(values, scaled, |value| smooth_clip((value - centre) * factor));
            }
            &Scaling::Clip { centre, factor } => self.each(values, scaled, |value| {
                ((value - centre) * factor).clamp(-STANDARD_LIMIT, STANDARD_LIMIT)
            }),
            Scaling::Quantiles { knots } => self.each(values, scaled, |value| normal_rank(knots, value)),
            Scaling::Keep => {
                self.each(values, scaled, |value| value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)));
            }
        }
    }

    /// What makes these numbers useless, if anything does.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let is_linear = |centre: f64, factor: f64| centre.is_finite() && factor.is_finite() && factor > 0.0;
        let is_good = match &self.scaling {
            Scaling::Zero | Scaling::Keep => true,
            &Scaling::SmoothClip { centre, factor } | &Scaling::Clip { centre, factor } => {
                is_linear(centre, factor)
            }
            Scaling::Quantiles { knots } => {
                knots.len() >= 2 && knots.is_sorted() && knots.iter().all(|knot| knot.is_finite())
            }
        };
        match (self.fill.is_finite(), is_good) {
            (false, _) => Some("the value for missing cells is not finite"),
            (_, false) => Some("a scale is not finite, not positive or not ascending"),
            _ => None,
        }
    }

    fn each(&self, values: &[f64], scaled: &mut [f32], scale: impl Fn(f64) -> f64) {
        for (scaled, &value) in scaled.iter_mut().zip(values) {
            *scaled = scale(if value.is_nan() { self.fill } else { value }) as f32;
        }
    }
}

/// Median and quartiles; where the quartiles coincide, but for rounding, half the range.
fn robust(sorted: &[f64], half_range: f64) -> Scaling {
    let half = |low, high| half_spread(sorted_quantile(sorted, low), sorted_quantile(sorted, high));
    let half_box = half(0.25, 0.75);
    let is_real = half_box > 0.0 && !is_error(half_box, half(0.05, 0.95));
    let factor = if is_real { 0.5 / half_box } else { 1.0 / half_range };
    Scaling::SmoothClip { centre: sorted_quantile(sorted, 0.5), factor }
}

/// Whether quartiles lie as far apart as the errors of sums or sines whose results are as large as the rest
/// of the column: 1e-16 where other rows hold 1. What is smaller still is no error beside cells that are far
/// off, such as 1e36.
fn is_error(half_box: f64, half_rest: f64) -> bool {
    let part = half_box / half_rest;
    part < ROUNDING && part > 1e-18
}

fn standard(values: &[f64]) -> Scaling {
    let (centre, deviation) = mean_and_deviation(values.iter().copied());
    let factor = 1.0 / deviation;
    if factor.is_finite() { Scaling::Clip { centre, factor } } else { Scaling::Zero }
}

/// x / √(1 + (x/3)²): the identity near 0, and never beyond ±3.
fn smooth_clip(value: f64) -> f64 {
    let value = value.clamp(-FAR, FAR);
    let third = value * (1.0 / 3.0);
    value / (1.0 + third * third).sqrt()
}

/// Quantiles at evenly spaced ranks; as many as `TabM` takes: n/30, but 10 to 1000.
fn quantile_knots(sorted: &[f64]) -> Vec<f64> {
    let n_knots = (sorted.len() / 30).clamp(10, 1000);
    let knot = |i: usize| sorted_quantile(sorted, i as f64 / (n_knots - 1) as f64);
    let rising = |highest: &mut f64, knot: f64| {
        // Knots that differ by rounding errors alone are one.
        if knot > *highest && (*highest == f64::MIN || half_spread(*highest, knot) > 0.0) {
            *highest = knot;
        }
        Some(*highest)
    };
    (0..n_knots).map(knot).scan(f64::MIN, rising).collect()
}

/// The normal quantile of the rank of `value` among the knots; of a value that several knots share,
/// the middle of their ranks (scikit-learn's `QuantileTransformer`).
///
/// `NOTE[DIFF]`: scikit-learn takes the least value for the extreme even where many rows share it, and
/// `TabM` adds noise to the training rows against that. The middle of the ranks is what the noise
/// gives on average, and leaves nothing to chance.
fn normal_rank(knots: &[f64], value: f64) -> f64 {
    let is_same = |knot: f64| is_same(knot, value);
    let n_below = knots.partition_point(|knot| *knot < value && !is_same(*knot));
    let n_shared = knots[n_below..].iter().take_while(|knot| is_same(**knot)).count();
    let rank = match (n_below, n_shared) {
        (n_below, 1..) => n_below as f64 + (n_shared - 1) as f64 / 2.0,
        (0, 0) => 0.0,
        (n_below, 0) if n_below == knots.len() => (knots.len() - 1) as f64,
        (n_below, 0) => {
            let (low, high) = (knots[n_below - 1], knots[n_below]);
            // Halves keep the differences of huge numbers finite; of the tiniest they may be 0 / 0, for
            // which `max` gives 0.
            let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
            (n_below - 1) as f64 + share.max(0.0)
        }
    };
    let probability = rank / (knots.len() - 1) as f64;
    normal_quantile(probability.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY))
}

/// Whether a quantile takes two numbers for one: they differ by rounding errors at most.
pub fn is_same(one: f64, other: f64) -> bool {
    one == other || half_spread(one.min(other), one.max(other)) == 0.0
}

/// The quantile of sorted values, between neighbours in proportion (numpy's default).
fn sorted_quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let below = (position.floor() as usize).min(sorted.len() - 1);
    let (low, high) = (sorted[below], sorted[(below + 1).min(sorted.len() - 1)]);
    let share = position - below as f64;
    // Of equal neighbours a weighted mean could miss the value by a rounding error.
    if low == high { low } else { low * (1.0 - share) + high * share }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const TRANSFORMS: [NumericTransform; 4] = [
        NumericTransform::RobustSmoothClip,
        NumericTransform::Standardise,
        NumericTransform::QuantileNormal,
        NumericTransform::None,
    ];

    fn fit(transform: NumericTransform, values: &[f64]) -> ScaledNumber {
        ScaledNumber::fit(transform, values.to_vec())
    }

    fn apply(number: &ScaledNumber, values: &[f64]) -> Vec<f32> {
        let mut scaled = vec![f32::NAN; values.len()];
        number.apply(values, &mut scaled);
        scaled
    }

    fn check_close(got: &[f32], expected: &[f64], tolerance: f64) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            assert!((f64::from(*got) - expected).abs() <= tolerance, "{got} {expected}");
        }
    }

    /// Columns and what scikit-learn makes of them; written by `tests/golden/preprocess.py`.
    fn golden() -> HashMap<String, HashMap<String, Vec<f64>>> {
        serde_json::from_str(include_str!("../../tests/golden/preprocess.json")).unwrap()
    }

    #[test]
    fn robust_and_standard_scaling_agree_with_scikit_learn() {
        for column in golden().values() {
            let (train, test) = (&column["train"], &column["test"]);
            let robust = fit(NumericTransform::RobustSmoothClip, train);
            check_close(&apply(&robust, test), &column["robust_smooth_clip"], 1e-6);
            let standard = fit(NumericTransform::Standardise, train);
            let expected: Vec<f64> = column["standardise"].iter().map(|z| z.clamp(-10.0, 10.0)).collect();
            check_close(&apply(&standard, test), &expected, 1e-6);
        }
    }

    #[test]
    fn quantiles_agree_with_scikit_learn() {
        for column in golden().values() {
            let number = fit(NumericTransform::QuantileNormal, &column["train"]);
            check_close(&apply(&number, &column["test"]), &column["quantile_normal"], 1e-6);
        }
    }

    #[test]
    fn robust_scaling_by_hand() {
        // Median 3, quartiles 2 and 4: z = (x - 3) / 2, then z / √(1 + z²/9).
        let number = fit(NumericTransform::RobustSmoothClip, &[5.0, 1.0, 4.0, 2.0, 3.0]);
        let scaled = apply(&number, &[3.0, 5.0, f64::NAN, 9.0]);
        check_close(&scaled, &[0.0, 1.0 / (10.0_f64 / 9.0).sqrt(), 0.0, 3.0 / 2.0_f64.sqrt()], 1e-7);
        // Quartiles coincide, so z = 2 (x - 0) / 8.
        let number = fit(NumericTransform::RobustSmoothClip, &[0.0, 0.0, 0.0, 0.0, 8.0]);
        check_close(&apply(&number, &[0.0, 4.0]), &[0.0, 1.0 / (10.0_f64 / 9.0).sqrt()], 1e-7);
    }

    #[test]
    fn constant_nearly_constant_and_empty_columns_become_exactly_zero() {
        let nearly = [0.3, 0.1 + 0.2, 0.3, 0.3];
        let columns: [&[f64]; 6] =
            [&[7.0, 7.0, 7.0], &nearly, &[f64::NAN, f64::NAN], &[], &[f64::NAN, 4.0], &[5e-324, 0.0, 1e-323]];
        for (column, transform) in columns.iter().flat_map(|c| TRANSFORMS.map(|t| (c, t))) {
            let scaled = apply(&fit(transform, column), &[7.0, 0.3, -1e9, f64::NAN]);
            assert_eq!(scaled, [0.0; 4], "{column:?} {transform:?}");
        }
    }

    #[test]
    fn errors_of_rounding_are_no_distance_between_quartiles() {
        // Three in four of the cosines are 0 but for an error that differs by platform; the others are ±1.
        let cosines = [6.1e-17, -1.8e-16, 6.1e-17, -1.8e-16, 6.1e-17, -1.8e-16, 1.0, -1.0].repeat(20);
        let scaled = apply(&fit(NumericTransform::RobustSmoothClip, &cosines), &cosines);
        assert!(scaled[..4].iter().all(|scaled| scaled.abs() < 1e-12), "{:?}", &scaled[..4]);
        assert!((scaled[6] - 0.948_683_3).abs() < 1e-6, "{}", scaled[6]);
        // Cells that stand for missing ones leave the others their distances.
        let filled = [[1.0, 2.0, 3.0, 4.0, 5.0].repeat(16), vec![1e36; 10]].concat();
        let scaled = apply(&fit(NumericTransform::RobustSmoothClip, &filled), &[2.0, 4.0]);
        assert!(scaled[1] - scaled[0] > 0.5, "{scaled:?}");
    }

    #[test]
    fn an_error_of_rounding_changes_no_rank() {
        let shares = [0.3, 0.1 + 0.2, 0.5, 0.9].repeat(30);
        let number = fit(NumericTransform::QuantileNormal, &shares);
        let [less, more] = [0.3, 0.1 + 0.2].map(|value: f64| apply(&number, &[value]));
        assert_eq!(less, more);
        assert!(apply(&number, &[0.5])[0] > more[0]);
        let scaled = apply(&number, &[0.5_f64.next_down(), 0.5, 0.5_f64.next_up()]);
        assert!(scaled.iter().all(|other| *other == scaled[0]), "{scaled:?}");
    }

    #[test]
    fn everything_finite_becomes_finite_and_bounded() {
        let columns: [&[f64]; 7] = [
            &[0.0, 1.0, 2.0, 3.0],
            &[0.0, 0.0, 0.0, 1e-9],
            &[f64::MIN, 0.0, f64::MAX],
            &[f64::MIN, f64::MIN, f64::MAX, f64::MAX],
            &[1e-300, 2e-300, 3e-300],
            &[1e15, 1e15 + 1.0, 1e15 + 2.0],
            &[-999.0, 0.1, 0.2, 0.3, 1e18],
        ];
        let cells = [0.0, -0.0, 1.0, 1e-320, 1e-9, f64::MAX, f64::MIN, f64::NAN, -7.5];
        for (column, transform) in columns.iter().flat_map(|c| TRANSFORMS.map(|t| (c, t))) {
            let bound = match transform {
                NumericTransform::RobustSmoothClip => 3.0,
                NumericTransform::Standardise => 10.0,
                NumericTransform::QuantileNormal => 5.2,
                NumericTransform::None => f32::MAX,
            };
            let number = fit(transform, column);
            assert_eq!(number.problem(), None);
            for scaled in [apply(&number, &cells), apply(&number, column)].concat() {
                assert!(scaled.abs() <= bound, "{column:?} {transform:?} {scaled}");
            }
        }
    }

    #[test]
    fn a_larger_number_never_becomes_smaller() {
        let column: Vec<f64> = (0..500).map(|i| f64::from(i * i % 97) / 7.0).chain([0.0; 300]).collect();
        let cells: Vec<f64> = (-3000..3000).map(|i| f64::from(i) / 150.0).collect();
        for transform in TRANSFORMS {
            assert!(apply(&fit(transform, &column), &cells).is_sorted(), "{transform:?}");
        }
    }

    #[test]
    fn a_value_that_many_rows_share_is_the_middle_of_its_ranks() {
        // Of the 11 knots the first 7 and the last 2 are shared: ranks 0 to 6 and 9 to 10.
        let column: Vec<f64> = (0..331).map(|i| f64::from(i - 200).clamp(0.0, 90.0)).collect();
        let number = fit(NumericTransform::QuantileNormal, &column);
        let expected = [0.3, 0.95, 1e-7, 1.0 - 1e-7].map(normal_quantile);
        check_close(&apply(&number, &[0.0, 90.0, -0.001, 90.001]), &expected, 1e-6);
    }

    #[test]
    fn ranks_among_the_tiniest_and_the_hugest_knots_are_numbers() {
        assert!(normal_rank(&[1.5e-323, 2.5e-323, 1.0], 2e-323).is_finite());
        assert_eq!(normal_rank(&[f64::MIN, f64::MAX], 0.0), 0.0);
    }

    #[test]
    fn the_order_of_the_training_rows_does_not_matter() {
        let column: Vec<f64> = (0..200).map(|i| f64::from(i * 37 % 101)).collect();
        let mut other = column.clone();
        other.rotate_left(77);
        for transform in TRANSFORMS {
            assert_eq!(fit(transform, &column), fit(transform, &other));
        }
    }

    #[test]
    fn damaged_numbers_are_found() {
        let check = |scaling| assert!(ScaledNumber { fill: 0.0, scaling }.problem().is_some());
        check(Scaling::SmoothClip { centre: 0.0, factor: 0.0 });
        check(Scaling::Clip { centre: f64::NAN, factor: 1.0 });
        check(Scaling::Quantiles { knots: vec![1.0] });
        check(Scaling::Quantiles { knots: vec![1.0, 0.0] });
        check(Scaling::Quantiles { knots: vec![0.0, f64::INFINITY] });
        assert!(ScaledNumber { fill: f64::NAN, scaling: Scaling::Keep }.problem().is_some());
    }
}
