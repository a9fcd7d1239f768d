//! `kitae ledger`: what each lever earns, from the command line.

use crate::common::{Workplace, at};

/// A table in which `y` is a parabola of `x`, so that a hidden layer earns something for sure.
fn parabola(workplace: &Workplace, n_rows: usize) {
    let row = |i: usize| {
        let x = (i as f64 * 0.618_034).fract() * 4.0 - 2.0;
        let noise = (i as f64 * 0.414_214).fract() * 0.2;
        format!("{x:.4},{:.4}\n", x * x + noise)
    };
    let rows: String = (0..n_rows).map(row).collect();
    workplace.write("curve.csv", &format!("x,y\n{rows}"));
}

/// The levers that were applied, as a ledger tells.
#[track_caller]
fn applied(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("  applied ")).unwrap_or(text).trim()
}

/// A plane of one input, which a curve needs more than.
const PLANE: &str =
    "--target y --hidden none --blend none --number-embedding none --epochs 20 --folds 3 --repeats 3 --quiet";

#[test]
fn a_lever_that_earns_something_is_adopted_applied_and_can_be_trained_with() {
    let workplace = Workplace::new();
    parabola(&workplace, 400);
    let line = format!("ledger curve.csv {PLANE} --only penalty --try network.hidden=[16] --apply");
    let outcome = workplace.kitae(&line);
    let text = outcome.ok();
    assert!(text.contains("has a significant gain in rmse: network.hidden=[16]"), "{text}");
    let adopted = text.lines().find(|line| line.starts_with("  network.hidden=[16]")).unwrap();
    assert!(adopted.contains("adopt") && adopted.contains('+'), "{text}");
    assert!(text.contains("weight decay 0"), "{text}");
    assert_eq!(applied(&text), "network.hidden=[16]");
    assert!(text.contains("gain on holdout rows"), "{text}");
    assert!(text.contains("\nreport    ledgers/curve/report.html\n"), "{text}");
    let html = workplace.read("ledgers/curve/report.html");
    let parts = [
        "has a significant gain in rmse: network.hidden=[16]",
        "Gain of each lever",
        "sum of the single gains",
        "weight decay 0",
        "fingerprint of the rows",
    ];
    for part in parts {
        assert!(html.contains(part), "{part}");
    }
    // What was adopted is a recipe to train with.
    assert!(workplace.read("ledgers/curve/recipe.toml").contains("hidden = [16]"));
}

#[test]
fn the_printed_command_trains_what_was_measured() {
    let workplace = Workplace::new();
    parabola(&workplace, 400);
    let row = |(number, line): (usize, &str)| {
        let (x, y) = line.split_once(',').unwrap();
        format!("{x};w{};{};{y}\n", number % 40, if number % 9 == 0 { "nil" } else { "1" })
    };
    let rows: String = workplace.read("curve.csv").lines().skip(1).enumerate().map(row).collect();
    workplace.write("curve.csv", &format!("x;who;junk;y\n{rows}"));
    let data = "--by-group who --drop junk --missing nil --test-size 0.3 --seed 3 --set training.l2=1e-6 --learning-rate 0.1";
    let line = format!("ledger curve.csv {PLANE} {data} --only penalty --try network.hidden=[16] --apply");
    let text = workplace.kitae(&line).ok();
    let train = text.lines().find_map(|line| line.split_once(" train ")).unwrap().1;
    workplace.kitae(&format!("train {train} --quiet")).ok();
    // Rows, columns, sealed rows, splits and recipe: all as in the ledger but for the levers that were
    // adopted.
    let (mut measured, model) = (
        workplace.json("ledgers/curve/run.json")["run"].clone(),
        workplace.json("models/curve/model.json")["manifest"].clone(),
    );
    assert_eq!(applied(&text), "network.hidden=[16]");
    measured["recipe"]["network"]["hidden"] = serde_json::json!([16]);
    // At the middle one of the learning rates that the folds on the rows held back took.
    let ledger = workplace.read("ledgers/curve/ledger.jsonl");
    let holdout: serde_json::Value = serde_json::from_str(ledger.lines().last().unwrap()).unwrap();
    let folds = holdout["with"].as_array().unwrap();
    let mut rates: Vec<f64> = folds.iter().map(|fold| fold["learning_rate"].as_f64().unwrap()).collect();
    rates.sort_by(f64::total_cmp);
    let middle = rates[(rates.len() - 1) / 2];
    assert_ne!(at(&measured, "recipe.training.learning_rate").as_f64(), Some(middle), "{rates:?}");
    measured["recipe"]["training"]["learning_rate"] = middle.into();
    for part in ["reading", "schema", "target"] {
        assert_eq!(model["model"][part], measured[part], "{part}");
    }
    for part in ["seal", "recipe"] {
        assert_eq!(model[part], measured[part], "{part}");
    }
    assert_eq!(at(&model, "model.source.fingerprint"), &measured["fingerprint"]);
    assert_eq!(at(&model, "seal.by.column"), "who");
}

