//! The Open Inference Protocol, version 2: one tensor for each column, one for each part of the answer.

use std::borrow::Cow;
use std::fmt;

use kitae_answer::{Answer, Cell, Given, Nested, Ready, hint, too_many};
use kitae_data::schema::{ColumnSchema, Kind};
use kitae_data::target::order_of_names;
use kitae_eval::Level;
use kitae_infer::regions::Regions;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fault::Fault;

/// A request as it came.
#[derive(Deserialize)]
pub(crate) struct Request<'a> {
    #[serde(default, borrow)]
    pub(crate) id: Option<Cow<'a, str>>,
    #[serde(default)]
    parameters: Parameters,
    #[serde(borrow)]
    inputs: Vec<Tensor<'a>>,
    #[serde(default, borrow)]
    outputs: Option<Vec<Wanted<'a>>>,
}

#[derive(Default, Deserialize)]
struct Parameters {
    interval: Option<f64>,
}

#[derive(Deserialize)]
struct Wanted<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Tensor<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    shape: Vec<usize>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    #[serde(default, borrow)]
    data: Option<Data<'a>>,
    #[serde(default, rename = "parameters")]
    _parameters: Option<IgnoredAny>,
}

impl<'a> Request<'a> {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// If it is no request of the protocol.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Fault> {
        if body.trim_ascii().is_empty() {
            return Err(Fault::bad("the body is empty: expected {\"inputs\": [a tensor for each column]}"));
        }
        serde_json::from_slice(body).map_err(|error| Fault::bad(format!("the body: {error}{}", hint(&error))))
    }

    /// The level of regions that is asked for.
    pub(crate) fn level(&self) -> Result<Option<Level>, Fault> {
        let level = |value| Level::new(value).map_err(|error| Fault::bad(format!("`interval`: {error}")));
        self.parameters.interval.map(level).transpose()
    }

    /// The names of the outputs that are asked for; all if none is named.
    pub(crate) fn wanted(&self) -> Option<Vec<&str>> {
        let wanted = self.outputs.as_ref().filter(|wanted| !wanted.is_empty())?;
        Some(wanted.iter().map(|wanted| &*wanted.name).collect())
    }

    /// The tensors as columns.
    pub(crate) fn given(&mut self, most_rows: usize) -> Result<Given<'a>, Fault> {
        let n_rows = self.inputs.first().map_or(0, |tensor| tensor.shape.first().copied().unwrap_or(0));
        if n_rows == 0 {
            return Err(Fault::bad(
                "`inputs` has no rows: expected a tensor of shape [n_rows] for each column",
            ));
        }
        if n_rows > most_rows {
            return Err(too_many(most_rows).into());
        }
        let mut given = Given { n_rows, ..Given::default() };
        let mut names = std::collections::HashSet::new();
        for tensor in std::mem::take(&mut self.inputs) {
            if !names.insert(tensor.name.clone()) {
                return Err(Fault::bad(format!("`inputs` has the column `{}` twice", tensor.name)));
            }
            let (name, cells) = tensor.cells(n_rows)?;
            given.names.push(name);
            given.columns.push(cells);
        }
        Ok(given)
    }
}

impl<'a> Tensor<'a> {
    fn cells(self, n_rows: usize) -> Result<(Cow<'a, str>, Vec<Cell<'a>>), Fault> {
        let Self { name, shape, datatype, data, .. } = self;
        let at = |what: String| Fault::bad(format!("input `{name}`: {what}"));
        if !matches!(shape[..], [n] | [n, 1] if n == n_rows) {
            return Err(at(format!("expected the shape [{n_rows}] or [{n_rows}, 1], got {shape:?}")));
        }
        let Some(Data(cells)) = data else {
            return Err(
                at("it has no `data`; tensors beside the JSON (binary data) are not read".to_owned()),
            );
        };
        if cells.len() != n_rows {
            return Err(at(format!("its shape {shape:?} asks for {n_rows} values, got {}", cells.len())));
        }
        let Some(kind) = Datatype::named(&datatype) else {
            return Err(at(format!(
                "`{datatype}` is no datatype of the protocol; numbers are FP64 or INT64, texts BYTES"
            )));
        };
        match cells.iter().position(|cell| !kind.holds(cell)) {
            Some(place) => Err(at(format!(
                "value {}: expected {datatype} or null, got {}",
                place + 1,
                shown(&cells[place])
            ))),
            None => Ok((name, cells)),
        }
    }
}

/// What the values of a tensor are.
#[derive(Clone, Copy)]
enum Datatype {
    Flags,
    Whole,
    Numbers,
    Texts,
}

