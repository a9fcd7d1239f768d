//! The proof of a diagnosis: the first lever against each finding, tried as a ledger tries it.
//!
//! ```
//! use kitae_lab::diagnose::{Ailment, Diagnosis, Symptom, Treatment};
//! use kitae_lab::{Family, Lever, proof};
//!
//! let lever = Lever::new("dropout 0.3", Family::Dropout, "network.dropout = 0.3".parse()?);
//! let finding = |ailment| Symptom {
//!     ailment,
//!     evidence: String::new(),
//!     plot: None,
//!     treatments: vec![Treatment::Lever(lever.clone())],
//! };
//! let findings = vec![finding(Ailment::Overfitting), finding(Ailment::StoppedLate)];
//! // One lever treats both, and is tried once.
//! assert_eq!(proof::levers(&Diagnosis { findings, unseen: Vec::new() }), [lever]);
//! # Ok::<(), toml::de::Error>(())
//! ```

use kitae_train::recipe::Scheme;
use kitae_train::{Recipe, SplitBy, merge};
use toml::{Table, Value};

use crate::diagnose::Diagnosis;
use crate::holdout::rate_change;
use crate::lever::Lever;
use crate::verdict::Judgement;

/// The first lever of each finding, none twice.
pub fn levers(diagnosis: &Diagnosis) -> Vec<Lever> {
    let mut levers: Vec<Lever> = Vec::new();
    for lever in diagnosis.findings.iter().filter_map(|finding| finding.levers().next()) {
        if levers.iter().all(|other| other.name != lever.name) {
            levers.push(lever.clone());
        }
    }
    levers
}

/// Folds of a proof where the recipe has one hold-out.
const N_FOLDS: usize = 5;

/// How many repeats of so many folds it takes for a test to have a say: until 25 folds have scored, and at
/// least twice.
fn n_repeats_of(n_folds: usize) -> usize {
    25_usize.div_ceil(n_folds.max(1)).max(2)
}

/// `recipe` with folds to compare on, with repeats enough for a test.
pub fn dealt(recipe: &Recipe, by: &SplitBy) -> Recipe {
    let mut recipe = recipe.clone();
    if let Scheme::HoldOut { .. } = recipe.split.scheme {
        recipe.split.scheme = Scheme::KFold { n_folds: N_FOLDS, n_repeats: 1 };
    }
    repeat_often(&mut recipe, by);
    recipe
}

/// Asks for repeats enough for a test, where there are folds. Half of the levers leave the race after each
/// repeat, so five cost about twice as much as one. By time there is one.
pub fn repeat_often(recipe: &mut Recipe, by: &SplitBy) {
    if let Scheme::KFold { n_folds, n_repeats } = &mut recipe.split.scheme {
        *n_repeats = if by.is_time() { 1 } else { n_repeats_of(*n_folds).max(*n_repeats) };
    }
}

/// What a lever changes, a `key=value` for each key of `recipe`: at the learning rate that the folds of the
/// proof took with it, where there is a proof.
pub fn settings(lever: &Lever, recipe: &Recipe, proof: Option<&Judgement>) -> Vec<String> {
    let mut changes = lever.changes.clone();
    let report = proof.and_then(|proof| proof.levers.iter().find(|report| report.name == lever.name));
    let own = recipe.training.learning_rate;
    let written = changes.get("training").and_then(|training| training.get("learning_rate"));
    let written = written.and_then(Value::as_float).unwrap_or(own);
    if let Some(rate) = report.and_then(|report| report.rate).map(|factor| factor * own)
        && (rate - written).abs() > 1e-9 * written
    {
        merge(&mut changes, &rate_change(rate));
    }
    let mut settings = Vec::new();
    flatten("", &changes, &mut settings);
    settings
}

/// `key=value` for each value; a table with a kind is one value.
fn flatten(prefix: &str, changes: &Table, settings: &mut Vec<String>) {
    for (key, value) in changes {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) if !inner.contains_key("kind") => flatten(&key, inner, settings),
            _ => settings.push(format!("{key}={value}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_folds_are_repeated_often() {
        assert_eq!([2, 5, 10, 50].map(n_repeats_of), [13, 5, 3, 2]);
    }
}
