//! Spellings of a text that look the same on paper.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The text of a cell, with composed letters, blanks of one kind, none around it, and nothing that cannot be
/// seen. Bytes that are not UTF-8 are replaced.
pub(crate) fn same_looking(cell: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(cell);
    let is_odd =
        |letter: char| is_invisible(letter) || letter.is_whitespace() && letter != ' ' && !letter.is_ascii();
    if text.is_ascii() || !text.contains(is_odd) && is_nfc(&text) && text.trim().len() == text.len() {
        return text;
    }
    let visible = text.chars().filter(|letter| !is_invisible(*letter));
    let blank = |letter: char| if is_odd(letter) { ' ' } else { letter };
    let text: String = visible.map(blank).nfc().collect();
    Cow::Owned(text.trim().to_owned())
}

/// Whether a cell holds nothing that can be seen.
pub(crate) fn is_blank(cell: &[u8]) -> bool {
    !cell.is_ascii() && same_looking(cell).is_empty()
}

/// Marks of width nothing. Joiners are kept: they shape letters and emoji.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_look_the_same_are_one() {
        for (text, same) in [
            ("cafe\u{301}", "café"),
            ("red\u{a0}", "red"),
            ("New\u{a0}York", "New York"),
            ("\u{feff}red\u{200b}", "red"),
            ("\u{a0}\u{2003}", ""),
            ("red", "red"),
            ("grün", "grün"),
        ] {
            assert_eq!(same_looking(text.as_bytes()), same);
        }
        assert!(is_blank("\u{a0}".as_bytes()) && !is_blank("é".as_bytes()) && !is_blank(b"x"));
    }
}
