//! Rows in JSON: `{"rows": [{…}, …]}`, a bare list of objects, or one object.
//!
//! All rows must have the same columns, so that a cell which was forgotten is no missing one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use crate::fault::Fault;
use crate::rows::{Cell, Given, too_many};

/// Reads the rows of a body.
///
/// # Errors
///
/// If it is no JSON of one of the three forms, or has no or more than `most_rows` rows.
pub fn rows(body: &[u8], most_rows: usize) -> Result<Given<'_>, Fault> {
    if body.trim_ascii().is_empty() {
        return Err(Fault::wrong(
            "the body is empty: expected rows, such as {\"rows\": [{\"column\": 1}]}, or CSV as text/csv",
        ));
    }
    let mut builder = Builder { most_rows, ..Builder::default() };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = Rows(&mut builder).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if builder.has_too_many {
        return Err(too_many(most_rows));
    }
    read.map_err(|error| Fault::wrong(format!("the body: {error}{}", hint(&error))))?;
    if builder.given.n_rows == 0 {
        return Err(Fault::wrong("the body has no rows"));
    }
    Ok(builder.given)
}

/// What may be meant by text that is no JSON.
pub fn hint(error: &serde_json::Error) -> &'static str {
    if error.to_string().contains("expected value") {
        "; JSON has no NaN and no infinity: a missing cell is null"
    } else {
        ""
    }
}

/// Rows as they come.
#[derive(Default)]
struct Builder<'a> {
    given: Given<'a>,
    places: HashMap<Cow<'a, str>, usize>,
    most_rows: usize,
    has_too_many: bool,
}

impl<'a> Builder<'a> {
    /// The place of the column called `name` in the row that comes, whose cell `n_before` others came before.
    fn place<E: Error>(&mut self, name: Cow<'a, str>, n_before: usize) -> Result<usize, E> {
        let n_rows = self.given.n_rows;
        let is_next = self.given.names.get(n_before).is_some_and(|next| *next == name);
        let place = if is_next { Some(n_before) } else { self.places.get(&name).copied() };
        let Some(place) = place else {
            if n_rows > 0 {
                return Err(E::custom(format_args!(
                    "row {} has a column `{name}`, which the rows before it lack: all rows have the same columns, \
                     and a missing cell is null",
                    n_rows + 1
                )));
            }
            self.places.insert(name.clone(), n_before);
            self.given.names.push(name);
            self.given.columns.push(Vec::new());
            return Ok(n_before);
        };
        if self.given.columns[place].len() > n_rows {
            return Err(E::custom(format_args!("row {} has the column `{name}` twice", n_rows + 1)));
        }
        Ok(place)
    }

    fn end_row<E: Error>(&mut self) -> Result<(), E> {
        let n_rows = self.given.n_rows + 1;
        if let Some(place) = self.given.columns.iter().position(|cells| cells.len() < n_rows) {
            return Err(E::custom(format_args!(
                "row {n_rows} lacks the column `{}`: a missing cell is null",
                self.given.names[place]
            )));
        }
        self.given.n_rows = n_rows;
        Ok(())
    }

    /// The cells of a row whose first name, if any was read, is `first`.
    fn read_row<A: MapAccess<'a>>(
        &mut self,
        mut first: Option<Text<'a>>,
        mut map: A,
    ) -> Result<(), A::Error> {
        let mut n_cells = 0;
        while let Some(Text(name)) = first.take().map_or_else(|| map.next_key(), |name| Ok(Some(name)))? {
            let place = self.place(name, n_cells)?;
            let cell = map.next_value().map_err(|error| {
                let (row, name) = (self.given.n_rows + 1, &self.given.names[place]);
                A::Error::custom(format_args!("row {row}, column `{name}`: {error}"))
            })?;
            self.given.columns[place].push(cell);
            n_cells += 1;
        }
        self.end_row()
    }
}

/// All rows.
struct Rows<'b, 'a>(&'b mut Builder<'a>);

impl<'a> DeserializeSeed<'a> for Rows<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Rows<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a list of rows, each an object such as {\"column\": 1}")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut rows: A) -> Result<(), A::Error> {
        while rows.next_element_seed(Row(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        match map.next_key::<Text>()? {
            Some(Text(name)) if name == "rows" => {
                map.next_value_seed(List(Rows(self.0)))?;
                match map.next_entry::<Text, IgnoredAny>()? {
                    Some((Text(name), _)) => {
                        Err(A::Error::custom(format_args!("beside `rows` nothing is expected, got `{name}`")))
                    }
                    None => Ok(()),
                }
            }
            first => self.0.read_row(first, map),
        }
    }
}

/// A list of rows and nothing else.
struct List<'b, 'a>(Rows<'b, 'a>);

impl<'a> DeserializeSeed<'a> for List<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self.0)
    }
}

