//! The contract of a lane: it ends with the same weights, to the rounding of sums, whatever pack it was
//! trained in, alone included, by whichever engine, on any number of threads. Stated for everything that a
//! recipe can ask of a training; on one engine the same run gives the same bits.

use crate::common::{Conditions, fused, problem, recipe, run, tensors, weighted};
use kitae_data::target::Task;
use kitae_train::engine::LaneResult;
use kitae_train::{Engine, Packing, Problem, Recipe};

/// Batched and single products may round differently; after four epochs weights of size one agree to
/// this.
const TOLERANCE: f32 = 2e-4;

/// The biases of number embeddings shift all rows alike, which batch norm takes back: their gradient is
/// nothing but rounding, and Adam would make whole steps of it.
const BATCH_NORM: &str = "network.normalisation = 'batch'\nnetwork.number_embedding.kind = 'none'";

/// A line search may stop at another place for a rounding; over a few moves that does not add up.
const FEW_TURNS: &str =
    "optimiser = { kind = 'lbfgs', iterations = 3 }\ntraining.feeding.kind = 'full'\ntraining.epochs = 2";

/// Piecewise-linear embeddings of numbers begin at 0 and have a bias as well; without Adam it stays small.
const PIECEWISE_BATCH_NORM: &str = "network.normalisation = 'batch'\n\
    network.number_embedding.kind = 'piecewise_linear'\noptimiser.kind = 'sgd'\ntraining.learning_rate = 0.01";

fn trained(problem: &Problem, recipe: &Recipe, engine: Engine, n_threads: usize) -> Vec<LaneResult> {
    run(problem, recipe, &Conditions { n_threads, ..Conditions::of(engine) }).0
}

#[track_caller]
fn check(task: Task, changes: &str) {
    check_problem(&problem(task, 182), changes);
}

#[track_caller]
fn check_problem(problem: &Problem, changes: &str) {
    let recipe = recipe(problem, &format!("training.keep = 'last'\n{changes}"));
    let whole = trained(problem, &recipe, tensors(Packing::Whole), 1);
    let others = [
        (tensors(Packing::Lanes(1)), 1),
        (tensors(Packing::Lanes(2)), 2),
        (tensors(Packing::Cache), 2),
        (fused(), 1),
        (fused(), 2),
    ];
    for (engine, n_threads) in others {
        assert_same(&whole, &trained(problem, &recipe, engine, n_threads), changes);
    }
}

#[track_caller]
fn assert_same(a: &[LaneResult], b: &[LaneResult], what: &str) {
    assert_eq!(a.len(), b.len());
    for (lane, (a, b)) in a.iter().zip(b).enumerate() {
        assert_eq!(a.n_epochs, b.n_epochs);
        for (name, tensor) in &a.weights.tensors {
            let other = &b.weights.tensors[name];
            for (x, y) in tensor.values.iter().zip(&other.values) {
                let near = (x - y).abs() <= TOLERANCE * (1.0 + x.abs());
                assert!(near, "{what}: lane {lane}, {name}: {x} and {y}");
            }
        }
    }
    assert!(a[0].weights != a[1].weights, "two folds must not be the same network");
}

#[test]
fn for_both_tasks() {
    check(Task::Classification, "");
    check(Task::Regression, "");
}

#[test]
fn for_rows_that_count_differently() {
    for (task, lever) in [
        (Task::Regression, ""),
        (Task::Regression, "network.ensemble.kind = 'tab_m_mini'\nnetwork.ensemble.n_members = 3"),
        (Task::Classification, "objective.class_weights = 'balanced'"),
        (Task::Classification, "training.mixing = { kind = 'mixup', alpha = 1.0 }"),
        (Task::Classification, FEW_TURNS),
    ] {
        let weighted = weighted(task, 182, f64::abs);
        check_problem(&weighted, &format!("training.weight_column = 'x2'\n{lever}"));
    }
}

#[test]
fn for_every_normalisation_and_skip() {
    for normalisation in ["none", "layer"] {
        check(Task::Classification, &format!("network.normalisation = '{normalisation}'"));
    }
    check(Task::Classification, BATCH_NORM);
    for normalisation in ["network.normalisation = 'layer'", BATCH_NORM] {
        for more in [
            "network.dropout = [0.5, 0.1]\nnetwork.skip = 'residual'",
            "training.l1 = 0.01\ntraining.l2 = 0.01\ntraining.max_norm = 0.5",
            "network.parametrisation = 'ntk'\nnetwork.slope = 'learned'",
            FEW_TURNS,
        ] {
            check(Task::Regression, &format!("{normalisation}\n{more}"));
        }
    }
    // A batch of one row has no variance for batch norm.
    let online =
        "training.feeding = { kind = 'online' }\ntraining.epochs = 1\ntraining.learning_rate = 0.002";
    check(Task::Regression, &format!("network.normalisation = 'layer'\n{online}"));
    check(Task::Classification, "network.skip = 'residual'");
}

