//! Evaluates a graph: the operators that this crate writes, and no others.
//!
//! It follows the definitions of ONNX operator by operator and stays simple: what it is for is comparing a
//! graph with kitae before the file leaves, on some hundred rows.

mod elementwise;
mod node;
mod products;
mod reduce;
mod shape;
mod text;

use std::collections::{HashMap, HashSet};

use prost::Message;

use crate::error::ExportError;
use crate::onnx::Tensor;
use crate::onnx::proto::{ModelProto, NodeProto};
use node::Node;

/// A graph that is ready to be evaluated.
pub(crate) struct Session {
    nodes: Vec<NodeProto>,
    constants: HashMap<String, Tensor>,
    /// The position of the last node that reads a tensor.
    last_use: HashMap<String, usize>,
}

impl Session {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    ///
    /// If they are no graph, or hold a tensor of a type that is not known here.
    pub(crate) fn new(bytes: &[u8]) -> Result<Self, ExportError> {
        let model = ModelProto::decode(bytes).map_err(|error| ExportError::evaluation(error.to_string()))?;
        let graph = model.graph.ok_or_else(|| ExportError::evaluation("the file has no graph"))?;
        let mut constants = HashMap::new();
        for proto in graph.initializer {
            let name = proto.name.clone().unwrap_or_default();
            let tensor = Tensor::of_proto(&proto);
            let tensor =
                tensor.ok_or_else(|| ExportError::evaluation(format!("the tensor `{name}` is damaged")))?;
            constants.insert(name, tensor);
        }
        let uses = graph.node.iter().enumerate();
        let last_use =
            uses.flat_map(|(at, node)| node.input.iter().map(move |name| (name.clone(), at))).collect();
        Ok(Self { nodes: graph.node, constants, last_use })
    }

    /// The tensors called `wanted`, given the inputs.
    ///
    /// # Errors
    ///
    /// If an operator is not known here, or is fed with what it does not take.
    pub(crate) fn run(
        &self,
        mut tensors: HashMap<String, Tensor>,
        wanted: &[String],
    ) -> Result<Vec<Tensor>, ExportError> {
        let kept: HashSet<&String> = wanted.iter().collect();
        for (at, proto) in self.nodes.iter().enumerate() {
            let node = Node { proto };
            let find = |name: &String| tensors.get(name).or_else(|| self.constants.get(name));
            let inputs: Option<Vec<&Tensor>> = proto.input.iter().map(find).collect();
            let outputs = inputs.ok_or_else(|| "an input is not there".to_owned());
            let outputs = outputs.and_then(|inputs| node.outputs(&inputs));
            let outputs = outputs.map_err(|reason| {
                let name = proto.name.as_deref().unwrap_or_default();
                ExportError::evaluation(format!("node `{name}` ({}): {reason}", node.kind()))
            })?;
            tensors.extend(proto.output.iter().cloned().zip(outputs));
            for name in &proto.input {
                if self.last_use.get(name) == Some(&at) && !kept.contains(name) {
                    tensors.remove(name);
                }
            }
        }
        let take = |name: &String| {
            tensors
                .get(name)
                .cloned()
                .ok_or_else(|| ExportError::evaluation(format!("there is no tensor `{name}`")))
        };
        wanted.iter().map(take).collect()
    }
}
