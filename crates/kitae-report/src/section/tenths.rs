//! Errors of a regression in each tenth of the predictions, from the lowest to the highest.

use crate::document::Table;
use crate::words::{number, percent};

/// Rows in a tenth from which its errors say something.
const FEWEST_ROWS: usize = 5;

/// The table; none where tenths would hold fewer than five rows.
pub(super) fn tenths(targets: &[f64], predicted: &[f64]) -> Option<Table> {
    let n_rows = predicted.len();
    if n_rows < 10 * FEWEST_ROWS {
        return None;
    }
    let mut rows: Vec<usize> = (0..n_rows).collect();
    rows.sort_by(|a, b| predicted[*a].total_cmp(&predicted[*b]));
    let residual = |row: &usize| targets[*row] - predicted[*row];
    let squares = |rows: &[usize]| rows.iter().map(|row| residual(row).powi(2)).sum::<f64>();
    let all = squares(&rows);
    let line = |tenth: usize| {
        let part = &rows[tenth * n_rows / 10..(tenth + 1) * n_rows / 10];
        let n = part.len() as f64;
        let share = if all > 0.0 { squares(part) / all } else { 0.1 };
        vec![
            format!("{} to {}", number(predicted[part[0]]), number(predicted[part[part.len() - 1]])),
            part.len().to_string(),
            number(part.iter().map(residual).sum::<f64>() / n),
            number((squares(part) / n).sqrt()),
            percent(share),
        ]
    };
    let columns = ["predicted", "rows", "mean residual", "RMSE", "share of the squared error"];
    Some(Table::new("Errors by decile of the prediction", &columns, (0..10).map(line).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_that_is_answered_too_low_is_seen() {
        // The highest tenth of a hundred is 2 too low, the others are right.
        let predicted: Vec<f64> = (0..100).rev().map(f64::from).collect();
        let targets: Vec<f64> =
            predicted.iter().map(|value| value + if *value >= 90.0 { 2.0 } else { 0.0 }).collect();
        let table = tenths(&targets, &predicted).expect("there are enough rows");
        assert_eq!(table.rows.len(), 10);
        assert_eq!(table.rows[9], ["90.00 to 99.00", "10", "2.000", "2.000", "100 %"]);
        assert_eq!(table.rows[0], ["0 to 9.000", "10", "0", "0", "0 %"]);
        assert!(tenths(&targets[..49], &predicted[..49]).is_none());
    }
}
