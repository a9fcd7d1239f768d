//! Trials as rows of a table, and what can be wrong with the file.

use std::path::Path;

use kitae_eval::Score;
use kitae_eval::intervals::Interval;
use kitae_train::recipe::word_of;
use rusqlite::{Connection, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::tune::space::Space;
use crate::tune::store::worker::is_alive;
use crate::tune::trial::{State, Study, StudyError, StudyTrial};

/// A row of the table of trials.
pub(super) struct TrialRow {
    pub(super) number: u32,
    point: String,
    state: String,
    pub(super) worker: i64,
    begun: f64,
    ended: Option<f64>,
    n_folds: i64,
    score: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    failure: Option<String>,
}

impl TrialRow {
    fn of(row: &Row) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get("number")?,
            point: row.get("point")?,
            state: row.get("state")?,
            worker: row.get("worker")?,
            begun: row.get("begun")?,
            ended: row.get("ended")?,
            n_folds: row.get("n_folds")?,
            score: row.get("score")?,
            low: row.get("low")?,
            high: row.get("high")?,
            failure: row.get("failure")?,
        })
    }

    pub(super) fn is_running(&self) -> bool {
        self.state == word_of(&State::Running)
    }

    /// Whether the process that ran it lives no more.
    pub(super) fn is_left(&self, store: &Path) -> bool {
        self.is_running() && !is_alive(store, self.worker)
    }

    /// The trial, which must be one of `space`.
    pub(super) fn trial(self, path: &Path, space: &Space) -> Result<StudyTrial, StudyError> {
        let state = State::of(&self.state)
            .ok_or_else(|| damaged(path, format!("trial {} is `{}`", self.number, self.state)))?;
        let state = if self.is_left(path) { State::Left } else { state };
        let point = parse(path, &self.point)?;
        space
            .check_point(&point)
            .map_err(|reason| damaged(path, format!("trial {}: {reason}", self.number)))?;
        Ok(StudyTrial {
            number: self.number,
            point,
            state,
            begun: self.begun,
            ended: self.ended,
            n_folds: usize::try_from(self.n_folds).unwrap_or(0),
            score: self.score.map(Score),
            interval: self.low.zip(self.high).map(|(low, high)| Interval { low, high }.map(Score)),
            failure: self.failure,
        })
    }
}

pub(super) fn rows(connection: &Connection) -> rusqlite::Result<Vec<TrialRow>> {
    let mut statement = connection.prepare("SELECT * FROM trial ORDER BY number")?;
    statement.query_map([], TrialRow::of)?.collect()
}

/// Everything that the file defines, and how.
pub(super) fn tables(connection: &Connection) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    let mut statement =
        connection.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn failed(action: &'static str, path: &Path) -> impl Fn(Cause) -> StudyError {
    move |source| StudyError::Store { action, path: path.to_path_buf(), source }
}

pub(super) fn damaged(path: &Path, reason: String) -> StudyError {
    StudyError::Damaged { path: path.to_path_buf(), reason }
}

pub(super) fn json(path: &Path, value: &impl Serialize) -> Result<String, StudyError> {
    serde_json::to_string(value).map_err(|error| failed("write", path)(error.into()))
}

/// What a study asks, which must be something that can be searched.
pub(super) fn asked(path: &Path, text: &str) -> Result<Study, StudyError> {
    let study: Study = parse(path, text)?;
    study.space.check().map_err(|reason| damaged(path, reason))?;
    Ok(study)
}

pub(super) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, StudyError> {
    serde_json::from_str(text).map_err(|error| damaged(path, error.to_string()))
}
