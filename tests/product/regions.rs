//! Intervals and sets: `kitae predict --interval`, and how often they contain the target.

use std::fmt::Write;

use crate::architecture::root;
use crate::common::{QUICK, Workplace, at, flowers, lengths};

/// A workplace with `table.csv` and a model of it in `model`.
fn trained(table: &str, target: &str, flags: &str) -> Workplace {
    let workplace = Workplace::new();
    workplace.write("table.csv", table);
    workplace.kitae(&format!("train table.csv --target {target} --out model {QUICK} --quiet {flags}")).ok();
    workplace
}

/// The cells of a table of numbers, without its header.
fn numbers(text: &str) -> Vec<Vec<f64>> {
    let line = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
    text.lines().skip(1).map(line).collect()
}

fn head(text: &str, n_lines: usize) -> String {
    text.lines().take(n_lines).fold(String::new(), |text, line| text + line + "\n")
}

/// Even numbers from 0 to 1, the same on every machine.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        // Knuth's MMIX generator; its upper bits are even enough for a table.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: the sum of twelve even ones less its mean.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// A curve with noise of standard deviation 1, and `n` rows of it.
fn noisy_curve(seed: u64, n: usize) -> String {
    let (mut draws, mut text) = (Draws(seed), String::from("x,z,y\n"));
    for _ in 0..n {
        let (x, z) = (6.0 * draws.next() - 3.0, draws.normal());
        let _ = writeln!(text, "{x},{z},{}", 2.0 * x.sin() + 0.5 * z + draws.normal());
    }
    text
}

/// A straight line in 300 days, whose noise grows day by day.
fn growing_noise() -> String {
    let (mut draws, mut text) = (Draws(5), String::from("day,x,y\n"));
    for day in 0..300 {
        let x = draws.normal();
        let _ = writeln!(text, "{day},{x},{}", x + (1.0 + f64::from(day) / 30.0) * draws.normal());
    }
    text
}

#[test]
fn by_time_the_level_is_of_the_rows_scored_last_and_promises_nothing() {
    let workplace = Workplace::new();
    workplace.write("table.csv", &growing_noise());
    let line = format!("train table.csv --target y --by-time day --out model {QUICK} --test-size 0");
    let text = workplace.kitae(&line).ok();
    let line = text.lines().find(|line| line.contains("prediction intervals are about")).unwrap();
    let words: Vec<&str> = line.split([' ', ';']).collect();
    let after = |word: &str| words[words.iter().position(|other| *other == word).unwrap() + 1];
    assert!(line.starts_with("90 % ") && line.contains("on the latest 100 held-out rows"), "{line}");
    let (n_rows, width): (usize, f64) = (after("latest").parse().unwrap(), after("about").parse().unwrap());
    let mut scored = numbers(&workplace.read("model/out_of_fold.csv"));
    scored.sort_by(|a, b| b[0].total_cmp(&a[0]));
    // `number` rounds to four digits.
    let is_within = |row: &&Vec<f64>| (row[1] - row[2]).abs() <= width / 2.0 * 1.0005;
    let n_within = scored[..n_rows].iter().filter(is_within).count();
    assert!(n_within as f64 >= 0.9 * n_rows as f64, "{n_within} of {n_rows}");
    let outcome = workplace.kitae("predict model table.csv --interval 0.9 --out p.csv");
    assert!(outcome.err.contains("coverage is not guaranteed"), "{}", outcome.err);
    assert!(!workplace.kitae("predict model table.csv --out p.csv").err.contains("note"));
}

#[test]
fn rows_unlike_those_of_the_training_are_said_to_break_the_level() {
    let workplace = trained(&noisy_curve(1, 200), "y", "");
    let like = workplace.kitae("evaluate model").ok();
    assert!(like.contains("90 % prediction intervals") && !like.contains("This coverage is"), "{like}");
    let line = |row: &Vec<f64>| format!("{},{},{}\n", row[0], row[1], row[2] + 30.0);
    let far: String = numbers(&noisy_curve(2, 100)).iter().map(line).collect();
    workplace.write("far.csv", &format!("x,z,y\n{far}"));
    let text = workplace.kitae("evaluate model far.csv").ok();
    assert!(text.contains("This coverage is below the level"), "{text}");
    assert!(text.contains("`kitae diagnose model --new far.csv`"), "{text}");
}

/// Three classes, of which one in five is drawn anew.
fn noisy_classes(seed: u64, n: usize) -> String {
    let (mut draws, mut text) = (Draws(seed), String::from("x,z,kind\n"));
    for _ in 0..n {
        let (x, z) = (6.0 * draws.next() - 3.0, draws.normal());
        let drawn = if draws.next() < 0.2 { 3.0 * draws.next() } else { 0.5 * x + 1.5 };
        let _ = writeln!(text, "{x},{z},{}", ["low", "middle", "high"][(drawn as usize).min(2)]);
    }
    text
}

