//! A model under its name: the folder, what was read of it, and what was counted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use kitae_data::table::{Cells, MISSING, Table, UNSEEN};
use kitae_infer::sums::SUMS_FILE;

use crate::loaded::{LoadError, Loaded};

/// A model that is served.
pub(crate) struct Served {
    pub(crate) name: String,
    folder: PathBuf,
    loaded: RwLock<Arc<Loaded>>,
    counts: Mutex<Counts>,
    /// What was wrong with the folder when it was last looked at.
    trouble: Mutex<Option<String>>,
}

/// What was counted of a model since the server started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) n_rows: u64,
    /// Missing and unseen cells, by column.
    pub(crate) columns: BTreeMap<String, [u64; 2]>,
    pub(crate) n_loaded: u64,
    pub(crate) n_failed: u64,
}

impl Served {
    /// Reads a model folder.
    pub(crate) fn load(folder: &Path, name: String) -> Result<Self, LoadError> {
        // Without digests the folder is no model, which loading says better.
        let sums = std::fs::read(folder.join(SUMS_FILE)).unwrap_or_default();
        let loaded = Arc::new(Loaded::load(folder, sums)?);
        let (counts, trouble) = (Mutex::default(), Mutex::default());
        Ok(Self { name, folder: folder.to_path_buf(), loaded: RwLock::new(loaded), counts, trouble })
    }

    /// The model as it is now; a request that has it keeps it.
    pub(crate) fn loaded(&self) -> Arc<Loaded> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts rows that `loaded` answered.
    pub(crate) fn count(&self, loaded: &Loaded, table: &Table) {
        loaded.window.lock().unwrap_or_else(PoisonError::into_inner).add(table);
        let mut counts = self.counts();
        counts.n_rows += table.n_rows as u64;
        for column in &table.columns {
            let [n_missing, n_unseen] = missing_and_unseen(&column.cells);
            if let Some(counted) = counts.columns.get_mut(&column.name) {
                counted[0] += n_missing;
                counted[1] += n_unseen;
            } else {
                counts.columns.insert(column.name.clone(), [n_missing, n_unseen]);
            }
        }
    }

    /// Takes the model that lies in the folder now, if it is another one, and says so; a folder that cannot
    /// be used changes nothing, and is told of once.
    pub(crate) fn look(&self) -> Option<String> {
        let path = self.folder.join(SUMS_FILE);
        let read = std::fs::read(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()));
        let loaded = match read {
            Ok(sums) if sums == self.loaded().sums => {
                self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
                return None;
            }
            Ok(sums) => Loaded::load(&self.folder, sums).map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        match loaded {
            Ok(loaded) => {
                *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
                self.counts().n_loaded += 1;
                self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
                Some(format!("`{}`: a new model was read and answers from now on", self.name))
            }
            Err(error) => {
                let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
                if trouble.as_ref() == Some(&error) {
                    return None;
                }
                self.counts().n_failed += 1;
                let line =
                    format!("`{}`: the new model cannot be used, the old one goes on: {error}", self.name);
                *trouble = Some(error);
                Some(line)
            }
        }
    }
}

fn missing_and_unseen(cells: &Cells) -> [u64; 2] {
    match cells {
        Cells::Numbers(values) => [values.iter().filter(|value| value.is_nan()).count() as u64, 0],
        Cells::Levels { codes, .. } => {
            [MISSING, UNSEEN].map(|wanted| codes.iter().filter(|code| **code == wanted).count() as u64)
        }
    }
}
