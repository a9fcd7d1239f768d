//! Which tensors a network holds: names, roles, shapes and numbers, all in one place.

use serde::{Deserialize, Serialize};

use crate::config::{Ensemble, InputScale, NetworkConfig, Normalisation, Periodic, Piecewise, Slope};

/// What a parameter does in the network; optimisers treat them differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A matrix of a linear map, `[n_lanes, d_in, d_out]`.
    Weight,
    /// What a linear map adds, `[n_lanes, 1, d_out]`; in hidden layers of a full
    /// [`Ensemble`](crate::Ensemble::TabM) `[n_lanes, n_members, d_out]`.
    Bias,
    /// Vectors of the codes of all categorical inputs, `[n_lanes, sum of cardinalities, d_embedding]`.
    Embedding,
    /// The small periodic networks of the numeric inputs: frequencies and phases (`[n_lanes, n_numbers,
    /// n_frequencies]`), matrices (`[n_lanes, n_numbers, d_embedding · n_frequencies]`) and what these add
    /// (`[n_lanes, n_numbers, d_embedding]`).
    NumberEmbedding,
    /// The piecewise-linear embeddings of the numeric inputs: factors and what is added to them (`[n_lanes,
    /// n_numbers, d_embedding]`), and what each bin adds (`[n_lanes, n_numbers, n_bins · d_embedding]`).
    PiecewiseEmbedding,
    /// How much of the activation each neuron uses, `[n_lanes, 1, width]`.
    Slope,
    /// Factors of a normalisation, `[n_lanes, 1, width]`.
    NormGain,
    /// What a normalisation adds, `[n_lanes, 1, width]`.
    NormShift,
    /// Factors of the inputs, `[n_lanes, 1, d_input]`.
    InputScale,
    /// Factors of the inputs or outputs of a linear map, other ones for each member of an
    /// [`Ensemble`], `[n_lanes, n_members, width]`.
    MemberScale,
    /// The matrices of the output maps of all members side by side, `[n_lanes, d_in, n_members ·
    /// n_outputs]`.
    MemberWeight,
}

/// One tensor of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Where it sits; a file format.
    pub name: String,
    /// What it holds.
    pub kind: TensorKind,
    /// Rows and columns in one lane.
    pub shape: [usize; 2],
    /// Inputs of the linear map that the tensor belongs to; 0 where there is none.
    pub d_in: usize,
    /// Names the random stream of its first values. It depends on the layer and the kind alone, so
    /// a network with one more normalisation starts with the same matrices.
    pub number: u64,
}

/// What a tensor of a network holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorKind {
    /// Something the optimiser changes.
    Trainable(Role),
    /// The running mean of a batch normalisation.
    RunningMean,
    /// The running variance of a batch normalisation.
    RunningVariance,
    /// The edges of the bins of piecewise-linear embeddings, in ascending order.
    Edges,
}

impl Slot {
    /// The role of a trainable tensor; `None` for what data sets.
    pub fn role(&self) -> Option<Role> {
        match self.kind {
            TensorKind::Trainable(role) => Some(role),
            TensorKind::RunningMean | TensorKind::RunningVariance | TensorKind::Edges => None,
        }
    }

    /// Numbers in one lane.
    pub fn n_values(&self) -> usize {
        self.shape[0] * self.shape[1]
    }
}

/// All tensors of a network in their fixed order: inputs, hidden layers, output.
pub fn layout(config: &NetworkConfig) -> Vec<Slot> {
    let mut slots = periodic_tensors(config);
    slots.extend(piecewise_tensors(config));
    if !config.cardinalities.is_empty() {
        let shape = [config.cardinalities.iter().sum(), config.d_embedding];
        let kind = TensorKind::Trainable(Role::Embedding);
        slots.push(Slot { name: "embeddings".to_owned(), kind, shape, d_in: 0, number: 0 });
    }
    if config.input_scale == InputScale::Learned {
        let (kind, shape) = (TensorKind::Trainable(Role::InputScale), [1, config.d_input()]);
        slots.push(Slot { name: "input_scale".to_owned(), kind, shape, d_in: 0, number: 5 });
    }
    let n_members = config.ensemble.n_members();
    if !config.ensemble.is_none() {
        let (kind, shape) = (TensorKind::Trainable(Role::MemberScale), [n_members, config.d_input()]);
        slots.push(Slot { name: "member_scale".to_owned(), kind, shape, d_in: 0, number: 10 });
    }
    let mut d_in = config.d_input();
    for (layer, &d_out) in config.hidden.iter().enumerate() {
        let n_own = if config.ensemble.is_full() { n_members } else { 1 };
        let place = LayerSlots { name: format!("layers.{layer}"), number: layer + 1, d_in, d_out, n_own };
        slots.extend(hidden_tensors(config, layer).into_iter().map(|part| place.slot(part)));
        d_in = d_out;
    }
    let (name, number, d_out) = ("output".to_owned(), config.hidden.len() + 1, n_members * config.n_outputs);
    let output = LayerSlots { name, number, d_in, d_out, n_own: 1 };
    let weight = if config.ensemble.is_none() { WEIGHT } else { MEMBER_WEIGHT };
    slots.extend([weight, BIAS].map(|part| output.slot(part)));
    slots
}

