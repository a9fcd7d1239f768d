//! When two numbers are the same but for rounding.

/// Numbers whose spread is smaller than this part of their size differ by rounding errors alone.
pub(crate) const ROUNDING: f64 = 1e-12;

/// Half the distance from `low` to `high`; 0 where they differ by rounding errors alone, or by so
/// little that no number is its inverse. Half of it, as the whole may overflow.
pub(crate) fn half_spread(low: f64, high: f64) -> f64 {
    let half = high / 2.0 - low / 2.0;
    let is_real = half > ROUNDING * low.abs().max(high.abs()) && (1.0 / half).is_finite();
    if is_real { half } else { 0.0 }
}

/// Whether the numbers from `low` to `high` are the same but for rounding errors. Whole numbers have none.
pub(crate) fn is_rounding(low: f64, high: f64) -> bool {
    half_spread(low, high) == 0.0 && (low.fract() != 0.0 || high.fract() != 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounding_error_is_no_distance() {
        assert_eq!(half_spread(0.3, 0.1 + 0.2), 0.0);
        assert_eq!(half_spread(7.0, 7.0_f64.next_up()), 0.0);
        assert!(half_spread(1e-300, 3e-300) > 0.9e-300);
        assert_eq!(half_spread(f64::MIN, f64::MAX), f64::MAX);
        assert_eq!(half_spread(0.0, 5e-324), 0.0);
        assert!(is_rounding(0.3, 0.1 + 0.2) && !is_rounding(0.3, 0.300_000_1));
        assert!(!is_rounding(1e15, 1e15 + 1.0));
    }
}