impl Datatype {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "BOOL" => Self::Flags,
            "UINT8" | "UINT16" | "UINT32" | "UINT64" | "INT8" | "INT16" | "INT32" | "INT64" => Self::Whole,
            "FP16" | "FP32" | "FP64" | "BF16" => Self::Numbers,
            "BYTES" => Self::Texts,
            _ => return None,
        })
    }

    fn holds(self, cell: &Cell) -> bool {
        match (self, cell) {
            (_, Cell::Missing)
            | (Self::Flags, Cell::Flag(_))
            | (Self::Numbers, Cell::Number(_))
            // As a text, a number that is longer than a float is whole; so is a text that says it is one.
            | (Self::Texts, Cell::Text(_)) => true,
            (Self::Whole | Self::Numbers, Cell::Text(Cow::Owned(digits))) => digits.parse::<i128>().is_ok(),
            (Self::Whole, Cell::Number(number)) => number.fract() == 0.0,
            _ => false,
        }
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Missing => "null".to_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Text(text) => format!("the text `{}`", text.chars().take(60).collect::<String>()),
    }
}

/// Values of a tensor, row-major, nested or not.
struct Data<'a>(Vec<Cell<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Data<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Data<'de>, A::Error> {
        let mut cells = Vec::new();
        while let Some(Nested(cell)) = values.next_element()? {
            cells.push(cell);
        }
        Ok(Data(cells))
    }
}

/// What the model takes and gives, as the protocol describes tensors.
pub(crate) fn metadata(ready: &Ready, name: &str) -> Value {
    let manifest = &ready.model().manifest;
    let input = |column: &ColumnSchema| {
        let datatype = if column.kind == Kind::Number { "FP64" } else { "BYTES" };
        json!({ "name": column.name, "datatype": datatype, "shape": [-1] })
    };
    let (n_classes, mut outputs) = (manifest.class_names.len(), Vec::new());
    let mut output = |name: &str, datatype: &str, shape: &[i64]| {
        outputs.push(json!({ "name": name, "datatype": datatype, "shape": shape }));
    };
    if n_classes == 0 {
        output("prediction", "FP64", &[-1]);
    } else {
        output("prediction", "BYTES", &[-1]);
        output("probabilities", "FP64", &[-1, n_classes as i64]);
    }
    let order = order_of_names(&manifest.class_names);
    let class_names: Vec<&String> = order.iter().map(|at| &manifest.class_names[*at]).collect();
    json!({
        "name": name,
        "platform": "kitae",
        "inputs": ready.fed.columns.iter().map(input).collect::<Vec<Value>>(),
        "outputs": outputs,
        "parameters": { "class_names": class_names, "target": manifest.target },
    })
}

/// A tensor of an answer.
#[derive(Serialize)]
struct Output<T: Serialize> {
    name: &'static str,
    datatype: &'static str,
    shape: Vec<usize>,
    data: T,
}

/// The answer of the protocol, with the outputs that are `wanted`.
///
/// # Errors
///
/// If an output that is wanted is none of the model's.
pub(crate) fn tensors(answer: &Answer, model: &str, request: &Request) -> Result<Vec<u8>, Fault> {
    let mut outputs = outputs(answer);
    if let Some(wanted) = request.wanted() {
        let has = |name: &str| outputs.iter().any(|output| output["name"] == name);
        if let Some(other) = wanted.iter().find(|name| !has(name)) {
            let names: Vec<&str> = outputs.iter().filter_map(|output| output["name"].as_str()).collect();
            return Err(Fault::bad(format!("no output is called `{other}`; there are {}", names.join(", "))));
        }
        outputs.retain(|output| wanted.iter().any(|name| output["name"] == *name));
    }
    let mut tensors = json!({ "model_name": model, "outputs": outputs });
    if let Some(id) = &request.id {
        tensors["id"] = json!(id);
    }
    if !answer.warnings.is_empty() {
        tensors["parameters"] = json!({ "warnings": answer.messages() });
    }
    Ok(tensors.to_string().into_bytes())
}

fn outputs(answer: &Answer) -> Vec<Value> {
    let (n_rows, n_classes) = (answer.n_rows(), answer.class_names.len());
    let mut outputs = Vec::new();
    let mut put = |name, datatype, shape: &[usize], data: Value| {
        outputs.push(json!(Output { name, datatype, shape: shape.to_vec(), data }));
    };
    if n_classes == 0 {
        put("prediction", "FP64", &[n_rows], json!(answer.predictions.values));
    } else {
        let names: Vec<&str> = (0..n_rows).map(|row| answer.class(row)).collect();
        let ordered =
            (0..n_rows).flat_map(|row| answer.probabilities(row).map(|(_, probability)| probability));
        put("prediction", "BYTES", &[n_rows], json!(names));
        put("probabilities", "FP64", &[n_rows, n_classes], ordered.collect());
    }
    match &answer.regions {
        None => {}
        Some(Regions::Intervals(intervals)) => {
            // JSON has no infinity: an end that is none is null.
            let ends = |end: fn(&kitae_eval::intervals::Interval) -> f64| -> Value {
                intervals.iter().map(end).collect()
            };
            put("prediction_low", "FP64", &[n_rows], ends(|interval| interval.low));
            put("prediction_high", "FP64", &[n_rows], ends(|interval| interval.high));
        }
        Some(Regions::Sets { holds, .. }) => {
            let of_row = |row: usize| answer.order.iter().map(move |at| holds[row * n_classes + at]);
            put("prediction_set", "BOOL", &[n_rows, n_classes], (0..n_rows).flat_map(of_row).collect());
        }
    }
    outputs
}
