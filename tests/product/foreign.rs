//! Folders and names that came from someone else: nothing of them steers a terminal or reaches files outside.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::process::Command;

use rusqlite::Connection;

use crate::common::{QUICK, Workplace, flowers, trained};

/// What no text may send to a terminal.
fn steers(text: &str) -> bool {
    text.chars().any(|c| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)))
}

#[test]
fn names_of_columns_classes_and_folders_never_steer_the_terminal() {
    let workplace = Workplace::new();
    let text =
        flowers(90).replace("tulip", "tu\u{1b}]0;owned\u{7}lip").replace("width", "wi\u{202e}\u{9b}31mdth");
    workplace.write("flowers.csv", &text);
    let model = "mo\u{1b}[31mdel\u{202e}";
    let train = format!("train flowers.csv --target kind --out {model} {QUICK}");
    let commands = [
        "inspect flowers.csv --target kind".to_owned(),
        "inspect flowers.csv --json".to_owned(),
        train.clone(),
        train,
        format!("evaluate {model}"),
        format!("evaluate {model} --json"),
        format!("diagnose {model} --quick"),
        format!("report {model} --importance --permutations 1"),
        format!("predict {model} no\u{1b}[2Jthing.csv"),
        "train flowers.csv --target \u{1b}[2J".to_owned(),
        "train flowers.csv --tar\u{1b}[2Jget kind".to_owned(),
    ];
    for line in commands {
        let outcome = workplace.kitae(&line);
        assert!(!steers(&outcome.out) && !steers(&outcome.err), "{line}: {outcome:?}");
    }
    let page = workplace.read(&format!("{model}/report.html"));
    assert!(!steers(&page) && page.contains("wi\\u202e\\u009b31mdth"), "the page turns letters");
    // What machines read says what the file says.
    let header = workplace.kitae(&format!("predict {model} flowers.csv")).ok();
    assert!(header.starts_with("prediction,") && header.contains("probability_tu\u{1b}]0;owned\u{7}lip"));
    let evaluated = workplace.kitae("inspect flowers.csv --json").ok();
    let json: serde_json::Value = serde_json::from_str(&evaluated).unwrap();
    assert!(json.to_string().contains("wi\u{202e}\u{9b}31mdth"), "{evaluated}");
}

#[test]
fn an_error_about_an_endless_name_is_short() {
    let workplace = Workplace::new();
    workplace.write("wide.csv", &format!("{},y\n1,2\n2,3\n", "a".repeat(1_000_000)));
    let outcome = workplace.kitae(&format!("train wide.csv --target z --out m {QUICK}"));
    assert!(outcome.fails(1).len() < 10_000);
}

#[test]
fn links_and_pipes_in_a_model_folder_lead_nowhere() {
    let workplace = trained();
    workplace.write("victim", "precious");
    let plant = |name: &str| {
        let _ = std::fs::remove_file(workplace.path(name));
        symlink(workplace.path("victim"), workplace.path(name)).unwrap();
    };
    for name in ["model/looks.jsonl", "model/model.json", "model/record.jsonl", "model/out_of_fold.csv"] {
        let before = std::fs::read(workplace.path(name)).ok();
        plant(name);
        for command in ["evaluate model", "diagnose model --quick", "report model"] {
            let _ = workplace.kitae(command);
        }
        assert_eq!(workplace.read("victim"), "precious", "{name}");
        std::fs::remove_file(workplace.path(name)).unwrap();
        if let Some(bytes) = before {
            std::fs::write(workplace.path(name), bytes).unwrap();
        }
    }
    plant("model/looks.jsonl");
    assert!(workplace.kitae("evaluate model").fails(1).contains("looks.jsonl`: it is a link"));
    std::fs::remove_file(workplace.path("model/looks.jsonl")).unwrap();
    // A page is written in place of the link.
    plant("model/report.html");
    workplace.kitae("report model").ok();
    assert_eq!(workplace.read("victim"), "precious");
    // A pipe nobody writes to.
    for name in ["model/looks.jsonl", "model/diagnosis.json"] {
        let _ = std::fs::remove_file(workplace.path(name));
        assert!(Command::new("mkfifo").arg(workplace.path(name)).status().unwrap().success());
    }
    assert!(workplace.kitae("evaluate model").fails(1).contains("it is not a file"));
    workplace.kitae("report model").ok();
}

#[test]
fn a_study_that_came_from_elsewhere_replaces_no_model() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(90));
    let line = format!("tune flowers.csv --target kind {QUICK} --trials 1 --quiet --overwrite");
    workplace.kitae(&line).ok();
    workplace.kitae(&format!("train flowers.csv --target kind --out other {QUICK} --seed 3 --quiet")).ok();
    let other = workplace.read("other/model.json");
    let change = |model: &str| {
        let study = Connection::open(workplace.path("studies/flowers/study.db")).unwrap();
        let change = "UPDATE study SET question = json_set(question, '$.model', ?1, '$.replaces', 1)";
        study.execute(change, [model]).unwrap();
        study.execute("DELETE FROM delivery", []).unwrap();
    };
    let resume = "tune --resume studies/flowers --trials 2 --quiet";
    change("../../other");
    assert!(workplace.kitae(resume).fails(1).contains("holds a model that this study did not put there"));
    change(&workplace.path("other").display().to_string());
    assert!(workplace.kitae(resume).fails(1).contains("wherever the study lies"));
    assert_eq!(workplace.read("other/model.json"), other);
    // A copy delivers beside itself.
    change("../../models/flowers");
    std::fs::create_dir_all(workplace.path("elsewhere/studies")).unwrap();
    let (from, to) = (workplace.path("studies/flowers"), workplace.path("elsewhere/studies/flowers"));
    assert!(Command::new("cp").arg("-r").args([&from, &to]).status().unwrap().success());
    let before = workplace.read("models/flowers/model.json");
    workplace.kitae("tune --resume elsewhere/studies/flowers --trials 1 --quiet").ok();
    assert!(workplace.path("elsewhere/models/flowers/model.json").is_file());
    assert_eq!(workplace.read("models/flowers/model.json"), before);
}
