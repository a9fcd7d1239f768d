//! Columns that say the same as another.

use std::collections::HashMap;

use crate::finding::{Cure, Finding, Severity, What};
use crate::schema::Schema;
use crate::table::{Cells, MISSING, Table};

/// Groups of columns that are copies of each other, or the same in other words: each value of one goes with one value
/// of the other, and values repeat often enough that this is no chance.
pub(super) fn find(table: &Table, schema: &Schema) -> Vec<Finding> {
    let mut groups: HashMap<(usize, usize), Vec<&str>> = HashMap::new();
    let mut keys = Vec::new();
    for column in schema.columns.iter().filter(|column| column.n_distinct > 1) {
        let key = (column.n_distinct, column.n_missing);
        let group = groups.entry(key).or_default();
        if group.is_empty() {
            keys.push(key);
        }
        group.push(&column.name);
    }
    keys.iter().flat_map(|key| twins_among(table, &groups[key], *key)).collect()
}

fn twins_among(table: &Table, names: &[&str], (n_distinct, n_missing): (usize, usize)) -> Vec<Finding> {
    let may_be_recoded = n_distinct * 2 <= table.n_rows.saturating_sub(n_missing);
    let mut findings = Vec::new();
    let mut is_taken = vec![false; names.len()];
    for first in 0..names.len() {
        let Some(cells) = table.column(names[first]).map(|column| &column.cells) else { continue };
        for second in first + 1..names.len() {
            let Some(other) = table.column(names[second]).map(|column| &column.cells) else { continue };
            if is_taken[second] {
                continue;
            }
            let how = if are_equal(cells, other) {
                "holds the same cells as"
            } else if may_be_recoded && are_recoded(cells, other) {
                "says the same in other words as"
            } else {
                continue;
            };
            is_taken[second] = true;
            let message = format!("`{}` {how} `{}`: one of them is enough", names[second], names[first]);
            let finding =
                Finding::new(What::Twins, Severity::Note, message).of(names[first]).of(names[second]);
            findings.push(finding.cured_by(Cure::with("--drop", names[second])));
        }
    }
    findings
}

fn are_equal(a: &Cells, b: &Cells) -> bool {
    match (a, b) {
        (Cells::Numbers(a), Cells::Numbers(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
        }
        (a, b) => a == b,
    }
}

fn are_recoded(a: &Cells, b: &Cells) -> bool {
    let n_rows = a.len().min(b.len());
    let (mut b_of, mut a_of) = (HashMap::new(), HashMap::new());
    (0..n_rows).all(|row| {
        let (a, b) = (value(a, row), value(b, row));
        *b_of.entry(a).or_insert(b) == b && *a_of.entry(b).or_insert(a) == a
    })
}

/// The cell as a number that is equal for equal cells; `None` if it is missing.
fn value(cells: &Cells, row: usize) -> Option<u64> {
    match cells {
        Cells::Numbers(values) => (!values[row].is_nan()).then(|| (values[row] + 0.0).to_bits()),
        Cells::Levels { codes, .. } => (codes[row] != MISSING).then(|| u64::from(codes[row])),
    }
}
