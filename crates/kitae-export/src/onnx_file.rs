//! A model as one file of ONNX.

use std::path::Path;

use kitae_eval::Level;
use kitae_infer::Manifest;
use kitae_infer::files::write_atomically;
use prost::Message;
use serde_json::json;

use crate::check::{Proof, prove};
use crate::error::ExportError;
use crate::folder::ModelFolder;
use crate::graph::{self, Outputs, Written};
use crate::onnx::proto::{ModelProto, OperatorSetIdProto, StringStringEntryProto};

/// The version of the file format.
const IR_VERSION: i64 = 9;
/// The versions of the operators, by their domains.
const OPSETS: [(&str, i64); 2] = [("", 20), ("ai.onnx.ml", 3)];
/// What protocol buffers can hold.
const MOST_BYTES: usize = (1 << 31) - 1;

/// A model as a graph that has been compared with kitae.
pub struct OnnxExport {
    bytes: Vec<u8>,
    /// How many nodes the graph has.
    pub n_nodes: usize,
    /// What the comparison said.
    pub proof: Proof,
}

impl OnnxExport {
    /// Writes the graph in memory, with regions of a level if one is asked for, and compares it with kitae.
    ///
    /// # Errors
    ///
    /// If a part of the model has no form in a graph, the level asks for more rows than were scored, the
    /// graph is larger than a file may be, or it says something else than kitae.
    pub fn new(folder: &ModelFolder, level: Option<Level>) -> Result<Self, ExportError> {
        let mut written = graph::write(&folder.model, level)?;
        let model = model_proto(folder, level, &mut written);
        let n_bytes = model.encoded_len();
        if n_bytes > MOST_BYTES {
            return Err(ExportError::TooLarge { n_bytes });
        }
        let bytes = model.encode_to_vec();
        drop(model);
        let proof = prove(&folder.model, level, &bytes, &written)?;
        Ok(Self { bytes, n_nodes: written.n_nodes, proof })
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes the file; one that exists is replaced.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ExportError> {
        Ok(write_atomically(path, &self.bytes)?)
    }
}

/// The file of a graph, which is taken out of `written`.
fn model_proto(folder: &ModelFolder, level: Option<Level>, written: &mut Written) -> ModelProto {
    let manifest = &folder.model.manifest;
    ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some("kitae".to_owned()),
        producer_version: Some(manifest.kitae.clone()),
        domain: None,
        doc_string: Some(format!("Predicts `{}`.", manifest.target)),
        graph: Some(std::mem::take(&mut written.proto)),
        opset_import: OPSETS.iter().map(|(domain, version)| opset(domain, *version)).collect(),
        metadata_props: metadata(folder, level, &written.outputs),
    }
}

fn opset(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto { domain: Some(domain.to_owned()), version: Some(version) }
}

/// What the file tells of the model. The path of the table is left out.
fn metadata(folder: &ModelFolder, level: Option<Level>, outputs: &Outputs) -> Vec<StringStringEntryProto> {
    let Manifest { kitae, target, class_names, source, .. } = &folder.model.manifest;
    let mut entries = vec![
        ("kitae", kitae.clone()),
        ("target", target.clone()),
        ("class_names", json!(class_names).to_string()),
        ("recipe", folder.recipe.to_string()),
        ("scores", folder.scores.to_string()),
        ("data_fingerprint", format!("{:016x}", source.fingerprint)),
        ("n_rows", source.n_rows.to_string()),
        ("outputs", names(outputs).to_string()),
    ];
    entries.extend(level.map(|level| ("interval_level", level.value().to_string())));
    let entry = |(key, value): (&str, String)| StringStringEntryProto {
        key: Some(key.to_owned()),
        value: Some(value),
    };
    entries.into_iter().map(entry).collect()
}

/// What the outputs are called, which differs from the documented names where a column is called so.
fn names(outputs: &Outputs) -> serde_json::Value {
    let Outputs { prediction, probabilities, ends, set } = outputs;
    json!({ "prediction": prediction, "probabilities": probabilities, "interval": ends, "set": set })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_that_says_something_else_is_found_out() {
        let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden/values");
        let folder = ModelFolder::load(&stored).unwrap();
        let mut written = graph::write(&folder.model, None).unwrap();
        let mut model = model_proto(&folder, None, &mut written);
        prove(&folder.model, None, &model.encode_to_vec(), &written).unwrap();
        // The weights of the first hidden layer, the first of which is doubled.
        let weights = model
            .graph
            .as_mut()
            .unwrap()
            .initializer
            .iter_mut()
            .find(|tensor| tensor.dims.ends_with(&[6, 6]));
        let bytes = weights.unwrap().raw_data.as_mut().unwrap();
        let weight = f32::from_le_bytes(bytes[..4].try_into().unwrap());
        bytes[..4].copy_from_slice(&(2.0 * weight + 0.1).to_le_bytes());
        let error = prove(&folder.model, None, &model.encode_to_vec(), &written).unwrap_err();
        assert!(matches!(&error, ExportError::Differs { output, .. } if output == "prediction"), "{error}");
        let cut = model.encode_to_vec();
        assert!(matches!(
            prove(&folder.model, None, &cut[..cut.len() / 2], &written),
            Err(ExportError::Evaluation { .. })
        ));
    }

    #[test]
    fn every_constant_is_read_by_some_node() {
        let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden/values");
        let folder = ModelFolder::load(&stored).unwrap();
        let graph = graph::write(&folder.model, Some("0.8".parse().unwrap())).unwrap().proto;
        let is_read = |name: &String| graph.node.iter().any(|node| node.input.contains(name));
        assert!(graph.initializer.iter().all(|tensor| is_read(tensor.name.as_ref().unwrap())));
    }
}
