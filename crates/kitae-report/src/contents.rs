//! What a report is made from.

use kitae_train::Event;
use kitae_train::engine::Predictions;
use kitae_train::looks::Look;
use kitae_train::model::Manifest;
use kitae_train::prepare::Targets;
use kitae_train::recipe::Scheme;
use kitae_train::roles::LanePlace;

use crate::document::Section;
use crate::wording::Wording;

/// What a report is made from. Of everything but the manifest the page says why it is not there, as a
/// sentence, where it is not.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Contents<'a> {
    /// The model folder as the reader would name it.
    pub folder: &'a str,
    /// What `model.json` says.
    pub manifest: &'a Manifest,
    /// The run record.
    pub events: Result<Vec<Event>, String>,
    /// The predictions for the held-out rows.
    pub scored: Result<ScoredRows, String>,
    /// The looks at test rows, in order; none is an empty list.
    pub looks: Result<Vec<Look>, String>,
    /// Sections of other parts of kitae, such as a ledger or a diagnosis; they come before the recipe.
    pub more: Vec<Section>,
    /// In whose words it speaks.
    pub wording: Wording,
}

/// Rows that no network had seen that predicted them.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredRows {
    /// The targets.
    pub targets: Targets,
    /// What was predicted.
    pub predictions: Predictions,
}

impl<'a> Contents<'a> {
    /// A report of the manifest alone; the rest can be put in its place.
    pub fn new(folder: &'a str, manifest: &'a Manifest) -> Self {
        Self {
            folder,
            manifest,
            events: Err("There is no run record, so there are no learning curves.".to_owned()),
            scored: Err("There are no out-of-fold predictions, so there are no charts of them.".to_owned()),
            looks: Ok(Vec::new()),
            more: Vec::new(),
            wording: Wording::default(),
        }
    }

    /// Where lane number `lane` of `n_lanes` stands in the run; lanes come in the order repeat, fold,
    /// member.
    pub(crate) fn place(&self, lane: usize, n_lanes: usize) -> LanePlace {
        let recipe = &self.manifest.recipe;
        let n_members = recipe.training.members.max(1);
        let n_repeats = match recipe.split.scheme {
            Scheme::KFold { n_repeats, .. } => n_repeats.max(1),
            Scheme::HoldOut { .. } => 1,
        };
        // By time there may be fewer folds than were asked for.
        let n_folds = (n_lanes / n_members / n_repeats).max(1);
        let group = lane / n_members;
        LanePlace { repeat: group / n_folds, fold: group % n_folds, member: lane % n_members }
    }
}
