//! A model folder predicts what the model predicted, and a bad one is refused with a clear error.

use std::fs;
use std::path::Path;

use kitae_data::preprocess::TargetTransform;
use kitae_data::table::Cells;
use kitae_data::target::{Target, Task};
use kitae_train::objective::Objective;
use kitae_train::pool::pooled;
use kitae_train::sums::sha256;
use kitae_train::{ArtefactError, Engine, Model, Packing, Problem, train};

use crate::common::{Conditions, context, fused, problem, recipe, tensors};

const PERIODIC: &str = "network.number_embedding.kind = 'periodic'";
const PIECEWISE: &str = "network.number_embedding.kind = 'piecewise_linear'";
const MINI: &str = "network.ensemble = { kind = 'tab_m_mini', n_members = 3 }";
const FULL: &str = "network.ensemble = { kind = 'tab_m', n_members = 3 }";

fn trained(problem: &Problem, lever: &str) -> Model {
    let recipe = recipe(problem, &format!("training.epochs = 2\n{lever}"));
    let plan = kitae_train::plan(problem, &recipe).expect("sound");
    let saved = vec![None; plan.lanes.len()];
    let conditions = Conditions::default();
    train(problem, &recipe, &plan, &saved, &context(&conditions), &mut |_: &_| {}).expect("trains").model
}

/// Networks on a hold-out: their predictions for the held-out rows were written down in training, and a model
/// that was stored and loaded gives them again.
fn predictions_as_scored(problem: &Problem, lever: &str) -> Model {
    let hold_out = "training.epochs = 3\nsplit.scheme = { kind = 'hold_out', held_out_share = 0.3 }";
    let recipe = recipe(problem, &format!("{hold_out}\n{lever}"));
    let plan = kitae_train::plan(problem, &recipe).expect("sound");
    let conditions = Conditions::default();
    let saved = vec![None; plan.lanes.len()];
    let trained =
        train(problem, &recipe, &plan, &saved, &context(&conditions), &mut |_: &_| {}).expect("trains");
    let folder = tempfile::tempdir().expect("a folder");
    trained.model.save(folder.path()).expect("saves");
    let model = Model::load(folder.path()).expect("loads");
    let predictor = model.predictor(&fused()).expect("fits");
    let predictions = predictor.predictions(&problem.table).expect("answers");
    let ((rows, _, scored), width) = (trained.out_of_fold.pooled(), predictions.n_columns);
    for (row, scored) in rows.iter().zip(scored.values.chunks(width)) {
        for (answer, scored) in predictions.values[*row as usize * width..].iter().zip(scored) {
            assert!((answer - scored).abs() <= 1e-5 * scored.abs().max(1.0), "{answer} {scored}");
        }
    }
    trained.model
}

#[test]
fn a_model_answers_as_it_was_scored() {
    for task in [Task::Classification, Task::Regression] {
        let problem = problem(task, 120);
        for (blend, more) in [("none", ""), ("linear", ""), ("none", MINI), ("none", FULL)] {
            let model = predictions_as_scored(&problem, &format!("blend = '{blend}'\n{more}"));
            let has_share = model.manifest.model.lanes[0].linear.is_some();
            assert_eq!(has_share, blend == "linear", "three epochs make no network that needs no help");
        }
    }
}

/// From five networks and a thousand rows on each has the square root of its temperature.
#[test]
fn several_networks_answer_together_as_they_were_scored() {
    for (task, n_rows, n_members) in
        [(Task::Classification, 120, 3), (Task::Regression, 120, 3), (Task::Classification, 1000, 5)]
    {
        let problem = problem(task, n_rows);
        for blend in ["none", "linear"] {
            predictions_as_scored(&problem, &format!("blend = '{blend}'\ntraining.members = {n_members}"));
        }
    }
}