#[test]
fn an_interval_surrounds_each_prediction_and_changes_none() {
    let workplace = trained(&lengths(120), "length", "");
    let plain = workplace.kitae("predict model table.csv --device flex").ok();
    let out = workplace.kitae("predict model table.csv --device flex --interval 0.9").ok();
    assert_eq!(out.lines().next(), Some("prediction,prediction_low,prediction_high"));
    assert_eq!(out.lines().count(), 121);
    for (line, row) in plain.lines().skip(1).zip(numbers(&out)) {
        assert_eq!(line.parse::<f64>(), Ok(row[0]));
        assert!(row[1] <= row[0] && row[0] <= row[2] && row[1] < row[2], "{row:?}");
        assert!(row.iter().all(|number| number.is_finite()));
    }
    let half = workplace.kitae("predict model table.csv --device flex --interval 0.5").ok();
    for (wide, narrow) in numbers(&out).iter().zip(numbers(&half)) {
        assert!(wide[1] <= narrow[1] && narrow[2] <= wide[2], "{wide:?} {narrow:?}");
    }
}

#[test]
fn intervals_do_not_depend_on_the_rows_beside_or_the_threads() {
    let workplace = trained(&lengths(90), "length", "--set split.scheme.n_folds=3");
    // More rows than are read at once.
    let body = lengths(9_000);
    workplace.write("many.csv", &body);
    workplace.write("again.csv", &format!("{body}{}", body.split_once('\n').unwrap().1));
    let predict = |file: &str, flags: &str| {
        workplace.kitae(&format!("predict model {file} --device flex --interval 0.8 {flags}")).ok()
    };
    let many = predict("many.csv", "--threads 1");
    assert_eq!(predict("many.csv", "--threads 2"), many);
    let again = predict("again.csv", "--threads 2");
    let rows = many.split_once('\n').unwrap().1;
    assert_eq!(again, format!("{many}{rows}"));
    workplace.write("few.csv", &head(&body, 6));
    assert_eq!(predict("few.csv", ""), head(&many, 6));
}

#[test]
fn a_set_names_classes_and_the_predicted_one_is_among_them() {
    let workplace = trained(&flowers(120).replace("tulip", "tulip|red\\"), "kind", "");
    let out = workplace.kitae("predict model table.csv --interval 0.9 --device flex").ok();
    assert!(out.lines().next().unwrap().ends_with(",prediction_set"), "{out}");
    let names = ["iris", "rose, wild", "tulip\\|red\\\\"];
    for line in out.lines().skip(1) {
        // The set is the last cell, in quotes if it holds the name with a comma.
        let set = match line.strip_suffix('"') {
            Some(line) => line.rsplit_once('"').unwrap().1,
            None => line.rsplit_once(',').unwrap().1,
        };
        let bars: Vec<&str> = names.iter().copied().filter(|name| set.contains(*name)).collect();
        assert!(!set.is_empty() && set == bars.join("|"), "{line}");
        let predicted = line.trim_start_matches('"').split(['"', ',']).next().unwrap();
        assert!(set.contains(&predicted.replace('\\', "\\\\").replace('|', "\\|")), "{line}");
    }
    let all = workplace.kitae("predict model table.csv --interval 0.97 --device flex").ok();
    let size = |text: &str| text.lines().skip(1).map(|line| line.matches('|').count()).sum::<usize>();
    assert!(size(&all) >= size(&out));
}

#[test]
fn a_level_that_cannot_be_had_is_refused_with_what_can() {
    let workplace = trained(&lengths(60), "length", "");
    for level in ["1.5", "0", "1", "90", "-0.1", "NaN", "90%"] {
        for command in ["predict model table.csv", "evaluate model"] {
            let error = workplace.kitae(&format!("{command} --interval {level}")).fails(2);
            assert!(
                error.contains("strictly between 0 and 1, as 0.9 for 90 %") && error.contains(level),
                "{error}"
            );
        }
    }
    for command in ["predict model table.csv", "evaluate model"] {
        let outcome = workplace.kitae(&format!("{command} --interval 0.999"));
        assert_eq!(outcome.out, "");
        let error = outcome.fails(1);
        assert!(
            error.contains("rows allow at most 0.9") && error.contains("train with more rows"),
            "{error}"
        );
    }
    assert!(!workplace.path("model/looks.jsonl").exists(), "a refused look is none");
}

