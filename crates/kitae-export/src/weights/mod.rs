//! The weights with a plain description, for those who rebuild the networks in a framework of their own.

use std::path::Path;

use kitae_data::features::Features;
use kitae_data::preprocess::Preprocessor;
use kitae_infer::files::{new_folder, write_atomically};
use kitae_infer::host::HostNetwork;
use kitae_infer::manifest::LaneManifest;
use kitae_infer::weight_file::WeightFile;
use kitae_infer::{ArtefactError, Manifest, WeightTensor, Weights, bag_smoothing};
use serde_json::{Value, json};

use crate::check::made_table;
use crate::error::ExportError;
use crate::folder::ModelFolder;

const WEIGHTS_FILE: &str = "weights.safetensors";
const DESCRIPTION_FILE: &str = "description.json";
const EXAMPLE_FILE: &str = "example.safetensors";
/// Rows of the example.
const N_ROWS: usize = 16;
/// The lines that rebuild a network, in `PyTorch` or numpy.
const REBUILD: &str = include_str!("rebuild.py");
/// What the folder is, for people.
const README: &str = include_str!("readme.md");

/// Writes a folder with the weights, what they are, lines that rebuild a network of them, and an example to
/// compare with (none where rows cannot be made, as for dates with names of months); it must not be there
/// yet. The names of its files.
///
/// # Errors
///
/// If it is there, or cannot be written.
pub fn write_weights(folder: &ModelFolder, to: &Path) -> Result<Vec<&'static str>, ExportError> {
    let description = format!("{:#}\n", description(folder));
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        (WEIGHTS_FILE, folder.sums.file(WEIGHTS_FILE)?.into_owned()),
        (DESCRIPTION_FILE, description.into_bytes()),
        ("rebuild.py", REBUILD.into()),
        ("README.md", README.into()),
    ];
    match example(folder) {
        Ok(example) => files.push((EXAMPLE_FILE, example.to_bytes(&to.join(EXAMPLE_FILE))?)),
        // Rows cannot be made for what a graph cannot read.
        Err(ExportError::NotCovered { .. }) => {}
        Err(error) => return Err(error),
    }
    new_folder(to, |partial| {
        files.iter().try_for_each(|(name, bytes)| write_atomically(&partial.join(name), bytes))
    })?;
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

/// What the networks are, and what becomes of their outputs.
fn description(folder: &ModelFolder) -> Value {
    let manifest = &folder.model.manifest;
    let Manifest { target, class_names, layout, network, objective, linear, lanes, .. } = manifest;
    let numbers: Vec<String> = layout.numbers().iter().map(ToString::to_string).collect();
    let codes =
        layout.code_inputs().map(|(_, input)| json!({ "column": input.column, "levels": input.levels() }));
    json!({
        "kitae": manifest.kitae,
        "target": target,
        "class_names": class_names,
        "numbers": numbers,
        "codes": codes.collect::<Vec<_>>(),
        "network": network,
        "objective": objective,
        "linear": linear,
        "smoothing": bag_smoothing(manifest),
        "networks": lanes.iter().map(|lane| lane_description(manifest, lane)).collect::<Vec<_>>(),
    })
}

fn lane_description(manifest: &Manifest, lane: &LaneManifest) -> Value {
    let in_bag = lane.calibrator.in_bag(manifest.lanes.len(), manifest.source.n_open);
    let scaling = |own: &Preprocessor| json!({ "numbers": own.numbers(), "seen": own.seen() });
    let linear = lane.linear.as_ref().map(|linear| {
        json!({
            "share": linear.share,
            "temperature": linear.calibrator.temperature,
            "smearing": linear.calibrator.smearing,
            "preprocessing": linear.preprocessor.as_ref().map(scaling),
        })
    });
    json!({
        "preprocessing": scaling(&lane.preprocessor),
        "temperature": in_bag.temperature,
        "smearing": in_bag.smearing,
        "target_scale": lane.target_scale,
        "linear": linear,
    })
}

/// Features of some made rows, and the raw outputs of each network for them.
fn example(folder: &ModelFolder) -> Result<WeightFile, ExportError> {
    let model = &folder.model;
    let table = made_table(model, N_ROWS)?;
    let mut file = WeightFile { text: model.manifest.kitae.clone(), ..WeightFile::default() };
    for (number, (lane, weights)) in model.manifest.lanes.iter().zip(&model.fitted.networks).enumerate() {
        let features = lane.preprocessor.transform_all(&table).map_err(kitae_infer::PredictError::from)?;
        let network = HostNetwork::new(&model.manifest.network, weights)
            .map_err(|error| ArtefactError::damaged(Path::new(WEIGHTS_FILE), error))?;
        file.groups.insert(number.to_string(), tensors(&features, network.forward_all(&features)));
    }
    Ok(file)
}

fn tensors(features: &Features, outputs: Vec<f32>) -> Weights {
    let Features { n_rows, d_numbers, numbers, n_codes, codes } = features;
    let n_outputs = outputs.len() / n_rows;
    let tensor = |width: usize, values: Vec<f32>| WeightTensor { shape: [*n_rows, width], values };
    let codes = codes.iter().map(|code| *code as f32).collect();
    let tensors = [
        ("numbers", tensor(*d_numbers, numbers.clone())),
        ("codes", tensor(*n_codes, codes)),
        ("outputs", tensor(n_outputs, outputs)),
    ];
    Weights { tensors: tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into_iter().collect() }
}
