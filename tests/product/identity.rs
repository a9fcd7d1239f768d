//! A thing is what it says it is: rows in another order, files of another model, two commands at once.

#[cfg(unix)]
use std::process::{Command, Stdio};

use crate::common::{QUICK, Workplace, at, flowers, lengths, trained};

/// The rows of `text` in another order.
fn shuffled(text: &str) -> String {
    let (head, body) = text.split_once('\n').unwrap();
    let rows: Vec<&str> = body.lines().collect();
    let n_rows = rows.len();
    let turned: Vec<&str> = (0..n_rows).map(|row| rows[(row * 7 + 3) % n_rows]).collect();
    format!("{head}\n{}\n", turned.join("\n"))
}

fn bytes(workplace: &Workplace, file: &str) -> Vec<u8> {
    std::fs::read(workplace.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A model without what tells the order of its rows.
fn manifest(workplace: &Workplace, model: &str) -> serde_json::Value {
    let mut model = workplace.json(&format!("{model}/model.json"))["manifest"].clone();
    for part in ["order", "path"] {
        model["model"]["source"][part].take();
    }
    model
}

/// The predictions for held-out rows, each as (target, prediction), in any order.
fn predictions(workplace: &Workplace, model: &str) -> Vec<String> {
    let text = workplace.read(&format!("{model}/out_of_fold.csv"));
    let mut predictions: Vec<String> =
        text.lines().map(|line| line.split_once(',').unwrap().1.to_owned()).collect();
    predictions.sort();
    predictions
}

#[test]
fn the_same_rows_in_another_order_make_the_same_model() {
    let workplace = Workplace::new();
    let text = flowers(97);
    workplace.write("one.csv", &text);
    workplace.write("other.csv", &shuffled(&text));
    for name in ["one", "other"] {
        workplace.kitae(&format!("train {name}.csv --target kind --out {name} {QUICK} --quiet")).ok();
    }
    assert_ne!(workplace.read("one.csv"), workplace.read("other.csv"));
    for file in ["weights.safetensors", "nonconformity.safetensors"] {
        assert!(
            bytes(&workplace, &format!("one/{file}")) == bytes(&workplace, &format!("other/{file}")),
            "{file}"
        );
    }
    assert_eq!(manifest(&workplace, "one"), manifest(&workplace, "other"));
    assert_eq!(predictions(&workplace, "one"), predictions(&workplace, "other"));
    // Row numbers are those of each file, in its order.
    let table = workplace.read("other.csv");
    let rows: Vec<&str> = table.lines().collect();
    let predicted = workplace.read("other/out_of_fold.csv");
    let mut last = 0;
    for line in predicted.lines().skip(1) {
        let (number, rest) = line.split_once(',').unwrap();
        let number: usize = number.parse().unwrap();
        let target = rows[number].rsplit(',').next().unwrap().trim_matches('"');
        assert!(rest.trim_matches('"').starts_with(target) || target.ends_with("wild"), "{number}: {rest}");
        assert!(number > last);
        last = number;
    }
}

#[cfg(unix)]
#[test]
fn a_run_goes_on_with_the_roles_of_its_rows_whatever_their_order() {
    let workplace = Workplace::new();
    let text = flowers(97);
    workplace.write("flowers.csv", &text);
    let line = format!("train flowers.csv --target kind {QUICK} --epochs 40");
    let line = line.replace("--epochs 5 ", "");
    workplace.kitae(&format!("{line} --quiet --out whole")).ok();
    let stopped = format!("{line} --json --checkpoint-every 0 --out stopped");
    workplace.interrupted(&stopped, "\"epoch\":9,").fails(130);
    workplace.write("flowers.csv", &shuffled(&text));
    workplace.kitae("train --resume stopped --threads 1 --quiet").ok();
    assert!(
        bytes(&workplace, "whole/weights.safetensors") == bytes(&workplace, "stopped/weights.safetensors")
    );
    assert_eq!(manifest(&workplace, "whole"), manifest(&workplace, "stopped"));
    // What is measured on held-out rows is measured on the same ones.
    let importance = |workplace: &Workplace| {
        workplace.kitae("report whole --importance --permutations 2").ok();
        workplace.json("whole/importance.json")
    };
    let reordered = importance(&workplace);
    let told = workplace.kitae("diagnose whole --quick").ok();
    assert!(told.contains("are in another order than in training"), "{told}");
    workplace.write("flowers.csv", &text);
    assert_eq!(importance(&workplace), reordered);
    assert!(!workplace.kitae("diagnose whole --quick").ok().contains("another order"));
}

#[test]
fn a_study_and_a_ledger_go_on_with_the_roles_of_their_rows() {
    let workplace = Workplace::new();
    let text = lengths(120);
    workplace.write("table.csv", &text);
    let small = format!("--target length {QUICK}");
    let tune = |trials: u32, name: &str| {
        format!("tune table.csv {small} --trials {trials} --quiet --out {name} --model {name}-m")
    };
    workplace.kitae(&tune(4, "whole")).ok();
    workplace.kitae(&tune(2, "cut")).ok();
    let ledger = format!("ledger table.csv {small} --only dropout --apply --json");
    let judged = |text: &str| -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(text).unwrap()["judgement"].clone()
    };
    let expected = judged(&workplace.kitae(&format!("{ledger} --out l")).ok());
    let lines = workplace.read("l/ledger.jsonl");
    let first: Vec<&str> = lines.lines().take(3).collect();
    workplace.write("l/ledger.jsonl", &format!("{}\n", first.join("\n")));
    workplace.write("table.csv", &shuffled(&text));
    let shown = |name: &str| -> serde_json::Value {
        let json = workplace.kitae(&format!("tune --show {name} --json")).ok();
        let mut json: serde_json::Value = serde_json::from_str(&json).unwrap();
        for trial in json["trials"].as_array_mut().unwrap() {
            (trial["begun"], trial["ended"]) = (0.into(), 0.into());
        }
        json["trials"].clone()
    };
    workplace.kitae("tune --resume cut --trials 4 --threads 1 --quiet").ok();
    assert_eq!(shown("cut"), shown("whole"));
    let mut judgement = judged(&workplace.kitae("ledger --resume l --threads 1 --json").ok());
    let mut expected = expected;
    for judgement in [&mut judgement, &mut expected] {
        for lever in judgement["levers"].as_array_mut().unwrap() {
            lever["seconds"].take();
            lever["cost"].take();
        }
    }
    assert_eq!(judgement["baseline"], expected["baseline"]);
    assert_eq!(judgement["levers"][0]["test"], expected["levers"][0]["test"]);
}

#[test]
fn a_model_knows_by_itself_how_rows_are_read() {
    let workplace = Workplace::new();
    let text = lengths(80);
    let marked = text.lines().enumerate().map(|(row, line)| match line.split_once(',') {
        Some((_, rest)) if row > 0 && row % 6 == 0 => format!("-999,{rest}\n"),
        _ => format!("{line}\n"),
    });
    workplace.write("a.csv", &marked.collect::<String>());
    workplace.kitae(&format!("train a.csv --target width --missing -999 --out m {QUICK} --quiet")).ok();
    workplace.kitae(&format!("train a.csv --target width --out other {QUICK} --quiet")).ok();
    let before = workplace.kitae("predict m a.csv").ok();
    assert_ne!(before, workplace.kitae("predict other a.csv").ok());
    // What was written beside the model decides nothing.
    std::fs::copy(workplace.path("other/run.json"), workplace.path("m/run.json")).unwrap();
    assert_eq!(workplace.kitae("predict m a.csv").ok(), before);
    std::fs::remove_file(workplace.path("m/run.json")).unwrap();
    assert_eq!(workplace.kitae("predict m a.csv").ok(), before);
    let model = workplace.json("m/model.json");
    assert_eq!(at(&model, "manifest.model.reading.extra_missing").to_string(), "[\"-999\"]");
    // Nor is anything there that depends on the machine.
    assert!(at(&model, "manifest.model.reading.n_threads").is_null());
    assert!(!workplace.read("other/run.json").contains("recipe"));
}

#[cfg(unix)]
#[test]
fn of_two_commands_at_once_in_one_folder_one_waits_its_turn() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    let line = |seed: u32| format!("train flowers.csv --target kind --seed {seed} {QUICK} --quiet");
    let weights: Vec<Vec<u8>> = (0..2)
        .map(|seed| {
            workplace.kitae(&format!("{} --out ref{seed}", line(seed))).ok();
            bytes(&workplace, &format!("ref{seed}/weights.safetensors"))
        })
        .collect();
    for round in 0..6 {
        let more = if round % 2 == 0 { "" } else { " --overwrite" };
        let start = |seed: u32| {
            Command::new(env!("CARGO_BIN_EXE_kitae-under-test"))
                .args(format!("{} --out both{round}{more}", line(seed)).split_whitespace())
                .current_dir(workplace.path(""))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let children = [start(0), start(1)];
        let ended = children.map(|child| child.wait_with_output().unwrap());
        let told = |at: usize| String::from_utf8_lossy(&ended[at].stderr).into_owned();
        assert!(ended.iter().any(|one| one.status.success()), "{} {}", told(0), told(1));
        let model = bytes(&workplace, &format!("both{round}/weights.safetensors"));
        let seed = weights.iter().position(|weights| *weights == model).expect("the model of one of them");
        let found = workplace.json(&format!("both{round}/model.json"));
        assert_eq!(at(&found, "manifest.recipe.seed"), &serde_json::json!(seed));
        assert!(ended[seed].status.success(), "{}", told(seed));
        assert!(workplace.kitae(&format!("predict both{round} flowers.csv")).code == Some(0));
        assert!(!workplace.path(&format!("both{round}.partial")).exists());
    }
}

#[test]
fn what_is_of_another_model_is_refused_by_name() {
    let workplace = trained();
    workplace.kitae(&format!("train flowers.csv --target kind --seed 5 --out other {QUICK} --quiet")).ok();
    for (file, commands) in [
        ("record.jsonl", ["diagnose model --quick", "diagnose model"]),
        ("out_of_fold.csv", ["diagnose model --quick", "diagnose model"]),
        ("model.json", ["predict model flowers.csv", "report model"]),
        ("weights.safetensors", ["predict model flowers.csv", "evaluate model"]),
        ("nonconformity.safetensors", ["predict model flowers.csv", "evaluate model"]),
    ] {
        let path = format!("model/{file}");
        let own = bytes(&workplace, &path);
        std::fs::copy(workplace.path(&format!("other/{file}")), workplace.path(&path)).unwrap();
        for command in commands {
            let error = workplace.kitae(command).fails(1);
            assert!(error.contains(file) && error.contains("of another model"), "{command}: {error}");
        }
        std::fs::write(workplace.path(&path), own).unwrap();
    }
    workplace.kitae("diagnose model --quick").ok();
    // Looks, pages and what was diagnosed are written later, and do not make it another model.
    workplace.kitae("evaluate model").ok();
    workplace.kitae("report model").ok();
    workplace.kitae("predict model flowers.csv").ok();
}

#[cfg(unix)]
#[test]
fn a_checkpoint_that_is_damaged_or_of_another_run_is_refused() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(97));
    let line = format!("train flowers.csv --target kind {}", QUICK.replace("--epochs 5", "--epochs 40"));
    workplace.kitae(&format!("{line} --quiet --out whole")).ok();
    for (out, seed) in [("stopped", 0), ("other", 1)] {
        let line = format!("{line} --seed {seed} --json --checkpoint-every 0 --out {out}");
        workplace.interrupted(&line, "\"epoch\":9,").fails(130);
    }
    let pack = |run: &str| {
        let mut entries = std::fs::read_dir(workplace.path(&format!("{run}.partial/checkpoint"))).unwrap();
        entries.next().unwrap().unwrap().path()
    };
    let (path, whole) = (pack("stopped"), std::fs::read(pack("stopped")).unwrap());
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let error = workplace.kitae("train --resume stopped --threads 1 --quiet").fails(1);
        assert!(error.contains("the checkpoint `") && error.contains("remove it"), "{error}");
        error
    };
    let other = refused(&std::fs::read(pack("other")).unwrap());
    assert!(other.contains("of another run"), "{other}");
    for part in 1..9 {
        let mut damaged = whole.clone();
        let at = whole.len() * part / 9;
        damaged[at] ^= 0x10;
        refused(&damaged);
    }
    std::fs::remove_file(&path).unwrap();
    workplace.kitae("train --resume stopped --threads 1 --quiet").ok();
    assert!(
        bytes(&workplace, "whole/weights.safetensors") == bytes(&workplace, "stopped/weights.safetensors")
    );
}

