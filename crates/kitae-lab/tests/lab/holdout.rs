//! What is adopted, on rows that chose nothing.

use std::sync::atomic::AtomicBool;

use kitae_lab::holdout::holdout_gain;
use kitae_lab::{Family, LedgerConfig, Lever, Verdict, combine, compare_levers, hold_back, measure};
use kitae_train::SplitBy;

use crate::common::{lever, problem, recipe, run, with_context};

#[test]
fn a_gain_that_is_real_is_seen_again_on_rows_held_back() {
    let mut problem = problem(800);
    let recipe = recipe(&problem, [5, 2], "network.hidden = []\ntraining.epochs = 60");
    let holdout = hold_back(&mut problem, &recipe, 0.3).expect("enough rows");
    let levers =
        [lever("hidden layer", "network.hidden = [32]"), lever("relu", "network.activation = 'relu'")];
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let trials = run(&problem, &config, Vec::new());
    let combined = combine(&recipe, &problem.facts, &levers, &compare_levers(&recipe, &levers, &trials));
    assert_eq!(combined.levers, ["hidden layer"]);
    let with = recipe.with(&combined.changes, &problem.facts).expect("it fits");
    let (without, with) = with_context(&AtomicBool::new(false), |place| {
        measure(&problem, &holdout, [&recipe, &with], place).expect("it trains")
    });
    let gain = holdout_gain(&without, &with).expect("five folds");
    assert!(gain.interval.low > 0.0, "{gain:?}");
    assert!(combined.promised > 0.0);
    // Each of the rows held back is scored once, by networks of all other open rows.
    assert_eq!(with.iter().map(|fold| fold.n_held_out).sum::<usize>(), holdout.len());
    let n_open = problem.open_rows.len() + holdout.len();
    let stop = |n: usize| (n as f64 * recipe.split.validation_share).round() as usize;
    for fold in &with {
        let rest = n_open - fold.n_held_out;
        assert!((rest - stop(rest)).abs_diff(fold.n_train) <= 1, "{fold:?}");
    }
}

#[test]
fn of_two_adopted_levers_that_set_the_same_key_the_more_gainful_is_applied() {
    let problem = problem(800);
    let recipe = recipe(&problem, [5, 2], "network.hidden = []\ntraining.epochs = 60");
    let levers = [lever("wide", "network.hidden = [32]"), lever("narrow", "network.hidden = [16]")];
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let judgement = compare_levers(&recipe, &levers, &run(&problem, &config, Vec::new()));
    assert!(judgement.levers.iter().all(|lever| lever.verdict == Verdict::Adopt), "{judgement:#?}");
    let combined = combine(&recipe, &problem.facts, &levers, &judgement);
    let best = &judgement.levers[0];
    assert_eq!(combined.levers, [best.name.as_str()]);
    assert_eq!(Some(combined.promised), best.test.map(|test| test.mean));
    let [refused] = combined.refused.as_slice() else { panic!("one is left out: {combined:#?}") };
    assert!(refused.reason.contains("sets the same key"), "{}", refused.reason);
}

#[test]
fn rows_held_back_are_the_latest_where_rows_are_split_by_time() {
    let mut problem = problem(200);
    problem.seal.share = 0.0;
    problem.seal.by = SplitBy::Time { column: "x1".into() };
    let by_time = recipe(&problem, [3, 1], "");
    let x = problem.table.column("x1").expect("an input").cells.clone();
    let kitae_data::table::Cells::Numbers(x) = x else { panic!("a number") };
    let holdout = hold_back(&mut problem, &by_time, 0.2).expect("enough rows");
    let latest = |rows: &[u32]| rows.iter().map(|row| x[*row as usize]).fold(f64::MIN, f64::max);
    let earliest = |rows: &[u32]| rows.iter().map(|row| x[*row as usize]).fold(f64::MAX, f64::min);
    assert!(latest(&problem.open_rows) <= earliest(&holdout));
    let (without, _) = with_context(&AtomicBool::new(false), |place| {
        measure(&problem, &holdout, [&by_time, &by_time], place).expect("it trains")
    });
    // One past, one part.
    assert_eq!(without.len(), 1);
}

#[test]
fn few_groups_make_few_parts_of_the_rows_held_back() {
    let mut problem = problem(200);
    problem.seal.share = 0.0;
    // Friedman's inputs are in [0, 1): ten groups of x1, of which a part is held back.
    let column = problem.table.columns.iter_mut().find(|column| column.name == "x1").expect("an input");
    let kitae_data::table::Cells::Numbers(x) = &mut column.cells else { panic!("a number") };
    for x in x.iter_mut() {
        *x = (*x * 10.0).floor();
    }
    problem.seal.by = SplitBy::Group { column: "x1".into() };
    let by_group = recipe(&problem, [3, 1], "");
    let x = problem.table.column("x1").expect("an input").cells.clone();
    let kitae_data::table::Cells::Numbers(x) = x else { panic!("a number") };
    let holdout = hold_back(&mut problem, &by_group, 0.3).expect("enough groups");
    let mut groups: Vec<u64> = holdout.iter().map(|row| x[*row as usize] as u64).collect();
    groups.sort_unstable();
    groups.dedup();
    assert!((2..5).contains(&groups.len()), "{groups:?}");
    let (folds, _) = with_context(&AtomicBool::new(false), |place| {
        measure(&problem, &holdout, [&by_group, &by_group], place).expect("it trains")
    });
    assert_eq!(folds.len(), groups.len());
    assert_eq!(folds.iter().map(|fold| fold.n_held_out).sum::<usize>(), holdout.len());
}

