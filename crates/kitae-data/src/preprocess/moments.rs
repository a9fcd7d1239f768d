//! Mean and standard deviation of numbers of any size.

/// The bits of a 64-bit float that hold its exponent.
const EXPONENT: u64 = 0x7FF << 52;

/// The mean and the standard deviation (of the population) of finite numbers. No intermediate result
/// overflows. Both are 0 where there is no number.
pub(super) fn mean_and_deviation(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let largest = values.clone().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    if largest == 0.0 {
        return (0.0, 0.0);
    }
    // A power of two as the unit rounds nothing.
    let unit = f64::from_bits(largest.to_bits() & EXPONENT).max(f64::MIN_POSITIVE);
    let n_values = values.clone().count() as f64;
    let scaled = values.map(|value| value / unit);
    let mean = scaled.clone().sum::<f64>() / n_values;
    let variance = scaled.map(|value| (value - mean) * (value - mean)).sum::<f64>() / n_values;
    (mean * unit, variance.sqrt() * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_population() {
        assert_eq!(mean_and_deviation([1.0, 2.0, 3.0, 6.0].into_iter()), (3.0, 3.5_f64.sqrt()));
        assert_eq!(mean_and_deviation([-1e308, 1e308].into_iter()), (0.0, 1e308));
        assert_eq!(mean_and_deviation([0.0, 0.0].into_iter()), (0.0, 0.0));
        assert_eq!(mean_and_deviation([].into_iter()), (0.0, 0.0));
    }
}
