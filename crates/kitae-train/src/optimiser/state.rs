//! What an optimiser remembers, lane by lane on the host, for checkpoints.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use kitae_model::Role;
use serde::{Deserialize, Serialize};

use super::block::blocks;
use super::flat::Span;
use super::{Optimiser, UpdateConfig, rule};

/// What an optimiser remembers of one lane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimiserState {
    /// Steps taken so far.
    pub steps: u64,
    /// Row-major values by name: the parameter's position, a point, and what is remembered of it,
    /// such as `0.momentum`.
    pub buffers: BTreeMap<String, Vec<f32>>,
}

impl Optimiser {
    /// One state for each lane of the pack; empty before the first step. [`Optimiser::from_state`]
    /// goes on with the same bits.
    pub fn state(&self) -> Vec<OptimiserState> {
        let n_lanes = self.blocks.first().map_or(0, |block| block.flat.n_lanes());
        let mut lanes = vec![OptimiserState { steps: self.steps, buffers: BTreeMap::new() }; n_lanes];
        for block in &self.blocks {
            for (name, tensor) in rule::names(&block.rule).iter().zip(block.slots.iter().flatten()) {
                let values = on_host(tensor);
                let mut values = values.as_slice();
                for place in block.flat.places() {
                    for lane in &mut lanes {
                        let own;
                        (own, values) = values.split_at(place.size());
                        lane.buffers.insert(buffer_name(place, name), own.to_vec());
                    }
                }
            }
        }
        lanes
    }

    /// An optimiser that goes on where the `lanes` were. `layout` has the role and the shape (without
    /// the lane axis) of every parameter, in the order in which [`Optimiser::step`] gets them.
    ///
    /// # Errors
    ///
    /// A sentence that says what is missing, unknown, of the wrong size, or at another step.
    pub fn from_state(
        config: &UpdateConfig,
        lanes: &[OptimiserState],
        layout: &[(Role, [usize; 2])],
        device: &Device,
    ) -> Result<Self, String> {
        let mut optimiser = Self::new(config);
        let Some(first) = lanes.first() else { return Ok(optimiser) };
        if let Some(other) = lanes.iter().find(|lane| lane.steps != first.steps) {
            let (steps, others) = (first.steps, other.steps);
            return Err(format!("the lanes of a pack must be at one step, got {steps} and {others}"));
        }
        optimiser.blocks = blocks(&config.optimiser, lanes.len(), layout);
        optimiser.n_parameters = layout.len();
        optimiser.steps = first.steps;
        let mut n_buffers = 0;
        for block in optimiser.blocks.iter_mut().filter(|_| first.steps > 0) {
            let names = rule::names(&block.rule);
            for (slot, name) in block.slots.iter_mut().zip(names) {
                let mut all = Vec::new();
                for place in block.flat.places() {
                    append(&mut all, lanes, place, name)?;
                }
                let shape = [all.len()];
                *slot = Some(Tensor::from_data(TensorData::new(all, shape), device));
            }
            n_buffers += names.len() * block.flat.places().len();
        }
        if let Some(lane) = lanes.iter().find(|lane| lane.buffers.len() != n_buffers) {
            let got = lane.buffers.len();
            return Err(format!("the optimiser has {n_buffers} buffers for this network, got {got}"));
        }
        Ok(optimiser)
    }
}

fn buffer_name(place: &Span, name: &str) -> String {
    format!("{}.{name}", place.position)
}

/// Appends a buffer of each lane.
fn append(all: &mut Vec<f32>, lanes: &[OptimiserState], place: &Span, name: &str) -> Result<(), String> {
    let (name, size) = (buffer_name(place, name), place.size());
    for lane in lanes {
        let values = lane.buffers.get(&name).ok_or_else(|| format!("the buffer `{name}` is missing"))?;
        if values.len() != size {
            return Err(format!("the buffer `{name}` must have {size} values, got {}", values.len()));
        }
        all.extend_from_slice(values);
    }
    Ok(())
}

fn on_host(tensor: &Tensor<1>) -> Vec<f32> {
    tensor.try_to_vec_as().expect("a float tensor can be read as f32")
}
