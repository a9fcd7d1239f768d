//! New rows against those of a model.

use std::sync::atomic::AtomicBool;

use kitae_data::synthetic::{Synthetic, make};
use kitae_data::table::Cells;
use kitae_lab::drift;

use crate::common::with_context;
use crate::diagnosis::problem_of;

#[test]
fn new_rows_that_are_told_apart_without_an_error_have_drifted() {
    let problem = problem_of(make(Synthetic::TwoMoons, 120, 0), "moon");
    let mut new = make(Synthetic::TwoMoons, 120, 1);
    for column in &mut new.columns {
        if let Cells::Numbers(values) = &mut column.cells {
            for value in values.iter_mut() {
                *value += 50.0;
            }
        }
    }
    let inputs = ["x".to_owned(), "y".to_owned()];
    let drift = with_context(&AtomicBool::new(false), |place| drift(&problem, &inputs, &new, place));
    let drift = drift.expect("it trains");
    assert!(drift.is_seen() && drift.auc.0 == 1.0 && drift.columns[0].distance == 1.0, "{drift:?}");
}
