//! Changes of a recipe: tables with the keys that a user sets.

use toml::{Table, Value};

/// Merges `changes` into `base`: key by key, but a table whose `kind` changes is replaced.
pub fn merge(base: &mut Table, changes: &Table) {
    let is_same_kind =
        |old: &Table, new: &Table| new.get("kind").is_none_or(|kind| old.get("kind") == Some(kind));
    for (key, change) in changes {
        match (base.get_mut(key), change) {
            (Some(Value::Table(old)), Value::Table(new)) if is_same_kind(old, new) => merge(old, new),
            _ => {
                base.insert(key.clone(), change.clone());
            }
        }
    }
}

/// A table in which `value` stands at the dotted `key`.
///
/// ```
/// use kitae_train::{at, nested};
///
/// let changes = nested("training.epochs", 40.into());
/// assert_eq!(changes, "training.epochs = 40".parse()?);
/// assert_eq!(at(&changes, "training.epochs"), Some(&40.into()));
/// # Ok::<(), toml::de::Error>(())
/// ```
pub fn nested(key: &str, value: Value) -> Table {
    let (first, value) = match key.split_once('.') {
        Some((first, rest)) => (first, Value::Table(nested(rest, value))),
        None => (key, value),
    };
    Table::from_iter([(first.to_owned(), value)])
}

/// What stands at the dotted `key`.
pub fn at<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let mut parts = key.split('.');
    let first = table.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.as_table()?.get(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_keys_win_and_another_kind_replaces_the_table() {
        let merged = |earlier: &str, later: &str| {
            let mut table: Table = earlier.parse().expect("TOML");
            merge(&mut table, &later.parse().expect("TOML"));
            table
        };
        let same = merged("a = 1\n[b]\nkind = 'x'\nc = 2", "[b]\nc = 3");
        assert_eq!(same, "a = 1\n[b]\nkind = 'x'\nc = 3".parse().expect("TOML"));
        let replaced = merged("[b]\nkind = 'x'\nc = 2", "[b]\nkind = 'y'");
        assert_eq!(replaced, "[b]\nkind = 'y'".parse().expect("TOML"));
        assert_eq!(merged("seed = 1", "seed.deep.deeper = 2"), "seed.deep.deeper = 2".parse().expect("TOML"));
    }
}
