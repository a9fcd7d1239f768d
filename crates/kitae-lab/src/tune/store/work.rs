//! Claiming, running and ending trials.

use kitae_eval::Score;
use kitae_eval::intervals::Interval;
use kitae_train::recipe::word_of;
use rusqlite::{Transaction, params};

use crate::tune::space::Point;
use crate::tune::store::Store;
use crate::tune::store::row::{TrialRow, rows};
use crate::tune::store::worker::Worker;
use crate::tune::trial::{State, StudyError, StudyTrial};

/// A trial that this process has to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The trial's number.
    pub number: u32,
    /// Where in the space.
    pub point: Point,
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// Trained on all folds: how many, the score on their validation rows, and its interval.
    Complete(usize, Score, Option<Interval<Score>>),
    /// Given up after so many folds, with the score on their validation rows.
    Stopped(usize, Score),
    /// It could not be trained or scored; the reason.
    Failed(String),
}

impl Store {
    /// Makes this process one that works on the study.
    ///
    /// # Errors
    ///
    /// If the files cannot be written.
    pub fn enter(&mut self) -> Result<Worker, StudyError> {
        let id = self.write(|transaction| {
            transaction.execute("INSERT INTO worker DEFAULT VALUES", [])?;
            Ok(transaction.last_insert_rowid())
        })?;
        Worker::new(&self.path, id)
    }

    /// Takes over the trial of a process that died, or else begins the one that `next` asks for when it has
    /// seen all others; none if it asks for none.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn claim(
        &mut self,
        worker: &Worker,
        now: f64,
        next: impl FnOnce(&[StudyTrial]) -> Option<Point>,
    ) -> Result<Option<Claim>, StudyError> {
        let (path, space) = (self.path.clone(), self.study()?.space);
        let mut wrong: Option<StudyError> = None;
        let claim = self.write(|transaction| {
            let found = rows(transaction)?;
            let is_left = |row: &&TrialRow| row.worker != worker.id && row.is_left(&path);
            let left = found.iter().find(is_left).map(|row| row.number);
            let trials: Result<Vec<StudyTrial>, StudyError> =
                found.into_iter().map(|row| row.trial(&path, &space)).collect();
            match trials {
                Ok(trials) => Self::take(transaction, worker, now, (left, &trials), next),
                Err(error) => {
                    wrong = Some(error);
                    Ok(None)
                }
            }
        })?;
        wrong.map_or(Ok(claim), Err)
    }

    fn take(
        transaction: &Transaction,
        worker: &Worker,
        now: f64,
        (left, trials): (Option<u32>, &[StudyTrial]),
        next: impl FnOnce(&[StudyTrial]) -> Option<Point>,
    ) -> rusqlite::Result<Option<Claim>> {
        if let Some(trial) = trials.iter().find(|trial| Some(trial.number) == left) {
            transaction.execute("DELETE FROM step WHERE trial = ?1", [trial.number])?;
            let again =
                "UPDATE trial SET worker = ?2, begun = ?3, n_folds = 0, score = NULL WHERE number = ?1";
            transaction.execute(again, params![trial.number, worker.id, now])?;
            return Ok(Some(Claim { number: trial.number, point: trial.point.clone() }));
        }
        let Some(point) = next(trials) else { return Ok(None) };
        let number = trials.iter().map(|trial| trial.number + 1).max().unwrap_or(0);
        let text = serde_json::to_string(&point)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let insert = "INSERT INTO trial (number, point, state, worker, begun) VALUES (?1, ?2, ?3, ?4, ?5)";
        transaction.execute(insert, params![number, text, word_of(&State::Running), worker.id, now])?;
        Ok(Some(Claim { number, point }))
    }

    /// Writes down that a trial has so many folds behind it; returns the scores of all others at that step.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn reach(&mut self, number: u32, n_folds: usize, score: Score) -> Result<Vec<Score>, StudyError> {
        self.write(|transaction| {
            let step = "INSERT OR REPLACE INTO step (trial, n_folds, score) VALUES (?1, ?2, ?3)";
            transaction.execute(step, params![number, n_folds as i64, score.0])?;
            let update = "UPDATE trial SET n_folds = ?2, score = ?3 WHERE number = ?1 AND state = 'running'";
            transaction.execute(update, params![number, n_folds as i64, score.0])?;
            let mut others =
                transaction.prepare("SELECT score FROM step WHERE n_folds = ?1 AND trial <> ?2")?;
            others.query_map(params![n_folds as i64, number], |row| row.get(0).map(Score))?.collect()
        })
    }

    /// Writes down how a trial ended, unless another process has taken it over.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn finish(
        &mut self,
        worker: &Worker,
        number: u32,
        now: f64,
        ending: &Ending,
    ) -> Result<(), StudyError> {
        let (state, n_folds, score, interval, failure) = match ending {
            Ending::Complete(n_folds, score, interval) => {
                (State::Complete, Some(*n_folds), Some(score.0), *interval, None)
            }
            Ending::Stopped(n_folds, score) => (State::Stopped, Some(*n_folds), Some(score.0), None, None),
            Ending::Failed(reason) => (State::Failed, None, None, None, Some(reason)),
        };
        let (low, high) = (interval.map(|interval| interval.low.0), interval.map(|interval| interval.high.0));
        self.write(|transaction| {
            let update = "UPDATE trial SET state = ?3, ended = ?4, n_folds = coalesce(?5, n_folds), score = ?6, \
                          low = ?7, high = ?8, failure = ?9 WHERE number = ?1 AND worker = ?2 AND state = 'running'";
            let n_folds = n_folds.map(|n_folds| n_folds as i64);
            let values = params![number, worker.id, word_of(&state), now, n_folds, score, low, high, failure];
            transaction.execute(update, values)
        })?;
        Ok(())
    }
}
