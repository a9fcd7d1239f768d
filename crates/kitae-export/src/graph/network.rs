//! Networks of all lanes side by side: from features to raw outputs. Lanes are the first axis of every
//! tensor, so a graph has as many nodes for ten networks as for one.

use kitae_infer::layout::layout;
use kitae_infer::{
    Activation, InputScale, NetworkConfig, Normalisation, Parametrisation, Skip, Slope, Weights,
};

use super::embeddings::{codes, periodic, piecewise};
use super::features::Features;
use crate::onnx::{Attribute, Graph, Tensor, Value};

/// What is added to a variance before its root is taken, as in `kitae_infer::host`.
const EPSILON: f32 = 1e-5;

/// The weights of some lanes; zeros stand for those that a lane has not.
pub(crate) struct Stack<'a> {
    pub(crate) config: &'a NetworkConfig,
    pub(crate) lanes: Vec<Option<&'a Weights>>,
}

impl Stack<'_> {
    /// The numbers of a tensor of every lane, and its rows and columns in one; empty without the tensor.
    pub(super) fn values(&self, name: &str) -> Option<(Vec<f32>, [usize; 2])> {
        let slot = layout(self.config).into_iter().find(|slot| slot.name == name)?;
        let mut all = Vec::with_capacity(self.lanes.len() * slot.n_values());
        for lane in &self.lanes {
            match lane.and_then(|weights| weights.tensors.get(name)) {
                Some(tensor) => all.extend_from_slice(&tensor.values),
                None => all.resize(all.len() + slot.n_values(), 0.0),
            }
        }
        Some((all, slot.shape))
    }

    /// A tensor of every lane, `[n_lanes, rows, columns]`.
    fn constant(&self, graph: &mut Graph, name: &str) -> Option<Value> {
        let (values, [n_rows, n_columns]) = self.values(name)?;
        Some(graph.constant(Tensor::f32(&[self.lanes.len(), n_rows, n_columns], values)))
    }

    /// A vector, or a vector of each member: `[n_lanes, 1, width]`, with an axis of members before the rows'
    /// where there are any.
    fn vector(&self, graph: &mut Graph, name: &str) -> Option<Value> {
        let (values, [n_own, width]) = self.values(name)?;
        let shape = if self.has_members() {
            vec![self.lanes.len(), n_own, 1, width]
        } else {
            vec![self.lanes.len(), n_own, width]
        };
        Some(graph.constant(Tensor::f32(&shape, values)))
    }

    fn has_members(&self) -> bool {
        !self.config.ensemble.is_none()
    }

    /// Raw outputs `[n_lanes, n_rows, n_outputs]`, or of each member `[n_lanes, n_members, n_rows,
    /// n_outputs]`.
    pub(crate) fn write(&self, graph: &mut Graph, features: Features) -> Value {
        let mut x = self.inputs(graph, features);
        let mut d_in = self.config.d_input();
        for (position, &d_out) in self.config.hidden.iter().enumerate() {
            let y = self.hidden(graph, x, position, d_in);
            let is_skipped = self.config.skip == Skip::Residual && position > 0 && d_in == d_out;
            x = if is_skipped { graph.add(y, x) } else { y };
            d_in = d_out;
        }
        self.output(graph, x, d_in)
    }

    /// What enters the first layer: numbers, their embeddings, those of the codes.
    fn inputs(&self, graph: &mut Graph, features: Features) -> Value {
        let mut parts: Vec<Value> = features.numbers.into_iter().collect();
        if let Some(numbers) = features.numbers {
            parts.extend(self.config.periodic.map(|config| periodic(graph, self, config, numbers)));
            parts.extend(self.config.piecewise.map(|config| piecewise(graph, self, config, numbers)));
        }
        parts.extend(features.codes.map(|vectors| codes(graph, self, vectors)));
        let mut x = graph.concat(&parts, 2);
        if self.config.input_scale == InputScale::Learned
            && let Some(factors) = self.constant(graph, "input_scale")
        {
            x = graph.mul(x, factors);
        }
        match self.vector(graph, "member_scale") {
            None => x,
            Some(factors) => {
                let x = graph.unsqueeze(x, 1);
                graph.mul(x, factors)
            }
        }
    }

    fn hidden(&self, graph: &mut Graph, x: Value, position: usize, d_in: usize) -> Value {
        let name = |part: &str| format!("layers.{position}.{part}");
        let x = match self.vector(graph, &name("member_in")) {
            Some(factors) => graph.mul(x, factors),
            None => x,
        };
        let weight = self.weight(graph, &name("weight"), d_in, 1);
        let mut z = graph.matmul(x, weight);
        if let Some(factors) = self.vector(graph, &name("member_out")) {
            z = graph.mul(z, factors);
        }
        if let Some(bias) = self.vector(graph, &name("bias")) {
            z = graph.add(z, bias);
        }
        let z = self.normalised(graph, z, &name);
        let y = activated(graph, z, self.config.activation);
        match self.vector(graph, &name("slope")) {
            Some(slope) if self.config.slope == Slope::Learned => {
                let bend = graph.sub(y, z);
                let bend = graph.mul(bend, slope);
                graph.add(z, bend)
            }
            _ => y,
        }
    }

    /// A matrix of `n_blocks` side by side, `[n_lanes, d_in, d_out]`, with an axis of members before the
    /// rows' where there are any: of size 1 for a shared one, or a block for each member.
    fn weight(&self, graph: &mut Graph, name: &str, d_in: usize, n_blocks: usize) -> Value {
        let (mut values, [_, n_columns]) = self.values(name).expect("every layer has a matrix");
        if self.config.parametrisation == Parametrisation::Ntk {
            let scale = (1.0 / (d_in as f64).sqrt()) as f32;
            for value in &mut values {
                *value *= scale;
            }
        }
        let n_lanes = self.lanes.len();
        if !self.has_members() {
            return graph.constant(Tensor::f32(&[n_lanes, d_in, n_columns], values));
        }
        let d_out = n_columns / n_blocks;
        let mut blocks = Vec::with_capacity(values.len());
        for lane in values.chunks_exact((d_in * n_columns).max(1)) {
            for block in 0..n_blocks {
                let rows = lane.chunks_exact(n_columns);
                blocks.extend(rows.flat_map(|row| &row[block * d_out..(block + 1) * d_out]));
            }
        }
        graph.constant(Tensor::f32(&[n_lanes, n_blocks, d_in, d_out], blocks))
    }

    fn normalised(&self, graph: &mut Graph, z: Value, name: &impl Fn(&str) -> String) -> Value {
        let centred = match self.config.normalisation {
            Normalisation::None => return z,
            Normalisation::Batch => return self.batch_normalised(graph, z, name),
            Normalisation::Layer => {
                let mean = graph.reduce("ReduceMean", z, -1);
                graph.sub(z, mean)
            }
        };
        let squares = graph.mul(centred, centred);
        let variance = graph.reduce("ReduceMean", squares, -1);
        let epsilon = graph.f32(EPSILON);
        let variance = graph.add(variance, epsilon);
        let deviation = graph.op("Sqrt", &[variance]);
        let standard = graph.div(centred, deviation);
        let [gain, shift] = ["norm.gain", "norm.shift"]
            .map(|part| self.vector(graph, &name(part)).expect("a normalisation has a gain and a shift"));
        let scaled = graph.mul(standard, gain);
        graph.add(scaled, shift)
    }

    fn batch_normalised(&self, graph: &mut Graph, z: Value, name: &impl Fn(&str) -> String) -> Value {
        let mut vector =
            |part: &str| self.vector(graph, &name(part)).expect("a batch normalisation has four vectors");
        let [mean, shift] = ["norm.mean", "norm.shift"].map(&mut vector);
        let [(gains, shape), (variances, _)] = ["norm.gain", "norm.variance"]
            .map(|part| self.values(&name(part)).expect("a batch normalisation has four vectors"));
        let factors = gains.iter().zip(&variances).map(|(gain, variance)| gain / (variance + EPSILON).sqrt());
        let own: &[usize] = if self.has_members() { &[1, 1] } else { &[1] };
        let shape = [&[self.lanes.len()], own, &[shape[1]]].concat();
        let factors = graph.constant(Tensor::f32(&shape, factors.collect()));
        let centred = graph.sub(z, mean);
        let scaled = graph.mul(centred, factors);
        graph.add(scaled, shift)
    }

    fn output(&self, graph: &mut Graph, x: Value, d_in: usize) -> Value {
        let n_members = self.config.ensemble.n_members();
        let weight = self.weight(graph, "output.weight", d_in, n_members);
        let products = graph.matmul(x, weight);
        let (bias, _) = self.values("output.bias").expect("the output has a bias");
        let (n_lanes, n_outputs) = (self.lanes.len(), self.config.n_outputs);
        let shape = if self.has_members() {
            vec![n_lanes, n_members, 1, n_outputs]
        } else {
            vec![n_lanes, 1, n_outputs]
        };
        let bias = graph.constant(Tensor::f32(&shape, bias));
        graph.add(products, bias)
    }
}

