//! `kitae diagnose`: symptom, lever, proof, from the command line.

use std::fmt::Write;

use crate::common::{QUICK, Workplace, at, flowers};

/// A parabola and a line together, and a column that is their sum in other units.
fn leaking_curve() -> String {
    let mut text = String::from("x,z,paid,y\n");
    for i in 0..300_u32 {
        let x = (f64::from(i) * 0.618_034).fract() * 4.0 - 2.0;
        let z = (f64::from(i) * 0.732_051).fract() * 4.0;
        let y = x * x + z + (f64::from(i) * 0.414_214).fract() * 0.2;
        let _ = writeln!(text, "{x:.4},{z:.4},{:.4},{y:.4}", 3.0 * y + 1.0);
    }
    text
}

/// The commands that a diagnosis offers, without the name of the programme.
fn offered(text: &str) -> Vec<String> {
    let commands = text.lines().filter_map(|line| Some(line.split_once("kitae-under-test train ")?.1));
    commands.map(|command| format!("train {}", command.replace('\'', ""))).collect()
}

/// The learning rate that most folds of a proof took with a lever.
fn proved_rate(workplace: &Workplace, lever: &str, own: f64) -> f64 {
    let checkup = workplace.json("models/flowers/diagnosis.json");
    let levers = at(&checkup, "proof.levers").as_array().unwrap();
    levers.iter().find(|other| other["name"] == lever).unwrap()["rate"].as_f64().unwrap() * own
}

#[test]
fn a_finding_comes_with_its_evidence_a_command_that_works_and_the_proof() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(300));
    let slow = "--preset fast --hidden 8 --folds 3 --epochs 10 --learning-rate 0.0002 --schedule constant --blend none";
    workplace.kitae(&format!("train flowers.csv --target kind {slow} --quiet")).ok();
    let text = workplace.kitae("diagnose models/flowers --prove").ok();
    let proved = proved_rate(&workplace, "8 times the rate", 0.0002);
    assert!(text.contains("\nLearning rate too low\nSteps are so small"), "{text}");
    assert!(text.contains("In 3 of 3 networks no layer's weights change by more than"), "{text}");
    assert!(text.contains("Source: Goodfellow, Bengio and Courville 2016"), "{text}");
    // The proof says that a higher rate helps.
    let proof = text.lines().rev().find(|line| line.contains("8 times the rate")).unwrap();
    assert!(proof.contains("helps"), "{text}");
    let short = workplace.kitae("diagnose models/flowers --prove --time 0s").ok();
    assert!(short.contains("no time") && short.contains("give it more time"), "{short}");
    let plain = workplace.kitae("diagnose models/flowers --quick").ok();
    assert!(offered(&plain)[0].contains("--set training.learning_rate=0.0016"), "{plain}");
    // The first command offered trains the same recipe with that lever alone, at the rate that the proof
    // found best.
    let command = &offered(&text)[0];
    let rate = command.split_once("--of models/flowers --set training.learning_rate=").unwrap().1;
    let rate: f64 = rate.split_whitespace().next().unwrap().parse().unwrap();
    assert!((rate - proved).abs() < 1e-9 && (rate - 0.0016).abs() > 1e-9, "{command}");
    workplace.kitae(&format!("{command} --quiet")).ok();
    let recipe =
        |model: &str| workplace.json(&format!("models/{model}/model.json"))["manifest"]["recipe"].clone();
    let (mut before, after) = (recipe("flowers"), recipe("flowers-treated"));
    before["training"]["learning_rate"] = after["training"]["learning_rate"].clone();
    assert_eq!(before, after);
    // Without its rows the lever is named, and no command that could not work.
    workplace.write("flowers.csv", &flowers(301));
    let lost = workplace.kitae("diagnose models/flowers --quick").ok();
    assert!(lost.contains("--set training.learning_rate=0.0016"), "{lost}");
    assert!(offered(&lost).is_empty() && !lost.contains("--prove"), "{lost}");
}

