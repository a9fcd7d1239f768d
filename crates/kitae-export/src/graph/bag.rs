//! What the networks of a model say together, with their linear models, and what each fold says alone.

use kitae_data::preprocess::Preprocessor;
use kitae_infer::calibration::Calibrator;
use kitae_infer::manifest::LaneManifest;
use kitae_infer::objective::Objective;
use kitae_infer::{Fitted, Manifest, NetworkConfig, Weights, bag_smoothing};

use super::answers::{Decoder, lanes};
use super::columns::Cells;
use super::features::{Features, features};
use super::network::Stack;
use crate::onnx::{Graph, Tensor, Value};

/// The predictions of all lanes, `[n_lanes, n_rows, n_columns]` in double precision: classes, or one value.
pub(crate) struct Lanes {
    /// As each network says alone, without its smoothing.
    pub(crate) alone: Value,
    /// As it says among the others.
    pub(crate) in_bag: Value,
}

/// The networks of a model.
pub(crate) struct Bag<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) fitted: &'a Fitted,
}

impl Bag<'_> {
    /// What each network says, joined by its linear model.
    pub(crate) fn lanes(&self, graph: &mut Graph, cells: &[Cells]) -> Lanes {
        let manifest = self.manifest;
        let preprocessors: Vec<&Preprocessor> =
            manifest.lanes.iter().map(|lane| &lane.preprocessor).collect();
        let own = features(graph, &manifest.layout, cells, &preprocessors);
        let stack =
            Stack { config: &manifest.network, lanes: self.fitted.networks.iter().map(Some).collect() };
        let decoder = self.decoder(&manifest.network, &manifest.objective);
        let outputs = stack.write(graph, own);
        let outputs = decoder.joined(graph, outputs);
        let alone: Vec<Calibrator> = manifest.lanes.iter().map(|lane| lane.calibrator).collect();
        let (n_lanes, n_open) = (manifest.lanes.len(), manifest.source.n_open);
        let in_bag: Vec<Calibrator> =
            alone.iter().map(|calibrator| calibrator.in_bag(n_lanes, n_open)).collect();
        let linear = self.linear(graph, cells, own);
        let mut say = |calibrators: &[Calibrator]| {
            let predictions = decoder.predictions(graph, outputs, calibrators);
            match linear {
                Some((share, linear)) => blended(graph, predictions, linear, share),
                None => predictions,
            }
        };
        let together = say(&in_bag);
        Lanes { alone: if alone == in_bag { together } else { say(&alone) }, in_bag: together }
    }

    fn decoder<'b>(&self, config: &NetworkConfig, objective: &'b Objective) -> Decoder<'b> {
        Decoder {
            objective,
            n_outputs: config.n_outputs,
            n_members: config.ensemble.n_members(),
            has_members: !config.ensemble.is_none(),
            scales: self.manifest.lanes.iter().map(|lane| lane.target_scale).collect(),
        }
    }

    /// The shares of the linear models and what they predict; a lane without one has no share.
    fn linear(&self, graph: &mut Graph, cells: &[Cells], own: Features) -> Option<(Value, Value)> {
        let manifest = self.manifest;
        let config = manifest.linear.as_ref()?;
        let shares: Vec<f64> = manifest
            .lanes
            .iter()
            .map(|lane| lane.linear.as_ref().map_or(0.0, |linear| linear.share))
            .collect();
        if shares.iter().all(|share| *share == 0.0) {
            return None;
        }
        let models: Vec<Option<&Weights>> = self.fitted.linear.iter().map(Option::as_ref).collect();
        let calibrator = |lane: &LaneManifest| lane.linear.as_ref().map(|linear| linear.calibrator);
        let calibrators: Vec<Calibrator> =
            manifest.lanes.iter().map(|lane| calibrator(lane).unwrap_or_default()).collect();
        let preprocessors: Vec<&Preprocessor> = manifest
            .lanes
            .iter()
            .map(|lane| {
                lane.linear
                    .as_ref()
                    .and_then(|linear| linear.preprocessor.as_ref())
                    .unwrap_or(&lane.preprocessor)
            })
            .collect();
        let is_networks =
            manifest.lanes.iter().zip(&preprocessors).all(|(lane, own)| lane.preprocessor == **own);
        let fed = if is_networks { own } else { features(graph, &manifest.layout, cells, &preprocessors) };
        let stack = Stack { config: &config.network, lanes: models };
        let outputs = stack.write(graph, fed);
        let decoder = self.decoder(&config.network, &config.objective);
        let outputs = decoder.joined(graph, outputs);
        let predictions = decoder.predictions(graph, outputs, &calibrators);
        Some((lanes(graph, shares.into_iter()), predictions))
    }

    /// What all networks say together, `[n_rows, n_columns]`: the mean of values, and of classes what the
    /// squares of the mean roots of probabilities are in proportion to.
    pub(crate) fn pooled(&self, graph: &mut Graph, in_bag: Value) -> Value {
        let n_classes = self.manifest.class_names.len();
        let pooled = match (self.manifest.lanes.len(), n_classes) {
            (1, _) => graph.squeeze(in_bag, 0),
            (_, 0) => {
                let mean = graph.reduce("ReduceMean", in_bag, 0);
                graph.squeeze(mean, 0)
            }
            _ => {
                let roots = graph.op("Sqrt", &[in_bag]);
                let sums = graph.reduce("ReduceSum", roots, 0);
                let sums = graph.squeeze(sums, 0);
                let squares = graph.mul(sums, sums);
                let all = graph.reduce("ReduceSum", squares, 1);
                graph.div(squares, all)
            }
        };
        spread(graph, pooled, &[bag_smoothing(self.manifest)], n_classes)
    }

    /// What the networks of each fold say together, `[n_folds, n_rows, n_columns]`; `fold_of` is of each
    /// lane.
    pub(crate) fn folds(&self, graph: &mut Graph, alone: Value, fold_of: &[usize], n_folds: usize) -> Value {
        let smoothing: Vec<f64> = self.manifest.lanes.iter().map(|lane| lane.calibrator.smoothing).collect();
        let alone = spread(graph, alone, &smoothing, self.manifest.class_names.len());
        if fold_of.iter().copied().eq(0..n_folds) {
            return alone;
        }
        // [n_folds, n_lanes] times [n_rows, n_lanes, n_columns]
        let mut shares = vec![0.0; n_folds * fold_of.len()];
        for (lane, fold) in fold_of.iter().enumerate() {
            let n_lanes = fold_of.iter().filter(|other| *other == fold).count();
            shares[fold * fold_of.len() + lane] = 1.0 / n_lanes as f64;
        }
        let shares = graph.constant(Tensor::f64(&[n_folds, fold_of.len()], shares));
        let by_row = graph.transpose(alone, &[1, 0, 2]);
        let folds = graph.matmul(shares, by_row);
        graph.transpose(folds, &[1, 0, 2])
    }
}

/// (1 - share) · network + share · linear.
fn blended(graph: &mut Graph, network: Value, linear: Value, share: Value) -> Value {
    let one = graph.f64(1.0);
    let rest = graph.sub(one, share);
    let network = graph.mul(network, rest);
    let linear = graph.mul(linear, share);
    graph.add(network, linear)
}

/// Spreads a part of the probability over all classes: one part, or one of each lane.
fn spread(graph: &mut Graph, probabilities: Value, smoothing: &[f64], n_classes: usize) -> Value {
    if n_classes == 0 || smoothing.iter().all(|part| *part == 0.0) {
        return probabilities;
    }
    let part = |graph: &mut Graph, of: &dyn Fn(f64) -> f64| match smoothing {
        [part] => graph.f64(of(*part)),
        parts => lanes(graph, parts.iter().map(|part| of(*part))),
    };
    let rest = part(graph, &|part| 1.0 - part);
    let even = part(graph, &|part| part / n_classes as f64);
    let own = graph.mul(probabilities, rest);
    graph.add(own, even)
}
