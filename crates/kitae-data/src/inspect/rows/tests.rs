//! Tables whose score would be too good, and honest ones of which nothing is said.

use super::*;
use crate::finding::What;
use crate::hash::{RowHashes, mix};
use crate::infer::{Hints, infer_schema};
use crate::read::{ReadOptions, read_csv_bytes};
use crate::target::guess_task;

/// A number from 0 to 1 that looks random.
fn uniform(row: usize, purpose: usize) -> f64 {
    mix((row * 97 + purpose + 1) as u64) as f64 / u64::MAX as f64
}

/// About normal, by twelve of them.
fn normal(row: usize, purpose: usize) -> f64 {
    (0..12).map(|draw| uniform(row, 1_000 * (draw + 1) + purpose)).sum::<f64>() - 6.0
}

/// What is warned of in rows made by `cells`, the last of which is the target.
fn warned(n_rows: usize, likeness: &Likeness, cells: impl Fn(usize) -> Vec<String>) -> Vec<(What, String)> {
    let n_columns = cells(0).len();
    let header: Vec<String> = (0..n_columns - 1).map(|column| format!("c{column}")).collect();
    let rows: String = (0..n_rows).map(|row| cells(row).join(",") + "\n").collect();
    let text = format!("{},y\n{rows}", header.join(","));
    let table = read_csv_bytes(text.as_bytes(), "t", &ReadOptions::default()).unwrap();
    let hints = Hints { target: Some("y".to_owned()), ..Hints::default() };
    let schema = infer_schema(&table, &hints).unwrap();
    let table = schema.apply(table).unwrap();
    let column = table.column("y").unwrap();
    let target = Target::from_column(column, guess_task(column, schema.column("y").unwrap())).unwrap();
    let rows = Rows {
        table: &table,
        schema: &schema,
        target_column: "y",
        hashes: &RowHashes::of(columns_in_use(&table, &schema, "y"), table.n_rows),
        target: &target,
        rows: &target.rows_with_target(),
        split: SplitOf::Rows(likeness),
    };
    let told = |finding: Finding| {
        let cures: Vec<String> = finding.cures.iter().map(ToString::to_string).collect();
        (finding.what, cures.join(" "))
    };
    let warnings =
        rows.findings().into_iter().filter(|found| found.severity == crate::finding::Severity::Warning);
    warnings.map(told).collect()
}

#[track_caller]
fn check(found: &[(What, String)], what: What, cure: &str) {
    assert_eq!(found, [(what, cure.to_owned())]);
}

fn coin(row: usize, purpose: usize) -> String {
    ["no", "yes"][usize::from(uniform(row, purpose) < 0.5)].to_owned()
}

/// Five numbers around a point of their own for each of the things that rows belong to.
fn around(row: usize, thing: usize, width: f64) -> impl Iterator<Item = String> {
    (0..5).map(move |column| format!("{:.4}", normal(thing, column) + width * normal(row, 50 + column)))
}

#[test]
fn copies_that_are_dealt_at_random_are_warned_of() {
    let cells = |row: usize| around(row % 300, row % 300, 1.0).chain([coin(row % 300, 7)]).collect();
    check(&warned(1_200, &Likeness::Apart, cells), What::Copies, "question.copies = \"together\"");
    assert_eq!(warned(1_200, &Likeness::Together { but_for: Vec::new() }, cells), []);
}

#[test]
fn shaken_copies_are_found() {
    for n_copies in [2, 4, 12] {
        let cells = |row: usize| {
            let thing = row % (1_200 / n_copies);
            around(row, thing, 0.002).chain([coin(thing, 7)]).collect()
        };
        check(&warned(1_200, &Likeness::Apart, cells), What::NearCopies, "question.copies = \"near\"");
        assert_eq!(warned(1_200, &Likeness::Near, cells), []);
    }
}

#[test]
fn bunches_of_rows_that_share_their_answer_are_found_without_a_name() {
    let cells = |row: usize| around(row, row % 60, 0.2).chain([coin(row % 60, 7)]).collect();
    check(&warned(900, &Likeness::Apart, cells), What::NearCopies, "question.copies = \"near\"");
    // In a large table too, of which only some places are looked at.
    let cells = |row: usize| around(row, row % 400, 0.05).chain([coin(row % 400, 7)]).collect();
    check(&warned(6_000, &Likeness::Apart, cells), What::NearCopies, "question.copies = \"near\"");
    // Bunches whose rows have targets of their own harm no score.
    let cells = |row: usize| around(row, row % 60, 0.2).chain([coin(row, 7)]).collect();
    assert_eq!(warned(900, &Likeness::Apart, cells), []);
}

#[test]
fn a_column_that_names_what_rows_belong_to_is_found() {
    let patients = |row: usize| {
        let patient = row % 60;
        let name = [format!("P{patient:03}")];
        name.into_iter().chain(around(row, patient, 0.2)).chain([coin(patient, 7)]).collect()
    };
    check(&warned(900, &Likeness::Apart, patients), What::Groups, "question.by_group = \"c0\"");
    // Most visits of a customer have the customer's target; the other columns say nothing.
    let customers = |row: usize| {
        let customer = row % 120;
        let answer = if uniform(row, 3) < 0.85 { coin(customer, 7) } else { coin(row, 8) };
        [(90_000 + customer * 7).to_string()]
            .into_iter()
            .chain(around(row, row, 1.0))
            .chain([answer])
            .collect()
    };
    check(&warned(960, &Likeness::Apart, customers), What::Groups, "question.by_group = \"c0\"");
    // The same for a number.
    let shops = |row: usize| {
        let shop = row % 80;
        let sales = 5.0 * normal(shop, 7) + normal(row, 8);
        [format!("S{shop}")].into_iter().chain(around(row, row, 1.0)).chain([format!("{sales:.3}")]).collect()
    };
    check(&warned(800, &Likeness::Apart, shops), What::Groups, "question.by_group = \"c0\"");
}