#[cfg(unix)]
#[test]
fn another_recipe_in_an_unfinished_run_is_seen() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(97));
    let line = format!(
        "train flowers.csv --target kind {} --out m --json",
        QUICK.replace("--epochs 5", "--epochs 60")
    );
    workplace.interrupted(&line, "\"epoch\":2,").fails(130);
    let changed = workplace.read("m.partial/run.json").replacen("\"epochs\": 60", "\"epochs\": 61", 1);
    workplace.write("m.partial/run.json", &changed);
    let error = workplace.kitae("train --resume m --quiet").fails(1);
    assert!(error.contains("run.json` is damaged"), "{error}");
}

#[test]
fn what_a_kill_leaves_is_named_or_cleaned() {
    let workplace = trained();
    // Before the run was written down.
    std::fs::create_dir_all(workplace.path("early.partial/checkpoint")).unwrap();
    workplace.write("early.partial/lock", "");
    let error = workplace.kitae("train --resume early --quiet").fails(1);
    assert!(error.contains("before it had begun") && error.contains("start it again"), "{error}");
    // After the new model took the place of the old one, of which some files are left.
    std::fs::create_dir_all(workplace.path("model.partial")).unwrap();
    workplace.write("model.partial/replaced", "");
    workplace.write("model.partial/weights.safetensors", "");
    let error = workplace.kitae("train --resume model --quiet").fails(1);
    assert!(error.contains("is a finished model"), "{error}");
    assert!(!workplace.path("model.partial").exists());
    // Where two names cannot change places, the old one was moved aside.
    std::fs::create_dir_all(workplace.path("model.old-17")).unwrap();
    workplace.write("model.old-17/replaced", "");
    std::fs::create_dir_all(workplace.path("model.old-2019")).unwrap();
    workplace.kitae(&format!("train flowers.csv --target kind --out model --overwrite {QUICK} --quiet")).ok();
    assert!(!workplace.path("model.old-17").exists());
    assert!(workplace.path("model.old-2019").exists(), "that folder is somebody's own");
    assert!(!workplace.path("model.partial").exists());
    let mut files: Vec<String> = std::fs::read_dir(workplace.path("model"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| ["lock", "replaced", "replaces", "checkpoint"].contains(&name.as_str()))
        .collect();
    files.sort();
    assert!(files.is_empty(), "{files:?}");
}

#[cfg(unix)]
#[test]
fn a_lock_that_is_a_link_is_not_followed() {
    let workplace = trained();
    workplace.write("victim", "precious");
    std::fs::create_dir(workplace.path("m.partial")).unwrap();
    std::fs::copy(workplace.path("model/run.json"), workplace.path("m.partial/run.json")).unwrap();
    std::os::unix::fs::symlink("../victim", workplace.path("m.partial/lock")).unwrap();
    let error = workplace.kitae("train --resume m --quiet").fails(1);
    assert!(error.contains("is a link"), "{error}");
    assert_eq!(workplace.read("victim"), "precious");
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_text_is_refused_before_anything_is_made() {
    use std::os::unix::ffi::OsStrExt;
    let workplace = Workplace::new();
    let name = std::ffi::OsStr::from_bytes(b"flo\xffwers.csv");
    std::fs::write(workplace.path("").join(name), flowers(60)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kitae-under-test"))
        .arg("train")
        .arg(name)
        .args(["--target", "kind", "--out", "m"])
        .current_dir(workplace.path(""))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && error.contains("is not UTF-8"), "{error}");
    assert!(!workplace.path("m.partial").exists());
}
