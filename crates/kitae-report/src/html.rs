//! Text that is safe within HTML and SVG.

use kitae_data::visible::{self, is_steering};

/// `text` for the inside of an element or of an attribute in quotes. Characters that no XML may hold, and
/// those that turn the order of letters, are shown instead.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' => safe.push(c),
            c if is_steering(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => visible::push(&mut safe, c),
            c => safe.push(c),
        }
    }
    safe
}

/// The same, and what stands between two backticks is set as code. Only long code is broken between lines.
pub(crate) fn prose(text: &str) -> String {
    /// Characters that a line of a phone has room for.
    const SHORT: usize = 30;
    let escaped = escape(text);
    let parts: Vec<&str> = escaped.split('`').collect();
    // An even number of parts means a backtick without its other half.
    if parts.len().is_multiple_of(2) {
        return escaped;
    }
    let set = |(position, part): (usize, &&str)| match position % 2 {
        0 => (*part).to_owned(),
        _ if part.chars().count() <= SHORT => format!("<code>{part}</code>"),
        _ => format!("<code class=\"long\">{part}</code>"),
    };
    parts.iter().enumerate().map(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_set_as_code_and_a_single_backtick_stays_one() {
        assert_eq!(prose("try `a<b` now"), "try <code>a&lt;b</code> now");
        assert_eq!(prose("a ` b"), "a ` b");
        assert!(prose(&format!("`{}`", "x".repeat(31))).starts_with("<code class=\"long\">x"));
        assert_eq!(prose("plain"), "plain");
    }
}
