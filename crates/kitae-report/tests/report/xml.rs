//! A check that a page is well-formed, simple enough to be seen to be right.

use std::collections::HashSet;

/// Elements are closed in order, attributes are in quotes, `id`s are unique and what refers to one finds it.
#[track_caller]
pub(crate) fn check(page: &str) {
    let (mut open, mut ids, mut references) = (Vec::new(), HashSet::new(), Vec::new());
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").unwrap_or(page);
    while let Some(start) = rest.find('<') {
        check_text(&rest[..start]);
        let end = start + rest[start..].find('>').unwrap_or_else(|| panic!("no end: {}", &rest[start..]));
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "before {}", &rest[..rest.len().min(200)]);
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        for (key, value) in pairs(attributes.trim_end_matches('/')) {
            check_text(value);
            match key {
                "id" => assert!(ids.insert(value.to_owned()), "{value} twice"),
                "for" => references.push(value.to_owned()),
                "aria-labelledby" => references.extend(value.split(' ').map(str::to_owned)),
                "href" => references.extend(value.strip_prefix('#').map(str::to_owned)),
                _ => {}
            }
        }
        if !tag.ends_with('/') {
            open.push(name.trim_end_matches('/'));
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    for reference in references {
        assert!(ids.contains(&reference), "nothing is called {reference}");
    }
}

/// Every `&` begins one of the entities that XML knows.
fn check_text(text: &str) {
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        assert!(known.iter().any(|entity| text[at..].starts_with(entity)), "{}", &text[at..]);
    }
}

fn pairs(attributes: &str) -> Vec<(&str, &str)> {
    let (mut pairs, mut rest) = (Vec::new(), attributes.trim());
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no quotes: {rest}"));
        let (value, after) = after.split_once('"').unwrap_or_else(|| panic!("no end: {rest}"));
        pairs.push((key, value));
        rest = after.trim();
    }
    pairs
}
