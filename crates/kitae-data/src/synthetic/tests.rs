//! Tables that are made are what they say.

use std::f64::consts::PI;

use super::*;
use crate::read::{ReadOptions, read_csv_bytes};

fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    match &table.column(name).unwrap().cells {
        Cells::Numbers(values) => values,
        Cells::Levels { .. } => panic!("`{name}` should hold numbers"),
    }
}

/// The text of each cell of a text column; "" where it is missing.
fn texts<'a>(table: &'a Table, name: &str) -> Vec<&'a str> {
    match &table.column(name).unwrap().cells {
        Cells::Levels { codes, levels } => {
            codes.iter().map(|code| if *code == MISSING { "" } else { &levels[*code as usize - 1] }).collect()
        }
        Cells::Numbers(_) => panic!("`{name}` should hold texts"),
    }
}

fn csv(name: Synthetic, n_rows: u64, seed: u64) -> String {
    let mut text = Vec::new();
    write_csv(name, n_rows, seed, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count() as f64
}

#[test]
fn a_larger_table_begins_with_the_smaller_one() {
    for name in Synthetic::ALL {
        let (small, large) = (csv(name, 20, 7), csv(name, 50, 7));
        assert!(large.starts_with(&small), "{name:?}");
        assert_eq!(large.lines().count(), 51, "{name:?}");
    }
}

#[test]
fn another_seed_gives_other_rows() {
    for name in Synthetic::ALL {
        assert_ne!(csv(name, 20, 7), csv(name, 20, 8), "{name:?}");
    }
}

#[test]
fn the_table_in_memory_is_the_one_that_is_read_from_the_file() {
    for name in Synthetic::ALL {
        let (table, text) = (make(name, 200, 3), csv(name, 200, 3));
        let read = read_csv_bytes(text.as_bytes(), name.name(), &ReadOptions::default()).unwrap();
        // As text, because a missing number is not equal to itself.
        assert_eq!(format!("{read:?}"), format!("{table:?}"));
    }
}

#[test]
fn levels_are_sorted_and_all_used() {
    let table = make(Synthetic::Mixed, 300, 1);
    for column in &table.columns {
        if let Cells::Levels { codes, levels } = &column.cells {
            assert!(levels.is_sorted(), "{}", column.name);
            assert!((1..=levels.len() as u32).all(|code| codes.contains(&code)), "{}", column.name);
        }
    }
}

#[test]
fn no_rows_make_an_empty_table_with_headers() {
    let table = make(Synthetic::Mixed, 0, 1);
    assert_eq!((table.n_rows, table.columns.len()), (0, 8));
    assert!(table.columns.iter().all(|column| column.cells.is_empty()));
    assert_eq!(csv(Synthetic::Spirals, 0, 1), "x,y,spiral\n");
}

#[test]
fn names_read_back_and_others_are_refused_with_the_list() {
    for name in Synthetic::ALL {
        assert_eq!(name.name().parse(), Ok(name));
        let error = "moons".parse::<Synthetic>().unwrap_err().to_string();
        assert!(error.contains("`moons`") && error.contains(name.name()), "{error}");
    }
}

#[test]
fn friedman1_follows_its_formula_up_to_noise_of_variance_one() {
    let table = make(Synthetic::Friedman1, 4_000, 5);
    let x: Vec<&[f64]> = (1..=5).map(|i| numbers(&table, &format!("x{i}"))).collect();
    let noise = numbers(&table, "y").iter().enumerate().map(|(i, y)| {
        let waves = 10.0 * (PI * x[0][i] * x[1][i]).sin();
        y - waves - 20.0 * (x[2][i] - 0.5).powi(2) - 10.0 * x[3][i] - 5.0 * x[4][i]
    });
    assert!(mean(noise.clone()).abs() < 0.06);
    assert!((mean(noise.map(|e| e * e)) - 1.0).abs() < 0.08);
    let y = numbers(&table, "y");
    let centre = mean(y.iter().copied());
    assert!((mean(y.iter().map(|y| (y - centre).powi(2))) - 24.8).abs() < 1.5);
}

#[test]
fn the_nearer_moon_is_the_right_one_nearly_always() {
    let table = make(Synthetic::TwoMoons, 1_000, 2);
    let (x, y, moon) = (numbers(&table, "x"), numbers(&table, "y"), texts(&table, "moon"));
    let distance = |i: usize, centre: (f64, f64)| {
        let (dx, dy) = (x[i] - centre.0, y[i] - centre.1);
        (dx.hypot(dy) - 1.0).abs() + if (dy < 0.0) == (centre.1 == 0.0) { 0.5 } else { 0.0 }
    };
    let n_right = (0..1_000).filter(|i| {
        let is_upper = distance(*i, (0.0, 0.0)) < distance(*i, (1.0, 0.5));
        is_upper == (moon[*i] == "upper")
    });
    assert!(n_right.count() > 900);
}

#[test]
fn the_spirals_are_mirrored_and_one_apart() {
    let table = make(Synthetic::Spirals, 1_000, 2);
    let (x, y, spiral) = (numbers(&table, "x"), numbers(&table, "y"), texts(&table, "spiral"));
    for i in 0..1_000 {
        let sign = if spiral[i] == "first" { 1.0 } else { -1.0 };
        let nearest = (0..=9_600).map(|step| {
            let t = f64::from(step) / 100.0;
            let (radius, (sine, cosine)) = (sign * 6.5 * (104.0 - t) / 104.0, (PI * t / 16.0).sin_cos());
            (x[i] - radius * sine).hypot(y[i] - radius * cosine)
        });
        assert!(nearest.fold(f64::INFINITY, f64::min) < 0.5, "row {i}");
    }
}

#[test]
fn one_row_in_fifty_is_fraud() {
    let table = make(Synthetic::Imbalanced, 20_000, 9);
    let label = texts(&table, "label");
    let n_fraud = label.iter().filter(|label| **label == "fraud").count();
    assert!((320..480).contains(&n_fraud), "{n_fraud}");
    let fraud = numbers(&table, "x1").iter().zip(&label).filter(|(_, label)| **label == "fraud");
    assert!((mean(fraud.map(|(x, _)| *x)) - 1.5).abs() < 0.2);
}

#[test]
fn the_mixed_table_has_missing_cells_real_dates_and_names_for_rows() {
    let table = make(Synthetic::Mixed, 5_000, 4);
    let n_missing = |name: &str| table.column(name).unwrap().cells.n_missing();
    assert!((200..300).contains(&n_missing("region")), "{}", n_missing("region"));
    assert!((340..460).contains(&n_missing("weight_kg")), "{}", n_missing("weight_kg"));
    assert_eq!(n_missing("late") + n_missing("sent") + n_missing("parcel"), 0);
    let n_late = texts(&table, "late").iter().filter(|late| **late == "yes").count();
    assert!((1_000..2_500).contains(&n_late), "{n_late}");
}

#[test]
fn rows_stay_the_same_across_releases() {
    assert_eq!(csv(Synthetic::Mixed, 1, 0).lines().nth(1), Some(MIXED_ROW));
    assert_eq!(csv(Synthetic::TwoMoons, 1, 0).lines().nth(1), Some("1.0233,0.7164,upper"));
}

const MIXED_ROW: &str = "P000000000,2022-07-15 16:22,falcon,region 20,2.9751,378.6951,no,yes";