/// Where the target follows a number however far it goes, a line that sees how far is worth more than one
/// that sees it bent, and the validation rows say so.
#[test]
fn a_line_is_fed_with_the_numbers_that_serve_it() {
    let mut problem = problem(Task::Regression, 300);
    let Cells::Numbers(distances) = &mut problem.table.columns[0].cells else { unreachable!("numbers") };
    for distance in distances.iter_mut() {
        *distance = (1.5 * *distance).exp();
    }
    problem.target = Target::Values(distances.iter().map(|distance| 3.0 + 2.5 * distance).collect());
    let model = predictions_as_scored(&problem, "");
    let (lane, baselines) = (&model.manifest.model.lanes[0], &model.manifest.scores.baselines);
    let fed = lane.linear.as_ref().and_then(|linear| linear.preprocessor.as_ref());
    assert!(fed.is_some_and(|fed| *fed != lane.preprocessor));
    let Target::Values(values) = &problem.target else { unreachable!("values") };
    let deviation =
        values.iter().map(|value| value * value).sum::<f64>().sqrt() / (values.len() as f64).sqrt();
    assert!(baselines[1].score.value.0 < 0.05 * deviation, "{:?}", baselines[1]);
    // A target that bends as the default bends numbers is worth more to a line as it was.
    let mut bent = problem.clone();
    let Cells::Numbers(distances) = &bent.table.columns[0].cells else { unreachable!("numbers") };
    bent.target = Target::Values(distances.iter().map(|distance| distance / (1.0 + distance)).collect());
    let bent = predictions_as_scored(&bent, "");
    assert!(bent.manifest.model.lanes[0].linear.as_ref().is_some_and(|linear| linear.preprocessor.is_none()));
    // Where numbers are standardised already, there is no choice.
    let standard = predictions_as_scored(&problem, "preprocess.numeric = 'standardise'");
    assert!(
        standard.manifest.model.lanes[0].linear.as_ref().is_some_and(|linear| linear.preprocessor.is_none())
    );
}

fn saved(folder: &Path) -> Model {
    let model = trained(&problem(Task::Classification, 90), PERIODIC);
    model.save(folder).expect("saves");
    model
}

#[test]
fn a_stored_model_answers_with_the_same_bits() {
    for (task, lever) in [
        (Task::Classification, PERIODIC),
        (Task::Regression, PERIODIC),
        (Task::Regression, PIECEWISE),
        (Task::Classification, MINI),
        (Task::Regression, FULL),
    ] {
        let (problem, folder) = (problem(task, 90), tempfile::tempdir().expect("a folder"));
        let model = trained(&problem, lever);
        model.save(folder.path()).expect("saves");
        let loaded = Model::load(folder.path()).expect("loads");
        assert_eq!(model, loaded);
        let predictions = |model: &Model| {
            model.predictor(&fused()).expect("fits").predictions(&problem.table).expect("answers")
        };
        assert_eq!(predictions(&model), predictions(&loaded));
        let values = predictions(&loaded).values;
        assert!(values.iter().all(|value| value.is_finite()));
        if task == Task::Classification {
            assert!(values.chunks(3).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9));
        }
    }
}

/// More rows than one thread takes at once, and a last block that is shorter.
#[test]
fn the_fused_passes_answer_as_tensors_do() {
    let cases = [
        (Task::Classification, PERIODIC),
        (Task::Regression, PERIODIC),
        (Task::Classification, PIECEWISE),
        (Task::Classification, FULL),
    ];
    for (task, lever) in cases {
        let model = trained(&problem(task, 90), lever);
        let table = problem(task, 2_500).table;
        let predictions = |engine: Engine| {
            let predictor = model.predictor(&engine).expect("fits");
            predictor.predictions(&table).expect("answers").values
        };
        let (fused, tensors) = (predictions(fused()), predictions(tensors(Packing::Whole)));
        assert_eq!(fused.len(), tensors.len());
        for (row, (fused, tensors)) in fused.iter().zip(&tensors).enumerate() {
            let tolerance = 1e-5 * tensors.abs().max(1.0);
            assert!((fused - tensors).abs() < tolerance, "{task:?}, value {row}: {fused} {tensors}");
        }
    }
}

#[test]
fn a_folder_without_a_model_and_one_that_is_not_there_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(Model::load(folder.path()), Err(ArtefactError::NotAModel { .. })));
    assert!(matches!(Model::load(&folder.path().join("nowhere")), Err(ArtefactError::NoFolder { .. })));
}

#[test]
fn every_truncation_and_every_flipped_byte_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    saved(folder.path());
    for file in ["model.json", "weights.safetensors", "SHA256SUMS"] {
        let path = folder.path().join(file);
        let whole = fs::read(&path).expect("the file is there");
        // A text may end in a newline that means nothing.
        for cut in [0, 1, 7, 8, 9, whole.len() / 2, whole.len() - 2] {
            fs::write(&path, &whole[..cut]).expect("writable");
            assert!(Model::load(folder.path()).is_err(), "{file} cut to {cut} bytes was accepted");
        }
        fs::write(&path, &whole).expect("writable");
    }
    for file in ["weights.safetensors", "model.json", "nonconformity.safetensors"] {
        let path = folder.path().join(file);
        let whole = fs::read(&path).expect("the file is there");
        for at in (0..whole.len()).step_by(whole.len() / 50) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x01;
            fs::write(&path, &damaged).expect("writable");
            let error = Model::load(folder.path()).expect_err("a flipped byte").to_string();
            assert!(error.contains("damaged") && error.contains(file), "{error}");
        }
        fs::write(&path, &whole).expect("writable");
    }
    Model::load(folder.path()).expect("all is as it was");
}