#[test]
fn a_quantity_of_which_the_target_is_made_names_no_groups() {
    // A fare by the miles, and one by whole minutes; what else is known says nothing.
    let miles = |row: usize| {
        let miles = (uniform(row, 1) * 400.0).round() / 100.0;
        let fare = 2.5 + 3.0 * miles + 0.5 * normal(row, 2);
        [miles.to_string()].into_iter().chain(around(row, row, 1.0)).chain([format!("{fare:.2}")]).collect()
    };
    assert_eq!(warned(2_000, &Likeness::Apart, miles), []);
    let minutes = |row: usize| {
        let minutes = (uniform(row, 1) * 120.0).round();
        let fare = 2.5 + minutes + 8.0 * normal(row, 2);
        [minutes.to_string()].into_iter().chain(around(row, row, 1.0)).chain([format!("{fare:.2}")]).collect()
    };
    assert_eq!(warned(2_000, &Likeness::Apart, minutes), []);
}

#[test]
fn a_thousand_levels_of_noise_are_no_groups() {
    let cells = |row: usize| {
        let level = format!("u{}", (uniform(row, 1) * 1_000.0) as usize);
        [level].into_iter().chain(around(row, row, 1.0)).chain([coin(row, 7)]).collect()
    };
    assert_eq!(warned(4_000, &Likeness::Apart, cells), []);
}

fn day(row: usize) -> String {
    format!("{}-{:02}-{:02}", 2019 + row / 336, row / 28 % 12 + 1, row % 28 + 1)
}

#[test]
fn what_only_later_rows_tell_is_found() {
    // The effect turns round.
    let turned = |row: usize| {
        let x = normal(row, 1);
        let class = if (x > 0.0) == (row < 700) { "yes" } else { "no" };
        vec![day(row), format!("{x:.4}"), format!("{:.4}", normal(row, 2)), class.to_owned()]
    };
    check(&warned(1_000, &Likeness::Apart, turned), What::TimeOrder, "question.by_time = \"c0\"");
    // A walk at random.
    let mut walk = vec![0.0];
    (1..800).for_each(|row| walk.push(walk[row - 1] + normal(row, 1)));
    let walked = |row: usize| vec![day(row), format!("{:.4}", normal(row, 2)), format!("{:.4}", walk[row])];
    check(&warned(800, &Likeness::Apart, walked), What::TimeOrder, "question.by_time = \"c0\"");
    // What does not change with time is no matter of time.
    let steady = |row: usize| {
        let x = normal(row, 1);
        vec![
            day(row),
            format!("{x:.4}"),
            format!("{:.4}", normal(row, 2)),
            format!("{:.4}", x + 0.1 * normal(row, 3)),
        ]
    };
    assert_eq!(warned(1_000, &Likeness::Apart, steady), []);
}

#[test]
fn nothing_is_said_of_rows_that_were_drawn_one_by_one() {
    let noise = |row: usize| around(row, row, 1.0).chain([coin(row, 7)]).collect();
    assert_eq!(warned(600, &Likeness::Apart, noise), []);
    let smooth = |row: usize| {
        let x: Vec<f64> = (0..3).map(|column| normal(row, column)).collect();
        let y = (2.0 * x[0]).sin() + x[1] * x[2];
        x.iter().chain([&y]).map(|cell| format!("{cell:.5}")).collect()
    };
    assert_eq!(warned(3_000, &Likeness::Apart, smooth), []);
    // Two spirals: near rows tell all, but there are no bunches.
    let spirals = |row: usize| {
        let (turn, side) = (10.0 * uniform(row, 1), row % 2);
        let angle = turn + std::f64::consts::PI * side as f64;
        let cell = |value: f64| format!("{value:.4}");
        vec![cell(turn * angle.cos()), cell(turn * angle.sin()), format!("s{side}")]
    };
    assert_eq!(warned(1_500, &Likeness::Apart, spirals), []);
    // Three clouds, one a class, as of flowers.
    let clouds = |row: usize| around(row, row % 3, 0.3).chain([format!("k{}", row % 3)]).collect();
    assert_eq!(warned(150, &Likeness::Apart, clouds), []);
    // Many classes of few rows each: a class is a bunch.
    let classes = |row: usize| around(row, row % 60, 0.05).chain([format!("k{}", row % 60)]).collect();
    assert_eq!(warned(900, &Likeness::Apart, classes), []);
    // Categories alone.
    let levels = |row: usize| {
        let level = |column| format!("l{}", (uniform(row, column) * 4.0) as usize);
        (0..6).map(level).chain([coin(row, 7)]).collect()
    };
    assert_eq!(warned(1_700, &Likeness::Apart, levels), []);
}
