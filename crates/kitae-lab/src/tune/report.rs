//! What the search found, measured on rows that chose nothing.

use kitae_eval::Metric;
use kitae_eval::intervals::{Interval, difference_interval};
use kitae_eval::tests::PairedTest;
use kitae_train::engine::{Answers, LaneResult, Place, fit_lanes};
use kitae_train::prepare::{LaneData, Truth};
use kitae_train::scores::whole_scores;
use kitae_train::{Event, Problem, Recipe, TrainError};
use serde::{Deserialize, Serialize};

use crate::outer::{outer_folds, outer_gain, outer_plan};
use crate::trial::{FoldScore, answers_of};
use crate::tune::folds::Pool;

/// A recipe on the outer rows.
///
/// ```
/// use kitae_lab::tune::Measured;
///
/// let measured: Measured = serde_json::from_str(r#"{"score":-0.4,"interval":null,"folds":[]}"#)?;
/// assert_eq!(measured.score, -0.4);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The recipe's metric on all outer rows together; higher is better.
    pub score: f64,
    /// 95 % interval from resampling rows.
    pub interval: Option<Interval>,
    /// The same on each outer fold, for the paired test. `stop` is by the same metric.
    pub folds: Vec<FoldScore>,
}

/// A look at the outer rows: the recipe that the search started from, and the best that it found.
///
/// ```
/// use kitae_lab::tune::Look;
///
/// let text = r#"{"best":0,"own":{"score":-0.4,"interval":null,"folds":[]},"tuned":null,"seconds":3.0}"#;
/// let look: Look = serde_json::from_str(text)?;
/// // Nothing better than the recipe itself was found.
/// assert_eq!((look.gain(), look.best_measured().score), (None, -0.4));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The number of the best trial.
    pub best: u32,
    /// The recipe itself.
    pub own: Measured,
    /// The recipe of the best trial; none if that is the recipe itself.
    pub tuned: Option<Measured>,
    /// How long it took.
    pub seconds: f64,
}

impl Look {
    /// The measure of the best trial.
    ///
    /// ```
    /// # let text = r#"{"best":0,"own":{"score":-0.4,"interval":null,"folds":[]},"tuned":null,"seconds":3.0}"#;
    /// # let look: kitae_lab::tune::Look = serde_json::from_str(text)?;
    /// assert_eq!(look.best_measured(), &look.own);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn best_measured(&self) -> &Measured {
        self.tuned.as_ref().unwrap_or(&self.own)
    }

    /// The paired test of the best recipe's scores minus those of the recipe itself, over the outer folds; none
    /// where they are the same or there is one fold.
    ///
    /// ```
    /// # let text = r#"{"best":0,"own":{"score":-0.4,"interval":null,"folds":[]},"tuned":null,"seconds":3.0}"#;
    /// # let look: kitae_lab::tune::Look = serde_json::from_str(text)?;
    /// assert_eq!(look.gain(), None);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn gain(&self) -> Option<PairedTest> {
        outer_gain(&self.own.folds, &self.tuned.as_ref()?.folds)
    }
}

/// By how much a trial's own score, on the stop rows that chose its epochs and chose it, is better than the score on
/// outer rows, with the interval of that difference. The rows of the two are not the same ones, so the estimates are
/// taken for independent (Zou and Donner 2008). More training rows for the outer folds make it a little smaller.
///
/// ```
/// use kitae_eval::intervals::Interval;
/// use kitae_lab::tune::{Measured, optimism};
///
/// let outer = Measured { score: -0.5, interval: Some(Interval { low: -0.54, high: -0.46 }), folds: Vec::new() };
/// let (by, interval) = optimism(-0.4, Some(Interval { low: -0.43, high: -0.37 }), &outer);
/// let interval = interval.expect("both have one");
/// assert!((by - 0.1).abs() < 1e-12 && (interval.low - 0.05).abs() < 1e-12);
/// ```
pub fn optimism(stop: f64, interval: Option<Interval>, outer: &Measured) -> (f64, Option<Interval>) {
    let both = interval.zip(outer.interval);
    let interval =
        both.map(|(own, outer_interval)| difference_interval((stop, own), (outer.score, outer_interval)));
    (stop - outer.score, interval)
}

