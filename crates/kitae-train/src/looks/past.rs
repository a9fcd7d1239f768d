//! Earlier looks, and which of some rows they were at.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::files::read_rows;
use super::written::Hashed;
use super::{KnownRows, Look, read_looks};
use crate::files::read_text;
use crate::model::LOOKS_FILE;

/// Earlier looks at rows that are looked at now.
pub(super) struct Past<'a> {
    hashed: &'a Hashed,
    look: &'a Look,
    /// Of each row, whether it was looked at before.
    is_known: Vec<bool>,
    pub(super) n_unknown: usize,
}

/// What an earlier look was at.
enum Seen {
    /// Each of the rows, or not.
    Rows(Vec<bool>),
    /// Nothing tells.
    Unknown,
}

impl<'a> Past<'a> {
    pub(super) fn new(hashed: &'a Hashed, look: &'a Look) -> Self {
        Self { hashed, look, is_known: vec![false; look.n_rows], n_unknown: 0 }
    }

    /// Adds the looks of a model; returns how many of them were at any of these rows.
    pub(super) fn add(&mut self, model: &Path, looks: &[Look]) -> usize {
        let mut n_alike = 0;
        for earlier in looks {
            match self.seen(model, earlier) {
                Seen::Unknown => self.n_unknown += 1,
                Seen::Rows(rows) => {
                    n_alike += usize::from(rows.contains(&true));
                    self.is_known.iter_mut().zip(rows).for_each(|(is_known, row)| *is_known |= row);
                }
            }
        }
        n_alike
    }

    pub(super) fn n_rows_before(&self) -> usize {
        self.is_known.iter().filter(|is_known| **is_known).count()
    }

    fn seen(&self, model: &Path, earlier: &Look) -> Seen {
        let key = |look: &Look| (look.fingerprint, look.which, look.n_rows);
        if key(earlier) == key(self.look) {
            return Seen::Rows(vec![true; self.look.n_rows]);
        }
        let Some(known) = earlier.rows.as_ref().and_then(|name| read_rows(model, name)) else {
            return Seen::Unknown;
        };
        if !known.keys.iter().any(|key| self.is_related(&key.columns)) {
            return Seen::Rows(vec![false; self.look.n_rows]);
        }
        // Rows with many doubles are told apart only within one file.
        let is_same_file = earlier.fingerprint == self.look.fingerprint;
        let by_key = known.keys.iter().find_map(|key| {
            let hashes = self.hashed.by_columns.get(&key.columns)?;
            (is_same_file || key.tells_rows_apart()).then(|| key.which(hashes).collect())
        });
        by_key.map_or(Seen::Unknown, Seen::Rows)
    }

    /// Whether these may be columns of the same table; models of other tables lie in the same folder.
    fn is_related(&self, columns: &[String]) -> bool {
        let n_common = columns.iter().filter(|name| self.hashed.has(name)).count();
        n_common * 2 >= columns.len()
    }
}

/// The columns over which earlier looks of a model and of those beside it are written down.
pub fn column_sets(model: &Path) -> Vec<Vec<String>> {
    let own = (String::new(), model.to_path_buf(), looks_of(model));
    let mut files = BTreeSet::new();
    let mut sets = BTreeSet::new();
    for (_, folder, looks) in std::iter::once(own).chain(beside(model)) {
        for name in looks.into_iter().filter_map(|look| look.rows) {
            // The name tells the contents.
            if files.insert(name.clone())
                && let Some(KnownRows { keys }) = read_rows(&folder, &name)
            {
                sets.extend(keys.into_iter().map(|key| key.columns));
            }
        }
    }
    sets.into_iter().collect()
}

/// The models in the same folder that have looks: name, folder, looks. Whatever cannot be read has not
/// looked.
pub(super) fn beside(model: &Path) -> impl Iterator<Item = (String, PathBuf, Vec<Look>)> {
    let model = model.canonicalize().ok();
    let folders = model.as_ref().and_then(|model| fs::read_dir(model.parent()?).ok());
    let folders = folders.into_iter().flatten().flatten().map(|entry| entry.path());
    let others = folders.filter(move |folder| Some(folder) != model.as_ref());
    others.filter_map(|folder| {
        let looks = looks_of(&folder);
        let name = folder.file_name()?.to_string_lossy().into_owned();
        (!looks.is_empty()).then_some((name, folder, looks))
    })
}

fn looks_of(model: &Path) -> Vec<Look> {
    read_text(&model.join(LOOKS_FILE)).map(|text| read_looks(&text)).unwrap_or_default()
}
