//! Which columns of a file are read, and how, when a schema says what they are.

use std::collections::HashMap;
use std::path::Path;

use super::ChunkOptions;
use super::plan::Plan;
use crate::apply::LevelCodes;
use crate::error::DataError;
use crate::infer::TimeForm;
use crate::schema::{ColumnSchema, Kind, Schema};

/// A column of the chunks and where it is in the file.
pub(super) struct Picked {
    pub(super) file_idx: usize,
    pub(super) name: String,
    pub(super) levels: Vec<String>,
}

/// What is done with each column of the file, and which come out in what order.
pub(super) fn plan_columns(
    names: &[String],
    schema: &Schema,
    chunks: &ChunkOptions,
    path: &Path,
) -> Result<(Vec<Plan>, Vec<Picked>), DataError> {
    let mut plans = vec![Plan::Skip; names.len()];
    let (mut picked, mut missing) = (Vec::new(), Vec::new());
    let place: HashMap<&str, usize> =
        names.iter().enumerate().map(|(file_idx, name)| (name.as_str(), file_idx)).collect();
    for column in &schema.columns {
        let is_kept = chunks.keep.contains(&column.name);
        if chunks.skip.contains(&column.name) || !(is_kept || column.kind.is_feature()) {
            continue;
        }
        match place.get(column.name.as_str()) {
            Some(&file_idx) => {
                plans[file_idx] = plan_of(column)?;
                let levels = column.levels.clone();
                picked.push(Picked { file_idx, name: column.name.clone(), levels });
            }
            None if chunks.optional.contains(&column.name) => {}
            None => missing.push(column.name.clone()),
        }
    }
    if missing.is_empty() {
        return Ok((plans, picked));
    }
    Err(DataError::MissingColumns { name: path.display().to_string(), missing, found: names.to_vec() })
}

fn plan_of(column: &ColumnSchema) -> Result<Plan, DataError> {
    Ok(match column.kind {
        Kind::Number => Plan::Quantity,
        Kind::Category | Kind::Boolean => Plan::Levels(LevelCodes::new(&column.levels)),
        Kind::Time => Plan::Time(TimeForm::of_column(column)?),
        _ => Plan::Text,
    })
}
