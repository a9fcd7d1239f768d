//! Labels drawn by a coin: whatever the rows look like and however they are split, the score is that of
//! guessing, or the run says why it is not, with the flag that makes it so.

use std::fmt::Write;

use serde_json::Value;

use crate::common::{Workplace, at};

/// Large enough to learn by heart what comes twice.
const LEARNS: &str = "--preset fast --epochs 20 --threads 2 --device flex --test-size 0 --json";

/// A number from 0 to 1 that looks random (the finaliser of `SplitMix64`).
fn uniform(row: usize, purpose: usize) -> f64 {
    let word = (row * 97 + purpose + 1) as u64;
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (word ^ (word >> 31)) as f64 / u64::MAX as f64
}

/// About normal, by twelve of them.
fn normal(row: usize, purpose: usize) -> f64 {
    (0..12).map(|draw| uniform(row, 1_000 * (draw + 1) + purpose)).sum::<f64>() - 6.0
}

fn coin(thing: usize) -> &'static str {
    ["no", "yes"][usize::from(uniform(thing, 7) < 0.5)]
}

/// Six numbers around a point of their own for each of the things that rows belong to.
fn around(row: usize, thing: usize, width: f64) -> String {
    let cell = |column: usize| format!("{:.4}", normal(thing, column) + width * normal(row, 50 + column));
    (0..6).map(cell).collect::<Vec<_>>().join(",")
}

fn day(row: usize) -> String {
    format!("{}-{:02}-{:02}", 2019 + row / 336, row / 28 % 12 + 1, row % 28 + 1)
}

/// A training on rows made by `cells`, the last of which is the target `y`.
struct Trained {
    /// Whether it was said to be better than the class frequencies.
    is_better: bool,
    /// Of each of its warnings about the table, the flags that mend it.
    cures: Vec<String>,
}

fn train(header: &str, n_rows: usize, cells: impl Fn(usize) -> String, flags: &str) -> Trained {
    let mut text = format!("{header},y\n");
    (0..n_rows).for_each(|row| writeln!(text, "{}", cells(row)).unwrap());
    let workplace = Workplace::new();
    workplace.write("t.csv", &text);
    let out = workplace.kitae(&format!("train t.csv --target y --out m {LEARNS} {flags}")).ok();
    let json: Value = serde_json::from_str(&out).unwrap();
    let constant = &at(&json, "scores.baselines")[0];
    assert_eq!(constant["name"], "class frequencies");
    let warnings =
        at(&json, "findings").as_array().unwrap().iter().filter(|found| found["severity"] == "warning");
    let cures = |found: &Value| {
        let cures = found["cures"].as_array().into_iter().flatten().map(flag);
        cures.collect::<Vec<_>>().join(" or ")
    };
    Trained {
        is_better: constant["gain"]["interval"]["low"].as_f64().is_some_and(|low| low > 0.0),
        cures: warnings.map(cures).collect(),
    }
}

/// The flag of a cure.
fn flag(cure: &Value) -> String {
    let setting = cure["setting"].as_str().unwrap().rsplit('.').next().unwrap();
    format!("--{} {}", setting.replace('_', "-"), cure["value"].as_str().unwrap())
}

/// Nothing is found, and nothing is said.
#[track_caller]
fn is_guessing(trained: &Trained) {
    assert!(!trained.is_better, "noise is called better than the class frequencies");
    assert_eq!(trained.cures, [""; 0]);
}

/// The plant is learned by heart, said, and gone with the flag that is named.
#[track_caller]
fn is_caught(header: &str, n_rows: usize, cells: impl Fn(usize) -> String, flags: &str, cure: &str) {
    let planted = train(header, n_rows, &cells, flags);
    assert!(planted.is_better, "the plant must be there to be caught");
    assert!(planted.cures.iter().any(|named| named == cure), "{:?}", planted.cures);
    is_guessing(&train(header, n_rows, &cells, cure));
}

#[test]
fn noise_is_guessed_under_every_kind_of_split() {
    let cells = |row: usize| format!("{},g{},{},{}", around(row, row, 1.0), row % 40, day(row), coin(row));
    for split in ["", "--folds 3 --repeats 2", "--hold-out 0.3", "--by-group group", "--by-time when"] {
        is_guessing(&train("a,b,c,d,e,f,group,when", 480, cells, split));
    }
}

#[test]
fn copies_score_as_guesses() {
    let copies = |row: usize| format!("{},{}", around(row % 200, row % 200, 1.0), coin(row % 200));
    is_guessing(&train("a,b,c,d,e,f", 800, copies, ""));
    is_caught("a,b,c,d,e,f", 800, copies, "--copies apart", "--copies together");
    // Each with a number of its own.
    let numbered = |row: usize| format!("{row},{}", copies(row));
    is_guessing(&train("id,a,b,c,d,e,f", 800, numbered, ""));
    // Shaken.
    let shaken = |row: usize| format!("{},{}", around(row, row % 200, 0.01), coin(row % 200));
    is_caught("a,b,c,d,e,f", 800, shaken, "", "--copies near");
}

#[test]
fn a_thousand_levels_of_noise_score_as_guesses() {
    let levels = |row: usize| {
        let level = (uniform(row, 1) * 1_000.0) as usize;
        format!("u{level},{},{}", around(row, row, 1.0), coin(row))
    };
    is_guessing(&train("level,a,b,c,d,e,f", 2_000, levels, ""));
}

#[test]
fn what_belongs_together_is_caught() {
    let patients = |row: usize| format!("P{:03},{},{}", row % 50, around(row, row % 50, 0.2), coin(row % 50));
    is_caught("patient,a,b,c,d,e,f", 600, patients, "", "--by-group patient");
}

#[test]
fn what_only_later_rows_tell_is_caught() {
    // Labels that drift: months of many, then months of few.
    let drifting = |row: usize| format!("{},{},{}", day(row), around(row, row, 1.0), coin(row / 20));
    let planted = train("when,a,b,c,d,e,f", 720, drifting, "");
    assert!(planted.is_better, "the plant must be there to be caught");
    assert_eq!(planted.cures, ["--by-time when"]);
    assert!(!train("when,a,b,c,d,e,f", 720, drifting, "--by-time when").is_better);
}

#[test]
fn a_column_that_gives_the_target_away_is_caught() {
    let leak = |row: usize| {
        let given = if coin(row) == "yes" { 7 } else { 3 };
        format!("{},{given},{}", around(row, row, 1.0), coin(row))
    };
    is_caught("a,b,c,d,e,f,status", 400, leak, "", "--drop status");
}
