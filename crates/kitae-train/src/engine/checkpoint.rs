//! Checkpoints: the whole state of lanes between two epochs, from which a run goes on bit by bit.

use std::collections::BTreeMap;
use std::path::Path;

use kitae_model::{WeightTensor, Weights};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::engine::lane::LaneState;
use crate::engine::probe::UnitMeans;
use crate::error::ArtefactError;
use crate::observer::LaneEnd;
use crate::optimiser::OptimiserState;
use crate::schedule::PlateauState;
use crate::stopping::StopState;
use crate::sums::hex;
use kitae_infer::weight_file::WeightFile;

/// A lane after some epochs: enough to go on as if it had never stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedLane {
    /// Epochs trained.
    pub epoch: usize,
    /// The weights after them.
    pub weights: Weights,
    /// Their average so far; none before it has begun.
    pub averaged: Option<Weights>,
    /// The weights to deliver and their epoch.
    pub kept: Option<(usize, Weights)>,
    /// What the optimiser remembers.
    pub optimiser: OptimiserState,
    /// What early stopping remembers.
    pub stop: StopState,
    /// What the plateau rule remembers.
    pub plateau: PlateauState,
    /// Why the lane has ended, if it has.
    pub end: Option<LaneEnd>,
    /// For each layer the means of its units at the last look inside; empty before the first.
    pub unit_means: Vec<Vec<f64>>,
}

impl SavedLane {
    pub(crate) fn new(
        lane: &LaneState,
        weights: Weights,
        averaged: Option<Weights>,
        optimiser: OptimiserState,
    ) -> Self {
        Self {
            epoch: lane.n_epochs,
            weights,
            averaged,
            kept: lane.kept.clone(),
            optimiser,
            stop: lane.stop.clone(),
            plateau: lane.plateau,
            end: lane.end,
            unit_means: lane.unit_means.clone(),
        }
    }
}

/// The part of a saved lane that is text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    lane: usize,
    epoch: usize,
    kept_epoch: Option<usize>,
    optimiser_steps: u64,
    stop: StopState,
    plateau: PlateauState,
    end: Option<LaneEnd>,
    unit_means: UnitMeans,
}

/// The text of a checkpoint after the digest of everything in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    /// The run whose lanes they are.
    run: String,
    lanes: Vec<Note>,
}

const SUFFIX: &str = "safetensors";

/// Writes the lanes of a pack of `run` into one file, whole or not at all. `numbers` are the lanes' positions
/// in the run.
pub(crate) fn save_pack(
    folder: &Path,
    run: &str,
    numbers: &[usize],
    lanes: &[SavedLane],
) -> Result<(), ArtefactError> {
    let mut file = WeightFile::default();
    let mut notes = Vec::with_capacity(lanes.len());
    for (number, lane) in numbers.iter().zip(lanes) {
        file.groups.insert(format!("{number}.weights"), lane.weights.clone());
        file.groups.insert(format!("{number}.optimiser"), as_weights(&lane.optimiser.buffers));
        if let Some(averaged) = &lane.averaged {
            file.groups.insert(format!("{number}.averaged"), averaged.clone());
        }
        if let Some((_, kept)) = &lane.kept {
            file.groups.insert(format!("{number}.kept"), kept.clone());
        }
        notes.push(Note {
            lane: *number,
            epoch: lane.epoch,
            kept_epoch: lane.kept.as_ref().map(|(epoch, _)| *epoch),
            optimiser_steps: lane.optimiser.steps,
            stop: lane.stop.clone(),
            plateau: lane.plateau,
            end: lane.end,
            unit_means: lane.unit_means.clone(),
        });
    }
    let path = folder.join(pack_name(numbers));
    let notes = Notes { run: run.to_owned(), lanes: notes };
    let text = serde_json::to_string(&notes).map_err(|error| ArtefactError::damaged(&path, error))?;
    file.text = format!("{}\n{text}", digest(&text, &file.groups));
    file.write(&path)
}

/// Of all that a checkpoint says.
fn digest(text: &str, groups: &BTreeMap<String, Weights>) -> String {
    let mut hasher = Sha256::new();
    hasher.update(text);
    for (group, weights) in groups {
        for (name, tensor) in &weights.tensors {
            hasher.update(format!("\n{group}/{name} {:?} ", tensor.shape));
            for value in &tensor.values {
                hasher.update(value.to_le_bytes());
            }
        }
    }
    hex(&hasher.finalize())
}

