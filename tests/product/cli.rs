//! Each command of `kitae` from the outside.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::{QUICK, Workplace, at, flowers, lengths, train, trained};

#[test]
fn training_tells_what_it_saw_how_good_the_model_is_and_what_comes_next() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(90));
    let outcome = train(&workplace, "");
    for part in [
        "flowers.csv: 90 rows, 4 columns",
        "kind, classes iris, rose, wild",
        "2 folds",
        "100 % (10 of 10 epochs)",
    ] {
        assert!(outcome.err.contains(part), "{part}: {}", outcome.err);
    }
    let out = outcome.ok();
    let parts = [
        "log_loss",
        "accuracy",
        "the linear model",
        "the class frequencies",
        " predict model NEW.csv",
        " evaluate model ",
    ];
    for part in parts {
        assert!(out.contains(part), "{part}: {out}");
    }
    let files =
        ["model.json", "weights.safetensors", "record.jsonl", "out_of_fold.csv", "run.json", "SHA256SUMS"];
    for file in files {
        assert!(workplace.path("model").join(file).is_file(), "{file}");
    }
    assert!(!workplace.path("model/checkpoint").exists());
    assert!(!workplace.path("model.partial").exists());
}

#[test]
fn every_open_row_is_answered_once_out_of_fold() {
    let workplace = trained();
    let model = workplace.json("model/model.json");
    let text = workplace.read("model/out_of_fold.csv");
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("row,target,prediction,probability_iris,\"probability_rose, wild\",probability_tulip")
    );
    let rows: BTreeSet<usize> = lines.map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(Some(rows.len() as u64), at(&model, "manifest.model.source.n_open").as_u64());
    assert_eq!(text.lines().count(), rows.len() + 1);
}

#[test]
fn training_as_json_is_one_object_and_events_as_lines() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(90));
    let outcome = train(&workplace, "--json");
    for line in outcome.err.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(event["event"].is_string(), "{line}");
    }
    assert!(outcome.err.contains("epoch_ended"));
    let result: Value = serde_json::from_str(&outcome.ok()).unwrap();
    assert_eq!(result["model"], "model");
    assert_eq!(result["scores"]["metric"], "log_loss");
    assert_eq!(result["scores"]["baselines"].as_array().map(Vec::len), Some(2));
}

#[test]
fn errors_are_json_too_where_json_was_asked_for() {
    let workplace = Workplace::new();
    let outcome = workplace.kitae("train absent.csv --target a --json");
    assert_eq!(outcome.code, Some(1));
    let error: Value = serde_json::from_str(outcome.err.trim()).unwrap();
    assert!(error["message"].as_str().unwrap().contains("absent.csv"), "{error}");
}

#[test]
fn quiet_training_shows_the_results_alone() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    let outcome = train(&workplace, "--quiet");
    assert_eq!(outcome.err, "");
    assert!(outcome.ok().contains("log_loss"));
}

#[test]
fn the_same_seed_gives_the_same_weights_and_another_seed_others() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    let weights = |out: &str, flags: &str| {
        let line = format!(
            "train flowers.csv --target kind --preset fast --epochs 3 --hidden 8 --folds 2 --quiet --out {out} {flags}"
        );
        workplace.kitae(&line).ok();
        std::fs::read(workplace.path(out).join("weights.safetensors")).unwrap()
    };
    let one = weights("one", "--threads 1");
    assert_eq!(one, weights("two", "--threads 1"));
    assert_ne!(one, weights("three", "--threads 1 --seed 1"));
}

