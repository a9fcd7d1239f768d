//! Numbers in words, the same wherever kitae speaks.
//!
//! ```
//! use kitae_eval::words::{count, number, percent};
//!
//! assert_eq!([number(0.123_456), percent(0.25), count(2, "row")], ["0.1235", "25 %", "2 rows"]);
//! ```

use crate::intervals::Interval;

/// A number, such as a metric value, with four significant digits.
pub fn number(value: impl Into<f64>) -> String {
    let value = value.into();
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() || !(1e-4..1e7).contains(&size) {
        return format!("{value:.3e}");
    }
    // Between -4 and 6 here.
    let magnitude = size.log10().floor() as i32;
    let decimals = usize::try_from(3 - magnitude).unwrap_or(0);
    format!("{value:.decimals$}")
}

/// A mean gain and where it may lie, said as a loss where it is one.
///
/// ```
/// use kitae_eval::intervals::Interval;
/// use kitae_eval::words::gain;
///
/// let said = |mean, low, high| gain(mean, Some(Interval { low, high }));
/// assert_eq!(said(0.5, -0.25, 1.25), "a gain of 0.5000 [-0.2500, 1.250]");
/// assert_eq!(said(-2.5, -3.75, -1.25), "a loss of 2.500 [1.250, 3.750]");
/// assert_eq!(gain(0.5, None), "a gain of 0.5000");
/// ```
pub fn gain(mean: f64, interval: Option<Interval>) -> String {
    let (word, sign) = if mean < 0.0 { ("loss", -1.0) } else { ("gain", 1.0) };
    let between = interval.map(|Interval { low, high }| {
        let (low, high) = if mean < 0.0 { (0.0 - high, 0.0 - low) } else { (low, high) };
        format!(" [{}, {}]", number(low), number(high))
    });
    format!("a {word} of {}{}", number(sign * mean), between.unwrap_or_default())
}

/// A share as a percentage with at most one decimal.
pub fn percent(share: impl Into<f64>) -> String {
    format!("{} %", (1000.0 * share.into()).round() / 10.0)
}

/// `1 row`, `2 rows`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_significant_digits() {
        let shown = [0.0, 1.0, -0.123_456, 1234.56, 98_765.4, 0.000_012_3, 1e9, f64::NAN].map(number);
        assert_eq!(shown, ["0", "1.000", "-0.1235", "1235", "98765", "1.230e-5", "1.000e9", "NaN"]);
    }
}
