//! The model folder: everything that is needed to predict, and how the model came about.

use std::path::Path;

use kitae_data::finding::Finding;
pub use kitae_infer::manifest::{FORMAT, LaneManifest, LinearManifest, LinearShare, Source};
use kitae_infer::reading::{Opened, open, to_json};
pub use kitae_infer::{Fitted, MODEL_FILE};
use kitae_infer::{Means, Predictor};
use kitae_model::{NetworkConfig, Weights};
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::engine::passes::AllThreads;
use crate::error::{ArtefactError, TrainError};
use crate::files::{read, write_atomically};
use crate::objective::Objective;
use crate::observer::LaneEnd;
use crate::recipe::Recipe;
use crate::scores::ScoreReport;
use crate::seal::Seal;
use crate::sums::Sums;

/// The run record.
pub const RECORD_FILE: &str = "record.jsonl";
/// Who looked at test rows, and when.
pub const LOOKS_FILE: &str = "looks.jsonl";
/// Predictions for the rows that were not sealed, each by networks that had not seen it.
pub const OUT_OF_FOLD_FILE: &str = "out_of_fold.csv";
/// What the training itself writes into the folder; it belongs to the model as the weights do.
const WRITTEN_BEFORE: [&str; 2] = [RECORD_FILE, OUT_OF_FOLD_FILE];

/// A trained model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Everything but the numbers that were fitted.
    pub manifest: Manifest,
    /// Weights, and what regions are made from.
    pub fitted: Fitted,
}

/// What predicts, and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What predicting needs.
    pub model: kitae_infer::Manifest,
    /// All hyperparameters as they were.
    pub recipe: Recipe,
    /// How the training of each network went, in the order of the networks.
    pub courses: Vec<Course>,
    /// How the sealed test rows are found again.
    pub seal: Seal,
    /// What was found out about the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// How good it is on rows that decided nothing.
    pub scores: ScoreReport,
}

/// How the training of a network went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// The epoch whose weights it has.
    pub kept_epoch: usize,
    /// Epochs trained.
    pub n_epochs: usize,
    /// Why it ended.
    pub end: LaneEnd,
}

impl Manifest {
    /// Reads the manifest of a model folder without its weights: enough to tell about the model, and not
    /// checked against them as [`Model::load`] does.
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by another version, or the file is damaged.
    pub fn load(folder: &Path) -> Result<Self, ArtefactError> {
        Ok(opened(folder)?.manifest)
    }

    /// Whether the recipe is the one that the networks were trained with.
    fn check(&self) -> Result<(), String> {
        let Self { model, recipe, courses, .. } = self;
        if model.objective != recipe.objective {
            return Err("its objective is not that of its recipe".into());
        }
        if courses.len() != model.lanes.len() {
            return Err("not each of its networks has a course".into());
        }
        let has_scale = !recipe.objective.is_classification() && recipe.objective != Objective::Poisson;
        let expected = has_scale.then_some(recipe.target_scale);
        match model.lanes.iter().position(|lane| lane.target_scale.map(|scale| scale.transform) != expected) {
            Some(lane) => Err(format!("network {lane}: the scale of its target is not that of its recipe")),
            None => Ok(()),
        }
    }
}

fn opened(folder: &Path) -> Result<Opened<Manifest>, ArtefactError> {
    let mut opened: Opened<Manifest> = open(folder)?;
    opened.manifest.model.kitae = opened.kitae.clone();
    Ok(opened)
}

impl Model {
    /// Writes the files of the model into an existing folder. `model.json` comes last: without it the
    /// folder is no model. A run record and predictions for held-out rows that lie there belong to it.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), ArtefactError> {
        let mut sums = Sums::new(folder);
        self.fitted.save(folder, &mut sums)?;
        let path = folder.join(MODEL_FILE);
        let json = to_json(&self.manifest.model.kitae, &self.manifest);
        let json = json.map_err(|error| ArtefactError::damaged(&path, error))?;
        sums.add(MODEL_FILE, &json);
        for name in WRITTEN_BEFORE.into_iter().filter(|name| folder.join(name).is_file()) {
            sums.add(name, &read(&folder.join(name))?);
        }
        sums.write(folder)?;
        write_atomically(&path, &json)
    }

    /// Reads and checks a model folder.
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by another version, or a file is damaged or of another model.
    pub fn load(folder: &Path) -> Result<Self, ArtefactError> {
        let Opened { manifest, sums, .. } = opened(folder)?;
        let fitted = Fitted::load(&sums, &manifest.model)?;
        manifest.check().map_err(|reason| ArtefactError::damaged(&folder.join(MODEL_FILE), reason))?;
        Ok(Self { manifest, fitted })
    }

    /// Makes the networks ready. Where the engine has fused passes, all threads of the thread pool that asks
    /// share the rows.
    ///
    /// # Errors
    ///
    /// If the weights do not fit the network.
    pub fn predictor(&self, engine: &Engine) -> Result<Predictor<'_>, TrainError> {
        let forward = |network: &NetworkConfig, weights: &Weights| engine.ready(network, weights);
        let means = Means { forward: &forward, block_rows: engine.block_rows(), run: &AllThreads };
        Ok(Predictor::new(&self.manifest.model, &self.fitted, &means)?)
    }
}
