//! Tensors of the five types that a graph uses.

use super::proto::{TensorProto, element};

/// Numbers or texts with a shape, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Data,
}

/// The elements of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I64(Vec<i64>),
    Bool(Vec<bool>),
    Text(Vec<String>),
}

impl Data {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// The number of the type in ONNX.
    pub(crate) fn element(&self) -> i32 {
        match self {
            Self::F32(_) => element::FLOAT,
            Self::F64(_) => element::DOUBLE,
            Self::I64(_) => element::INT64,
            Self::Bool(_) => element::BOOL,
            Self::Text(_) => element::STRING,
        }
    }
}

impl Tensor {
    pub(crate) fn new(shape: &[usize], data: Data) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), data.len(), "a number for each place");
        Self { shape: shape.to_vec(), data }
    }

    pub(crate) fn f32(shape: &[usize], values: Vec<f32>) -> Self {
        Self::new(shape, Data::F32(values))
    }

    pub(crate) fn f64(shape: &[usize], values: Vec<f64>) -> Self {
        Self::new(shape, Data::F64(values))
    }

    pub(crate) fn i64(shape: &[usize], values: Vec<i64>) -> Self {
        Self::new(shape, Data::I64(values))
    }

    pub(crate) fn texts(shape: &[usize], values: Vec<String>) -> Self {
        Self::new(shape, Data::Text(values))
    }

    /// As the file holds it.
    pub(crate) fn to_proto(&self, name: String) -> TensorProto {
        let raw = match &self.data {
            Data::F32(values) => Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
            Data::F64(values) => Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
            Data::I64(values) => Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
            Data::Bool(values) => Some(values.iter().map(|value| u8::from(*value)).collect()),
            Data::Text(_) => None,
        };
        let texts = if let Data::Text(values) = &self.data { values.as_slice() } else { &[] };
        TensorProto {
            dims: self.shape.iter().map(|size| *size as i64).collect(),
            data_type: Some(self.data.element()),
            string_data: texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
            name: Some(name),
            raw_data: raw,
        }
    }

    /// What the file holds; none if it contradicts itself or is of another type.
    pub(crate) fn of_proto(proto: &TensorProto) -> Option<Self> {
        let shape: Vec<usize> =
            proto.dims.iter().map(|size| usize::try_from(*size).ok()).collect::<Option<_>>()?;
        let raw = proto.raw_data.as_deref().unwrap_or_default();
        let data = match proto.data_type? {
            element::FLOAT => {
                Data::F32(raw.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
            }
            element::DOUBLE => {
                Data::F64(raw.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
            }
            element::INT64 => {
                Data::I64(raw.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b)).collect())
            }
            element::BOOL => Data::Bool(raw.iter().map(|byte| *byte != 0).collect()),
            element::STRING => {
                let texts = proto.string_data.iter().map(|bytes| String::from_utf8(bytes.clone()).ok());
                Data::Text(texts.collect::<Option<_>>()?)
            }
            _ => return None,
        };
        (shape.iter().product::<usize>() == data.len()).then_some(Self { shape, data })
    }
}
