//! From raw outputs to predictions: probabilities or values in the units of the table, of each lane.

use kitae_data::preprocess::{TargetScale, TargetTransform};
use kitae_infer::calibration::Calibrator;
use kitae_infer::objective::{MAX_LOG_RATE, Objective};

use crate::onnx::{Graph, Tensor, Value};

/// How the raw outputs of the networks of all lanes become predictions.
pub(crate) struct Decoder<'a> {
    pub(crate) objective: &'a Objective,
    pub(crate) n_outputs: usize,
    pub(crate) n_members: usize,
    /// Whether raw outputs have an axis of members.
    pub(crate) has_members: bool,
    /// Of each lane; none for classes and counts.
    pub(crate) scales: Vec<Option<TargetScale>>,
}

impl Decoder<'_> {
    /// What the members of each network predict together, as raw outputs in single precision, `[n_lanes,
    /// n_rows, n_outputs or 1]`.
    pub(crate) fn joined(&self, graph: &mut Graph, outputs: Value) -> Value {
        let outputs = self.decisive(graph, outputs);
        if !self.has_members {
            return outputs;
        }
        if self.n_members == 1 {
            return graph.squeeze(outputs, 1);
        }
        let members = graph.double(outputs);
        let together = match self.objective {
            Objective::CrossEntropy { .. } => {
                let logarithms = log_softmax(graph, members);
                log_mean(graph, logarithms)
            }
            Objective::BinaryCrossEntropy { .. } => {
                let zero = graph.f64(0.0);
                let zeros = graph.mul(members, zero);
                let pairs = graph.concat(&[zeros, members], 3);
                let logarithms = log_softmax(graph, pairs);
                let means = log_mean(graph, logarithms);
                let signs = graph.constant(Tensor::f64(&[2, 1], vec![-1.0, 1.0]));
                graph.matmul(means, signs)
            }
            Objective::Poisson => {
                let most = graph.f64(MAX_LOG_RATE);
                let rates = graph.op("Min", &[members, most]);
                log_mean(graph, rates)
            }
            _ => graph.reduce("ReduceMean", members, 1),
        };
        let together = graph.squeeze(together, 1);
        graph.single(together)
    }

    /// The outputs that predictions are made of: all of classes, the first of values.
    fn decisive(&self, graph: &mut Graph, outputs: Value) -> Value {
        if self.n_outputs == 1 || self.objective.is_classification() {
            return outputs;
        }
        let [from, to, axis] = [0, 1, -1].map(|number| graph.list(&[number]));
        graph.op("Slice", &[outputs, from, to, axis])
    }

    /// Predictions in double precision, `[n_lanes, n_rows, n_classes or 1]`, without smoothing.
    pub(crate) fn predictions(&self, graph: &mut Graph, outputs: Value, calibrators: &[Calibrator]) -> Value {
        let outputs = sharpened(graph, outputs, calibrators);
        let outputs = graph.double(outputs);
        match self.objective {
            Objective::CrossEntropy { .. } => graph.op_with("Softmax", &[outputs], &[]),
            Objective::BinaryCrossEntropy { .. } => {
                let opposite = graph.op("Neg", &[outputs]);
                let parts = [opposite, outputs].map(|logit| graph.op("Sigmoid", &[logit]));
                graph.concat(&parts, 2)
            }
            Objective::Poisson => {
                let most = graph.f64(MAX_LOG_RATE);
                let logarithm = graph.op("Min", &[outputs, most]);
                graph.op("Exp", &[logarithm])
            }
            _ => self.restored(graph, outputs, calibrators),
        }
    }

    /// In the units of the table.
    fn restored(&self, graph: &mut Graph, standardised: Value, calibrators: &[Calibrator]) -> Value {
        let scales: Vec<TargetScale> = self.scales.iter().flatten().copied().collect();
        if scales.is_empty() {
            return standardised;
        }
        let per_lane =
            |graph: &mut Graph, of: &dyn Fn(&TargetScale) -> f64| lanes(graph, scales.iter().map(of));
        let deviation = per_lane(graph, &|scale| scale.std);
        let mean = per_lane(graph, &|scale| scale.mean);
        let scaled = graph.mul(standardised, deviation);
        let value = graph.add(scaled, mean);
        let transform = scales[0].transform;
        if transform == TargetTransform::Standard {
            return value;
        }
        let smearing = lanes(graph, calibrators.iter().map(|calibrator| calibrator.smearing));
        let power = graph.op("Exp", &[value]);
        let value = graph.mul(power, smearing);
        let value = if transform == TargetTransform::Log1p {
            let one = graph.f64(1.0);
            graph.sub(value, one)
        } else {
            value
        };
        let least = per_lane(graph, &|scale| scale.min);
        let most = per_lane(graph, &|scale| scale.max);
        graph.within(value, least, most)
    }
}

/// A number of each lane, `[n_lanes, 1, 1]`.
pub(crate) fn lanes(graph: &mut Graph, numbers: impl Iterator<Item = f64>) -> Value {
    let numbers: Vec<f64> = numbers.collect();
    graph.constant(Tensor::f64(&[numbers.len(), 1, 1], numbers))
}

/// Divided by the temperature of each lane.
fn sharpened(graph: &mut Graph, outputs: Value, calibrators: &[Calibrator]) -> Value {
    if calibrators.iter().all(|calibrator| calibrator.temperature == 1.0) {
        return outputs;
    }
    let sharpness = calibrators.iter().map(|calibrator| (1.0 / calibrator.temperature) as f32).collect();
    let sharpness = graph.constant(Tensor::f32(&[calibrators.len(), 1, 1], sharpness));
    graph.mul(outputs, sharpness)
}

/// Logarithms of probabilities over the last axis.
fn log_softmax(graph: &mut Graph, logits: Value) -> Value {
    let most = graph.reduce("ReduceMax", logits, -1);
    let shifted = graph.sub(logits, most);
    let powers = graph.op("Exp", &[shifted]);
    let sum = graph.reduce("ReduceSum", powers, -1);
    let logarithm = graph.op("Log", &[sum]);
    graph.sub(shifted, logarithm)
}

/// The logarithm of the mean, over the members, of what their logarithms are given, `[n_lanes, 1, n_rows,
/// n_outputs]`.
fn log_mean(graph: &mut Graph, logarithms: Value) -> Value {
    let most = graph.reduce("ReduceMax", logarithms, 1);
    let shifted = graph.sub(logarithms, most);
    let powers = graph.op("Exp", &[shifted]);
    let mean = graph.reduce("ReduceMean", powers, 1);
    let logarithm = graph.op("Log", &[mean]);
    graph.add(most, logarithm)
}