#[test]
fn predictions_have_a_line_for_each_row_in_order_and_probabilities_that_add_up() {
    let workplace = trained();
    let out = workplace.kitae("predict model flowers.csv --device flex").ok();
    let mut lines = out.lines();
    assert_eq!(
        lines.next(),
        Some("prediction,probability_iris,\"probability_rose, wild\",probability_tulip")
    );
    let names = ["iris", "rose, wild", "tulip"];
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 90);
    for line in &lines {
        let (name, rest) = match line.strip_prefix('"') {
            Some(quoted) => quoted.split_once("\",").unwrap(),
            None => line.split_once(',').unwrap(),
        };
        let probabilities: Vec<f64> = rest.split(',').map(|cell| cell.parse().unwrap()).collect();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{line}");
        let position = names.iter().position(|known| *known == name).unwrap_or_else(|| panic!("{line}"));
        assert!(probabilities.iter().all(|probability| *probability <= probabilities[position]), "{line}");
    }
    let last_rows: String = flowers(90)
        .lines()
        .take(1)
        .chain(flowers(90).lines().skip(81))
        .fold(String::new(), |text, line| text + line + "\n");
    workplace.write("last.csv", &last_rows);
    let last = workplace.kitae("predict model last.csv --device flex").ok();
    assert_eq!(last.lines().skip(1).collect::<Vec<_>>(), lines[80..]);
}

#[test]
fn prediction_needs_no_target_and_survives_new_categories_missing_cells_and_no_rows() {
    let workplace = trained();
    workplace.write("new.csv", "colour,extra,width,length\ngreen,1,,0.5\n,2,1,?\ngreen,3,1,2\n");
    let outcome = workplace.kitae("predict model new.csv --out new_predictions.csv");
    assert!(outcome.err.contains("`colour`: 2 cells"), "{}", outcome.err);
    assert_eq!(outcome.ok(), "");
    assert_eq!(workplace.read("new_predictions.csv").lines().count(), 4);
    workplace.write("none.csv", "length,width,colour\n");
    assert_eq!(workplace.kitae("predict model none.csv").ok().lines().count(), 1);
    let left: Vec<_> =
        std::fs::read_dir(workplace.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{left:?}");
}

#[test]
fn a_failed_prediction_leaves_the_old_file() {
    let workplace = trained();
    workplace.write("bad.csv", "length,width,colour\n1,2,red\n1,2\n");
    workplace.write("predictions.csv", "old\n");
    workplace.kitae("predict model bad.csv --out predictions.csv").fails(1);
    assert_eq!(workplace.read("predictions.csv"), "old\n");
    let error = workplace.kitae("predict model flowers.csv --out ./flowers.csv").fails(1);
    assert!(error.contains("the file that is read"), "{error}");
    workplace.write("narrow.csv", "length\n1\n");
    let error = workplace.kitae("predict model narrow.csv").fails(1);
    assert!(error.contains("`width`") && error.contains("`colour`"), "{error}");
}

#[test]
fn numbers_are_predicted_as_numbers() {
    let workplace = Workplace::new();
    workplace.write("lengths.csv", &lengths(60));
    workplace.kitae(&format!("train lengths.csv --target length {QUICK} --quiet")).ok();
    let out = workplace.kitae("predict models/lengths lengths.csv").ok();
    assert_eq!(out.lines().next(), Some("prediction"));
    assert!(out.lines().skip(1).all(|line| line.parse::<f64>().is_ok_and(f64::is_finite)), "{out}");
    assert!(workplace.kitae("evaluate models/lengths").ok().contains("rmse"));
}

#[test]
fn missing_markers_of_the_training_hold_for_predictions_too() {
    let workplace = Workplace::new();
    workplace.write("lengths.csv", &lengths(60).replace(",red", ",nobody"));
    workplace
        .kitae(&format!("train lengths.csv --target length {QUICK} --quiet --missing nobody --out model"))
        .ok();
    let model = workplace.json("model/model.json");
    assert!(!model["manifest"]["model"]["schema"].to_string().contains("\"nobody\""));
    workplace.write("new.csv", "width,colour\n1,nobody\n1,\n");
    let outcome = workplace.kitae("predict model new.csv");
    assert_eq!(outcome.err, "");
    let out = outcome.ok();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[1], lines[2]);
}

