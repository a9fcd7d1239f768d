//! Batch and layer normalisation of each lane.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use crate::inputs::Inputs;

/// What is added to a variance before its root is taken, as in `PyTorch`.
const EPSILON: f64 = 1e-5;

/// What follows the linear map of a hidden layer.
#[derive(Module, Debug)]
pub(crate) enum Norm {
    Batch(BatchNorm),
    Layer(LayerNorm),
}

/// Normalisation of each row over the neurons.
#[derive(Module, Debug)]
pub(crate) struct LayerNorm {
    pub(crate) gain: Param<Tensor<3>>,
    pub(crate) shift: Param<Tensor<3>>,
}

impl LayerNorm {
    /// `[n_lanes, n_rows, width]` to the same shape.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let centred = x.clone() - x.mean_dim(2);
        let variance = (centred.clone() * centred.clone()).mean_dim(2);
        centred / deviation(variance) * self.gain.val() + self.shift.val()
    }
}

/// Normalisation of each neuron over the rows of the batch.
#[derive(Module, Debug)]
pub(crate) struct BatchNorm {
    pub(crate) gain: Param<Tensor<3>>,
    pub(crate) shift: Param<Tensor<3>>,
    /// Running mean, `[n_lanes, 1, width]`, without a gradient.
    pub(crate) mean: Param<Tensor<3>>,
    /// Running unbiased variance, `[n_lanes, 1, width]`, without a gradient.
    pub(crate) variance: Param<Tensor<3>>,
}

impl BatchNorm {
    /// Normalises with the running statistics.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let factor = self.gain.val() / deviation(self.variance.val());
        (x - self.mean.val()) * factor + self.shift.val()
    }

    /// Normalises with the statistics of the batch, and gives them back. A lane with fewer than two
    /// rows has no variance of its own; it uses the running statistics.
    pub(crate) fn forward_train(&self, x: Tensor<3>, rows: &Rows) -> (Tensor<3>, Option<LayerStatistics>) {
        match rows {
            Rows::TooFew => (self.forward(x), None),
            Rows::All { count } => self.over_all(x, *count),
            Rows::Some(rows) => self.over_some(x, rows),
        }
    }

    fn over_all(&self, x: Tensor<3>, count: f64) -> (Tensor<3>, Option<LayerStatistics>) {
        let mean = x.clone().mean_dim(1);
        let centred = x - mean.clone();
        let variance = (centred.clone() * centred.clone()).mean_dim(1);
        let statistics = LayerStatistics {
            mean: mean.inner(),
            variance: variance.clone().inner().mul_scalar(count / (count - 1.0)),
            counts: None,
        };
        let factor = self.gain.val() / deviation(variance);
        (centred * factor + self.shift.val(), Some(statistics))
    }

    fn over_some(&self, x: Tensor<3>, rows: &SomeRows) -> (Tensor<3>, Option<LayerStatistics>) {
        let batch_mean = (x.clone() * rows.share.clone()).sum_dim(1);
        let mean = rows.choose(batch_mean.clone(), self.mean.val());
        let centred = x - mean;
        let square = centred.clone() * centred.clone();
        let batch_variance = (square * rows.share.clone()).sum_dim(1);
        let variance = rows.choose(batch_variance.clone(), self.variance.val());
        let statistics = LayerStatistics {
            mean: batch_mean.inner(),
            variance: batch_variance.inner() * rows.unbias.clone(),
            counts: Some(rows.enough.clone()),
        };
        let factor = self.gain.val() / deviation(variance);
        (centred * factor + self.shift.val(), Some(statistics))
    }

    /// Moves the running statistics towards those of a batch.
    fn absorb(&mut self, statistics: LayerStatistics, momentum: f64) {
        let factor = statistics.counts.map(|enough| enough.mul_scalar(momentum));
        self.mean = moved(&self.mean, statistics.mean, momentum, factor.as_ref());
        self.variance = moved(&self.variance, statistics.variance, momentum, factor.as_ref());
    }
}

fn deviation(variance: Tensor<3>) -> Tensor<3> {
    variance.add_scalar(EPSILON).sqrt()
}

