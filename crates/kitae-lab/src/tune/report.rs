//! What the search found, measured on rows that chose nothing.

use kitae_eval::difference::{bootstrap_difference, difference_interval};
use kitae_eval::intervals::{BootstrapConfig, Interval};
use kitae_eval::{Metric, Outcome};
use kitae_train::engine::{Answers, LaneResult, Place, fit_lanes};
use kitae_train::pool::pooled;
use kitae_train::prepare::{LaneData, Truth};
use kitae_train::recipe::SplitBy;
use kitae_train::roles::Roles;
use kitae_train::scores::whole_scores;
use kitae_train::train::plan_roles;
use kitae_train::{Event, Problem, Recipe, RecipeError, TrainError};
use serde::{Deserialize, Serialize};

use crate::trial::answers_of;
use crate::tune::folds::{members, study_folds};

/// A recipe on the outer rows. Scores are of the recipe's metric; higher is better.
///
/// ```
/// use kitae_lab::tune::Measured;
///
/// let text = r#"{"score":-0.4,"interval":null,"single":-0.45,"single_interval":null}"#;
/// let measured: Measured = serde_json::from_str(text)?;
/// assert_eq!(measured.score, -0.4);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Of what the networks of all folds say together, as a model delivers it but for its smaller doubt.
    pub score: f64,
    /// 95 % interval from resampling rows.
    pub interval: Option<Interval>,
    /// Of the networks of one fold, the mean over folds: what a trial's own score is the score of.
    pub single: f64,
    /// The mean of the folds' 95 % intervals from resampling rows.
    pub single_interval: Option<Interval>,
}

/// A look at the outer rows: the recipe that the search started from, and the best that it found.
///
/// ```
/// use kitae_lab::tune::Look;
///
/// let own = r#"{"score":-0.4,"interval":null,"single":-0.45,"single_interval":null}"#;
/// let text = format!(r#"{{"best":0,"own":{own},"tuned":null,"gain":null,"seconds":3.0}}"#);
/// let look: Look = serde_json::from_str(&text)?;
/// // Nothing better than the recipe itself was found.
/// assert_eq!((look.gain, look.best_measured().score), (None, -0.4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The number of the trial that was chosen.
    pub best: u32,
    /// The recipe itself.
    pub own: Measured,
    /// The recipe of the best trial; none if that is the recipe itself.
    pub tuned: Option<Measured>,
    /// 95 % interval of the best recipe's score minus that of the recipe itself, from resampling the rows that both
    /// answered; none where they are the same.
    pub gain: Option<Interval>,
    /// How long it took.
    pub seconds: f64,
}

impl Look {
    /// The measure of the best trial.
    ///
    /// ```
    /// # let own = r#"{"score":-0.4,"interval":null,"single":-0.45,"single_interval":null}"#;
    /// # let text = format!(r#"{{"best":0,"own":{own},"tuned":null,"gain":null,"seconds":3.0}}"#);
    /// # let look: kitae_lab::tune::Look = serde_json::from_str(&text)?;
    /// assert_eq!(look.best_measured(), &look.own);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn best_measured(&self) -> &Measured {
        self.tuned.as_ref().unwrap_or(&self.own)
    }
}

/// By how much a trial's own score, on the stop rows that chose its epochs and chose it, is better than the score of
/// the same networks on outer rows, with the interval of that difference. The rows of the two are not the same ones,
/// so the estimates are taken for independent (Zou and Donner 2008).
///
/// ```
/// use kitae_eval::intervals::Interval;
/// use kitae_lab::tune::{Measured, optimism};
///
/// let single_interval = Some(Interval { low: -0.54, high: -0.46 });
/// let outer = Measured { score: -0.48, interval: None, single: -0.5, single_interval };
/// let (by, interval) = optimism(-0.4, Some(Interval { low: -0.43, high: -0.37 }), &outer);
/// let interval = interval.expect("both have one");
/// assert!((by - 0.1).abs() < 1e-12 && (interval.low - 0.05).abs() < 1e-12);
/// ```
pub fn optimism(stop: f64, interval: Option<Interval>, outer: &Measured) -> (f64, Option<Interval>) {
    let both = interval.zip(outer.single_interval);
    let interval = both.map(|(own, other)| difference_interval((stop, own), (outer.single, other)));
    (stop - outer.single, interval)
}