#[test]
fn a_model_is_replaced_only_if_asked_and_only_by_a_whole_one() {
    let workplace = trained();
    let before = workplace.read("model/model.json");
    let error = train(&workplace, "").fails(1);
    assert!(error.contains("--overwrite") && error.contains("--out"), "{error}");
    train(&workplace, "--overwrite --learning-rate -1").fails(1);
    assert_eq!(workplace.read("model/model.json"), before);
    train(&workplace, "--overwrite --quiet --seed 3").ok();
    assert_ne!(workplace.read("model/model.json"), before);
    let left = std::fs::read_dir(workplace.path("")).unwrap().count();
    assert_eq!(left, 2, "only the table and the model are left");
}

#[test]
fn a_folder_that_is_no_model_is_never_replaced() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    std::fs::create_dir(workplace.path("model")).unwrap();
    workplace.write("model/diary.txt", "dear diary");
    let error = train(&workplace, "--overwrite").fails(1);
    assert!(error.contains("something else"), "{error}");
    assert_eq!(workplace.read("model/diary.txt"), "dear diary");
}

#[cfg(unix)]
#[test]
fn an_unfinished_run_goes_on_and_ends_as_if_it_had_not_stopped() {
    let workplace = trained();
    let whole = std::fs::read(workplace.path("model/weights.safetensors")).unwrap();
    let line = format!("train flowers.csv --target kind --out again {QUICK}");
    workplace.interrupted(&format!("{line} --json"), "\"epoch\":1,").fails(130);
    // What a run leaves that was killed before its first checkpoint.
    std::fs::remove_dir_all(workplace.path("again.partial/checkpoint")).unwrap();
    let error = workplace.kitae(&line).fails(1);
    assert!(error.contains("kitae train --resume again") && error.contains("--overwrite"), "{error}");
    workplace.kitae("train --resume again --threads 1 --device flex --quiet").ok();
    assert_eq!(std::fs::read(workplace.path("again/weights.safetensors")).unwrap(), whole);
    let error = workplace.kitae("train --resume again").fails(1);
    assert!(error.contains("finished model"), "{error}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_tells_how_to_go_on_and_ends_with_the_weights_of_an_uninterrupted_one() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    let line = |out: &str| {
        format!(
            "train flowers.csv --target kind --preset fast --hidden 8 --folds 2 --epochs 2000 --threads 1 --json \
             --device flex --out {out}"
        )
    };
    workplace.kitae(&line("whole")).ok();
    let error = workplace.interrupted(&line("halves"), "\"epoch\":3,").fails(130);
    assert!(error.contains("kitae train --resume halves"), "{error}");
    assert!(!workplace.path("halves").exists());
    // What came into its place meanwhile is not the run's to take away.
    workplace.kitae(&format!("train flowers.csv --target kind {QUICK} --quiet --out other")).ok();
    std::fs::rename(workplace.path("other"), workplace.path("halves")).unwrap();
    let error = workplace.kitae("train --resume halves --threads 1 --device flex --quiet").fails(1);
    assert!(error.contains("move it away"), "{error}");
    std::fs::rename(workplace.path("halves"), workplace.path("other")).unwrap();
    workplace.kitae("train --resume halves --threads 1 --device flex --quiet").ok();
    let weights = |out: &str| std::fs::read(workplace.path(out).join("weights.safetensors")).unwrap();
    assert_eq!(weights("halves"), weights("whole"));
}

/// A device is no file that could be put in its place once it is whole.
#[cfg(target_os = "linux")]
#[test]
fn predictions_may_go_to_a_device() {
    use std::os::unix::fs::FileTypeExt;

    let workplace = trained();
    let to_stdout = workplace.kitae("predict model flowers.csv --out /dev/stdout").ok();
    assert_eq!(to_stdout, workplace.kitae("predict model flowers.csv").ok());
    workplace.kitae("predict model flowers.csv --out /dev/null").ok();
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn a_run_is_not_resumed_on_other_rows() {
    let workplace = trained();
    std::fs::rename(workplace.path("model"), workplace.path("model.partial")).unwrap();
    workplace.write("flowers.csv", &flowers(91));
    let error = workplace.kitae("train --resume model").fails(1);
    assert!(error.contains("has changed since the run began"), "{error}");
    workplace.kitae("train flowers.csv --target kind --resume model").fails(2);
    workplace.kitae("train --resume model --epochs 3").fails(2);
}

#[test]
fn a_range_test_prints_losses_and_trains_no_model() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    let line = "train flowers.csv --target kind --preset fast --hidden 8 --range-test";
    assert!(workplace.kitae(line).ok().contains("smoothed loss"));
    let json: Value = serde_json::from_str(&workplace.kitae(&format!("{line} --json")).ok()).unwrap();
    assert!(json["points"].as_array().is_some_and(|points| points.len() > 10), "{json}");
    assert!(!workplace.path("models").exists());
}

