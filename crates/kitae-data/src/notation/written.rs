//! A text cut into a number and what stands around it.

use super::affix::{Affix, is_currency};

/// What a number is wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrap {
    /// A sign before it or none.
    Sign,
    /// Parentheses or a minus behind it, which make it negative.
    Bookkeeping,
}

/// A number as it is written, the marks in it not yet understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Written {
    /// ASCII digits with `.` `,` `'` `_` and blanks between them, and an exponent.
    pub(crate) core: String,
    pub(crate) affix: Affix,
    pub(crate) wrap: Wrap,
    is_negative: bool,
}

/// Longer texts are no numbers.
const MOST_LETTERS: usize = 64;

impl Written {
    /// The parts of `text`; `None` if it cannot be a number in any notation.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if text.len() > 4 * MOST_LETTERS {
            return None;
        }
        let plain = plain_letters(text);
        let text = unpacked(plain.trim());
        let (text, in_parentheses) = without_parentheses(text);
        let text = text.as_str();
        let first = text.find(|letter: char| letter.is_ascii_digit())?;
        let last = text.rfind(|letter: char| letter.is_ascii_digit())?;
        // A mark before the first digit belongs to the number, `.5`, unless it ends a word: `Rs.5`.
        let head = text[..first].strip_suffix(['.', ',']);
        let starts_with_mark = head.is_some_and(|head| !head.ends_with(char::is_alphabetic));
        let start = if starts_with_mark { first - 1 } else { first };
        let (before, behind) = (text[..start].trim(), &text[last + 1..]);
        // So does a point after the last one: `5.`; and what makes a unit a square: `m2`.
        let behind = behind.strip_prefix(['.', ',']).unwrap_or(behind).trim();
        let (core, behind) = match square(&text[start..=last]) {
            Some((core, unit)) if behind.is_empty() => (core, unit),
            _ => (&text[start..=last], behind.to_owned()),
        };
        let (sign, before) = signed(before)?;
        let (is_minus_behind, behind) = match behind.strip_suffix('-') {
            Some(behind) => (true, behind.trim_end()),
            None => (false, behind.as_str()),
        };
        let is_bookkeeping = in_parentheses || is_minus_behind;
        if is_bookkeeping && (sign.is_some() || in_parentheses && is_minus_behind) || !is_core(core) {
            return None;
        }
        let wrap = if is_bookkeeping { Wrap::Bookkeeping } else { Wrap::Sign };
        let is_negative = is_bookkeeping || sign == Some('-');
        let affix = Affix::of(&before, behind)?;
        Some(Self { core: core.to_owned(), affix, wrap, is_negative })
    }

    /// The number whose size is `value`.
    pub(crate) fn signed(&self, value: f64) -> f64 {
        if self.is_negative { -value } else { value }
    }

    /// Whether it starts with a zero that says nothing about its size, as codes do: `007`.
    pub(crate) fn is_padded(&self) -> bool {
        let digits = self.core.as_bytes();
        digits.len() > 1 && digits[0] == b'0' && digits.iter().all(u8::is_ascii_digit)
    }
}

/// `(5)`, `($5)` and `$(5)` without the parentheses, and whether there were some.
fn without_parentheses(text: &str) -> (String, bool) {
    let parts = text.strip_suffix(')').and_then(|text| text.split_once('('));
    match parts.map(|(before, inner)| (before.trim(), inner.trim())) {
        Some((before, inner)) if before.is_empty() || is_currency(before) => {
            (format!("{before}{inner}"), true)
        }
        _ => (text.to_owned(), false),
    }
}

/// The sign in what stands before a number, and the rest of it.
fn signed(before: &str) -> Option<(Option<char>, String)> {
    let signs: Vec<char> = before.chars().filter(|letter| matches!(letter, '-' | '+')).collect();
    let rest: String = before.chars().filter(|letter| !matches!(letter, '-' | '+')).collect();
    (signs.len() <= 1).then(|| (signs.first().copied(), rest.trim().to_owned()))
}

/// `12 m2` as `12` and `m²`.
fn square(core: &str) -> Option<(&str, String)> {
    let unit_start = core.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = core.split_at(unit_start);
    let power = match unit {
        "m2" | "km2" | "cm2" | "mm2" | "ft2" | "in2" => '²',
        "m3" | "cm3" | "ft3" | "in3" => '³',
        _ => return None,
    };
    Some((number.trim_end(), format!("{}{power}", &unit[..unit.len() - 1])))
}

fn is_core(core: &str) -> bool {
    let (mantissa, exponent) = match core.find(['e', 'E', 'd', 'D']) {
        Some(at) => (&core[..at], &core[at + 1..]),
        None => (core, "0"),
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_mark = |byte: u8| matches!(byte, b'.' | b',' | b'\'' | b'_' | b' ');
    mantissa.bytes().all(|byte| byte.is_ascii_digit() || is_mark(byte))
        && (1..=4).contains(&exponent.len())
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a spreadsheet wraps around a text that it must not touch: `="1.5"`, `'1.5`.
fn unpacked(text: &str) -> &str {
    let formula = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"'));
    formula.or_else(|| text.strip_prefix('\'')).unwrap_or(text).trim()
}

/// Digits, signs and blanks as ASCII, whatever their script; what cannot be seen is left out.
fn plain_letters(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.chars().filter_map(plain_letter).collect()
}

fn plain_letter(letter: char) -> Option<char> {
    Some(match letter {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
            return None;
        }
        '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{ff0b}' => '+',
        '\u{2018}' | '\u{2019}' | '\u{02bc}' => '\'',
        '\u{066b}' | '\u{ff0e}' => '.',
        '\u{066c}' => '\'',
        '\u{ff0c}' => ',',
        '\u{066a}' | '\u{ff05}' => '%',
        '\u{ff04}' => '$',
        '\u{ffe5}' => '¥',
        '\u{ffe1}' => '£',
        '\u{ff08}' => '(',
        '\u{ff09}' => ')',
        letter if letter.is_whitespace() => ' ',
        letter => digit(letter).unwrap_or(letter),
    })
}

/// The zeros of scripts that write decimal numbers.
const ZEROS: [u32; 14] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50,
    0xff10,
];

fn digit(letter: char) -> Option<char> {
    let code = letter as u32;
    let zero = ZEROS.into_iter().find(|zero| (*zero..*zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}
