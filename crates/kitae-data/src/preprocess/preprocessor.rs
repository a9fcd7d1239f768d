//! The fitted preprocessing: rows to features.

use serde::{Deserialize, Serialize};

use super::cells::{InputCells, find_cells, sources};
use super::layout::InputKind;
use super::scaling::ScaledNumber;
use super::{Layout, PreprocessError, UnseenLevels};
use crate::features::Features;
use crate::table::Table;

/// Rows are read, scaled and written in blocks that stay in the nearest cache.
const BLOCK_ROWS: usize = 256;

/// Preprocessing that was fitted on training rows. It holds no cell of them, only what it needs of
/// their distribution. A stored one is checked when it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredPreprocessor")]
pub struct Preprocessor {
    pub(super) layout: Layout,
    pub(super) unseen: UnseenLevels,
    /// One for each number of the layout.
    pub(super) numbers: Vec<ScaledNumber>,
    /// For each input, which of its levels a training row held.
    pub(super) seen: Vec<Vec<bool>>,
}

impl Preprocessor {
    /// Which numbers and codes a row becomes.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How each number of the layout is scaled.
    pub fn numbers(&self) -> &[ScaledNumber] {
        &self.numbers
    }

    /// For each input, which of its levels a training row held; none of numbers and times.
    pub fn seen(&self) -> &[Vec<bool>] {
        &self.seen
    }

    /// What is done with a text that is none of the levels.
    pub fn unseen(&self) -> UnseenLevels {
        self.unseen
    }

    /// The features of `rows`, in the order given. Rows may repeat; no row at all is fine.
    ///
    /// # Errors
    ///
    /// If a row lies outside the table, the columns of the table are not those of the layout, a number
    /// is infinite, or a level is unseen where that is refused.
    pub fn transform(&self, table: &Table, rows: &[u32]) -> Result<Features, PreprocessError> {
        let cells = find_cells(&self.layout, table, rows, self.unseen)?;
        let cardinalities = self.layout.cardinalities();
        Ok(Features {
            n_rows: rows.len(),
            d_numbers: self.numbers.len(),
            numbers: self.scaled_numbers(&cells, rows)?,
            n_codes: cardinalities.len(),
            codes: self.known_codes(&cells, rows, cardinalities.len()),
        })
    }

    /// The features of every row of `table`.
    ///
    /// # Errors
    ///
    /// As [`Self::transform`].
    pub fn transform_all(&self, table: &Table) -> Result<Features, PreprocessError> {
        let rows: Vec<u32> = (0..table.n_rows as u32).collect();
        self.transform(table, &rows)
    }

    /// Whether this belongs to a model whose layout is `layout`.
    ///
    /// # Errors
    ///
    /// If it belongs to another or contradicts itself.
    pub fn check(&self, layout: &Layout) -> Result<(), PreprocessError> {
        if self.layout != *layout {
            return Err(PreprocessError::OtherLayout);
        }
        let damaged = |problem: String| Err(PreprocessError::Damaged { problem });
        let (d_numbers, n_inputs) = (self.layout.d_numbers(), self.layout.inputs.len());
        if self.numbers.len() != d_numbers {
            return damaged(format!("expected {d_numbers} fitted numbers, got {}", self.numbers.len()));
        }
        if self.seen.len() != n_inputs {
            return damaged(format!(
                "expected the seen levels of {n_inputs} columns, got {}",
                self.seen.len()
            ));
        }
        for (input, seen) in self.layout.inputs.iter().zip(&self.seen) {
            let (column, n_levels) = (&input.column, input.levels().len());
            if seen.len() != n_levels {
                return damaged(format!("expected {n_levels} seen levels of `{column}`, got {}", seen.len()));
            }
        }
        for (origin, number) in self.layout.numbers().iter().zip(&self.numbers) {
            if let Some(problem) = number.problem() {
                return damaged(format!("{problem} ({origin})"));
            }
        }
        Ok(())
    }

    /// `[n_rows, d_numbers]`
    fn scaled_numbers(&self, cells: &[InputCells], rows: &[u32]) -> Result<Vec<f32>, PreprocessError> {
        let sources = sources(&self.layout, cells, &self.seen);
        let d_numbers = sources.len();
        if d_numbers == 0 {
            return Ok(Vec::new());
        }
        let mut numbers = vec![0.0; rows.len() * d_numbers];
        let (mut raw, mut scaled) = ([0.0; BLOCK_ROWS], [0.0; BLOCK_ROWS]);
        for (rows, block) in rows.chunks(BLOCK_ROWS).zip(numbers.chunks_mut(BLOCK_ROWS * d_numbers)) {
            let (raw, scaled) = (&mut raw[..rows.len()], &mut scaled[..rows.len()]);
            for (i, (source, number)) in sources.iter().zip(&self.numbers).enumerate() {
                source.read(rows, raw)?;
                number.apply(raw, scaled);
                for (row, scaled) in block.chunks_exact_mut(d_numbers).zip(&*scaled) {
                    row[i] = *scaled;
                }
            }
        }
        Ok(numbers)
    }

    /// `[n_rows, n_codes]`
    fn known_codes(&self, cells: &[InputCells], rows: &[u32], n_codes: usize) -> Vec<u32> {
        let mut codes = vec![0; rows.len() * n_codes];
        let inputs = self.layout.inputs.iter().zip(cells).zip(&self.seen);
        let code_inputs = inputs.filter(|((input, _), _)| matches!(input.kind, InputKind::Code { .. }));
        for (i, ((_, cells), seen)) in code_inputs.enumerate() {
            let InputCells::Codes(column) = cells else { continue };
            let level_codes = (1_u32..).zip(seen).map(|(code, seen)| if *seen { code } else { 0 });
            let known: Vec<u32> = std::iter::once(0).chain(level_codes).collect();
            for (slot, &row) in codes.iter_mut().skip(i).step_by(n_codes).zip(rows) {
                *slot = known.get(column[row as usize] as usize).copied().unwrap_or(0);
            }
        }
        codes
    }
}

/// What stands in a file, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPreprocessor {
    layout: Layout,
    unseen: UnseenLevels,
    numbers: Vec<ScaledNumber>,
    seen: Vec<Vec<bool>>,
}

impl TryFrom<StoredPreprocessor> for Preprocessor {
    type Error = PreprocessError;

    fn try_from(stored: StoredPreprocessor) -> Result<Self, PreprocessError> {
        let StoredPreprocessor { layout, unseen, numbers, seen } = stored;
        let preprocessor = Self { layout, unseen, numbers, seen };
        preprocessor.check(&preprocessor.layout)?;
        Ok(preprocessor)
    }
}

#[cfg(test)]
mod tests;
