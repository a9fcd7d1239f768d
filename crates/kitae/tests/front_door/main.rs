//! From a table to predictions, as a user of the crate does it.

use std::fmt::Write;

use kitae::data::read::ReadOptions;
use kitae::data::target::Task;
use kitae::{Error, Model, Preset, Table, Trainer};

const QUICK: &str =
    "training.epochs = 15\nnetwork.hidden = [16]\nsplit.scheme = { kind = 'k_fold', n_folds = 2 }";

/// Rents by size and district; of every fifth flat the size is not known, which is written `unknown`.
fn flats(n_rows: usize, unknown: &str) -> String {
    let mut text = "size,district,rent\n".to_owned();
    for row in 0..n_rows {
        let (size, district) = (20 + row * 37 % 90, row * 11 % 3);
        let rent = 10 * size + 200 * district;
        let size = if row % 5 == 0 { unknown.to_owned() } else { size.to_string() };
        let _ = writeln!(text, "{size},{},{rent}", ["north", "south", "west"][district]);
    }
    text
}

fn table(text: &str, options: &ReadOptions) -> Table {
    Table::from_bytes(text.as_bytes(), "flats.csv", options).expect("a table")
}

fn trained() -> Model {
    let options = ReadOptions { extra_missing: vec!["-99".to_owned()], ..ReadOptions::default() };
    let trainer = Trainer::new("rent").preset(Preset::Fast).with(QUICK).expect("TOML");
    trainer.train(&table(&flats(200, "-99"), &options)).expect("it trains")
}

#[test]
fn a_model_predicts_the_same_before_and_behind_its_folder() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("flats");
    let model = trained();
    model.save(&folder).expect("it is written");
    let new = table(&flats(30, "-99"), &ReadOptions::default());
    let predictions = model.predict(&new).expect("it predicts");
    let again = Model::load(&folder).expect("it is read").predict(&new).expect("it predicts");
    assert_eq!(predictions, again);
    let csv = String::from_utf8(again.to_csv().expect("finite")).expect("text");
    assert_eq!((csv.lines().next(), csv.lines().count()), (Some("prediction"), 31));
    // Without Burn, too.
    let path = place.path().join("new.csv");
    std::fs::write(&path, flats(30, "-99")).expect("it is written");
    let plain = kitae::infer::Model::load(&folder).expect("it is read");
    let rows = plain.read(&path).expect("a table");
    let values = plain.predictor().expect("it fits").predictions(&rows).expect("it predicts");
    assert_eq!(values, predictions.values);
    assert!(matches!(model.save(&folder), Err(Error::Exists { .. })));
    // An unfinished run is not written into.
    let other = place.path().join("other.v2");
    std::fs::create_dir(place.path().join("other.v2.partial")).expect("a folder");
    assert!(matches!(model.save(&other), Err(Error::Exists { .. })));
    assert!(!other.exists());
}

#[test]
fn what_was_missing_in_training_is_missing_in_new_rows() {
    let model = trained();
    let options = ReadOptions::default();
    let [marked, blank, known] =
        ["-99", "", "50"].map(|size| model.predict(&table(&flats(1, size), &options)).expect("it predicts"));
    assert_eq!(marked, blank);
    assert_ne!(marked, known);
}

#[test]
fn scores_are_told_beside_the_baselines() {
    let model = trained();
    let text = model.scores().to_string();
    for part in ["rmse", "the linear model", "95 % interval"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(model.scores().report().n_rows + model.manifest().model.source.n_sealed, 200);
}

#[test]
fn regions_contain_the_prediction_and_levers_that_do_not_fit_are_refused() {
    let model = trained();
    let new = table(&flats(5, "50"), &ReadOptions::default());
    let level = "0.8".parse().expect("a level");
    let predictions = model.predict_with_regions(&new, level).expect("enough rows");
    let csv = String::from_utf8(predictions.to_csv().expect("finite")).expect("text");
    assert!(csv.starts_with("prediction,prediction_low,prediction_high\n"), "{csv}");
    let wrong = Trainer::new("rent").task(Task::Regression).with("training.epoch = 3").expect("TOML");
    let many = table(&flats(200, "50"), &ReadOptions::default());
    let error = wrong.train(&many).expect_err("an unknown key").to_string();
    assert!(error.contains("training.epoch") || error.contains("`epoch`"), "{error}");
    let error = Trainer::new("price").train(&many).expect_err("no such column").to_string();
    assert!(error.contains("price"), "{error}");
}

#[test]
fn folders_that_were_written_once_are_read_for_ever() {
    for (name, heading) in [("classes", "log_loss"), ("values", "rmse")] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../kitae-infer/tests/golden/");
        let model = Model::load(format!("{folder}{name}")).expect("format 2");
        assert_eq!(model.scores().report().heading(), heading);
        let new = kitae::read_csv(format!("{folder}{name}/new.csv")).expect("a table");
        assert_eq!(model.predict(&new).expect("it predicts").n_rows(), 12);
    }
}
