//! Fitting: the only place that looks at training rows, and it looks at no others.

use super::cells::{Source, find_cells, seen_levels, sources};
use super::scaling::ScaledNumber;
use super::{Layout, NumericTransform, PreprocessConfig, PreprocessError, Preprocessor};
use crate::table::Table;

impl PreprocessConfig {
    /// Fits the preprocessing on `rows` of `table`, the training rows, and on nothing else. The order
    /// of the rows does not matter.
    ///
    /// A level that none of them holds will count as missing.
    ///
    /// # Errors
    ///
    /// If there is no row or no feature, a row lies outside the table, the columns of the table are not
    /// those of the layout, or a number is infinite.
    pub fn fit(&self, layout: &Layout, table: &Table, rows: &[u32]) -> Result<Preprocessor, PreprocessError> {
        if rows.is_empty() {
            return Err(PreprocessError::NoRows);
        }
        if layout.inputs.is_empty() {
            return Err(PreprocessError::NoFeatures { left_out: reasons(layout) });
        }
        let cells = find_cells(layout, table, rows, self.unseen)?;
        let seen = seen_levels(layout, &cells, rows, self.min_level_rows);
        let numbers = self.fit_numbers(&sources(layout, &cells, &seen), layout.n_numeric(), rows)?;
        Ok(Preprocessor { layout: layout.clone(), unseen: self.unseen, numbers, seen })
    }

    fn fit_numbers(
        &self,
        sources: &[Source],
        n_numeric: usize,
        rows: &[u32],
    ) -> Result<Vec<ScaledNumber>, PreprocessError> {
        let fit = |(position, source): (usize, &Source)| {
            let mut values = vec![0.0; rows.len()];
            source.read(rows, &mut values)?;
            let transform = if position < n_numeric { self.numeric } else { self.transform_of_marks() };
            Ok(ScaledNumber::fit(transform, values))
        };
        sources.iter().enumerate().map(fit).collect()
    }

    /// `RealMLP` scales the numbers that are made from levels like all others; elsewhere they stay.
    fn transform_of_marks(&self) -> NumericTransform {
        match self.numeric {
            NumericTransform::RobustSmoothClip => NumericTransform::RobustSmoothClip,
            _ => NumericTransform::None,
        }
    }
}

fn reasons(layout: &Layout) -> String {
    let reasons: Vec<String> = layout
        .left_out
        .iter()
        .map(|left_out| format!("`{}`: {}", left_out.column, left_out.reason))
        .collect();
    if reasons.is_empty() { "the table has no other column".to_owned() } else { reasons.join("; ") }
}
