//! Which columns of a file are read, and as what.

use std::collections::BTreeSet;
use std::path::Path;

use super::plan::Plan;
use super::verbatim::VerbatimColumn;
use crate::cell::MarkerRule;
use crate::error::DataError;
use crate::levels::LevelCodes;
use crate::names::close_names;
use crate::names::{Renamed, positions};
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::Table;
use crate::times::TimeForms;

/// Which columns are read and how many rows at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkOptions {
    /// The most rows a chunk has; 0 counts as 1.
    pub chunk_rows: usize,
    /// Feature columns that the file may lack, such as the target when one predicts.
    pub optional: Vec<String>,
    /// Columns that are not read even if they are there.
    pub skip: Vec<String>,
    /// Columns that are no features and are read all the same, as texts, such as identifiers.
    pub keep: Vec<String>,
    /// Columns of the file, known or not, whose cells come as they are written too.
    pub verbatim: Verbatim,
}

/// Columns whose cells are wanted as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verbatim {
    /// These, in this order.
    Columns(Vec<String>),
    /// All columns in the order of the file.
    All,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self {
            chunk_rows: 1 << 16,
            optional: Vec::new(),
            skip: Vec::new(),
            keep: Vec::new(),
            verbatim: Verbatim::Columns(Vec::new()),
        }
    }
}

/// Some rows of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Cells that fit the schema.
    pub table: Table,
    /// Cells as they are written, of the columns that were asked for.
    pub verbatim: Vec<VerbatimColumn>,
}

/// A column of the chunks and where it is in the file.
pub(super) struct Picked {
    pub(super) file_idx: usize,
    pub(super) name: String,
    pub(super) levels: Vec<String>,
}

/// What is read of a file.
pub(super) struct Choice {
    /// What is done with each column of the file.
    pub(super) plans: Vec<Plan>,
    /// Which come out, in what order.
    pub(super) picked: Vec<Picked>,
    /// Which come out as they are written too.
    pub(super) verbatim: Vec<usize>,
    /// Which were taken though they are called otherwise.
    pub(super) renamed: Vec<Renamed>,
    /// The names that the schema does not know.
    pub(super) unknown: Vec<String>,
}

impl Choice {
    /// Chooses among the columns called `names`.
    pub(super) fn new(
        names: &[String],
        schema: &Schema,
        chunks: &ChunkOptions,
        path: &Path,
    ) -> Result<Self, DataError> {
        let known: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
        let places = positions(&known, names);
        let mut plans = vec![Plan::Skip; names.len()];
        let (mut picked, mut missing, mut renamed) = (Vec::new(), Vec::new(), Vec::new());
        for (column, place) in schema.columns.iter().zip(&places) {
            let is_kept = chunks.keep.contains(&column.name);
            if chunks.skip.contains(&column.name) || !(is_kept || column.kind.is_feature()) {
                continue;
            }
            match *place {
                Some(file_idx) => {
                    plans[file_idx] = plan_of(column)?;
                    let (name, levels) = (column.name.clone(), column.levels.clone());
                    if names[file_idx] != name {
                        renamed.push(Renamed { column: name.clone(), found: names[file_idx].clone() });
                    }
                    picked.push(Picked { file_idx, name, levels });
                }
                None if chunks.optional.contains(&column.name) => {}
                None => missing.push(column.name.clone()),
            }
        }
        if !missing.is_empty() {
            let (name, found) = (path.display().to_string(), names.to_vec());
            return Err(DataError::MissingColumns { name, missing, found });
        }
        let places: BTreeSet<usize> = places.into_iter().flatten().collect();
        let unknown = (0..names.len()).filter(|idx| !places.contains(idx)).map(|idx| names[idx].clone());
        let unknown = unknown.collect();
        Ok(Self { plans, picked, verbatim: verbatim(names, &chunks.verbatim)?, renamed, unknown })
    }
}

pub(super) fn plan_of(column: &ColumnSchema) -> Result<Plan, DataError> {
    Ok(match column.kind {
        Kind::Number => Plan::Quantity(column.notation.clone()),
        Kind::Category | Kind::Boolean => Plan::Levels(LevelCodes::of_column(column)),
        Kind::Time => Plan::Time(TimeForms::of_column(column)?),
        _ => Plan::Text(MarkerRule::Missing),
    })
}

/// Each column once.
fn verbatim(names: &[String], wanted: &Verbatim) -> Result<Vec<usize>, DataError> {
    let Verbatim::Columns(wanted) = wanted else { return Ok((0..names.len()).collect()) };
    let mut places = Vec::new();
    for name in wanted {
        let Some(place) = names.iter().position(|found| found == name) else {
            let (close, found) = (close_names(name, names), names.to_vec());
            return Err(DataError::UnknownColumn { name: name.clone(), close, found });
        };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}
