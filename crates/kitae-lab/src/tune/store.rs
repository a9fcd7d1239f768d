//! The study's file: an `SQLite` database, so that several processes can share a study and a kill at any moment
//! leaves it whole.
//!
//! A trial is claimed in the database before it runs. Whoever claims it holds a locked file for as long as it lives;
//! the system gives the lock back when the process ends, however it ends, and the next who looks for work takes over
//! what the dead one had claimed.
//!
//! ```
//! use kitae_lab::tune::{Point, Space, Store, Study};
//!
//! let folder = tempfile::tempdir()?;
//! let study = Study {
//!     space: Space { axes: Vec::new() },
//!     n_trials: Some(10),
//!     budget_seconds: None,
//!     outer_share: 0.2,
//!     model: "models/houses".into(),
//!     replaces_model: false,
//! };
//! let mut store = Store::create(&folder.path().join("study.db"), &study)?;
//! let worker = store.enter()?;
//! let claim = store.claim(&worker, 0.0, |_| Some(Point(Vec::new())))?.expect("the first trial is free");
//! assert_eq!((claim.number, store.trials()?.len()), (0, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod row;
mod worker;

use std::path::{Path, PathBuf};
use std::time::Duration;

use kitae_eval::intervals::Interval;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::tune::report::Look;
use crate::tune::space::Point;
use crate::tune::store::row::{TrialRow, damaged, failed, json, parse, rows};
use crate::tune::store::worker::is_alive;
use crate::tune::trial::{State, Study, StudyError, StudyTrial};

pub use worker::Worker;

/// The number of the format; another is refused.
const FORMAT: i64 = 1;
/// How long a process waits for another one's write, which takes milliseconds.
const PATIENCE: Duration = Duration::from_mins(1);
const SCHEMA: &str = "
    CREATE TABLE study (question TEXT NOT NULL);
    CREATE TABLE worker (id INTEGER PRIMARY KEY AUTOINCREMENT);
    CREATE TABLE trial (
        number INTEGER PRIMARY KEY,
        point TEXT NOT NULL,
        state TEXT NOT NULL,
        worker INTEGER NOT NULL,
        begun REAL NOT NULL,
        ended REAL,
        n_folds INTEGER NOT NULL DEFAULT 0,
        score REAL,
        low REAL,
        high REAL,
        failure TEXT
    );
    CREATE TABLE step (
        trial INTEGER NOT NULL REFERENCES trial,
        n_folds INTEGER NOT NULL,
        score REAL NOT NULL,
        PRIMARY KEY (trial, n_folds)
    );
    CREATE TABLE look (id INTEGER PRIMARY KEY, report TEXT NOT NULL);
";

/// A study on disk.
///
/// ```
/// # use kitae_lab::tune::{Space, Study};
/// use kitae_lab::tune::Store;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("study.db");
/// # let (space, model) = (Space { axes: Vec::new() }, "m".into());
/// # let study =
/// #     Study { space, n_trials: None, budget_seconds: None, outer_share: 0.2, model, replaces_model: false };
/// Store::create(&path, &study)?;
/// assert_eq!(Store::open(&path)?.study()?, study);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
}

/// A trial that this process has to run.
///
/// ```
/// use kitae_lab::tune::{Claim, Point};
///
/// let claim = Claim { number: 0, point: Point(Vec::new()) };
/// assert_eq!(claim.number, 0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The trial's number.
    pub number: u32,
    /// Where in the space.
    pub point: Point,
}

/// How a trial ended.
///
/// ```
/// use kitae_lab::tune::Ending;
///
/// let ending = Ending::Failed("training diverged".into());
/// assert!(matches!(ending, Ending::Failed(reason) if reason.contains("diverged")));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// Trained on all folds: how many, the score on their stop rows, and its interval.
    Complete(usize, f64, Option<Interval>),
    /// Given up after so many folds, with the score on their stop rows.
    Stopped(usize, f64),
    /// It could not be trained or scored; the reason.
    Failed(String),
}

impl Store {
    /// Makes the file of a new study.
    ///
    /// # Errors
    ///
    /// If there is one already, or it cannot be written.
    pub fn create(path: &Path, study: &Study) -> Result<Self, StudyError> {
        if path.exists() {
            return Err(failed("create", path)("there is one already".into()));
        }
        let flags = OpenFlags::default();
        let mut store = Self::connect(path, flags)?;
        let question = json(path, study)?;
        store.write(|transaction| {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
            transaction.execute("INSERT INTO study (question) VALUES (?1)", [&question])
        })?;
        Ok(store)
    }

