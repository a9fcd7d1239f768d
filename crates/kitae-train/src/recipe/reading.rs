//! TOML as values of a recipe, with errors that say which key, what was expected and what came.

use serde::de::value::{SeqDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, Unexpected,
    Visitor,
};
use serde::{Serialize, forward_to_deserialize_any};
use toml::{Table, Value};

use crate::error::RecipeError;

/// Reads what stands in a recipe.
///
/// ```
/// use kitae_train::optimiser::OptimiserConfig;
/// use kitae_train::{RecipeError, recipe::read};
///
/// let table: toml::Table = "kind = 'sgd'\nbeta1 = 0.9".parse()?;
/// let error = read::<OptimiserConfig>(table.into()).unwrap_err();
/// assert!(matches!(error, RecipeError::UnknownKey { key, .. } if key == "beta1"));
/// # Ok::<(), toml::de::Error>(())
/// ```
///
/// # Errors
///
/// A key that does not exist or is missing, or a value of the wrong type.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, RecipeError> {
    T::deserialize(Reader(value))
}

/// The words for the variants of an enum, or for the kinds of a table, as they stand in a recipe.
///
/// ```
/// use kitae_train::recipe::{Feeding, words_of};
/// use kitae_train::stopping::Keep;
///
/// assert_eq!(words_of::<Keep>(), ["best", "last"]);
/// assert_eq!(words_of::<Feeding>(), ["full", "online", "mini"]);
/// ```
pub fn words_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let known = |value| match read::<T>(value) {
        Err(RecipeError::UnknownWord { expected, .. }) => Some(expected),
        _ => None,
    };
    // No variant is called by an empty word.
    let table = Table::from_iter([("kind".to_owned(), "".into())]);
    known("".into()).or_else(|| known(table.into())).unwrap_or_default()
}

/// The word for a variant or for the kind of a table, as it stands in a recipe; empty if there is none.
///
/// ```
/// use kitae_train::objective::Objective;
/// use kitae_train::recipe::word_of;
///
/// assert_eq!(word_of(&Objective::MeanSquared), "mean_squared");
/// ```
pub fn word_of(value: &impl Serialize) -> String {
    let value = Value::try_from(value).ok();
    let kind = value.as_ref().and_then(|value| value.get("kind").or(Some(value)).and_then(Value::as_str));
    kind.unwrap_or_default().to_owned()
}

struct Reader(Value);

impl<'de> Deserializer<'de> for Reader {
    type Error = RecipeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RecipeError> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            Value::Integer(whole) => visitor.visit_i64(whole),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Boolean(is_true) => visitor.visit_bool(is_true),
            Value::Datetime(time) => visitor.visit_string(time.to_string()),
            Value::Array(values) => visitor.visit_seq(SeqDeserializer::new(values.into_iter().map(Reader))),
            Value::Table(table) => visitor.visit_map(Keys { rest: table.into_iter(), next: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RecipeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, RecipeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RecipeError> {
        match self.0 {
            Value::String(word) => visitor.visit_enum(word.into_deserializer()),
            other => Err(RecipeError::value("a word", &other.to_string())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, RecipeError> for Reader {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The keys of a table, each with its value; errors of a value get its key.
struct Keys {
    rest: toml::map::IntoIter<String, Value>,
    next: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Keys {
    type Error = RecipeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, RecipeError> {
        self.next = self.rest.next();
        let key = self.next.as_ref().map(|(key, _)| key.clone());
        key.map(|key| seed.deserialize(StringDeserializer::new(key))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, RecipeError> {
        let (key, value) = self.next.take().expect("serde asks for a key before its value");
        seed.deserialize(Reader(value)).map_err(|error| error.under(&key))
    }
}

impl de::Error for RecipeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Unfit { key: String::new(), reason: message.to_string() }
    }

    fn invalid_type(got: Unexpected, expected: &dyn Expected) -> Self {
        let got = match got {
            Unexpected::Map | Unexpected::StructVariant => "a table".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Str(text) => format!("\"{text}\""),
            Unexpected::Signed(whole) => whole.to_string(),
            Unexpected::Float(number) => number.to_string(),
            other => other.to_string(),
        };
        Self::value(&plain(&expected.to_string()), &got)
    }

    fn invalid_value(got: Unexpected, expected: &dyn Expected) -> Self {
        Self::invalid_type(got, expected)
    }

    fn unknown_variant(got: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownWord { key: String::new(), got: got.to_owned(), expected }
    }

    fn unknown_field(key: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownKey { key: key.to_owned(), expected }
    }

    fn missing_field(key: &'static str) -> Self {
        Self::MissingKey { key: key.to_owned() }
    }
}

/// What serde expects, in the words of a recipe rather than of Rust.
fn plain(expected: &str) -> String {
    let plain = match expected {
        "usize" | "u64" => "a whole number from 0 on",
        "a nonzero usize" => "a whole number from 1 on",
        "f64" => "a number",
        "a sequence" => "a list",
        _ if expected.starts_with("struct ") => "a table",
        _ if expected.contains("tagged enum ") => "a table with a `kind`",
        _ => expected,
    };
    plain.to_owned()
}
