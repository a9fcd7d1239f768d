//! Keyword arguments of Python as words of the command line.

use kitae_cli::request::{Argument, Form, Request};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// All arguments: name, help, heading, form (`switch`, `value` or `list`), and the words that it takes.
#[pyfunction]
pub(crate) fn arguments() -> Vec<(String, String, String, &'static str, Vec<String>)> {
    let form = |form: Form| match form {
        Form::Switch => "switch",
        Form::Value => "value",
        Form::List => "list",
    };
    let told = |Argument { name, help, heading, form: of, words }| (name, help, heading, form(of), words);
    kitae_cli::request::arguments().into_iter().map(told).collect()
}

/// A sentence of kitae with arguments in the place of settings.
#[pyfunction]
pub(crate) fn in_arguments(text: &str) -> String {
    kitae_cli::request::in_arguments(text)
}

/// What the arguments ask for; those that are `None` or `False` ask for nothing.
pub(crate) fn request(target: &str, given: &Bound<'_, PyDict>) -> PyResult<Request> {
    let known = kitae_cli::request::arguments();
    let mut said = Vec::new();
    for (name, value) in given {
        let name: String = name.extract()?;
        if value.is_none() {
            continue;
        }
        match (name.as_str(), value.cast::<PyDict>()) {
            ("recipe", Ok(keys)) => {
                for (key, value) in keys {
                    said.push(("set".to_owned(), Some(format!("{key}={}", toml(&value)?))));
                }
            }
            _ => said.extend(words(&known, &name, &value)?),
        }
    }
    Request::read(&said, target).map_err(PyValueError::new_err)
}

fn words(
    known: &[Argument],
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<Vec<(String, Option<String>)>> {
    let argument = known.iter().find(|argument| argument.name == name);
    let argument = argument.ok_or_else(|| PyTypeError::new_err(format!("there is no argument `{name}`")))?;
    let of = |value: String| (name.to_owned(), Some(value));
    if let Ok(switch) = value.cast::<PyBool>() {
        return match (argument.form, switch.is_true()) {
            (_, false) => Ok(Vec::new()),
            (Form::Switch, true) => Ok(vec![(name.to_owned(), None)]),
            _ => Err(PyTypeError::new_err(format!("`{name}` takes a value, got `True`"))),
        };
    }
    if !value.is_instance_of::<PyList>() && !value.is_instance_of::<PyTuple>() {
        return Ok(vec![of(text(value)?)]);
    }
    let items = value.try_iter()?.map(|item| text(&item?)).collect::<PyResult<Vec<_>>>()?;
    Ok(match argument.form {
        Form::List => items.into_iter().map(of).collect(),
        _ if items.is_empty() => vec![of("none".to_owned())],
        _ => vec![of(items.join(","))],
    })
}

fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.str()?.extract()
}

/// A value as it stands in a recipe.
fn toml(value: &Bound<'_, PyAny>) -> PyResult<toml::Value> {
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(truth.is_true().into());
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(value.extract::<i64>()?.into());
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(value.extract::<f64>()?.into());
    }
    if value.is_instance_of::<PyString>() {
        return Ok(value.extract::<String>()?.into());
    }
    if let Ok(table) = value.cast::<PyDict>() {
        let pairs = table.iter().map(|(key, value)| Ok((key.extract()?, toml(&value)?)));
        return Ok(toml::Value::Table(pairs.collect::<PyResult<toml::Table>>()?));
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value.try_iter()?.map(|item| toml(&item?));
        return Ok(toml::Value::Array(items.collect::<PyResult<_>>()?));
    }
    let kind = value.get_type().name()?;
    Err(PyTypeError::new_err(format!("a recipe holds numbers, texts, lists and tables, got `{kind}`")))
}