#[test]
fn what_is_adopted_at_a_learning_rate_of_its_own_is_applied_at_that_rate() {
    let mut problem = problem(800);
    let recipe = recipe(&problem, [5, 2], "network.hidden = []\ntraining.epochs = 60");
    let holdout = hold_back(&mut problem, &recipe, 0.3).expect("enough rows");
    let rates = vec![0.2, 0.1, 0.4];
    let levers = [Lever { rates: rates.clone(), ..lever("hidden layer", "network.hidden = [32]") }];
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let judgement = compare_levers(&recipe, &levers, &run(&problem, &config, Vec::new()));
    let combined = combine(&recipe, &problem.facts, &levers, &judgement);
    assert_eq!(combined.levers, ["hidden layer"]);
    let with = recipe.with(&combined.changes, &problem.facts).expect("it fits");
    let taken = judgement.levers[0].rate.expect("it was tried");
    assert!(rates.iter().any(|rate| (rate - taken).abs() < 1e-9), "{taken}");
    let (own, joined) = (recipe.training.learning_rate, with.training.learning_rate);
    assert!((joined - own * taken).abs() < 1e-9, "{joined} of {own}");
    // Measured around that rate.
    let (_, folds) = with_context(&AtomicBool::new(false), |place| {
        measure(&problem, &holdout, [&recipe, &with], place).expect("it trains")
    });
    let factors = |fold: &kitae_lab::FoldScore| fold.learning_rate / joined;
    assert!(
        folds.iter().map(factors).all(|factor| [0.5, 1.0, 2.0].iter().any(|one| (one - factor).abs() < 1e-9)),
        "{folds:?}"
    );
}

#[test]
fn of_several_adopted_levers_one_with_a_scale_of_its_own_says_the_learning_rate() {
    let problem = problem(60);
    let recipe = recipe(&problem, [3, 1], "");
    let own = recipe.training.learning_rate;
    let lion = Lever { rates: vec![0.2, 0.1, 0.4], ..lever("lion", "optimiser = { kind = 'lion' }") };
    let levers = [lever("relu", "network.activation = 'relu'"), lion, lever("long", "training.epochs = 24")];
    let mut judgement = compare_levers(&recipe, &levers, &[]);
    let rate_of = |taken: &[(&str, f64)], judgement: &mut kitae_lab::Judgement| {
        for report in &mut judgement.levers {
            report.rate = taken.iter().find(|(name, _)| *name == report.name).map(|(_, rate)| *rate);
            report.verdict = if report.rate.is_some() { Verdict::Adopt } else { Verdict::Reject };
            assert_eq!(report.family, Family::Own);
        }
        let combined = combine(&recipe, &problem.facts, &levers, judgement);
        assert_eq!(combined.levers.len(), taken.len());
        let written = combined.changes.get("training").and_then(|training| training.get("learning_rate"));
        written.map(|rate| rate.as_float().expect("a number") / own)
    };
    let mut check = |taken: &[(&str, f64)], expected: Option<f64>| {
        let rate = rate_of(taken, &mut judgement);
        assert_eq!(rate.is_some(), expected.is_some(), "{taken:?}");
        assert!(rate.zip(expected).is_none_or(|(rate, expected)| (rate - expected).abs() < 1e-9), "{rate:?}");
    };
    check(&[("relu", 2.0), ("lion", 0.2), ("long", 0.5)], Some(0.2));
    check(&[("relu", 2.0), ("long", 0.5)], Some(2.0));
    // The recipe's own rate needs no words.
    check(&[("relu", 1.0)], None);
}

#[test]
fn a_part_of_the_rows_held_back_without_a_score_leaves_no_gain() {
    let mut problem = problem(200);
    let rmse = recipe(&problem, [3, 1], "");
    let percent = recipe(&problem, [3, 1], "metric = 'mape'");
    let holdout = hold_back(&mut problem, &rmse, 0.3).expect("enough rows");
    let kitae_data::target::Target::Values(values) = &mut problem.target else { panic!("a number") };
    values[holdout[0] as usize] = 0.0;
    let (without, with) = with_context(&AtomicBool::new(false), |place| {
        measure(&problem, &holdout, [&rmse, &percent], place).expect("it trains")
    });
    let gain = holdout_gain(&without, &with);
    let report =
        kitae_lab::HoldoutReport { levers: Vec::new(), promised: 0.1, without, with, gain, seconds: 1.0 };
    assert_eq!((report.mean(), report.gain), (None, None), "{report:?}");
}
