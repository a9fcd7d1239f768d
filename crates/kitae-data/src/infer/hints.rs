//! What the user knows about the columns.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::cell::TimeForm;
use crate::error::DataError;
use crate::names::close_names;
use crate::notation::Decimal;
use crate::schema::Kind;
use crate::table::Table;
use crate::task::Task;

/// Kinds that the user gives, which count more than what the cells look like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// Columns that are categories.
    pub categorical: Vec<String>,
    /// Columns that are numbers.
    pub numeric: Vec<String>,
    /// Columns that are left out.
    pub drop: Vec<String>,
    /// Columns described in a `schema.toml`; the lists above go before it.
    pub columns: BTreeMap<String, ColumnHint>,
    /// The column to predict: it is never taken for an identifier or text.
    pub target: Option<String>,
    /// What is to be predicted: classes make the target a category, quantities a number. Without it the
    /// cells decide.
    pub task: Option<Task>,
    /// What stands before decimals where the cells leave it open: `8.037` may be 8037.
    pub decimal: Option<Decimal>,
}

/// What a `schema.toml` says about a column.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnHint {
    /// What the column is.
    pub kind: Kind,
    /// For times the form in which they are written, for example `day/month/year`.
    pub format: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HintFile {
    #[serde(default)]
    columns: BTreeMap<String, ColumnHint>,
}

impl Hints {
    /// Reads the text of a `schema.toml`; `path` is its name in errors.
    ///
    /// # Errors
    ///
    /// If the text is not TOML, has a key that is not known, or asks for a kind that cannot be asked for.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, DataError> {
        let fail = |message: String| DataError::HintFile { path: path.to_path_buf(), message };
        let file: HintFile =
            toml::from_str(text).map_err(|error| fail(error.to_string().trim_end().to_owned()))?;
        for (name, hint) in &file.columns {
            hint.check().map_err(|problem| fail(format!("column `{name}`: {problem}")))?;
        }
        Ok(Self { columns: file.columns, ..Self::default() })
    }

    /// What is asked for the column called `name`.
    pub(super) fn of(&self, name: &str) -> Option<ColumnHint> {
        let lists =
            [(&self.categorical, Kind::Category), (&self.numeric, Kind::Number), (&self.drop, Kind::Dropped)];
        let listed = lists.into_iter().find(|(list, _)| list.iter().any(|listed| listed == name));
        listed.map(|(_, kind)| ColumnHint { kind, format: None }).or_else(|| self.columns.get(name).cloned())
    }

    /// Refuses names that no column has and wishes that contradict each other.
    pub(super) fn check(&self, table: &Table) -> Result<(), DataError> {
        let lists = [&self.categorical, &self.numeric, &self.drop];
        let names = lists.into_iter().flatten().chain(self.columns.keys()).chain(&self.target);
        for name in names {
            if table.column(name).is_none() {
                let found: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
                let close = close_names(name, &found);
                return Err(DataError::UnknownColumn { name: name.clone(), close, found });
            }
            if lists.into_iter().filter(|list| list.contains(name)).count() > 1 {
                return Err(hint_error(name, "asked to be two kinds at once; list it once"));
            }
        }
        for (name, hint) in &self.columns {
            hint.check().map_err(|problem| hint_error(name, &problem))?;
        }
        let target = self.target.as_ref().map(|target| (target, self.of(target)));
        if let Some((target, Some(hint))) = target
            && matches!(hint.kind, Kind::Dropped | Kind::Identifier | Kind::Text)
        {
            return Err(hint_error(target, "the target cannot be left out"));
        }
        Ok(())
    }
}

impl ColumnHint {
    fn check(&self) -> Result<(), String> {
        if matches!(self.kind, Kind::Constant | Kind::Empty) {
            return Err(
                "`constant` and `empty` are findings, not wishes; to leave it out use `dropped`".to_owned()
            );
        }
        match &self.format {
            Some(_) if self.kind != Kind::Time => {
                Err("`format` is for columns of kind `time` only".to_owned())
            }
            Some(format) if TimeForm::named(format).is_none() => {
                Err(format!("unknown format `{format}`, expected one of {}", TimeForm::names()))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn hint_error(column: &str, problem: &str) -> DataError {
    DataError::Hint { column: column.to_owned(), problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_toml(text: &str) -> Result<Hints, String> {
        Hints::from_toml(text, Path::new("schema.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_schema_file_gives_kinds() {
        let hints = from_toml("[columns.zone]\nkind = \"category\"\n[columns.\"sold on\"]\nkind = \"time\"\nformat = \"day/month/year\"\n").unwrap();
        assert_eq!(hints.of("zone").unwrap().kind, Kind::Category);
        assert_eq!(hints.of("sold on").unwrap().format.as_deref(), Some("day/month/year"));
        assert_eq!(hints.of("other"), None);
    }

    #[test]
    fn a_schema_file_with_mistakes_is_refused() {
        for (text, part) in [
            ("[columns.a]\nkind = \"categorical\"\n", "unknown variant `categorical`"),
            ("[columns.a]\nkind = \"number\"\nunit = \"m\"\n", "unknown field `unit`"),
            ("[column.a]\nkind = \"number\"\n", "unknown field `column`"),
            ("[columns.a]\nkind = \"constant\"\n", "findings, not wishes"),
            ("[columns.a]\nkind = \"number\"\nformat = \"yyyymmdd\"\n", "`time` only"),
            ("[columns.a]\nkind = \"time\"\nformat = \"d/m\"\n", "unknown format `d/m`"),
            ("[columns.a", "schema.toml"),
        ] {
            let error = from_toml(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
