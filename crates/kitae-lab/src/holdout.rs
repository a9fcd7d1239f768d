//! What was adopted, measured on rows that chose nothing.

use kitae_eval::tests::PairedTest;
use kitae_train::baselines::LinearCache;
use kitae_train::engine::RunContext;
use kitae_train::plan::plan_roles;
use kitae_train::recipe::Scheme;
use kitae_train::roles::{LanePlace, Roles, assign_roles};
use kitae_train::{Facts, Problem, Recipe, TrainError, merge, nested};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::lever::{Family, Lever, RATES};
use crate::menu::Refused;
use crate::paired::{differences, middle_rate};
use crate::rows::{join, members, sorted};
use crate::trial::{FoldScore, try_folds};
use crate::verdict::{Judgement, Verdict};

/// The changes of the adopted levers, merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Combined {
    /// Names of the levers that are in, the most gainful first.
    pub levers: Vec<String>,
    /// Their keys and values, and the learning rate that they were adopted at where it is not the recipe's
    /// own.
    pub changes: Table,
    /// Adopted levers that contradict one that is in.
    pub refused: Vec<Refused>,
    /// The sum of the gains that were measured one by one.
    pub promised: f64,
}

/// Joins the adopted levers: of each family the most gainful one, as far as they go together. Their learning
/// rate is the middle one that the folds took with the lever that has a scale of rates of its own, such as
/// another optimiser, or else with the most gainful one.
pub fn combine(recipe: &Recipe, facts: &Facts, levers: &[Lever], judgement: &Judgement) -> Combined {
    let mut combined =
        Combined { levers: Vec::new(), changes: Table::new(), refused: Vec::new(), promised: 0.0 };
    let mut families: Vec<Family> = Vec::new();
    for report in judgement.levers.iter().filter(|report| report.verdict == Verdict::Adopt) {
        let Some(lever) = levers.iter().find(|lever| lever.name == report.name) else { continue };
        // Levers of the user's own may have nothing to do with each other.
        if lever.family != Family::Own && families.contains(&lever.family) {
            let reason = format!("another lever of `{}` gains more", lever.family);
            combined.refused.push(Refused { lever: lever.name.clone(), reason });
            continue;
        }
        if set_the_same(&combined.changes, &lever.changes) {
            let reason = "another lever that gains more sets the same key".to_owned();
            combined.refused.push(Refused { lever: lever.name.clone(), reason });
            continue;
        }
        let mut changes = combined.changes.clone();
        merge(&mut changes, &lever.changes);
        if let Err(error) = recipe.with(&changes, facts) {
            combined.refused.push(Refused { lever: lever.name.clone(), reason: error.to_string() });
            continue;
        }
        families.push(lever.family);
        combined.levers.push(lever.name.clone());
        combined.changes = changes;
    }
    combined.promised = promised(judgement, &combined.levers);
    if let Some(rate) = rate_taken(recipe, levers, judgement, &combined.levers) {
        let mut changes = combined.changes.clone();
        merge(&mut changes, &rate_change(rate));
        let has_it = |changes: &Table| {
            recipe.with(changes, facts).is_ok_and(|recipe| recipe.training.learning_rate == rate)
        };
        if !has_it(&combined.changes) && has_it(&changes) {
            combined.changes = changes;
        }
    }
    combined
}

/// The learning rate at which levers were adopted together; none of none.
fn rate_taken(recipe: &Recipe, levers: &[Lever], judgement: &Judgement, names: &[String]) -> Option<f64> {
    let scale = |name: &str| levers.iter().find(|lever| lever.name == *name).map(|lever| &lever.rates);
    let of = |name: &String| judgement.levers.iter().find(|report| report.name == *name);
    let with_scale = names.iter().find(|name| scale(name).is_some_and(|rates| *rates != RATES));
    let factor = with_scale.or(names.first()).and_then(of)?.rate?;
    Some(recipe.training.learning_rate * factor)
}

/// A learning rate as a change of a recipe.
pub fn rate_change(rate: f64) -> Table {
    nested("training.learning_rate", rate.into())
}

/// The sum of the gains of `levers` that were measured one by one.
pub fn promised(judgement: &Judgement, levers: &[String]) -> f64 {
    let reports = judgement.levers.iter().filter(|report| levers.contains(&report.name));
    reports.filter_map(|report| report.test).map(|test| test.mean).sum()
}

/// Whether both say what one key, or the kind of one choice, is to be.
fn set_the_same(changes: &Table, more: &Table) -> bool {
    more.iter().any(|(key, value)| match (changes.get(key), value) {
        (Some(Value::Table(changes)), Value::Table(more)) => set_the_same(changes, more),
        (other, _) => other.is_some(),
    })
}

/// What a recipe gained over another on rows that chose nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoldoutReport {
    /// What was adopted.
    pub levers: Vec<String>,
    /// The sum of the gains that were measured one by one.
    pub promised: f64,
    /// The recipe on the holdout folds.
    pub without: Vec<FoldScore>,
    /// The recipe with what was adopted, on the same.
    pub with: Vec<FoldScore>,
    /// Scores with minus scores without; none with one fold or without spread.
    pub gain: Option<PairedTest>,
    /// How long it took.
    pub seconds: f64,
}