fn activated(graph: &mut Graph, z: Value, activation: Activation) -> Value {
    /// α and λ of SELU (Klambauer et al. 2017, section 2).
    const SELU: [f32; 2] = [1.673_263_2, 1.050_701];
    let one = [("alpha", Attribute::Float(1.0))];
    match activation {
        Activation::Identity => z,
        Activation::Sigmoid => graph.op("Sigmoid", &[z]),
        Activation::Tanh => graph.op("Tanh", &[z]),
        Activation::Relu => graph.op("Relu", &[z]),
        Activation::LeakyRelu => graph.op_with("LeakyRelu", &[z], &[("alpha", Attribute::Float(0.01))]),
        Activation::Elu => graph.op_with("Elu", &[z], &one),
        Activation::Selu => {
            let constants = [("alpha", Attribute::Float(SELU[0])), ("gamma", Attribute::Float(SELU[1]))];
            graph.op_with("Selu", &[z], &constants)
        }
        Activation::Gelu => graph.op("Gelu", &[z]),
        Activation::Silu => {
            let share = graph.op("Sigmoid", &[z]);
            graph.mul(z, share)
        }
        Activation::Mish => {
            let smooth = graph.op("Softplus", &[z]);
            let share = graph.op("Tanh", &[smooth]);
            graph.mul(z, share)
        }
    }
}
