//! Overrides: keys of a recipe that a user set, as a table to merge into it.

use kitae_train::recipe::Recipe;
use toml::{Table, Value};

use crate::failure::Failure;

/// Keys and values, by dotted keys.
#[derive(Debug, Default)]
pub(super) struct Overrides(Table);

impl Overrides {
    /// Sets `key`, such as `training.epochs`.
    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        let mut table = &mut self.0;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                table.insert(part.to_owned(), value.into());
                return;
            }
            let entry = table.entry(part.to_owned()).or_insert_with(|| Value::Table(Table::new()));
            if !entry.is_table() {
                *entry = Value::Table(Table::new());
            }
            let Value::Table(inner) = entry else { return };
            table = inner;
        }
    }

    /// Sets `key` if there is a value.
    pub(super) fn set_some(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    pub(super) fn table(&self) -> &Table {
        &self.0
    }
}

/// Checks that every key is one of the resolved recipe. Kinds without keys of their own would take
/// any key and forget it.
pub(super) fn check_taken(changes: &Table, recipe: &Recipe) -> Result<(), Failure> {
    let resolved = Table::try_from(recipe).map_err(|error| Failure::new(error.to_string()))?;
    match first_lost(changes, &resolved, "") {
        None => Ok(()),
        Some((key, parent)) => Err(Failure::new(format!(
            "the recipe has no key `{key}`: `{parent}` is {}",
            kind_at(&resolved, &parent)
        ))),
    }
}

/// The first key that `resolved` lacks, and the key of the table it should be in.
fn first_lost(changes: &Table, resolved: &Table, prefix: &str) -> Option<(String, String)> {
    changes.iter().find_map(|(key, value)| {
        let dotted = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match (value, resolved.get(key)) {
            (_, None) => Some((dotted, prefix.to_owned())),
            (Value::Table(changes), Some(Value::Table(resolved))) => first_lost(changes, resolved, &dotted),
            _ => None,
        }
    })
}

fn kind_at(resolved: &Table, key: &str) -> String {
    let mut parts = key.split('.');
    let first = parts.next().and_then(|part| resolved.get(part));
    let value = parts.try_fold(first, |value, part| value.map(|value| value.get(part)));
    let kind = value.flatten().and_then(|value| value.get("kind")).and_then(Value::as_str);
    kind.unwrap_or("something else").to_owned()
}

#[cfg(test)]
mod tests {
    use kitae_train::merge;

    use super::*;

    fn laid_over(earlier: &str, later: &str) -> Table {
        let mut table: Table = earlier.parse().unwrap();
        merge(&mut table, &later.parse().unwrap());
        table
    }

    #[test]
    fn later_keys_win_and_another_kind_replaces_the_table() {
        let merged = laid_over("a = 1\n[b]\nkind = 'x'\nc = 2", "[b]\nc = 3");
        assert_eq!(merged, "a = 1\n[b]\nkind = 'x'\nc = 3".parse().unwrap());
        let replaced = laid_over("[b]\nkind = 'x'\nc = 2", "[b]\nkind = 'y'");
        assert_eq!(replaced, "[b]\nkind = 'y'".parse().unwrap());
    }

    #[test]
    fn a_value_gives_way_to_a_table_at_the_same_key() {
        let mut overrides = Overrides::default();
        overrides.set("seed", 1);
        overrides.set("seed.deep.deeper", 2);
        assert_eq!(*overrides.table(), "[seed.deep]\ndeeper = 2".parse().unwrap());
    }
}
