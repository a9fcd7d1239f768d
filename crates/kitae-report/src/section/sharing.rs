//! What the folder tells of single rows, for those who give it away.

use crate::Contents;
use crate::document::{Block, Section};
use crate::words::count;

pub(super) fn section(contents: &Contents) -> Section {
    let manifest = contents.manifest;
    let columns = &manifest.model.schema.columns;
    let is_input = |name: &str| manifest.model.layout.inputs.iter().any(|input| input.column == name);
    let levels = columns.iter().filter(|column| is_input(&column.name)).map(|column| column.levels.len());
    let text = format!(
        "This folder holds more than a model: the target and the out-of-fold prediction of {} \
         (`out_of_fold.csv`), {} of categories and the smallest and largest value of each number \
         (`model.json`), and the path of the \
         table (`run.json`). To predict, `model.json`, `weights.safetensors`, `nonconformity.safetensors` and `SHA256SUMS` are \
         enough.",
        count(manifest.model.source.n_open, "row"),
        count(levels.sum(), "level"),
    );
    Section {
        id: "sharing".into(),
        title: "What the folder reveals of the data".into(),
        blocks: vec![Block::Text(text)],
    }
}
