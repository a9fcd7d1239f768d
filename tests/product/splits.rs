//! Splits that the rows do not allow.

use crate::common::{QUICK, Workplace};

#[test]
fn rows_that_cannot_be_split_are_named_with_what_helps() {
    let workplace = Workplace::new();
    let rows = |n_groups: usize| -> String {
        let line = |row: usize| {
            format!("{},g{},{},{}\n", row * 7 / 84, row % n_groups, row * 37 % 19, row * 11 % 23)
        };
        (0..84).map(line).collect()
    };
    workplace.write("two.csv", &format!("day,who,x,y\n{}", rows(2)));
    let error = workplace.kitae("train two.csv --target y --by-time day --test-size 0 --folds 6").fails(1);
    assert!(error.contains("fold 1 trains on the 12 earliest rows") && error.contains("--folds"), "{error}");
    let fewer = format!("train two.csv --target y --by-time day --test-size 0 {QUICK} --quiet --out fewer");
    workplace.kitae(&fewer).ok();
    // Seven groups hash one of them below the share that is sealed.
    workplace.write("seven.csv", &format!("day,who,x,y\n{}", rows(7)));
    let check = |words: &str, parts: &[&str]| {
        let error =
            workplace.kitae(&format!("train {words} --target y --by-group who --preset fast")).fails(1);
        assert!(parts.iter().all(|part| error.contains(part)), "{words}: {error}");
    };
    check("two.csv --test-size 0", &["5 parts need", "the 84 rows to be split hold 2"]);
    check(
        "seven.csv --test-size 0 --folds 8",
        &["rows to be split hold 7", "ask for fewer folds (`--folds 7`)"],
    );
    check("seven.csv --test-size 0.9 --folds 7", &["of the table's 7 groups are not among", "--test-size 0"]);
    check(
        "two.csv --test-size 0 --folds 2",
        &["fold 1 trains on 42 rows of 1 group", "three groups in three folds"],
    );
}
