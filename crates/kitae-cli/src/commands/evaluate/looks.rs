//! Looks at the same rows: of this model, and of those beside it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use kitae_train::looks::{Look, read_looks};
use kitae_train::model::LOOKS_FILE;

use super::{Score, TestRows};
use crate::failure::Failure;
use crate::show::count;

/// Models that are named; of more it is said how many they are.
const MOST_NAMED: usize = 3;

/// Who looked at some rows.
pub(super) struct Looks {
    /// Which look of this model it is, from 1.
    pub(super) number: usize,
    /// Models in the same folder that were scored on the same rows, by name.
    pub(super) other_models: Vec<String>,
}

impl Looks {
    /// Appends a look to the model's file of looks.
    pub(super) fn write_down(model: &Path, test: &TestRows, heading: &Score) -> Result<Self, Failure> {
        let path = model.join(LOOKS_FILE);
        let cannot = |error: std::io::Error| Failure::file("write", &path, &error);
        let before = fs::read_to_string(&path).unwrap_or_default();
        let look = Look {
            unix_seconds: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            file: test.path.display().to_string(),
            fingerprint: test.fingerprint,
            which: test.which,
            n_rows: test.rows.len(),
            metric: heading.metric,
            value: heading.value,
            interval: heading.interval,
            of_an_earlier_model: false,
        };
        let line = serde_json::to_string(&look).map_err(std::io::Error::from).map_err(cannot)?;
        let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(cannot)?;
        // A line that was cut short must not take this one with it.
        let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        file.write_all(format!("{end}{line}\n").as_bytes()).map_err(cannot)?;
        Ok(Self { number: n_alike(&before, &look) + 1, other_models: beside(model, &look) })
    }

    pub(super) fn text(&self) -> String {
        let own = match self.number {
            1 => "This is the first look of this model at these rows".to_owned(),
            n => format!("This is look number {n} at these rows"),
        };
        let (named, more) = self.other_models.split_at(self.other_models.len().min(MOST_NAMED));
        let named = named.join("`, `");
        let others = match (self.other_models.len(), more.len()) {
            (0, _) => String::new(),
            (_, 0) => format!(". In the same folder, `{named}` looked at them too"),
            (_, n) => {
                format!(". In the same folder, `{named}` and {} looked at them too", count(n, "more model"))
            }
        };
        let warning = match (self.number, self.other_models.len()) {
            (1, 0) => "",
            _ => " Whoever chooses among models by such looks fits them to the rows.",
        };
        format!("{own}{others}.{warning}")
    }
}

fn n_alike(text: &str, look: &Look) -> usize {
    let key = |look: &Look| (look.fingerprint, look.which, look.n_rows);
    read_looks(text).iter().filter(|other| key(other) == key(look)).count()
}

/// Whatever cannot be read has not looked.
fn beside(model: &Path, look: &Look) -> Vec<String> {
    let Ok(model) = model.canonicalize() else { return Vec::new() };
    let folders = model.parent().and_then(|parent| fs::read_dir(parent).ok());
    let folders = folders.into_iter().flatten().flatten().map(|entry| entry.path());
    let has_looked = |folder: &PathBuf| {
        let text = fs::read_to_string(folder.join(LOOKS_FILE));
        *folder != model && text.is_ok_and(|text| n_alike(&text, look) > 0)
    };
    let name = |folder: PathBuf| folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut others: Vec<String> = folders.filter(has_looked).filter_map(name).collect();
    others.sort();
    others
}
