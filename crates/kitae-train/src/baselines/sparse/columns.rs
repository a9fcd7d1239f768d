//! The columns that a sparse model looks at: those that move the loss most when nothing is known (Fan and Lv
//! 2008, sure independence screening), standardised. Finding them is one pass over all cells.

use kitae_data::features::Features;

use super::targets::ScaledTargets;

/// As many are looked at; of fewer, all.
const MOST_COLUMNS: usize = 1_000;
/// A column whose numbers spread less is constant.
const LEAST_SPREAD: f64 = 1e-6;

pub(super) struct Columns {
    pub(super) n_rows: usize,
    /// Positions among the features, rising.
    pub(super) positions: Vec<usize>,
    pub(super) means: Vec<f64>,
    pub(super) spreads: Vec<f64>,
    /// Column after column, with mean 0 and standard deviation 1.
    values: Vec<f32>,
}

/// What one pass over the rows tells of each column.
#[expect(clippy::struct_field_names, reason = "plain sums beside those of squares and products")]
struct Sums {
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// For each score the sums of products with its residual.
    products: Vec<Vec<f64>>,
}

impl Columns {
    /// Those of `rows` of the features, or of all; `targets` are theirs.
    pub(super) fn screened(features: &Features, targets: &ScaledTargets, rows: Option<&[usize]>) -> Self {
        let all: Vec<usize>;
        let rows = if let Some(rows) = rows {
            rows
        } else {
            all = (0..features.n_rows).collect();
            &all
        };
        let found = Sums::over(features, targets, rows);
        let n = rows.len().max(1) as f64;
        let spread = |column: usize| {
            let mean = found.sums[column] / n;
            (found.squares[column] / n - mean * mean).max(0.0).sqrt()
        };
        let force = |column: usize| {
            let most = found.products.iter().map(|products| products[column].abs()).fold(0.0, f64::max);
            most / spread(column)
        };
        let mut positions: Vec<usize> =
            (0..features.d_numbers).filter(|column| spread(*column) > LEAST_SPREAD).collect();
        if positions.len() > MOST_COLUMNS {
            positions.sort_by(|a, b| force(*b).total_cmp(&force(*a)));
            positions.truncate(MOST_COLUMNS);
            positions.sort_unstable();
        }
        let means: Vec<f64> = positions.iter().map(|column| found.sums[*column] / n).collect();
        let spreads: Vec<f64> = positions.iter().map(|column| spread(*column)).collect();
        let mut values = Vec::with_capacity(positions.len() * rows.len());
        for ((column, mean), spread) in positions.iter().zip(&means).zip(&spreads) {
            let cell = |row: &usize| f64::from(features.numbers[row * features.d_numbers + column]);
            values.extend(rows.iter().map(|row| ((cell(row) - mean) / spread) as f32));
        }
        Self { n_rows: rows.len(), positions, means, spreads, values }
    }

    pub(super) fn len(&self) -> usize {
        self.positions.len()
    }

    pub(super) fn column(&self, column: usize) -> &[f32] {
        &self.values[column * self.n_rows..][..self.n_rows]
    }
}

impl Sums {
    fn over(features: &Features, targets: &ScaledTargets, rows: &[usize]) -> Self {
        let (d, n_scores) = (features.d_numbers, targets.n_scores());
        let constant = targets.constant().repeat(rows.len());
        let residuals: Vec<Vec<f64>> = (0..n_scores)
            .map(|score| {
                let mut residual = vec![0.0; rows.len()];
                targets.residual(&constant, score, &mut residual);
                let mean = residual.iter().sum::<f64>() / rows.len().max(1) as f64;
                for value in &mut residual {
                    *value -= mean;
                }
                residual
            })
            .collect();
        let mut found =
            Self { sums: vec![0.0; d], squares: vec![0.0; d], products: vec![vec![0.0; d]; n_scores] };
        for (at, row) in rows.iter().enumerate() {
            let cells = &features.numbers[row * d..][..d];
            for ((sum, square), cell) in found.sums.iter_mut().zip(&mut found.squares).zip(cells) {
                let cell = f64::from(*cell);
                *sum += cell;
                *square += cell * cell;
            }
            for (products, residual) in found.products.iter_mut().zip(&residuals) {
                for (product, cell) in products.iter_mut().zip(cells) {
                    *product += f64::from(*cell) * residual[at];
                }
            }
        }
        found
    }
}