/// Distinct for distinct members, so that packs of another arrangement do not overwrite each other.
fn pack_name(numbers: &[usize]) -> String {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    format!("pack-{:08x}.{SUFFIX}", crc32fast::hash(&bytes))
}

/// The latest state of each of `n_lanes` lanes found in `folder`. Files of a run that was stopped
/// while it wrote them are ignored.
///
/// # Errors
///
/// If a whole file cannot be read, is damaged, or is of another run than `run`.
pub fn load_checkpoints(
    folder: &Path,
    n_lanes: usize,
    run: &str,
) -> Result<Vec<Option<SavedLane>>, ArtefactError> {
    let mut lanes: Vec<Option<SavedLane>> = vec![None; n_lanes];
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(lanes),
        Err(error) => return Err(ArtefactError::io("read", folder, error)),
    };
    for entry in entries {
        let path = entry.map_err(|error| ArtefactError::io("read", folder, error))?.path();
        if path.extension().is_none_or(|extension| extension != SUFFIX) {
            continue;
        }
        for (number, saved) in load_pack(&path, run)? {
            let slot = lanes
                .get_mut(number)
                .ok_or_else(|| useless(&path, format!("the run has no lane {number}")))?;
            if slot.as_ref().is_none_or(|other| other.epoch < saved.epoch) {
                *slot = Some(saved);
            }
        }
    }
    Ok(lanes)
}

fn useless(path: &Path, reason: impl std::fmt::Display) -> ArtefactError {
    ArtefactError::Checkpoint { path: path.to_path_buf(), reason: reason.to_string() }
}

/// The file and its notes, if they are whole and of this run.
fn read_pack(path: &Path, run: &str) -> Result<(WeightFile, Vec<Note>), ArtefactError> {
    let file = WeightFile::read(path).map_err(|error| match error {
        ArtefactError::Damaged { reason, .. } => useless(path, reason),
        error => error,
    })?;
    let (sum, text) = file.text.split_once('\n').unwrap_or_default();
    if sum != digest(text, &file.groups) {
        return Err(useless(path, "it is damaged: its contents are not those that were written"));
    }
    let notes: Notes = serde_json::from_str(text).map_err(|error| useless(path, error))?;
    if notes.run != run {
        return Err(useless(path, "it is of another run"));
    }
    Ok((file, notes.lanes))
}

fn load_pack(path: &Path, run: &str) -> Result<Vec<(usize, SavedLane)>, ArtefactError> {
    let (mut file, notes) = read_pack(path, run)?;
    let mut lanes = Vec::with_capacity(notes.len());
    for note in notes {
        let mut group = |name: &str| file.groups.remove(&format!("{}.{name}", note.lane));
        let missing = |name| useless(path, format!("lane {} has no {name}", note.lane));
        let weights = group("weights").ok_or_else(|| missing("weights"))?;
        let kept = match note.kept_epoch {
            Some(epoch) => Some((epoch, group("kept").ok_or_else(|| missing("kept weights"))?)),
            None => None,
        };
        let averaged = group("averaged");
        // An optimiser without state writes no tensors.
        let buffers = as_buffers(group("optimiser").unwrap_or_default());
        let saved = SavedLane {
            epoch: note.epoch,
            weights,
            averaged,
            kept,
            optimiser: OptimiserState { steps: note.optimiser_steps, buffers },
            stop: note.stop,
            plateau: note.plateau,
            end: note.end,
            unit_means: note.unit_means,
        };
        lanes.push((note.lane, saved));
    }
    Ok(lanes)
}

fn as_weights(buffers: &BTreeMap<String, Vec<f32>>) -> Weights {
    let tensor = |values: &Vec<f32>| WeightTensor { shape: [1, values.len()], values: values.clone() };
    Weights { tensors: buffers.iter().map(|(name, values)| (name.clone(), tensor(values))).collect() }
}

fn as_buffers(weights: Weights) -> BTreeMap<String, Vec<f32>> {
    weights.tensors.into_iter().map(|(name, tensor)| (name, tensor.values)).collect()
}
