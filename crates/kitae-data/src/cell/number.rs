//! Numbers as they are written in tables.

/// The largest whole number below which every whole number is a 64-bit float.
const MAX_EXACT: u64 = 1 << 53;

/// The finite number that `text` writes, rounded correctly: `12`, `-1.5`, `+.5`, `1e-3`.
///
/// A whole number whose digits a 64-bit float cannot hold is `None`: it is a code, not a quantity,
/// and rounding would make different codes equal.
#[inline]
pub(crate) fn parse_number(text: &[u8]) -> Option<f64> {
    parse_quantity(text).filter(|value| value.abs() < MAX_EXACT as f64 || !is_long_code(text))
}

/// Like [`parse_number`], but a whole number with too many digits is rounded.
#[inline]
pub(crate) fn parse_quantity(text: &[u8]) -> Option<f64> {
    fast_float2::parse(text).ok().filter(|value: &f64| value.is_finite())
}

/// How a number is written when it names a level: `1.0`, `1` and `01` are all the level `1`.
pub(crate) fn canonical(value: f64) -> String {
    // Adding zero turns -0 into 0.
    format!("{}", value + 0.0)
}

/// Whether `text` is a whole number, written in digits alone, beyond those that are all floats.
#[cold]
pub(crate) fn is_long_code(text: &[u8]) -> bool {
    let is_whole = text.len() > 15 && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+'));
    let whole = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
    is_whole && whole.is_none_or(|whole| whole.unsigned_abs() > MAX_EXACT)
}

/// The number that a level means: a code padded with zeros is none.
pub(crate) fn level_value(text: &str) -> Option<f64> {
    let digits = text.as_bytes();
    let is_padded = digits.len() > 1 && digits[0] == b'0' && digits.iter().all(u8::is_ascii_digit);
    if is_padded { None } else { parse_number(digits) }
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
    fn every_short_text_is_a_number_exactly_if_the_standard_library_says_so() {
        let letters = b"019.-+eE _inf";
        for length in 0..=4_u32 {
            for number in 0..letters.len().pow(length) {
                let letter = |place| letters[number / letters.len().pow(place) % letters.len()];
                let bytes: Vec<u8> = (0..length).map(letter).collect();
                let text = std::str::from_utf8(&bytes).unwrap();
                let expected = text.parse::<f64>().ok().filter(|value| value.is_finite());
                assert_eq!(parse_number(&bytes).map(f64::to_bits), expected.map(f64::to_bits), "{text}");
            }
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
        assert_eq!(parse_number(b"-9007199254740993"), None);
        assert_eq!(parse_number(b"123456789012345678"), None);
        assert_eq!(parse_number(b"1234567890123456789012345678"), None);
        assert_eq!(parse_quantity(b"9007199254740993"), Some(9_007_199_254_740_992.0));
    }

    #[test]
    fn one_number_has_one_canonical_form() {
        for (text, form) in [("1.0", "1"), ("01", "1"), ("-0", "0"), ("2.50", "2.5"), ("1e3", "1000")] {
            assert_eq!(canonical(parse_number(text.as_bytes()).unwrap()), form);
        }
    }
}
