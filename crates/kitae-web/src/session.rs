//! A model in memory that is asked with bytes and answers with bytes.

use std::collections::BTreeMap;

use kitae_answer::{Fault, Ready, rows};
use kitae_eval::Level;
use kitae_infer::{Model, ModelFiles};
use serde_json::json;

/// More rows would not fit into the memory of a page.
const MOST_ROWS: usize = 1 << 24;

/// A model, and the files that it is made from as they come.
#[derive(Default)]
pub struct Session {
    files: BTreeMap<String, Vec<u8>>,
    ready: Option<Ready>,
}

impl Session {
    /// Adds a file of the model folder.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        self.files.insert(name.to_owned(), bytes.to_vec());
    }

    /// Checks the files that were added and makes the model ready. What it is, as JSON for the form of the
    /// page.
    ///
    /// # Errors
    ///
    /// If a file is missing, damaged or of another model.
    pub fn load(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let files = ModelFiles::Memory(std::mem::take(&mut self.files));
        let model = Model::of_files(files).map_err(|error| error.to_string())?;
        let ready = Ready::new(model).map_err(|fault| fault.to_string())?;
        let description = ready.description(name);
        self.ready = Some(ready);
        Ok(description.to_string().into_bytes())
    }

    /// Answers rows in JSON, with intervals or sets of a level, if it is above 0, as JSON.
    ///
    /// # Errors
    ///
    /// If a row is not one of the model's, or the level is too high.
    pub fn answer(&self, body: &[u8], level: f64) -> Result<Vec<u8>, String> {
        let answer = || {
            let ready = self.ready()?;
            let mut input = ready.input(&rows(body, MOST_ROWS)?)?;
            Ok(ready.answer(&mut input, level_of(level)?)?.json())
        };
        answer().map_err(|fault: Fault| fault.to_string())
    }

    /// Answers a CSV file called `name`, packed with gzip or not: `{"csv": as `kitae predict` writes it,
    /// "n_rows": …, "warnings": […]}`.
    ///
    /// # Errors
    ///
    /// If it is no CSV, lacks a column, or the level is too high.
    pub fn csv(&self, name: &str, text: Vec<u8>, level: f64) -> Result<Vec<u8>, String> {
        let answer = || {
            let ready = self.ready()?;
            let mut input = ready.csv_input(text, name, MOST_ROWS)?;
            let answer = ready.answer(&mut input, level_of(level)?)?;
            let csv = String::from_utf8_lossy(&answer.csv()?).into_owned();
            Ok(json!({ "csv": csv, "n_rows": answer.n_rows(), "warnings": answer.warnings }))
        };
        answer().map(|json| json.to_string().into_bytes()).map_err(|fault: Fault| fault.to_string())
    }

    fn ready(&self) -> Result<&Ready, Fault> {
        self.ready.as_ref().ok_or_else(|| Fault::wrong("no model is loaded"))
    }
}

fn level_of(level: f64) -> Result<Option<Level>, Fault> {
    let checked = |level| Level::new(level).map_err(|error| Fault::wrong(error.to_string()));
    if level == 0.0 { Ok(None) } else { checked(level).map(Some) }
}
