//! A target that is learnt on its logarithm is predicted in its own units, with means that are right.

use kitae_data::finding::What;
use kitae_data::table::Cells;
use kitae_data::target::{Target, Task};
use kitae_random::{Purpose, Stream};
use kitae_train::engine::LaneResult;
use kitae_train::prepare::Targets;
use kitae_train::{Event, Model, Problem, TrainError, plan, train};

use crate::common::{Conditions, context, fused, problem, recipe, run};

const LOG: &str = "target_scale = 'log'
    training.epochs = 24";

/// Powers of a line with normal errors, whose mean is e^½ times their median.
fn powers(n_rows: usize, slope: f64, noise: f64) -> Problem {
    let mut problem = problem(Task::Regression, n_rows);
    let mut stream = Stream::new(5, Purpose::Synthesis, [0; 3]);
    let Cells::Numbers(x) = &problem.table.columns[0].cells else { unreachable!("a column of numbers") };
    let power = |x: &f64| (slope * x + noise * stream.normal()).exp();
    problem.target = Target::Values(x.iter().map(power).collect());
    problem
}

/// What the networks of all folds predict for their held-out rows, and the targets.
fn predictions(problem: &Problem, changes: &str) -> (Vec<LaneResult>, Vec<(f64, f64)>) {
    let recipe = recipe(problem, changes);
    let (results, _) = run(problem, &recipe, &Conditions::of(fused()));
    let plan = plan(problem, &recipe).expect("the rows can be split");
    let pairs = plan.lanes.iter().zip(&results).flat_map(|(lane, result)| {
        let Targets::Values(values) = &lane.fold.held_out.targets else { unreachable!("a regression") };
        result.held_out.values.iter().copied().zip(values.clone()).collect::<Vec<_>>()
    });
    let pairs = pairs.collect();
    (results, pairs)
}

/// The mean prediction as a multiple of the mean target.
fn mean_ratio(pairs: &[(f64, f64)]) -> f64 {
    pairs.iter().map(|(answer, _)| answer).sum::<f64>() / pairs.iter().map(|(_, target)| target).sum::<f64>()
}

#[test]
fn over_many_powers_of_ten_answers_are_nearer_by_far() {
    let problem = powers(400, 4.0, 0.5);
    let error = |changes: &str| {
        let (_, pairs) = predictions(&problem, changes);
        let square = |(answer, target): &(f64, f64)| (answer.max(1e-6) / target).ln().powi(2);
        (pairs.iter().map(square).sum::<f64>() / pairs.len() as f64).sqrt()
    };
    let (log, standard) = (error(LOG), error("training.epochs = 24"));
    assert!(log < 1.5 && standard > 2.0 * log, "on the logarithm {log}, else {standard}");
}

#[test]
fn means_are_right_where_means_are_asked_for_and_medians_where_medians_are() {
    let problem = powers(1500, 0.7, 1.0);
    let ratio = |changes: &str| mean_ratio(&predictions(&problem, &format!("{LOG}---{changes}")).1);
    let mean = ratio("");
    assert!((mean - 1.0).abs() < 0.15, "{mean}");
    let median = ratio("objective = { kind = 'mean_absolute' }");
    assert!((0.5..0.75).contains(&median), "{median}");
    let asked = ratio("metric = 'mae'");
    assert!((0.5..0.75).contains(&asked), "{asked}");
}

#[test]
fn a_spread_is_spoken_of_until_the_recipe_mends_it() {
    let problem = powers(400, 4.0, 0.5);
    let is_told = |changes: &str| {
        let findings = problem.findings(&recipe(&problem, changes));
        findings.iter().any(|finding| finding.what == What::TargetSpread)
    };
    assert!(is_told("") && is_told("metric = 'r2'"));
    assert!(!is_told("target_scale = 'log'") && !is_told("metric = 'mae'"));
}

#[test]
fn a_model_answers_new_rows_as_its_networks_did() {
    let problem = powers(900, 0.7, 1.0);
    let recipe = recipe(&problem, LOG);
    let plan = plan(&problem, &recipe).expect("the rows can be split");
    let new_run = vec![None; plan.lanes.len()];
    let place = context(&Conditions::of(fused()));
    let model =
        train(&problem, &recipe, &plan, &new_run, &place, &mut |_: &Event| {}).expect("it ends").model;
    assert!(model.manifest.model.lanes.iter().all(|lane| lane.calibrator.smearing > 1.1));
    let folder = tempfile::tempdir().expect("a folder");
    model.save(folder.path()).expect("it is stored");
    let stored = Model::load(folder.path()).expect("it is read");
    assert_eq!(stored, model);
    let predictor = stored.predictor(&fused()).expect("its weights fit");
    let predictions = predictor.predictions(&problem.table).expect("its columns are there").values;
    let Target::Values(values) = &problem.target else { unreachable!("a regression") };
    let pairs: Vec<(f64, f64)> = predictions.into_iter().zip(values.clone()).collect();
    let ratio = mean_ratio(&pairs);
    assert!((ratio - 1.0).abs() < 0.15, "{ratio}");
    let largest = values.iter().copied().fold(0.0, f64::max);
    assert!(pairs.iter().all(|(answer, _)| *answer > 0.0 && *answer <= largest));
}

#[test]
fn counts_are_learnt_on_a_logarithm_that_has_zero() {
    let mut problem = powers(600, 1.5, 0.3);
    let Target::Values(values) = &mut problem.target else { unreachable!("a regression") };
    for value in values.iter_mut() {
        *value = (*value * 3.0).floor();
    }
    let refused = |changes: &str| match plan(&problem, &recipe(&problem, changes)) {
        Err(error @ TrainError::TargetScale(_)) => error.to_string(),
        other => panic!("{:?}", other.map(|plan| plan.lanes.len())),
    };
    assert!(refused("target_scale = 'log'").ends_with("has 0: use log1p"));
    let (_, pairs) = predictions(&problem, "target_scale = 'log1p'\ntraining.epochs = 24");
    let ratio = mean_ratio(&pairs);
    assert!((ratio - 1.0).abs() < 0.15, "{ratio}");
    assert!(pairs.iter().all(|(answer, _)| *answer >= 0.0));
}

#[test]
fn what_is_negative_is_left_as_it_is() {
    let problem = problem(Task::Regression, 60);
    let shifted = Problem {
        target: match &problem.target {
            Target::Values(values) => Target::Values(values.iter().map(|value| value - 100.0).collect()),
            Target::Classes { .. } => unreachable!("a regression"),
        },
        ..problem
    };
    let error = plan(&shifted, &recipe(&shifted, "target_scale = 'log1p'")).expect_err("some are negative");
    assert!(error.to_string().ends_with("use standard"), "{error}");
}
