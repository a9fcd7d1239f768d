//! The tables that ship in `datasets/`, and what their `dataset.toml` says.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::workspace::Failure;

/// A table and how to train on it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dataset {
    /// The name of its folder.
    pub(crate) name: String,
    /// The file with the rows.
    pub(crate) data: PathBuf,
    /// One line that says what the rows are.
    pub(crate) title: String,
    /// The column to predict.
    pub(crate) target: String,
    /// `classification` or `regression`.
    pub(crate) task: String,
    /// Column and kind, where the kind that kitae would infer is not the right one.
    pub(crate) kinds: Vec<(String, String)>,
}

/// The names of all shipped tables, sorted.
pub(crate) fn names(root: &Path) -> Result<Vec<String>, Failure> {
    let folder = root.join("datasets");
    let cannot = |error| Failure::new(format!("cannot read the folder {}: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        if entry.path().join("dataset.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The shipped table `name`.
pub(crate) fn read(root: &Path, name: &str) -> Result<Dataset, Failure> {
    let names = names(root)?;
    if !names.iter().any(|known| known == name) {
        let known = names.join(", ");
        let message =
            format!("no table is called `{name}`; there are {known}; or give the path of a CSV file");
        return Err(Failure::new(message));
    }
    let folder = root.join("datasets").join(name);
    let path = folder.join("dataset.toml");
    let in_file = |message: String| Failure::new(format!("{}: {message}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| in_file(error.to_string()))?;
    parse(name, folder.join("data.csv"), &text).map_err(in_file)
}

fn parse(name: &str, data: PathBuf, text: &str) -> Result<Dataset, String> {
    let mut settings: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let dataset = Dataset {
        name: name.to_owned(),
        data,
        title: take_text(&mut settings, "title")?,
        target: take_text(&mut settings, "target")?,
        task: take_text(&mut settings, "task")?,
        kinds: take_kinds(&mut settings)?,
    };
    if !["classification", "regression"].contains(&dataset.task.as_str()) {
        return Err(format!("`task` must be classification or regression, got `{}`", dataset.task));
    }
    no_more_keys(&settings)?;
    Ok(dataset)
}

fn take_text(table: &mut Table, key: &str) -> Result<String, String> {
    match table.remove(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(format!("`{key}` must be a text, got {other}")),
        None => Err(format!("`{key}` is missing")),
    }
}

fn take_kinds(settings: &mut Table) -> Result<Vec<(String, String)>, String> {
    let columns = match settings.remove("columns") {
        None => return Ok(Vec::new()),
        Some(Value::Table(columns)) => columns,
        Some(other) => return Err(format!("`columns` must be a table, got {other}")),
    };
    let kind_of = |(column, value)| {
        let Value::Table(mut about) = value else {
            return Err(format!("`columns.{column}` must be a table, got {value}"));
        };
        let kind = take_text(&mut about, "kind").map_err(|message| format!("columns.{column}: {message}"))?;
        no_more_keys(&about).map_err(|message| format!("columns.{column}: {message}"))?;
        flag_of_kind(&kind).ok_or_else(|| {
            format!("columns.{column}: `kind` must be number, category, boolean or dropped, got `{kind}`")
        })?;
        Ok((column, kind))
    };
    columns.into_iter().map(kind_of).collect()
}

/// The flag of `kitae train` that says a column is of this kind.
pub(crate) fn flag_of_kind(kind: &str) -> Option<&'static str> {
    match kind {
        "number" => Some("--numeric"),
        "category" | "boolean" => Some("--categorical"),
        "dropped" => Some("--drop"),
        _ => None,
    }
}

fn no_more_keys(table: &Table) -> Result<(), String> {
    match table.keys().next() {
        None => Ok(()),
        Some(key) => Err(format!("`{key}` is not a known key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn every_shipped_table_can_be_read() {
        let root = Workspace::here().unwrap().root;
        let names = names(&root).unwrap();
        assert_eq!(names, ["breast_cancer", "diabetes", "digits", "iris", "wine"]);
        for name in names {
            assert!(read(&root, &name).unwrap().data.is_file(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let root = Workspace::here().unwrap().root;
        let Err(Failure::Message(message)) = read(&root, "irish") else { panic!("`irish` was found") };
        assert!(message.contains("`irish`") && message.contains("iris, wine"), "{message}");
    }

    #[test]
    fn settings_hold_target_task_and_kinds() {
        let text = "title='T'\ntarget='y'\ntask='regression'\n[columns.'zip code']\nkind='category'\n";
        let dataset = parse("t", "t.csv".into(), text).unwrap();
        assert_eq!((dataset.target.as_str(), dataset.task.as_str()), ("y", "regression"));
        assert_eq!(dataset.kinds, [("zip code".to_owned(), "category".to_owned())]);
    }

    #[test]
    fn wrong_settings_are_refused_with_their_place() {
        let check = |text: &str, expected: &str| {
            let message = parse("t", "t.csv".into(), text).unwrap_err();
            assert!(message.contains(expected), "{message}");
        };
        let base = "title='T'\ntarget='y'\n";
        check(base, "`task` is missing");
        check(&format!("{base}task='guess'"), "got `guess`");
        check(&format!("{base}task=3"), "`task` must be a text, got 3");
        check(&format!("{base}task='regression'\nrows=3"), "`rows` is not a known key");
        check(&format!("{base}task='regression'\n[columns.a]\nkind='blue'"), "columns.a: `kind` must be");
        check(&format!("{base}task='regression'\n[columns.a]\nkin='number'"), "columns.a: `kind` is missing");
        check("title = ", "TOML parse error");
    }
}
