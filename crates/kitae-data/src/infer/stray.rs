//! Texts among numbers: strays that count as missing, or levels of a category.

use crate::facts::NumberFacts;

/// More distinct texts with digits among numbers than this are codes of their own.
const MOST_CODES: usize = 10;
/// So many distinct numbers are no levels beside a few texts.
const MANY_NUMBERS: usize = 20;
/// A text that comes at least half as often as each number does is a level as they are.
const LEVEL_SHARE: f64 = 0.5;

/// Whether `odd` are cells that are no numbers in a column of numbers, rather than levels beside others.
pub(super) fn are_stray(numbers: &NumberFacts, odd: &[(&str, usize)]) -> bool {
    let Some(&(_, most)) = odd.first() else { return numbers.n_present > 0 };
    let n_distinct = numbers.n_distinct();
    if n_distinct < 2 {
        return false;
    }
    let n_odd: usize = odd.iter().map(|(_, count)| count).sum();
    let share = n_odd as f64 / (n_odd + numbers.n_present) as f64;
    let all = |is_such: fn(&str) -> bool| odd.iter().all(|(text, _)| is_such(text));
    if all(is_bound) && n_distinct >= MANY_NUMBERS {
        return share <= 0.3;
    }
    let per_number = numbers.n_present as f64 / n_distinct as f64;
    let is_level = |count: usize| per_number >= 2.0 && count as f64 >= LEVEL_SHARE * per_number;
    let has_code_level = odd.iter().any(|(text, count)| is_short_code(text) && is_level(*count));
    if has_code_level || n_distinct < MANY_NUMBERS && is_level(most) {
        return false;
    }
    let n_codes = odd.iter().filter(|(text, _)| has_digits(text) && !is_bound(text)).count();
    let n_alike = odd.iter().filter(|(text, _)| is_letter_code(text)).count();
    if n_codes > MOST_CODES || n_alike >= 3 {
        return false;
    }
    let is_marker = odd.len() <= 3 && n_codes == 0 && n_distinct >= MANY_NUMBERS;
    share <= if is_marker { 0.5 } else { 0.1 }
}

fn has_digits(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// A number of which only a bound is known: `<5`, `> 100`, `80+`, `~3`.
pub(super) fn is_bound(text: &str) -> bool {
    let rest = text.trim_start_matches(['<', '>', '=', '~', '≤', '≥', '±', '≈']).trim_start();
    let rest = rest.trim_end_matches('+');
    rest.len() < text.len()
        && rest.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '.' | ','))
        && has_digits(rest)
        && rest.bytes().all(|byte| !byte.is_ascii_alphabetic())
}

/// One or two letters or digits: `X`, `1a`.
fn is_short_code(text: &str) -> bool {
    text.chars().count() <= 2 && text.chars().all(char::is_alphanumeric)
}

/// Letters and then digits: `V57`, `E909.1`.
fn is_letter_code(text: &str) -> bool {
    let digits = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    (1..=3).contains(&(text.len() - digits.len()))
        && digits.starts_with(|letter: char| letter.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}
