//! Columns of Python, cell by cell as kitae takes them.

use std::collections::HashMap;

use kitae::Table;
use kitae::data::read::ReadOptions;
use kitae::data::schema::{ColumnSchema, Kind, Schema};
use kitae::data::table::{Cells, Column, MISSING, Table as Raw};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrow::add_stream;
use crate::error::raised;

/// Columns of a table, gathered one after the other.
#[pyclass(module = "kitae._kitae")]
#[derive(Debug, Default)]
pub(crate) struct Columns {
    columns: Vec<Column>,
}

#[pymethods]
impl Columns {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Numbers, of which NaN is missing; `values` is a contiguous buffer of doubles.
    fn add_numbers(&mut self, py: Python<'_>, name: String, values: PyBuffer<f64>) -> PyResult<()> {
        self.add(name, Cells::Numbers(values.to_vec(py)?))
    }

    /// Texts as a file would hold them; `None` is missing.
    fn add_texts(&mut self, name: String, texts: Vec<Option<String>>) -> PyResult<()> {
        let mut levels = Levels::default();
        for text in &texts {
            levels.push(text.as_deref());
        }
        self.add(name, levels.into_cells())
    }

    /// Texts by their positions in `levels`; what is beyond them is missing.
    fn add_codes(
        &mut self,
        py: Python<'_>,
        name: String,
        codes: PyBuffer<i64>,
        levels: Vec<String>,
    ) -> PyResult<()> {
        let code = |position: i64| match usize::try_from(position) {
            Ok(position) if position < levels.len() => position as u32 + 1,
            _ => MISSING,
        };
        let codes = codes.to_vec(py)?.into_iter().map(code).collect();
        self.add(name, Cells::Levels { codes, levels })
    }

    /// All columns of what has `__arrow_c_stream__`.
    fn add_stream(&mut self, table: &Bound<'_, PyAny>) -> PyResult<()> {
        for Column { name, cells } in add_stream(table)? {
            self.add(name, cells)?;
        }
        Ok(())
    }

    /// Names of the columns.
    fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    fn __len__(&self) -> usize {
        self.n_rows()
    }
}

impl Columns {
    fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.cells.len())
    }

    fn add(&mut self, name: String, cells: Cells) -> PyResult<()> {
        if !self.columns.is_empty() && cells.len() != self.n_rows() {
            let (n_cells, n_rows) = (cells.len(), self.n_rows());
            return Err(PyValueError::new_err(format!(
                "column `{name}` has {n_cells} cells, and others {n_rows}"
            )));
        }
        self.columns.push(Column { name, cells });
        Ok(())
    }

    /// As a table; `name` stands for a path in messages.
    pub(crate) fn table(&self, name: &str, options: &ReadOptions) -> PyResult<Table> {
        table(self.columns.clone(), name, options)
    }

    /// The same for a model with this schema.
    pub(crate) fn table_like(&self, schema: &Schema, name: &str, options: &ReadOptions) -> PyResult<Table> {
        let spelled = self.columns.iter().map(|column| spelled(column, schema.column(&column.name)));
        table(spelled.collect(), name, options)
    }
}

fn table(columns: Vec<Column>, name: &str, options: &ReadOptions) -> PyResult<Table> {
    let n_rows = columns.first().map_or(0, |column| column.cells.len());
    Table::from_columns(Raw { columns, n_rows }, name, options).map_err(raised)
}

/// Truth values as the model knows them: libraries do not keep how a file spells them, and each has a way of
/// its own.
fn spelled(column: &Column, known: Option<&ColumnSchema>) -> Column {
    let mut column = column.clone();
    if let (Cells::Levels { levels, .. }, Some(known)) = (&mut column.cells, known)
        && levels.iter().all(|level| truth(level).is_some())
    {
        for level in levels {
            let number = if truth(level) == Some(true) { "1" } else { "0" };
            let same = known.levels.iter().find(|known| known.eq_ignore_ascii_case(level));
            let same = same.or_else(|| known.levels.iter().find(|known| *known == number));
            if let Some(same) = same {
                level.clone_from(same);
            } else if known.kind == Kind::Number {
                number.clone_into(level);
            }
        }
    }
    column
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" => Some(true),
        "false" | "False" => Some(false),
        _ => None,
    }
}

/// Texts, gathered into levels.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    codes: Vec<u32>,
    texts: Vec<String>,
    known: HashMap<String, u32>,
}

impl Levels {
    pub(crate) fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(MISSING, |text| self.code(text));
        self.codes.push(code);
    }

    /// The code of a text, which is a level from now on.
    pub(crate) fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.known.get(text) {
            return *code;
        }
        self.texts.push(text.to_owned());
        let code = self.texts.len() as u32;
        self.known.insert(text.to_owned(), code);
        code
    }

    pub(crate) fn push_code(&mut self, code: u32) {
        self.codes.push(code);
    }

    pub(crate) fn into_cells(self) -> Cells {
        Cells::Levels { codes: self.codes, levels: self.texts }
    }
}
