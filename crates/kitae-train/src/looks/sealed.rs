//! Rows of a file that are sealed test rows of the model: their predictions beside the target are a look.

use std::collections::HashMap;
use std::path::Path;

use kitae_data::table::Table;
use kitae_eval::words::count;

use super::{KnownRows, SEALED_FILE, hashes_by};
use crate::files::read_bytes;

/// The share of the sealed rows from which on it is no coincidence that rows are like them.
const SHARE: f64 = 0.1;

/// Looks for sealed rows among those that are predicted.
#[derive(Clone, Debug)]
pub struct SealedRows {
    columns: Vec<String>,
    /// Each row's hash, and whether it was met.
    rows: HashMap<u64, bool>,
    n_met: usize,
    n_rows: usize,
}

impl SealedRows {
    /// Those of the model in this folder. None where the model has no sealed rows, or they cannot be told
    /// from others by what the model is fed with.
    pub fn of(model: &Path) -> Option<Self> {
        Self::read(&read_bytes(&model.join(SEALED_FILE)).ok()?)
    }

    /// The same from the contents of the file.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let key = KnownRows::from_bytes(bytes).ok()?.keys.into_iter().next()?;
        let rows: HashMap<u64, bool> = key.hashes.iter().map(|hash| (*hash, false)).collect();
        (!rows.is_empty() && key.tells_rows_apart()).then_some(Self {
            columns: key.columns,
            rows,
            n_met: 0,
            n_rows: 0,
        })
    }

    /// Looks at more rows.
    pub fn count(&mut self, table: &Table) {
        self.n_rows += table.n_rows;
        for hash in hashes_by(table, &self.columns).unwrap_or_default() {
            if let Some(is_met) = self.rows.get_mut(&hash) {
                *is_met = true;
                self.n_met += 1;
            }
        }
    }

    /// What was found, as a sentence for people.
    pub fn note(&self) -> Option<String> {
        let n_sealed = self.rows.values().filter(|is_met| **is_met).count();
        let is_telling = n_sealed as f64 >= SHARE * self.rows.len() as f64;
        (n_sealed > 0 && is_telling).then(|| {
            format!(
                "{} of {} {} the cells of sealed test rows of this model: comparing these predictions with \
                 their targets is a look at them that is not counted",
                self.n_met,
                count(self.n_rows, "row"),
                if self.n_met == 1 { "has" } else { "have" }
            )
        })
    }
}
