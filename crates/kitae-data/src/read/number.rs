//! Numbers as they are written in tables.

/// The powers of ten that a 64-bit float holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The largest whole number below which every whole number is a 64-bit float.
const MAX_EXACT: u64 = 1 << 53;

/// The finite number that `text` writes, rounded correctly: `12`, `-1.5`, `+.5`, `1e-3`.
///
/// A whole number whose digits a 64-bit float cannot hold is `None`: it is a code, not a quantity,
/// and rounding would make different codes equal.
#[inline]
pub(crate) fn parse_number(text: &[u8]) -> Option<f64> {
    short_decimal(text).or_else(|| long_number(text).filter(|value| !loses_digits(text, *value)))
}

/// Like [`parse_number`], but a whole number with too many digits is rounded.
#[inline]
pub(crate) fn parse_quantity(text: &[u8]) -> Option<f64> {
    short_decimal(text).or_else(|| long_number(text))
}

/// How a number is written when it names a level: `1.0`, `1` and `01` are all the level `1`.
pub(crate) fn canonical(value: f64) -> String {
    // Adding zero turns -0 into 0.
    format!("{}", value + 0.0)
}

/// Decimals of few digits, the common case. Both the digits and the power of ten are exact floats, so
/// the one division rounds correctly (W. D. Clinger, How to read floating point numbers accurately, 1990).
#[inline]
fn short_decimal(text: &[u8]) -> Option<f64> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if unsigned.len() > 17 {
        return None;
    }
    let (mut digits, mut n_digits, mut point) = (0_u64, 0, None);
    for &byte in unsigned {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            digits = digits * 10 + u64::from(digit);
            n_digits += 1;
        } else if byte == b'.' && point.is_none() {
            point = Some(n_digits);
        } else {
            return None;
        }
    }
    if n_digits == 0 || digits > MAX_EXACT {
        return None;
    }
    let value = match point {
        Some(point) => digits as f64 / POWERS_OF_TEN[n_digits - point],
        None => digits as f64,
    };
    Some(if negative { -value } else { value })
}

fn long_number(text: &[u8]) -> Option<f64> {
    let first = *text.first()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

fn loses_digits(text: &[u8], value: f64) -> bool {
    value.abs() >= MAX_EXACT as f64 && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_like_the_standard_library_reads_them() {
        let texts = [
            "0",
            "-0",
            "12",
            "007",
            "-1.5",
            "+2.25",
            ".5",
            "5.",
            "1e3",
            "-1.5E-7",
            "0.1",
            "123456.789",
            "1e22",
            "9007199254740993.5",
            "0.05644299999999999",
            "17976931348623157e292",
            "5e-324",
            "3.14159265358979",
        ];
        for text in texts {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(parse_number(text.as_bytes()).unwrap().to_bits(), expected.to_bits(), "{text}");
        }
    }

    #[test]
    fn what_is_no_finite_number_is_refused() {
        for text in [
            "", "-", ".", "-.", "+", "1,000", "1 000", "12kg", "1.2.3", "0x10", "1_000", "inf", "-inf",
            "nan", "NaN", "infinity", "1e999", "--1", "e5", "١",
        ] {
            assert_eq!(parse_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn codes_with_too_many_digits_are_not_rounded_to_numbers() {
        assert_eq!(parse_number(b"9007199254740992"), Some(9_007_199_254_740_992.0));
        assert_eq!(parse_number(b"9007199254740993"), None);
        assert_eq!(parse_number(b"123456789012345678"), None);
        assert_eq!(parse_quantity(b"9007199254740993"), Some(9_007_199_254_740_992.0));
    }

    #[test]
    fn one_number_has_one_canonical_form() {
        for (text, form) in [("1.0", "1"), ("01", "1"), ("-0", "0"), ("2.50", "2.5"), ("1e3", "1000")] {
            assert_eq!(canonical(parse_number(text.as_bytes()).unwrap()), form);
        }
    }
}
