//! `kitae tune`: a search under a budget, from the command line.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;

use crate::common::{Workplace, at};

/// A wave of `x` with a group and some noise, which the levers of a small network change the fit of.
fn wave(workplace: &Workplace, n_rows: usize) {
    let row = |i: usize| {
        let x = (i as f64 * 0.618_034).fract() * 4.0 - 2.0;
        let noise = (i as f64 * 0.414_214).fract() * 0.3;
        let group = ["a", "b", "c"][i % 3];
        format!("{x:.4},{group},{:.4}\n", (2.0 * x).sin() + noise + (i % 3) as f64)
    };
    let rows: String = (0..n_rows).map(row).collect();
    workplace.write("wave.csv", &format!("x,group,y\n{rows}"));
}

const SMALL: &str = "--target y --preset fast --hidden 8 --epochs 6 --folds 3 --threads 1";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What the trials of a study found, without their times.
fn trials(workplace: &Workplace, study: &str) -> Vec<Value> {
    let shown = json(&workplace.kitae(&format!("tune --show {study} --json")).ok());
    let mut trials = shown["trials"].as_array().unwrap().clone();
    for trial in &mut trials {
        trial["begun"] = Value::Null;
        trial["ended"] = Value::Null;
    }
    trials
}

fn spawn(workplace: &Workplace, words: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kitae-under-test"))
        .args(words.split_whitespace())
        .current_dir(workplace.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_study_ends_in_a_model_with_an_honest_score() {
    let workplace = Workplace::new();
    wave(&workplace, 300);
    let text = workplace.kitae(&format!("tune wave.csv {SMALL} --trials 12 --quiet")).ok();
    for words in ["12 trials", "as a model predicts", "chosen", "holdout rows", "optimism", "95 % interval"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // The same by its file, read while or after it runs.
    let found = trials(&workplace, "studies/wave");
    assert_eq!(found.len(), 12);
    assert_eq!(found[0]["state"], "complete");
    let scores = found
        .iter()
        .filter(|trial| trial["state"] == "complete")
        .map(|trial| trial["score"].as_f64().unwrap());
    let best = scores.fold(f64::MIN, f64::max);
    assert!(best >= found[0]["score"].as_f64().unwrap());
    assert!(found.iter().any(|trial| trial["state"] == "stopped" && trial["n_folds"] == 1), "{found:?}");
    let shown = workplace.kitae("tune --show studies/wave").ok();
    assert!(
        shown.contains("12 trials") && shown.contains("pruned") && shown.contains("the recipe itself"),
        "{shown}"
    );
    // The model is one as `kitae train` makes it, with the recipe of the best trial and all open rows.
    let manifest = &workplace.json("models/wave/model.json")["manifest"];
    assert_eq!(at(manifest, "recipe.network.hidden").to_string(), "[8]");
    assert_eq!(at(manifest, "scores.n_rows"), at(manifest, "model.source.n_open"));
    workplace.kitae("predict models/wave wave.csv --out p.csv").ok();
    assert!(workplace.kitae("evaluate models/wave").ok().contains("rmse"));
    // What was found can be merged into a preset.
    let train = format!("train wave.csv {SMALL} --recipe studies/wave/recipe.toml --out again --quiet");
    workplace.kitae(&train).ok();
    let again = workplace.json("again/model.json");
    assert_eq!(again["manifest"]["recipe"], manifest["recipe"]);
}

#[test]
fn more_time_can_be_asked_for_and_machines_can_read_what_comes_out() {
    let workplace = Workplace::new();
    wave(&workplace, 200);
    let begun =
        json(&workplace.kitae(&format!("tune wave.csv {SMALL} --trials 3 --json --out s --model m")).ok());
    assert_eq!(begun["trials"].as_array().unwrap().len(), 3);
    let validation = begun["validation"]["score"].as_f64().unwrap();
    let holdout =
        begun["look"]["tuned"]["single"].as_f64().or(begun["look"]["own"]["single"].as_f64()).unwrap();
    assert!((begun["optimism"]["mean"].as_f64().unwrap() - (validation - holdout)).abs() < 1e-12);
    let interval = &begun["optimism"]["interval"];
    assert!(
        interval["low"].as_f64().unwrap() < validation - holdout
            && validation - holdout < interval["high"].as_f64().unwrap()
    );
    // Nothing is left to do, and nothing is looked at again.
    let again = json(&workplace.kitae("tune --resume s --json").ok());
    for key in ["trials", "bags", "best", "look", "n_looks", "model_scores"] {
        assert_eq!(again[key], begun[key], "{key}");
    }
    // A person is told so, and what would go on.
    let told = workplace.kitae("tune --resume s");
    assert!(
        told.err.contains("no trial is left to start: the budget of 3 trials is used up"),
        "{}",
        told.err
    );
    assert!(told.ok().contains("tune --resume s --time 15m"), "{begun}");
    let joined = workplace.kitae("tune --join s --quiet").ok();
    assert!(joined.contains("No other process is at work: `kitae tune --resume s`"), "{joined}");
    let more = json(&workplace.kitae("tune --resume s --trials 14 --json").ok());
    assert_eq!(more["trials"].as_array().unwrap().len(), 14);
    // The best bag is chosen, that of the recipe itself being one of them.
    let bags = more["bags"].as_array().unwrap();
    let score = |bag: &Value| bag["score"].as_f64().unwrap();
    let highest = bags.iter().map(score).fold(f64::MIN, f64::max);
    let chosen = bags.iter().find(|bag| bag["number"] == more["best"]).unwrap();
    assert!(bags[0]["number"] == 0 && bags.len() > 1 && score(chosen) == highest, "{bags:?}");
    let n_looks = 1 + u64::from(more["best"] != begun["best"]);
    assert_eq!(more["n_looks"], n_looks);
    let recipe = &workplace.json("m/model.json")["manifest"]["recipe"];
    let changes = more["changes"].as_object().unwrap();
    let rate = changes.get("training").and_then(|training| training["learning_rate"].as_f64());
    assert!(rate.is_none() || rate == recipe["training"]["learning_rate"].as_f64());
}

#[test]
fn a_model_of_the_users_own_is_not_replaced_by_a_study_that_goes_on() {
    let workplace = Workplace::new();
    wave(&workplace, 120);
    for overwrite in ["", " --overwrite"] {
        workplace.kitae(&format!("tune wave.csv {SMALL} --trials 1 --quiet{overwrite}")).ok();
        workplace.kitae(&format!("train wave.csv {SMALL} --dropout 0.4 --quiet --overwrite")).ok();
        let own = workplace.read("models/wave/model.json");
        let n_trials = || trials(&workplace, "studies/wave").len();
        let error = workplace.kitae("tune --resume studies/wave --trials 2 --quiet").fails(1);
        for words in
            ["models/wave` holds a model that this study did not", "kitae tune --resume studies/wave"]
        {
            assert!(error.contains(words), "{error}");
        }
        // It is said before the search, and whatever was asked when the study began.
        assert_eq!((n_trials(), workplace.read("models/wave/model.json")), (1, own));
        // An unfinished one is somebody's too.
        std::fs::rename(workplace.path("models/wave"), workplace.path("models/wave.partial")).unwrap();
        let error = workplace.kitae("tune --resume studies/wave --trials 2 --quiet").fails(1);
        assert!(
            error.contains("models/wave.partial` holds an unfinished run that is not this study's"),
            "{error}"
        );
        std::fs::remove_dir_all(workplace.path("models/wave.partial")).unwrap();
        workplace.kitae("tune --resume studies/wave --trials 2 --quiet").ok();
        assert_eq!(n_trials(), 2);
        // What the study itself delivered gives way.
        workplace.kitae("tune --resume studies/wave --trials 9 --quiet").ok();
    }
}

#[test]
fn a_study_killed_again_and_again_ends_as_one_that_was_not() {
    let workplace = Workplace::new();
    wave(&workplace, 240);
    let line = format!("tune wave.csv {SMALL} --trials 14 --quiet");
    workplace.kitae(&format!("{line} --out whole --model whole-model")).ok();
    let whole = trials(&workplace, "whole");
    let weights =
        |model: &str| std::fs::read(workplace.path(&format!("{model}/weights.safetensors"))).unwrap();
    for first in [1, 6, 12] {
        let (out, model) = (format!("killed-{first}"), format!("model-{first}"));
        kill_at(&workplace, &format!("{line} --out {out} --model {model}"), &out, first);
        let resume = format!("tune --resume {out} --threads 1 --quiet");
        // Once more among the trials, and once while the model is trained.
        kill_at(&workplace, &resume, &out, first + 2);
        kill_at(&workplace, &resume, &out, 15);
        workplace.kitae(&resume).ok();
        assert_eq!(trials(&workplace, &out), whole, "killed at trial {first}");
        assert!(weights(&model) == weights("whole-model"), "killed at trial {first}");
    }
}

/// Starts a command and kills it when the study has so many trials or, of more than it will have, when it
/// looked at the rows held back.
fn kill_at(workplace: &Workplace, words: &str, study: &str, n_trials: i64) {
    let mut child = spawn(workplace, words);
    let path = workplace.path(&format!("{study}/study.db"));
    let has_come_so_far = || {
        let connection = Connection::open(&path).ok()?;
        connection.busy_timeout(Duration::from_secs(10)).ok()?;
        let count = "SELECT count(*) + (SELECT count(*) FROM look) FROM trial";
        connection.query_row(count, [], |row| row.get::<_, i64>(0)).ok().filter(|n| *n >= n_trials)
    };
    while !(path.exists() && has_come_so_far().is_some()) {
        assert!(child.try_wait().unwrap().is_none(), "`{words}` ended before trial {n_trials}");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn two_processes_share_a_study_and_run_no_trial_twice() {
    let workplace = Workplace::new();
    wave(&workplace, 240);
    // Long enough trials that both find some.
    let line = "tune wave.csv --target y --preset fast --hidden 32 --epochs 40 --folds 3 --threads 1 --trials 24 --quiet";
    let mut first = spawn(&workplace, line);
    // Its file is what a study writes last.
    while !workplace.path("studies/wave/study.db").exists() {
        assert!(first.try_wait().unwrap().is_none(), "the first process ended too early");
        std::thread::sleep(Duration::from_millis(5));
    }
    // While one works, another cannot take its place, but can share its work.
    let refused = workplace.kitae("tune --resume studies/wave").fails(1);
    assert!(refused.contains("kitae tune --join studies/wave"), "{refused}");
    let joined = workplace.kitae("tune --join studies/wave --threads 1 --quiet").ok();
    assert!(joined.contains("No trials are left"), "{joined}");
    assert!(joined.contains("The process that started it measures"), "{joined}");
    assert!(first.wait().unwrap().success());
    let found = trials(&workplace, "studies/wave");
    let numbers: Vec<u64> = found.iter().map(|trial| trial["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..24).collect::<Vec<u64>>());
    assert!(
        found.iter().all(|trial| trial["state"] == "complete" || trial["state"] == "stopped"),
        "{found:?}"
    );
    let study = Connection::open(workplace.path("studies/wave/study.db")).unwrap();
    let ask = |question: &str| {
        study.query_row(question, [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
    };
    assert_eq!(ask("PRAGMA integrity_check"), rusqlite::types::Value::Text("ok".into()));
    assert_eq!(ask("SELECT count(DISTINCT worker) FROM trial"), rusqlite::types::Value::Integer(2));
    assert_eq!(ask("SELECT count(DISTINCT point) FROM trial"), rusqlite::types::Value::Integer(24));
    assert!(workplace.path("models/wave/model.json").exists());
}

#[test]
fn what_is_written_on_the_command_line_is_not_searched() {
    let workplace = Workplace::new();
    wave(&workplace, 120);
    let line = format!(
        "tune wave.csv {SMALL} --trials 4 --quiet --dropout 0.25 --set network.number_embedding.n_bins=8"
    );
    workplace.kitae(&line).ok();
    let shown = json(&workplace.kitae("tune --show studies/wave --json").ok());
    let axes = shown["study"]["space"]["axes"].as_array().unwrap();
    assert!(axes.iter().any(|axis| axis["key"] == "training.learning_rate"));
    for key in [
        "network.dropout",
        "network.hidden",
        "network.number_embedding.kind",
        "network.number_embedding.n_bins",
    ] {
        assert!(axes.iter().all(|axis| axis["key"] != key), "{key}");
    }
    assert!(axes.iter().all(|axis| !axis["source"].as_str().unwrap().is_empty()));
    let recipe = &workplace.json("models/wave/model.json")["manifest"]["recipe"];
    assert_eq!(at(recipe, "network.dropout").to_string(), "0.25");
}

#[test]
fn what_cannot_be_asked_is_said_in_one_sentence() {
    let workplace = Workplace::new();
    wave(&workplace, 60);
    let check = |line: &str, code: i32, words: &[&str]| {
        let error = workplace.kitae(line).fails(code);
        for word in words {
            assert!(error.contains(word), "{line}: {error}");
        }
    };
    check("tune", 2, &["FILE"]);
    check("tune wave.csv", 2, &["--target"]);
    check("tune wave.csv --target y --trials 0", 2, &["--trials", "1.."]);
    check("tune wave.csv --target y --trials few", 2, &["few"]);
    check("tune wave.csv --target y --time 0s", 2, &["some time", "20m"]);
    check("tune wave.csv --target y --time soon", 2, &["soon", "20m"]);
    check("tune wave.csv --target y --holdout-share 1", 2, &["share"]);
    check("tune --resume nowhere", 1, &["nowhere", "no study"]);
    check("tune --join nowhere", 1, &["nowhere", "no study"]);
    check("tune --show nowhere", 1, &["nowhere", "no study"]);
    check("tune --join a --trials 3", 2, &["--trials"]);
    // Squares of such numbers are infinite.
    let rows: Vec<String> = (0..80).map(|row| format!("{}.5,{}e299", row * 11 % 60, row * 7 % 40)).collect();
    workplace.write("huge.csv", &format!("x,y\n{}\n", rows.join("\n")));
    let huge = "tune huge.csv --target y --task regression --preset fast --trials 1 --quiet";
    check(huge, 1, &["could not be scored by rmse", "--metric"]);
    workplace.kitae(&format!("tune wave.csv {SMALL} --trials 1 --quiet")).ok();
    check(&format!("tune wave.csv {SMALL} --trials 1"), 1, &["models/wave", "--model", "--overwrite"]);
    check(
        &format!("tune wave.csv {SMALL} --trials 1 --model m"),
        1,
        &["studies/wave", "--resume", "--overwrite"],
    );
    workplace.kitae(&format!("tune wave.csv {SMALL} --trials 1 --quiet --overwrite")).ok();
    workplace.write("studies/wave/study.db", "this is no database");
    check("tune --show studies/wave", 1, &["study.db"]);
}

#[test]
fn a_trial_whose_process_died_is_told_from_one_that_runs_and_counts_no_time() {
    let workplace = Workplace::new();
    wave(&workplace, 60);
    workplace.kitae(&format!("tune wave.csv {SMALL} --trials 2 --quiet --out study --model m")).ok();
    // What a process leaves that is killed over its second trial, an hour after it began.
    let killed = "UPDATE trial SET state = 'running', ended = NULL, score = NULL, low = NULL, high = NULL,
        begun = begun - 3600 WHERE number = 1";
    Connection::open(workplace.path("study/study.db")).unwrap().execute_batch(killed).unwrap();
    let shown = workplace.kitae("tune --show study").ok();
    assert!(shown.contains("2 trials: 1 on all folds, 1 abandoned by a process that died"), "{shown}");
    let work = shown.lines().find(|line| line.ends_with("of work so far")).unwrap();
    assert!(work.contains(" s") && !work.contains('m') && !work.contains('h'), "{work}");
    assert_eq!(trials(&workplace, "study")[1]["state"], "left");
}

#[test]
fn a_damaged_study_is_told_from_one_that_is_whole() {
    let workplace = Workplace::new();
    wave(&workplace, 60);
    workplace.kitae(&format!("tune wave.csv {SMALL} --trials 2 --quiet --out whole --model m")).ok();
    let check = |change: &str, words: &str| {
        let path = workplace.path("study");
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        for file in ["run.json", "study.db"] {
            std::fs::copy(workplace.path(&format!("whole/{file}")), path.join(file)).unwrap();
        }
        Connection::open(path.join("study.db")).unwrap().execute_batch(change).unwrap();
        for line in ["tune --resume study --trials 14", "tune --show study"] {
            let error = workplace.kitae(line).fails(1);
            assert!(error.contains("study.db") && error.contains(words), "{change}: {error}");
        }
    };
    check("UPDATE trial SET point = '[0.1]' WHERE number = 1", "trial 1: a point has 1 values");
    let many =
        "UPDATE trial SET point = replace(point, (SELECT value FROM json_each(point) LIMIT 1), '99.0')";
    check(&format!("{many} WHERE number = 1"), "trial 1: a point has Some(99.0) for lever `learning rate`");
    let one = "UPDATE study SET question = json_set(question, '$.space.axes[0].range.low', 0.3,
        '$.space.axes[0].range.high', 0.3, '$.space.axes[0].own', null)";
    check(one, "lever `learning rate`: no values can be drawn");
    check("PRAGMA user_version = 1", "has format 1, but this kitae reads format 5");
    // Queries that never end.
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS question FROM n";
    let view = format!("DROP TABLE look; CREATE VIEW look AS {endless}");
    check(&view, "it holds other tables than a study has");
    let trigger = "CREATE TRIGGER t AFTER INSERT ON worker BEGIN DELETE FROM trial; END";
    check(trigger, "it holds other tables than a study has");
}

#[test]
fn rows_too_few_for_a_study_leave_no_folder_behind() {
    let workplace = Workplace::new();
    wave(&workplace, 60);
    let line = format!("tune wave.csv {SMALL} --trials 1 --quiet");
    let error = workplace.kitae(&format!("{line} --holdout-share 0.98")).fails(1);
    assert!(error.contains("rows"), "{error}");
    assert!(!workplace.path("studies").exists());
    // As a kill leaves it before the study is there.
    std::fs::create_dir_all(workplace.path("studies/wave")).unwrap();
    workplace.write("studies/wave/lock", "");
    let error = workplace.kitae("tune --resume studies/wave").fails(1);
    assert!(error.contains("holds no study"), "{error}");
    workplace.kitae(&line).ok();
}
