//! Puts a network together from the values of its tensors.

use std::collections::BTreeMap;

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};

use crate::embedding::Embedding;
use crate::layer::Layer;
use crate::linear::Linear;
use crate::network::Network;
use crate::normalise::{BatchNorm, LayerNorm, Norm};
use crate::periodic::Periodic;
use crate::piecewise::Piecewise;
use kitae_infer::layout::{Slot, TensorKind, layout};
use kitae_infer::{NetworkConfig, Normalisation, Parametrisation, Periodic as PeriodicConfig, Skip, Slope};

/// A network of `n_lanes` lanes; `values` gives each tensor's numbers, lane after lane.
pub(crate) fn assemble(
    config: &NetworkConfig,
    n_lanes: usize,
    device: &Device,
    values: impl Fn(&Slot) -> Vec<f32>,
) -> Network {
    let param = |slot: Slot| {
        let data = TensorData::new(values(&slot), [n_lanes, slot.shape[0], slot.shape[1]]);
        (slot.name, param(data, slot.kind, device))
    };
    let mut parts = Parts { tensors: layout(config).into_iter().map(param).collect(), config };
    let embedding = (!config.cardinalities.is_empty())
        .then(|| Embedding { table: parts.take("embeddings"), cardinalities: config.cardinalities.clone() });
    let periodic = config.periodic.map(|periodic| parts.periodic(&periodic));
    let piecewise = config.piecewise.map(|_| parts.piecewise());
    let input_scale = parts.tensors.remove("input_scale");
    let member_scale = parts.tensors.remove("member_scale");
    let layers = (0..config.hidden.len()).map(|layer| parts.layer(layer)).collect();
    let output = parts.linear("output");
    let config = config.clone();
    Network { periodic, piecewise, embedding, input_scale, member_scale, layers, output, config }
}

/// Trainable tensors are leaves on an autodiff device; what data sets never carries a tape.
fn param(data: TensorData, kind: TensorKind, device: &Device) -> Param<Tensor<3>> {
    match kind {
        TensorKind::Trainable(_) => Param::from_data(data, device),
        TensorKind::RunningMean | TensorKind::RunningVariance | TensorKind::Edges => {
            let value = Tensor::from_data(data, &device.clone().inner());
            Param::initialized(ParamId::new(), value)
        }
    }
}

/// Tensors that wait for their place.
struct Parts<'a> {
    tensors: BTreeMap<String, Param<Tensor<3>>>,
    config: &'a NetworkConfig,
}

impl Parts<'_> {
    fn take(&mut self, name: &str) -> Param<Tensor<3>> {
        self.tensors.remove(name).expect("the layout lists every tensor of the network")
    }

    fn periodic(&mut self, config: &PeriodicConfig) -> Periodic {
        Periodic {
            frequency: self.take("periodic.frequency"),
            phase: self.take("periodic.phase"),
            weight: self.take("periodic.weight"),
            bias: self.take("periodic.bias"),
            n_numbers: config.n_numbers,
        }
    }

    fn piecewise(&mut self) -> Piecewise {
        Piecewise {
            factor: self.take("piecewise.factor"),
            bias: self.take("piecewise.bias"),
            weight: self.take("piecewise.weight"),
            edges: self.take("piecewise.edges"),
        }
    }

    fn linear(&mut self, place: &str) -> Linear {
        let weight = self.take(&format!("{place}.weight"));
        let [_, d_in, _] = weight.dims();
        let scale = match self.config.parametrisation {
            Parametrisation::Standard => 1.0,
            Parametrisation::Ntk => 1.0 / (d_in as f64).sqrt(),
        };
        let mut vector = |part: &str| self.tensors.remove(&format!("{place}.{part}"));
        let (member_in, member_out) = (vector("member_in"), vector("member_out"));
        Linear { member_in, weight, member_out, bias: vector("bias"), scale }
    }

    fn norm(&mut self, place: &str) -> Option<Norm> {
        let normalisation = self.config.normalisation;
        let mut take = |part: &str| self.take(&format!("{place}.norm.{part}"));
        match normalisation {
            Normalisation::None => None,
            Normalisation::Layer => Some(Norm::Layer(LayerNorm { gain: take("gain"), shift: take("shift") })),
            Normalisation::Batch => Some(Norm::Batch(BatchNorm {
                gain: take("gain"),
                shift: take("shift"),
                mean: take("mean"),
                variance: take("variance"),
            })),
        }
    }

    fn layer(&mut self, layer: usize) -> Layer {
        let place = format!("layers.{layer}");
        Layer {
            linear: self.linear(&place),
            norm: self.norm(&place),
            slope: match self.config.slope {
                Slope::Fixed => None,
                Slope::Learned => Some(self.take(&format!("{place}.slope"))),
            },
            activation: self.config.activation,
            skip: skip(self.config, layer),
        }
    }
}

/// A hidden layer adds its input when it is as wide as the hidden layer before it.
fn skip(config: &NetworkConfig, layer: usize) -> Skip {
    let fits = layer > 0 && config.hidden[layer - 1] == config.hidden[layer];
    if fits { config.skip } else { Skip::None }
}