#[test]
fn for_every_activation() {
    let all = ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish"];
    for activation in all {
        check(Task::Regression, &format!("network.activation = '{activation}'"));
    }
}

#[test]
fn for_every_kind_of_input() {
    for task in [Task::Classification, Task::Regression] {
        check(task, "network.number_embedding.kind = 'periodic'");
        // They learn at the whole rate, which makes more of a rounding.
        check(task, "network.number_embedding.kind = 'piecewise_linear'\ntraining.learning_rate = 0.02");
        check(task, "network.input_scale = 'learned'");
        check(task, "network.hidden = []\nnetwork.slope = 'fixed'\nnetwork.input_scale = 'learned'");
    }
}

#[test]
fn for_a_target_on_a_logarithm() {
    check(Task::Regression, "target_scale = 'log'");
}

#[test]
fn for_every_objective() {
    for kind in ["mean_squared", "mean_absolute", "gaussian_nll", "poisson"] {
        check(Task::Regression, &format!("objective.kind = '{kind}'\ntraining.learning_rate = 0.01"));
    }
    check(Task::Regression, "objective = { kind = 'huber', delta = 0.5 }");
    check(Task::Regression, "objective = { kind = 'pinball', quantile = 0.9 }");
}

#[test]
fn for_every_optimiser() {
    for kind in ["sgd", "ada_grad", "rms_prop", "adam", "adam_w", "adan", "lion", "muon"] {
        check(Task::Classification, &format!("optimiser.kind = '{kind}'\ntraining.learning_rate = 0.002"));
    }
    check(Task::Classification, FEW_TURNS);
}

#[test]
fn for_every_regulariser() {
    for lever in [
        "training.l1 = 0.01",
        "training.l2 = 0.01",
        "training.max_norm = 0.5",
        "training.clip = { kind = 'global_norm', value = 0.1 }",
        "training.clip = { kind = 'value', value = 0.01 }",
        "network.dropout = [0.5, 0.1]",
        "objective.label_smoothing = 0.1",
        "objective.class_weights = 'balanced'",
    ] {
        check(Task::Classification, lever);
    }
}

/// Ways to mix rows.
const MIXINGS: [&str; 3] = [
    "training.mixing = { kind = 'mixup', alpha = 1.0 }",
    "training.mixing = { kind = 'cut_mix', probability = 0.8 }",
    "training.mixing = { kind = 'cut_out', probability = 0.8, share = 0.4 }",
];

#[test]
fn for_every_mixing() {
    for mixing in MIXINGS {
        check(Task::Classification, mixing);
        check(Task::Regression, mixing);
        check(Task::Classification, &format!("{mixing}\nobjective.class_weights = 'balanced'"));
        check(Task::Regression, &format!("{mixing}\ntraining.feeding.rows = 7"));
        check(Task::Classification, &format!("{mixing}\ntraining.feeding = {{ kind = 'full' }}"));
    }
    check(Task::Regression, &format!("{}\n{BATCH_NORM}", MIXINGS[0]));
    check(Task::Regression, &format!("{}\n{BATCH_NORM}", MIXINGS[1]));
    // A code that is blank in all rows shifts all rows alike, so Adam is left out here as well.
    let sgd = "optimiser = { kind = 'sgd' }\ntraining.learning_rate = 0.01";
    check(Task::Regression, &format!("{}\n{BATCH_NORM}\n{sgd}", MIXINGS[2]));
    for kind in ["mean_absolute", "gaussian_nll", "poisson"] {
        let objective = format!("objective.kind = '{kind}'\ntraining.learning_rate = 0.01");
        check(Task::Regression, &format!("{}\n{objective}", MIXINGS[0]));
    }
}

#[test]
fn for_every_averaging() {
    for averaging in ["{ kind = 'ema', decay = 0.9 }", "{ kind = 'swa', from = 0.5 }"] {
        let averaging = format!("training.averaging = {averaging}");
        check(Task::Classification, &averaging);
        check(Task::Regression, &format!("{averaging}\n{BATCH_NORM}"));
        // Edges of bins are no running statistics, and must not be taken for them.
        check(Task::Regression, &format!("{averaging}\n{PIECEWISE_BATCH_NORM}"));
        check(Task::Regression, &format!("{averaging}\n{FEW_TURNS}"));
        // Lanes leave their pack at different epochs.
        let early = "stopping = { kind = 'early', patience = 1 }\nvalidation_metric = 'accuracy'";
        check(Task::Classification, &format!("{averaging}\n{early}\n---\ntraining.epochs = 12"));
    }
}

/// Ensembles whose members share matrices.
const ENSEMBLES: [&str; 2] = [
    "network.ensemble = { kind = 'tab_m_mini', n_members = 5 }",
    "network.ensemble = { kind = 'tab_m', n_members = 5 }",
];

