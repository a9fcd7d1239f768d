//! The weights of a model in one file.

use std::path::Path;

use kitae_model::Weights;

use super::{FORMAT, Model};
use crate::error::ArtefactError;
use crate::weight_file::WeightFile;

/// The group of the weight file with the linear model of a lane.
fn linear_group(lane: usize) -> String {
    format!("{lane}_linear")
}

pub(super) fn weight_file(model: &Model) -> WeightFile {
    let networks = model.weights.iter().enumerate();
    let networks = networks.map(|(lane, weights)| (lane.to_string(), weights.clone()));
    let linear = model.linear.iter().enumerate();
    let linear = linear.filter_map(|(lane, weights)| Some((linear_group(lane), weights.clone()?)));
    WeightFile { groups: networks.chain(linear).collect(), text: FORMAT.to_string() }
}

/// The weights of the networks and of the linear models, lane by lane.
type AllWeights = (Vec<Weights>, Vec<Option<Weights>>);

pub(super) fn load_weights(bytes: &[u8], path: &Path, n_lanes: usize) -> Result<AllWeights, ArtefactError> {
    let mut groups = WeightFile::from_bytes(bytes, path)?.groups;
    let mut take = |lane: usize| {
        let missing = || ArtefactError::damaged(path, format!("network {lane} has no weights"));
        let linear = groups.remove(&linear_group(lane));
        Ok((groups.remove(&lane.to_string()).ok_or_else(missing)?, linear))
    };
    (0..n_lanes).map(&mut take).collect()
}
