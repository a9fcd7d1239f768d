//! No row that chose anything also scores, and sealed rows stay sealed.

use kitae_data::infer::{Hints, infer_schema};
use kitae_data::table::{Cells, Column, Table};
use kitae_data::target::{Target, Task};
use kitae_train::roles::Roles;
use kitae_train::roles::assign_roles;
use kitae_train::{Problem, Recipe, Seal, SplitBy, TaskChoice, TrainError, train};

use crate::common::{Conditions, by_group, by_time, context, problem, recipe, run, split};

fn roles(problem: &Problem, recipe: &Recipe) -> Vec<Roles> {
    let places = assign_roles(recipe, problem, &problem.open_rows);
    places.expect("the rows can be split").into_iter().map(|(_, roles)| roles).collect()
}

#[test]
fn no_row_has_two_roles_and_every_row_scores_once_a_repeat() {
    let problem = problem(Task::Classification, 97);
    for folds in [2, 3, 5, 10] {
        let scheme = format!("split.scheme = {{ kind = 'k_fold', n_folds = {folds}, n_repeats = 2 }}");
        let mut scored = vec![0; 97];
        for roles in roles(&problem, &recipe(&problem, &scheme)) {
            let mut all = [roles.train.clone(), roles.validation.clone(), roles.held_out.clone()].concat();
            all.sort_unstable();
            assert_eq!(all, problem.open_rows, "each row has exactly one role");
            assert!(!roles.train.is_empty() && !roles.validation.is_empty() && !roles.held_out.is_empty());
            roles.held_out.iter().for_each(|row| scored[*row as usize] += 1);
        }
        assert!(scored.iter().all(|times| *times == 2));
    }
}

#[test]
fn groups_stay_together_and_time_runs_forward() {
    let grouped = by_group(problem(Task::Regression, 120), "colour");
    let Cells::Levels { codes, .. } = &grouped.table.column("colour").expect("there").cells else {
        unreachable!("the column holds levels")
    };
    for roles in roles(&grouped, &recipe(&grouped, "")) {
        let groups = |rows: &[u32]| {
            rows.iter().map(|row| codes[*row as usize]).collect::<std::collections::BTreeSet<_>>()
        };
        assert!(groups(&roles.train).is_disjoint(&groups(&roles.held_out)));
        assert!(groups(&roles.train).is_disjoint(&groups(&roles.validation)));
        assert!(groups(&roles.validation).is_disjoint(&groups(&roles.held_out)));
    }
    let timed = by_time(problem(Task::Regression, 120), "x0");
    let Cells::Numbers(times) = &timed.table.column("x0").expect("there").cells else {
        unreachable!("the column holds numbers")
    };
    for roles in roles(&timed, &recipe(&timed, "")) {
        let latest = |rows: &[u32]| rows.iter().map(|row| times[*row as usize]).fold(f64::MIN, f64::max);
        let earliest = |rows: &[u32]| rows.iter().map(|row| times[*row as usize]).fold(f64::MAX, f64::min);
        assert!(
            latest(&roles.train) <= earliest(&roles.validation)
                && latest(&roles.validation) <= earliest(&roles.held_out)
        );
    }
}

/// The same problem with other cells in `rows`, the target included.
fn spoiled(problem: &Problem, rows: &[u32]) -> Problem {
    let mut table = problem.table.clone();
    for column in &mut table.columns {
        match &mut column.cells {
            Cells::Numbers(values) => rows.iter().for_each(|row| values[*row as usize] = 1e6),
            Cells::Levels { codes, .. } => rows.iter().for_each(|row| codes[*row as usize] = 1),
        }
    }
    remade(problem, table, problem.seal.clone())
}

fn remade(problem: &Problem, table: Table, seal: Seal) -> Problem {
    let choice = TaskChoice::Told(problem.facts.task);
    Problem::new(table, problem.schema.clone(), &problem.target_column, choice, seal).expect("sound")
}

#[test]
fn score_rows_decide_nothing() {
    // Splits by nothing, so that other cells do not change the roles.
    let problem = split(problem(Task::Classification, 120), SplitBy::Random);
    let honest = recipe(&problem, "");
    let score = roles(&problem, &honest)[0].held_out.clone();
    let plain = run(&problem, &honest, &Conditions::default()).0;
    let other = spoiled(&problem, &score);
    let changed = run(&other, &honest, &Conditions::default()).0;
    assert_eq!(plain[0].weights, changed[0].weights);
    assert_eq!(plain[0].kept_epoch, changed[0].kept_epoch);
    assert_ne!(plain[1].weights, changed[1].weights, "in another fold the same rows do train");
}