fn periodic_tensors(config: &NetworkConfig) -> Vec<Slot> {
    let Some(Periodic { n_numbers, n_frequencies, d_embedding, .. }) = config.periodic else {
        return Vec::new();
    };
    let widths = [
        ("frequency", n_frequencies),
        ("phase", n_frequencies),
        ("weight", d_embedding * n_frequencies),
        ("bias", d_embedding),
    ];
    let slot = |(number, (part, width)): (u64, (&str, usize))| Slot {
        name: format!("periodic.{part}"),
        kind: TensorKind::Trainable(Role::NumberEmbedding),
        shape: [n_numbers, width],
        d_in: n_frequencies,
        number,
    };
    (1..).zip(widths).map(slot).collect()
}

fn piecewise_tensors(config: &NetworkConfig) -> Vec<Slot> {
    let Some(Piecewise { n_numbers, n_bins, d_embedding }) = config.piecewise else {
        return Vec::new();
    };
    let trained = TensorKind::Trainable(Role::PiecewiseEmbedding);
    let tensors = [
        ("factor", trained, d_embedding),
        ("bias", trained, d_embedding),
        ("weight", trained, n_bins * d_embedding),
        ("edges", TensorKind::Edges, n_bins + 1),
    ];
    let slot = |(number, (part, kind, width)): (u64, (&str, TensorKind, usize))| Slot {
        name: format!("piecewise.{part}"),
        kind,
        shape: [n_numbers, width],
        d_in: d_embedding,
        number,
    };
    (6..).zip(tensors).map(slot).collect()
}

/// Last part of a tensor's name, and what it holds.
type TensorPart = (&'static str, TensorKind);

const WEIGHT: TensorPart = ("weight", TensorKind::Trainable(Role::Weight));
const MEMBER_WEIGHT: TensorPart = ("weight", TensorKind::Trainable(Role::MemberWeight));
const MEMBER_IN: TensorPart = ("member_in", TensorKind::Trainable(Role::MemberScale));
const MEMBER_OUT: TensorPart = ("member_out", TensorKind::Trainable(Role::MemberScale));
const BIAS: TensorPart = ("bias", TensorKind::Trainable(Role::Bias));
const GAIN: TensorPart = ("norm.gain", TensorKind::Trainable(Role::NormGain));
const SHIFT: TensorPart = ("norm.shift", TensorKind::Trainable(Role::NormShift));
const MEAN: TensorPart = ("norm.mean", TensorKind::RunningMean);
const VARIANCE: TensorPart = ("norm.variance", TensorKind::RunningVariance);
const SLOPE: TensorPart = ("slope", TensorKind::Trainable(Role::Slope));

fn hidden_tensors(config: &NetworkConfig, layer: usize) -> Vec<TensorPart> {
    // The factors of the first map's inputs stand among the inputs.
    let mut parts = match config.ensemble {
        Ensemble::None | Ensemble::TabMMini { .. } => vec![WEIGHT],
        Ensemble::TabM { .. } if layer == 0 => vec![WEIGHT, MEMBER_OUT],
        Ensemble::TabM { .. } => vec![MEMBER_IN, WEIGHT, MEMBER_OUT],
    };
    parts.extend(match config.normalisation {
        Normalisation::None => vec![BIAS],
        Normalisation::Layer => vec![BIAS, GAIN, SHIFT],
        Normalisation::Batch => vec![GAIN, SHIFT, MEAN, VARIANCE],
    });
    if config.slope == Slope::Learned {
        parts.push(SLOPE);
    }
    parts
}

/// A linear map and what follows it.
struct LayerSlots {
    name: String,
    number: usize,
    d_in: usize,
    d_out: usize,
    /// Members that have factors and a bias of their own.
    n_own: usize,
}

impl LayerSlots {
    fn slot(&self, (part, kind): TensorPart) -> Slot {
        let (shape, number) = match kind {
            TensorKind::Trainable(Role::Weight | Role::MemberWeight) => ([self.d_in, self.d_out], 0),
            TensorKind::Trainable(Role::Bias) => ([self.n_own, self.d_out], 1),
            TensorKind::Trainable(Role::MemberScale) if part == MEMBER_IN.0 => ([self.n_own, self.d_in], 3),
            TensorKind::Trainable(Role::MemberScale) => ([self.n_own, self.d_out], 4),
            _ => ([1, self.d_out], 2),
        };
        Slot {
            name: format!("{}.{part}", self.name),
            kind,
            shape,
            d_in: self.d_in,
            number: self.number as u64 * 16 + number,
        }
    }
}
