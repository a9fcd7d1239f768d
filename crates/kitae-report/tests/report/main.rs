//! The page as its readers get it, from values that are well, damaged, huge or hostile.

#![expect(clippy::unwrap_used, reason = "a test may end where something is not as it should be")]

mod damage;
mod diagnosis;
mod importance;
mod layers;
mod ledger;
mod made;
mod page;
mod png;
mod size;
mod study;
mod text;
mod xml;

use kitae_report::chart::Chart;
use kitae_report::document::Document;
use kitae_report::{Contents, Experiment, ScoredRows, Wording};
use kitae_train::engine::Predictions;
use kitae_train::model::Manifest;
use kitae_train::prepare::Targets;
use kitae_train::{Recipe, SplitBy};

pub(crate) fn page(contents: &Contents) -> String {
    contents.document().html()
}

pub(crate) fn charts(contents: &Contents) -> Vec<Chart> {
    contents.document().charts().into_iter().cloned().collect()
}

/// Rows of flowers, in a folder of this kind.
pub(crate) fn flowers<'a>(folder: &'a str, recipe: &'a Recipe) -> Experiment<'a> {
    let (by, wording) = (&SplitBy::Random, Wording::default());
    let (target, data, kitae) = ("kind", "flowers.csv", "0.1.0");
    Experiment { folder, recipe, target, by, data, fingerprint: 255, kitae, wording }
}

/// The page is small, well-formed, without a script, has these parts, and pictures of numbers.
#[track_caller]
pub(crate) fn check_document(document: &Document, parts: &[&str]) {
    let html = document.html();
    xml::check(&html);
    assert!(html.len() < 1_000_000 && !html.contains("<script"), "{} bytes", html.len());
    for part in parts {
        assert!(html.contains(part), "{part}");
    }
    for chart in document.charts() {
        xml::check(&chart.standalone());
        assert!(!chart.marks.contains("NaN") && !chart.marks.contains("inf"), "{}", chart.name);
        assert!(chart.png().is_ok(), "{}", chart.name);
    }
}

/// The manifest of a regression.
pub(crate) fn values_manifest() -> Manifest {
    serde_json::from_str(include_str!("../fixtures/values.json")).unwrap()
}

/// Predictions of a classification that are right for most rows.
pub(crate) fn classes(n_rows: usize, n_classes: usize) -> ScoredRows {
    let targets: Vec<u32> = (0..n_rows).map(|row| (row * 7919 % n_classes) as u32).collect();
    let mut values = Vec::new();
    for (row, class) in targets.iter().enumerate() {
        let answer = if row % 9 == 0 { (*class as usize + 1) % n_classes } else { *class as usize };
        let sure = 0.5 + (row % 50) as f64 / 101.0;
        let rest = (1.0 - sure) / (n_classes - 1) as f64;
        values.extend((0..n_classes).map(|class| if class == answer { sure } else { rest }));
    }
    ScoredRows {
        targets: Targets::Classes(targets),
        predictions: Predictions { values, n_columns: n_classes },
    }
}

/// Predictions of a regression.
pub(crate) fn values(n_rows: usize) -> ScoredRows {
    let targets: Vec<f64> = (0..n_rows).map(|row| (row as f64 * 0.7).sin() * 10.0).collect();
    let values = targets.iter().enumerate().map(|(row, value)| value + (row as f64 * 1.3).cos()).collect();
    ScoredRows { targets: Targets::Values(targets), predictions: Predictions { values, n_columns: 1 } }
}
