//! ONNX as a file: its messages, its tensors, and what builds a graph of them.

mod builder;
pub(crate) mod proto;
mod tensor;

pub(crate) use builder::{Attribute, Graph, Value};
pub(crate) use tensor::{Data, Tensor};
