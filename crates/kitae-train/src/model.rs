//! The model folder: everything that is needed to predict, and how the model came about.

mod reading;
mod weights;

use std::path::Path;

use kitae_data::finding::Finding;
use kitae_data::preprocess::{Layout, Preprocessor, TargetScale};
use kitae_data::profile::Profile;
use kitae_data::read::ReadOptions;
use kitae_data::schema::Schema;
use kitae_model::{NetworkConfig, Weights};
use serde::{Deserialize, Serialize};

use crate::calibration::Calibrator;
use crate::error::ArtefactError;
use crate::files::{read, write_atomically};
use crate::nonconformity::Nonconformity;
use crate::objective::Objective;
use crate::observer::LaneEnd;
use crate::recipe::Recipe;
use crate::roles::LanePlace;
use crate::scores::ScoreReport;
use crate::seal::Seal;
use crate::sums::Sums;
use reading::ModelFile;
use weights::{load_weights, weight_file};

/// The format that this version writes and reads.
pub const FORMAT: u32 = 2;

/// The file that makes a folder a model.
pub const MODEL_FILE: &str = "model.json";
const WEIGHTS_FILE: &str = "weights.safetensors";
/// What regions are made from.
const NONCONFORMITY_FILE: &str = "nonconformity.safetensors";
/// The run record.
///
/// ```
/// use kitae_train::model::RECORD_FILE;
/// use kitae_train::record::Recorder;
///
/// let folder = tempfile::tempdir()?;
/// Recorder::append(&folder.path().join(RECORD_FILE))?.finish()?;
/// assert!(folder.path().join("record.jsonl").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const RECORD_FILE: &str = "record.jsonl";
/// Who looked at test rows, and when.
///
/// ```
/// // A line of JSON for each look, beside `model.json`.
/// let looks = std::path::Path::new("model").join(kitae_train::model::LOOKS_FILE);
/// assert_eq!(looks.extension().and_then(|extension| extension.to_str()), Some("jsonl"));
/// ```
pub const LOOKS_FILE: &str = "looks.jsonl";
/// Predictions for the rows that were not sealed, each by networks that had not seen it.
///
/// ```
/// // A table that any other tool reads.
/// let out_of_fold = std::path::Path::new("model").join(kitae_train::model::OUT_OF_FOLD_FILE);
/// assert_eq!(out_of_fold.extension().and_then(|extension| extension.to_str()), Some("csv"));
/// ```
pub const OUT_OF_FOLD_FILE: &str = "out_of_fold.csv";
/// What the training itself writes into the folder; it belongs to the model as the weights do.
const WRITTEN_BEFORE: [&str; 2] = [RECORD_FILE, OUT_OF_FOLD_FILE];

/// A trained model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Everything but the weights.
    pub manifest: Manifest,
    /// The weights of each lane.
    pub weights: Vec<Weights>,
    /// The weights of the linear model of each lane that has one.
    pub linear: Vec<Option<Weights>>,
    /// What regions of a level are made from; none of a model that was made without.
    pub nonconformity: Option<Nonconformity>,
}

/// Everything about a model but its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of kitae that wrote the folder.
    pub kitae: String,
    /// All levers as they were.
    pub recipe: Recipe,
    /// How the file was read, and so how others are to be read.
    pub reading: ReadOptions,
    /// What the columns are.
    pub schema: Schema,
    /// The column that is predicted.
    pub target: String,
    /// Names of the classes in the order of the probabilities; empty for a regression.
    pub class_names: Vec<String>,
    /// How columns become features.
    pub layout: Layout,
    /// The shape of the networks.
    pub network: NetworkConfig,
    /// The networks; they predict together ([`pooled`](crate::pool::pooled)).
    pub lanes: Vec<LaneManifest>,
    /// How the linear models predict, if any has a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linear: Option<LinearManifest>,
    /// What the open rows held, which new rows are compared with.
    pub profile: Profile,
    /// How the sealed test rows are found again.
    pub seal: Seal,
    /// What the model was trained on.
    pub source: Source,
    /// What was found out about the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// How good it is on rows that decided nothing.
    pub scores: ScoreReport,
}

/// The shape of the linear models of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearManifest {
    /// A network without hidden layers.
    pub network: NetworkConfig,
    /// What its outputs mean.
    pub objective: Objective,
}

/// The linear model that is blended with a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearShare {
    /// Its share in the predictions, above 0 and at most 1; the network has the rest.
    pub share: f64,
    /// How its probabilities are calibrated; not at all in a regression.
    pub calibrator: Calibrator,
    /// What its rows go through, fitted on the same training rows, if that is not what the network's go through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preprocessor: Option<Preprocessor>,
}

/// One network of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneManifest {
    /// Which fold it belongs to.
    pub place: LanePlace,
    /// Fitted on its training rows.
    pub preprocessor: Preprocessor,
    /// Fitted on its training rows; none for classes and counts.
    pub target_scale: Option<TargetScale>,
    /// How its probabilities are calibrated; not at all in a regression.
    #[serde(default)]
    pub calibrator: Calibrator,
    /// The linear model that is blended with it, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linear: Option<LinearShare>,
    /// The epoch whose weights it has.
    pub kept_epoch: usize,
    /// Epochs trained.
    pub n_epochs: usize,
    /// Why it ended.
    pub end: LaneEnd,
}

