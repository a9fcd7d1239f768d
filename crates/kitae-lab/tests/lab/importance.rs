//! What a model relies on.

use std::sync::atomic::AtomicBool;

use kitae_lab::{Importance, ImportanceConfig, Spread, importance};
use kitae_train::{Event, Model, Problem, Recipe, TrainError, plan, train};

use crate::common::{problem, recipe, with_context};

fn model(problem: &Problem, recipe: &Recipe) -> Model {
    let plan = plan(problem, recipe).expect("it fits");
    let new_run = vec![None; plan.lanes.len()];
    let trained = with_context(&AtomicBool::new(false), |place| {
        train(problem, recipe, &plan, &new_run, place, &mut |_: &Event| {}).expect("it trains")
    });
    trained.model
}

fn measured(model: &Model, problem: &Problem, config: &ImportanceConfig) -> Result<Importance, TrainError> {
    with_context(&AtomicBool::new(false), |place| importance(model, problem, config, place))
}

/// Friedman's first function: x1 to x5 make the target, x6 to x10 are noise.
#[test]
fn columns_that_make_the_target_come_first_and_noise_holds_zero() {
    let problem = problem(600);
    let model = model(&problem, &recipe(&problem, [4, 1], "training.epochs = 40"));
    let importance = measured(&model, &problem, &ImportanceConfig::default()).expect("it can be measured");
    assert_eq!((importance.spread, importance.n_folds), (Spread::Folds, 4));
    // Every open row was predicted once, by networks that had not seen it.
    assert_eq!(importance.n_rows, problem.open_rows.len());
    let names: Vec<&str> = importance.columns.iter().map(|column| column.column.as_str()).collect();
    let mut first = names[..5].to_vec();
    first.sort_unstable();
    assert_eq!(first, ["x1", "x2", "x3", "x4", "x5"], "{importance:?}");
    // 10 x4 has a larger share of the variance (100/12) than 5 x5 (25/12).
    assert!(names.iter().position(|name| *name == "x4") < names.iter().position(|name| *name == "x5"));
    let strongest = importance.columns[0].interval.expect("folds differ");
    assert!(strongest.low > 0.0, "{importance:?}");
    let noise = importance.columns[5..].iter().map(|column| column.interval.expect("folds differ"));
    let n_zero = noise.filter(|interval| interval.low <= 0.0 && interval.high >= 0.0).count();
    // Of five intervals at 95 % one may miss.
    assert!(n_zero >= 4, "{importance:?}");
}

#[test]
fn the_baseline_is_the_mean_over_folds_that_the_training_told() {
    let problem = problem(200);
    let model = model(&problem, &recipe(&problem, [3, 2], "training.members = 2"));
    let config = ImportanceConfig { n_repeats: 1, ..ImportanceConfig::default() };
    let importance = measured(&model, &problem, &config).expect("it can be measured");
    let told = &model.manifest.scores.entries[0];
    let told: Vec<f64> = told.folds.iter().copied().map(|fold| fold.expect("it was scored").0).collect();
    let mean = told.iter().sum::<f64>() / told.len() as f64;
    assert_eq!(importance.n_folds, 6);
    assert!((importance.baseline.0 - mean).abs() < 1e-6 * mean.abs(), "{} {mean}", importance.baseline);
}

#[test]
fn with_one_fold_intervals_are_over_permutations() {
    let problem = problem(200);
    let hold_out = "split.scheme = { kind = 'hold_out', held_out_share = 0.3 }";
    let model = model(&problem, &recipe(&problem, [2, 1], hold_out));
    let few = ImportanceConfig { n_repeats: 4, most_rows: 20 };
    let importance = measured(&model, &problem, &few).expect("it can be measured");
    assert_eq!((importance.spread, importance.n_folds, importance.n_rows), (Spread::Permutations, 1, 20));
    assert!(importance.columns.iter().any(|column| column.interval.is_some()));
    let none = ImportanceConfig { n_repeats: 0, ..few };
    assert!(measured(&model, &problem, &none).is_err());
}