/// (1 - momentum)·running + momentum·batch; `factor` is the momentum of each lane where they differ.
fn moved(
    running: &Param<Tensor<3>>,
    batch: Tensor<3>,
    momentum: f64,
    factor: Option<&Tensor<3>>,
) -> Param<Tensor<3>> {
    let value = running.val().inner();
    let moved = match factor {
        None => value.mul_scalar(1.0 - momentum) + batch.mul_scalar(momentum),
        Some(factor) => value.clone() + (batch - value) * factor.clone(),
    };
    Param::initialized(ParamId::new(), moved)
}

/// Which rows of a batch count in its statistics.
pub(crate) enum Rows {
    /// One row at most, in all lanes.
    TooFew,
    /// All of them.
    All {
        /// How many they are.
        count: f64,
    },
    /// Those with a weight.
    Some(Box<SomeRows>),
}

/// Rows that count, where some do not.
pub(crate) struct SomeRows {
    /// 1 / count for a row that counts and 0 for padding, `[n_lanes, n_rows, 1]`.
    share: Tensor<3>,
    /// count / (count - 1), `[n_lanes, 1, 1]`.
    unbias: Tensor<3>,
    /// 1 for a lane with two rows of the batch or more, 0 for others, `[n_lanes, 1, 1]`.
    enough: Tensor<3>,
}

impl Rows {
    /// Those of `inputs`, once for each member of an ensemble.
    pub(crate) fn of(inputs: &Inputs, n_members: usize) -> Self {
        match inputs.member_weights(n_members) {
            _ if inputs.n_rows() < 2 => Self::TooFew,
            None => Self::All { count: (inputs.n_rows() * n_members) as f64 },
            Some(weights) => Self::Some(Box::new(SomeRows::of(weights, n_members))),
        }
    }
}

impl SomeRows {
    fn of(weights: Tensor<2>, n_members: usize) -> Self {
        let counting: Tensor<3> = weights.inner().greater_elem(0.0).float().unsqueeze_dim(2);
        let count = counting.clone().sum_dim(1);
        Self {
            share: counting / count.clone().clamp_min(1.0),
            unbias: count.clone() / count.clone().sub_scalar(1.0).clamp_min(1.0),
            enough: count.greater_elem(n_members as f64 + 0.5).float(),
        }
    }

    /// The first tensor for lanes with enough rows, the second for the others.
    fn choose(&self, batch: Tensor<3>, running: Tensor<3>) -> Tensor<3> {
        let running = running * self.enough.clone().neg().add_scalar(1.0);
        batch * self.enough.clone() + running
    }
}

/// Statistics of one training batch for each batch normalisation of a network; empty without any.
/// They change nothing until [`Network::absorb`](crate::Network::absorb) takes them in.
#[derive(Clone, Debug, Default)]
pub struct BatchStatistics {
    layers: Vec<Option<LayerStatistics>>,
}

/// Statistics of one layer, without any gradient tape.
#[derive(Clone, Debug)]
pub(crate) struct LayerStatistics {
    /// `[n_lanes, 1, width]`.
    mean: Tensor<3>,
    /// Unbiased variance, `[n_lanes, 1, width]`.
    variance: Tensor<3>,
    /// 1 for lanes whose statistics count, `[n_lanes, 1, 1]`; `None` when all do.
    counts: Option<Tensor<3>>,
}

impl BatchStatistics {
    /// Whether there is nothing to take in.
    pub fn is_empty(&self) -> bool {
        self.layers.iter().all(Option::is_none)
    }

    pub(crate) fn push(&mut self, layer: Option<LayerStatistics>) {
        self.layers.push(layer);
    }

    /// Gives each layer's statistics to its normalisation, in order.
    pub(crate) fn give<'a>(self, norms: impl Iterator<Item = &'a mut BatchNorm>, momentum: f64) {
        for (norm, statistics) in norms.zip(self.layers) {
            if let Some(statistics) = statistics {
                norm.absorb(statistics, momentum);
            }
        }
    }
}
