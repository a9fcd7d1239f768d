//! Values of flags that are more than a number or a word.

use std::fmt;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use toml::{Table, Value};

use super::overrides::Overrides;

/// `KEY=VALUE`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) key: String,
    pub(crate) value: Value,
}

/// `KIND` or `KIND:KEY=VALUE,KEY=VALUE`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    kind: String,
    settings: Vec<Setting>,
}

/// A list such as `256,128`, or `none`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List<T>(pub(super) Vec<T>);

impl Setting {
    /// The value at its key.
    pub(crate) fn table(&self) -> Table {
        let mut overrides = Overrides::default();
        overrides.set(&self.key, self.value.clone());
        overrides.table().clone()
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.key, self.value)
    }
}

impl Choice {
    /// Writes the kind and its keys into the table at `key`.
    pub(super) fn write(&self, overrides: &mut Overrides, key: &str) {
        overrides.set(&format!("{key}.kind"), self.kind.clone());
        for setting in &self.settings {
            overrides.set(&format!("{key}.{}", setting.key), setting.value.clone());
        }
    }
}

/// One of `names`, as it stands in a recipe.
pub(super) fn one_of(names: &'static [&'static str]) -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(names)
}

/// A parser of `KIND[:KEY=VALUE,…]`; `names` are the words for the kinds and their names in a recipe.
pub(super) fn choice(
    names: &'static [(&'static str, &'static str)],
) -> impl Fn(&str) -> Result<Choice, String> + Clone + Send + Sync + 'static {
    move |text| {
        let (word, rest) = text.split_once(':').unwrap_or((text, ""));
        let found = names.iter().find(|(name, kind)| *name == word || *kind == word);
        let (_, kind) = found.ok_or_else(|| {
            let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            format!("expected one of {}", known.join(", "))
        })?;
        let settings = rest.split(',').filter(|part| !part.is_empty()).map(setting);
        Ok(Choice { kind: (*kind).to_owned(), settings: settings.collect::<Result<_, _>>()? })
    }
}

/// Parses `KEY=VALUE`. The value is TOML; what is not is a text.
pub(crate) fn setting(text: &str) -> Result<Setting, String> {
    let wrong = || format!("expected KEY=VALUE, got `{text}`");
    let (key, value) = text.split_once('=').ok_or_else(wrong)?;
    let key = key.trim();
    if key.split('.').any(str::is_empty) {
        return Err(wrong());
    }
    Ok(Setting { key: key.to_owned(), value: toml_value(value.trim()) })
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

/// Parses a list of widths.
pub(super) fn widths(text: &str) -> Result<List<u32>, String> {
    list(text, |item| item.parse().ok().filter(|width| *width > 0))
        .ok_or_else(|| "expected positive whole numbers such as `256,128`, or `none`".to_owned())
}

/// Parses a list of numbers.
pub(super) fn numbers(text: &str) -> Result<List<f64>, String> {
    list(text, |item| item.parse().ok().filter(|number: &f64| number.is_finite()))
        .filter(|list| !list.0.is_empty())
        .ok_or_else(|| "expected one number, or several such as `0.3,0.1`".to_owned())
}

fn list<T>(text: &str, item: impl Fn(&str) -> Option<T>) -> Option<List<T>> {
    let text = text.trim();
    if text == "none" {
        return Some(List(Vec::new()));
    }
    text.split(',').map(|part| item(part.trim())).collect::<Option<Vec<T>>>().map(List)
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.kind)
    }
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
        assert_eq!(widths("256, 128"), Ok(List(vec![256, 128])));
        assert_eq!(widths("none"), Ok(List(Vec::new())));
        for wrong in ["", "0", "1,", "a", "-1", "99999999999"] {
            assert!(widths(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(numbers("0.1"), Ok(List(vec![0.1])));
        for wrong in ["none", "NaN", "inf", ""] {
            assert!(numbers(wrong).is_err(), "{wrong:?}");
        }
    }
}
