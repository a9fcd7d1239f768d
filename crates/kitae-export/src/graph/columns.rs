//! From the cells of a row, as inputs of the graph, to numbers and codes.

use kitae_data::preprocess::{Input, InputKind, UnseenLevels};
use kitae_data::schema::ColumnSchema;
use kitae_infer::Manifest;

use super::times::{TextForm, TimeNumber, seconds_of_number, seconds_of_text};
use crate::error::ExportError;
use crate::onnx::proto::element;
use crate::onnx::{Attribute, Graph, Tensor, Value};

/// How the cells of a column enter the graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Feed {
    /// A number; NaN where the cell is missing.
    Number,
    /// A number that names a level by its value; NaN where the cell is missing.
    NumericLevels(Vec<f64>),
    /// A text that is one of these levels; any other one where the cell is missing or unseen.
    Texts(Vec<String>),
    /// A date, a time of day or both, written in one of these forms; a text without digits where it is
    /// missing.
    TimeText(Vec<TextForm>),
    /// A time that is a number; NaN where it is missing.
    TimeNumber(TimeNumber),
}

impl Feed {
    /// How a column enters.
    ///
    /// # Errors
    ///
    /// If its times are written in a form that a graph cannot read.
    pub(crate) fn of(input: &Input, column: &ColumnSchema) -> Result<Self, ExportError> {
        Ok(match &input.kind {
            InputKind::Number | InputKind::NumberOrMissing => Self::Number,
            InputKind::Time | InputKind::TimeOrMissing => Self::of_times(column)?,
            _ => column
                .numeric_levels()
                .map_or_else(|| Self::Texts(input.levels().to_vec()), Self::NumericLevels),
        })
    }

    fn of_times(column: &ColumnSchema) -> Result<Self, ExportError> {
        if let [form] = column.levels.as_slice()
            && let Some(number) = TimeNumber::named(form)
        {
            return Ok(Self::TimeNumber(number));
        }
        let forms = column.levels.iter().map(|form| {
            TextForm::named(form).ok_or_else(|| {
                ExportError::not_covered(format!(
                    "column `{}` writes times as `{form}`, which standard operators cannot read; rewrite them as \
                     2024-01-31 and train again, or leave the column out",
                    column.name
                ))
            })
        });
        Ok(Self::TimeText(forms.collect::<Result<_, _>>()?))
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::Texts(_) | Self::TimeText(_))
    }

    /// The type of the input's elements.
    pub(crate) fn element(&self) -> i32 {
        if self.is_text() { element::STRING } else { element::DOUBLE }
    }

    fn doc(&self) -> String {
        match self {
            Self::Number => "a number; NaN where it is missing".to_owned(),
            Self::NumericLevels(levels) => {
                format!("one of {} levels, as a number; NaN where it is missing", levels.len())
            }
            Self::Texts(levels) => {
                format!("one of {} levels; any other text counts as missing", levels.len())
            }
            Self::TimeText(forms) => {
                let forms: Vec<&str> = forms.iter().map(|form| form.name()).collect();
                format!("a time written as {}; a text without digits where it is missing", forms.join(" or "))
            }
            Self::TimeNumber(number) => format!("a time as {}; NaN where it is missing", number.name()),
        }
    }
}

/// The cells of a column in the graph, `[n_rows, 1]` each.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cells {
    /// Numbers in double precision, NaN where missing.
    Numbers(Value),
    /// Seconds since 1970-01-01 in double precision, NaN where missing.
    Seconds(Value),
    /// 1 + the position of the level, 0 where it is missing or unseen.
    Codes(Value),
}

/// The feed of every column that the model is fed with, in the order of its layout.
///
/// # Errors
///
/// If the model refuses unseen levels, or a column is of a kind that a graph cannot read.
pub(crate) fn feeds(manifest: &Manifest) -> Result<Vec<Feed>, ExportError> {
    if manifest.lanes.iter().any(|lane| lane.preprocessor.unseen() == UnseenLevels::Refuse) {
        return Err(ExportError::not_covered(
            "it refuses rows with unseen levels, and a graph answers every row; train it with \
             `preprocess.unseen = \"as_missing\"`",
        ));
    }
    let feed = |input: &Input| {
        let column = manifest.schema.column(&input.column);
        let column = column.ok_or_else(|| {
            ExportError::not_covered(format!("its schema does not say what column `{}` is", input.column))
        })?;
        Feed::of(input, column)
    };
    manifest.layout.inputs.iter().map(feed).collect()
}

/// Makes every column an input of the graph, and reads its cells.
pub(crate) fn read_columns(graph: &mut Graph, manifest: &Manifest, feeds: &[Feed]) -> Vec<Cells> {
    let markers: Vec<String> =
        manifest.reading.extra_missing.iter().map(|text| text.trim().to_owned()).collect();
    let mut cells = Vec::new();
    for (input, feed) in manifest.layout.inputs.iter().zip(feeds) {
        let raw = graph.input(&input.column, feed.element(), feed.doc());
        let raw = if feed.is_text() { raw } else { without_markers(graph, raw, &markers) };
        cells.push(match feed {
            Feed::Number => Cells::Numbers(raw),
            Feed::NumericLevels(levels) => Cells::Codes(codes_of_numbers(graph, raw, levels)),
            Feed::Texts(levels) => Cells::Codes(codes_of_texts(graph, raw, levels)),
            Feed::TimeText(forms) => Cells::Seconds(seconds_of_text(graph, raw, forms, &markers)),
            Feed::TimeNumber(number) => Cells::Seconds(seconds_of_number(graph, raw, *number)),
        });
    }
    cells
}

/// Numbers that mean missing become NaN.
fn without_markers(graph: &mut Graph, raw: Value, markers: &[String]) -> Value {
    let values =
        markers.iter().filter_map(|marker| marker.parse::<f64>().ok()).filter(|value| value.is_finite());
    values.fold(raw, |raw, value| {
        let (marker, missing) = (graph.f64(value), graph.f64(f64::NAN));
        let is_marker = graph.op("Equal", &[raw, marker]);
        graph.choose(is_marker, missing, raw)
    })
}

fn codes_of_texts(graph: &mut Graph, raw: Value, levels: &[String]) -> Value {
    let codes: Vec<i64> = (1..=levels.len() as i64).collect();
    let attributes = [
        ("keys_strings", Attribute::Texts(levels)),
        ("values_int64s", Attribute::Ints(&codes)),
        ("default_int64", Attribute::Int(0)),
    ];
    graph.op_with("LabelEncoder", &[raw], &attributes)
}

/// `LabelEncoder` of this version would compare in single precision.
fn codes_of_numbers(graph: &mut Graph, raw: Value, levels: &[f64]) -> Value {
    let n = levels.len();
    let known = graph.constant(Tensor::f64(&[1, n], levels.to_vec()));
    let codes = graph.constant(Tensor::i64(&[1, n], (1..=n as i64).collect()));
    let (is_level, none) = (graph.op("Equal", &[raw, known]), graph.i64(0));
    let code = graph.choose(is_level, codes, none);
    graph.reduce("ReduceSum", code, 1)
}
