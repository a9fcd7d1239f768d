//! Builds a graph node by node.

use std::collections::{HashMap, HashSet};

use super::proto::{
    AttributeProto, Dimension, DimensionProto, GraphProto, NodeProto, TensorProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto, attribute, element,
};
use super::{Data, Tensor};

/// The name of the dimension that rows stand in.
const ROWS: &str = "n_rows";

/// The domain of the operators for classical machine learning.
const ML: &str = "ai.onnx.ml";

/// Constants of up to this many elements are written once.
const SMALL: usize = 64;

/// A tensor of a graph that is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value(usize);

/// What a node is told beside its inputs.
pub(crate) enum Attribute<'a> {
    Float(f32),
    Int(i64),
    Text(&'a str),
    Ints(&'a [i64]),
    Texts(&'a [String]),
}

/// A graph that is being built.
#[derive(Default)]
pub(crate) struct Graph {
    proto: GraphProto,
    /// Of each tensor.
    names: Vec<String>,
    taken: HashSet<String>,
    /// Small constants by their type, shape and bytes.
    constants: HashMap<(i32, Vec<usize>, Vec<u8>), Value>,
}

impl Graph {
    /// A graph whose inputs will be called `inputs`: nothing else is.
    pub(crate) fn new(inputs: impl IntoIterator<Item = String>) -> Self {
        Self { taken: inputs.into_iter().collect(), ..Self::default() }
    }

    /// The finished graph, without constants that no node reads.
    pub(crate) fn into_proto(self, name: &str, doc: String) -> GraphProto {
        let mut proto = GraphProto { name: Some(name.to_owned()), doc_string: Some(doc), ..self.proto };
        let used: HashSet<&String> = proto.node.iter().flat_map(|node| &node.input).collect();
        let is_used = |tensor: &TensorProto| tensor.name.as_ref().is_some_and(|name| used.contains(name));
        let are_used: Vec<bool> = proto.initializer.iter().map(is_used).collect();
        let mut are_used = are_used.into_iter();
        proto.initializer.retain(|_| are_used.next() == Some(true));
        proto
    }

    /// How many nodes there are.
    pub(crate) fn n_nodes(&self) -> usize {
        self.proto.node.len()
    }

    /// One cell of every row, `[n_rows, 1]`, called as its column.
    pub(crate) fn input(&mut self, name: &str, element: i32, doc: String) -> Value {
        let shape = [Dimension::Name(ROWS.to_owned()), Dimension::Size(1)];
        self.proto.input.push(info(name, element, shape, doc));
        self.value(name.to_owned())
    }

    /// Makes a tensor an output; `width` is that of its rows, none where a row has one element. What it is
    /// called: `name`, with `_` behind it where an input is called so.
    pub(crate) fn output(
        &mut self,
        name: &str,
        of: Value,
        element: i32,
        width: Option<usize>,
        doc: &str,
    ) -> String {
        let mut name = name.to_owned();
        while !self.taken.insert(name.clone()) {
            name.push('_');
        }
        let rows = Dimension::Name(ROWS.to_owned());
        let shape = std::iter::once(rows).chain(width.map(|width| Dimension::Size(width as i64)));
        self.proto.output.push(info(&name, element, shape, doc.to_owned()));
        self.node("Identity", &[of], vec![name.clone()], &[]);
        name
    }

    /// A tensor that does not change.
    pub(crate) fn constant(&mut self, tensor: Tensor) -> Value {
        let is_small = tensor.data.len() <= SMALL && !matches!(tensor.data, Data::Text(_));
        let name = self.free_name("constant");
        let proto = tensor.to_proto(name.clone());
        let key = (
            tensor.data.element(),
            tensor.shape,
            proto.raw_data.clone().filter(|_| is_small).unwrap_or_default(),
        );
        if let Some(known) = self.constants.get(&key).filter(|_| is_small) {
            return *known;
        }
        self.proto.initializer.push(proto);
        let value = self.value(name);
        if is_small {
            self.constants.insert(key, value);
        }
        value
    }

    /// What an operator makes of some tensors.
    pub(crate) fn op(&mut self, kind: &str, inputs: &[Value]) -> Value {
        self.op_with(kind, inputs, &[])
    }

    /// What an operator makes of some tensors, told so.
    pub(crate) fn op_with(
        &mut self,
        kind: &str,
        inputs: &[Value],
        attributes: &[(&str, Attribute)],
    ) -> Value {
        self.ops_with(kind, inputs, attributes, 1)[0]
    }

    /// The `n` tensors that an operator makes of some.
    pub(crate) fn ops_with(
        &mut self,
        kind: &str,
        inputs: &[Value],
        attributes: &[(&str, Attribute)],
        n: usize,
    ) -> Vec<Value> {
        let outputs: Vec<String> = (0..n).map(|_| self.free_name(&kind.to_lowercase())).collect();
        self.node(kind, inputs, outputs.clone(), attributes);
        outputs.into_iter().map(|name| self.value(name)).collect()
    }

    /// What a tensor is called in the file.
    pub(crate) fn name(&self, value: Value) -> &str {
        &self.names[value.0]
    }

    fn node(&mut self, kind: &str, inputs: &[Value], outputs: Vec<String>, attributes: &[(&str, Attribute)]) {
        let domain = (kind == "LabelEncoder").then(|| ML.to_owned());
        self.proto.node.push(NodeProto {
            input: inputs.iter().map(|value| self.name(*value).to_owned()).collect(),
            name: outputs.first().cloned(),
            output: outputs,
            op_type: Some(kind.to_owned()),
            attribute: attributes.iter().map(|(name, attribute)| attribute.to_proto(name)).collect(),
            domain,
        });
    }

    fn value(&mut self, name: String) -> Value {
        self.names.push(name);
        Value(self.names.len() - 1)
    }

    fn free_name(&mut self, stem: &str) -> String {
        let mut number = self.names.len();
        loop {
            let name = format!("{stem}_{number}");
            if self.taken.insert(name.clone()) {
                return name;
            }
            number += 1;
        }
    }
}

/// Operators by their names, and constants.
impl Graph {
    pub(crate) fn f64(&mut self, value: f64) -> Value {
        self.constant(Tensor::f64(&[], vec![value]))
    }

    pub(crate) fn f32(&mut self, value: f32) -> Value {
        self.constant(Tensor::f32(&[], vec![value]))
    }

    pub(crate) fn i64(&mut self, value: i64) -> Value {
        self.constant(Tensor::i64(&[], vec![value]))
    }

    pub(crate) fn text(&mut self, value: &str) -> Value {
        self.constant(Tensor::texts(&[], vec![value.to_owned()]))
    }

    /// A list of whole numbers, such as axes or a shape.
    pub(crate) fn list(&mut self, values: &[i64]) -> Value {
        self.constant(Tensor::i64(&[values.len()], values.to_vec()))
    }

    pub(crate) fn add(&mut self, a: Value, b: Value) -> Value {
        self.op("Add", &[a, b])
    }

    pub(crate) fn sub(&mut self, a: Value, b: Value) -> Value {
        self.op("Sub", &[a, b])
    }

    pub(crate) fn mul(&mut self, a: Value, b: Value) -> Value {
        self.op("Mul", &[a, b])
    }

    pub(crate) fn div(&mut self, a: Value, b: Value) -> Value {
        self.op("Div", &[a, b])
    }

    pub(crate) fn choose(&mut self, condition: Value, yes: Value, no: Value) -> Value {
        self.op("Where", &[condition, yes, no])
    }

    /// No less than `low` and no more than `high`.
    pub(crate) fn within(&mut self, x: Value, low: Value, high: Value) -> Value {
        let at_least = self.op("Max", &[x, low]);
        self.op("Min", &[at_least, high])
    }

    pub(crate) fn all_of(&mut self, conditions: &[Value]) -> Value {
        let (first, rest) = conditions.split_first().expect("there is a condition");
        rest.iter().fold(*first, |all, condition| self.op("And", &[all, *condition]))
    }

    pub(crate) fn matmul(&mut self, a: Value, b: Value) -> Value {
        self.op("MatMul", &[a, b])
    }

    pub(crate) fn gather(&mut self, table: Value, places: Value, axis: i64) -> Value {
        self.op_with("Gather", &[table, places], &[("axis", Attribute::Int(axis))])
    }

    pub(crate) fn concat(&mut self, parts: &[Value], axis: i64) -> Value {
        match parts {
            [part] => *part,
            _ => self.op_with("Concat", parts, &[("axis", Attribute::Int(axis))]),
        }
    }

    pub(crate) fn transpose(&mut self, x: Value, order: &[i64]) -> Value {
        self.op_with("Transpose", &[x], &[("perm", Attribute::Ints(order))])
    }

    pub(crate) fn unsqueeze(&mut self, x: Value, axis: i64) -> Value {
        let axes = self.list(&[axis]);
        self.op("Unsqueeze", &[x, axes])
    }

    pub(crate) fn squeeze(&mut self, x: Value, axis: i64) -> Value {
        let axes = self.list(&[axis]);
        self.op("Squeeze", &[x, axes])
    }

    pub(crate) fn reshape(&mut self, x: Value, shape: &[i64]) -> Value {
        let shape = self.list(shape);
        self.op("Reshape", &[x, shape])
    }

    /// `ReduceSum`, `ReduceMean` or `ReduceMax` over one axis, which stays with the size 1.
    pub(crate) fn reduce(&mut self, kind: &str, x: Value, axis: i64) -> Value {
        let axes = self.list(&[axis]);
        self.op(kind, &[x, axes])
    }

    pub(crate) fn single(&mut self, x: Value) -> Value {
        self.cast(x, element::FLOAT)
    }

    pub(crate) fn double(&mut self, x: Value) -> Value {
        self.cast(x, element::DOUBLE)
    }

    pub(crate) fn whole(&mut self, x: Value) -> Value {
        self.cast(x, element::INT64)
    }

    fn cast(&mut self, x: Value, element: i32) -> Value {
        self.op_with("Cast", &[x], &[("to", Attribute::Int(i64::from(element)))])
    }
}

impl Attribute<'_> {
    fn to_proto(&self, name: &str) -> AttributeProto {
        let mut proto = AttributeProto { name: Some(name.to_owned()), ..AttributeProto::default() };
        proto.kind = Some(match self {
            Self::Float(_) => attribute::FLOAT,
            Self::Int(_) => attribute::INT,
            Self::Text(_) => attribute::STRING,
            Self::Ints(_) => attribute::INTS,
            Self::Texts(_) => attribute::STRINGS,
        });
        match self {
            Self::Float(value) => proto.f = Some(*value),
            Self::Int(value) => proto.i = Some(*value),
            Self::Text(value) => proto.s = Some(value.as_bytes().to_vec()),
            Self::Ints(values) => proto.ints = values.to_vec(),
            Self::Texts(values) => {
                proto.strings = values.iter().map(|text| text.as_bytes().to_vec()).collect();
            }
        }
        proto
    }
}

fn info(name: &str, element: i32, shape: impl IntoIterator<Item = Dimension>, doc: String) -> ValueInfoProto {
    let dim = shape.into_iter().map(|size| DimensionProto { value: Some(size) }).collect();
    let tensor = TensorTypeProto { elem_type: Some(element), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto {
        name: Some(name.to_owned()),
        kind: Some(TypeProto { tensor_type: Some(tensor) }),
        doc_string: Some(doc),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_stay_theirs() {
        let mut graph = Graph::new(["prediction", "add_0", "add_1"].map(str::to_owned));
        let x = graph.input("prediction", element::DOUBLE, String::new());
        let sum = graph.add(x, x);
        assert!(!["add_0", "add_1"].contains(&graph.name(sum)));
        assert_eq!(graph.output("prediction", sum, element::DOUBLE, Some(1), ""), "prediction_");
    }

    #[test]
    fn equal_small_constants_are_one() {
        let mut graph = Graph::new([]);
        let one = graph.f64(1.0);
        assert_eq!(graph.f64(1.0), one);
        // Another type, another shape, another bit.
        assert!(
            graph.f32(1.0) != one
                && graph.constant(Tensor::f64(&[1], vec![1.0])) != one
                && graph.f64(-1.0) != one
        );
        let zero = graph.f64(0.0);
        assert_ne!(graph.f64(-0.0), zero);
    }
}
