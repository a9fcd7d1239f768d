//! The ledger's work: which trial is next, and when to let a lever go.

use std::time::Duration;

use kitae_train::baselines::LinearCache;
use kitae_train::engine::RunContext;
use kitae_train::plan::plan_roles;
use kitae_train::recipe::Scheme;
use kitae_train::roles::assign_roles;
use kitae_train::{Problem, Recipe, RecipeError, TrainError};

use crate::lever::{Lever, RATES};
use crate::paired::difference;
use crate::trial::{FoldScore, Trial, TrialOutcome, try_recipe};

/// What a ledger asks.
#[derive(Clone, Copy, Debug)]
pub struct LedgerConfig<'a> {
    /// The recipe around which levers are switched; its split is k-fold.
    pub recipe: &'a Recipe,
    /// The levers, in the order in which to try them; their names are distinct.
    pub levers: &'a [Lever],
    /// Time for all trials, those of an earlier run included. None: as long as it takes.
    pub budget: Option<Duration>,
}

impl LedgerConfig<'_> {
    /// How many repeats there are.
    pub fn n_repeats(&self) -> usize {
        match self.recipe.split.scheme {
            Scheme::KFold { n_repeats, .. } => n_repeats,
            Scheme::HoldOut { .. } => 1,
        }
    }

    /// Checks that there are folds to compare on.
    ///
    /// # Errors
    ///
    /// If the split is not k-fold.
    pub fn check(&self) -> Result<(), RecipeError> {
        match self.recipe.split.scheme {
            Scheme::KFold { .. } => Ok(()),
            Scheme::HoldOut { .. } => {
                let (key, expected) = ("split.scheme".to_owned(), "k_fold, folds to compare on".to_owned());
                Err(RecipeError::Value { key, expected, got: "hold_out".to_owned() })
            }
        }
    }
}

/// What happens while a ledger is made.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A trial begins.
    Started {
        /// The lever's name; none for the recipe as it is.
        lever: Option<&'a str>,
        /// Which repeat, from 0.
        repeat: usize,
        /// Trials of this repeat that come after it, if all are made.
        n_left: usize,
    },
    /// A trial is done, and worth writing down.
    Ended(&'a Trial),
}

/// Tries the recipe and each lever on one repeat after the other, as [`next_trial`] says. `done`
/// holds trials of an earlier, unfinished run; they are returned with the new ones.
///
/// # Errors
///
/// If the split is not k-fold, the recipe itself cannot be trained on these rows, or the run is interrupted.
pub fn run_ledger(
    problem: &Problem,
    config: &LedgerConfig,
    done: Vec<Trial>,
    context: &RunContext,
    observer: &mut dyn FnMut(&Progress),
) -> Result<Vec<Trial>, TrainError> {
    config.check()?;
    let (mut trials, mut linear) = (done, LinearCache::default());
    while let Some(next) = next_trial(config, &trials) {
        let lever = next.lever.map(|lever| lever.name.as_str());
        observer(&Progress::Started { lever, repeat: next.repeat, n_left: next.n_left });
        let (start, saved_before) = ((context.clock)(), linear.time_saved());
        let outcome = match folds(problem, config, &next, context, &mut linear) {
            Ok(folds) => TrialOutcome::Folds(folds),
            Err(TrainError::Interrupted { epoch }) => return Err(TrainError::Interrupted { epoch }),
            Err(error) if lever.is_some() => TrialOutcome::Failed(error.to_string()),
            Err(error) => return Err(error),
        };
        let seconds = (context.clock)().saturating_sub(start).as_secs_f64();
        let trial = Trial {
            lever: lever.map(str::to_owned),
            repeat: next.repeat,
            seconds,
            seconds_saved: linear.time_saved().saturating_sub(saved_before).as_secs_f64(),
            outcome,
        };
        observer(&Progress::Ended(&trial));
        trials.push(trial);
    }
    Ok(trials)
}

fn folds(
    problem: &Problem,
    config: &LedgerConfig,
    next: &Next,
    context: &RunContext,
    linear: &mut LinearCache,
) -> Result<Vec<FoldScore>, TrainError> {
    let (recipe, rates) = match next.lever {
        Some(lever) => (lever.recipe(config.recipe, &problem.facts)?, lever.rates.as_slice()),
        None => (config.recipe.clone(), RATES.as_slice()),
    };
    let mut places = assign_roles(&recipe, problem, &problem.open_rows)?;
    places.retain(|(lane, _)| lane.repeat == next.repeat);
    let plan = plan_roles(problem, &recipe, &places)?;
    try_recipe(problem, &recipe, &plan, rates, context, linear)
}

/// The trial that comes next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Next<'a> {
    /// None for the recipe as it is.
    pub lever: Option<&'a Lever>,
    /// On which repeat, from 0.
    pub repeat: usize,
    /// Trials of this repeat after it.
    pub n_left: usize,
}

/// A repeat keeps at least so many levers in the race.
const FEWEST_LEVERS: usize = 5;