/// Looks at the outer rows, which `hold_back` took: they are dealt into at most five parts, and each is scored by
/// networks that were trained on all other open rows. `best` is the best trial's number and recipe.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/moons.in")); }
/// use kitae_lab::{hold_back, tune::look};
///
/// let (mut problem, recipe) = moons::problem_and_recipe()?;
/// let outer = hold_back(&mut problem, &recipe, 0.3)?;
/// let wide = recipe.with(&"network.hidden = [16]".parse()?, &problem.facts)?;
/// let look = look(&problem, &outer, &recipe, (7, &wide), &moons::place())?;
/// let n_scored: usize = look.own.folds.iter().map(|fold| fold.n_score).sum();
/// assert_eq!((look.best, n_scored), (7, outer.len()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If the outer rows are too few, or a recipe cannot be trained or scored on them.
pub fn look(
    problem: &Problem,
    outer: &[u32],
    recipe: &Recipe,
    (best, tuned): (u32, &Recipe),
    place: &Place,
) -> Result<Look, TrainError> {
    let start = (place.clock)();
    let folds = outer_folds(problem, outer, recipe)?;
    let measured = |recipe: &Recipe| -> Result<Measured, TrainError> {
        let plan = outer_plan(problem, &folds, recipe)?;
        let new_run = vec![None; plan.lanes.len()];
        let results = fit_lanes(recipe, &plan.network, &plan.lanes, &new_run, place, &mut |_: &Event| {})?;
        measured(recipe, &plan.lanes, &results)
    };
    let own = measured(recipe)?;
    let tuned = if tuned == recipe { None } else { Some(measured(tuned)?) };
    Ok(Look { best, own, tuned, seconds: (place.clock)().saturating_sub(start).as_secs_f64() })
}

fn measured(recipe: &Recipe, lanes: &[LaneData], results: &[LaneResult]) -> Result<Measured, TrainError> {
    let both: Vec<(&LaneData, &LaneResult)> = lanes.iter().zip(results).collect();
    let (mut pool, mut folds) = (Pool::default(), Vec::new());
    let undefined = || {
        let message = format!("{} has no value on the rows held back: hold more back", recipe.metric);
        TrainError::from(kitae_train::RecipeError(message))
    };
    for members in both.chunk_by(|a, b| a.0.place.fold == b.0.place.fold) {
        // A fold whose networks all diverged has no answers; the rest is compared.
        let Some((stop, score)) = answers_of(members) else { continue };
        let lane = members[0].0;
        let defined = stop.score(&lane.fold.stop.truth, recipe.metric);
        let defined = defined.zip(score.score(&lane.fold.score.truth, recipe.metric));
        folds.extend(defined.map(|(stop, score)| FoldScore {
            fold: lane.place.fold,
            learning_rate: lane.levers.learning_rate,
            stop,
            score,
            n_train: lane.fold.train.rows.len(),
            n_score: lane.fold.score.rows.len(),
        }));
        pool.add(&lane.fold.score.truth, &score);
    }
    let (score, interval) = pool.score_with_interval(recipe).ok_or_else(undefined)?;
    Ok(Measured { score, interval, folds })
}

/// A metric on some rows and its interval, higher being better.
pub(crate) fn whole_score(
    truth: &Truth,
    answers: &Answers,
    metric: Metric,
    seed: u64,
) -> Option<(f64, Option<Interval>)> {
    let (value, interval) = whole_scores(truth, answers, &[metric], seed).pop()??;
    // The sign of a loss, turned once more, is that of the score again.
    let score = |value: f64| metric.natural(value);
    let turned = |interval: Interval| {
        let (low, high) = (score(interval.low), score(interval.high));
        Interval { low: low.min(high), high: low.max(high) }
    };
    Some((score(value), interval.map(turned)))
}
