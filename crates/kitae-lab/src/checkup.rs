//! All that is known of a model's health, as it is kept.

use serde::{Deserialize, Serialize};

use crate::{Diagnosis, Drift, Judgement, SizeCurve};

/// A diagnosis and what was trained for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkup {
    /// What was found.
    pub diagnosis: Diagnosis,
    /// Would more rows help? None if it was not tried.
    pub size_curve: Option<SizeCurve>,
    /// Do new rows differ? None if there were none.
    pub drift: Option<Drift>,
    /// What the first lever against each finding earned; none if that was not asked, or there is no lever.
    pub proof: Option<Judgement>,
}
