//! The ledger's file: JSON lines, each on disk before the next trial begins.
//!
//! ```
//! use kitae_lab::log::{Entry, Log, append};
//! use kitae_lab::{Menu, TrialOutcome, Trial};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("ledger.jsonl");
//! Log::begin(&path, Menu::default(), None, None)?;
//! let failed = TrialOutcome::Failed("training diverged".into());
//! let (lever, outcome) = (Some("relu".into()), failed);
//! let trial = Trial { lever, repeat: 0, seconds: 2.0, seconds_saved: 0.0, outcome };
//! append(&path, &Entry::Trial(trial.clone()))?;
//! assert_eq!(Log::read(&path)?.trials, [trial]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::io::Write;
use std::path::{Path, PathBuf};

use kitae_train::ArtefactError;
use kitae_train::files::{self, read_bytes, read_text};
use serde::{Deserialize, Serialize};

use crate::holdout::HoldoutReport;
use crate::menu::Menu;
use crate::trial::Trial;

/// The number of the format; another is refused.
const FORMAT: u32 = 1;

/// A line of the file.
///
/// ```
/// use kitae_lab::log::Entry;
///
/// let line = r#"{"entry":"begun","format":1,"levers":[],"refused":[],
///     "budget_seconds":60.0,"holdout_share":null}"#;
/// let Entry::Begun(begun) = serde_json::from_str(line)? else { panic!("the file has begun") };
/// assert_eq!(begun.budget_seconds, Some(60.0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entry {
    /// The first line: what is asked.
    Begun(Begun),
    /// A trial that is done.
    Trial(Trial),
    /// What was adopted, on the rows that no trial saw.
    Holdout(HoldoutReport),
}

/// What a ledger asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// The number of the file's format.
    format: u32,
    /// Levers in the order in which they are tried, and those that contradict the recipe.
    #[serde(flatten)]
    pub menu: Menu,
    /// Time for all trials.
    pub budget_seconds: Option<f64>,
    /// The share of the open rows that no trial sees; none if nothing is to be applied.
    pub holdout_share: Option<f64>,
}

/// Why a ledger's file cannot be read.
///
/// ```
/// use kitae_lab::log::{Log, LogError};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("ledger.jsonl");
/// std::fs::write(&path, r#"{"entry":"begun","format":7}"#)?;
/// assert!(matches!(Log::read(&path), Err(LogError::Format { found: 7, known: 1, .. })));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file itself.
    #[error(transparent)]
    File(#[from] ArtefactError),
    /// The file is of another version.
    #[error(
        "`{}` has format {found}, but this kitae reads format {known}: use the kitae that wrote it, or remove it and begin anew", path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format number.
        found: u32,
        /// The format number that this version reads.
        known: u32,
    },
    /// The first line does not say what was asked.
    #[error("`{}` is damaged: its first line says no levers; remove it and begin anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// The whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// What is asked.
    pub begun: Begun,
    /// The trials that are done.
    pub trials: Vec<Trial>,
    /// Looks at the rows that no trial saw, in their order.
    pub looks: Vec<HoldoutReport>,
}

/// What is read of the first line before the rest.
#[derive(Deserialize)]
struct Header {
    /// The first files had no number.
    #[serde(default)]
    format: u32,
}

impl Log {
    /// A file with its first line.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn begin(
        path: &Path,
        menu: Menu,
        budget_seconds: Option<f64>,
        holdout_share: Option<f64>,
    ) -> Result<Self, ArtefactError> {
        let begun = Begun { format: FORMAT, menu, budget_seconds, holdout_share };
        append(path, &Entry::Begun(begun.clone()))?;
        Ok(Self { begun, trials: Vec::new(), looks: Vec::new() })
    }

    /// Levers to try, and those that contradict the recipe.
    pub fn menu(&self) -> &Menu {
        &self.begun.menu
    }

    /// All whole lines of the file. Those that kills cut short are trials that were not done.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is of another format, or does not begin with what is asked.
    pub fn read(path: &Path) -> Result<Self, LogError> {
        let failed = |source| ArtefactError::Io { action: "read", path: path.to_path_buf(), source };
        let text = read_text(path).map_err(failed)?;
        let mut lines = text.lines();
        let begun = begun(path, lines.next().unwrap_or_default())?;
        let (mut trials, mut looks) = (Vec::new(), Vec::new());
        for entry in lines.filter_map(|line| serde_json::from_str(line).ok()) {
            match entry {
                Entry::Trial(trial) => trials.push(trial),
                Entry::Holdout(look) => looks.push(look),
                Entry::Begun(_) => {}
            }
        }
        Ok(Self { begun, trials, looks })
    }
}

fn begun(path: &Path, line: &str) -> Result<Begun, LogError> {
    let damaged = || LogError::Damaged { path: path.to_path_buf() };
    let header: Header = serde_json::from_str(line).map_err(|_| damaged())?;
    if header.format != FORMAT {
        return Err(LogError::Format { path: path.to_path_buf(), found: header.format, known: FORMAT });
    }
    match serde_json::from_str(line) {
        Ok(Entry::Begun(begun)) => Ok(begun),
        _ => Err(damaged()),
    }
}

/// Writes a line at the end of the file, which is made if it is not there. A last line that a kill cut short
/// is ended first.
///
/// # Errors
///
/// If the file cannot be written.
pub fn append(path: &Path, entry: &Entry) -> Result<(), ArtefactError> {
    let failed = |source| ArtefactError::Io { action: "write", path: path.to_path_buf(), source };
    let is_cut = read_bytes(path).is_ok_and(|bytes| bytes.last().is_some_and(|byte| *byte != b'\n'));
    let line = serde_json::to_string(entry).map_err(|error| failed(error.into()))?;
    let mut file = files::append(path).map_err(failed)?;
    // One write a line, so that a kill leaves at most one line cut short.
    file.write_all(format!("{}{line}\n", if is_cut { "\n" } else { "" }).as_bytes()).map_err(failed)
}