#[test]
fn what_intervals_are_made_from_belongs_to_the_model() {
    let workplace = trained(&lengths(60), "length", "");
    std::fs::remove_file(workplace.path("model/nonconformity.safetensors")).unwrap();
    for command in ["predict model table.csv", "evaluate model"] {
        let error = workplace.kitae(command).fails(1);
        assert!(error.contains("nonconformity.safetensors` is missing: bring it back"), "{error}");
    }
    assert!(!workplace.path("model/looks.jsonl").exists(), "a refused look is none");
}

#[test]
fn evaluation_tells_how_often_intervals_and_sets_held_the_targets() {
    let workplace = trained(&lengths(120), "length", "");
    let out = workplace.kitae("evaluate model").ok();
    assert!(
        out.contains("90 % prediction intervals contain the target in ") && out.contains("wide on average"),
        "{out}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&workplace.kitae("evaluate model --json --interval 0.5").ok()).unwrap();
    assert_eq!(at(&json, "regions.level"), 0.5);
    let (share, low) = (at(&json, "regions.share").as_f64().unwrap(), at(&json, "regions.interval.low"));
    assert!(
        low.as_f64().unwrap() < share && at(&json, "regions.mean_size").as_f64().unwrap() > 0.0,
        "{json}"
    );
    let workplace = trained(&flowers(120), "kind", "");
    let out = workplace.kitae("evaluate model --interval 0.8").ok();
    assert!(
        out.contains("80 % prediction sets contain the true class in ") && out.contains("of 3 classes"),
        "{out}"
    );
}

/// The share of new rows whose region contained the target, and the mean size.
fn coverage(workplace: &Workplace, file: &str, level: f64) -> (f64, f64) {
    let line = format!("evaluate model {file} --json --interval {level} --threads 1");
    let json: serde_json::Value = serde_json::from_str(&workplace.kitae(&line).ok()).unwrap();
    (at(&json, "regions.share").as_f64().unwrap(), at(&json, "regions.mean_size").as_f64().unwrap())
}

/// Made-up rows, split in three ways. What is left to chance is which rows were scored, and which are new:
/// the bounds are three standard errors.
#[test]
fn regions_hold_the_truth_of_new_rows_as_often_as_they_say() {
    let schemes = [
        (800.0, "--folds 5 --epochs 20"),
        (320.0, "--hold-out 0.4 --epochs 20"),
        (800.0, "--folds 3 --repeats 2 --members 2 --epochs 10"),
    ];
    for (target, table) in [("y", noisy_curve as fn(u64, usize) -> String), ("kind", noisy_classes)] {
        for (n_scored, scheme) in schemes {
            let workplace = Workplace::new();
            workplace.write("table.csv", &table(1, 800));
            workplace.write("new.csv", &table(2, 6_000));
            let flags = "--preset fast --hidden 8 --threads 1 --device flex --quiet --test-size 0";
            workplace.kitae(&format!("train table.csv --target {target} --out model {flags} {scheme}")).ok();
            for level in [0.5, 0.9] {
                let (share, size) = coverage(&workplace, "new.csv", level);
                let chance = 3.0 * (level * (1.0_f64 - level) * (1.0 / n_scored + 1.0 / 6_000.0)).sqrt();
                let found = format!("{target} {scheme}: {share} of {level} by {size} on average");
                assert!(share > level - chance, "{found}");
                // The predicted class alone is right more often than every second time.
                assert!(share < level + chance || (target == "kind" && level == 0.5), "{found}");
            }
            // Noise of standard deviation 1, or one in five classes drawn anew, is not to be foretold: 3.29
            // is the width that it needs at 90 %. A small network errs on top of that, but not by as much
            // again.
            let (_, size) = coverage(&workplace, "new.csv", 0.9);
            let (least, most) = if target == "y" { (3.2, 6.5) } else { (1.0, 2.0) };
            assert!(size > least && size < most, "{target} {scheme}: {size}");
        }
    }
}

/// Tables that ship, on their sealed rows: few, so the bounds are those of chance (three standard errors).
#[test]
fn regions_hold_the_truth_of_the_sealed_rows_of_public_tables() {
    for (name, target) in [
        ("diabetes", "progression"),
        ("breast_cancer", "diagnosis"),
        ("wine", "cultivar"),
        ("digits", "digit"),
    ] {
        let table = std::fs::read_to_string(root().join("datasets").join(name).join("data.csv")).unwrap();
        let workplace = trained(&table, target, "");
        let json: serde_json::Value =
            serde_json::from_str(&workplace.kitae("evaluate model --json").ok()).unwrap();
        let n_rows = at(&json, "regions.n_rows").as_f64().unwrap();
        let share = at(&json, "regions.share").as_f64().unwrap();
        assert!(share > 0.9 - 3.0 * (0.09 / n_rows).sqrt(), "{name}: {share} of {n_rows} rows");
    }
}
