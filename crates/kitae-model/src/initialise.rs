//! First values of the parameters, drawn on the host from streams that belong to the lane.

use std::f64::consts::PI;

use burn::tensor::Device;
use kitae_random::{Purpose, Stream};

use crate::assemble::assemble;
use crate::network::Network;
use crate::orthogonal::orthogonal;
use kitae_infer::Lane;
use kitae_infer::Role;
use kitae_infer::layout::{Slot, TensorKind};
use kitae_infer::{Initialiser, NetworkConfig, Parametrisation};

impl Network {
    /// A network with one lane for each of `lanes`, at the start of its training. It can be trained
    /// when `device` has autodiff.
    ///
    /// # Panics
    ///
    /// If [`NetworkConfig::check`] refuses the configuration, or there is no lane.
    pub fn init(config: &NetworkConfig, lanes: &[Lane], device: &Device) -> Self {
        if let Err(error) = config.check() {
            panic!("{error}");
        }
        assert!(!lanes.is_empty(), "a network needs at least one lane");
        assemble(config, lanes.len(), device, |slot| {
            lanes.iter().flat_map(|lane| first_values(config, slot, *lane)).collect()
        })
    }
}

/// The stream of a tensor of a lane; `part` 0 is for its first values, 1 for their fit to data.
pub(crate) fn weight_stream(lane: Lane, slot: &Slot, part: u64) -> Stream {
    Stream::new(lane.seed, Purpose::Weights, [lane.index, slot.number, part])
}

fn first_values(config: &NetworkConfig, slot: &Slot, lane: Lane) -> Vec<f32> {
    let n = slot.n_values();
    let stream = || weight_stream(lane, slot, 0);
    match slot.kind {
        TensorKind::RunningMean | TensorKind::Edges | TensorKind::Trainable(Role::NormShift) => vec![0.0; n],
        TensorKind::RunningVariance
        | TensorKind::Trainable(Role::NormGain | Role::Slope | Role::InputScale) => {
            vec![1.0; n]
        }
        TensorKind::Trainable(Role::Embedding) => Draw::Normal { deviation: 1.0 }.values(n, &mut stream()),
        TensorKind::Trainable(Role::NumberEmbedding | Role::PiecewiseEmbedding) => {
            number_embedding(config, slot).values(n, &mut stream())
        }
        // The members of an ensemble start with the same bias.
        TensorKind::Trainable(Role::Bias) => {
            let [n_members, width] = slot.shape;
            bias(config.initialiser, slot).values(width, &mut stream()).repeat(n_members)
        }
        TensorKind::Trainable(Role::MemberScale) if slot.name == "member_scale" => {
            member_scale(config, &mut stream())
        }
        TensorKind::Trainable(Role::MemberScale) => vec![1.0; n],
        TensorKind::Trainable(Role::Weight) => matrix(config, slot, slot.shape, &mut stream()),
        TensorKind::Trainable(Role::MemberWeight) => {
            let (n_members, stream) = (config.ensemble.n_members(), &mut stream());
            let draw = |_| matrix(config, slot, [slot.shape[0], config.n_outputs], stream);
            side_by_side(&(0..n_members).map(draw).collect::<Vec<_>>(), config.n_outputs)
        }
    }
}

/// The matrix of one linear map, `[d_in, d_out]`.
fn matrix(config: &NetworkConfig, slot: &Slot, shape: [usize; 2], stream: &mut Stream) -> Vec<f32> {
    let scale = stored_scale(config, slot);
    match weight(config.initialiser, shape) {
        Some(draw) => draw.scaled(scale).values(shape[0] * shape[1], stream),
        None => orthogonal(shape, scale, stream),
    }
}

/// Matrices of `width` columns as one.
fn side_by_side(matrices: &[Vec<f32>], width: usize) -> Vec<f32> {
    let n_rows = matrices[0].len() / width;
    let row = |row: usize| matrices.iter().flat_map(move |matrix| &matrix[row * width..(row + 1) * width]);
    (0..n_rows).flat_map(row).copied().collect()
}

