//! Licence expressions: `(MIT OR Apache-2.0) AND Unicode-3.0`.
//!
//! The grammar is that of SPDX 2.3, annex D: `AND` binds tighter than `OR`, `WITH` names an
//! exception. Old manifests write `/` for `OR`.

/// Whether the licences that `is_allowed` accepts satisfy `expression`. A licence with an exception is
/// asked for as one text, such as `Apache-2.0 WITH LLVM-exception`.
///
/// # Errors
///
/// If `expression` is not a licence expression.
pub(crate) fn is_satisfied(expression: &str, is_allowed: impl Fn(&str) -> bool) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = Words { all: spaced.split_whitespace().collect(), position: 0, depth: 0 };
    let is_satisfied = any(&mut words, &is_allowed)?;
    match words.next() {
        None => Ok(is_satisfied),
        Some(word) => Err(format!("`{word}` is out of place in the licence expression `{expression}`")),
    }
}

struct Words<'a> {
    all: Vec<&'a str>,
    position: usize,
    depth: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.all.get(self.position).copied();
        self.position += 1;
        word
    }

    /// Steps over `word` if it comes next.
    fn skip(&mut self, word: &str) -> bool {
        let is_next = self.all.get(self.position).is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.position += usize::from(is_next);
        is_next
    }
}

fn any(words: &mut Words, is_allowed: &impl Fn(&str) -> bool) -> Result<bool, String> {
    let mut is_satisfied = all(words, is_allowed)?;
    while words.skip("OR") {
        is_satisfied |= all(words, is_allowed)?;
    }
    Ok(is_satisfied)
}

fn all(words: &mut Words, is_allowed: &impl Fn(&str) -> bool) -> Result<bool, String> {
    let mut is_satisfied = one(words, is_allowed)?;
    while words.skip("AND") {
        is_satisfied &= one(words, is_allowed)?;
    }
    Ok(is_satisfied)
}

fn one(words: &mut Words, is_allowed: &impl Fn(&str) -> bool) -> Result<bool, String> {
    /// Deeper than any licence; keeps a hostile manifest from exhausting the stack.
    const MAX_DEPTH: usize = 50;
    if words.skip("(") {
        words.depth += 1;
        if words.depth > MAX_DEPTH {
            return Err("the licence expression is nested too deeply".to_owned());
        }
        let is_satisfied = any(words, is_allowed)?;
        words.depth -= 1;
        return if words.skip(")") { Ok(is_satisfied) } else { Err("a `)` is missing".to_owned()) };
    }
    let licence = name(words)?;
    if words.skip("WITH") {
        let exception = name(words)?;
        return Ok(is_allowed(&format!("{licence} WITH {exception}")));
    }
    Ok(is_allowed(licence))
}

fn name<'a>(words: &mut Words<'a>) -> Result<&'a str, String> {
    match words.next() {
        Some(word) if !["(", ")", "AND", "OR", "WITH"].contains(&word) => Ok(word),
        Some(word) => Err(format!("expected the name of a licence, got `{word}`")),
        None => Err("expected the name of a licence at the end".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str) -> Result<bool, String> {
        is_satisfied(expression, |licence| ["MIT", "Apache-2.0", "Zlib", "A WITH B"].contains(&licence))
    }

    #[test]
    fn one_of_the_choices_is_enough() {
        assert_eq!(check("MIT"), Ok(true));
        assert_eq!(check("GPL-3.0"), Ok(false));
        assert_eq!(check("GPL-3.0 OR MIT"), Ok(true));
        assert_eq!(check("GPL-3.0/Zlib"), Ok(true));
    }

    #[test]
    fn all_of_the_parts_are_needed_and_bind_tighter() {
        assert_eq!(check("MIT AND GPL-3.0"), Ok(false));
        assert_eq!(check("(MIT OR GPL-3.0) AND Zlib"), Ok(true));
        assert_eq!(check("MIT OR GPL-3.0 AND GPL-2.0"), Ok(true));
        assert_eq!(check("(MIT OR GPL-3.0) AND GPL-2.0"), Ok(false));
    }

    #[test]
    fn a_licence_with_an_exception_is_a_licence_of_its_own() {
        assert_eq!(check("A WITH B OR GPL-3.0"), Ok(true));
        assert_eq!(check("A"), Ok(false));
        assert_eq!(check("MIT WITH B"), Ok(false));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in ["", "MIT OR", "MIT Zlib", "(MIT", "MIT)", "AND MIT", "A WITH", &"(".repeat(100_000)] {
            assert!(check(text).is_err(), "{}", &text[..text.len().min(20)]);
        }
    }
}
