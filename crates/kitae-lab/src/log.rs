//! The ledger's file: JSON lines, each on disk before the next trial begins.
//!
//! ```
//! use kitae_lab::log::{Entry, append, read};
//! use kitae_lab::{Outcome, Trial};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("ledger.jsonl");
//! let failed = Outcome::Failed("training diverged".into());
//! let trial = Trial { lever: Some("relu".into()), repeat: 0, seconds: 2.0, seconds_saved: 0.0, outcome: failed };
//! append(&path, &Entry::Trial(trial.clone()))?;
//! assert_eq!(read(&path)?, [Entry::Trial(trial)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use kitae_train::ArtefactError;
use serde::{Deserialize, Serialize};

use crate::lever::Lever;
use crate::menu::Refused;
use crate::outer::OuterReport;
use crate::trial::Trial;

/// A line of the file.
///
/// ```
/// use kitae_lab::log::Entry;
///
/// let line = r#"{"entry":"begun","levers":[],"refused":[],"budget_seconds":60.0,"outer_share":null}"#;
/// assert!(matches!(serde_json::from_str(line)?, Entry::Begun { budget_seconds: Some(60.0), .. }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entry {
    /// The first line: what is asked.
    Begun {
        /// Levers in the order in which they are tried.
        levers: Vec<Lever>,
        /// Levers that contradict the recipe.
        refused: Vec<Refused>,
        /// Time for all trials.
        budget_seconds: Option<f64>,
        /// The share of the open rows that no trial sees; none if nothing is to be applied.
        outer_share: Option<f64>,
    },
    /// A trial that is done.
    Trial(Trial),
    /// What was adopted, on the rows that no trial saw.
    Outer(OuterReport),
}

/// Writes a line at the end of the file, which is made if it is not there. A last line that a kill cut short
/// is ended first.
///
/// ```
/// use kitae_lab::log::{Entry, append, read};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("ledger.jsonl");
/// std::fs::write(&path, r#"{"entry":"tri"#)?;
/// let begun = Entry::Begun {
///     levers: Vec::new(),
///     refused: Vec::new(),
///     budget_seconds: None,
///     outer_share: None,
/// };
/// append(&path, &begun)?;
/// assert_eq!(read(&path)?, [begun]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If the file cannot be written.
pub fn append(path: &Path, entry: &Entry) -> Result<(), ArtefactError> {
    let failed = |source| ArtefactError::Io { action: "write", path: path.to_path_buf(), source };
    let is_cut = std::fs::read(path).is_ok_and(|bytes| bytes.last().is_some_and(|byte| *byte != b'\n'));
    let line = serde_json::to_string(entry).map_err(|error| failed(error.into()))?;
    let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    // One write a line, so that a kill leaves at most one line cut short.
    file.write_all(format!("{}{line}\n", if is_cut { "\n" } else { "" }).as_bytes()).map_err(failed)
}

/// All whole lines of the file.
///
/// ```
/// use kitae_lab::log::read;
///
/// let folder = tempfile::tempdir()?;
/// assert!(read(&folder.path().join("ledger.jsonl")).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<Entry>, ArtefactError> {
    let failed = |source| ArtefactError::Io { action: "read", path: path.to_path_buf(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    // Lines that kills cut short are trials that were not done.
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