/// A digit that is another one is as good a digit, so only a digest tells.
#[test]
fn every_other_digit_of_a_manifest_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    saved(folder.path());
    let path = folder.path().join("model.json");
    let whole = fs::read(&path).expect("the file is there");
    let digits: Vec<usize> = (0..whole.len()).filter(|at| whole[*at].is_ascii_digit()).collect();
    for at in digits.iter().step_by(7) {
        let mut changed = whole.clone();
        changed[*at] = if changed[*at] == b'7' { b'3' } else { b'7' };
        fs::write(&path, &changed).expect("writable");
        assert!(Model::load(folder.path()).is_err(), "byte {at}");
    }
}

#[test]
fn a_file_of_another_model_or_none_is_refused() {
    let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    saved(one.path());
    trained(&problem(Task::Classification, 90), "seed = 9").save(other.path()).expect("saves");
    for file in ["model.json", "weights.safetensors", "nonconformity.safetensors", "SHA256SUMS"] {
        let path = one.path().join(file);
        let own = fs::read(&path).expect("the file is there");
        fs::copy(other.path().join(file), &path).expect("writable");
        let error = Model::load(one.path()).expect_err("a part of another model").to_string();
        assert!(error.contains(if file == "SHA256SUMS" { "model.json" } else { file }), "{error}");
        fs::remove_file(&path).expect("removable");
        let error = Model::load(one.path()).expect_err("a part is missing").to_string();
        assert!(error.contains(file), "{error}");
        fs::write(&path, own).expect("writable");
    }
    Model::load(one.path()).expect("all is as it was");
}

#[test]
fn an_older_format_says_which_version_wrote_it_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("model.json"), "{\"format\": 1, \"kitae\": \"0.0.9\"}").expect("writable");
    let error = Model::load(folder.path()).expect_err("an older format").to_string();
    assert!(error.contains("format 1") && error.contains("0.0.9") && error.contains("train"), "{error}");
}

#[test]
fn a_newer_format_says_which_version_wrote_it() {
    let folder = tempfile::tempdir().expect("a folder");
    saved(folder.path());
    let path = folder.path().join("model.json");
    let text = fs::read_to_string(&path).expect("the file is there");
    let newer =
        text.replacen("\"format\": 2", "\"format\": 999", 1).replacen("\"kitae\": \"0", "\"kitae\": \"77", 1);
    fs::write(&path, newer).expect("writable");
    let error = Model::load(folder.path()).expect_err("a newer format").to_string();
    assert!(error.contains("999") && error.contains("77."), "{error}");
}

