//! The same recipe on every backend that is compiled in gives the same answers.

use crate::common::{Workplace, flowers, lengths};

/// Single precision sums in another order, over a few dozen steps.
const TOLERANCE: f64 = 2e-3;

/// All kinds of layers: embeddings would need more levels, so one-hot and numbers feed batch norm,
/// dropout and a learned slope. Embeddings of numbers have biases that batch norm takes back: their
/// gradients are rounding alone, which Adam makes whole steps of. After three epochs the linear model
/// would answer alone, and its line search turns at other places on other backends.
const RECIPE: &str = "--preset fast --epochs 3 --hidden 8,8 --folds 2 --normalisation batch --dropout 0.2 \
     --number-embedding none --blend none \
     --one-hot-max-levels 2 --seed 3 --test-size 0 --threads 1 --quiet";

fn numbers(device: &str, table: &str, target: &str) -> Vec<f64> {
    let workplace = Workplace::new();
    workplace.write("table.csv", table);
    workplace
        .kitae(&format!("train table.csv --target {target} --out model --device {device} {RECIPE}"))
        .ok();
    workplace.kitae(&format!("predict model table.csv --out predictions.csv --device {device}")).ok();
    let text = workplace.read("predictions.csv");
    let cells = text.lines().skip(1).flat_map(|line| line.split(','));
    cells.filter_map(|cell| cell.parse().ok()).collect()
}

#[track_caller]
fn check(device: &str) {
    for (table, target) in [(flowers(48), "kind"), (lengths(48), "length")] {
        let (expected, found) = (numbers("flex", &table, target), numbers(device, &table, target));
        assert!(expected.len() >= 48 && expected.len() == found.len());
        for (expected, found) in expected.iter().zip(&found) {
            let near = (expected - found).abs() <= TOLERANCE * (1.0 + expected.abs());
            assert!(near, "{target}: {expected} on flex, {found} on {device}");
        }
    }
}

#[test]
fn ndarray_agrees_with_flex() {
    check("ndarray");
}

#[cfg(feature = "wgpu")]
#[test]
fn wgpu_agrees_with_flex() {
    check("wgpu");
}

#[cfg(not(feature = "wgpu"))]
#[test]
fn a_backend_that_is_not_compiled_in_is_named_with_those_that_are() {
    let workplace = Workplace::new();
    workplace.write("table.csv", &flowers(48));
    let error = workplace.kitae("train table.csv --target kind --out model --device wgpu").fails(1);
    assert!(error.contains("wgpu") && error.contains("flex, ndarray"), "{error}");
}
