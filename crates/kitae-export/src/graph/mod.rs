//! A model as one graph of standard operators: what each part of it becomes.
//!
//! | part | operators |
//! |---|---|
//! | cells | `LabelEncoder`, `Equal`, `RegexFullMatch`, `StringSplit`, calendar arithmetic |
//! | preprocessing | double precision up to the scaled number; quantiles by a binary search |
//! | networks | all lanes side by side: batched `MatMul`, single precision as in kitae |
//! | answers | temperatures, `Softmax`, scales of the target, shares of the linear models, pooling, smoothing |
//! | regions | conformal ends by `TopK`, sets by counting |

mod answers;
mod bag;
mod calendar;
mod columns;
mod embeddings;
mod features;
mod network;
mod quantiles;
mod regions;
mod search;
mod times;

use kitae_eval::Level;
use kitae_infer::{Manifest, Model};

pub(crate) use columns::{Feed, feeds};
pub(crate) use regions::FoldRegions;
pub(crate) use times::{TextForm, TimeNumber};

use crate::error::ExportError;
use crate::onnx::proto::{GraphProto, element};
use crate::onnx::{Attribute, Graph, Tensor, Value};
use bag::Bag;

/// A graph, and what its parts are called.
pub(crate) struct Written {
    pub(crate) proto: GraphProto,
    pub(crate) n_nodes: usize,
    pub(crate) outputs: Outputs,
    /// How each column enters, in the order of the layout.
    pub(crate) feeds: Vec<Feed>,
    /// The tensor of what each fold says, `[n_folds, n_rows, n_columns]`; none without a level.
    pub(crate) folds: Option<String>,
}

/// What the outputs are called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outputs {
    /// `[n_rows]`: the name of the most likely class, or the value.
    pub(crate) prediction: String,
    /// `[n_rows, n_classes]`; none of values.
    pub(crate) probabilities: Option<String>,
    /// The ends of the intervals, `[n_rows]` each.
    pub(crate) ends: Option<[String; 2]>,
    /// `[n_rows, n_classes]`.
    pub(crate) set: Option<String>,
}

/// Writes a model as a graph, with regions of a level if one is asked for.
///
/// # Errors
///
/// If a part of the model has no form in a graph, or the level asks for more rows than were scored.
pub(crate) fn write(model: &Model, level: Option<Level>) -> Result<Written, ExportError> {
    let (manifest, fitted) = (&model.manifest, &model.fitted);
    let feeds = feeds(manifest)?;
    let regions =
        level.map(|level| FoldRegions::new(manifest, fitted.nonconformity.as_ref(), level)).transpose()?;
    let mut graph = Graph::new(manifest.layout.inputs.iter().map(|input| input.column.clone()));
    let cells = columns::read_columns(&mut graph, manifest, &feeds);
    let bag = Bag { manifest, fitted };
    let lanes = bag.lanes(&mut graph, &cells);
    let together = bag.pooled(&mut graph, lanes.in_bag);
    let folds = regions
        .as_ref()
        .map(|regions| bag.folds(&mut graph, lanes.alone, &regions.fold_of, regions.n_folds()));
    let name = folds.map(|folds| graph.name(folds).to_owned());
    let of_folds = regions.as_ref().zip(folds);
    let outputs = if manifest.class_names.is_empty() {
        write_values(&mut graph, manifest, together, of_folds)
    } else {
        write_classes(&mut graph, manifest, together, of_folds)
    };
    let n_nodes = graph.n_nodes();
    let proto = graph.into_proto("kitae", format!("Predicts `{}`.", manifest.target));
    Ok(Written { proto, n_nodes, outputs, feeds, folds: name })
}

fn write_values(
    graph: &mut Graph,
    manifest: &Manifest,
    together: Value,
    of_folds: Option<(&FoldRegions, Value)>,
) -> Outputs {
    let output = |graph: &mut Graph, name: &str, of: Value, doc: &str| {
        let of = graph.squeeze(of, 1);
        graph.output(name, of, element::DOUBLE, None, doc)
    };
    let prediction = output(graph, "prediction", together, "in the units of the target");
    let ends = of_folds.map(|(regions, folds)| {
        let [low, high] = regions.intervals(graph, folds, together, &manifest.objective);
        let low = output(graph, "prediction_low", low, "the lower end of the conformal interval");
        [low, output(graph, "prediction_high", high, "the upper end of the conformal interval")]
    });
    Outputs { prediction, probabilities: None, ends, set: None }
}

fn write_classes(
    graph: &mut Graph,
    manifest: &Manifest,
    together: Value,
    of_folds: Option<(&FoldRegions, Value)>,
) -> Outputs {
    let names = &manifest.class_names;
    let n_classes = names.len();
    let attributes = [("axis", Attribute::Int(1)), ("keepdims", Attribute::Int(0))];
    let label = graph.op_with("ArgMax", &[together], &attributes);
    let table = graph.constant(Tensor::texts(&[n_classes], names.clone()));
    let name = graph.gather(table, label, 0);
    let prediction =
        graph.output("prediction", name, element::STRING, None, "the name of the most likely class");
    let doc = "a probability for each class, in the order of `class_names` in the metadata";
    let probabilities = graph.output("probabilities", together, element::DOUBLE, Some(n_classes), doc);
    let set = of_folds.map(|(regions, folds)| {
        let set = regions.sets(graph, folds, label, n_classes);
        let doc = "whether each class is in the conformal prediction set";
        graph.output("prediction_set", set, element::BOOL, Some(n_classes), doc)
    });
    Outputs { prediction, probabilities: Some(probabilities), ends: None, set }
}
