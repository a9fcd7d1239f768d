//! The run record: every event as a line of JSON, on disk before the next one happens.
//!
//! ```
//! use kitae_train::record::{Recorder, read_record};
//! use kitae_train::{Event, Observer};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("record.jsonl");
//! let mut recorder = Recorder::append(&path)?;
//! recorder.observe(&Event::BaselinesStarted);
//! // The line is there already, and would be if the run were killed now.
//! assert_eq!(std::fs::read_to_string(&path)?, "{\"event\":\"baselines_started\"}\n");
//! assert_eq!(read_record(&path)?, [Event::BaselinesStarted]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::ArtefactError;
use crate::files::{append, read_bytes};
use crate::observer::{Event, Observer};

/// Appends events to a file, so that a run that was killed can still be read.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
    failure: Option<std::io::Error>,
}

impl Recorder {
    /// Opens `path` to append to it.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened for writing.
    pub fn append(path: &Path) -> Result<Self, ArtefactError> {
        let failed = |error| ArtefactError::io("write", path, error);
        let mut file = append(path).map_err(failed)?;
        // A kill may have cut the last line short; the next one begins anew.
        let before = read_bytes(path).map_err(failed)?;
        if before.last().is_some_and(|byte| *byte != b'\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok(Self { path: path.to_path_buf(), file, failure: None })
    }

    /// Reports the first line that could not be written.
    ///
    /// # Errors
    ///
    /// The failure of that line, such as a full disk.
    pub fn finish(self) -> Result<(), ArtefactError> {
        match self.failure {
            Some(error) => Err(ArtefactError::io("write", &self.path, error)),
            None => Ok(()),
        }
    }
}

impl Observer for Recorder {
    fn observe(&mut self, event: &Event) {
        if self.failure.is_some() {
            return;
        }
        // One write a line, so that a kill leaves at most one line cut short.
        self.failure = self.file.write_all(line_of(event).as_bytes()).err();
    }
}

/// An event as a line of the record, with its end.
///
/// # Panics
///
/// Never: an event holds nothing that is no JSON.
pub fn line_of(event: &Event) -> String {
    serde_json::to_string(event).expect("names and numbers are JSON") + "\n"
}

/// The events of a run record. A last line that was cut short is left out; an epoch that was run
/// again after a resumption is there once.
///
/// # Errors
///
/// If the file cannot be read or another line than the last is no event.
pub fn read_record(path: &Path) -> Result<Vec<Event>, ArtefactError> {
    let bytes = read_bytes(path).map_err(|error| ArtefactError::io("read", path, error))?;
    events_of(&bytes, path)
}

/// The events of the bytes of a run record; `path` stands in errors.
///
/// ```
/// use kitae_train::Event;
/// use kitae_train::record::events_of;
///
/// let events = events_of(b"{\"event\":\"baselines_started\"}\n", "record.jsonl".as_ref())?;
/// assert_eq!(events, [Event::BaselinesStarted]);
/// # Ok::<(), kitae_train::ArtefactError>(())
/// ```
///
/// # Errors
///
/// If another line than the last is no event.
pub fn events_of(bytes: &[u8], path: &Path) -> Result<Vec<Event>, ArtefactError> {
    // A kill may have cut a letter in two.
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    let mut events = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        match serde_json::from_str(line) {
            Ok(event) => push_once(&mut events, event),
            Err(_) if number + 1 == lines.len() => {}
            // A resumed run appends after a line that a kill cut short.
            Err(_) if line.is_empty() || !line.ends_with('}') => {}
            Err(error) => {
                return Err(ArtefactError::damaged(path, format!("line {}: {error}", number + 1)));
            }
        }
    }
    Ok(events)
}

/// Where a lane is resumed, what was told of its later epochs and of its end is forgotten: it is told again.
fn push_once(events: &mut Vec<Event>, event: Event) {
    if let Event::LaneStarted { lane, after_epoch, .. } = &event {
        let (this_lane, after) = (*lane, *after_epoch);
        events.retain(|other| match other {
            Event::EpochEnded { lane, epoch, .. } | Event::Probed { lane, epoch, .. } => {
                *lane != this_lane || *epoch <= after
            }
            Event::LaneEnded { lane, .. } => *lane != this_lane,
            _ => true,
        });
    }
    events.push(event);
}
