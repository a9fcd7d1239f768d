//! Models with random weights: what they predict is worth nothing, but a graph must say the same.

use std::path::{Path, PathBuf};

use kitae_data::infer::{Hints, infer_schema};
use kitae_data::preprocess::{Layout, PreprocessConfig, Preprocessor, TargetTransform};
use kitae_data::profile::Profile;
use kitae_data::read::{ReadOptions, read_csv_bytes, read_csv_bytes_like};
use kitae_data::schema::Schema;
use kitae_data::table::Table;
use kitae_export::ModelFolder;
use kitae_infer::calibration::Calibrator;
use kitae_infer::layout::{Role, Slot, TensorKind, layout};
use kitae_infer::manifest::{LaneManifest, LinearManifest, LinearShare, Source};
use kitae_infer::nonconformity::{FoldNonconformity, Nonconformity};
use kitae_infer::objective::Objective;
use kitae_infer::sums::Sums;
use kitae_infer::{
    Activation, Ensemble, Fitted, Initialiser, InputScale, LanePlace, Manifest, Model, NetworkConfig,
    Normalisation, Parametrisation, Skip, Slope, WeightTensor, Weights,
};
use kitae_random::{Purpose, Stream};
use serde_json::json;

/// What a model is made of.
#[derive(Clone)]
pub(crate) struct Levers {
    pub(crate) network: NetworkConfig,
    pub(crate) objective: Objective,
    pub(crate) preprocess: PreprocessConfig,
    /// Of the linear models' own preprocessing; none where they share the networks'.
    pub(crate) linear: Option<PreprocessConfig>,
    pub(crate) transform: TargetTransform,
    /// Repeats, folds and members.
    pub(crate) lanes: [usize; 3],
    pub(crate) n_open: usize,
    pub(crate) extra_missing: Vec<String>,
}

impl Default for Levers {
    fn default() -> Self {
        Self {
            network: NetworkConfig {
                d_numbers: 0,
                cardinalities: Vec::new(),
                d_embedding: 3,
                periodic: None,
                piecewise: None,
                input_scale: InputScale::Learned,
                ensemble: Ensemble::None,
                hidden: vec![6, 6],
                n_outputs: 1,
                activation: Activation::Selu,
                slope: Slope::Learned,
                normalisation: Normalisation::None,
                skip: Skip::None,
                parametrisation: Parametrisation::Ntk,
                initialiser: Initialiser::Zeros,
            },
            objective: Objective::cross_entropy(),
            preprocess: PreprocessConfig::default(),
            linear: Some(PreprocessConfig::default()),
            transform: TargetTransform::Standard,
            lanes: [1, 3, 2],
            n_open: 1200,
            extra_missing: Vec::new(),
        }
    }
}

const CLASSES: [&str; 3] = ["iris", "rose", "a \"tulip\", or none"];