/// One row.
struct Row<'b, 'a>(&'b mut Builder<'a>);

impl<'a> DeserializeSeed<'a> for Row<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Row<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "row {} as an object such as {{\"column\": 1}}", self.0.given.n_rows + 1)
    }

    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<(), A::Error> {
        if self.0.given.n_rows >= self.0.most_rows {
            self.0.has_too_many = true;
            return Err(A::Error::custom("too many rows"));
        }
        self.0.read_row(None, map)
    }
}

/// A text that is borrowed where it can be.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor::<false>)
    }
}

/// A cell, alone or in a list of its own.
pub struct Nested<'a>(pub Cell<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Nested<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor::<true>).map(Self)
    }
}

/// Takes a list of one cell for the cell, if `NESTED`.
struct CellVisitor<const NESTED: bool>;

impl<'de, const NESTED: bool> Visitor<'de> for CellVisitor<NESTED> {
    type Value = Cell<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a number, a text, true, false or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::Missing)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Cell<'de>, E> {
        Ok(Cell::Flag(flag))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Cell<'de>, E> {
        Ok(Cell::Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Cell<'de>, E> {
        Ok(whole(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Cell<'de>, E> {
        Ok(whole(number.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<Cell<'de>, A::Error> {
        let one = if NESTED { cells.next_element()? } else { None };
        let has_more = NESTED && cells.next_element::<IgnoredAny>()?.is_some();
        one.filter(|_| !has_more).ok_or_else(|| A::Error::invalid_type(Unexpected::Seq, &self))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Owned(text.to_owned())))
    }
}

/// A number of more digits than a 64-bit float holds stays a text, as in a file.
fn whole(number: i128) -> Cell<'static> {
    let float = number as f64;
    if float as i128 == number { Cell::Number(float) } else { Cell::Text(Cow::Owned(number.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Given<'_>, String> {
        rows(body.as_bytes(), 3).map_err(|fault| fault.to_string())
    }

    #[test]
    fn three_forms_are_one_table() {
        let expected = Given {
            names: vec!["a".into(), "b c".into()],
            columns: vec![vec![Cell::Number(1.0)], vec![Cell::Text("é".into())]],
            n_rows: 1,
        };
        for body in [
            r#"{"rows": [{"a": 1, "b c": "é"}]}"#,
            r#"[{"a": 1.0, "b c": "\u00e9"}]"#,
            r#" {"a": 1, "b c": "é"} "#,
        ] {
            assert_eq!(read(body), Ok(expected.clone()), "{body}");
        }
        let two = read(r#"[{"a": null, "b": true}, {"b": 12345678901234567, "a": -0.5}]"#).unwrap();
        assert_eq!(two.columns[0], [Cell::Missing, Cell::Number(-0.5)]);
        assert_eq!(two.columns[1], [Cell::Flag(true), Cell::Text("12345678901234567".into())]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (body, words) in [
            ("", "the body is empty"),
            (" \n", "the body is empty"),
            ("[]", "no rows"),
            (r#"{"rows": []}"#, "no rows"),
            ("5", "expected a list of rows"),
            (r#"{"rows": 5}"#, "expected a list of rows"),
            ("[5]", "expected row 1 as an object"),
            (r#"[{"a": 1}, 5]"#, "expected row 2 as an object"),
            (r#"{"a": [1]}"#, "row 1, column `a`: invalid type: sequence, expected a number"),
            (r#"[{"a": 1}, {"a": {}}]"#, "row 2, column `a`: invalid type: map, expected a number"),
            (r#"{"a": NaN}"#, "row 1, column `a`: expected value at line 1 column 7; JSON has no NaN"),
            (r#"{"a": 1e999}"#, "row 1, column `a`: number out of range"),
            (r#"[{"a": 1}, {"b": 1}]"#, "row 2 has a column `b`"),
            (r#"[{"a": 1, "b": 2}, {"b": 1}]"#, "row 2 lacks the column `a`"),
            (r#"{"a": 1, "a": 2}"#, "row 1 has the column `a` twice"),
            (r#"[{"a": 1}"#, "EOF"),
            (r#"[{"a": 1}] x"#, "trailing characters"),
            (r#"{"rows": [{"a": 1}], "level": 1}"#, "beside `rows` nothing is expected, got `level`"),
            (r#"[{"a": 1}, {"a": 1}, {"a": 1}, {"a": 1}]"#, "at most 3 rows"),
            (r#"{"a": "\ud800"}"#, "row 1, column `a`"),
        ] {
            let message = read(body).unwrap_err();
            assert!(message.contains(words), "{body}: {message}");
        }
        assert!(rows(b"{\"a\": \"\xff\"}", 3).unwrap_err().to_string().contains("column `a`"));
    }
}
