//! Values of flags, in the form in which they stand in a recipe.

use std::ffi::OsStr;
use std::fmt;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};
use kitae_train::nested;
use kitae_train::recipe::{read, words_of};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// `KEY=VALUE`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) key: String,
    pub(crate) value: Value,
}

impl fmt::Display for Assignment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.key, self.value)
    }
}

/// The words of an enum, with whatever hyphens and underscores between their parts.
#[derive(Clone)]
struct Words(&'static [&'static str]);

/// A parser of the words of an enum.
pub(crate) fn word<T>() -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    // With settings it would be a table, which a word is not.
    let value =
        |word: String, settings: Table| if settings.is_empty() { word.into() } else { settings.into() };
    Words(words_of::<T>()).try_map(move |(word, settings)| read::<T>(value(word, settings)))
}

/// A parser of a table with one of the kinds of `T`, and settings: `KIND` or `KIND:KEY=VALUE,KEY=VALUE`. What
/// is not named there is left to the recipe.
pub(crate) fn kind<T: DeserializeOwned>() -> impl TypedValueParser<Value = Value> {
    Words(words_of::<T>()).map(|(word, mut settings)| {
        settings.insert("kind".to_owned(), word.into());
        settings.into()
    })
}

impl TypedValueParser for Words {
    type Value = (String, Table);

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        text: &OsStr,
    ) -> Result<(String, Table), clap::Error> {
        let text = text.to_string_lossy();
        let (word, rest) = text.split_once(':').unwrap_or((&text, ""));
        let plain = |word: &str| word.replace(['-', '_'], "");
        let known = self.0.iter().find(|known| plain(known) == plain(word)).copied().unwrap_or(word);
        let word = PossibleValuesParser::new(self.0).parse_ref(command, arg, OsStr::new(known))?;
        Ok((word, settings.parse_ref(command, arg, OsStr::new(rest))?))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|word| PossibleValue::new(*word))))
    }
}

/// A table of a kind, with one setting.
pub(super) fn of_kind(kind: &str, key: &str, value: impl Into<Value>) -> Value {
    Table::from_iter([("kind".to_owned(), kind.into()), (key.to_owned(), value.into())]).into()
}

fn settings(text: &str) -> Result<Table, String> {
    let mut table = Table::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let Assignment { key, value } = setting(part)?;
        set(&mut table, &key, value);
    }
    Ok(table)
}

/// Sets what stands at the dotted `key`, whatever the kinds of the tables on the way.
pub(super) fn set(table: &mut Table, key: &str, value: Value) {
    let Some((first, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return;
    };
    let inner = table.entry(first).or_insert_with(|| Table::new().into());
    match inner {
        Value::Table(inner) => set(inner, rest, value),
        plain => *plain = nested(rest, value).into(),
    }
}

/// Parses `KEY=VALUE`. The value is TOML; what is not is a text.
pub(crate) fn setting(text: &str) -> Result<Assignment, String> {
    let wrong = || format!("expected KEY=VALUE, got `{text}`");
    let (key, value) = text.split_once('=').ok_or_else(wrong)?;
    let key = key.trim();
    if key.split('.').any(str::is_empty) {
        return Err(wrong());
    }
    Ok(Assignment { key: key.to_owned(), value: toml_value(value.trim()) })
}

fn toml_value(text: &str) -> Value {
    let parsed: Result<Table, _> = format!("value = {text}").parse();
    match parsed.map(|mut table| (table.len(), table.remove("value"))) {
        Ok((1, Some(value))) => value,
        _ => Value::String(text.to_owned()),
    }
}

/// Parses a count. What is too few or too many for a key, its recipe says.
pub(super) fn whole(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "expected a whole number, 0 or more".to_owned())
}

/// Parses a list of widths, or `none`.
pub(super) fn widths(text: &str) -> Result<Value, String> {
    let width = |item: &str| item.parse().ok().filter(|width: &u32| *width > 0);
    let widths = if text.trim() == "none" { Some(Vec::new()) } else { list(text, width) };
    widths
        .map(Value::from)
        .ok_or_else(|| "expected positive whole numbers such as `256,128`, or `none`".to_owned())
}

/// Parses a list of numbers.
pub(super) fn numbers(text: &str) -> Result<Value, String> {
    let numbers = list(text, |item| item.parse().ok().filter(|number: &f64| number.is_finite()));
    numbers.map(Value::from).ok_or_else(|| "expected one number, or several such as `0.3,0.1`".to_owned())
}

fn list<T>(text: &str, item: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(|part| item(part.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_toml_where_it_can_be_and_else_a_text() {
        let value = |text: &str| setting(&format!("key={text}")).unwrap().value;
        assert_eq!(value("1"), Value::Integer(1));
        assert_eq!(value(" 0.5 "), Value::Float(0.5));
        assert_eq!(value("[1, 2]").as_array().map(Vec::len), Some(2));
        assert_eq!(value("{ kind = \"adam\" }")["kind"].as_str(), Some("adam"));
        assert_eq!(value("adam"), Value::String("adam".into()));
        assert_eq!(value("a=b"), Value::String("a=b".into()));
        assert_eq!(value("1\nother = 2"), Value::String("1\nother = 2".into()));
        assert_eq!(value(""), Value::String(String::new()));
    }

    #[test]
    fn lists_are_separated_by_commas() {
        assert_eq!(widths("256, 128"), Ok(Value::from(vec![256, 128])));
        assert_eq!(widths("none"), Ok(Value::Array(Vec::new())));
        for wrong in ["", "0", "1,", "a", "-1", "99999999999"] {
            assert!(widths(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(numbers("0.1"), Ok(Value::from(vec![0.1])));
        for wrong in ["none", "NaN", "inf", ""] {
            assert!(numbers(wrong).is_err(), "{wrong:?}");
        }
    }
}