/// Looks at the outer rows, which `hold_back` took: the networks of both recipes are trained on the folds of the study
/// as its trials are, and answer all outer rows. `best` is the best trial's number and recipe.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/moons.in")); }
/// use kitae_lab::{hold_back, tune::look};
///
/// let (mut problem, recipe) = moons::problem_and_recipe()?;
/// let outer = hold_back(&mut problem, &recipe, 0.3)?;
/// let wide = recipe.with(&"network.hidden = [16]".parse()?, &problem.facts)?;
/// let look = look(&problem, &outer, &recipe, (7, &wide), &moons::place())?;
/// let interval = look.gain.expect("they answer otherwise");
/// let gain = look.best_measured().score - look.own.score;
/// assert!(look.best == 7 && interval.low < gain && gain < interval.high);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If a recipe cannot be trained, or scored on the outer rows.
pub fn look(
    problem: &Problem,
    outer: &[u32],
    recipe: &Recipe,
    (best, tuned): (u32, &Recipe),
    place: &Place,
) -> Result<Look, TrainError> {
    let start = (place.clock)();
    let truth = Truth::of(&problem.target, outer);
    let own = answers(problem, outer, recipe, place)?;
    let (own_measured, mut tuned_measured, mut gain) = (measured(recipe, &truth, &own)?, None, None);
    if tuned != recipe {
        let other = answers(problem, outer, tuned, place)?;
        tuned_measured = Some(measured(tuned, &truth, &other)?);
        gain = gain_interval(recipe, &truth, &other.joined, &own.joined);
    }
    let seconds = (place.clock)().saturating_sub(start).as_secs_f64();
    Ok(Look { best, own: own_measured, tuned: tuned_measured, gain, seconds })
}

/// Answers to the outer rows.
pub(crate) struct OuterAnswers {
    folds: Vec<Answers>,
    /// What all folds say together; by time what the last fold says alone, as a model has it.
    pub(crate) joined: Answers,
}

pub(crate) fn answers(
    problem: &Problem,
    outer: &[u32],
    recipe: &Recipe,
    place: &Place,
) -> Result<OuterAnswers, TrainError> {
    let folds = study_folds(problem, recipe)?;
    let with_outer =
        folds.into_iter().map(|(place, roles)| (place, Roles { score: outer.to_vec(), ..roles }));
    let plan = plan_roles(problem, recipe, &members(recipe, &with_outer.collect::<Vec<_>>()))?;
    let new_run = vec![None; plan.lanes.len()];
    let results = fit_lanes(recipe, &plan.network, &plan.lanes, &new_run, place, &mut |_: &Event| {})?;
    let both: Vec<(&LaneData, &LaneResult)> = plan.lanes.iter().zip(&results).collect();
    let same = |a: &(&LaneData, &LaneResult), b: &(&LaneData, &LaneResult)| a.0.place.fold == b.0.place.fold;
    // A fold whose networks all diverged has no answers; the others answer.
    let folds: Vec<Answers> =
        both.chunk_by(same).filter_map(|members| Some(answers_of(members)?.1)).collect();
    let is_delivered =
        if let SplitBy::Time { .. } = recipe.split.by { folds.len().saturating_sub(1) } else { 0 };
    let joined = pooled(&folds[is_delivered..]).ok_or_else(|| undefined(recipe))?;
    Ok(OuterAnswers { folds, joined })
}

fn measured(recipe: &Recipe, truth: &Truth, answers: &OuterAnswers) -> Result<Measured, TrainError> {
    let score = |answers: &Answers| whole_score(truth, answers, recipe.metric, recipe.seed);
    let (all, interval) = score(&answers.joined).ok_or_else(|| undefined(recipe))?;
    let folds: Vec<(f64, Option<Interval>)> = answers.folds.iter().filter_map(score).collect();
    let n = folds.len().max(1) as f64;
    let mean = |value: &dyn Fn(&Interval) -> f64| -> Option<f64> {
        folds.iter().map(|(_, interval)| interval.as_ref().map(value)).sum::<Option<f64>>().map(|sum| sum / n)
    };
    let single_interval = mean(&|interval| interval.low).zip(mean(&|interval| interval.high));
    Ok(Measured {
        score: all,
        interval,
        single: folds.iter().map(|(score, _)| score).sum::<f64>() / n,
        single_interval: single_interval.map(|(low, high)| Interval { low, high }),
    })
}

fn undefined(recipe: &Recipe) -> TrainError {
    RecipeError(format!("{} has no value on the rows held back: hold more back", recipe.metric)).into()
}

fn gain_interval(recipe: &Recipe, truth: &Truth, tuned: &Answers, own: &Answers) -> Option<Interval> {
    let config = BootstrapConfig { seed: recipe.seed, ..BootstrapConfig::default() };
    bootstrap_difference(&outcome(truth, tuned)?, &outcome(truth, own)?, recipe.metric, &config)
}

fn outcome<'a>(truth: &'a Truth, answers: &'a Answers) -> Option<Outcome<'a>> {
    let outcome = match truth {
        Truth::Classes(classes) => Outcome::classes(classes, &answers.values, answers.n_columns),
        Truth::Values(values) => Outcome::values(values, &answers.values),
    };
    outcome.ok()
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
