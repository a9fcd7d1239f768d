//! Dotted keys of a recipe.

use toml::{Table, Value};

/// A table in which `value` stands at the dotted `key`.
pub(crate) fn nested(key: &str, value: Value) -> Table {
    let (first, rest) = key.split_once('.').unwrap_or((key, ""));
    let value = if rest.is_empty() { value } else { Value::Table(nested(rest, value)) };
    Table::from_iter([(first.to_owned(), value)])
}

/// What stands at the dotted `key`.
pub(crate) fn at<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (first, rest) = key.split_once('.').unwrap_or((key, ""));
    match table.get(first) {
        Some(Value::Table(inner)) if !rest.is_empty() => at(inner, rest),
        value => value.filter(|_| rest.is_empty()),
    }
}
