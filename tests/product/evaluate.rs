//! What `kitae evaluate` opens, counts and says.

use std::fmt::Write;

use serde_json::Value;

use crate::common::{QUICK, Workplace, at, flowers, train, trained};

#[test]
fn evaluation_opens_the_sealed_rows_and_counts_the_looks() {
    let workplace = trained();
    let n_sealed =
        at(&workplace.json("model/model.json"), "manifest.model.source.n_sealed").as_u64().unwrap();
    assert!(n_sealed > 0);
    let first = workplace.kitae("evaluate model").ok();
    assert!(first.contains(&format!("{n_sealed} rows of `flowers.csv` that were sealed")), "{first}");
    assert!(first.contains("first recorded look"), "{first}");
    let second: Value =
        serde_json::from_str(&workplace.kitae("evaluate model flowers.csv --json").ok()).unwrap();
    assert_eq!((&second["look"], &second["rows"]), (&Value::from(2), &Value::from("sealed")));
    assert_eq!(second["n_rows"], n_sealed);
    workplace.write("others.csv", &flowers(30));
    let other: Value =
        serde_json::from_str(&workplace.kitae("evaluate model others.csv --json").ok()).unwrap();
    // Some of these are sealed rows that were looked at twice.
    assert_eq!((&other["look"], &other["n_rows"]), (&Value::from(3), &Value::from(30)));
    let before = other["rows_looked_at_before"].as_u64().unwrap();
    assert!(before > 0 && before < 30, "{before}");
    assert_eq!(workplace.read("model/looks.jsonl").lines().count(), 3);
}

#[test]
fn evaluation_says_when_rows_were_trained_on() {
    let workplace = trained();
    // The training table and one row more: another file, with rows that are not new.
    workplace.write("more.csv", &flowers(91));
    let text = workplace.kitae("evaluate model more.csv --threads 1 --device flex").ok();
    assert!(text.contains("are among the training rows of the model"), "{text}");
    std::fs::remove_file(workplace.path("flowers.csv")).unwrap();
    let text = workplace.kitae("evaluate model more.csv --threads 1 --device flex").ok();
    assert!(text.contains("it is unknown whether"), "{text}");
}

#[test]
fn a_single_row_is_scored_without_an_interval() {
    let workplace = trained();
    workplace.write("one.csv", "length,width,colour,kind\n1,2,red,iris\n");
    let text = workplace.kitae("evaluate model one.csv --interval 0.9").ok();
    assert!(text.contains("the one row of `one.csv`"), "{text}");
    assert!(!text.contains("Do not rely"), "one row tells nothing: {text}");
}

#[test]
fn evaluation_refuses_rows_that_it_cannot_score() {
    let workplace = trained();
    workplace.write("unlabelled.csv", "length,width,colour\n1,2,red\n");
    let error = workplace.kitae("evaluate model unlabelled.csv").fails(1);
    assert!(error.contains("unlabelled.csv") && error.contains("`kind`"), "{error}");
    workplace.write("strange.csv", "length,width,colour,kind\n1,2,red,oak\n");
    let error = workplace.kitae("evaluate model strange.csv").fails(1);
    assert!(error.contains("rose, wild"), "{error}");
    workplace.write("flowers.csv", &flowers(91));
    assert!(workplace.kitae("evaluate model").fails(1).contains("has changed"));
    std::fs::remove_file(workplace.path("flowers.csv")).unwrap();
    assert!(workplace.kitae("evaluate model").fails(1).contains("kitae evaluate model FILE"));
    assert!(!workplace.path("model/looks.jsonl").exists());
}

#[test]
fn a_model_without_sealed_rows_says_so() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    assert!(train(&workplace, "--test-size 0").ok().contains("no rows are sealed"));
    assert!(workplace.kitae("evaluate model").fails(1).contains("none of its rows are sealed"));
}

fn evaluated(workplace: &Workplace, line: &str) -> Value {
    serde_json::from_str(&workplace.kitae(&format!("evaluate {line} --json")).ok()).unwrap()
}

/// Three loans a customer; customers are numbered from `first`.
fn loans(first: usize, n_customers: usize) -> String {
    let mut text = String::from("owner,amount,late\n");
    for row in 0..3 * n_customers {
        let amount = (row * 37 % 19) as f64 + (row % 2) as f64 * 12.0;
        let _ = writeln!(text, "c{},{amount},{}", first + row / 3, ["no", "yes"][row % 2]);
    }
    text
}

