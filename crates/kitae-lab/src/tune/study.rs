//! The study's work: claim a trial, run it on one fold after the other, write down how it ended.

use kitae_eval::Score;
use kitae_random::{Purpose, Stream};
use kitae_train::baselines::LinearCache;
use kitae_train::engine::RunContext;
use kitae_train::roles::{LanePlace, Roles};
use kitae_train::{Problem, Recipe, TrainError};

use crate::tune::final_selection::repeats;
use crate::tune::folds::{Pool, fit_folds, study_folds};
use crate::tune::halving::{is_through, steps};
use crate::tune::space::Point;
use crate::tune::store::{Claim, Ending, Store, Worker};
use crate::tune::tpe::{Tried, propose};
use crate::tune::trial::{State, Study, StudyError, StudyTrial, seconds_spent};

/// On what a study is carried out, and where.
pub struct StudyConfig<'a> {
    /// Its open rows are those that trials see.
    pub problem: &'a Problem,
    /// The recipe that the space lies around: the first trial. Its seed is that of the search, too.
    pub recipe: &'a Recipe,
    /// Where trials run.
    pub place: &'a RunContext<'a>,
    /// Seconds since 1970.
    pub now: &'a dyn Fn() -> f64,
}

/// What happens while a study is worked on.
#[derive(Clone, Copy, Debug)]
pub enum StudyEvent<'a> {
    /// A trial begins.
    Begun(&'a Claim),
    /// A trial has so many folds behind it, and goes on.
    Stepped {
        /// The trial's number.
        number: u32,
        /// Folds behind it.
        n_folds: usize,
        /// The score on their validation rows; higher is better.
        score: Score,
    },
    /// A trial ended, and is written down.
    Ended(&'a StudyTrial),
}

/// Runs trials until the study's trials or its time are used up; returns all of them, those of other
/// processes too.
///
/// The first trial is the recipe itself, on all folds; the next are drawn from the space, and from the tenth
/// on [`propose`] says what to try. A trial is given up as [`is_through`] says.
///
/// # Errors
///
/// If the recipe itself cannot be trained, the run is interrupted, or the study's file cannot be written.
pub fn run_study(
    config: &StudyConfig,
    store: &mut Store,
    worker: &Worker,
    observer: &mut dyn FnMut(&StudyEvent),
) -> Result<Vec<StudyTrial>, StudyError> {
    let folds = study_folds(config.problem, config.recipe)?;
    let mut linear = LinearCache::default();
    loop {
        let study = store.study()?;
        let now = (config.now)();
        let next = |trials: &[StudyTrial]| next_point(&study, config.recipe.seed, trials, now);
        let Some(claim) = store.claim(worker, now, next)? else { return store.trials() };
        observer(&StudyEvent::Begun(&claim));
        let ending = run_trial(config, &study, store, &claim, &folds, &mut linear, observer)?;
        store.finish(worker, claim.number, (config.now)(), &ending)?;
        if let Some(trial) = store.trials()?.iter().find(|trial| trial.number == claim.number) {
            observer(&StudyEvent::Ended(trial));
        }
    }
}

/// The point of the next trial; none if trials or time are used up. A trial is begun if it should end in
/// time, by the mean of those before it.
pub(crate) fn next_point(study: &Study, seed: u64, trials: &[StudyTrial], now: f64) -> Option<Point> {
    let Some(last) = trials.iter().map(|trial| trial.number).max() else { return Some(study.space.own()) };
    if study.n_trials.is_some_and(|n_trials| trials.len() >= n_trials as usize) {
        return None;
    }
    let ended: Vec<f64> = trials.iter().filter_map(StudyTrial::seconds).collect();
    let expected = ended.iter().sum::<f64>() / ended.len().max(1) as f64;
    if study.budget_seconds.is_some_and(|budget| seconds_spent(trials, now) + expected > budget) {
        return None;
    }
    let mut stream = Stream::new(seed, Purpose::Search, [u64::from(last) + 1, 0, 0]);
    Some(propose(&study.space, &ranked(trials), &mut stream))
}

/// Who came further is better, then who scored better there (as Optuna ranks trials that it stopped); failed
/// ones are worst. Those that run count as bad, so that no other process tries the same.
fn ranked(trials: &[StudyTrial]) -> Vec<Tried> {
    let mut sorted: Vec<&StudyTrial> = trials.iter().collect();
    let key = |trial: &StudyTrial| match (trial.state, trial.score) {
        (State::Complete | State::Stopped, Some(score)) => (trial.n_folds, score.0),
        _ => (0, f64::NEG_INFINITY),
    };
    sorted.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        b.0.cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    sorted.iter().enumerate().map(|(rank, trial)| Tried { point: trial.point.clone(), rank }).collect()
}

/// Checks that the rows of `problem`, those held back taken out, allow the folds of a study around `recipe`,
/// and those of the bags at its end.
///
/// # Errors
///
/// If the rows are too few.
pub fn check_rows(problem: &Problem, recipe: &Recipe) -> Result<(), TrainError> {
    study_folds(problem, recipe)?;
    repeats(problem, recipe)?;
    Ok(())
}

fn run_trial(
    config: &StudyConfig,
    study: &Study,
    store: &mut Store,
    claim: &Claim,
    folds: &[(LanePlace, Roles)],
    linear: &mut LinearCache,
    observer: &mut dyn FnMut(&StudyEvent),
) -> Result<Ending, StudyError> {
    let recipe = match study.space.recipe(config.recipe, &config.problem.facts, &claim.point) {
        Ok(recipe) => recipe,
        Err(error) => return Ok(Ending::Failed(error.to_string())),
    };
    let (mut pool, mut n_done) = (Pool::default(), 0);
    for n_folds in steps(folds.len()) {
        match fit_folds(config.problem, &recipe, &folds[n_done..n_folds], config.place, linear) {
            Err(error) if claim.number == 0 || matches!(error, TrainError::Interrupted { .. }) => {
                return Err(error.into());
            }
            Err(error) => return Ok(Ending::Failed(error.to_string())),
            Ok(predicted) => {
                for fold in predicted {
                    let Some(fold) = fold else {
                        return Ok(Ending::Failed("all networks of a fold diverged".to_owned()));
                    };
                    pool.add(fold);
                }
            }
        }
        n_done = n_folds;
        // A metric may have no value on the rows of one fold; then nothing is decided there.
        let Some(score) = pool.score(&recipe).filter(|_| n_folds < folds.len()) else { continue };
        let others = store.reach(claim.number, n_folds, score)?;
        // The recipe itself is what all others are compared with.
        if claim.number > 0 && !is_through(score, &others) {
            return Ok(Ending::Stopped(n_folds, score));
        }
        observer(&StudyEvent::Stepped { number: claim.number, n_folds, score });
    }
    Ok(match pool.score_with_interval(config.problem, &recipe) {
        Some((score, interval)) => Ending::Complete(folds.len(), score, interval),
        None => Ending::Failed(format!("{} has no value on the validation rows", recipe.metric)),
    })
}
