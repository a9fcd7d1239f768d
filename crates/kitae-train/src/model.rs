//! The model folder: everything that is needed to predict, and how the model came about.

use std::collections::BTreeMap;
use std::path::Path;

use kitae_data::preprocess::{Layout, Preprocessor, TargetScale};
use kitae_data::schema::Schema;
use kitae_model::{NetworkConfig, Weights};
use serde::{Deserialize, Serialize};

use crate::error::ArtefactError;
use crate::files::{read, write_atomically};
use crate::observer::LaneEnd;
use crate::problem::Seal;
use crate::recipe::Recipe;
use crate::roles::Place;
use crate::scores::ScoreReport;
use crate::weight_file::WeightFile;

/// The format that this version writes, and the highest that it reads.
pub const FORMAT: u32 = 1;

/// The file that makes a folder a model.
pub const MODEL_FILE: &str = "model.json";
const WEIGHTS_FILE: &str = "weights.safetensors";
/// The run record.
pub const RECORD_FILE: &str = "record.jsonl";
/// Who looked at test rows, and when.
pub const LOOKS_FILE: &str = "looks.jsonl";
/// Predictions for the rows that were not sealed, each by networks that had not seen it.
pub const OUT_OF_FOLD_FILE: &str = "out_of_fold.csv";

/// A trained model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Everything but the weights.
    pub manifest: Manifest,
    /// The weights of each lane.
    pub weights: Vec<Weights>,
}

/// Everything about a model but its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of kitae that wrote the folder.
    pub kitae: String,
    /// All levers as they were.
    pub recipe: Recipe,
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
    /// The networks; their answers are averaged.
    pub lanes: Vec<LaneManifest>,
    /// How the sealed test rows are found again.
    pub seal: Seal,
    /// What the model was trained on.
    pub source: Source,
    /// How good it is on rows that decided nothing.
    pub scores: ScoreReport,
}

/// One network of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneManifest {
    /// Which fold it belongs to.
    pub place: Place,
    /// Fitted on its training rows.
    pub preprocessor: Preprocessor,
    /// Fitted on its training rows; none for classes and counts.
    pub target_scale: Option<TargetScale>,
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
}

/// What is read first, so that a later format gets a clear error.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    kitae: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    format: u32,
    kitae: String,
    weights_crc32: u32,
    manifest: Manifest,
}

impl Model {
    /// Writes the files of the model into an existing folder. `model.json` comes last: without it the
    /// folder is no model.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), ArtefactError> {
        let groups: BTreeMap<String, Weights> = self
            .weights
            .iter()
            .enumerate()
            .map(|(lane, weights)| (lane.to_string(), weights.clone()))
            .collect();
        let weights = folder.join(WEIGHTS_FILE);
        let bytes = WeightFile { groups, text: FORMAT.to_string() }.to_bytes(&weights)?;
        write_atomically(&weights, &bytes)?;
        let file = ModelFile {
            format: FORMAT,
            kitae: self.manifest.kitae.clone(),
            weights_crc32: crc32fast::hash(&bytes),
            manifest: self.manifest.clone(),
        };
        let path = folder.join(MODEL_FILE);
        let json = serde_json::to_vec_pretty(&file).map_err(|error| ArtefactError::damaged(&path, error))?;
        write_atomically(&path, &json)
    }

    /// Reads and checks a model folder.
    ///
    /// # Errors
    ///
    /// If the folder is no model, was written by a later version, or a file is damaged.
    pub fn load(folder: &Path) -> Result<Self, ArtefactError> {
        let path = folder.join(MODEL_FILE);
        if !path.is_file() {
            return Err(ArtefactError::NotAModel { path: folder.to_path_buf() });
        }
        let json = read(&path)?;
        let damaged = |error: serde_json::Error| ArtefactError::damaged(&path, error);
        let header: Header = serde_json::from_slice(&json).map_err(damaged)?;
        if header.format > FORMAT {
            return Err(ArtefactError::Newer {
                path: folder.to_path_buf(),
                found: header.format,
                known: FORMAT,
                written_by: header.kitae,
            });
        }
        let file: ModelFile = serde_json::from_slice(&json).map_err(damaged)?;
        let weights = load_weights(&folder.join(WEIGHTS_FILE), &file)?;
        let model = Self { manifest: file.manifest, weights };
        model.check().map_err(|reason| ArtefactError::damaged(&path, reason))?;
        Ok(model)
    }

    /// Whether the parts fit each other; a file may have been written by anyone.
    fn check(&self) -> Result<(), String> {
        let Manifest { network, layout, lanes, class_names, .. } = &self.manifest;
        network.check().map_err(|error| error.to_string())?;
        if network.d_numbers != layout.d_numbers() || network.cardinalities != layout.cardinalities() {
            return Err("the network does not fit the layout of the features".into());
        }
        if self.manifest.recipe.objective.n_outputs(class_names.len()) != network.n_outputs {
            return Err("the network does not fit the number of classes".into());
        }
        if lanes.is_empty() {
            return Err("it holds no network".into());
        }
        for (number, lane) in lanes.iter().enumerate() {
            let at = |reason: String| format!("network {number}: {reason}");
            lane.preprocessor.check(layout).map_err(|error| at(error.to_string()))?;
            network.check_weights(&[&self.weights[number]]).map_err(|error| at(error.to_string()))?;
        }
        Ok(())
    }
}

fn load_weights(path: &Path, file: &ModelFile) -> Result<Vec<Weights>, ArtefactError> {
    let bytes = read(path)?;
    if crc32fast::hash(&bytes) != file.weights_crc32 {
        let reason = "its checksum is not the one in `model.json`";
        return Err(ArtefactError::damaged(path, reason));
    }
    let mut groups = WeightFile::from_bytes(&bytes, path)?.groups;
    (0..file.manifest.lanes.len())
        .map(|lane| {
            let missing = || ArtefactError::damaged(path, format!("network {lane} has no weights"));
            groups.remove(&lane.to_string()).ok_or_else(missing)
        })
        .collect()
}
