//! Whose f1 it is: the rarer class's, or the one that was chosen.

use std::fmt::Write;

use serde_json::Value;

use crate::common::{QUICK, Workplace, at};

/// Two classes, of which a fifth of the rows have the second, told apart by `x` but for some.
fn table([usual, rare]: [&str; 2], n_rows: usize) -> String {
    let mut text = String::from("x,z,outcome\n");
    for row in 0..n_rows {
        let is_rare = row % 5 == 2;
        let x = if is_rare { 1.0 } else { 0.0 } + (row * 37 % 19) as f64 / 10.0;
        let _ = writeln!(text, "{x},{},{}", (row * 11 % 23) as f64 / 7.0, if is_rare { rare } else { usual });
    }
    text
}

fn train(workplace: &Workplace, file: &str, flags: &str) -> Value {
    let line = format!(
        "train {file} --target outcome --out m --overwrite {QUICK} --test-size 0 --json --quiet {flags}"
    );
    serde_json::from_str(&workplace.kitae(&line).ok()).unwrap()
}

/// Value and class of a metric.
fn metric<'a>(scores: &'a Value, name: &str) -> (&'a Value, &'a Value) {
    let entries = scores.as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["metric"] == name).unwrap();
    (&entry["value"], &entry["positive"])
}

#[test]
fn a_metric_of_one_class_names_it_and_does_not_change_with_its_name() {
    let workplace = Workplace::new();
    workplace.write("first.csv", &table(["ok", "fraud"], 100));
    workplace.write("second.csv", &table(["ok", "sham"], 100));
    let (first, second) = (train(&workplace, "first.csv", ""), train(&workplace, "second.csv", ""));
    for name in ["f1", "average_precision"] {
        let (one, other) = (at(&first, "scores.entries"), at(&second, "scores.entries"));
        assert_eq!(metric(one, name).0, metric(other, name).0);
        assert_eq!((metric(one, name).1, metric(other, name).1), (&"fraud".into(), &"sham".into()));
    }
    assert!(workplace.read("m/report.html").contains("f1 of sham"));
}

#[test]
fn the_positive_class_is_chosen_and_remembered() {
    let workplace = Workplace::new();
    workplace.write("data.csv", &table(["ok", "fraud"], 100));
    workplace.write("new.csv", &table(["ok", "fraud"], 60));
    let json = train(&workplace, "data.csv", "--positive ok --metric f1");
    assert_eq!(metric(at(&json, "scores.entries"), "f1").1, "ok");
    let evaluate = |flags: &str| -> Value {
        let out =
            workplace.kitae(&format!("evaluate m new.csv --threads 1 --device flex --json {flags}")).ok();
        serde_json::from_str(&out).unwrap()
    };
    let (own, other) = (evaluate(""), evaluate("--positive fraud"));
    assert_eq!(metric(&own["scores"], "f1").1, "ok");
    assert_eq!(metric(&other["scores"], "f1").1, "fraud");
    assert_ne!(metric(&own["scores"], "f1").0, metric(&other["scores"], "f1").0);
    assert_eq!(metric(&own["scores"], "log_loss"), metric(&other["scores"], "log_loss"));
    let text = workplace.kitae("evaluate m new.csv --threads 1 --device flex").ok();
    assert!(text.contains("f1 of ok"), "{text}");
    let again = workplace.kitae("train --of m --out again --threads 1 --device flex --json --quiet").ok();
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(at(&again, "scores.entries"), at(&json, "scores.entries"));
}

#[test]
fn a_class_that_is_none_is_refused_with_those_that_are() {
    let workplace = Workplace::new();
    workplace.write("data.csv", &table(["ok", "fraud"], 100));
    let known = "has no class `Fraud`; its classes are `ok` and `fraud`";
    let line = format!("train data.csv --target outcome --out m {QUICK} --positive");
    let error = workplace.kitae(&format!("{line} Fraud")).fails(1);
    assert!(error.contains(known) && error.lines().count() == 1, "{error}");
    train(&workplace, "data.csv", "");
    let error = workplace.kitae("evaluate m data.csv --positive Fraud").fails(1);
    assert!(error.contains("none of its rows are sealed"), "{error}");
    workplace.write("new.csv", &table(["ok", "fraud"], 60));
    assert!(workplace.kitae("evaluate m new.csv --positive Fraud").fails(1).contains(known));
    assert!(!workplace.path("m/looks.jsonl").exists(), "what was not shown was not looked at");
    let numbers = format!("train data.csv --target x --task regression --out n {QUICK} --positive 1");
    assert!(workplace.kitae(&numbers).fails(1).contains("`x` is a number"));
}

/// The networks are no more than noise at such a rate, which a blend with a linear model hides.
#[test]
fn wrecked_networks_are_seen_at_a_glance() {
    let workplace = Workplace::new();
    workplace.write("data.csv", &table(["ok", "fraud"], 100));
    let line =
        format!("train data.csv --target outcome --out m {QUICK} --quiet --learning-rate 2 --keep last");
    let text = workplace.kitae(&line).ok();
    for row in ["the class frequencies", "the networks alone", "the linear model", "the blend (this model)"] {
        assert!(text.contains(row), "{row}: {text}");
    }
    assert!(text.contains("warning: the networks alone score worse than the class frequencies"), "{text}");
    let json = workplace.json("m/model.json");
    assert!(
        at(&json, "manifest.scores.networks.score.value").as_f64()
            > at(&json, "manifest.scores.baselines")
                .get(0)
                .and_then(|baseline| baseline["score"]["value"].as_f64())
    );
}
