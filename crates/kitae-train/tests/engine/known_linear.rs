//! Trials share the linear models of their folds where they would fit the same ones, and there alone.

use kitae_data::target::Task;
use kitae_train::baselines::LinearCache;
use kitae_train::engine::LaneResult;
use kitae_train::train::fit_plan;
use kitae_train::{Problem, plan};

use crate::common::{Conditions, context, problem, recipe};

fn predictions(problem: &Problem, changes: &str, linear: &mut LinearCache) -> Vec<[Vec<f64>; 3]> {
    let recipe = recipe(problem, &format!("training.epochs = 2\n{changes}"));
    let plan = plan(problem, &recipe).expect("sound");
    let conditions = Conditions::default();
    let results = fit_plan(problem, &recipe, &plan, &context(&conditions), linear).expect("trains");
    let all = |result: LaneResult| {
        [result.validation, result.held_out, result.in_bag].map(|predictions| predictions.values)
    };
    results.into_iter().map(all).collect()
}

/// Predictions beside linear models that other trials have left are those beside new ones; returns how many
/// models were fitted for the last of `trials`.
#[track_caller]
fn check(task: Task, trials: &[&str]) -> usize {
    let problem = problem(task, 120);
    let (mut linear, mut n_new) = (LinearCache::default(), 0);
    for changes in trials {
        let n_before = linear.n_kept();
        let shared = predictions(&problem, changes, &mut linear);
        assert_eq!(shared, predictions(&problem, changes, &mut LinearCache::default()), "{changes}");
        n_new = linear.n_kept() - n_before;
    }
    n_new
}

#[test]
fn levers_of_the_networks_leave_the_linear_models_as_they_are() {
    for lever in [
        "network.hidden = [8]",
        "network.activation = 'relu'",
        "network.number_embedding.kind = 'periodic'",
        "training.learning_rate = 0.01",
        "training.feeding = { rows = 16 }",
        "training.members = 2",
        "training.clip = { kind = 'global_norm', value = 1 }",
        "optimiser.kind = 'sgd'",
        "objective.label_smoothing = 0.1",
    ] {
        assert_eq!(check(Task::Classification, &["", lever]), 0, "{lever}");
    }
}

#[test]
fn what_a_line_is_fitted_to_makes_another_one() {
    for lever in [
        "preprocess.numeric = 'standardise'",
        "network.d_embedding = 3\npreprocess.one_hot_max_levels = 2",
        "metric = 'accuracy'",
        "split.scheme.n_folds = 4",
        "seed = 1",
    ] {
        assert!(check(Task::Classification, &["", lever]) > 0, "{lever}");
        assert_eq!(check(Task::Classification, &["", lever, ""]), 0, "{lever}");
    }
    assert!(check(Task::Regression, &["", "objective.kind = 'gaussian_nll'"]) > 0);
}