#[test]
fn rows_held_back_are_looked_at_once_for_what_is_adopted() {
    let workplace = Workplace::new();
    parabola(&workplace, 300);
    let line = format!("ledger curve.csv {PLANE} --only penalty --try network.hidden=[16] --apply --out l");
    let first = workplace.kitae(&line).ok();
    assert_eq!(applied(&first), "network.hidden=[16]");
    // The same levers, the same result.
    let measured = |text: &str| text.split_once("Applied, on holdout rows\n").unwrap().1.to_owned();
    assert_eq!(measured(&workplace.kitae("ledger --resume l --quiet").ok()), measured(&first));
    let looks =
        |workplace: &Workplace| workplace.read("l/ledger.jsonl").matches(r#""entry":"holdout""#).count();
    assert_eq!(looks(&workplace), 1);
    // Other levers are another look, and looks are counted.
    let other = workplace
        .read("l/ledger.jsonl")
        .replace(r#"{"entry":"holdout","levers":["#, r#"{"entry":"holdout","levers":["relu","#);
    workplace.write("l/ledger.jsonl", &other);
    let again = workplace.kitae("ledger --resume l --quiet").ok();
    assert!(again.contains("were looked at 2 times"), "{again}");
    assert_eq!(looks(&workplace), 2);
    assert!(workplace.read("l/report.html").contains("were looked at 2 times"));
    let json: serde_json::Value =
        serde_json::from_str(&workplace.kitae("ledger --resume l --json").ok()).unwrap();
    assert_eq!(json["n_looks"], 2);
}

#[test]
fn the_results_are_there_for_machines_too() {
    let workplace = Workplace::new();
    parabola(&workplace, 120);
    let line = format!("ledger curve.csv {PLANE} --only dropout --try training.epochs=2 --json");
    let json: serde_json::Value = serde_json::from_str(&workplace.kitae(&line).ok()).unwrap();
    let levers = json["judgement"]["levers"].as_array().unwrap();
    let of = |name: &str| levers.iter().find(|lever| lever["name"] == name);
    assert_eq!(of("training.epochs=2").unwrap()["n_folds"], 3);
    // A plane has no units that could be dropped, so its dropout has nothing to change.
    assert_eq!(of("no dropout").unwrap()["verdict"], "reject");
    // Each line of the ledger's file is a JSON object: what is asked, then the trials.
    let entries: Vec<serde_json::Value> = workplace
        .read("ledgers/curve/ledger.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(entries[0]["entry"], "begun");
    assert!(entries[1..].iter().all(|entry| entry["entry"] == "trial"));
}

#[test]
fn the_page_can_be_made_again_from_the_folder_alone() {
    let workplace = Workplace::new();
    parabola(&workplace, 120);
    workplace.kitae(&format!("ledger curve.csv {PLANE} --only penalty --out ledger")).ok();
    let first = workplace.read("ledger/report.html");
    std::fs::remove_file(workplace.path("curve.csv")).unwrap();
    std::fs::remove_file(workplace.path("ledger/report.html")).unwrap();
    let out = workplace.kitae("report ledger --charts charts").ok();
    assert_eq!(out, "report    ledger/report.html\ncharts    charts   (1 chart, PNG and SVG)\n");
    assert_eq!(workplace.read("ledger/report.html"), first);
    assert!(workplace.read("charts/levers.svg").starts_with("<svg xmlns="));
    // A ledger that was cut short has a page of what there is.
    let text = workplace.read("ledger/ledger.jsonl");
    let begun = text.lines().next().unwrap();
    workplace.write("ledger/ledger.jsonl", &format!("{begun}\n"));
    workplace.kitae("report ledger --out page.html").ok();
    assert!(workplace.read("page.html").contains("No lever has been tried yet"));
    let error = workplace.kitae("report ledger --importance").fails(2);
    assert!(error.contains("is for models"), "{error}");
}

#[test]
fn a_ledger_cut_short_goes_on_and_ends_as_if_it_had_not_been() {
    let workplace = Workplace::new();
    parabola(&workplace, 120);
    let line = format!("ledger curve.csv {PLANE} --only penalty --json");
    let levers = |text: &str| {
        let mut json: serde_json::Value = serde_json::from_str(text).unwrap();
        for lever in json["judgement"]["levers"].as_array_mut().unwrap() {
            lever["cost"] = serde_json::Value::Null;
        }
        json["judgement"]["levers"].clone()
    };
    let whole = levers(&workplace.kitae(&format!("{line} --out whole")).ok());
    workplace.kitae(&format!("{line} --out cut")).ok();
    // As a kill leaves it: some trials, and a line without its end.
    let text = workplace.read("cut/ledger.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    workplace.write("cut/ledger.jsonl", &format!("{}\n{}", lines[..4].join("\n"), &lines[4][..20]));
    assert_eq!(levers(&workplace.kitae("ledger --resume cut --json").ok()), whole);
    // Nothing is left to do, and nothing is lost.
    let n_lines = workplace.read("cut/ledger.jsonl").lines().count();
    assert_eq!(levers(&workplace.kitae("ledger --resume cut --json").ok()), whole);
    assert_eq!(workplace.read("cut/ledger.jsonl").lines().count(), n_lines);
}

#[test]
fn a_ledger_of_another_version_is_refused_and_left_as_it_is() {
    let workplace = Workplace::new();
    parabola(&workplace, 120);
    workplace.kitae(&format!("ledger curve.csv {PLANE} --only penalty --out other")).ok();
    let text = workplace.read("other/ledger.jsonl");
    assert!(text.contains(r#""format":1,"#), "{text}");
    let later = text.replacen(r#""format":1,"#, r#""format":2,"#, 1);
    workplace.write("other/ledger.jsonl", &later);
    for command in ["ledger --resume other", "report other"] {
        let error = workplace.kitae(command).fails(1);
        assert!(error.contains("ledger.jsonl` has format 2, but this kitae reads format 1"), "{error}");
    }
    assert_eq!(workplace.read("other/ledger.jsonl"), later);
}

#[test]
fn a_models_own_recipe_and_rows_are_taken_by_its_name() {
    let workplace = Workplace::new();
    parabola(&workplace, 120);
    workplace.kitae("train curve.csv --target y --preset fast --hidden 6 --epochs 3 --folds 2 --quiet").ok();
    let line = "ledger --of models/curve --only activation --out l --json --folds 3";
    let json: serde_json::Value = serde_json::from_str(&workplace.kitae(line).ok()).unwrap();
    assert!(json["judgement"]["baseline"].as_f64().unwrap() > 0.0);
    let recipe = &workplace.json("l/run.json")["run"]["recipe"];
    assert_eq!(at(recipe, "network.hidden").to_string(), "[6]");
    // Three folds are repeated until 25 have scored.
    assert_eq!(at(recipe, "split.scheme.n_repeats").to_string(), "9");
}

#[cfg(unix)]
#[test]
fn a_ledger_that_cannot_write_its_trials_down_stops_at_the_first() {
    let workplace = Workplace::new();
    parabola(&workplace, 400);
    let line = "ledger curve.csv --target y --epochs 60 --threads 1";
    let outcome = workplace.while_it_runs(line, "the recipe itself", |workplace| {
        // A folder in the place of the file: no line can be added to it, as on a full disk.
        std::fs::remove_file(workplace.path("ledgers/curve/ledger.jsonl")).unwrap();
        std::fs::create_dir(workplace.path("ledgers/curve/ledger.jsonl")).unwrap();
    });
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.err.contains("cannot write") && outcome.err.contains("ledger.jsonl"), "{}", outcome.err);
    let n_begun = outcome.err.matches("to come:").count();
    assert!(n_begun <= 2, "{n_begun} trials: {}", outcome.err);
}

#[test]
fn what_cannot_be_asked_is_said_in_one_sentence() {
    let workplace = Workplace::new();
    parabola(&workplace, 60);
    let check = |line: &str, code: i32, words: &[&str]| {
        let outcome = workplace.kitae(line);
        assert_eq!(outcome.code, Some(code), "{line}: {outcome:?}");
        for word in words {
            assert!(outcome.err.contains(word), "{line}: {}", outcome.err);
        }
    };
    check("ledger curve.csv", 2, &["--target"]);
    check("ledger", 2, &["FILE"]);
    check("ledger curve.csv --target y --only droput", 2, &["droput", "dropout"]);
    check("ledger curve.csv --target y --time soon", 2, &["soon", "20m"]);
    check("ledger curve.csv --target y --try network.depth=3", 1, &["depth"]);
    check("ledger curve.csv --target y --try network.dropout=0.15", 1, &["already has"]);
    check("ledger curve.csv --target y --try metric=mae", 1, &["no lever", "compared by"]);
    let zeros: Vec<String> = (0..60).map(|row| format!("{},{}", row * 7 % 11, row * 5 % 13)).collect();
    workplace.write("zero.csv", &format!("x,y\n{}\n", zeros.join("\n")));
    let percent =
        "ledger zero.csv --target y --task regression --metric mape --epochs 2 --only penalty --quiet";
    for line in [percent, percent] {
        check(line, 1, &["mape has no value on the held-out rows of fold 1", "another metric"]);
    }
    check("ledger curve.csv --target y --hold-out 0.2", 1, &["k_fold"]);
    // What could not begin is not in the way of the corrected command.
    assert!(!workplace.path("ledgers/curve").exists());
    check("ledger --resume nowhere", 1, &["nowhere", "no ledger"]);
    check("ledger --of nowhere", 1, &["nowhere"]);
}