/// What a model was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The file as it was named.
    pub path: String,
    /// All rows of the file.
    pub n_rows: usize,
    /// Rows that trained, chose epochs or scored.
    pub n_open: usize,
    /// Rows sealed as test rows.
    pub n_sealed: usize,
    /// A hash of the contents of all rows, whatever their order.
    pub fingerprint: u64,
    /// A hash of the order of the rows in the file, which the row numbers of the predictions for held-out
    /// rows go by.
    pub order: u64,
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
        let mut write = |name: &str, bytes: &[u8]| {
            sums.add(name, bytes);
            write_atomically(&folder.join(name), bytes)
        };
        write(WEIGHTS_FILE, &weight_file(self).to_bytes(&folder.join(WEIGHTS_FILE))?)?;
        if let Some(nonconformity) = &self.nonconformity {
            write(NONCONFORMITY_FILE, &nonconformity.to_bytes(&folder.join(NONCONFORMITY_FILE))?)?;
        }
        let path = folder.join(MODEL_FILE);
        let kitae = self.manifest.kitae.clone();
        let file = ModelFile { format: FORMAT, kitae, manifest: self.manifest.clone() };
        let json = serde_json::to_vec_pretty(&file).map_err(|error| ArtefactError::damaged(&path, error))?;
        sums.add(MODEL_FILE, &json);
        for name in WRITTEN_BEFORE.into_iter().filter(|name| folder.join(name).is_file()) {
            sums.add(name, &read(&folder.join(name))?);
        }
        sums.write()?;
        write_atomically(&path, &json)
    }

    /// Reads and checks a model folder.
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by another version, or a file is damaged or of another model.
    pub fn load(folder: &Path) -> Result<Self, ArtefactError> {
        let (manifest, sums) = reading::read(folder)?;
        let (path, n_lanes) = (folder.join(WEIGHTS_FILE), manifest.lanes.len());
        let (weights, linear) = load_weights(&sums.file(WEIGHTS_FILE)?, &path, n_lanes)?;
        let nonconformity = if sums.has(NONCONFORMITY_FILE) {
            let bytes = sums.file(NONCONFORMITY_FILE)?;
            Some(Nonconformity::from_bytes(&bytes, &folder.join(NONCONFORMITY_FILE))?)
        } else {
            None
        };
        let model = Self { manifest, weights, linear, nonconformity };
        model.check().map_err(|reason| ArtefactError::damaged(&folder.join(MODEL_FILE), reason))?;
        Ok(model)
    }

    /// Whether the parts fit each other; a file may have been written by anyone.
    fn check(&self) -> Result<(), String> {
        let Manifest { recipe, network, layout, lanes, linear, .. } = &self.manifest;
        if lanes.is_empty() {
            return Err("it holds no network".into());
        }
        let objective = &recipe.objective;
        let n_classes = self.manifest.class_names.len();
        if objective.is_classification() != (n_classes > 0) {
            return Err(format!("its objective is not one for {n_classes} classes"));
        }
        objective.check(n_classes)?;
        self.check_network(network, objective)?;
        if let Some(linear) = linear {
            self.check_network(&linear.network, &linear.objective)?;
        }
        let has_scale = !objective.is_classification() && *objective != Objective::Poisson;
        if self.nonconformity.as_ref().is_some_and(|stored| stored.fold_of(lanes).is_none()) {
            return Err(format!("`{NONCONFORMITY_FILE}` is of other folds"));
        }
        for (number, lane) in lanes.iter().enumerate() {
            let at = |reason: String| format!("network {number}: {reason}");
            lane.preprocessor.check(layout).map_err(|error| at(error.to_string()))?;
            network.check_weights(&[&self.weights[number]]).map_err(|error| at(error.to_string()))?;
            lane.calibrator.check().map_err(at)?;
            if lane.target_scale.map(|scale| scale.transform) != has_scale.then_some(recipe.target_scale) {
                return Err(at("the scale of its target is not that of its recipe".into()));
            }
            let Some(LinearShare { share, calibrator, preprocessor }) = &lane.linear else { continue };
            calibrator.check().map_err(at)?;
            if let Some(preprocessor) = preprocessor {
                preprocessor.check(layout).map_err(|error| at(format!("its linear model: {error}")))?;
            }
            let (Some(linear), Some(weights)) = (linear, &self.linear[number]) else {
                return Err(at("its linear model is missing".into()));
            };
            linear.network.check_weights(&[weights]).map_err(|error| at(error.to_string()))?;
            if !(*share > 0.0 && *share <= 1.0) {
                return Err(at(format!("its linear model has a share of {share}")));
            }
        }
        Ok(())
    }

    fn check_network(&self, network: &NetworkConfig, objective: &Objective) -> Result<(), String> {
        let Manifest { layout, class_names, .. } = &self.manifest;
        network.check().map_err(|error| error.to_string())?;
        if network.d_numbers != layout.d_numbers() || network.cardinalities != layout.cardinalities() {
            return Err("the network does not fit the layout of the features".into());
        }
        if objective.n_outputs(class_names.len()) != network.n_outputs {
            return Err("the network does not fit the number of classes".into());
        }
        Ok(())
    }
}
