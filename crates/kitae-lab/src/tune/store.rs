//! The study's file: an `SQLite` database, so that several processes can share a study and a kill at any
//! moment leaves it whole.
//!
//! A trial is claimed in the database before it runs. Whoever claims it holds a locked file for as long as it
//! lives; the system gives the lock back when the process ends, however it ends, and the next who looks for
//! work takes over what the dead one had claimed.

mod row;
mod work;
mod worker;

use std::path::{Path, PathBuf};
use std::time::Duration;

use kitae_eval::Score;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use crate::tune::final_selection::Bag;
use crate::tune::report::HoldoutLook;
use crate::tune::store::row::{asked, damaged, failed, json, parse, rows, tables};
use crate::tune::trial::{Delivery, Study, StudyError, StudyTrial};

pub use work::{Claim, Ending};
pub use worker::Worker;

/// The number of the format; another is refused.
const FORMAT: i64 = 5;
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
    CREATE TABLE bag (trial INTEGER PRIMARY KEY REFERENCES trial, score REAL);
    CREATE TABLE look (id INTEGER PRIMARY KEY, report TEXT NOT NULL);
    CREATE TABLE delivery (trial INTEGER NOT NULL REFERENCES trial, model_sha256 TEXT NOT NULL);
";

/// The file of a new study before it is whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PART);
    PathBuf::from(name)
}

/// The ending of the name of a study's file that is not whole yet.
const PART: &str = ".part";

/// A study on disk.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
}

impl Store {
    /// Makes the file of a new study.
    ///
    /// # Errors
    ///
    /// If there is one already, or it cannot be written.
    pub fn create(path: &Path, study: &Study) -> Result<Self, StudyError> {
        let cannot = failed("create", path);
        if path.exists() {
            return Err(cannot("there is one already".into()));
        }
        let question = json(path, study)?;
        // Beside its place until it is whole: what a kill leaves must not look like a study.
        let part = part_of(path);
        if part.exists() {
            std::fs::remove_file(&part).map_err(|error| cannot(error.into()))?;
        }
        let mut store = Self::connect(&part, OpenFlags::default())?;
        store.write(|transaction| {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
            transaction.execute("INSERT INTO study (question) VALUES (?1)", [&question])
        })?;
        store.connection.close().map_err(|(_, error)| cannot(error.into()))?;
        std::fs::rename(&part, path).map_err(|error| cannot(error.into()))?;
        Self::open(path)
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
            FORMAT => store.check_tables().map(|()| store),
            found => Err(StudyError::Format { path: path.to_path_buf(), found, known: FORMAT }),
        }
    }

    /// Tables as this version makes them and nothing else: a view or a trigger would run what someone else
    /// wrote into the file, as long as they like.
    fn check_tables(&self) -> Result<(), StudyError> {
        let own = Connection::open_in_memory().and_then(|connection| {
            connection.execute_batch(SCHEMA)?;
            tables(&connection)
        });
        let own = own.map_err(|error| failed("read", &self.path)(error.into()))?;
        let found = tables(&self.connection).map_err(|error| failed("read", &self.path)(error.into()))?;
        if found == own {
            return Ok(());
        }
        Err(damaged(&self.path, "it holds other tables than a study has".to_owned()))
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, StudyError> {
        if path.is_symlink() {
            return Err(failed("open", path)("it is a link, and a study is not followed elsewhere".into()));
        }
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
    /// If the file cannot be read, or its hyperparameters are none that can be searched.
    pub fn study(&self) -> Result<Study, StudyError> {
        let question =
            self.connection.query_row("SELECT question FROM study", [], |row| row.get::<_, String>(0));
        asked(&self.path, &question.map_err(|error| failed("read", &self.path)(error.into()))?)
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
    /// If the file cannot be read, or a trial lies outside of what is searched.
    pub fn trials(&self) -> Result<Vec<StudyTrial>, StudyError> {
        let space = self.study()?.space;
        let rows = rows(&self.connection).map_err(|error| failed("read", &self.path)(error.into()))?;
        rows.into_iter().map(|row| row.trial(&self.path, &space)).collect()
    }

    /// The bags that were judged, by number of their trials.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn bags(&self) -> Result<Vec<Bag>, StudyError> {
        let read = || {
            let mut bags = self.connection.prepare("SELECT trial, score FROM bag ORDER BY trial")?;
            let bag = |row: &rusqlite::Row| {
                Ok(Bag { number: row.get(0)?, score: row.get::<_, Option<f64>>(1)?.map(Score) })
            };
            bags.query_map([], bag)?.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| failed("read", &self.path)(error.into()))
    }

    /// Writes down what a bag is worth.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn add_bag(&mut self, bag: &Bag) -> Result<(), StudyError> {
        let row = (bag.number, bag.score.map(|score| score.0));
        self.write(|transaction| {
            transaction.execute("INSERT OR REPLACE INTO bag (trial, score) VALUES (?1, ?2)", row)
        })?;
        Ok(())
    }

    /// The last look at the rows that no trial saw, and how many there were.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn look(&self) -> Result<Option<(HoldoutLook, usize)>, StudyError> {
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
    pub fn add_look(&mut self, look: &HoldoutLook) -> Result<(), StudyError> {
        let report = json(&self.path, look)?;
        self.write(|transaction| transaction.execute("INSERT INTO look (report) VALUES (?1)", [&report]))?;
        Ok(())
    }

    /// The models that the study put into their place, in order.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn deliveries(&self) -> Result<Vec<Delivery>, StudyError> {
        let read = || {
            let all = "SELECT trial, model_sha256 FROM delivery ORDER BY rowid";
            let mut deliveries = self.connection.prepare(all)?;
            let delivery =
                |row: &rusqlite::Row| Ok(Delivery { number: row.get(0)?, model_sha256: row.get(1)? });
            deliveries.query_map([], delivery)?.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| failed("read", &self.path)(error.into()))
    }

    /// Writes down that a model was put into its place.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn add_delivery(&mut self, delivery: &Delivery) -> Result<(), StudyError> {
        let row = (delivery.number, &delivery.model_sha256);
        self.write(|transaction| {
            transaction.execute("INSERT INTO delivery (trial, model_sha256) VALUES (?1, ?2)", row)
        })?;
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