/// What each member of an ensemble multiplies the inputs of the first map with, `[n_members, d_input]`:
/// one number for each numeric input, which its embeddings share, and for each categorical one.
///
/// NOTE[DIFF]: `TabM` has one number for all columns of a one-hot category; here each is an input.
fn member_scale(config: &NetworkConfig, stream: &mut Stream) -> Vec<f32> {
    let embedded = config.periodic.map(|periodic| (periodic.n_numbers, periodic.d_embedding));
    let embedded =
        embedded.or_else(|| config.piecewise.map(|piecewise| (piecewise.n_numbers, piecewise.d_embedding)));
    let (n_embedded, d_number) = embedded.unwrap_or((0, 0));
    let mut draw = || match embedded {
        Some(_) => stream.normal() as f32,
        None => [1.0, -1.0][stream.below(2) as usize],
    };
    let mut values = Vec::new();
    for _ in 0..config.ensemble.n_members() {
        let numbers: Vec<f32> = (0..config.d_numbers).map(|_| draw()).collect();
        let categories: Vec<f32> = config.cardinalities.iter().map(|_| draw()).collect();
        values.extend(&numbers);
        values.extend(numbers[..n_embedded].iter().flat_map(|value| [*value].repeat(d_number)));
        values.extend(categories.iter().flat_map(|value| [*value].repeat(config.d_embedding)));
    }
    values
}

/// How many times larger a stored weight is than the weight as it acts.
fn stored_scale(config: &NetworkConfig, slot: &Slot) -> f64 {
    match (config.parametrisation, config.initialiser) {
        (Parametrisation::Standard, _) | (_, Initialiser::StandardNormal) => 1.0,
        (Parametrisation::Ntk, _) => (slot.d_in as f64).sqrt(),
    }
}

/// The distribution of a matrix as it acts; `None` for the orthogonal one.
fn weight(initialiser: Initialiser, shape: [usize; 2]) -> Option<Draw> {
    let [fan_in, fan_out] = shape.map(|width| width as f64);
    Some(match initialiser {
        Initialiser::Orthogonal => return None,
        Initialiser::Zeros => Draw::Zero,
        Initialiser::LecunNormal | Initialiser::DataDriven => Draw::normal(1.0 / fan_in),
        Initialiser::LecunUniform => Draw::uniform(1.0 / fan_in),
        Initialiser::GlorotNormal => Draw::normal(2.0 / (fan_in + fan_out)),
        Initialiser::GlorotUniform => Draw::uniform(2.0 / (fan_in + fan_out)),
        Initialiser::HeNormal => Draw::normal(2.0 / fan_in),
        Initialiser::HeUniform => Draw::uniform(2.0 / fan_in),
        Initialiser::FanInUniform => Draw::uniform(1.0 / (3.0 * fan_in)),
        Initialiser::StandardNormal => Draw::normal(1.0),
    })
}

/// `RealMLP`: frequencies are normal, phases lie anywhere, the map starts as `PyTorch` starts its own.
/// `TabM`: a linear embedding, within ±1/√`d_embedding`, to which the bins add nothing yet.
fn number_embedding(config: &NetworkConfig, slot: &Slot) -> Draw {
    match slot.name.as_str() {
        "periodic.frequency" => Draw::Normal { deviation: config.periodic.map_or(1.0, |p| p.sigma) },
        "periodic.phase" => Draw::Uniform { bound: PI },
        "piecewise.weight" => Draw::Zero,
        _ => Draw::uniform(1.0 / (3.0 * slot.d_in as f64)),
    }
}

fn bias(initialiser: Initialiser, slot: &Slot) -> Draw {
    match initialiser {
        Initialiser::FanInUniform => Draw::uniform(1.0 / (3.0 * slot.d_in as f64)),
        _ => Draw::Zero,
    }
}

/// A distribution around zero.
enum Draw {
    Zero,
    Normal { deviation: f64 },
    Uniform { bound: f64 },
}

impl Draw {
    fn normal(variance: f64) -> Self {
        Self::Normal { deviation: variance.sqrt() }
    }

    fn uniform(variance: f64) -> Self {
        Self::Uniform { bound: (3.0 * variance).sqrt() }
    }

    fn scaled(self, scale: f64) -> Self {
        match self {
            Self::Zero => Self::Zero,
            Self::Normal { deviation } => Self::Normal { deviation: deviation * scale },
            Self::Uniform { bound } => Self::Uniform { bound: bound * scale },
        }
    }

    fn values(&self, n: usize, stream: &mut Stream) -> Vec<f32> {
        match *self {
            Self::Zero => vec![0.0; n],
            Self::Normal { deviation } => (0..n).map(|_| (stream.normal() * deviation) as f32).collect(),
            Self::Uniform { bound } => (0..n).map(|_| stream.uniform_in(-bound, bound) as f32).collect(),
        }
    }
}
