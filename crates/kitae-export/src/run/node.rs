//! One node: its operator and what it is told.

use super::elementwise::{binary, cast, choose, is_nan, logical, unary};
use super::products::matmul;
use super::reduce::{arg_max, cumulative, reduce, softmax, top};
use super::shape::{concat, gather, pad, reshape, slice, squeeze, transpose, unsqueeze};
use super::text::{concat_texts, encode, matches, split};
use crate::onnx::proto::{AttributeProto, NodeProto};
use crate::onnx::{Data, Tensor};

/// What an operator makes, or why it cannot.
pub(super) type Evaluated = Result<Tensor, String>;

#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) proto: &'a NodeProto,
}

impl<'a> Node<'a> {
    pub(super) fn kind(self) -> &'a str {
        self.proto.op_type.as_deref().unwrap_or_default()
    }

    fn attribute(self, name: &str) -> Option<&'a AttributeProto> {
        self.proto.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
    }

    pub(super) fn int(self, name: &str, otherwise: i64) -> i64 {
        self.attribute(name).and_then(|attribute| attribute.i).unwrap_or(otherwise)
    }

    pub(super) fn float(self, name: &str, otherwise: f32) -> f32 {
        self.attribute(name).and_then(|attribute| attribute.f).unwrap_or(otherwise)
    }

    pub(super) fn text(self, name: &str) -> Option<String> {
        String::from_utf8(self.attribute(name)?.s.clone()?).ok()
    }

    pub(super) fn ints(self, name: &str) -> &'a [i64] {
        self.attribute(name).map_or(&[], |attribute| &attribute.ints)
    }

    pub(super) fn texts(self, name: &str) -> Vec<String> {
        let texts = self.attribute(name).map_or(&[][..], |attribute| &attribute.strings);
        texts.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// What the operator makes of its inputs.
    pub(super) fn outputs(self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, String> {
        match (self.kind(), inputs) {
            ("TopK", [x, count]) => top(x, whole(count)?, self.int("axis", -1), self.int("largest", 1) == 1),
            ("StringSplit", [x]) => split(x, self.text("delimiter").as_deref()),
            _ => self.output(inputs).map(|tensor| vec![tensor]),
        }
    }

    fn output(self, inputs: &[&Tensor]) -> Evaluated {
        match (self.kind(), inputs) {
            ("Identity", [x]) => Ok((*x).clone()),
            ("Cast", [x]) => cast(x, self.int("to", 0) as i32),
            ("IsNaN", [x]) => is_nan(x),
            ("Not", [_]) | ("And" | "Or", [_, _]) => logical(self.kind(), inputs),
            ("Where", [condition, yes, no]) => choose(condition, yes, no),
            ("Gather", [table, places]) => gather(table, places, self.int("axis", 0)),
            ("Concat", parts) => concat(parts, self.int("axis", 0)),
            ("Reshape", [x, sizes]) => reshape(x, list(sizes)?),
            ("Transpose", [x]) => transpose(x, self.ints("perm")),
            ("Unsqueeze", [x, axes]) => unsqueeze(x, whole(axes)?),
            ("Squeeze", [x, axes]) => squeeze(x, whole(axes)?),
            ("Slice", [x, from, to, axes]) => slice(x, whole(from)?, whole(to)?, whole(axes)?),
            ("Pad", [x, pads]) => pad(x, list(pads)?),
            ("MatMul", [a, b]) => matmul(a, b),
            ("ReduceSum" | "ReduceMean" | "ReduceMax", [x, axes]) => reduce(self.kind(), x, whole(axes)?),
            ("ArgMax", [x]) => arg_max(x, self.int("axis", 0)),
            ("CumSum", [x, axis]) => cumulative(x, whole(axis)?, self.int("exclusive", 0) == 1),
            ("Softmax", [x]) => softmax(x),
            ("LabelEncoder", [x]) => encode(x, self),
            ("StringConcat", [a, b]) => concat_texts(a, b),
            ("RegexFullMatch", [x]) => matches(x, self.text("pattern").as_deref()),
            (kind, [a, b]) => binary(kind, a, b),
            (kind, [x]) => unary(kind, x, self),
            (_, inputs) => Err(format!("it has {} inputs", inputs.len())),
        }
    }
}

/// A list of whole numbers.
fn list(tensor: &Tensor) -> Result<&[i64], String> {
    match &tensor.data {
        Data::I64(values) => Ok(values),
        _ => Err("expected whole numbers".to_owned()),
    }
}

/// A whole number.
fn whole(tensor: &Tensor) -> Result<i64, String> {
    match list(tensor)? {
        [value] => Ok(*value),
        values => Err(format!("expected one number, got {}", values.len())),
    }
}

/// The axis, counted from the end if it is negative.
pub(super) fn axis_of(axis: i64, rank: usize) -> Result<usize, String> {
    let place = if axis < 0 { axis + rank as i64 } else { axis };
    usize::try_from(place)
        .ok()
        .filter(|place| *place < rank)
        .ok_or_else(|| format!("there is no axis {axis}"))
}

/// How many elements come before an axis, along it, and for each of those.
pub(super) fn around(shape: &[usize], axis: usize) -> [usize; 3] {
    [shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product()]
}
