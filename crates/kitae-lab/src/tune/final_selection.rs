//! The last round of a search: the best trials once more, as what a model of them would be.
//!
//! A trial is judged by the networks of single folds, since each row of a study has one network that it did
//! not train. In a model all of them predict together, and what makes a network better alone may make five of
//! them more alike. So the best trials and the recipe itself are trained without some rows of the study,
//! which then all networks can predict, and the best bag wins.
//!
//! ```
//! use kitae_eval::Score;
//! use kitae_lab::tune::{Bag, best_bag};
//!
//! let bag = |(number, score)| Bag { number, score: Some(Score(score)) };
//! let bags = [(0, -0.42), (7, -0.40), (9, -0.41)].map(bag);
//! assert_eq!(best_bag(&bags), Some(7));
//! ```

use kitae_eval::Score;
use kitae_train::engine::RunContext;
use kitae_train::prepare::Targets;
use kitae_train::{Problem, Recipe, TrainError};
use serde::{Deserialize, Serialize};

use crate::holdout::hold_back;
use crate::tune::folds::study_folds;
use crate::tune::report::predictions;
use crate::tune::trial::{State, StudyTrial};

/// Trials that are trained as bags besides the recipe itself: as much work as so many trials on all folds.
const N_FINALISTS: usize = 3;
/// The share of the study's rows that the bags are judged on, the usual fifth.
const SHARE: f64 = 0.2;
/// Rows enough to judge on: where a fifth is fewer, repeats take others, and the mean of the scores counts.
const ENOUGH_ROWS: usize = 1_000;
/// The most repeats.
const MOST_REPEATS: usize = 3;

/// What the networks of all folds are worth together, for one trial's recipe.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bag {
    /// The trial's number.
    pub number: u32,
    /// The recipe's metric on the rows set aside, the mean over repeats; higher is better. None if the
    /// networks diverged or could not be trained on fewer rows.
    pub score: Option<Score>,
}

/// The trials whose bags are compared: the recipe itself, and the three that were best on all folds.
pub fn finalists(trials: &[StudyTrial]) -> Vec<&StudyTrial> {
    let complete = trials.iter().filter(|trial| trial.state == State::Complete);
    let (own, mut others): (Vec<_>, Vec<_>) = complete.partition(|trial| trial.number == 0);
    let score = |trial: &StudyTrial| trial.score.map_or(f64::NEG_INFINITY, |score| score.0);
    others.sort_by(|a, b| score(b).total_cmp(&score(a)));
    others.truncate(N_FINALISTS);
    [own, others].concat()
}

/// The number of the best bag, of equals the first; none if none has a score.
pub fn best_bag(bags: &[Bag]) -> Option<u32> {
    let scored = bags.iter().filter_map(|bag| Some((bag.number, bag.score?)));
    scored.reduce(|best, bag| if bag.1 > best.1 { bag } else { best }).map(|(number, _)| number)
}

/// How many rows of `problem` judge a bag, and how many repeats there are.
///
/// # Errors
///
/// If the rows are too few to be split.
pub fn repeats(problem: &Problem, recipe: &Recipe) -> Result<(usize, usize), TrainError> {
    let (n_rows, seeds) = seeds(problem, recipe)?;
    Ok((n_rows, seeds.len()))
}

/// How many rows judge a bag, and the seeds of their repeats. Few groups cannot be split in every way: after
/// the first, only those repeats count that leave enough of them for the folds.
fn seeds(problem: &Problem, own: &Recipe) -> Result<(usize, Vec<u64>), TrainError> {
    let n_dealt = |seed: u64| -> Result<usize, TrainError> {
        let mut fewer = problem.clone();
        let rows = hold_back(&mut fewer, &Recipe { seed, ..own.clone() }, SHARE)?;
        study_folds(&fewer, own)?;
        Ok(rows.len())
    };
    let n_rows = n_dealt(own.seed)?;
    // By time the latest rows are the same each time.
    let most = if problem.seal.by.is_time() { 1 } else { MOST_REPEATS };
    let n_repeats = ENOUGH_ROWS.div_ceil(n_rows.max(1)).clamp(1, most);
    let others = (1..n_repeats as u64).map(|repeat| own.seed.wrapping_add(repeat));
    let seeds = std::iter::once(own.seed).chain(others.filter(|seed| n_dealt(*seed).is_ok()));
    Ok((n_rows, seeds.collect()))
}

/// Trains the recipe of a trial on the folds of a study without some of its rows, and scores what they say of
/// those together. `own` is the recipe that the search started from: it splits the rows, so that they are the
/// same for all.
///
/// # Errors
///
/// If the rows are too few, the run is interrupted, or the recipe itself, number 0, cannot be trained.
pub fn bag(
    problem: &Problem,
    own: &Recipe,
    (number, recipe): (u32, &Recipe),
    context: &RunContext,
) -> Result<Bag, TrainError> {
    let (_, seeds) = seeds(problem, own)?;
    let mut sum = Some(0.0);
    for seed in &seeds {
        let mut fewer = problem.clone();
        let rows = hold_back(&mut fewer, &Recipe { seed: *seed, ..own.clone() }, SHARE)?;
        let score = match predictions(&fewer, &rows, recipe, context) {
            Err(error) if number == 0 || matches!(error, TrainError::Interrupted { .. }) => {
                return Err(error);
            }
            Err(_) => None,
            Ok(predictions) => predictions.joined.score(&Targets::of(&problem.target, &rows), recipe.metric),
        };
        sum = sum.zip(score.filter(|score| score.0.is_finite())).map(|(a, b)| a + b.0);
    }
    Ok(Bag { number, score: sum.map(|sum| Score(sum / seeds.len() as f64)) })
}
