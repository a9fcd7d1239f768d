//! Regions belong to what is delivered: members averaged, blended, calibrated.

use kitae_data::target::Task;
use kitae_eval::Level;
use kitae_train::nonconformity::Nonconformity;
use kitae_train::prepare::Targets;
use kitae_train::regions::Regions;
use kitae_train::{Problem, Trained, train};

use crate::common::{Conditions, by_time, context, fused, problem, recipe};

fn trained(problem: &Problem, levers: &str) -> Trained {
    let recipe = recipe(problem, &format!("training.epochs = 3\n{levers}"));
    let plan = kitae_train::plan(problem, &recipe).expect("sound");
    let saved = vec![None; plan.lanes.len()];
    train(problem, &recipe, &plan, &saved, &context(&Conditions::default()), &mut |_: &_| {}).expect("trains")
}

fn nonconformity(trained: &Trained) -> &Nonconformity {
    trained.model.fitted.nonconformity.as_ref().expect("this version stores it")
}

const HOLD_OUT: &str = "split.scheme = { kind = 'hold_out', held_out_share = 0.4 }";

/// With one fold, what is delivered predicted the held-out rows: what is stored must be how wrong it was.
#[test]
fn what_is_stored_is_how_wrong_the_delivered_model_was() {
    for task in [Task::Classification, Task::Regression] {
        let problem = problem(task, 120);
        for levers in ["blend = 'linear'", "blend = 'none'", "blend = 'linear'\ntraining.members = 3"] {
            let trained = trained(&problem, &format!("{HOLD_OUT}\n{levers}"));
            let predictor = trained.model.predictor(&fused()).expect("fits");
            let predictions = predictor.predictions(&problem.table).expect("answers");
            let (rows, targets, _) = trained.out_of_fold.pooled();
            let wrong = |(position, row): (usize, &u32)| match &targets {
                Targets::Values(values) => (values[position] - predictions.values[*row as usize]).abs(),
                Targets::Classes(classes) => {
                    -predictions.values[*row as usize * predictions.n_columns + classes[position] as usize]
                }
            };
            let mut expected: Vec<f64> = rows.iter().enumerate().map(wrong).collect();
            expected.sort_by(f64::total_cmp);
            let [fold] = nonconformity(&trained).folds.as_slice() else { panic!("one fold") };
            assert_eq!(fold.values.len(), expected.len());
            for (stored, expected) in fold.values.iter().zip(expected) {
                assert!((stored - expected).abs() < 1e-3, "{task:?}, {levers}: {stored} {expected}");
            }
        }
    }
}

#[test]
fn each_repeat_of_the_rows_is_stored_and_the_lanes_that_are_not_delivered_are_not() {
    let problem = problem(Task::Regression, 90);
    let folds_of = |problem: &Problem, levers: &str| {
        let trained = trained(problem, levers);
        let folds = &nonconformity(&trained).folds;
        folds.iter().map(|fold| (fold.repeat, fold.fold, fold.values.len())).collect::<Vec<_>>()
    };
    let folds = |levers: &str| folds_of(&problem, levers);
    assert_eq!(folds("training.members = 2"), [(0, 0, 30), (0, 1, 30), (0, 2, 30)]);
    let repeated = folds("split.scheme = { kind = 'k_fold', n_folds = 2, n_repeats = 2 }");
    assert_eq!(repeated, [(0, 0, 45), (0, 1, 45), (1, 0, 45), (1, 1, 45)]);
    // Only the networks that were trained up to the latest rows are delivered.
    let latest = folds_of(&by_time(problem.clone(), "x2"), "");
    assert_eq!(latest.iter().map(|(_, fold, _)| *fold).collect::<Vec<_>>(), [2]);
}

#[test]
fn regions_are_the_same_through_tensors_and_whatever_rows_are_beside() {
    for task in [Task::Classification, Task::Regression] {
        let model = trained(&problem(task, 90), "training.members = 2").model;
        let many = problem(task, 2_500).table;
        let predictor = model.predictor(&fused()).expect("fits");
        let regions = |n_rows: usize| {
            let table = problem(task, n_rows).table;
            predictor.regions(Level::default()).expect("enough rows").predictions(&table).expect("answers")
        };
        let (predictions, all) = regions(2_500);
        assert_eq!(predictions, predictor.predictions(&many).expect("answers"));
        // The generator makes the same first rows.
        let (_, few) = regions(700);
        match (all, few) {
            (Regions::Intervals(all), Regions::Intervals(few)) => {
                assert_eq!(all[..700], few);
                for (interval, answer) in all.iter().zip(&predictions.values) {
                    assert!(interval.low <= *answer && *answer <= interval.high);
                }
            }
            (Regions::Sets { holds: all, .. }, Regions::Sets { holds: few, n_classes }) => {
                assert_eq!(all[..700 * n_classes], few);
            }
            _ => panic!("regions of another kind"),
        }
    }
}

#[test]
fn counts_are_never_below_zero() {
    let problem = problem(Task::Regression, 90);
    let trained = trained(&problem, "objective = { kind = 'poisson' }\nblend = 'none'");
    let mut model = trained.model;
    for fold in &mut model.fitted.nonconformity.as_mut().expect("stored").folds {
        fold.values.fill(1e6);
    }
    let predictor = model.predictor(&fused()).expect("fits");
    let regions = predictor.regions(Level::default()).expect("enough rows");
    let (_, regions) = regions.predictions(&problem.table).expect("answers");
    let Regions::Intervals(intervals) = regions else { panic!("values have intervals") };
    assert!(intervals.iter().all(|interval| interval.low == 0.0 && interval.high > 1e6));
}