    /// Opens the file of a study.
    ///
    /// # Errors
    ///
    /// If it is not there, cannot be read, or is of another format.
    pub fn open(path: &Path) -> Result<Self, StudyError> {
        let store = Self::connect(path, OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE)?;
        let version = store.connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
        match version.map_err(|error| failed("read", path)(error.into()))? {
            FORMAT => Ok(store),
            other => Err(damaged(path, format!("expected format {FORMAT}, got {other}"))),
        }
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, StudyError> {
        let connection = Connection::open_with_flags(path, flags).and_then(|connection| {
            connection.busy_timeout(PATIENCE)?;
            Ok(connection)
        });
        let connection = connection.map_err(|error| failed("open", path)(error.into()))?;
        Ok(Self { path: path.to_path_buf(), connection })
    }

    /// What the study asks.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn study(&self) -> Result<Study, StudyError> {
        let question =
            self.connection.query_row("SELECT question FROM study", [], |row| row.get::<_, String>(0));
        parse(&self.path, &question.map_err(|error| failed("read", &self.path)(error.into()))?)
    }

    /// Asks for more or fewer trials, or another time.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn set_study(&mut self, study: &Study) -> Result<(), StudyError> {
        let question = json(&self.path, study)?;
        self.write(|transaction| transaction.execute("UPDATE study SET question = ?1", [&question]))?;
        Ok(())
    }

    /// All trials by number.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn trials(&self) -> Result<Vec<StudyTrial>, StudyError> {
        let rows = rows(&self.connection).map_err(|error| failed("read", &self.path)(error.into()))?;
        rows.into_iter().map(|row| row.trial(&self.path)).collect()
    }

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

    /// Trials that living processes other than `worker` work on.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn n_elsewhere(&self, worker: &Worker) -> Result<usize, StudyError> {
        let rows = rows(&self.connection).map_err(|error| failed("read", &self.path)(error.into()))?;
        let is_elsewhere =
            |row: &&TrialRow| row.is_running() && row.worker != worker.id && is_alive(&self.path, row.worker);
        Ok(rows.iter().filter(is_elsewhere).count())
    }

    /// Takes over the trial of a process that died, or else begins the one that `next` asks for when it has seen
    /// all others; none if it asks for none.
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
        let path = self.path.clone();
        let mut wrong: Option<StudyError> = None;
        let claim = self.write(|transaction| {
            let found = rows(transaction)?;
            let is_left =
                |row: &&TrialRow| row.is_running() && row.worker != worker.id && !is_alive(&path, row.worker);
            let left = found.iter().find(is_left).map(|row| row.number);
            let trials: Result<Vec<StudyTrial>, StudyError> =
                found.into_iter().map(|row| row.trial(&path)).collect();
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
        transaction.execute(insert, params![number, text, State::Running.word(), worker.id, now])?;
        Ok(Some(Claim { number, point }))
    }

    /// Writes down that a trial has so many folds behind it; returns the scores of all others at that step.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn reach(&mut self, number: u32, n_folds: usize, score: f64) -> Result<Vec<f64>, StudyError> {
        self.write(|transaction| {
            let step = "INSERT OR REPLACE INTO step (trial, n_folds, score) VALUES (?1, ?2, ?3)";
            transaction.execute(step, params![number, n_folds as i64, score])?;
            let update = "UPDATE trial SET n_folds = ?2, score = ?3 WHERE number = ?1 AND state = 'running'";
            transaction.execute(update, params![number, n_folds as i64, score])?;
            let mut others =
                transaction.prepare("SELECT score FROM step WHERE n_folds = ?1 AND trial <> ?2")?;
            others.query_map(params![n_folds as i64, number], |row| row.get(0))?.collect()
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
                (State::Complete, Some(*n_folds), Some(*score), *interval, None)
            }
            Ending::Stopped(n_folds, score) => (State::Stopped, Some(*n_folds), Some(*score), None, None),
            Ending::Failed(reason) => (State::Failed, None, None, None, Some(reason)),
        };
        let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
        self.write(|transaction| {
            let update = "UPDATE trial SET state = ?3, ended = ?4, n_folds = coalesce(?5, n_folds), score = ?6, \
                          low = ?7, high = ?8, failure = ?9 WHERE number = ?1 AND worker = ?2 AND state = 'running'";
            let n_folds = n_folds.map(|n_folds| n_folds as i64);
            let values = params![number, worker.id, state.word(), now, n_folds, score, low, high, failure];
            transaction.execute(update, values)
        })?;
        Ok(())
    }

    /// The last look at the rows that no trial saw, and how many there were.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn look(&self) -> Result<Option<(Look, usize)>, StudyError> {
        let last = "SELECT report, (SELECT count(*) FROM look) FROM look ORDER BY id DESC LIMIT 1";
        let found =
            self.connection.query_row(last, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
        let found = found.optional().map_err(|error| failed("read", &self.path)(error.into()))?;
        found.map(|(text, n)| Ok((parse(&self.path, &text)?, n as usize))).transpose()
    }

    /// Writes down a look at the rows that no trial saw.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn add_look(&mut self, look: &Look) -> Result<(), StudyError> {
        let report = json(&self.path, look)?;
        self.write(|transaction| transaction.execute("INSERT INTO look (report) VALUES (?1)", [&report]))?;
        Ok(())
    }

    /// One transaction that has the file for itself from its start.
    fn write<T>(&mut self, work: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<T, StudyError> {
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let done = begun.and_then(|transaction| {
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.map_err(|error| failed("write", &self.path)(error.into()))
    }
}