#[test]
fn a_foreign_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("model.json"), "{\"hello\": \"world\"}").expect("writable");
    assert!(matches!(Model::load(folder.path()), Err(ArtefactError::Damaged { .. })));
    saved(folder.path());
    let text = fs::read_to_string(folder.path().join("model.json")).expect("the file is there");
    for (from, to) in
        [("\"n_outputs\": 3", "\"n_outputs\": 4000000000"), ("\"d_numbers\": ", "\"d_numbers\": 9")]
    {
        assert!(text.contains(from));
        let text = text.replacen(from, to, 1);
        fs::write(folder.path().join("model.json"), &text).expect("writable");
        // Digests guard against accidents; whoever changes both gets what does not fit, and no more.
        let sums = fs::read_to_string(folder.path().join("SHA256SUMS")).expect("the file is there");
        let mended = sums.lines().map(|line| match line.split_once("  ") {
            Some((_, "model.json")) => format!("{}  model.json\n", sha256(text.as_bytes())),
            _ => format!("{line}\n"),
        });
        fs::write(folder.path().join("SHA256SUMS"), mended.collect::<String>()).expect("writable");
        let error = Model::load(folder.path()).expect_err("the parts do not fit");
        assert!(matches!(error, ArtefactError::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_line_that_is_fed_with_other_features_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut model = saved(folder.path());
    let other = trained(&problem(Task::Classification, 90), "preprocess.one_hot_max_levels = 20");
    let linear =
        model.manifest.model.lanes[0].linear.as_mut().expect("two epochs make no network that needs no help");
    linear.preprocessor = Some(other.manifest.model.lanes[0].preprocessor.clone());
    model.save(folder.path()).expect("saves");
    let error = Model::load(folder.path()).expect_err("the parts do not fit").to_string();
    assert!(error.contains("network 0: its linear model:"), "{error}");
}

#[test]
fn a_model_whose_answers_would_be_of_another_kind_is_refused() {
    let refused = |model: &Model, expected: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        model.save(folder.path()).expect("saves");
        let error = Model::load(folder.path()).expect_err("the parts do not fit").to_string();
        assert!(error.contains(expected), "{error}");
    };
    let plain = "blend = 'none'";
    let mut values = trained(&problem(Task::Regression, 60), plain);
    values.manifest.model.class_names = vec!["yes".into(), "no".into()];
    refused(&values, "its objective is not one for 2 classes");
    values.manifest.model.class_names.clear();
    let mut logarithm = values.clone();
    logarithm.manifest.recipe.target_scale = TargetTransform::Log;
    refused(&logarithm, "network 0: the scale of its target is not that of its recipe");
    values.manifest.model.lanes[1].target_scale = None;
    refused(&values, "network 1: the scale of its target does not fit its objective");
    let mut classes = trained(&problem(Task::Classification, 60), plain);
    let scale = trained(&problem(Task::Regression, 60), plain).manifest.model.lanes[0].target_scale;
    classes.manifest.model.lanes[0].target_scale = scale;
    refused(&classes, "network 0: the scale of its target does not fit its objective");
    classes.manifest.model.lanes[0].target_scale = None;
    classes.manifest.recipe.objective = Objective::binary_cross_entropy();
    refused(&classes, "its objective is not that of its recipe");
    classes.manifest.model.class_names.clear();
    refused(&classes, "its objective is not one for 0 classes");
}

#[test]
fn networks_of_several_folds_answer_by_their_pool_and_their_common_doubt() {
    // 3 folds of 40: each has 12 or 13 validation rows among the other 80.
    check_bag(&problem(Task::Classification, 120), 3, 36.0..40.0, |temperature| temperature);
}

#[test]
fn the_networks_of_a_large_bag_on_many_rows_answer_more_surely_together_than_alone() {
    check_bag(&problem(Task::Classification, 1000), 5, 595.0..610.0, f64::sqrt);
}

/// Each network alone is smoothed by its own validation rows; together they are by all of them.
fn check_bag(
    problem: &Problem,
    n_folds: usize,
    n_judged_within: std::ops::Range<f64>,
    temperature_in_bag: impl Fn(f64) -> f64,
) {
    let model = trained(
        problem,
        &format!(
            "calibration = 'temperature'\nsplit.scheme.n_folds = {n_folds}\nsplit.validation_share = 0.15"
        ),
    );
    let predictions = |model: &Model| {
        let predictor = model.predictor(&fused()).expect("fits");
        predictor.predictions(&problem.table).expect("answers")
    };
    let (mut alone, mut n_judged) = (Vec::new(), 0.0);
    for number in 0..model.manifest.model.lanes.len() {
        let mut one = model.clone();
        one.manifest.model.lanes = vec![model.manifest.model.lanes[number].clone()];
        one.fitted.networks = vec![model.fitted.networks[number].clone()];
        one.fitted.linear = vec![model.fitted.linear[number].clone()];
        one.fitted.nonconformity = None;
        let temperature = &mut one.manifest.model.lanes[0].calibrator.temperature;
        *temperature = temperature_in_bag(*temperature);
        let smoothing = one.manifest.model.lanes[0].calibrator.smoothing;
        n_judged += 1.0 / smoothing - 1.0;
        let mut predictions = predictions(&one);
        let even = smoothing / predictions.n_columns as f64;
        predictions.values.iter_mut().for_each(|value| *value = (*value - even) / (1.0 - smoothing));
        alone.push(predictions);
    }
    assert!(n_judged_within.contains(&n_judged), "{n_judged}");
    let (together, smoothing) = (pooled(&alone).expect("several"), 1.0 / (n_judged + 1.0));
    let found = predictions(&model);
    for (found, pooled) in found.values.iter().zip(&together.values) {
        let expected = (1.0 - smoothing) * pooled + smoothing / together.n_columns as f64;
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
}
