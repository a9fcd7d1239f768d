//! Parts that are missing, empty or make no sense: a page without them, and a sentence why.

use kitae_eval::{MetricValue, Score};
use kitae_report::{Contents, ScoredRows};
use kitae_train::Event;
use kitae_train::engine::Predictions;
use kitae_train::model::Manifest;
use kitae_train::observer::LaneEnd;
use kitae_train::prepare::Targets;

use crate::{charts, classes, made, page, values, values_manifest, xml};

#[track_caller]
fn check(contents: &Contents, sentence: &str) {
    let html = page(contents);
    xml::check(&html);
    assert!(html.contains(sentence), "{sentence}");
    for chart in charts(contents) {
        // A score that is no number is called so; no mark is drawn at such a place.
        let marks = chart.marks.replace(">NaN<", "");
        assert!(!marks.contains("NaN") && !marks.contains("inf"), "{}: {marks}", chart.name);
    }
}

fn scored(manifest: &Manifest, targets: Targets, values: Vec<f64>, n_columns: usize, sentence: &str) {
    let mut contents = Contents::new("model", manifest);
    contents.scored = Ok(ScoredRows { targets, predictions: Predictions { values, n_columns } });
    check(&contents, sentence);
}

#[test]
fn what_is_missing_is_said() {
    let manifest = made::manifest().unwrap();
    let mut contents = Contents::new("model", &manifest);
    check(&contents, "There is no run record");
    check(&contents, "There are no out-of-fold predictions");
    contents.events = Ok(Vec::new());
    check(&contents, "holds no epoch");
    contents.looks = Err("The looks were lost.".into());
    check(&contents, "The looks were lost.");
}

#[test]
fn predictions_that_do_not_fit_are_said() {
    let (classes, numbers) = (made::manifest().unwrap(), values_manifest());
    scored(&classes, Targets::Classes(Vec::new()), Vec::new(), 3, "at least one row");
    scored(&classes, Targets::Classes(vec![7]), vec![0.2, 0.3, 0.5], 3, "the class must be below 3");
    scored(&classes, Targets::Classes(vec![0]), vec![f64::NAN, 0.5, 0.5], 3, "between 0 and 1");
    scored(&classes, Targets::Values(vec![0.0]), vec![1.0], 1, "but the target is a class");
    scored(&numbers, Targets::Values(vec![1.0]), vec![f64::NAN], 1, "finite");
    scored(&numbers, Targets::Values(Vec::new()), Vec::new(), 1, "at least one row");
    scored(&numbers, Targets::Classes(vec![0]), vec![1.0], 1, "but the target is a number");
}

#[test]
fn one_row_and_one_value_make_a_page() {
    let (classes, numbers) = (made::manifest().unwrap(), values_manifest());
    scored(&classes, Targets::Classes(vec![1]), vec![0.0, 1.0, 0.0], 3, "1 of 1 rows are on the diagonal");
    for value in [0.0, 1e300, -1e-300] {
        scored(&numbers, Targets::Values(vec![value]), vec![value], 1, "1 row of");
        scored(&numbers, Targets::Values(vec![value; 9]), vec![value; 9], 1, "9 rows of");
    }
    scored(&numbers, Targets::Values(vec![1e308, -1e308]), vec![-1e308, 1e308], 1, "2 rows of");
}

#[test]
fn two_classes_of_which_one_never_comes_make_a_page() {
    let mut manifest = made::manifest().unwrap();
    manifest.model.class_names.truncate(2);
    scored(&manifest, Targets::Classes(vec![0; 4]), [1.0, 0.0].repeat(4), 2, "4 of 4 rows");
    let mut contents = Contents::new("model", &manifest);
    contents.scored = Ok(classes(50, 2));
    check(&contents, "ROC curve of rose, wild");
}

#[test]
fn a_run_of_one_network_that_diverged_makes_a_page() {
    let manifest = values_manifest();
    let mut contents = Contents::new("model", &manifest);
    contents.scored = Ok(values(40));
    let epoch = |epoch, loss| Event::EpochEnded {
        lane: 0,
        epoch,
        loss,
        validation_loss: loss,
        validation_score: None,
        learning_rate: f64::NAN,
        seconds: f64::INFINITY,
    };
    let end = Event::LaneEnded { lane: 0, kept_epoch: 0, n_epochs: 3, reason: LaneEnd::Diverged };
    contents.events = Ok(vec![epoch(1, Some(1.0)), epoch(2, None), epoch(3, Some(f64::INFINITY)), end]);
    check(&contents, "1 diverged");
    // A record of a run that was killed: no plan, no end, a lane that nobody counted to.
    let lost = Event::EpochEnded {
        lane: usize::MAX - 1,
        epoch: usize::MAX,
        loss: Some(-1.0),
        validation_loss: None,
        validation_score: Some(Score(f64::NAN)),
        learning_rate: 0.0,
        seconds: f64::NAN,
    };
    contents.events = Ok(vec![lost, Event::RunEnded { seconds: f64::NAN }]);
    check(&contents, "The record has no end of 1.");
}

#[test]
fn scores_that_are_not_there_or_no_numbers_make_a_page() {
    let mut manifest = made::manifest().unwrap();
    let entry = &mut manifest.scores.entries[0];
    (entry.value, entry.interval, entry.folds_interval) = (MetricValue(f64::NAN), None, None);
    entry.folds = vec![None, Some(MetricValue(f64::INFINITY))];
    check(&Contents::new("", &manifest), "log_loss is NaN");
    manifest.scores.entries.clear();
    manifest.scores.baselines.clear();
    manifest.scores.optimism = Some(f64::NAN);
    manifest.model.layout.inputs.clear();
    manifest.model.lanes.clear();
    (manifest.model.source.n_rows, manifest.model.source.n_sealed) = (0, 0);
    check(&Contents::new("///", &manifest), "No metric has a value");
}
