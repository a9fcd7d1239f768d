//! Digits with marks between them.

use super::Thousands;
use crate::cell::parse_quantity;

/// The number that `core` writes where `decimal` stands before the decimals.
pub(crate) fn quantity(core: &str, decimal: u8, thousands: Thousands) -> Option<f64> {
    let (mantissa, exponent) = split_exponent(core);
    let (whole, fraction) = match mantissa.split_once(char::from(decimal)) {
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || !is_grouped(whole, decimal, thousands) {
        return None;
    }
    let mut plain: String = whole.chars().filter(char::is_ascii_digit).collect();
    plain.push('.');
    plain.push_str(fraction);
    if let Some(exponent) = exponent {
        plain.push('e');
        plain.push_str(exponent);
    }
    parse_quantity(plain.as_bytes())
}

fn split_exponent(core: &str) -> (&str, Option<&str>) {
    match core.find(['e', 'E', 'd', 'D']) {
        Some(at) => (&core[..at], Some(&core[at + 1..])),
        None => (core, None),
    }
}

/// Whether `whole` is digits alone or in groups of three, as in India also of two before the last three.
fn is_grouped(whole: &str, decimal: u8, thousands: Thousands) -> bool {
    let Some(mark) = whole.bytes().find(|byte| !byte.is_ascii_digit()) else { return true };
    let may_separate = match mark {
        b' ' | b'\'' | b'_' => true,
        b',' | b'.' => mark != decimal && thousands == Thousands::Separated,
        _ => false,
    };
    may_separate && are_groups(whole, mark)
}

fn are_groups(whole: &str, mark: u8) -> bool {
    let groups: Vec<&str> = whole.split(char::from(mark)).collect();
    let are_digits = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    let [first, inner @ .., last] = groups.as_slice() else { return false };
    let are_threes = (1..=3).contains(&first.len()) && inner.iter().all(|group| group.len() == 3);
    let are_lakhs =
        mark == b',' && (1..=2).contains(&first.len()) && inner.iter().all(|group| group.len() == 2);
    are_digits && last.len() == 3 && (are_threes || are_lakhs)
}

/// What the marks in a number say about its notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marks {
    /// Nothing: `850`.
    None,
    /// A point before decimals, or commas between thousands: `1.5`, `1,234.5`, `1,234,567`.
    Point,
    /// A comma before decimals, or points between thousands: `1,5`, `1.234,5`, `1.234.567`.
    Comma,
    /// One point before three digits, which may be thousands: `8.037`.
    PointBeforeThree,
    /// One comma before three digits: `8,037`.
    CommaBeforeThree,
    /// No notation has such marks: `1.2.3`.
    Senseless,
}

impl Marks {
    pub(crate) fn of(core: &str) -> Self {
        let (mantissa, exponent) = split_exponent(core);
        let n_points = mantissa.matches('.').count();
        let n_commas = mantissa.matches(',').count();
        let reads = |decimal| quantity(core, decimal, Thousands::Separated).is_some();
        let may_be_three =
            |mark: u8| exponent.is_none() && are_groups(mantissa, mark) && !mantissa.starts_with('0');
        match (n_points, n_commas) {
            _ if !reads(b'.') && !reads(b',') => Self::Senseless,
            (0, 0) => Self::None,
            (1, 0) if may_be_three(b'.') => Self::PointBeforeThree,
            (0, 1) if may_be_three(b',') => Self::CommaBeforeThree,
            (1, 0) => Self::Point,
            (0, 1) => Self::Comma,
            _ if reads(b'.') => Self::Point,
            _ => Self::Comma,
        }
    }
}
