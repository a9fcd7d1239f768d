//! From a table to predictions, as a user of the crate does it.

use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use kitae::data::read::ReadOptions;
use kitae::data::target::Task;
use kitae::training::ArtefactError;
use kitae::training::looks::Which;
use kitae::{
    Error, EvaluateConfig, Evaluation, Event, ImportanceConfig, Machine, Model, Preset, Table, Trainer,
};

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

fn training_table() -> Table {
    let options = ReadOptions { extra_missing: vec!["-99".to_owned()], ..ReadOptions::default() };
    table(&flats(200, "-99"), &options)
}

fn trainer() -> Trainer {
    Trainer::new("rent").preset(Preset::Fast).with(QUICK).expect("TOML")
}

fn trained() -> Model {
    trainer().train(&training_table()).expect("it trains")
}

/// A model behind its folder.
fn saved(folder: &Path) -> Model {
    trained().save(folder).expect("it is written");
    Model::load(folder).expect("it is read")
}

fn evaluated(model: &Model, table: &Table) -> Result<Evaluation, Error> {
    model.evaluate(table, &EvaluateConfig::at(UNIX_EPOCH))
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
    assert!(matches!(model.save(&folder), Err(Error::Artefact(ArtefactError::Exists { .. }))));
    // An unfinished run is not written into.
    let other = place.path().join("other.v2");
    std::fs::create_dir(place.path().join("other.v2.partial")).expect("a folder");
    assert!(matches!(model.save(&other), Err(Error::Artefact(ArtefactError::Exists { .. }))));
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

#[test]
fn rows_with_targets_are_scored_and_each_look_is_written_down() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("flats");
    let model = saved(&folder);
    let sealed = evaluated(&model, &training_table()).expect("sealed rows");
    assert_eq!((sealed.which, sealed.n_rows), (Which::Sealed, model.manifest().model.source.n_sealed));
    assert_eq!(sealed.looks.as_ref().map(|looks| (looks.number, looks.n_before)), Some((1, 0)));
    assert!(sealed.to_string().contains("first recorded look"), "{sealed}");
    let again = evaluated(&model, &training_table()).expect("sealed rows");
    assert_eq!(again.looks.map(|looks| (looks.number, looks.n_before)), Some((2, sealed.n_rows)));
    assert_eq!(again.scores, sealed.scores);
    let looks = std::fs::read_to_string(folder.join("looks.jsonl")).expect("looks");
    assert_eq!((looks.lines().count(), looks.contains("\"unix_seconds\":0")), (2, true));
    // Of another table all rows are scored.
    let other = evaluated(&model, &table(&flats(30, "50"), &ReadOptions::default())).expect("a target");
    assert_eq!(
        (other.which, other.n_rows, other.scores[0].metric.to_string()),
        (Which::All, 30, "rmse".to_owned())
    );
}

#[test]
fn sealed_rows_are_scored_by_a_model_in_a_folder_alone() {
    let model = trained();
    let error = evaluated(&model, &training_table()).expect_err("no folder").to_string();
    assert!(error.contains("save it"), "{error}");
    // Nor where they come in another table.
    let of_unlike = trainer().train(&unlike(0, 300)).expect("it trains");
    assert!(evaluated(&of_unlike, &unlike(0, 301)).expect_err("it has them").to_string().contains("save it"));
    assert!(evaluated(&of_unlike, &unlike(300, 100)).expect("a target").looks.is_none());
    let other = table(&flats(30, "50"), &ReadOptions::default());
    let config = EvaluateConfig::at(UNIX_EPOCH);
    let error = model.evaluate_sealed(&other, &config).expect_err("another table").to_string();
    assert!(error.contains("has changed"), "{error}");
    let without = table("size,district\n50,north\n", &ReadOptions::default());
    assert!(evaluated(&model, &without).expect_err("no target").to_string().contains("`rent`"));
}

/// Rows of which no two are alike.
fn unlike(from: usize, n_rows: usize) -> Table {
    let row = |row: usize| format!("{}.25,{}.5\n", row * 37 % 1009, row * 74 % 2018);
    let text = format!("size,rent\n{}", (from..from + n_rows).map(row).collect::<String>());
    table(&text, &ReadOptions::default())
}

#[test]
fn new_rows_are_held_against_those_of_training() {
    let model = trained();
    let far = model.predict(&table(&flats(40, "9000"), &ReadOptions::default())).expect("it predicts");
    assert!(far.findings.iter().any(|finding| finding.columns == ["size"]), "{:?}", far.findings);
    assert_eq!(far.column_names(), ["prediction"]);
    let (known, other) = (unlike(0, 300), unlike(300, 100));
    let model = trainer().train(&known).expect("it trains");
    let sealed = |table: &Table| model.predict(table).expect("it predicts").sealed;
    assert!(sealed(&known).is_some_and(|note| note.contains("sealed test rows")));
    assert_eq!(sealed(&other), None);
}

#[test]
fn a_training_is_told_and_can_be_interrupted() {
    let machine = Machine::whole().expect("the processor");
    let (interrupt, mut n_epochs) = (AtomicBool::new(false), 0);
    let context = machine.context(&|| Duration::from_secs(7), &interrupt);
    let mut count = |event: &Event| n_epochs += usize::from(matches!(event, Event::EpochEnded { .. }));
    let model = trainer().train_observed(&training_table(), &context, &mut count).expect("it trains");
    assert_eq!(model.scores().report(), trained().scores().report());
    assert!((2..=30).contains(&n_epochs), "at most 15 epochs of two networks: {n_epochs}");
    let mut stop = |event: &Event| {
        if matches!(event, Event::EpochEnded { .. }) {
            interrupt.store(true, Ordering::Relaxed);
        }
    };
    let error = trainer().train_observed(&training_table(), &context, &mut stop).expect_err("interrupted");
    assert!(error.to_string().contains("stopped after epoch"), "{error}");
}

#[test]
fn what_a_model_relies_on_is_measured_on_its_own_rows() {
    let model = trained();
    let (config, machine) = (ImportanceConfig::default(), Machine::whole().expect("the processor"));
    let measured = model.importance(training_table(), &config, &machine).expect("its table");
    let columns: Vec<&str> = measured.columns.iter().map(|column| column.column.as_str()).collect();
    assert_eq!(columns.len(), 2);
    assert!(measured.columns[0].drop > 0.0, "{columns:?}");
    let other = table(&flats(30, "50"), &ReadOptions::default());
    assert!(model.importance(other, &config, &machine).is_err());
}

#[test]
fn libraries_name_settings_and_no_flags() {
    // The one tells the other.
    let model = trainer().train(&unlike(0, 300)).expect("it trains");
    let told: Vec<String> = model.findings().iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|finding| finding.contains("`columns.drop = \"size\"`")), "{told:?}");
    assert!(!told.iter().any(|finding| finding.contains("--")), "{told:?}");
}