#[test]
fn inspection_shows_kinds_and_parses_as_json() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(90));
    let out = workplace.kitae("inspect flowers.csv --target kind").ok();
    for name in ["length", "width", "colour", "kind"] {
        assert!(out.contains(name), "{out}");
    }
    let json: Value = serde_json::from_str(&workplace.kitae("inspect flowers.csv --json").ok()).unwrap();
    assert_eq!(json["n_rows"], 90);
    let json: Value =
        serde_json::from_str(&workplace.kitae("inspect flowers.csv --json --drop width").ok()).unwrap();
    assert_eq!(json["columns"][1]["kind"], "dropped");
    let error = workplace.kitae("inspect flowers.csv --categorical colur").fails(1);
    assert!(error.contains("`colour`"), "{error}");
}

#[test]
fn wrong_input_gets_one_clear_message_and_exit_code_1() {
    let workplace = trained();
    let check = |line: &str, part: &str| {
        let error = workplace.kitae(line).fails(1);
        assert!(error.contains(part), "{line}: {error}");
    };
    check("inspect absent.csv", "absent.csv");
    check("train absent.csv --target kind", "absent.csv");
    check("train flowers.csv --target knid --out other", "`kind`");
    check("train flowers.csv --target kind --task regression --out other", "kind");
    check("train flowers.csv --target kind --out other --set training.epochs=many", "many");
    check("train flowers.csv --target kind --out other --set training.speed=1", "speed");
    check("train flowers.csv --target kind --out other --metric rmse", "rmse");
    check(
        "train flowers.csv --target kind --out other --folds 1",
        "`split.scheme.n_folds` must be a whole number, 2 to",
    );
    check("train flowers.csv --target kind --out other --by-group nobody", "nobody");
    check("train flowers.csv --target kind --out other --recipe absent.toml", "absent.toml");
    check("predict absent flowers.csv", "there is no folder `absent`");
    check("predict model absent.csv", "absent.csv");
    check("train --resume other", "nothing to resume");
    assert!(!workplace.path("other.partial").exists());
    workplace.write("model/weights.safetensors", "damaged");
    check("predict model flowers.csv", "damaged");
    workplace.write("model/model.json", "{");
    check("evaluate model", "damaged");
}

#[test]
fn wrong_words_get_exit_code_2() {
    let workplace = Workplace::new();
    for line in [
        "",
        "trian flowers.csv",
        "train",
        "train flowers.csv",
        "train flowers.csv --target kind --test-size 1",
        "train flowers.csv --target kind --set epochs",
        "train flowers.csv --target kind --folds 3 --hold-out 0.2",
        "train flowers.csv --target kind --optimiser adamm",
        "predict model",
    ] {
        let outcome = workplace.kitae(line);
        assert_eq!(outcome.code, Some(2), "{line}: {outcome:?}");
    }
    assert!(workplace.kitae("--version").ok().starts_with("kitae "));
    for command in ["inspect", "train", "evaluate", "predict", "completions"] {
        let help = workplace.kitae(&format!("{command} --help")).ok();
        assert!(help.contains(&format!("kitae {command}")), "{help}");
        assert!(help.contains("Example"), "{help}");
    }
    assert!(workplace.kitae("completions bash").ok().contains("--target"));
}