#[test]
fn groups_are_told_apart_in_intervals_or_there_is_none() {
    let workplace = Workplace::new();
    workplace.write("loans.csv", &loans(0, 40));
    workplace
        .kitae(&format!("train loans.csv --target late --by-group owner --out model {QUICK} --quiet"))
        .ok();
    workplace.write("new.csv", &loans(100, 30));
    let new = evaluated(&workplace, "model new.csv");
    assert!(new["scores"][0]["interval"].is_object(), "{new}");
    assert_eq!(new["note"], Value::Null);
    workplace.write("one.csv", &loans(100, 1));
    let one = workplace.kitae("evaluate model one.csv --interval 0.9").ok();
    assert!(one.contains("100 % of the rows, and"), "{one}");
    let text = loans(100, 30);
    let alone: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once(',')?.1)).collect();
    workplace.write("alone.csv", &(alone.join("\n") + "\n"));
    let alone = evaluated(&workplace, "model alone.csv");
    assert!(alone["note"].as_str().is_some_and(|note| note.contains("`owner`")), "{alone}");
    assert_ne!(new["scores"][0]["interval"], alone["scores"][0]["interval"]);
}

#[test]
fn flags_for_a_new_file_do_not_change_how_the_training_file_is_read() {
    let workplace = trained();
    let sealed = evaluated(&workplace, "model");
    assert_eq!(evaluated(&workplace, "model --missing red")["scores"], sealed["scores"]);
    let named = evaluated(&workplace, "model flowers.csv --missing red");
    assert_eq!((&named["rows"], &named["scores"]), (&Value::from("sealed"), &sealed["scores"]));
    let other = flowers(91).replace(", ", "~").replace(',', ";").replace('~', ", ");
    workplace.write("more.csv", &other);
    let more = workplace.kitae("evaluate model more.csv --delimiter ;").ok();
    assert!(more.contains("are among the training rows of the model"), "{more}");
}

#[test]
fn models_of_the_same_folder_that_looked_at_the_rows_are_named() {
    let workplace = trained();
    workplace.kitae(&format!("train flowers.csv --target kind --out second {QUICK} --quiet")).ok();
    workplace.write("others.csv", &flowers(30).replace('.', ".9"));
    workplace.kitae("evaluate second others.csv").ok();
    let first = workplace.kitae("evaluate model").ok();
    assert!(
        first
            .contains("the first recorded look at these rows, by this model or by others in the same folder"),
        "{first}"
    );
    let second = workplace.kitae("evaluate second").ok();
    assert!(
        second.contains("All these rows were looked at before: in the same folder by `model`."),
        "{second}"
    );
    assert!(second.contains("Choosing among models by such looks"), "{second}");
    assert_eq!(evaluated(&workplace, "model")["other_models"], serde_json::json!(["second"]));
    // Damage elsewhere does not cost the score.
    workplace.write("second/looks.jsonl", "no look\n");
    assert_eq!(evaluated(&workplace, "model")["other_models"], serde_json::json!([]));
}

#[test]
fn looks_are_counted_through_overwriting_and_a_line_cut_short() {
    let workplace = trained();
    let first = workplace.kitae("evaluate model").ok();
    assert!(first.contains("first recorded look at these rows"), "{first}");
    train(&workplace, "--overwrite --quiet --seed 3").ok();
    assert_eq!(evaluated(&workplace, "model")["look"], 2, "the model before looked at the same rows");
    let looks = workplace.read("model/looks.jsonl");
    workplace.write("model/looks.jsonl", &format!("{looks}{{\"unix_sec"));
    assert_eq!(evaluated(&workplace, "model")["look"], 3);
    assert_eq!(evaluated(&workplace, "model")["look"], 4);
    // Another table, other rows.
    workplace.write("flowers.csv", &flowers(120).replace('.', ".9"));
    train(&workplace, "--overwrite --quiet").ok();
    assert_eq!(evaluated(&workplace, "model")["look"], 1);
}

/// A table of `n_rows` rows of which no two are alike.
fn unlike(n_rows: usize) -> String {
    let row = |row: usize| format!("{:.4},{:.4},{}\n", (row as f64).sin(), (row as f64 * 0.7).cos(), row % 2);
    let rows: String = (0..n_rows).map(row).collect();
    format!("a,b,late\n{rows}")
}

