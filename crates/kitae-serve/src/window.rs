//! The rows that came last.

use kitae_data::finding::Finding;
use kitae_data::profile::{Comparison, Profile};
use kitae_data::schema::Schema;
use kitae_data::table::{Cells, Column, Table};

/// So many rows are kept.
pub(crate) const WINDOW_ROWS: usize = 10_000;

/// The last rows of a model, column by column; a new one takes the place of the oldest.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    names: Vec<String>,
    cells: Vec<Cells>,
    n_rows: usize,
    /// Where the next row goes once all places are taken.
    next: usize,
}

/// How the last rows are unlike those of training.
pub(crate) struct Drift {
    pub(crate) n_rows: usize,
    /// The distance of each column that was there.
    pub(crate) distances: Vec<(String, f64)>,
    pub(crate) findings: Vec<Finding>,
}

impl Window {
    /// For the columns that `profile` knows.
    pub(crate) fn new(profile: &Profile) -> Self {
        let names = profile.columns.iter().map(|column| column.name.clone()).collect();
        Self { names, cells: Vec::new(), n_rows: 0, next: 0 }
    }

    /// Rows whose cells fit the schema of the model.
    pub(crate) fn add(&mut self, table: &Table) {
        let columns = table.columns_named(self.names.iter().map(String::as_str));
        if self.cells.is_empty() {
            self.cells = columns.iter().map(|column| empty_like(*column)).collect();
        }
        let from = table.n_rows.saturating_sub(WINDOW_ROWS);
        let n_new = table.n_rows - from;
        for (kept, column) in self.cells.iter_mut().zip(columns) {
            match (kept, column.map(|column| &column.cells)) {
                (Cells::Numbers(kept), Some(Cells::Numbers(new))) => put(kept, &new[from..], self.next),
                (Cells::Levels { codes, .. }, Some(Cells::Levels { codes: new, .. })) => {
                    put(codes, &new[from..], self.next);
                }
                // A table of the model has every column that it is fed with, and each is of one kind.
                _ => {}
            }
        }
        self.n_rows = (self.n_rows + n_new).min(WINDOW_ROWS);
        self.next = (self.next + n_new) % WINDOW_ROWS;
    }

    /// The rows beside those of training, in no order.
    pub(crate) fn drift(self, profile: &Profile, schema: &Schema) -> Drift {
        let known = profile.columns.iter().zip(&self.cells);
        let distance = |(column, cells): (&kitae_data::profile::ColumnProfile, &Cells)| {
            (column.name.clone(), column.distance(cells, profile.n_rows))
        };
        let distances = known.map(distance).collect();
        let columns = self.names.into_iter().zip(self.cells);
        let columns = columns.map(|(name, cells)| Column { name, cells }).collect();
        let mut comparison = Comparison::new(profile, schema);
        comparison.add(&Table { columns, n_rows: self.n_rows });
        Drift { n_rows: self.n_rows, distances, findings: comparison.findings() }
    }
}

fn empty_like(column: Option<&Column>) -> Cells {
    match column.map(|column| &column.cells) {
        Some(Cells::Levels { .. }) => Cells::Levels { codes: Vec::new(), levels: Vec::new() },
        _ => Cells::Numbers(Vec::new()),
    }
}

/// Fills up to the length of the window, then goes on from place `next` around.
fn put<T: Copy>(kept: &mut Vec<T>, new: &[T], next: usize) {
    for (offset, value) in new.iter().enumerate() {
        let place = (next + offset) % WINDOW_ROWS;
        match kept.get_mut(place) {
            Some(old) => *old = *value,
            None => kept.push(*value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(values: Vec<f64>) -> Table {
        let n_rows = values.len();
        Table { columns: vec![Column { name: "x".to_owned(), cells: Cells::Numbers(values) }], n_rows }
    }

    #[test]
    fn the_last_rows_are_kept_however_they_came() {
        let old = table((0..100).map(f64::from).collect());
        let rows: Vec<u32> = (0..100).collect();
        let profile = Profile::of(&old, &rows, ["x"]);
        for sizes in [vec![1; 10_050], vec![3000; 5], vec![25_000], vec![1, 9_999, 1], vec![2]] {
            let mut window = Window::new(&profile);
            let mut all = Vec::new();
            for size in sizes {
                let new: Vec<f64> = (all.len()..all.len() + size).map(|value| value as f64).collect();
                all.extend_from_slice(&new);
                window.add(&table(new));
            }
            let last = &all[all.len().saturating_sub(WINDOW_ROWS)..];
            let Cells::Numbers(mut kept) = window.cells[0].clone() else { panic!("numbers") };
            kept.sort_by(f64::total_cmp);
            assert_eq!(kept, last);
            assert_eq!(window.n_rows, last.len());
        }
    }

    #[test]
    fn rows_far_from_training_are_far_in_words_and_numbers() {
        let old = table((0..100).map(f64::from).collect());
        let rows: Vec<u32> = (0..100).collect();
        let profile = Profile::of(&old, &rows, ["x"]);
        let schema = kitae_data::infer::infer_schema(&old, &kitae_data::infer::Hints::default()).unwrap();
        let mut window = Window::new(&profile);
        window.add(&table(vec![1e6; 20]));
        let drift = window.drift(&profile, &schema);
        assert_eq!((drift.n_rows, drift.distances), (20, vec![("x".to_owned(), 1.0)]));
        assert_eq!(drift.findings.len(), 1, "{:?}", drift.findings);
    }
}
