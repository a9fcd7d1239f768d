//! The importance of columns, as a section of the page and for a terminal.

use kitae_eval::intervals::Interval;
use kitae_eval::{Metric, MetricValue};
use kitae_lab::{ColumnImportance, Importance, Spread};
use kitae_report::Contents;
use kitae_report::importance::section;
use kitae_report::text::{Terminal, text};

use crate::{check_document, made};

fn importance(n_columns: usize) -> Importance {
    let column = |at: usize| ColumnImportance {
        column: format!("column {at}"),
        drop: 0.5 / (at + 1) as f64,
        interval: Some(Interval { low: 0.25 - at as f64, high: 0.75 }),
    };
    Importance {
        metric: Metric::LogLoss,
        positive: None,
        baseline: MetricValue(0.25),
        n_repeats: 3,
        n_folds: 4,
        n_rows: 72,
        spread: Spread::Folds,
        columns: (0..n_columns).map(column).collect(),
    }
}

#[test]
fn columns_are_told_in_sentences_pictures_and_a_table() {
    let manifest = made::manifest().unwrap();
    let mut contents = Contents::new("model", &manifest);
    contents.more.push(section(&importance(500)));
    let sentences = [
        "By how much log_loss, 0.2500 with all columns intact, gets worse",
        "Means over 3 permutations in each of 4 folds, on 72 held-out rows.",
        "not what causes the target",
    ];
    let document = contents.document();
    check_document(&document, &sentences);
    check_document(&document, &["Filled dots", "The table lists the first 200 of 500."]);
    let blocks: Vec<_> = section(&importance(500)).into_blocks().collect();
    let text = text(&blocks, &Terminal { most_rows: 30, ..Terminal::ENDLESS });
    for part in sentences {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("  column 0    +0.5000    [0.2500, 0.7500]\n"), "{text}");
    assert!(text.ends_with("  and 470 more\n") && !text.contains("dots"), "{text}");
}

#[test]
fn a_model_of_no_column_that_could_be_measured_says_so() {
    let blocks: Vec<_> = section(&importance(0)).into_blocks().collect();
    assert!(text(&blocks, &Terminal::ENDLESS).contains("No column could be measured."));
}
