//! The ledger's work: which trial is next, and when to let a lever go.
//!
//! ```
//! # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/moons.in")); }
//! use kitae_lab::{LedgerConfig, Family, Lever, Progress, run_ledger};
//!
//! let (problem, recipe) = moons::problem_and_recipe()?;
//! let levers = [Lever::new("narrow", Family::Shape, "network.hidden = [2]".parse()?)];
//! let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
//! let trials = run_ledger(&problem, &config, Vec::new(), &moons::place(), &mut |_: &Progress| {})?;
//! // What was done is not done again.
//! let mut n_trials = 0;
//! let mut count = |_: &Progress| n_trials += 1;
//! let again = run_ledger(&problem, &config, trials.clone(), &moons::place(), &mut count)?;
//! assert_eq!((again, n_trials), (trials, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

use kitae_train::engine::Place;
use kitae_train::recipe::Scheme;
use kitae_train::{Plan, Problem, Recipe, RecipeError, TrainError, plan};

use crate::judge::difference;
use crate::lever::{Lever, RATES};
use crate::trial::{Outcome, Trial, try_recipe};

/// What a ledger asks.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/moons.in")); }
/// use kitae_lab::{LedgerConfig, menu};
///
/// let (problem, recipe) = moons::problem_and_recipe()?;
/// let levers = menu(&recipe, &problem.facts).levers;
/// // Two folds, dealt twice.
/// assert_eq!(LedgerConfig { recipe: &recipe, levers: &levers, budget: None }.n_repeats(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LedgerConfig<'a> {
    /// The recipe around which levers are switched; its split is k-fold.
    pub recipe: &'a Recipe,
    /// The levers, in the order in which to try them; their names are distinct.
    pub levers: &'a [Lever],
    /// Time for all trials, those of an earlier run included. None: as long as it takes. The recipe itself is
    /// always tried; a lever is begun if it should end in time.
    pub budget: Option<Duration>,
}

impl LedgerConfig<'_> {
    /// How often the rows are dealt.
    ///
    /// ```
    /// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/moons.in")); }
    /// use kitae_lab::LedgerConfig;
    /// use kitae_train::recipe::Scheme;
    ///
    /// let (_, mut recipe) = moons::problem_and_recipe()?;
    /// recipe.split.scheme = Scheme::KFold { n_folds: 5, n_repeats: 3 };
    /// assert_eq!(LedgerConfig { recipe: &recipe, levers: &[], budget: None }.n_repeats(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn n_repeats(&self) -> usize {
        match self.recipe.split.scheme {
            Scheme::KFold { n_repeats, .. } => n_repeats,
            Scheme::HoldOut { .. } => 1,
        }
    }

    fn check(&self) -> Result<(), RecipeError> {
        match self.recipe.split.scheme {
            Scheme::KFold { .. } => Ok(()),
            Scheme::HoldOut { .. } => {
                let message =
                    "a ledger needs folds to compare on: `split.scheme` must be k_fold, not hold_out";
                Err(RecipeError(message.into()))
            }
        }
    }
}

/// What happens while a ledger is made.
///
/// ```
/// use kitae_lab::Progress;
///
/// let started = Progress::Started { lever: Some("relu"), repeat: 0, n_left: 12 };
/// assert!(matches!(started, Progress::Started { n_left: 12, .. }));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A trial begins.
    Started {
        /// The lever's name; none for the recipe as it is.
        lever: Option<&'a str>,
        /// Which dealing of the rows, from 0.
        repeat: usize,
        /// Trials of this dealing that come after it, if all are made.
        n_left: usize,
    },
    /// A trial is done, and worth writing down.
    Ended(&'a Trial),
}