/// A table with each kind of column.
fn csv(n_rows: usize) -> String {
    let mut stream = Stream::new(1, Purpose::Synthesis, [0; 3]);
    let mut text = "size,weight,colour,city,flag,code,day,stamp,clock,digits,seconds,usual\n".to_owned();
    for row in 0..n_rows {
        let mut below = |n: u64| stream.below(n);
        let [year, month, day, hour, minute] =
            [1990 + below(40), 1 + below(12), 1 + below(28), below(24), below(60)];
        let size =
            if below(10) == 0 { String::new() } else { format!("{:.4}", below(100_000) as f64 / 1e3 - 50.0) };
        let colour = ["red", "white", "\"blue, or not\"", ""][below(4) as usize];
        let flag = ["no", "yes"][below(2) as usize];
        let code = ["1", "2", "3", "7"][below(4) as usize];
        let date = if below(20) == 0 { String::new() } else { format!("{year}-{month:02}-{day:02}") };
        let cells = [
            size,
            format!("{:.3}", (below(4000) as f64 / 1e3).exp()),
            colour.to_owned(),
            format!("city {}", below(14)),
            flag.to_owned(),
            code.to_owned(),
            date,
            format!("{day:02}.{month:02}.{year} {hour:02}:{minute:02}"),
            format!("{hour:02}:{minute:02}"),
            format!("{year}{month:02}{day:02}"),
            format!("{}", 1_500_000_000 + below(100_000_000)),
            // Most rows have one value.
            format!("{}", if row % 3 == 0 { below(9) } else { 4 }),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// The table, and what its columns are.
fn table(levers: &Levers) -> (Table, Schema, ReadOptions) {
    let options = ReadOptions { extra_missing: levers.extra_missing.clone(), ..ReadOptions::default() };
    let text = csv(300);
    let raw = read_csv_bytes(text.as_bytes(), "made", &options).expect("a table");
    let mut hints =
        Hints { categorical: vec!["code".into()], numeric: vec!["usual".into()], ..Hints::default() };
    let mut hint = |column: &str, format: &str| {
        let hint = json!({ "kind": "time", "format": format });
        hints.columns.insert(column.into(), serde_json::from_value(hint).expect("a hint"));
    };
    hint("digits", "yyyymmdd");
    hint("seconds", "seconds since 1970");
    let schema = infer_schema(&raw, &hints).expect("a schema");
    let raw = read_csv_bytes_like(text.as_bytes(), "made", &schema, &options).expect("a table");
    (schema.apply(raw).expect("cells that fit"), schema, options)
}

fn place(lane: usize, [_, n_folds, n_members]: [usize; 3]) -> LanePlace {
    LanePlace {
        repeat: lane / n_members / n_folds,
        fold: lane / n_members % n_folds,
        member: lane % n_members,
    }
}

/// A model with random weights.
pub(crate) fn made(levers: &Levers) -> ModelFolder {
    let (table, schema, reading) = table(levers);
    let layout = Layout::new(&schema, &[], &levers.preprocess);
    let class_names: Vec<String> = match levers.objective {
        Objective::BinaryCrossEntropy { .. } => CLASSES[..2].iter().map(ToString::to_string).collect(),
        Objective::CrossEntropy { .. } => CLASSES.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let n_outputs = levers.objective.n_outputs(class_names.len());
    let (d_numbers, cardinalities) = (layout.d_numbers(), layout.cardinalities());
    let network = NetworkConfig { d_numbers, cardinalities, n_outputs, ..levers.network.clone() };
    let linear = NetworkConfig {
        hidden: Vec::new(),
        periodic: None,
        piecewise: None,
        ensemble: Ensemble::None,
        input_scale: InputScale::None,
        normalisation: Normalisation::None,
        parametrisation: Parametrisation::Standard,
        ..network.clone()
    };
    let n_lanes: usize = levers.lanes.iter().product();
    let mut stream = Stream::new(2, Purpose::Weights, [0; 3]);
    let mut lanes = Vec::new();
    let (mut networks, mut models) = (Vec::new(), Vec::new());
    for lane in 0..n_lanes {
        // Few training rows, so that lanes differ in the levels that they have seen.
        let rows: Vec<u32> =
            stream.permutation(table.n_rows).into_iter().take(if lane == 1 { 12 } else { 150 }).collect();
        let fit = |config: &PreprocessConfig| -> Preprocessor {
            config.fit(&layout, &table, &rows).expect("fitted")
        };
        let has_linear = lane % 3 != 2;
        lanes.push(lane_manifest(
            levers,
            lane,
            fit(&levers.preprocess),
            levers.linear.as_ref().filter(|_| lane % 3 == 0).map(fit),
        ));
        networks.push(weights(&network, &mut stream));
        models.push(has_linear.then(|| weights(&linear, &mut stream)));
    }
    let profile = Profile::of(
        &table,
        &(0..table.n_rows as u32).collect::<Vec<_>>(),
        layout.inputs.iter().map(|input| input.column.as_str()),
    );
    let objective = levers.objective.clone();
    let manifest = Manifest {
        kitae: "0.0.0".into(),
        reading,
        schema,
        target: "kind".into(),
        class_names,
        layout,
        network,
        linear: Some(LinearManifest { network: linear, objective: objective.clone() }),
        objective,
        lanes,
        profile,
        source: Source {
            path: "some/where/made.csv".into(),
            n_rows: 300,
            n_open: levers.n_open,
            n_sealed: 0,
            fingerprint: 7,
            order: 8,
        },
    };
    let nonconformity = Some(nonconformity(levers, !manifest.class_names.is_empty(), &mut stream));
    let fitted = Fitted { networks, linear: models, nonconformity };
    let path = PathBuf::from("made");
    ModelFolder {
        sums: Sums::new(Path::new("made")),
        path,
        model: Model { manifest, fitted },
        recipe: json!({}),
        scores: json!({}),
        findings: json!([]),
    }
}

fn lane_manifest(
    levers: &Levers,
    lane: usize,
    preprocessor: Preprocessor,
    own: Option<Preprocessor>,
) -> LaneManifest {
    let is_classification = levers.objective.is_classification();
    let n = lane as f64;
    let calibrator = Calibrator {
        temperature: if is_classification { 1.5 + n / 10.0 } else { 1.0 },
        smoothing: if is_classification { 1.0 / (30.0 + n) } else { 0.0 },
        smearing: if levers.transform.is_logarithm() { 1.1 } else { 1.0 },
    };
    let values: Vec<f64> = (1..40).map(|value| f64::from(value) * (1.0 + n / 10.0)).collect();
    let rows: Vec<u32> = (0..39).collect();
    let has_scale = !is_classification && levers.objective != Objective::Poisson;
    let linear =
        (lane % 3 != 2).then_some(LinearShare { share: 0.3 + n / 20.0, calibrator, preprocessor: own });
    LaneManifest {
        place: place(lane, levers.lanes),
        preprocessor,
        target_scale: has_scale.then(|| levers.transform.fit(&values, &rows).expect("a scale")),
        calibrator,
        linear,
    }
}

/// Random numbers that a network of this shape may have.
fn weights(config: &NetworkConfig, stream: &mut Stream) -> Weights {
    let tensor = |slot: &Slot, stream: &mut Stream| {
        let [_, width] = slot.shape;
        let values = (0..slot.n_values()).map(|_| stream.normal() as f32);
        let mut values: Vec<f32> = match slot.kind {
            TensorKind::RunningVariance => values.map(|value| value * value + 0.1).collect(),
            TensorKind::RunningMean | TensorKind::Edges => values.collect(),
            TensorKind::Trainable(Role::Slope | Role::NormGain | Role::InputScale | Role::MemberScale) => {
                values.map(|value| 1.0 + value / 5.0).collect()
            }
            TensorKind::Trainable(Role::Weight | Role::MemberWeight)
                if config.parametrisation == Parametrisation::Standard =>
            {
                values.map(|value| value / (slot.d_in as f32).sqrt()).collect()
            }
            TensorKind::Trainable(_) => values.map(|value| value / 2.0).collect(),
        };
        if slot.kind == TensorKind::Edges {
            for (number, edges) in values.chunks_exact_mut(width).enumerate() {
                edges.sort_by(f32::total_cmp);
                // Some numbers have fewer bins: after the last the same edge again.
                let last = if number % 2 == 1 { 1 + number % (width - 1) } else { width - 1 };
                let edge = edges[last];
                edges[last..].fill(edge);
            }
        }
        WeightTensor { shape: slot.shape, values }
    };
    Weights { tensors: layout(config).iter().map(|slot| (slot.name.clone(), tensor(slot, stream))).collect() }
}

fn nonconformity(levers: &Levers, is_classification: bool, stream: &mut Stream) -> Nonconformity {
    let [n_repeats, n_folds, _] = levers.lanes;
    let places = (0..n_repeats).flat_map(|repeat| (0..n_folds).map(move |fold| (repeat, fold)));
    let folds = places.map(|(repeat, fold)| {
        let value = |_| if is_classification { -stream.uniform() } else { stream.normal().abs() * 5.0 };
        let mut values: Vec<f64> = (0..50).map(value).collect();
        values.sort_by(f64::total_cmp);
        FoldNonconformity { repeat, fold, values }
    });
    Nonconformity { folds: folds.collect() }
}