#[test]
fn sealed_rows_change_nothing_and_stay_sealed_when_rows_are_added() {
    let open = problem(Task::Classification, 200);
    let seal = Seal { seed: 5, share: 0.25, ..Seal::default() };
    let sealed = remade(&open, open.table.clone(), seal.clone());
    assert!((30..70).contains(&sealed.sealed_rows.len()), "{} of 200 rows", sealed.sealed_rows.len());
    let recipe = recipe(&sealed, "");
    for roles in roles(&sealed, &recipe) {
        let all = [roles.train, roles.validation, roles.held_out].concat();
        assert!(all.iter().all(|row| sealed.sealed_rows.binary_search(row).is_err()));
    }
    let mut shorter = open.table.clone();
    shorter.n_rows = 150;
    for column in &mut shorter.columns {
        match &mut column.cells {
            Cells::Numbers(values) => values.truncate(150),
            Cells::Levels { codes, .. } => codes.truncate(150),
        }
    }
    let fewer = remade(&open, shorter, seal);
    let first: Vec<u32> = sealed.sealed_rows.iter().copied().filter(|row| *row < 150).collect();
    assert_eq!(fewer.sealed_rows, first);
}

#[test]
fn groups_are_sealed_whole_and_time_is_sealed_from_the_end() {
    let open = problem(Task::Regression, 200);
    let column = |name: &str| name.to_string();
    let by = SplitBy::Group { column: column("colour") };
    let seal = Seal { seed: 5, share: 0.3, by, likeness: None };
    let sealed = remade(&open, open.table.clone(), seal.clone());
    let Cells::Levels { codes, .. } = &open.table.column("colour").expect("there").cells else {
        unreachable!("the column holds levels")
    };
    let groups =
        |rows: &[u32]| rows.iter().map(|row| codes[*row as usize]).collect::<std::collections::BTreeSet<_>>();
    assert!(!sealed.sealed_rows.is_empty());
    assert!(groups(&sealed.sealed_rows).is_disjoint(&groups(&sealed.open_rows)));

    let sealed =
        remade(&open, open.table.clone(), Seal { by: SplitBy::Time { column: column("x0") }, ..seal });
    let Cells::Numbers(times) = &open.table.column("x0").expect("there").cells else {
        unreachable!("the column holds numbers")
    };
    let latest_open = sealed.open_rows.iter().map(|row| times[*row as usize]).fold(f64::MIN, f64::max);
    assert_eq!(sealed.sealed_rows.len(), 60);
    assert!(sealed.sealed_rows.iter().all(|row| times[*row as usize] > latest_open));
    // What is sealed follows what splits respect.
    for roles in roles(&sealed, &recipe(&sealed, "")) {
        let earliest = roles.held_out.iter().map(|row| times[*row as usize]).fold(f64::MAX, f64::min);
        assert!(roles.train.iter().all(|row| times[*row as usize] <= earliest));
    }
}

#[test]
fn bins_of_numbers_lie_among_the_training_rows_of_their_own_lane() {
    let problem = problem(Task::Regression, 150);
    let recipe = recipe(&problem, "network.number_embedding.kind = 'piecewise_linear'");
    let plan = kitae_train::plan(&problem, &recipe).expect("sound");
    let (results, _) = run(&problem, &recipe, &Conditions::default());
    for (lane, result) in plan.lanes.iter().zip(&results) {
        let (features, edges) = (&lane.fold.train.features, &result.weights.tensors["piecewise.edges"]);
        assert_eq!(edges.shape, [3, 49], "three numbers and 48 bins");
        for (number, edges) in edges.values.chunks(49).enumerate() {
            let column = features.numbers.iter().skip(number).step_by(features.d_numbers).copied();
            let ends = [column.clone().fold(f32::MAX, f32::min), column.fold(f32::MIN, f32::max)];
            assert_eq!([edges[0], edges[48]], ends);
        }
    }
    let edges = |lane: usize| &results[lane].weights.tensors["piecewise.edges"];
    assert_ne!(edges(0), edges(1), "two folds have other training rows");
}

/// A model by time is its last fold's networks; without them there is none, however well the earlier folds
/// did.
#[test]
fn a_run_by_time_whose_last_networks_diverged_delivers_no_model() {
    let mut problem = by_time(problem(Task::Regression, 150), "x0");
    let recipe = recipe(&problem, "");
    let plan = kitae_train::plan(&problem, &recipe).expect("sound");
    let last = plan.lanes.iter().max_by_key(|lane| lane.place.fold).expect("folds");
    let row = last.fold.validation.rows[0];
    let Target::Values(values) = &mut problem.target else { unreachable!("values") };
    // The fill value of NetCDF, whose square single precision cannot hold.
    values[row as usize] = 9.97e36;
    let plan = kitae_train::plan(&problem, &recipe).expect("no network trains on the row");
    let (saved, conditions) = (vec![None; plan.lanes.len()], Conditions::default());
    let trained = train(&problem, &recipe, &plan, &saved, &context(&conditions), &mut |_: &_| {});
    let Err(error) = trained else { panic!("a model without networks was delivered") };
    assert!(matches!(error, TrainError::Diverged { .. }), "{error}");
}

