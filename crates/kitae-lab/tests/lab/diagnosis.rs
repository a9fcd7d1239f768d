//! Each rule finds an ailment that was planted, and keeps silent on a healthy run.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use kitae_data::infer::{Hints, infer_schema};
use kitae_data::read::{ReadOptions, read_csv_bytes};
use kitae_data::synthetic::{Synthetic, make};
use kitae_data::table::{Cells, Column, Table};
use kitae_lab::diagnose::{Ailment, Case, Diagnosis, Scored, Treatment, diagnose};
use kitae_lab::size_curve;
use kitae_random::{Purpose, Stream};
use kitae_train::engine::{Probing, RunContext};
use kitae_train::{Event, Preset, Problem, Recipe, Seal, TaskChoice, plan, train};

use crate::common::with_context;

pub(crate) fn problem_of(table: Table, target: &str) -> Problem {
    let schema = infer_schema(&table, &Hints::default()).expect("columns can be described");
    let table = schema.apply(table).expect("the schema is the table's own");
    let seal = Seal::default();
    Problem::new(table, schema, target, TaskChoice::Guess, seal).expect("there is a target")
}

fn friedman(n_rows: usize) -> Problem {
    problem_of(make(Synthetic::Friedman1, n_rows, 0), "y")
}

/// A network that does well on Friedman's function, with `changes`.
pub(crate) fn recipe(problem: &Problem, changes: &str) -> Recipe {
    let base =
        "network.hidden = [32, 32]\nsplit.scheme = { kind = 'k_fold', n_folds = 3 }\ntraining.epochs = 48";
    let lay = |recipe: Recipe, text: &str| {
        recipe.with(&text.parse().expect("a table"), &problem.facts).expect("it fits")
    };
    lay(lay(Preset::Fast.recipe(&problem.facts), base), changes)
}

fn diagnosis(problem: &Problem, changes: &str) -> Diagnosis {
    let recipe = recipe(problem, changes);
    let plan = plan(problem, &recipe).expect("there are rows");
    let mut events = Vec::new();
    let mut keep = |event: &Event| events.push(event.clone());
    let new_run = vec![None; plan.lanes.len()];
    let trained = with_context(&AtomicBool::new(false), |context| {
        let context = RunContext { probing: Probing::Epochs, engine: context.engine.clone(), ..*context };
        train(problem, &recipe, &plan, &new_run, &context, &mut keep).expect("it trains")
    });
    let (rows, targets, predictions) = trained.out_of_fold.pooled();
    let scored = Some(Scored { rows, targets, predictions });
    diagnose(&Case { manifest: &trained.model.manifest, events: &events, scored, problem: Some(problem) })
}

pub(crate) fn ailments(diagnosis: &Diagnosis) -> BTreeSet<Ailment> {
    diagnosis.findings.iter().map(|finding| finding.ailment).collect()
}

/// For messages of failures.
fn told(diagnosis: &Diagnosis) -> Vec<String> {
    diagnosis.findings.iter().map(|finding| format!("{}: {}", finding.ailment, finding.evidence)).collect()
}

#[test]
fn a_healthy_run_is_called_healthy() {
    let diagnosis = diagnosis(&friedman(600), "");
    assert!(diagnosis.is_healthy() && diagnosis.unseen.is_empty(), "{:#?}", told(&diagnosis));
}

