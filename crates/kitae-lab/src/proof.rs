//! The proof of a diagnosis: the first lever against each finding, tried as a ledger tries it.
//!
//! ```
//! use kitae_lab::diagnose::{Ailment, Diagnosis, Finding, Treatment};
//! use kitae_lab::{Family, Lever, proof};
//!
//! let lever = Lever::new("dropout 0.3", Family::Dropout, "network.dropout = 0.3".parse()?);
//! let finding = |ailment| Finding {
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

use kitae_train::Recipe;
use kitae_train::recipe::{Scheme, SplitBy};

use crate::diagnose::Diagnosis;
use crate::lever::Lever;

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
///
/// ```
/// use kitae_lab::proof::n_repeats_of;
///
/// assert_eq!([2, 5, 10, 50].map(n_repeats_of), [13, 5, 3, 2]);
/// ```
pub fn n_repeats_of(n_folds: usize) -> usize {
    25_usize.div_ceil(n_folds.max(1)).max(2)
}

/// `recipe` with folds to compare on, with repeats enough for a test. By time there is one repeat.
pub fn dealt(recipe: &Recipe) -> Recipe {
    let (n_folds, n_repeats) = match recipe.split.scheme {
        Scheme::KFold { n_folds, n_repeats } => (n_folds, n_repeats),
        Scheme::HoldOut { .. } => (N_FOLDS, 1),
    };
    let by_time = matches!(recipe.split.by, SplitBy::Time { .. });
    let n_repeats = if by_time { 1 } else { n_repeats_of(n_folds).max(n_repeats) };
    let mut recipe = recipe.clone();
    recipe.split.scheme = Scheme::KFold { n_folds, n_repeats };
    recipe
}