/// A table of two numbers or two levels and a coin, its copies as `row` says.
fn coins(n_rows: usize, cells: impl Fn(usize) -> [f64; 2], target: impl Fn(usize) -> usize) -> Problem {
    let numbers = |column: usize| Cells::Numbers((0..n_rows).map(|row| cells(row)[column]).collect());
    let names = vec!["heads".to_owned(), "tails".to_owned()];
    let codes = (0..n_rows).map(|row| target(row) as u32 + 1).collect();
    let columns = vec![
        Column { name: "a".into(), cells: numbers(0) },
        Column { name: "b".into(), cells: numbers(1) },
        Column { name: "coin".into(), cells: Cells::Levels { codes, levels: names } },
    ];
    let table = Table { columns, n_rows };
    let schema =
        infer_schema(&table, &Hints { target: Some("coin".into()), ..Hints::default() }).expect("sound");
    let table = schema.apply(table).expect("it fits");
    let seal = Seal { share: 0.2, ..Seal::default() };
    Problem::new(table, schema, "coin", TaskChoice::Guess, seal).expect("sound")
}

/// Looks random.
fn scattered(row: usize) -> f64 {
    ((row as f64 + 1.0) * 0.754_877_666).fract()
}

#[test]
fn the_target_decides_no_role() {
    let distinct = |row: usize| [scattered(row), scattered(row * 3)];
    let (one, other) =
        (coins(2_000, distinct, |row| row / 7 % 2), coins(2_000, distinct, |row| row / 11 % 2));
    assert_eq!(one.sealed_rows, other.sealed_rows);
    // Of each cell and each class about a fifth is sealed.
    let few = coins(4_000, |row| [(row % 2) as f64, (row / 2 % 2) as f64], |row| row / 7 % 2);
    for (cell, class) in (0..4).flat_map(|cell| [(cell, 0), (cell, 1)]) {
        let is_there = |row: &&u32| **row as usize % 4 == cell && **row as usize / 7 % 2 == class;
        let (open, sealed) = (few.open_rows.iter().filter(is_there), few.sealed_rows.iter().filter(is_there));
        let (open, sealed) = (open.count(), sealed.count());
        let share = sealed as f64 / (open + sealed) as f64;
        assert!((0.12..0.28).contains(&share), "{cell} {class}: {sealed} of {}", open + sealed);
    }
}

#[test]
fn rows_that_are_the_same_by_nature_are_dealt_one_by_one() {
    let problem = coins(
        2_000,
        |row| [(scattered(row) * 6.0).floor(), (scattered(row * 3) * 6.0).floor()],
        |row| row / 7 % 2,
    );
    assert_eq!(problem.units, None);
    assert!((320..480).contains(&problem.sealed_rows.len()), "{} sealed", problem.sealed_rows.len());
    // Hardly any of the 36 cells is sealed as a whole.
    let cell = |row: &u32| {
        ((scattered(*row as usize) * 6.0) as usize, (scattered(*row as usize * 3) * 6.0) as usize)
    };
    let of = |rows: &[u32]| rows.iter().map(cell).collect::<std::collections::BTreeSet<_>>();
    assert!(of(&problem.open_rows).is_superset(&of(&problem.sealed_rows)));
}

#[test]
fn copies_have_one_role() {
    let cells = |row: usize| [scattered(row % 300), scattered(row % 300 * 7)];
    let problem = coins(1_200, cells, |row| row % 300 % 2);
    let source = |row: &u32| row % 300;
    let of = |rows: &[u32]| rows.iter().map(source).collect::<std::collections::BTreeSet<_>>();
    assert!(!problem.sealed_rows.is_empty());
    assert!(of(&problem.open_rows).is_disjoint(&of(&problem.sealed_rows)));
    for roles in roles(&problem, &recipe(&problem, "")) {
        let (train, validation, held_out) = (of(&roles.train), of(&roles.validation), of(&roles.held_out));
        assert!(
            train.is_disjoint(&validation)
                && train.is_disjoint(&held_out)
                && validation.is_disjoint(&held_out)
        );
    }
    // Where copies are few, some of the rows to come are copies too; held-out rows are none all the same.
    let source = |row: usize| if row < 1_000 { row } else { row - 1_000 };
    let cells = |row: usize| [scattered(source(row)), scattered(source(row) * 7)];
    let few = coins(1_200, cells, |row| source(row) % 2);
    let of = |rows: &[u32]| {
        rows.iter().map(|row| source(*row as usize)).collect::<std::collections::BTreeSet<_>>()
    };
    for roles in roles(&few, &recipe(&few, "")) {
        let (train, validation, held_out) = (of(&roles.train), of(&roles.validation), of(&roles.held_out));
        assert!(
            train.is_disjoint(&held_out)
                && validation.is_disjoint(&held_out)
                && !train.is_disjoint(&validation)
        );
    }
}

#[test]
fn a_row_more_or_less_moves_no_copies() {
    let cells = |row: usize| [scattered(row % 300), scattered(row % 300 * 7)];
    let problem = coins(1_200, cells, |row| row % 300 % 2);
    let fewer = coins(1_100, cells, |row| row % 300 % 2);
    let first: Vec<u32> = problem.sealed_rows.iter().copied().filter(|row| *row < 1_100).collect();
    assert_eq!(fewer.sealed_rows, first);
}