#[test]
fn rows_that_were_looked_at_are_known_again_in_other_files_and_models() {
    let workplace = Workplace::new();
    workplace.write("loans.csv", &unlike(120));
    let train = |file: &str, flags: &str| {
        workplace.kitae(&format!("train {file} --target late {QUICK} --quiet {flags}")).ok();
    };
    train("loans.csv", "--out model");
    let first = evaluated(&workplace, "model");
    let n_sealed = first["n_rows"].as_u64().unwrap();
    assert_eq!((&first["look"], &first["rows_looked_at_before"]), (&Value::from(1), &Value::from(0)));
    let check = |line: &str, most: u64| {
        let seen = evaluated(&workplace, line);
        let before = seen["rows_looked_at_before"].as_u64().unwrap();
        assert!(before > 0 && before <= most, "{line}: {seen}");
        let text = workplace.kitae(&format!("evaluate {line}")).ok();
        assert!(text.contains("looked at before") && !text.contains("first recorded look"), "{line}: {text}");
        before
    };
    // More rows are sealed, those of before among them.
    train("loans.csv", "--test-size 0.4 --out larger");
    assert_eq!(check("larger", u64::MAX), n_sealed);
    // A column more, so other rows are sealed; the table and a row more.
    let more = |(number, line): (usize, &str)| {
        format!("{line},{}\n", if number == 0 { "sum".into() } else { number.to_string() })
    };
    workplace.write("derived.csv", &unlike(120).lines().enumerate().map(more).collect::<String>());
    train("derived.csv", "--out derived");
    check("derived", u64::MAX);
    workplace.write("more.csv", &unlike(121));
    check("model more.csv", 121);
    // The sealed rows as a file of their own, and the predictions for them.
    let open = workplace.read("model/out_of_fold.csv");
    let open: Vec<usize> =
        open.lines().skip(1).map(|line| line.split_once(',').unwrap().0.parse().unwrap()).collect();
    let text = unlike(120);
    let cut = text.lines().enumerate().filter(|(number, _)| !open.contains(number));
    workplace.write("cut.csv", &cut.map(|(_, line)| line).collect::<Vec<_>>().join("\n"));
    assert_eq!(check("model cut.csv", n_sealed), n_sealed);
    for (file, n_rows) in [("cut.csv", n_sealed), ("loans.csv", 120)] {
        let outcome = workplace.kitae(&format!("predict model {file}"));
        let said = format!("note: {n_sealed} of {n_rows} rows have the cells of sealed test rows");
        assert!(outcome.err.contains(&said), "{}", outcome.err);
    }
    workplace.write(
        "new.csv",
        &unlike(240)
            .lines()
            .enumerate()
            .filter(|(number, _)| *number == 0 || *number > 121)
            .map(|(_, line)| line)
            .collect::<Vec<_>>()
            .join("\n"),
    );
    assert!(!workplace.kitae("predict model new.csv").err.contains("sealed"));
    let new = evaluated(&workplace, "model new.csv");
    assert_eq!((&new["look"], &new["rows_looked_at_before"]), (&Value::from(1), &Value::from(0)));
}

#[test]
fn new_rows_of_few_kinds_are_not_said_to_be_those_of_training() {
    let workplace = Workplace::new();
    let survey = |from: usize, to: usize| {
        let row =
            |row: usize| format!("{},{},{}\n", "abc".as_bytes()[row % 3], row / 3 % 4, row * row / 7 % 2);
        format!("colour,size,late\n{}", (from..to).map(row).collect::<Vec<_>>().concat())
    };
    workplace.write("old.csv", &survey(0, 600));
    workplace.write("new.csv", &survey(600, 800));
    workplace.kitae(&format!("train old.csv --target late --out model {QUICK} --quiet")).ok();
    let text = workplace.kitae("evaluate model new.csv").ok();
    assert!(
        text.contains("Few rows of this table are distinct") && !text.contains("too optimistic"),
        "{text}"
    );
}

#[test]
fn of_looks_at_the_same_moment_one_is_the_first() {
    let workplace = Workplace::new();
    workplace.write("loans.csv", &unlike(120));
    workplace.kitae(&format!("train loans.csv --target late --out model {QUICK} --quiet")).ok();
    for _ in 0..3 {
        let numbers: Vec<u64> = std::thread::scope(|scope| {
            let look = || evaluated(&workplace, "model --threads 1")["look"].as_u64().unwrap();
            let looks: Vec<_> = (0..4).map(|_| scope.spawn(look)).collect();
            looks.into_iter().map(|look| look.join().unwrap()).collect()
        });
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        let last = workplace.read("model/looks.jsonl").lines().count() as u64;
        assert_eq!(sorted, (last - 3..=last).collect::<Vec<u64>>(), "{numbers:?}");
    }
}
