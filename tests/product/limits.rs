//! What is too large is said before memory or patience runs out.
#![cfg(unix)]

use std::process::Command;

use crate::common::{QUICK, Workplace, flowers};

/// Trains with 4 GB of addresses.
fn limited(workplace: &Workplace, flags: &str) -> String {
    let line = format!(
        "ulimit -v 4000000; exec \"$0\" train table.csv --out model --preset fast --threads 1 {flags}"
    );
    let output = Command::new("bash")
        .args(["-c", &line, env!("CARGO_BIN_EXE_kitae-under-test")])
        .current_dir(workplace.path("."))
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(!workplace.path("model").exists() && !workplace.path("model.partial").exists());
    err
}

#[test]
fn networks_too_wide_for_the_memory_are_refused_with_what_they_would_take() {
    let workplace = Workplace::new();
    workplace.write("table.csv", &flowers(90));
    let error = limited(&workplace, "--target kind --hidden 30000,30000");
    assert!(error.contains("GB of memory at least") && error.contains("--hidden 256,256"), "{error}");
}

#[test]
fn features_too_wide_for_the_memory_are_refused_with_what_makes_them_fewer() {
    let workplace = Workplace::new();
    let rows =
        (0..20_000).map(|row| format!("L{},{}\n", row * 7 % 6_000, row % 2)).collect::<Vec<_>>().concat();
    workplace.write("table.csv", &format!("a,y\n{rows}"));
    let flags = "--target y --categorical a --one-hot-max-levels 10000 --folds 20 --hidden 8";
    let error = limited(&workplace, flags);
    assert!(error.contains("6000 numbers in 20 folds") && error.contains("--one-hot-max-levels"), "{error}");
}

#[test]
fn tables_without_enough_to_learn_from_are_refused_with_advice_that_helps() {
    let workplace = Workplace::new();
    let rows = |n: usize| (0..n).map(|row| format!("{row},{}\n", row % 2)).collect::<Vec<_>>().concat();
    let prose =
        |row: usize| format!("\"reads {} and {}, then stops at {row}\",{}\n", row * 7, row * 13, row % 2);
    let prose = (0..60).map(prose).collect::<Vec<_>>().concat();
    for (text, expected, refused) in [
        (format!("x,y\n{}", rows(5)), "at least 10 are needed", "--test-size"),
        (format!("x,y\n{}", rows(12)), "--test-size 0", "panicked"),
        (format!("y\n{}", "a\nb\n".repeat(30)), "the table has no other", "from: \n"),
        (format!("note,y\n{prose}"), "--categorical note", "panicked"),
    ] {
        workplace.write("table.csv", &text);
        let error = workplace.kitae(&format!("train table.csv --target y --out model {QUICK}")).fails(1);
        assert!(error.contains(expected) && !error.contains(refused), "{error}");
    }
}

#[test]
fn thousands_of_classes_are_refused_in_a_sentence() {
    let workplace = Workplace::new();
    let rows =
        (0..6_000).map(|row| format!("{}.5,K{}\n", row * 7 % 101, row / 3)).collect::<Vec<_>>().concat();
    workplace.write("table.csv", &format!("a,y\n{rows}"));
    let error = workplace.kitae(&format!("train table.csv --target y --out model {QUICK}")).fails(1);
    assert!(error.contains("2000 classes") && error.contains("--task regression"), "{error}");
}
