//! Averaged weights are the averages of the weights that plain runs go through.

use kitae_data::target::Task;
use kitae_model::Weights;
use kitae_train::{Engine, Event, Packing, Problem};

use crate::common::{Conditions, fused, problem, recipe, run, tensors};

/// A training whose first epochs do not depend on how many are planned.
const STEADY: &str = "
    optimiser = { kind = 'adam' }
    network.dropout = 0.0
    training.weight_decay = 0.0
    training.keep = 'last'
    training.learning_rate = 0.01
    training.schedule = { shape = { kind = 'constant' } }
";

const N_EPOCHS: usize = 4;

/// What lane 0 delivers.
fn delivered(problem: &Problem, engine: &Engine, changes: &str) -> Weights {
    let recipe = recipe(problem, &format!("{STEADY}{changes}"));
    run(problem, &recipe, &Conditions::of(engine.clone())).0.remove(0).weights
}

/// The mean of networks with these weights.
fn mean(networks: &[Weights], shares: &[f64]) -> Vec<f64> {
    let values = |weights: &Weights| -> Vec<f64> {
        weights.tensors.values().flat_map(|tensor| &tensor.values).map(|value| f64::from(*value)).collect()
    };
    let mut sums = vec![0.0; values(&networks[0]).len()];
    for (network, share) in networks.iter().zip(shares) {
        sums.iter_mut().zip(values(network)).for_each(|(sum, value)| *sum += share * value);
    }
    sums
}

/// Checks that `averaging` delivers the mean of the weights at the ends of the epochs with these shares.
#[track_caller]
fn check(changes: &str, averaging: &str, shares: [f64; N_EPOCHS]) {
    let problem = problem(Task::Regression, 120);
    for engine in [tensors(Packing::Whole), fused()] {
        let epochs = |n: usize| format!("{changes}---\ntraining.epochs = {n}\n");
        let plain = |n: usize| delivered(&problem, &engine, &epochs(n));
        let networks: Vec<Weights> = (1..=N_EPOCHS).map(plain).collect();
        let lever = format!("{}training.averaging = {averaging}", epochs(N_EPOCHS));
        let found = mean(&[delivered(&problem, &engine, &lever)], &[1.0]);
        for (found, expected) in found.iter().zip(mean(&networks, &shares)) {
            assert!((found - expected).abs() < 2e-6 * (1.0 + expected.abs()), "{found} {expected}");
        }
    }
}

#[test]
fn swa_delivers_the_equal_mean_of_its_epochs() {
    check("", "{ kind = 'swa', from = 0.5 }", [0.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]);
    check("", "{ kind = 'swa', from = 0.0 }", [0.25; 4]);
    check("network.normalisation = 'batch'\n", "{ kind = 'swa' }", [0.0, 0.0, 0.5, 0.5]);
}

/// One step an epoch, so that the weights of all steps can be had. After steps 1 and 2 the average is the
/// mean; with a decay of one half the third step already forgets.
#[test]
fn ema_delivers_the_mean_that_forgets() {
    let full = "training.feeding = { kind = 'full' }\n";
    check(full, "{ kind = 'ema', decay = 0.5 }", [0.125, 0.125, 0.25, 0.5]);
    check(full, "{ kind = 'ema', decay = 0.99 }", [0.25; 4]);
    check(&format!("{full}network.normalisation = 'batch'\n"), "{ kind = 'ema' }", [0.25; 4]);
}

#[test]
fn a_decay_of_0_delivers_the_plain_weights() {
    let problem = problem(Task::Classification, 120);
    for engine in [tensors(Packing::Whole), fused()] {
        let averaged = delivered(&problem, &engine, "training.averaging = { kind = 'ema', decay = 0.0 }");
        assert_eq!(averaged, delivered(&problem, &engine, ""));
    }
}

/// The delivered weights score what the last epoch scored: the same weights are judged and kept.
#[test]
fn the_averaged_weights_are_judged() {
    let problem = problem(Task::Classification, 150);
    for (engine, averaging) in [tensors(Packing::Whole), fused()].into_iter().flat_map(|engine| {
        ["{ kind = 'ema', decay = 0.9 }", "{ kind = 'swa', from = 0.5 }"]
            .map(|averaging| (engine.clone(), averaging))
    }) {
        let recipe = recipe(&problem, &format!("{STEADY}training.averaging = {averaging}"));
        let plan = kitae_train::plan(&problem, &recipe).expect("sound");
        let (results, events) = run(&problem, &recipe, &Conditions::of(engine));
        let mut judged = events.iter().filter_map(|event| match event {
            Event::EpochEnded { lane: 0, validation_score, .. } => *validation_score,
            _ => None,
        });
        let kept =
            results[0].validation.score(&plan.lanes[0].fold.validation.targets, recipe.validation_metric);
        let (kept, judged) = (kept.expect("defined"), judged.next_back().expect("four epochs"));
        assert!((kept - judged).abs() < 1e-6, "{averaging}: {kept} {judged}");
    }
}
