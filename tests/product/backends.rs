//! The same recipe on every backend that is compiled in gives the same predictions.

use std::fmt::Write;

use crate::common::{Workplace, flowers, lengths};

/// Single precision sums in another order, over a few dozen steps.
const TOLERANCE: f64 = 2e-3;

/// All kinds of layers: embeddings would need more levels, so one-hot and numbers feed batch norm,
/// dropout and a learned slope. Embeddings of numbers have biases that batch norm takes back: their
/// gradients are rounding alone, which Adam makes whole steps of. After three epochs the linear model
/// would predict alone, and its line search turns at other places on other backends.
const RECIPE: &str = "--preset fast --epochs 3 --hidden 8,8 --folds 2 --normalisation batch --dropout 0.2 \
     --number-embedding none --blend none \
     --one-hot-max-levels 2 --seed 3 --test-size 0 --threads 1 --quiet";

fn numbers(device: &str, table: &str, target: &str, recipe: &str) -> Vec<f64> {
    let workplace = Workplace::new();
    workplace.write("table.csv", table);
    workplace
        .kitae(&format!("train table.csv --target {target} --out model --device {device} {recipe}"))
        .ok();
    workplace.kitae(&format!("predict model table.csv --out predictions.csv --device {device}")).ok();
    let text = workplace.read("predictions.csv");
    let cells = text.lines().skip(1).flat_map(|line| line.split(','));
    cells.filter_map(|cell| cell.parse().ok()).collect()
}

/// Two categories, too many levels for one number each, and no number among the features.
fn sales(n_rows: usize) -> String {
    let mut text = String::from("town,product,sold\n");
    for row in 0..n_rows {
        let (town, product) = (row % 5, row * 7 % 6);
        let _ = writeln!(text, "T{town},P{product},{}", 3 * town + product * product + row % 2);
    }
    text
}

/// 2 lanes of more than 2,100 rows and 64 neurons: so many activations let a graphics processor make its
/// masks itself.
#[cfg(feature = "wgpu")]
#[test]
fn wgpu_makes_the_masks_of_flex() {
    let recipe = "--preset fast --epochs 3 --hidden 64 --folds 2 --batch 5000 --dropout 0.5 --learning-rate 0.05 \
         --number-embedding none --blend none --seed 3 --test-size 0 --threads 1 --quiet";
    let [expected, found] = ["flex", "wgpu"].map(|device| numbers(device, &lengths(5000), "length", recipe));
    assert!(expected.len() >= 5000 && expected.len() == found.len());
    let differences = expected.iter().zip(&found).map(|(x, y)| (x - y).abs() / (1.0 + x.abs()));
    assert!(differences.fold(0.0, f64::max) <= TOLERANCE);
}

#[track_caller]
fn check(device: &str) {
    let sales = sales(60);
    let cases = [
        (flowers(48), "kind", ""),
        (lengths(48), "length", ""),
        (sales.clone(), "sold", ""),
        (sales, "sold", "--mixing mixup"),
    ];
    for (table, target, more) in cases {
        let of = |device| numbers(device, &table, target, &format!("{RECIPE} {more}"));
        let (expected, found) = (of("flex"), of(device));
        assert!(expected.len() >= 48 && expected.len() == found.len());
        for (expected, found) in expected.iter().zip(&found) {
            let near = (expected - found).abs() <= TOLERANCE * (1.0 + expected.abs());
            assert!(near, "{target} {more}: {expected} on flex, {found} on {device}");
        }
    }
}

#[test]
fn a_table_of_categories_alone_is_learned() {
    let workplace = Workplace::new();
    workplace.write("sales.csv", &sales(120));
    let train =
        "train sales.csv --target sold --preset fast --one-hot-max-levels 2 --quiet --overwrite --out";
    let out = workplace.kitae(&format!("{train} numbers --task regression")).ok();
    assert!(out.contains("better than the mean"), "{out}");
    let out = workplace.kitae(&format!("{train} classes --task classification --epochs 3")).ok();
    assert!(out.contains("log_loss"), "{out}");
    workplace.kitae("evaluate numbers").ok();
    let out = workplace.kitae("report numbers --importance").ok();
    assert!(out.contains("product"), "{out}");
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
