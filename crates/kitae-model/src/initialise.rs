//! First values of the parameters, drawn on the host from streams that belong to the lane.

use std::f64::consts::PI;

use burn::tensor::Device;
use kitae_random::{Purpose, Stream};

use crate::assemble::assemble;
use crate::config::{Initialiser, NetworkConfig, Parametrisation};
use crate::lane::Lane;
use crate::layout::{Kind, Slot};
use crate::network::Network;
use crate::orthogonal::orthogonal;
use crate::parameter::Role;

impl NetworkConfig {
    /// A network with one lane for each of `lanes`, at the start of its training. It can be trained
    /// when `device` has autodiff.
    ///
    /// ```
    /// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
    /// use burn::tensor::Device;
    /// use kitae_model::Lane;
    ///
    /// let lane = Lane { seed: 42, index: 7 };
    /// let alone = small::config().init(&[lane], &Device::flex()).weights();
    /// let packed = small::config().init(&[small::LANES[0], lane], &Device::flex()).weights();
    /// // What a lane starts with does not depend on what it is packed with.
    /// assert_eq!(alone[0], packed[1]);
    /// ```
    ///
    /// # Panics
    ///
    /// If [`check`](Self::check) refuses the configuration, or there is no lane.
    pub fn init(&self, lanes: &[Lane], device: &Device) -> Network {
        if let Err(error) = self.check() {
            panic!("{error}");
        }
        assert!(!lanes.is_empty(), "a network needs at least one lane");
        assemble(self, lanes.len(), device, |slot| {
            lanes.iter().flat_map(|lane| first_values(self, slot, *lane)).collect()
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
        Kind::RunningMean | Kind::Edges | Kind::Trainable(Role::NormShift) => vec![0.0; n],
        Kind::RunningVariance | Kind::Trainable(Role::NormGain | Role::Slope | Role::InputScale) => {
            vec![1.0; n]
        }
        Kind::Trainable(Role::Embedding) => Draw::Normal { deviation: 1.0 }.values(n, stream()),
        Kind::Trainable(Role::NumberEmbedding | Role::PiecewiseEmbedding) => {
            number_embedding(config, slot).values(n, stream())
        }
        Kind::Trainable(Role::Bias) => bias(config.initialiser, slot).values(n, stream()),
        Kind::Trainable(Role::Weight) => match weight(config.initialiser, slot) {
            Some(draw) => draw.scaled(stored_scale(config, slot)).values(n, stream()),
            None => orthogonal(slot.shape, stored_scale(config, slot), &mut stream()),
        },
    }
}

/// How many times larger a stored weight is than the weight as it acts.
fn stored_scale(config: &NetworkConfig, slot: &Slot) -> f64 {
    match (config.parametrisation, config.initialiser) {
        (Parametrisation::Standard, _) | (_, Initialiser::StandardNormal) => 1.0,
        (Parametrisation::Ntk, _) => (slot.d_in as f64).sqrt(),
    }
}

/// The distribution of a matrix as it acts; `None` for the orthogonal one.
fn weight(initialiser: Initialiser, slot: &Slot) -> Option<Draw> {
    let [fan_in, fan_out] = slot.shape.map(|width| width as f64);
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

    fn values(&self, n: usize, mut stream: Stream) -> Vec<f32> {
        match *self {
            Self::Zero => vec![0.0; n],
            Self::Normal { deviation } => (0..n).map(|_| (stream.normal() * deviation) as f32).collect(),
            Self::Uniform { bound } => (0..n).map(|_| stream.uniform_in(-bound, bound) as f32).collect(),
        }
    }
}