#[test]
fn for_every_ensemble() {
    for ensemble in ENSEMBLES {
        for task in [Task::Classification, Task::Regression] {
            check(task, ensemble);
            check(task, &format!("{ensemble}\nnetwork.dropout = [0.5, 0.1]\nnetwork.skip = 'residual'"));
            check(task, &format!("{ensemble}\n{}", MIXINGS[0]));
        }
        for more in [
            "network.number_embedding.kind = 'none'\nnetwork.hidden = []\nnetwork.slope = 'fixed'",
            "network.number_embedding.kind = 'piecewise_linear'\nnetwork.parametrisation = 'standard'",
            "network.normalisation = 'layer'",
            "objective.class_weights = 'balanced'\ntraining.feeding.rows = 7",
            "objective.label_smoothing = 0.1\ntraining.max_norm = 0.5\ntraining.l1 = 0.01",
            "optimiser.kind = 'muon'\ntraining.learning_rate = 0.002",
            FEW_TURNS,
            &format!("{FEW_TURNS}\ntraining.l2 = 0.01"),
            "training.averaging = { kind = 'ema', decay = 0.9 }",
            MIXINGS[1],
        ] {
            check(Task::Classification, &format!("{ensemble}\n{more}"));
        }
        check(Task::Regression, &format!("{ensemble}\n{PIECEWISE_BATCH_NORM}"));
        for kind in ["mean_absolute", "gaussian_nll", "poisson"] {
            let objective = format!("objective.kind = '{kind}'\ntraining.learning_rate = 0.01");
            check(Task::Regression, &format!("{ensemble}\n{objective}"));
        }
    }
}

#[test]
fn for_batches_that_pass_in_pieces() {
    let problem = problem(Task::Classification, 1_300);
    for mixing in MIXINGS {
        let lever = "training.keep = 'last'\ntraining.epochs = 2\ntraining.feeding.rows = 600";
        let recipe = recipe(&problem, &format!("{lever}\n{mixing}"));
        let of = |engine| trained(&problem, &recipe, engine, 1);
        assert_same(&of(tensors(Packing::Whole)), &of(fused()), mixing);
    }
    // Fifty members: five rows are a micro-batch. The gradients of some factors are so small that Adam would
    // make steps of their rounding.
    let lever = "training.keep = 'last'\ntraining.epochs = 4\nnetwork.hidden = [12, 12]\n\
                 optimiser.kind = 'sgd'\ntraining.learning_rate = 0.5\n\
                 network.ensemble = { kind = 'tab_m', n_members = 50 }\nnetwork.dropout = 0.2";
    let recipe = recipe(&problem, lever);
    let of = |engine| trained(&problem, &recipe, engine, 1);
    assert_same(&of(tensors(Packing::Whole)), &of(fused()), "fifty members");
}

#[test]
fn for_every_feeding_and_uneven_folds() {
    check(Task::Classification, "training.feeding = { kind = 'full' }");
    check(Task::Classification, "training.feeding = { kind = 'online' }\ntraining.epochs = 1");
    check(Task::Regression, &format!("training.feeding = {{ kind = 'mini', rows = 7 }}\n{BATCH_NORM}"));
    check(Task::Regression, "split.scheme = { kind = 'k_fold', n_folds = 3, n_repeats = 2 }");
    check(Task::Regression, "training.members = 2");
}

#[test]
fn the_same_seed_gives_the_same_bits_twice() {
    let problem = problem(Task::Classification, 150);
    for engine in [tensors(Packing::Cache), fused()] {
        let of =
            |seed: u64| trained(&problem, &recipe(&problem, &format!("seed = {seed}")), engine.clone(), 2);
        let (first, second, other) = (of(1), of(1), of(2));
        for (a, b) in first.iter().zip(&second) {
            assert_eq!(a.weights, b.weights);
            assert_eq!(a.held_out, b.held_out);
        }
        assert_ne!(first[0].weights, other[0].weights);
    }
}

/// A step of such a lane is cut into shares, which threads that have no lane of their own take over.
#[test]
fn a_wide_lane_has_the_same_bits_on_any_number_of_threads() {
    let problem = problem(Task::Classification, 1_300);
    let lever = "network.hidden = [192, 192, 24]\ntraining.feeding.rows = 300\ntraining.keep = 'last'\n\
                 training.epochs = 2\ntraining.learning_rate = 0.01\ntraining.clip = { kind = 'global_norm', value = 0.1 }";
    let regularised = "training.max_norm = 1.0\ntraining.l1 = 0.001";
    let piecewise = "network.number_embedding.kind = 'piecewise_linear'";
    let normed = "network.normalisation = 'layer'";
    for more in
        [regularised, MIXINGS[0], MIXINGS[1], piecewise, ENSEMBLES[0], ENSEMBLES[1], normed, BATCH_NORM]
    {
        let recipe = recipe(&problem, &format!("{lever}\n{more}"));
        let of = |engine, n_threads| trained(&problem, &recipe, engine, n_threads);
        let alone = of(fused(), 1);
        for n_threads in [2, 5] {
            let helped = of(fused(), n_threads);
            assert!(alone.iter().zip(&helped).all(|(a, b)| a.weights == b.weights), "{n_threads} threads");
        }
        assert_same(&of(tensors(Packing::Whole), 1), &alone, more);
    }
}
