//! Every lever changes training, and in the way its name says.

use crate::common::{Conditions, losses, problem, recipe, run, weighted};
use kitae_data::table::Cells;
use kitae_data::target::{Target, Task};
use kitae_train::engine::{LaneResult, range_test, suggested_rate};
use kitae_train::observer::LaneEnd;
use kitae_train::{Event, Problem, Recipe};

/// Lane 0's result and its training losses under the quick recipe with `changes`.
fn train(task: Task, changes: &str) -> (LaneResult, Vec<f64>) {
    let problem = problem(task, 150);
    let (mut results, events) = run(&problem, &recipe(&problem, changes), &Conditions::default());
    (results.remove(0), losses(&events))
}

fn weight_norm(result: &LaneResult) -> f64 {
    let of = |name: &String| name.ends_with("weight");
    let tensors = result.weights.tensors.iter().filter(|(name, _)| of(name));
    tensors.flat_map(|(_, tensor)| &tensor.values).map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

/// Plain gradient descent without anything else, so that one lever at a time can be seen.
const PLAIN: &str = "
    optimiser = { kind = 'adam' }
    network.dropout = 0.0
    network.initialiser = 'he_normal'
    network.parametrisation = 'standard'
    network.activation = 'relu'
    network.slope = 'fixed'
    training.keep = 'last'
    training.learning_rate = 0.01
    training.weight_decay = 0.0
    training.schedule = { shape = { kind = 'constant' } }
";

#[track_caller]
fn changes_training(task: Task, lever: &str) {
    let (_, plain) = train(task, PLAIN);
    let (result, changed) = train(task, &format!("{PLAIN}---\n{lever}"));
    assert_ne!(plain, changed, "`{lever}` did nothing");
    assert!(changed.iter().all(|loss| loss.is_finite()), "`{lever}`: {changed:?}");
    assert!(result.held_out.values.iter().all(|value| value.is_finite()));
}

#[test]
fn objectives_train_what_they_name() {
    for kind in ["mean_absolute", "gaussian_nll", "poisson"] {
        changes_training(Task::Regression, &format!("objective = {{ kind = '{kind}' }}"));
    }
    changes_training(Task::Regression, "objective = { kind = 'huber', delta = 0.5 }");
    changes_training(Task::Regression, "objective = { kind = 'pinball', quantile = 0.9 }");
    changes_training(Task::Classification, "objective.label_smoothing = 0.2");
    changes_training(Task::Classification, "objective.class_weights = [1.0, 5.0, 1.0]");
}

#[test]
fn rows_count_as_much_as_their_weights_say() {
    let train = |problem: &Problem, lever: &str| {
        let recipe = recipe(problem, &format!("{PLAIN}---\ntraining.weight_column = 'x2'\n{lever}"));
        run(problem, &recipe, &Conditions::default()).0.remove(0)
    };
    // Only their ratios matter.
    for task in [Task::Classification, Task::Regression] {
        let [once, twice] = [1.0, 2.0].map(|weight| train(&weighted(task, 150, |_| weight), ""));
        assert!(once.weights == twice.weights);
    }
    // Rows of weight 0 teach nothing: here those of one class.
    let third = |weight: f64| {
        let mut problem = weighted(Task::Classification, 150, |_| 1.0);
        let Target::Classes { codes, .. } = &problem.target else { unreachable!("classes were made") };
        let weights = codes.iter().map(|code| if *code == 2 { weight } else { 1.0 }).collect();
        problem.table.columns[2].cells = Cells::Numbers(weights);
        let said = train(&problem, "training.epochs = 30\nblend = 'none'").held_out;
        said.values.chunks(3).map(|row| row[2]).sum::<f64>() / said.n_rows() as f64
    };
    let [without, with, more] = [0.0, 1.0, 8.0].map(third);
    assert!(without < 0.5 * with && with < more, "{without} {with} {more}");
}

#[test]
fn weights_that_are_none_are_refused_before_training() {
    let problem = weighted(Task::Regression, 150, |_| -1.0);
    let recipe = recipe(&problem, "training.weight_column = 'x2'");
    let error = kitae_train::plan(&problem, &recipe).unwrap_err().to_string();
    assert!(error.contains("expected a number from 0 to 1e12 in each cell of `x2`, got `-1`"), "{error}");
}

#[test]
fn a_high_quantile_predicts_higher_than_a_low_one() {
    let mean = |quantile: f64| {
        let lever = format!(
            "{PLAIN}---\ntraining.epochs = 30\nobjective = {{ kind = 'pinball', quantile = {quantile} }}"
        );
        let values = train(Task::Regression, &lever).0.held_out.values;
        values.iter().sum::<f64>() / values.len() as f64
    };
    assert!(mean(0.9) > mean(0.1) + 5.0);
}

#[test]
fn a_temperature_improves_the_log_loss_and_changes_no_predicted_class() {
    let problem = problem(Task::Classification, 150);
    let train = |calibration: &str| {
        let lever = format!("{PLAIN}---\ntraining.epochs = 60\ncalibration = '{calibration}'");
        let recipe = recipe(&problem, &lever);
        let plan = kitae_train::plan(&problem, &recipe).expect("sound");
        let result = run(&problem, &recipe, &Conditions::default()).0.remove(0);
        let log_loss =
            result.validation.score(&plan.lanes[0].fold.validation.targets, recipe.metric).expect("defined");
        let top = |row: &[f64]| (0..3).max_by(|a, b| row[*a].total_cmp(&row[*b]));
        let classes: Vec<_> = result.held_out.values.chunks(3).map(top).collect();
        (log_loss, classes, result.calibrator.temperature)
    };
    let (plain, calibrated) = (train("none"), train("temperature"));
    assert_eq!((plain.2, &plain.1), (1.0, &calibrated.1));
    assert!(calibrated.2 > 1.1, "60 epochs make a network too sure: {}", calibrated.2);
    assert!(calibrated.0 > plain.0, "{} against {}", calibrated.0, plain.0);
}

#[test]
fn network_levers_change_training() {
    for activation in ["identity", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "gelu", "silu", "mish"] {
        changes_training(Task::Regression, &format!("network.activation = '{activation}'"));
    }
    for initialiser in
        ["glorot_normal", "glorot_uniform", "he_uniform", "lecun_normal", "lecun_uniform", "orthogonal"]
    {
        changes_training(Task::Regression, &format!("network.initialiser = '{initialiser}'"));
    }
    for lever in [
        "network.hidden = [32]",
        "network.slope = 'learned'",
        "network.normalisation = 'batch'",
        "network.normalisation = 'layer'",
        "network.skip = 'residual'",
        "network.parametrisation = 'ntk'\nnetwork.initialiser = 'data_driven'",
        "network.dropout = 0.4",
        "network.dropout = [0.4, 0.0]",
        "network.d_embedding = 3",
        "network.number_embedding = { kind = 'none' }",
        "network.number_embedding = { kind = 'periodic', sigma = 2.0 }",
        "network.number_embedding = { kind = 'piecewise_linear' }",
        "network.number_embedding = { kind = 'piecewise_linear', n_bins = 5, d_embedding = 2 }",
        "network.input_scale = 'none'",
        "network.ensemble = { kind = 'tab_m_mini', n_members = 4 }",
        "network.ensemble = { kind = 'tab_m', n_members = 4 }",
        "network.ensemble = { kind = 'tab_m_mini', n_members = 1 }",
    ] {
        changes_training(Task::Classification, lever);
    }
}

#[test]
fn optimisers_and_their_settings_change_training() {
    for optimiser in [
        "kind = 'sgd'",
        "kind = 'sgd', momentum = 0.9",
        "kind = 'sgd', momentum = 0.9, acceleration = 'nesterov'",
        "kind = 'ada_grad'",
        "kind = 'rms_prop'",
        "kind = 'adam', beta2 = 0.9",
        "kind = 'adan'",
        "kind = 'lion'",
        "kind = 'muon'",
    ] {
        changes_training(Task::Classification, &format!("optimiser = {{ {optimiser} }}"));
    }
    changes_training(
        Task::Classification,
        "optimiser = { kind = 'lbfgs' }\ntraining.feeding = { kind = 'full' }",
    );
    changes_training(
        Task::Classification,
        "training.clip = { kind = 'value', value = 0.001 }\noptimiser = { kind = 'sgd' }",
    );
    changes_training(
        Task::Classification,
        "training.clip = { kind = 'global_norm', value = 0.01 }\noptimiser = { kind = 'sgd' }",
    );
    changes_training(Task::Classification, "training.groups = { bias = { learning_rate = 0.5 } }");
}

#[test]
fn schedules_change_training() {
    for shape in [
        "kind = 'step', every_epochs = 1, factor = 0.5",
        "kind = 'exponential', factor = 0.7",
        "kind = 'cosine'",
        "kind = 'warm_restarts', first_epochs = 1, growth = 2.0",
        "kind = 'one_cycle'",
        "kind = 'coslog'",
        "kind = 'flat_cos'",
    ] {
        changes_training(Task::Regression, &format!("training.schedule = {{ shape = {{ {shape} }} }}"));
    }
    changes_training(Task::Regression, "training.schedule = { warm_up_epochs = 2.0 }");
    changes_training(
        Task::Regression,
        "training.plateau = { factor = 0.1, patience = 0, min_factor = 0.0 }\ntraining.learning_rate = 0.2\ntraining.epochs = 12",
    );
}

#[test]
fn weight_penalties_shrink_the_weights() {
    let norm = |lever: &str| weight_norm(&train(Task::Classification, &format!("{PLAIN}---\n{lever}")).0);
    let plain = norm("");
    for lever in
        ["training.l1 = 0.05", "training.l2 = 0.3", "training.weight_decay = 2.0", "training.max_norm = 0.5"]
    {
        assert!(norm(lever) < 0.97 * plain, "`{lever}`: {} against {plain}", norm(lever));
    }
    let both = norm("training.l1 = 0.05\ntraining.l2 = 0.3");
    assert!(both < norm("training.l1 = 0.05") && both < norm("training.l2 = 0.3"), "elastic net is both");
}

#[test]
fn feeding_sets_the_number_of_steps() {
    for feeding in ["{ kind = 'full' }", "{ kind = 'online' }", "{ kind = 'mini', rows = 8 }"] {
        changes_training(Task::Classification, &format!("training.feeding = {feeding}"));
    }
    let last = |feeding: &str| {
        *train(Task::Classification, &format!("{PLAIN}---\ntraining.feeding = {feeding}"))
            .1
            .last()
            .expect("four epochs")
    };
    assert!(last("{ kind = 'mini', rows = 8 }") < last("{ kind = 'full' }"), "more steps learn more");
}

#[test]
fn averaging_changes_what_is_judged_and_leaves_the_gradients_alone() {
    let (plain, losses) = train(Task::Classification, PLAIN);
    for averaging in ["{ kind = 'ema', decay = 0.9 }", "{ kind = 'swa', from = 0.5 }"] {
        let lever = format!("{PLAIN}---\ntraining.averaging = {averaging}");
        let (averaged, same) = train(Task::Classification, &lever);
        assert_eq!(losses, same, "{averaging}: gradients are taken at the plain weights");
        assert_ne!(plain.weights, averaged.weights, "{averaging}");
        assert_ne!(plain.held_out, averaged.held_out, "{averaging}");
    }
}

#[test]
fn mixing_changes_training_and_its_strength_matters() {
    for task in [Task::Classification, Task::Regression] {
        changes_training(task, "training.mixing = { kind = 'mixup' }");
        changes_training(task, "training.mixing = { kind = 'cut_mix' }");
        changes_training(task, "training.mixing = { kind = 'cut_out' }");
    }
    let losses = |mixing: &str| train(Task::Regression, &format!("{PLAIN}---\ntraining.mixing = {mixing}")).1;
    let never = "{ kind = 'cut_mix', probability = 0.0 }";
    assert_eq!(losses(never), losses("{ kind = 'none' }"), "a probability of 0 is no mixing");
    assert_ne!(losses("{ kind = 'mixup', alpha = 0.2 }"), losses("{ kind = 'mixup', alpha = 2.0 }"));
    let share = |share: f64| losses(&format!("{{ kind = 'cut_out', probability = 1.0, share = {share} }}"));
    assert!(share(0.75).last() > share(0.25).last(), "three blank columns of four say less than one");
}

/// Rows whose labels are mixed are learned less by heart.
#[test]
fn mixing_keeps_a_network_from_learning_its_rows_by_heart() {
    let last = |mixing: &str| {
        let lever = format!("{PLAIN}---\ntraining.epochs = 60\ntraining.mixing = {{ kind = '{mixing}' }}");
        *train(Task::Classification, &lever).1.last().expect("sixty epochs")
    };
    let plain = last("none");
    for mixing in ["mixup", "cut_mix", "cut_out"] {
        assert!(last(mixing) > plain, "{mixing}: {} {plain}", last(mixing));
    }
}

#[test]
fn early_stopping_ends_a_lane_and_delivers_its_best_epoch() {
    let lever = "training.learning_rate = 0.1\ntraining.epochs = 200\ntraining.keep = 'best'\nstopping = { kind = 'early', patience = 3 }";
    let (result, losses) = train(Task::Classification, &format!("{PLAIN}---\n{lever}"));
    assert_eq!(result.end, LaneEnd::Stopped);
    assert!(result.n_epochs < 200);
    assert_eq!(result.n_epochs, losses.len());
    assert_eq!(result.kept_epoch + 4, result.n_epochs);
}

#[test]
fn the_best_epoch_is_not_worse_on_the_validation_rows_than_the_last() {
    let problem = problem(Task::Classification, 150);
    let score = |keep: &str| {
        let lever = format!(
            "{PLAIN}---\ntraining.learning_rate = 0.1\ntraining.epochs = 40\ntraining.keep = '{keep}'"
        );
        let recipe: Recipe = recipe(&problem, &lever);
        let plan = kitae_train::plan(&problem, &recipe).expect("sound");
        let (results, events) = run(&problem, &recipe, &Conditions::default());
        let best = events.iter().filter_map(|event| match event {
            Event::EpochEnded { lane: 0, validation_score, .. } => *validation_score,
            _ => None,
        });
        let kept = results[0]
            .validation
            .score(&plan.lanes[0].fold.validation.targets, recipe.validation_metric)
            .expect("defined");
        (kept.0, best.map(|score| score.0).fold(f64::NEG_INFINITY, f64::max))
    };
    let ((best, highest), (last, _)) = (score("best"), score("last"));
    assert!(best > last);
    assert!(
        (best - highest).abs() < 1e-6,
        "the delivered weights score {best}, the best epoch scored {highest}"
    );
}

#[test]
fn members_are_different_networks_on_the_same_rows() {
    let problem = problem(Task::Classification, 150);
    let (results, _) = run(&problem, &recipe(&problem, "training.members = 2"), &Conditions::default());
    assert_eq!(results.len(), 6);
    assert_ne!(results[0].weights, results[1].weights);
    assert_eq!(results[0].held_out.n_rows(), results[1].held_out.n_rows());
}

/// The mean of members is better than what they are worth alone, which the loss tells.
#[test]
fn members_of_an_ensemble_answer_better_together_than_alone() {
    let problem = problem(Task::Regression, 150);
    for kind in ["tab_m_mini", "tab_m"] {
        let lever = format!(
            "{PLAIN}---\ntraining.epochs = 30\nnetwork.ensemble = {{ kind = '{kind}', n_members = 8 }}"
        );
        let recipe = recipe(&problem, &lever);
        let (results, events) = run(&problem, &recipe, &Conditions::default());
        let plan = kitae_train::plan(&problem, &recipe).expect("sound");
        let last = events.iter().rev().find_map(|event| match event {
            Event::EpochEnded { lane: 0, validation_loss, .. } => *validation_loss,
            _ => None,
        });
        let fold = &plan.lanes[0].fold;
        let rmse = kitae_eval::Metric::Rmse;
        let score = results[0].validation.score(&fold.validation.targets, rmse).expect("defined");
        let rmse = rmse.natural(score).0;
        let unit = fold.target_scale.as_ref().map_or(1.0, |scale| scale.restore(1.0) - scale.restore(0.0));
        let (together, alone) = ((rmse / unit).powi(2), last.expect("a loss"));
        assert!(together < 0.98 * alone, "{kind}: {together} against {alone}");
    }
}

#[test]
fn a_diverging_lane_is_named_and_delivers_no_nan() {
    let problem = problem(Task::Regression, 150);
    let wild = recipe(
        &problem,
        &format!(
            "{PLAIN}---\noptimiser = {{ kind = 'sgd' }}\ntraining.learning_rate = 1e6\nnetwork.activation = 'identity'"
        ),
    );
    let failed = crate::common::try_run(&problem, &wild, &Conditions::default(), &mut |_| {});
    let message = failed.expect_err("a learning rate of a million diverges").to_string();
    assert!(message.contains("diverged") && message.contains("learning_rate"), "{message}");
}

#[test]
fn the_range_test_finds_where_the_loss_falls_and_where_it_explodes() {
    let problem = problem(Task::Classification, 150);
    let recipe = recipe(&problem, &format!("{PLAIN}---optimiser = {{ kind = 'sgd' }}"));
    let plan = kitae_train::plan(&problem, &recipe).expect("sound");
    let device = burn::tensor::Device::flex();
    let points =
        range_test(&recipe, &plan.network, &plan.lanes[0], &device).expect("sgd has a learning rate");
    let rate = suggested_rate(&points).expect("the loss falls");
    assert!((1e-3..1.0).contains(&rate), "suggested {rate}");
    assert!(points.windows(2).all(|pair| pair[0].learning_rate < pair[1].learning_rate));
}