/// Says which trial comes after `trials`; none at the end, or when no lever would end in time.
///
/// On the first repeat every lever is tried, in the order given. On each later one the recipe itself, and of
/// the levers that have gained so far the better half of those of the repeat before, but at least five, the
/// most gainful first. A lever that gained nothing or failed is let go. A lever is begun if it should end in
/// time, by what it took before, the first time by what the recipe itself took; a repeat is begun if the
/// recipe itself and a lever should end in time, and after all levers of the repeat before. The order of
/// `trials` has no say.
pub fn next_trial<'a>(config: &LedgerConfig<'a>, trials: &[Trial]) -> Option<Next<'a>> {
    let mut racing: Vec<&Lever> = config.levers.iter().collect();
    for repeat in 0..config.n_repeats() {
        let is_tried = |name: Option<&str>| {
            trials.iter().any(|trial| trial.lever.as_deref() == name && trial.repeat == repeat)
        };
        if repeat > 0 {
            racing = still_racing(&racing, trials, repeat);
        }
        let left: Vec<&Lever> = racing.iter().copied().filter(|lever| !is_tried(Some(&lever.name))).collect();
        let time = Time::of(config, trials);
        if !is_tried(None) && (repeat == 0 || left.iter().any(|lever| time.is_enough(&[None, Some(lever)]))) {
            return Some(Next { lever: None, repeat, n_left: left.len() });
        }
        let mut open = left.iter().filter(|lever| is_tried(None) && time.is_enough(&[Some(*lever)]));
        if let Some(lever) = open.next() {
            return Some(Next { lever: Some(lever), repeat, n_left: open.count() });
        }
        if !left.is_empty() {
            return None;
        }
    }
    None
}

/// How many repeats all levers that then were in the race have behind them. The first one counts as soon as
/// anything was tried on it: levers come to it in the order given, whatever they gain.
pub(crate) fn whole_repeats(levers: &[Lever], trials: &[Trial]) -> usize {
    let n_begun = trials.iter().map(|trial| trial.repeat + 1).max().unwrap_or(0);
    let mut racing: Vec<&Lever> = levers.iter().collect();
    for repeat in 1..n_begun {
        racing = still_racing(&racing, trials, repeat);
        let is_tried = |name: Option<&str>| {
            trials.iter().any(|trial| trial.lever.as_deref() == name && trial.repeat == repeat)
        };
        if !is_tried(None) || !racing.iter().all(|lever| is_tried(Some(&lever.name))) {
            return repeat;
        }
    }
    n_begun
}

/// The better half of `racing` by what was seen on the repeats before `repeat`.
fn still_racing<'a>(racing: &[&'a Lever], trials: &[Trial], repeat: usize) -> Vec<&'a Lever> {
    let mut before: Vec<Trial> = trials.iter().filter(|trial| trial.repeat < repeat).cloned().collect();
    // Sums do not depend on the order in which trials were done.
    before.sort_by_key(|trial| trial.repeat);
    let gain = |lever: &Lever| difference(&before, &lever.name).mean().filter(|mean| *mean > 0.0);
    let is_through = |lever: &Lever| {
        let own = before.iter().filter(|trial| trial.lever.as_deref() == Some(&lever.name));
        own.filter(|trial| !trial.outcome.folds().is_empty()).count() == repeat
    };
    let mut gains: Vec<(f64, &Lever)> = racing
        .iter()
        .filter(|lever| is_through(lever))
        .filter_map(|lever| Some((gain(lever)?, *lever)))
        .collect();
    gains.sort_by(|a, b| b.0.total_cmp(&a.0));
    gains.truncate(racing.len().div_ceil(2).max(FEWEST_LEVERS));
    gains.into_iter().map(|(_, lever)| lever).collect()
}

/// What is left of the budget.
struct Time<'a> {
    trials: &'a [Trial],
    /// Seconds; none without a budget.
    left: Option<f64>,
}

impl<'a> Time<'a> {
    fn of(config: &LedgerConfig, trials: &'a [Trial]) -> Self {
        let spent: f64 = trials.iter().map(|trial| trial.seconds).sum();
        Self { trials, left: config.budget.map(|budget| budget.as_secs_f64() - spent) }
    }

    /// Whether a trial of each should end in time.
    fn is_enough(&self, levers: &[Option<&Lever>]) -> bool {
        let expected: f64 = levers.iter().map(|lever| self.expected(*lever)).sum();
        self.left.is_none_or(|left| expected < left)
    }

    fn expected(&self, lever: Option<&Lever>) -> f64 {
        let last = |name: Option<&str>| {
            let own = self.trials.iter().filter(|trial| trial.lever.as_deref() == name);
            own.max_by_key(|trial| trial.repeat).map(|trial| trial.seconds)
        };
        lever.and_then(|lever| last(Some(&lever.name))).or_else(|| last(None)).unwrap_or(0.0)
    }
}
