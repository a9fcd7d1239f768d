//! The network: inputs, hidden layers, output.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::embedding::Embedding;
use crate::inputs::Inputs;
use crate::layer::Layer;
use crate::linear::Linear;
use crate::member::spread;
use crate::noise::Noise;
use crate::normalise::{BatchStatistics, Norm, Rows};
use crate::periodic::Periodic;
use crate::piecewise::Piecewise;
use kitae_infer::{NetworkConfig, Normalisation};

/// A pack of networks of one shape, one for each lane.
///
/// A block is linear map, normalisation, activation, dropout, and then, where the configuration says
/// so, plus its input. Every parameter has a leading lane axis, and lanes never mix: each computes,
/// and gets the gradients, it would alone, up to the rounding of another order of sums.
///
/// A network with an [`Ensemble`](crate::Ensemble) gives logits for each member of each row, `[n_lanes,
/// n_rows · n_members, n_outputs]`, those of a row side by side.
///
/// On an autodiff device the parameters are leaves that want gradients; [`Module::valid`] gives the
/// same network without them. A clone shares nothing that changes.
#[derive(Module, Debug)]
pub struct Network {
    pub(crate) periodic: Option<Periodic>,
    pub(crate) piecewise: Option<Piecewise>,
    pub(crate) embedding: Option<Embedding>,
    /// `[n_lanes, 1, d_input]`
    pub(crate) input_scale: Option<Param<Tensor<3>>>,
    /// What each member of an ensemble multiplies its inputs with, `[n_lanes, n_members, d_input]`.
    pub(crate) member_scale: Option<Param<Tensor<3>>>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) output: Linear,
    #[module(skip)]
    pub(crate) config: NetworkConfig,
}

impl Network {
    /// Logits `[n_lanes, n_rows, n_outputs]` for evaluation: running statistics, no dropout. Any
    /// number of rows will do.
    ///
    /// # Panics
    ///
    /// If the inputs are not of the network's shape or a code is out of its range.
    pub fn forward(&self, inputs: Inputs) -> Tensor<3> {
        if inputs.n_rows() == 0 {
            return self.no_rows(&inputs.device());
        }
        let x = self.layers.iter().fold(self.embed(inputs), |x, layer| layer.forward(x));
        self.answer(x)
    }

    /// Logits `[n_lanes, n_rows, n_outputs]` for training: statistics of the batch and dropout.
    ///
    /// Dropout silences a neuron with the given rate and scales the others so that the mean stays.
    /// A lane whose batch has one row has no variance: batch normalisation then uses the running
    /// statistics, and the batch adds nothing to them.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward), and if `noise` does not list one lane for each lane.
    pub fn forward_train(&self, inputs: Inputs, noise: &Noise) -> (Tensor<3>, BatchStatistics) {
        let device = inputs.device().inner();
        let n_rows = inputs.n_rows() * self.config.ensemble.n_members();
        let mut statistics = BatchStatistics::default();
        if n_rows == 0 {
            return (self.no_rows(&device), statistics);
        }
        let rows = self.rows(&inputs);
        let mut x = self.embed(inputs);
        for (layer_idx, (layer, width)) in self.layers.iter().zip(&self.config.hidden).enumerate() {
            let mask = noise.mask(layer_idx, [self.n_lanes(), n_rows, *width], &device);
            let (y, found) = layer.forward_train(x, &rows, mask);
            statistics.push(found);
            x = y;
        }
        (self.answer(x), statistics)
    }

    /// Takes the statistics of a training batch into the running ones, without any gradient:
    /// (1 - `momentum`)·running + `momentum`·batch, with the unbiased variance, as `PyTorch` does.
    /// 0.1 is the usual momentum.
    pub fn absorb(&mut self, statistics: BatchStatistics, momentum: f64) {
        let norms = self.layers.iter_mut().filter_map(|layer| match &mut layer.norm {
            Some(Norm::Batch(norm)) => Some(norm),
            _ => None,
        });
        statistics.give(norms, momentum);
    }

    /// Number of lanes.
    pub fn n_lanes(&self) -> usize {
        self.output.weight.val().dims()[0]
    }

    /// Trainable numbers in one lane.
    pub fn count_parameters(&self) -> usize {
        self.config.count_parameters()
    }

    /// What the network was made from.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// Which rows count in statistics. Only batch normalisation asks.
    pub(crate) fn rows(&self, inputs: &Inputs) -> Rows {
        match self.config.normalisation {
            Normalisation::Batch => Rows::of(inputs, self.config.ensemble.n_members()),
            _ => Rows::All { count: inputs.n_rows() as f64 },
        }
    }

    /// What the output maps make of `[n_lanes, n_rows · n_members, d_in]`.
    pub(crate) fn answer(&self, x: Tensor<3>) -> Tensor<3> {
        let [n_lanes, n_rows, _] = x.dims();
        let logits = self.output.shift(self.output.own_product(x, self.config.ensemble.n_members()));
        logits.reshape([n_lanes, n_rows, self.config.n_outputs])
    }

    /// What enters the first linear map, `[n_lanes, n_rows · n_members, d_input]`.
    pub(crate) fn embed(&self, inputs: Inputs) -> Tensor<3> {
        let mut parts = Vec::new();
        let periodic = self.periodic.as_ref().map(|periodic| periodic.forward(inputs.numbers.clone()));
        let piecewise = self.piecewise.as_ref().map(|piecewise| piecewise.forward(inputs.numbers.clone()));
        if self.config.d_numbers > 0 {
            parts.push(inputs.numbers);
        }
        parts.extend(periodic);
        parts.extend(piecewise);
        if let Some(embedding) = &self.embedding {
            let codes = inputs.codes.expect("a network with categorical inputs is given codes");
            parts.push(embedding.forward(codes));
        }
        let x = if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(parts, 2) };
        let x = match &self.input_scale {
            None => x,
            Some(scale) => x * scale.val(),
        };
        match &self.member_scale {
            None => x,
            Some(factors) => spread(x, factors.val()),
        }
    }

    fn no_rows(&self, device: &Device) -> Tensor<3> {
        Tensor::zeros([self.n_lanes(), 0, self.config.n_outputs], device)
    }
}
