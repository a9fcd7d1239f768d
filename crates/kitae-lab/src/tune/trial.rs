//! A study's question, and what came of each of its trials.

use std::path::PathBuf;

use kitae_eval::Score;
use kitae_eval::intervals::Interval;
use kitae_train::TrainError;
use kitae_train::recipe::{read, word_of};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::tune::space::{Point, Space};

/// What a study asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// What is searched.
    pub space: Space,
    /// The most trials; none for as many as there is time for.
    pub n_trials: Option<u32>,
    /// Seconds in which trials may begin, counted while any process works on the study; none for as long as
    /// it takes.
    pub budget_seconds: Option<f64>,
    /// The share of the open rows that no trial sees, in (0, 1).
    pub holdout_share: f64,
    /// Where the model of the best recipe goes, as one goes from the folder of the study.
    pub model: PathBuf,
    /// The mark of what was there when the study began and may be replaced; none where nothing may.
    pub replaces: Option<u64>,
}

/// A model that the study put into its place: it alone gives way to a later one of the same study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The trial whose recipe it has.
    pub number: u32,
    /// The SHA-256 of its `model.json`, which the model folder says too.
    pub model_sha256: String,
}

/// A trial: the recipe at one point of the space.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyTrial {
    /// Counted from 0, which is the recipe itself.
    pub number: u32,
    /// Where in the space.
    pub point: Point,
    /// How far it is.
    pub state: State,
    /// When it began, in seconds since 1970.
    pub begun: f64,
    /// When it ended.
    pub ended: Option<f64>,
    /// Folds behind it.
    pub n_folds: usize,
    /// The recipe's metric on the validation rows of these folds together; higher is better.
    pub score: Option<Score>,
    /// 95 % interval of the score from resampling rows; for trials on all folds.
    pub interval: Option<Interval<Score>>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// How far a trial is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A process works on it.
    Running,
    /// A process died over it; the next one takes it over. The study's file calls it running.
    Left,
    /// It was trained on all folds.
    Complete,
    /// It was given up after some.
    Stopped,
    /// It could not be trained or scored.
    Failed,
}

impl State {
    /// The state that the study's file calls so.
    pub(crate) fn of(word: &str) -> Option<Self> {
        read(word.into()).ok().filter(|state| *state != Self::Left)
    }
}

/// As people call it.
impl std::fmt::Display for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Left => formatter.pad("abandoned"),
            Self::Stopped => formatter.pad("pruned"),
            state => formatter.pad(&word_of(state)),
        }
    }
}

impl StudyTrial {
    /// How long it took; none while it runs.
    pub fn seconds(&self) -> Option<f64> {
        self.ended.map(|ended| ended - self.begun)
    }
}

/// The best of the trials that were trained on all folds; of equals the earliest.
pub fn best_trial(trials: &[StudyTrial]) -> Option<&StudyTrial> {
    let complete = trials.iter().filter(|trial| trial.state == State::Complete);
    let scored = complete.filter(|trial| trial.score.is_some_and(|score| score.0.is_finite()));
    scored.reduce(|best, trial| if trial.score > best.score { trial } else { best })
}

/// Seconds in which some trial ran: two at a time count once. How long a process lived that died over one is
/// not known, and counts as nothing.
///
/// ```
/// # use kitae_lab::tune::{Point, State, StudyTrial, seconds_spent};
/// # let trial = |begun, ended| {
/// #     let (point, state) = (Point(Vec::new()), State::Stopped);
/// #     let (score, interval, failure) = (None, None, None);
/// #     StudyTrial { number: 0, point, state, begun, ended, n_folds: 1, score, interval, failure }
/// # };
/// // Two processes for three seconds, a pause, and one that still runs at second 12.
/// let trials = [trial(0.0, Some(2.0)), trial(1.0, Some(3.0)), trial(10.0, None)];
/// assert_eq!(seconds_spent(&trials, 12.0), 5.0);
/// ```
pub fn seconds_spent(trials: &[StudyTrial], now: f64) -> f64 {
    let known = trials.iter().filter(|trial| trial.state != State::Left);
    let mut spans: Vec<(f64, f64)> =
        known.map(|trial| (trial.begun, trial.ended.unwrap_or(now).max(trial.begun))).collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut total, mut until) = (0.0, f64::NEG_INFINITY);
    for (begun, ended) in spans {
        total += (ended - begun.max(until)).max(0.0);
        until = until.max(ended);
    }
    total
}

/// Why a study cannot go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The recipe itself cannot be trained, or the run was interrupted.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The study's file.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Store {
        /// What could not be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is of another version.
    #[error(
        "`{}` has format {found}, but this kitae reads format {known}: go on with the kitae that wrote it, or remove it and begin anew", path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format number.
        found: i64,
        /// The format number that this version reads.
        known: i64,
    },
    /// The file is not what this version writes.
    #[error("`{}` is damaged: {reason}; remove it and begin anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
