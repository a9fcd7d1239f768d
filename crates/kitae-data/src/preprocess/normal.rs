//! The quantiles of the normal distribution.

/// The value below which a standard normal number lies with the probability `probability`, for
/// probabilities from 10⁻⁹ to 1 - 10⁻⁹. Relative error about 10⁻¹⁵.
///
/// Two of the three rational functions of M. J. Wichura, "Algorithm AS 241: The Percentage Points of the
/// Normal Distribution" (1988), `PPND16`; the third serves tails beyond 10⁻¹⁰. The logarithm is that of
/// `libm`, so that a model predicts alike on every platform.
pub fn normal_quantile(probability: f64) -> f64 {
    let from_middle = probability - 0.5;
    if from_middle.abs() <= 0.425 {
        let x = 0.180_625 - from_middle * from_middle;
        from_middle * polynomial(&MIDDLE_OVER, x) / polynomial(&MIDDLE_UNDER, x)
    } else {
        let x = (-libm::log(probability.min(1.0 - probability))).sqrt() - 1.6;
        (polynomial(&TAIL_OVER, x) / polynomial(&TAIL_UNDER, x)).copysign(from_middle)
    }
}

/// The polynomial with these coefficients, the constant first (Horner's rule).
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// Over these, in the square of the distance from the middle: up to 0.425 from it.
pub const MIDDLE_OVER: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];

/// Under those.
pub const MIDDLE_UNDER: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];

/// Over these in the tails, in √(-ln p) - 1.6.
pub const TAIL_OVER: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    0.000_774_545_014_278_341_4,
];

/// Under those.
pub const TAIL_UNDER: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    0.000_547_593_808_499_534_5,
    1.050_750_071_644_416_9e-9,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_scipy() {
        // scipy.special.ndtri of each probability.
        let known = [
            (1e-7, -5.199_337_582_192_816_5),
            (0.001, -3.090_232_306_167_813),
            (0.074, -1.446_632_067_158_978_5),
            (0.076, -1.432_502_720_825_811_6),
            (0.5, 0.0),
            (0.75, 0.674_489_750_196_081_7),
            (0.975, 1.959_963_984_540_054),
        ];
        for (probability, quantile) in known {
            let got = normal_quantile(probability);
            assert!(
                (got - quantile).abs() <= 1e-14 * (1.0 + quantile.abs()),
                "{probability}: {got} {quantile}"
            );
        }
    }

    #[test]
    fn quantiles_rise_and_are_symmetric() {
        let steps = 100_000;
        let at = |step: i32| normal_quantile(f64::from(step) / f64::from(steps));
        for step in 1..steps - 1 {
            assert!(at(step) < at(step + 1), "{step}");
            assert!((at(step) + at(steps - step)).abs() < 1e-11, "{step}");
        }
    }
}
