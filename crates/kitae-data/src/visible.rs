//! Characters that steer a terminal, or turn the order of letters, shown instead of obeyed.
//!
//! Names of columns, classes and folders may hold any of them.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character steers what shows it: controls of ASCII and Latin-1, marks of the direction of
/// writing, and separators of lines and paragraphs.
pub fn is_steering(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}

/// The text with such characters written as JSON writes them, new lines apart: so JSON stays the same JSON.
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| c != '\n' && is_steering(c);
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            push(&mut shown, c);
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Writes the character so that it can be seen; all that steer fit into four digits.
pub fn push(text: &mut String, c: char) {
    let _ = write!(text, "\\u{:04x}", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_json() {
        let name = "a\u{9b}31m\u{7f}\u{202e}\u{2029}\u{1b}\"\\";
        let json = serde_json::json!({ "column": name }).to_string();
        let shown = visible(&json);
        assert!(!shown.contains(is_steering), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap()["column"], name);
    }
}
