//! The network of one lane on host memory: forward and backward passes fused for a processor.
//!
//! It computes what the network of `kitae-model` computes, to rounding, without a tensor for every operation:
//! rows go through all layers in buffers that are made once, what follows a matrix product (bias, activation,
//! slope, dropout, skip) is one pass over memory, and gradients are written by hand. Small networks train
//! several times faster this way; the network of `kitae-model` remains the reference, and what runs on every
//! other device.
#![expect(clippy::inline_always, reason = "loops become vector code only inside the dispatched function")]

mod backward;
mod curves;
mod dropout;
mod forward;
mod layer;
mod members;
mod norm;
mod one_row;
mod periodic;
mod piecewise;
mod product;
mod transposed;
mod workspace;

use std::ops::Range;

use kitae_data::features::Features;

pub use curves::exponentials;
pub use dropout::{HostNoise, Silence, threshold};
use norm::NormPart;
use piecewise::Bins;
pub use product::{Before, Matrix, multiply};
use transposed::Transposed;
pub use workspace::Workspace;

use crate::config::{InputScale, NetworkConfig, Normalisation, Parametrisation, Skip, Slope};
use crate::layout::{Role, Slot, TensorKind, layout};
use crate::weights::{WeightTensor, Weights, WeightsError};

/// The network of one lane. The numbers that are trained lie one tensor after the other in the order of
/// its layout.
#[derive(Clone, Debug)]
pub struct HostNetwork {
    config: NetworkConfig,
    values: Vec<f32>,
    parameters: Vec<HostParameter>,
    /// Means and variances of batch normalisations in the order of the layout.
    running: Vec<f32>,
    edges: Vec<f32>,
    bins: Bins,
    parts: Parts,
    /// The bias of layers whose members have biases of their own; empty without any.
    no_bias: Vec<f32>,
    transposed: Transposed,
    arch: pulp::Arch,
}

/// Where a trainable tensor lies among the numbers of a [`HostNetwork`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostParameter {
    /// Its name, as in [`Weights`].
    pub name: String,
    /// What it does.
    pub role: Role,
    /// Rows and columns; the numbers are row-major.
    pub shape: [usize; 2],
    /// Where they lie.
    pub range: Range<usize>,
}

/// Rows that pass through the network at once, each once for every member of an ensemble: their activations
/// stay in the second-level cache.
const MICRO_BATCH_ROWS: usize = 256;

/// Rows to read, row-major.
#[derive(Clone, Copy, Debug)]
pub struct HostRows<'a> {
    /// `[n_rows, d_numbers]`
    pub numbers: &'a [f32],
    /// `[n_rows, n_columns]`, one code for each categorical input.
    pub codes: &'a [u32],
}

/// Where each part of the network lies among the numbers.
#[derive(Clone, Debug, Default)]
struct Parts {
    periodic: Option<PeriodicPart>,
    piecewise: Option<PiecewisePart>,
    embeddings: Option<Range<usize>>,
    input_scale: Option<Range<usize>>,
    member_scale: Option<Range<usize>>,
    /// Hidden layers and, last, the output, whose columns are those of all members.
    layers: Vec<LayerPart>,
}

#[derive(Clone, Debug)]
struct PeriodicPart {
    frequency: Range<usize>,
    phase: Range<usize>,
    weight: Range<usize>,
    bias: Range<usize>,
}

#[derive(Clone, Debug)]
struct PiecewisePart {
    factor: Range<usize>,
    bias: Range<usize>,
    weight: Range<usize>,
}

#[derive(Clone, Debug)]
struct LayerPart {
    member_in: Option<Range<usize>>,
    weight: Range<usize>,
    member_out: Option<Range<usize>>,
    /// Empty where a batch normalisation follows.
    bias: Range<usize>,
    norm: Option<NormPart>,
    slope: Option<Range<usize>>,
    d_in: usize,
    d_out: usize,
    scale: f32,
    skip: Skip,
}

impl HostNetwork {
    /// A network with exactly these weights.
    ///
    /// # Errors
    ///
    /// As [`NetworkConfig::check_weights`].
    pub fn new(config: &NetworkConfig, weights: &Weights) -> Result<Self, WeightsError> {
        config.check_weights(&[weights])?;
        let (mut values, mut running, mut edges) = (Vec::new(), Vec::new(), Vec::new());
        let mut parameters = Vec::new();
        for Slot { name, kind, shape, .. } in layout(config) {
            let tensor = &weights.tensors[&name].values;
            match kind {
                TensorKind::Trainable(role) => {
                    let range = values.len()..values.len() + tensor.len();
                    values.extend_from_slice(tensor);
                    parameters.push(HostParameter { name, role, shape, range });
                }
                TensorKind::RunningMean | TensorKind::RunningVariance => running.extend_from_slice(tensor),
                TensorKind::Edges => edges.clone_from(tensor),
            }
        }
        let parts = Parts::of(config, &parameters);
        let bins = config.piecewise.map(|piecewise| Bins::of(&edges, piecewise.n_bins)).unwrap_or_default();
        let widest = config.hidden.iter().copied().max().unwrap_or(0);
        let has_none = config.ensemble.is_full() || config.normalisation != Normalisation::None;
        let no_bias = vec![0.0; if has_none { widest * config.ensemble.n_members() } else { 0 }];
        let (config, arch) = (config.clone(), pulp::Arch::new());
        Ok(Self {
            config,
            values,
            parameters,
            running,
            edges,
            bins,
            parts,
            no_bias,
            transposed: Transposed::default(),
            arch,
        })
    }