/// Tries the recipe and each lever on one dealing of the rows after the other. `done` holds trials of an earlier,
/// unfinished run; they are returned with the new ones.
///
/// Levers go in the order given; from the second dealing on in that of their gains so far. A lever that is
/// worse at 95 % confidence is let go, as is one that failed: to stop asking cannot make a lever adopted that
/// earns nothing.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/moons.in")); }
/// use std::time::Duration;
///
/// use kitae_lab::{LedgerConfig, Progress, menu, run_ledger};
///
/// let (problem, recipe) = moons::problem_and_recipe()?;
/// let levers = menu(&recipe, &problem.facts).levers;
/// let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: Some(Duration::ZERO) };
/// let trials = run_ledger(&problem, &config, Vec::new(), &moons::place(), &mut |_: &Progress| {})?;
/// // No time for any lever.
/// assert!(trials.iter().all(|trial| trial.lever.is_none()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If the split is not k-fold, the recipe itself cannot be trained on these rows, or the run is interrupted.
pub fn run_ledger(
    problem: &Problem,
    config: &LedgerConfig,
    done: Vec<Trial>,
    place: &Place,
    observer: &mut dyn FnMut(&Progress),
) -> Result<Vec<Trial>, TrainError> {
    config.check()?;
    let mut ledger = Ledger { problem, config, place, trials: done };
    for repeat in 0..config.n_repeats() {
        ledger.attempt(None, repeat, config.levers.len(), observer)?;
        let order = ledger.order();
        for (position, lever) in order.iter().enumerate() {
            if ledger.has_time(lever) {
                ledger.attempt(Some(lever), repeat, order.len() - position - 1, observer)?;
            }
        }
    }
    Ok(ledger.trials)
}

struct Ledger<'a> {
    problem: &'a Problem,
    config: &'a LedgerConfig<'a>,
    place: &'a Place<'a>,
    trials: Vec<Trial>,
}

impl<'a> Ledger<'a> {
    /// Makes a trial unless it was made before.
    fn attempt(
        &mut self,
        lever: Option<&'a Lever>,
        repeat: usize,
        n_left: usize,
        observer: &mut dyn FnMut(&Progress),
    ) -> Result<(), TrainError> {
        let name = lever.map(|lever| lever.name.as_str());
        if self.trials.iter().any(|trial| trial.lever.as_deref() == name && trial.repeat == repeat) {
            return Ok(());
        }
        observer(&Progress::Started { lever: name, repeat, n_left });
        let start = (self.place.clock)();
        let outcome = match self.folds(lever, repeat) {
            Ok(folds) => Outcome::Folds(folds),
            Err(TrainError::Interrupted { epoch }) => return Err(TrainError::Interrupted { epoch }),
            Err(error) if lever.is_some() => Outcome::Failed(error.to_string()),
            Err(error) => return Err(error),
        };
        let seconds = (self.place.clock)().saturating_sub(start).as_secs_f64();
        let trial = Trial { lever: name.map(str::to_owned), repeat, seconds, outcome };
        observer(&Progress::Ended(&trial));
        self.trials.push(trial);
        Ok(())
    }

    fn folds(
        &self,
        lever: Option<&Lever>,
        repeat: usize,
    ) -> Result<Vec<crate::trial::FoldScore>, TrainError> {
        let recipe = match lever {
            Some(lever) => lever.recipe(self.config.recipe, &self.problem.facts)?,
            None => self.config.recipe.clone(),
        };
        let plan: Plan = plan(self.problem, &recipe)?;
        try_recipe(&recipe, &plan, repeat, lever.map_or(&RATES, |lever| &lever.rates), self.place)
    }

    /// Levers that are still worth a trial, the most promising first; as given before the first trial.
    fn order(&self) -> Vec<&'a Lever> {
        let gain = |lever: &Lever| difference(&self.trials, &lever.name).mean();
        let mut levers: Vec<&Lever> =
            self.config.levers.iter().filter(|lever| !self.is_hopeless(lever)).collect();
        // Stable, so those without a gain yet stay in the order given, behind the others.
        let key = |lever: &Lever| gain(lever).unwrap_or(f64::NEG_INFINITY);
        levers.sort_by(|a, b| key(b).total_cmp(&key(a)));
        levers
    }

    fn is_hopeless(&self, lever: &Lever) -> bool {
        let own = || self.trials.iter().filter(|trial| trial.lever.as_deref() == Some(&lever.name));
        let failed = own().any(|trial| matches!(trial.outcome, Outcome::Failed(_)));
        failed || difference(&self.trials, &lever.name).test().is_some_and(|test| test.interval.high < 0.0)
    }

    /// A lever takes as long as it did before, the first time as long as the recipe itself.
    fn has_time(&self, lever: &Lever) -> bool {
        let Some(budget) = self.config.budget else { return true };
        let last = |name: Option<&str>| {
            self.trials.iter().rev().find(|trial| trial.lever.as_deref() == name).map(|trial| trial.seconds)
        };
        let expected = last(Some(&lever.name)).or(last(None)).unwrap_or(0.0);
        let spent: f64 = self.trials.iter().map(|trial| trial.seconds).sum();
        spent + expected < budget.as_secs_f64()
    }
}