/// What is done to a recipe, and what it ails from then.
#[test]
fn what_ails_the_training_is_found() {
    let problem = friedman(600);
    let plain = "network.slope = 'fixed'\nnetwork.parametrisation = 'standard'\n";
    let planted = [
        (Ailment::RateTooHigh, "training.learning_rate = 8.0".to_owned()),
        (
            Ailment::RateTooLow,
            "training.learning_rate = 0.0005\ntraining.schedule.shape = { kind = 'constant' }".to_owned(),
        ),
        (
            Ailment::StoppedEarly,
            "training.epochs = 4\ntraining.schedule.shape = { kind = 'constant' }".to_owned(),
        ),
        (
            Ailment::Underfitting,
            "network.hidden = [2]\nnetwork.dropout = 0.6\nnetwork.number_embedding = { kind = 'none' }"
                .to_owned(),
        ),
        (
            Ailment::VanishingGradient,
            format!(
                "{plain}network.hidden = [16, 16, 16, 16, 16, 16, 16, 16, 16]\nnetwork.activation = 'sigmoid'\n\
                 network.initialiser = 'glorot_normal'\ntraining.learning_rate = 0.001"
            ),
        ),
        (
            Ailment::ExplodingGradient,
            format!(
                "{plain}network.hidden = [32, 32, 32, 32, 32, 32, 32]\nnetwork.activation = 'relu'\n\
                 network.initialiser = 'standard_normal'\ntraining.learning_rate = 0.0001"
            ),
        ),
        (
            Ailment::DeadUnits,
            format!(
                "{plain}network.activation = 'relu'\nnetwork.initialiser = 'he_normal'\n\
                 training.learning_rate = 1.0"
            ),
        ),
        (
            Ailment::SaturatedUnits,
            format!(
                "{plain}network.activation = 'tanh'\nnetwork.initialiser = 'standard_normal'\n\
                 network.hidden = [64, 64]\ntraining.learning_rate = 0.001"
            ),
        ),
        (Ailment::BatchTooLarge, "training.feeding = { kind = 'full' }".to_owned()),
        (
            Ailment::CovariateShift,
            "training.learning_rate = 0.5\ntraining.schedule.shape = { kind = 'constant' }\n\
             training.feeding = { kind = 'mini', rows = 4 }\ntraining.epochs = 8"
                .to_owned(),
        ),
    ];
    let mut missed = Vec::new();
    for (ailment, changes) in planted {
        let diagnosis = diagnosis(&problem, &changes);
        let finding = diagnosis.findings.iter().find(|finding| finding.ailment == ailment);
        if finding.is_none_or(|finding| finding.levers().count() == 0) {
            missed.push((ailment, told(&diagnosis)));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn batches_that_are_all_noise_are_too_small() {
    let problem = problem_of(make(Synthetic::Imbalanced, 600, 0), "label");
    let tiny =
        "training.feeding = { kind = 'mini', rows = 2 }\ntraining.epochs = 12\ntraining.learning_rate = 0.02";
    let tiny = diagnosis(&problem, tiny);
    assert!(ailments(&tiny).contains(&Ailment::BatchTooSmall), "{:#?}", told(&tiny));
    assert!(!ailments(&diagnosis(&problem, "")).contains(&Ailment::BatchTooSmall));
}

/// Few rows with much noise, and nothing against learning them by heart.
const BY_HEART: &str = "network.hidden = [128, 128]\nnetwork.dropout = 0.0\ntraining.weight_decay = 0.0\n\
                        training.schedule.shape = { kind = 'constant' }\ntraining.epochs = 80\nblend = 'none'\n";

#[test]
fn learning_by_heart_is_overfitting_and_too_late_only_if_the_last_epoch_is_kept() {
    let problem = problem_of(make(Synthetic::Imbalanced, 600, 0), "label");
    let best = ailments(&diagnosis(&problem, BY_HEART));
    assert!(best.contains(&Ailment::Overfitting) && !best.contains(&Ailment::StoppedLate), "{best:?}");
    let last = ailments(&diagnosis(&problem, &format!("{BY_HEART}training.keep = 'last'")));
    assert!(last.contains(&Ailment::Overfitting) && last.contains(&Ailment::StoppedLate), "{last:?}");
}

#[test]
fn a_loss_that_left_the_numbers_is_told_with_a_lower_rate() {
    let problem = friedman(200);
    let wild = "optimiser = { kind = 'sgd', momentum = 0.9 }\ntraining.learning_rate = 30.0\ntraining.epochs = 12\n\
                training.schedule.shape = { kind = 'one_cycle' }";
    let diagnosis = diagnosis(&problem, wild);
    let finding = &diagnosis.findings[0];
    assert_eq!(finding.ailment, Ailment::Diverged, "{:#?}", told(&diagnosis));
    let lever = finding.levers().next().expect("a lower rate");
    assert_eq!(lever.changes["training"]["learning_rate"].as_float(), Some(7.5));
}

/// Rows of a class of two that a line tells apart.
fn two_classes(n_rows: usize, row: impl Fn(usize, &mut Stream) -> String, header: &str) -> Problem {
    let mut stream = Stream::new(5, Purpose::Synthesis, [0; 3]);
    let rows: String = (0..n_rows).map(|at| row(at, &mut stream)).collect();
    let text = format!("{header}\n{rows}");
    let table = read_csv_bytes(text.as_bytes(), "rows", &ReadOptions::default()).expect("it is a table");
    problem_of(table, "class")
}

fn class_of(value: f64) -> &'static str {
    if value > 0.0 { "yes" } else { "no" }
}

const SHORT: &str = "training.epochs = 8";

#[test]
fn what_ails_the_rows_is_found() {
    let clean = |_: usize, stream: &mut Stream| {
        let (a, b) = (stream.normal(), stream.normal());
        (a, b, class_of(a + b * b - 1.0 + 0.3 * stream.normal()))
    };
    let healthy = two_classes(
        400,
        |at, stream| {
            let (a, b, class) = clean(at, stream);
            format!("{a},{b},{class}\n")
        },
        "a,b,class",
    );
    let found = ailments(&diagnosis(&healthy, SHORT));
    let of_rows =
        [Ailment::Leak, Ailment::Copies, Ailment::TimeOrder, Ailment::ConflictingRows, Ailment::NoisyLabels];
    assert!(of_rows.iter().all(|ailment| !found.contains(ailment)), "{found:?}");

    let leak = two_classes(
        400,
        |at, stream| {
            let (a, b, class) = clean(at, stream);
            format!("{a},{b},{},{class}\n", if class == "yes" { 1.0 } else { 7.0 } + 0.01 * stream.normal())
        },
        "a,b,paid_back,class",
    );
    let diagnosis_of_leak = diagnosis(&leak, SHORT);
    assert_eq!(diagnosis_of_leak.findings[0].ailment, Ailment::Leak, "{:#?}", told(&diagnosis_of_leak));
    let [Treatment::Advice(advice)] = diagnosis_of_leak.findings[0].treatments.as_slice() else {
        panic!("one advice")
    };
    assert!(advice.contains("columns.drop = \"paid_back\""), "{advice}");

    // Every third row is the one before, shaken.
    let copies = two_classes(
        400,
        |at, stream| {
            let (a, b, class) = clean(at, stream);
            let line = format!("{a},{b},{class}\n");
            if at % 3 == 0 { format!("{line}{},{b},{class}\n", a + 1e-4) } else { line }
        },
        "a,b,class",
    );
    assert!(ailments(&diagnosis(&copies, SHORT)).contains(&Ailment::Copies));

    // The class of a row is nearly always that of the row before.
    let drifting = two_classes(
        400,
        |at, stream| {
            let class = class_of((at as f64 / 30.0).sin() + 0.3 * stream.normal());
            format!("2024-{:02}-{:02},{},{class}\n", 1 + at / 28 % 12, 1 + at % 28, stream.normal())
        },
        "day,a,class",
    );
    let diagnosis_of_time = diagnosis(&drifting, SHORT);
    assert!(ailments(&diagnosis_of_time).contains(&Ailment::TimeOrder), "{:#?}", told(&diagnosis_of_time));

    // Features of three values each, and a coin.
    let coins = two_classes(
        400,
        |_, stream| format!("{},{},{}\n", stream.below(3), stream.below(3), class_of(stream.normal())),
        "a,b,class",
    );
    let found = ailments(&diagnosis(&coins, SHORT));
    assert!(found.contains(&Ailment::ConflictingRows) && found.contains(&Ailment::NotWorthIt), "{found:?}");
}

#[test]
fn rows_that_are_nearly_the_same_are_copies_and_dense_rows_are_not() {
    let measured_twice = |at: usize, stream: &mut Stream| {
        let (a, b) = (stream.normal(), stream.normal());
        let class = class_of(a + b);
        let line = format!("{a},{b},{class}\n");
        if at.is_multiple_of(3) {
            format!("{line}{},{},{class}\n", a + 0.001 * stream.normal(), b + 0.001)
        } else {
            line
        }
    };
    let found = diagnosis(&two_classes(500, measured_twice, "a,b,class"), SHORT);
    let finding = found.findings.iter().find(|finding| finding.ailment == Ailment::Copies);
    assert!(
        finding.is_some_and(|finding| finding.evidence.contains("differ from another")),
        "{:#?}",
        told(&found)
    );
    // On a line, nearly every one of so many rows has a neighbour that is as near.
    let dense = |_: usize, stream: &mut Stream| {
        let a = stream.normal();
        format!("{a},{}\n", class_of(a + stream.normal()))
    };
    let found = diagnosis(&two_classes(1_500, dense, "a,class"), SHORT);
    assert!(!ailments(&found).contains(&Ailment::Copies), "{:#?}", told(&found));
}

#[test]
fn flipped_labels_are_named() {
    let flip = |at: usize| at % 8 == 3;
    let row = |at: usize, stream: &mut Stream| {
        let a = stream.normal();
        let class = class_of(if flip(at) { -a } else { a });
        format!("{a},{},{class}\n", stream.normal())
    };
    let diagnosis = diagnosis(&two_classes(600, row, "a,b,class"), "training.epochs = 24");
    let finding = diagnosis.findings.iter().find(|finding| finding.ailment == Ailment::NoisyLabels);
    let evidence = &finding.expect("an eighth of the labels is wrong").evidence;
    // Rows are counted from 1.
    let named = evidence.split("rows ").last().expect("rows are named").trim_end_matches(" of the file");
    let rows: Vec<usize> = named.split(", ").map(|row| row.parse().expect(evidence)).collect();
    assert!(rows.len() == 5 && rows.iter().all(|row| flip(row - 1)), "{evidence}");
}

#[test]
fn networks_that_know_nothing_doubt_no_label() {
    let row = |_: usize, stream: &mut Stream| {
        format!("{},{},c{}\n", stream.normal(), stream.normal(), stream.below(5))
    };
    let found = ailments(&diagnosis(&two_classes(400, row, "a,b,class"), SHORT));
    assert!(found.contains(&Ailment::NotWorthIt) && !found.contains(&Ailment::NoisyLabels), "{found:?}");
}

#[test]
fn a_class_that_is_never_recognised_is_named() {
    let table = make(Synthetic::Imbalanced, 2_000, 0);
    let diagnosis = diagnosis(&problem_of(table, "label"), &format!("{SHORT}\nblend = 'none'"));
    let finding = diagnosis.findings.iter().find(|finding| finding.ailment == Ailment::NeglectedClass);
    assert!(finding.is_some_and(|finding| finding.evidence.contains("`fraud`")), "{:#?}", told(&diagnosis));
}

#[test]
fn predictions_that_claim_too_little_are_badly_calibrated() {
    let problem = problem_of(make(Synthetic::TwoMoons, 400, 0), "moon");
    let timid = "objective.label_smoothing = 0.4\ncalibration = 'none'\nblend = 'none'";
    let found = diagnosis(&problem, timid);
    let finding = found.findings.iter().find(|finding| finding.ailment == Ailment::Miscalibrated);
    assert_eq!(
        finding.and_then(|finding| finding.levers().next()).map(|lever| lever.name.as_str()),
        Some("temperature")
    );
    assert!(!ailments(&diagnosis(&problem, "blend = 'none'")).contains(&Ailment::Miscalibrated));
}

#[test]
fn predictions_that_lie_too_close_to_the_mean_are_badly_calibrated() {
    let pulled = "training.l2 = 0.1\nblend = 'none'";
    let found = diagnosis(&friedman(400), pulled);
    let finding = found.findings.iter().find(|finding| finding.ailment == Ailment::Miscalibrated);
    assert!(
        finding.is_some_and(|finding| finding.evidence.contains("too close to the mean")),
        "{:#?}",
        told(&found)
    );
}

#[test]
fn a_few_rows_that_make_the_error_are_seen() {
    let mut table = make(Synthetic::Friedman1, 600, 0);
    let Some(Column { cells: Cells::Numbers(targets), .. }) = table.columns.last_mut() else {
        panic!("numbers")
    };
    for row in [17, 171, 350, 590] {
        targets[row] += 400.0;
    }
    let diagnosis = diagnosis(&problem_of(table, "y"), SHORT);
    assert!(ailments(&diagnosis).contains(&Ailment::HeavyTails), "{:#?}", told(&diagnosis));
}

#[test]
fn more_rows_help_where_there_is_more_to_learn_and_not_where_there_is_nothing() {
    let curve = |problem: &Problem, changes: &str| {
        with_context(&AtomicBool::new(false), |context| {
            size_curve(problem, &recipe(problem, changes), context, &mut |_| {}).expect("it trains")
        })
    };
    let friedman = friedman(400);
    let rising = curve(&friedman, "split.scheme = { kind = 'k_fold', n_folds = 5 }");
    assert!(rising.is_rising(), "{rising:#?}");
    assert!(rising.points[0].value > rising.points[2].value && rising.points[0].n_train < 80);
    let coins = two_classes(
        400,
        |_, stream| format!("{},{}\n", stream.normal(), class_of(stream.normal())),
        "a,class",
    );
    assert!(!curve(&coins, "training.epochs = 8").is_rising());
}