    /// A copy of the weights, by name.
    pub fn weights(&self) -> Weights {
        let [mut values, mut running, mut edges] =
            [&self.values, &self.running, &self.edges].map(Vec::as_slice);
        let tensor = |slot: Slot| {
            let from = match slot.kind {
                TensorKind::Trainable(_) => &mut values,
                TensorKind::RunningMean | TensorKind::RunningVariance => &mut running,
                TensorKind::Edges => &mut edges,
            };
            let (numbers, others) = from.split_at(slot.n_values());
            *from = others;
            (slot.name, WeightTensor { shape: slot.shape, values: numbers.to_vec() })
        };
        Weights { tensors: layout(&self.config).into_iter().map(tensor).collect() }
    }

    /// Moves every number, running statistics included, by `share` of the way towards that of `other`, a
    /// network of the same configuration.
    pub fn approach(&mut self, other: &Self, share: f32) {
        self.transposed.spoil();
        for (numbers, others) in [(&mut self.values, &other.values), (&mut self.running, &other.running)] {
            numbers.iter_mut().zip(others).for_each(|(number, other)| *number += (other - *number) * share);
        }
    }

    /// Whether all its numbers are finite.
    pub fn is_finite(&self) -> bool {
        self.values.iter().chain(&self.running).all(|number| number.is_finite())
    }

    /// Whether the rows of a batch must pass at once when it is trained: batch normalisation looks at all of
    /// them.
    pub fn wants_whole_batches(&self) -> bool {
        !self.running.is_empty()
    }

    /// What the network was made from.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// Its trainable tensors.
    pub fn parameters(&self) -> &[HostParameter] {
        &self.parameters
    }

    /// All numbers that are trained, tensor after tensor.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All numbers that are trained, for an optimiser.
    pub fn values_mut(&mut self) -> &mut [f32] {
        self.transposed.spoil();
        &mut self.values
    }

    /// Rows that pass at once.
    pub fn micro_batch_rows(&self) -> usize {
        (MICRO_BATCH_ROWS / self.config.ensemble.n_members()).max(1)
    }

    /// Raw outputs of all rows, once for each member of an ensemble.
    pub fn forward_all(&self, features: &Features) -> Vec<f32> {
        let (d_numbers, n_codes) = (features.d_numbers, features.n_codes);
        let at_once = self.micro_batch_rows();
        let mut work = Workspace::new(self, at_once.min(features.n_rows).max(1));
        let mut logits = Vec::with_capacity(features.n_rows * self.config.n_outputs);
        for from in (0..features.n_rows).step_by(at_once) {
            let to = (from + at_once).min(features.n_rows);
            let rows = HostRows {
                numbers: &features.numbers[from * d_numbers..to * d_numbers],
                codes: &features.codes[from * n_codes..to * n_codes],
            };
            logits.extend_from_slice(self.forward(&rows, &mut work));
        }
        logits
    }

    fn part(&self, range: &Range<usize>) -> &[f32] {
        &self.values[range.clone()]
    }
}

impl Parts {
    fn of(config: &NetworkConfig, parameters: &[HostParameter]) -> Self {
        let mut ranges = parameters.iter().map(|parameter| parameter.range.clone());
        let mut next = || ranges.next().expect("the layout lists every trainable tensor of the network");
        let periodic = config.periodic.map(|_| PeriodicPart {
            frequency: next(),
            phase: next(),
            weight: next(),
            bias: next(),
        });
        let piecewise =
            config.piecewise.map(|_| PiecewisePart { factor: next(), bias: next(), weight: next() });
        let embeddings = (!config.cardinalities.is_empty()).then(&mut next);
        let input_scale = (config.input_scale == InputScale::Learned).then(&mut next);
        let member_scale = (!config.ensemble.is_none()).then(&mut next);
        let is_full = config.ensemble.is_full();
        let n_outputs = config.ensemble.n_members() * config.n_outputs;
        let (mut d_in, mut n_running) = (config.d_input(), 0);
        let mut layers = Vec::new();
        for (position, &d_out) in config.hidden.iter().chain([&n_outputs]).enumerate() {
            let is_hidden = position < config.hidden.len();
            let is_square = position > 0 && d_in == d_out;
            layers.push(LayerPart {
                member_in: (is_full && is_hidden && position > 0).then(&mut next),
                weight: next(),
                member_out: (is_full && is_hidden).then(&mut next),
                bias: if is_hidden && config.normalisation == Normalisation::Batch { 0..0 } else { next() },
                norm: (is_hidden && config.normalisation != Normalisation::None).then(|| NormPart {
                    gain: next(),
                    shift: next(),
                    running: (config.normalisation == Normalisation::Batch).then(|| {
                        n_running += 2 * d_out;
                        [n_running - 2 * d_out..n_running - d_out, n_running - d_out..n_running]
                    }),
                }),
                slope: (is_hidden && config.slope == Slope::Learned).then(&mut next),
                d_in,
                d_out,
                scale: match config.parametrisation {
                    Parametrisation::Standard => 1.0,
                    Parametrisation::Ntk => (1.0 / (d_in as f64).sqrt()) as f32,
                },
                skip: if is_hidden && is_square { config.skip } else { Skip::None },
            });
            d_in = d_out;
        }
        Self { periodic, piecewise, embeddings, input_scale, member_scale, layers }
    }
}