impl HoldoutReport {
    /// Whether the same levers were measured, in whatever order they were adopted.
    ///
    /// ```
    /// # let line = r#"{"levers":["a","b"],"promised":0,"without":[],"with":[],"gain":null,"seconds":3}"#;
    /// # let report: kitae_lab::HoldoutReport = serde_json::from_str(line)?;
    /// assert!(report.is_of(&["b".into(), "a".into()]) && !report.is_of(&["a".into()]));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn is_of(&self, levers: &[String]) -> bool {
        self.levers.len() == levers.len() && self.levers.iter().all(|lever| levers.contains(lever))
    }

    /// The middle of the learning rates that the holdout folds took with what was adopted, the lower of two.
    pub fn learning_rate(&self) -> Option<f64> {
        middle_rate(&self.with.iter().collect::<Vec<_>>())
    }

    /// The mean gain over the holdout folds; none if a recipe could not be scored.
    pub fn mean(&self) -> Option<f64> {
        let pairs: Vec<(&FoldScore, &FoldScore)> = pairs(&self.with, &self.without);
        differences(&pairs).mean()
    }
}

/// Takes a share of the open rows out of the problem, as the recipe splits them: whole groups, the latest
/// rows, or rows of each class alike.
///
/// # Errors
///
/// If the rows are too few to be split.
pub fn hold_back(problem: &mut Problem, recipe: &Recipe, share: f64) -> Result<Vec<u32>, TrainError> {
    let parts = hold_out(problem, recipe, &problem.open_rows, share)?;
    let holdout = parts.held_out;
    problem.narrow(join(parts.train, parts.validation));
    Ok(holdout)
}

/// Measures a recipe and another on holdout folds: the rows that [`hold_back`] took are split into at most
/// five parts, and each part is scored by networks that were trained on all other open rows. By time there is
/// one part, since its past is the same for all of it. A recipe that has no score on one of them has none on
/// any.
///
/// # Errors
///
/// If the holdout rows are too few, or a recipe cannot be trained.
pub fn measure(
    problem: &Problem,
    holdout: &[u32],
    [without, with]: [&Recipe; 2],
    place: &RunContext,
) -> Result<(Vec<FoldScore>, Vec<FoldScore>), TrainError> {
    let folds = holdout_folds(problem, holdout, without)?;
    let mut linear = LinearCache::default();
    let mut scores = |recipe: &Recipe| -> Result<Vec<FoldScore>, TrainError> {
        let plan = plan_roles(problem, recipe, &members(recipe, &folds))?;
        let folds = try_folds(problem, recipe, &plan, &RATES, place, &mut linear)?;
        Ok(folds.into_iter().collect::<Result<_, String>>().unwrap_or_default())
    };
    Ok((scores(without)?, scores(with)?))
}

/// The paired test of [`measure`]'s scores.
pub fn holdout_gain(without: &[FoldScore], with: &[FoldScore]) -> Option<PairedTest> {
    differences(&pairs(with, without)).test()
}

/// The most parts of the holdout rows.
const OUTER_FOLDS: usize = 5;

fn holdout_folds(
    problem: &Problem,
    holdout: &[u32],
    recipe: &Recipe,
) -> Result<Vec<(LanePlace, Roles)>, TrainError> {
    let deal = |n_folds: usize| -> Result<Vec<Vec<u32>>, TrainError> {
        let mut dealt = recipe.clone();
        dealt.split.scheme = Scheme::KFold { n_folds, n_repeats: 1 };
        dealt.training.members = 1;
        let lanes = assign_roles(&dealt, problem, holdout)?;
        Ok(lanes.into_iter().map(|(_, roles)| roles.held_out).collect())
    };
    let most = if problem.seal.by.is_time() { 1 } else { OUTER_FOLDS.min(holdout.len()) };
    // Few groups make few parts.
    let parts =
        (2..=most).rev().find_map(|n_folds| deal(n_folds).ok()).unwrap_or_else(|| vec![holdout.to_vec()]);
    let all = join(problem.open_rows.clone(), holdout.to_vec());
    let roles = |(fold, held_out): (usize, Vec<u32>)| {
        let rest: Vec<u32> = all.iter().copied().filter(|row| held_out.binary_search(row).is_err()).collect();
        let parts = hold_out(problem, recipe, &rest, recipe.split.validation_share)?;
        let place = LanePlace { repeat: 0, fold, member: 0 };
        Ok((
            place,
            Roles { train: join(parts.train, parts.validation), validation: parts.held_out, held_out },
        ))
    };
    parts.into_iter().map(sorted).enumerate().map(roles).collect()
}

/// Roles of a hold-out of `share` of `rows`.
fn hold_out(problem: &Problem, recipe: &Recipe, rows: &[u32], share: f64) -> Result<Roles, TrainError> {
    let mut held = recipe.clone();
    held.split.scheme = Scheme::HoldOut { held_out_share: share };
    held.training.members = 1;
    let mut lanes = assign_roles(&held, problem, rows)?;
    let (_, mut roles) = lanes.swap_remove(0);
    roles.held_out = sorted(roles.held_out);
    Ok(roles)
}

/// The folds that both have.
fn pairs<'a>(with: &'a [FoldScore], without: &'a [FoldScore]) -> Vec<(&'a FoldScore, &'a FoldScore)> {
    let same = |fold: &'a FoldScore| Some((fold, without.iter().find(|other| other.fold == fold.fold)?));
    with.iter().filter_map(same).collect()
}
