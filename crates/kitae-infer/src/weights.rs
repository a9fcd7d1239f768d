//! The weights of one lane on the host: what is stored, and what a network is made from again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bins::are_bins;
use crate::config::{ConfigError, NetworkConfig};
use crate::layout::{Slot, TensorKind, layout};

/// All numbers of one lane, running statistics and edges of bins included, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weights {
    /// Tensors by name, such as `layers.0.weight`.
    pub tensors: BTreeMap<String, WeightTensor>,
}

/// One tensor of one lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightTensor {
    /// Number of rows and columns.
    pub shape: [usize; 2],
    /// The numbers, row by row.
    pub values: Vec<f32>,
}

impl NetworkConfig {
    /// Whether a network of this shape can have these weights; allocates nothing.
    ///
    /// # Errors
    ///
    /// If [`check`](Self::check) refuses the configuration, there is no lane, a tensor is missing,
    /// unknown, or of another shape, or a number is not finite, a variance negative, or an edge below the
    /// one before it.
    pub fn check_weights(&self, lanes: &[&Weights]) -> Result<(), WeightsError> {
        self.check()?;
        if lanes.is_empty() {
            return Err(WeightsError::NoLanes);
        }
        let slots = layout(self);
        lanes.iter().enumerate().try_for_each(|(lane, weights)| check_lane(weights, &slots, lane))
    }
}

fn check_lane(weights: &Weights, slots: &[Slot], lane: usize) -> Result<(), WeightsError> {
    for slot in slots {
        match weights.tensors.get(&slot.name) {
            Some(tensor) => check_tensor(tensor, slot, lane)?,
            None => return Err(WeightsError::Missing { lane, name: slot.name.clone() }),
        }
    }
    match weights.tensors.keys().find(|name| slots.iter().all(|slot| slot.name != **name)) {
        Some(name) => Err(WeightsError::Unknown { lane, name: name.clone() }),
        None => Ok(()),
    }
}

fn check_tensor(tensor: &WeightTensor, slot: &Slot, lane: usize) -> Result<(), WeightsError> {
    let name = slot.name.clone();
    if tensor.shape != slot.shape {
        return Err(WeightsError::Shape { lane, name, expected: slot.shape, found: tensor.shape });
    }
    if tensor.values.len() != slot.n_values() {
        let (expected, found) = (slot.n_values(), tensor.values.len());
        return Err(WeightsError::Length { lane, name, expected, found });
    }
    let lowest = if slot.kind == TensorKind::RunningVariance { 0.0 } else { f32::MIN };
    match tensor.values.iter().position(|value| !(value.is_finite() && *value >= lowest)) {
        Some(position) => Err(WeightsError::Value { lane, name, position, value: tensor.values[position] }),
        None if slot.kind == TensorKind::Edges => check_edges(tensor, name, lane),
        None => Ok(()),
    }
}

fn check_edges(tensor: &WeightTensor, name: String, lane: usize) -> Result<(), WeightsError> {
    let [_, n_edges] = tensor.shape;
    match tensor.values.chunks_exact(n_edges).position(|edges| !are_bins(edges)) {
        Some(number) => Err(WeightsError::Edges { lane, name, number }),
        None => Ok(()),
    }
}

/// Why no network can be made from stored weights.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No weights were given.
    #[error("a network needs the weights of at least one lane, got none")]
    NoLanes,
    /// A tensor of the network is not there.
    #[error("lane {lane}: the weights have no tensor `{name}`, which the network needs")]
    Missing {
        /// Position among the lanes that were given.
        lane: usize,
        /// The tensor.
        name: String,
    },
    /// A tensor belongs to no part of the network.
    #[error("lane {lane}: the weights have a tensor `{name}`, which the network does not know")]
    Unknown {
        /// Position among the lanes that were given.
        lane: usize,
        /// The tensor.
        name: String,
    },
    /// A tensor has another shape than the network's.
    #[error("lane {lane}: tensor `{name}` must be of shape {expected:?}, got {found:?}")]
    Shape {
        /// Position among the lanes that were given.
        lane: usize,
        /// The tensor.
        name: String,
        /// The network's shape.
        expected: [usize; 2],
        /// The shape that came.
        found: [usize; 2],
    },
    /// A tensor has more or fewer numbers than its shape.
    #[error("lane {lane}: tensor `{name}` must have {expected} numbers, got {found}")]
    Length {
        /// Position among the lanes that were given.
        lane: usize,
        /// The tensor.
        name: String,
        /// What the shape asks for.
        expected: usize,
        /// How many came.
        found: usize,
    },
    /// A number is not finite, or a variance is negative.
    #[error(
        "lane {lane}: number {position} of tensor `{name}` must be finite, and positive or zero in a \
             variance, got {value}"
    )]
    Value {
        /// Position among the lanes that were given.
        lane: usize,
        /// The tensor.
        name: String,
        /// Position among its numbers.
        position: usize,
        /// The number.
        value: f32,
    },
    /// The edges of the bins of a numeric input do not ascend.
    #[error("lane {lane}: the edges of number {number} in tensor `{name}` must ascend")]
    Edges {
        /// Position among the lanes that were given.
        lane: usize,
        /// The tensor.
        name: String,
        /// Position among the numeric inputs.
        number: usize,
    },
}