#[test]
fn a_leak_comes_first_and_the_diagnosis_is_kept_for_machines() {
    let workplace = Workplace::new();
    workplace.write("curve.csv", &leaking_curve());
    workplace.kitae(&format!("train curve.csv --target y {QUICK} --quiet")).ok();
    let json = workplace.kitae("diagnose models/curve --json").ok();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let first = &at(&json, "checkup.diagnosis.findings")[0];
    assert_eq!(first["ailment"], "leak");
    assert!(first["treatments"][0]["advice"].as_str().unwrap().contains("--drop paid"), "{first}");
    // A quarter, half and all of the rows were trained on.
    let points = at(&json, "checkup.size_curve.points").as_array().unwrap();
    assert_eq!(
        points.iter().map(|point| point["share"].as_f64().unwrap()).collect::<Vec<_>>(),
        [0.25, 0.5, 1.0]
    );
    assert_eq!(workplace.json("models/curve/diagnosis.json"), json["checkup"]);
    // It is on the page; one that cannot be read is said to be lost.
    assert!(workplace.read("models/curve/report.html").contains("Leak suspected"));
    workplace.write("models/curve/diagnosis.json", "{");
    workplace.kitae("report models/curve").ok();
    assert!(workplace.read("models/curve/report.html").contains("The diagnosis cannot be read"));
}

#[test]
fn rows_to_come_that_differ_are_told_from_those_of_the_model() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(200));
    workplace.kitae(&format!("train flowers.csv --target kind {QUICK} --quiet")).ok();
    // The same flowers without the target, and flowers that have grown.
    let grown = |by: f64| {
        let mut text = String::from("length,width,colour\n");
        for line in flowers(150).lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let _ = writeln!(text, "{},{},{}", cells[0].parse::<f64>().unwrap() + by, cells[1], cells[2]);
        }
        text
    };
    workplace.write("same.csv", &grown(0.0));
    workplace.write("grown.csv", &grown(1.3));
    let same = workplace.kitae("diagnose models/flowers --new same.csv").ok();
    assert!(same.contains("no drift was found"), "{same}");
    let text = workplace.kitae("diagnose models/flowers --new grown.csv").ok();
    assert!(text.contains("they have drifted, so scores on the model's rows may not hold"), "{text}");
    assert!(text.contains("`length` alone: distance"), "{text}");
    // Of one row nobody can tell.
    workplace.write("one.csv", "length,width,colour\n9,1,red\n");
    let one = workplace.kitae("diagnose models/flowers --new one.csv").ok();
    assert!(one.contains("too few rows to tell"), "{one}");
    let error = workplace.kitae("diagnose models/flowers --new nowhere.csv").fails(1);
    assert!(error.contains("nowhere.csv") && !error.contains("would more data help"), "{error}");
    workplace.write("other.csv", "a,b\n1,2\n");
    let error = workplace.kitae("diagnose models/flowers --new other.csv").fails(1);
    assert!(
        error.contains("other.csv: missing columns") && !error.contains("would more data help"),
        "{error}"
    );
}

#[test]
fn a_model_whose_file_has_changed_is_still_read_and_says_what_was_not_seen() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(120));
    workplace.kitae(&format!("train flowers.csv --target kind {QUICK} --quiet")).ok();
    workplace.write("flowers.csv", &flowers(121));
    std::fs::remove_file(workplace.path("models/flowers/out_of_fold.csv")).unwrap();
    std::fs::remove_file(workplace.path("models/flowers/record.jsonl")).unwrap();
    let text = workplace.kitae("diagnose models/flowers").ok();
    for part in [
        "no run record",
        "no out-of-fold predictions",
        "The rows are not available",
        "has changed since the run began",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("train --of") && !text.contains("--prove"), "{text}");
    let error = workplace.kitae("diagnose models/flowers --prove").fails(1);
    assert!(error.contains("has changed since the run began"), "{error}");
    let error = workplace.kitae("diagnose models/flowers --time 5m").fails(2);
    assert!(error.contains("--prove"), "{error}");
    workplace.kitae("diagnose models/flowers --quick --time 5m").fails(2);
    workplace.kitae("diagnose models/nothing").fails(1);
}
