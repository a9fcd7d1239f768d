//! What was fitted: the numbers of a model, in the files beside `model.json`.

use std::path::Path;

use crate::config::NetworkConfig;
use crate::error::ArtefactError;
use crate::files::write_atomically;
use crate::manifest::{FORMAT, LinearShare, Manifest};
use crate::nonconformity::Nonconformity;
use crate::objective::Objective;
use crate::sums::Sums;
use crate::weight_file::WeightFile;
use crate::weights::Weights;

/// The file that makes a folder a model.
pub const MODEL_FILE: &str = "model.json";
const WEIGHTS_FILE: &str = "weights.safetensors";
/// What regions are made from.
const NONCONFORMITY_FILE: &str = "nonconformity.safetensors";

/// Weights, and what regions are made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The weights of each lane.
    pub networks: Vec<Weights>,
    /// The weights of the linear model of each lane that has one.
    pub linear: Vec<Option<Weights>>,
    /// What regions of a level are made from; none of a model that was made without.
    pub nonconformity: Option<Nonconformity>,
}

fn linear_group(lane: usize) -> String {
    format!("{lane}_linear")
}

impl Fitted {
    /// Writes the files into an existing folder, and adds their digests to `sums`.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path, sums: &mut Sums) -> Result<(), ArtefactError> {
        let mut write = |name: &str, bytes: &[u8]| {
            sums.add(name, bytes);
            write_atomically(&folder.join(name), bytes)
        };
        write(WEIGHTS_FILE, &self.weight_file().to_bytes(&folder.join(WEIGHTS_FILE))?)?;
        if let Some(nonconformity) = &self.nonconformity {
            write(NONCONFORMITY_FILE, &nonconformity.to_bytes(&folder.join(NONCONFORMITY_FILE))?)?;
        }
        Ok(())
    }

    /// Reads the files that `sums` is of, and checks that they fit `manifest`.
    ///
    /// # Errors
    ///
    /// If a file is missing, damaged or of another model.
    pub fn load(sums: &Sums, manifest: &Manifest) -> Result<Self, ArtefactError> {
        let path = sums.path(WEIGHTS_FILE);
        let mut groups = WeightFile::from_bytes(&sums.file(WEIGHTS_FILE)?, &path)?.groups;
        let (mut networks, mut linear) = (Vec::new(), Vec::new());
        for lane in 0..manifest.lanes.len() {
            let missing = || ArtefactError::damaged(&path, format!("network {lane} has no weights"));
            networks.push(groups.remove(&lane.to_string()).ok_or_else(missing)?);
            linear.push(groups.remove(&linear_group(lane)));
        }
        let nonconformity = if sums.has(NONCONFORMITY_FILE) {
            let bytes = sums.file(NONCONFORMITY_FILE)?;
            Some(Nonconformity::from_bytes(&bytes, &sums.path(NONCONFORMITY_FILE))?)
        } else {
            None
        };
        let fitted = Self { networks, linear, nonconformity };
        fitted.check(manifest).map_err(|reason| ArtefactError::damaged(&sums.path(MODEL_FILE), reason))?;
        Ok(fitted)
    }

    fn weight_file(&self) -> WeightFile {
        let networks = self.networks.iter().enumerate();
        let networks = networks.map(|(lane, weights)| (lane.to_string(), weights.clone()));
        let linear = self.linear.iter().enumerate();
        let linear = linear.filter_map(|(lane, weights)| Some((linear_group(lane), weights.clone()?)));
        WeightFile { groups: networks.chain(linear).collect(), text: FORMAT.to_string() }
    }

    /// Whether the parts fit each other; a file may have been written by anyone.
    fn check(&self, manifest: &Manifest) -> Result<(), String> {
        let Manifest { objective, network, layout, lanes, linear, .. } = manifest;
        if lanes.is_empty() {
            return Err("it holds no network".into());
        }
        let n_classes = manifest.class_names.len();
        if objective.is_classification() != (n_classes > 0) {
            return Err(format!("its objective is not one for {n_classes} classes"));
        }
        objective.check(n_classes)?;
        check_network(manifest, network, objective)?;
        if let Some(linear) = linear {
            check_network(manifest, &linear.network, &linear.objective)?;
        }
        let has_scale = !objective.is_classification() && *objective != Objective::Poisson;
        if self.nonconformity.as_ref().is_some_and(|stored| stored.fold_of(lanes).is_none()) {
            return Err(format!("`{NONCONFORMITY_FILE}` is of other folds"));
        }
        for (number, lane) in lanes.iter().enumerate() {
            let at = |reason: String| format!("network {number}: {reason}");
            lane.preprocessor.check(layout).map_err(|error| at(error.to_string()))?;
            network.check_weights(&[&self.networks[number]]).map_err(|error| at(error.to_string()))?;
            lane.calibrator.check().map_err(at)?;
            if lane.target_scale.is_some() != has_scale {
                return Err(at("the scale of its target does not fit its objective".into()));
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
}

fn check_network(manifest: &Manifest, network: &NetworkConfig, objective: &Objective) -> Result<(), String> {
    let Manifest { layout, class_names, .. } = manifest;
    network.check().map_err(|error| error.to_string())?;
    if network.d_numbers != layout.d_numbers() || network.cardinalities != layout.cardinalities() {
        return Err("the network does not fit the layout of the features".into());
    }
    if objective.n_outputs(class_names.len()) != network.n_outputs {
        return Err("the network does not fit the number of classes".into());
    }
    Ok(())
}
