//! What a run says about itself: scores against baselines, and the record on disk.

use kitae_data::table::Cells;
use kitae_data::target::{Target, Task};
use kitae_eval::Metric;
use kitae_train::baselines::constant_predictions;
use kitae_train::engine::Predictions;
use kitae_train::observer::{LaneEnd, Observer};
use kitae_train::prepare::Targets;
use kitae_train::record::{Recorder, read_record};
use kitae_train::roles::row_groups;
use kitae_train::scores::{
    FoldPredictions, MetricScore, OutOfFold, ScoreReport, compare, score_all, whole_scores,
};
use kitae_train::{Event, Problem, SplitBy, TaskChoice, train};

use crate::common::{Conditions, context, problem, recipe, split};

fn scores(task: Task, changes: &str) -> ScoreReport {
    let problem = problem(task, 150);
    let recipe = recipe(&problem, changes);
    let plan = kitae_train::plan(&problem, &recipe).expect("sound");
    let (saved, conditions) = (vec![None; plan.lanes.len()], Conditions::default());
    let trained = train(&problem, &recipe, &plan, &saved, &context(&conditions), &mut |_: &_| {});
    trained.expect("trains").model.manifest.scores
}

#[test]
fn a_network_is_compared_with_a_constant_and_a_linear_model_on_the_same_folds() {
    for (task, heading) in [(Task::Classification, Metric::LogLoss), (Task::Regression, Metric::Rmse)] {
        let report = scores(task, "training.epochs = 40");
        assert_eq!(report.n_rows, 150);
        assert_eq!(report.entries[0].metric, heading);
        assert_eq!(report.entries[0].folds.len(), 3);
        let interval = report.entries[0].interval.expect("150 rows give an interval");
        assert!(interval.low < report.entries[0].value && report.entries[0].value < interval.high);
        let [constant, linear] = report.baselines.as_slice() else { unreachable!("two baselines") };
        assert!(linear.score.value < constant.score.value, "a linear model learns something");
        let gain = constant.gain.expect("three folds");
        assert!(gain.mean > 0.0 && gain.p_value < 0.05, "the network beats the constant");
        assert!(report.optimism.is_some());
    }
}

#[test]
fn rows_of_a_group_count_together_in_intervals() {
    let interval = |targets: &Targets, predictions: &Predictions, groups: Option<&[u32]>| {
        let whole = whole_scores(targets, predictions, &[Metric::Rmse], 0, groups).remove(0);
        whole.and_then(|(_, interval)| interval).expect("answers differ")
    };
    // Errors of 1, 2 and 3 by group: three draws of groups reach all the way.
    let of_row: Vec<u32> = (0..60).map(|row| row / 20).collect();
    let errors = of_row.iter().map(|group| f64::from(*group) + 1.0).collect();
    let (targets, predictions) =
        (Targets::Values(vec![0.0; 60]), Predictions { values: errors, n_columns: 1 });
    let (by_row, by_group) =
        (interval(&targets, &predictions, None), interval(&targets, &predictions, Some(&of_row)));
    assert!(by_row.low.0 > 1.8 && by_row.high.0 < 2.5, "{by_row:?}");
    assert!(by_group.low.0 < 1.2 && by_group.high.0 > 2.8, "{by_group:?}");

    let problem = crate::common::by_group(problem(Task::Regression, 150), "colour");
    let recipe = recipe(&problem, "");
    let plan = kitae_train::plan(&problem, &recipe).expect("sound");
    let (saved, conditions) = (vec![None; plan.lanes.len()], Conditions::default());
    let trained =
        train(&problem, &recipe, &plan, &saved, &context(&conditions), &mut |_: &_| {}).expect("trains");
    let (rows, targets, predictions) = trained.out_of_fold.pooled();
    let groups = row_groups(&problem.seal.by, &problem.table).expect("there are groups");
    let groups: Vec<u32> = rows.iter().map(|row| groups[*row as usize]).collect();
    let reported = trained.model.manifest.scores.entries[0].interval;
    assert_eq!(reported, Some(interval(&targets, &predictions, Some(&groups))));
    assert_ne!(reported, Some(interval(&targets, &predictions, None)));
}

/// Of a fold with one class there is no area under a curve; the others are compared.
#[test]
fn a_fold_on_which_the_metric_is_undefined_does_not_cost_the_comparison() {
    let classes = [[0, 1, 0, 1], [1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0]];
    let predicted = |sure: &dyn Fn(usize, u32) -> f64| OutOfFold {
        folds: (0..classes.len())
            .map(|fold| FoldPredictions {
                repeat: 0,
                fold,
                rows: (0..4).map(|at| (4 * fold + at) as u32).collect(),
                targets: Targets::Classes(classes[fold].to_vec()),
                predictions: Predictions {
                    values: classes[fold]
                        .iter()
                        .flat_map(|class| [1.0 - sure(fold, *class), sure(fold, *class)])
                        .collect(),
                    n_columns: 2,
                },
                n_train: 16,
            })
            .collect(),
    };
    let network =
        predicted(&|fold, class| if class == 1 { 0.8 } else { 0.2 + 0.6 * f64::from(u8::from(fold == 0)) });
    let coin = predicted(&|_, _| 0.5);
    let report = compare(&network, &coin, "a coin", Metric::Auc, 0, None).expect("both have scores");
    let gain = report.gain.expect("four folds have both classes");
    assert!((gain.mean - (0.0 + 3.0 * 0.5) / 4.0).abs() < 1e-12, "{gain:?}");
    let auc = &score_all(&network, Metric::Auc, 0, None)[0];
    assert!(auc.folds_interval.is_some() && auc.folds[2].is_none());
}

/// The table of [`problem`] with two classes, a fifth of the rows in the second one of `names`.
fn two_classes(names: [&str; 2]) -> Problem {
    let three = problem(Task::Classification, 150);
    let (mut table, mut schema) = (three.table, three.schema);
    let target = table.columns.last_mut().expect("the target is last");
    let Cells::Levels { codes, levels } = &mut target.cells else { unreachable!("classes are levels") };
    // Levels lie in the order of their names, as they do in a table that was read.
    let mut sorted = names.map(str::to_owned);
    sorted.sort();
    let code = |name: &str| sorted.iter().position(|level| level == name).expect("it is one") as u32 + 1;
    let code = names.map(code);
    codes
        .iter_mut()
        .enumerate()
        .for_each(|(row, cell)| *cell = code[usize::from(*cell == 3 && row % 2 == 0)]);
    *levels = sorted.to_vec();
    schema.columns.last_mut().expect("it is described").levels = sorted.to_vec();
    Problem::new(table, schema, "y", TaskChoice::Told(Task::Classification), three.seal).expect("sound")
}

fn trained(problem: &Problem, changes: &str) -> ScoreReport {
    let recipe = recipe(problem, changes);
    let plan = kitae_train::plan(problem, &recipe).expect("sound");
    let (saved, conditions) = (vec![None; plan.lanes.len()], Conditions::default());
    let trained = train(problem, &recipe, &plan, &saved, &context(&conditions), &mut |_: &_| {});
    trained.expect("trains").model.manifest.scores
}

#[test]
fn renaming_a_class_changes_no_number_and_each_metric_of_one_class_names_it() {
    let metric = "metric = 'f1'";
    let [first, second] = [["ok", "fraud"], ["ok", "sham"]].map(|names| trained(&two_classes(names), metric));
    for (one, other) in first.entries.iter().zip(&second.entries) {
        assert_eq!((one.metric, one.value, &one.folds), (other.metric, other.value, &other.folds));
        let positive = |score: &MetricScore, name: &str| score.positive == Some(name.to_owned());
        assert_eq!(positive(one, "fraud"), one.metric.is_of_one_class(), "{}", one.metric);
        assert_eq!(positive(other, "sham"), other.metric.is_of_one_class(), "{}", other.metric);
    }
    assert_eq!(first.entries[0].label(), "f1 of fraud");
    assert!(first.baselines.iter().all(|baseline| baseline.score.label() == "f1 of fraud"));
}

#[test]
fn the_rarer_class_is_positive_whatever_its_name_until_another_is_chosen() {
    for names in [["ok", "fraud"], ["fraud", "ok"]] {
        let problem = two_classes(names);
        assert_eq!(problem.positive(), Some(names[1]));
        assert!(problem.facts.class_counts[0] > problem.facts.class_counts[1]);
        let of = |problem: &Problem, class: usize| match &problem.target {
            Target::Classes { codes, .. } => codes.iter().filter(|code| **code as usize == class).count(),
            Target::Values(_) => 0,
        };
        let n_rare = of(&problem, 1);
        let other = problem.with_positive(Some(names[0])).expect("it is a class");
        assert_eq!((other.positive(), of(&other, 1)), (Some(names[0]), 150 - n_rare));
        assert_eq!(other.facts.class_counts, [n_rare, 150 - n_rare]);
    }
    let message =
        |problem: Problem, class: &str| problem.with_positive(Some(class)).expect_err("none").to_string();
    let said = message(two_classes(["ok", "fraud"]), "Fraud");
    assert_eq!(said, "the target `y` has no class `Fraud`; its classes are `ok` and `fraud`");
    assert!(message(problem(Task::Classification, 60), "level 0").contains("has 3"));
    assert!(message(problem(Task::Regression, 60), "1").contains("is a number"));
}

/// A blend with a linear model looks well where the networks are wrecked.
#[test]
fn networks_are_scored_alone_beside_the_linear_model_and_the_blend() {
    let wrecked = "training.learning_rate = 2.0\nstopping.kind = 'never'\ntraining.keep = 'last'";
    let report = trained(&two_classes(["ok", "fraud"]), wrecked);
    let (blend, constant) = (&report.entries[0], &report.baselines[0].score);
    let networks = report.networks.as_ref().expect("a linear model answers too");
    assert!(blend.value < networks.score.value, "{} {}", blend.value, networks.score.value);
    assert!(networks.score.value > constant.value, "{} {}", networks.score.value, constant.value);
    assert!(networks.gain.expect("three folds").mean < 0.0);
    assert_eq!(report.predictions_by(), "the blend");
    // Where nothing is blended, the scores are those of the networks already.
    let alone = trained(&two_classes(["ok", "fraud"]), "blend = 'none'");
    assert_eq!((alone.networks, alone.linear_share), (None, None));
}

/// Nobody is called impossible by a constant, which would make anything look better than it.
#[test]
fn a_class_without_training_rows_has_a_chance_in_the_class_frequencies() {
    let base = problem(Task::Classification, 180);
    let (mut table, mut schema) = (base.table, base.schema);
    let levels: Vec<String> = (0..60).map(|class| format!("class {class:02}")).collect();
    let target = table.columns.last_mut().expect("the target is last");
    // Pure noise over sixty classes, three rows each in the mean.
    let codes = (0..180_u32).map(|row| 1 + (row.wrapping_mul(2_654_435_761) >> 7) % 60).collect();
    target.cells = Cells::Levels { codes, levels: levels.clone() };
    schema.columns.last_mut().expect("it is described").levels = levels;
    let problem = Problem::new(table, schema, "y", TaskChoice::Told(Task::Classification), base.seal);
    let problem = split(problem.expect("sound"), SplitBy::Random);
    let plan = kitae_train::plan(&problem, &recipe(&problem, "")).expect("sound");
    let n_classes = problem.class_names().len();
    for (lane, predictions) in plan.lanes.iter().zip(constant_predictions(&plan.lanes, n_classes)) {
        let score = predictions.score(&lane.fold.held_out.targets, Metric::LogLoss).expect("defined");
        let loss = Metric::LogLoss.natural(score).0;
        // Guessing costs four nats a row; four of ten rows at 36 nats cost fourteen.
        assert!(loss < 1.4 * (n_classes as f64).ln(), "{loss}");
        assert!(predictions.values.iter().all(|probability| *probability > 0.0));
    }
}

#[test]
fn the_linear_baseline_is_there_whatever_the_objective() {
    assert_eq!(scores(Task::Regression, "objective.kind = 'gaussian_nll'").baselines.len(), 2);
    assert_eq!(scores(Task::Regression, "objective.kind = 'poisson'").baselines.len(), 2);
    assert_eq!(scores(Task::Classification, "training.members = 2").baselines.len(), 2);
}

fn epoch(lane: usize, epoch: usize, loss: Option<f64>) -> Event {
    let (validation_loss, validation_score, learning_rate, seconds) =
        (loss, Some(kitae_eval::Score(0.5)), 0.1, 1.0);
    Event::EpochEnded { lane, epoch, loss, validation_loss, validation_score, learning_rate, seconds }
}

fn started(after_epoch: usize) -> Event {
    Event::LaneStarted { lane: 0, after_epoch, n_train: 8, n_validation: 1, n_held_out: 1 }
}

#[test]
fn a_record_is_read_back_also_after_a_kill_and_a_resumption() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("record.jsonl");
    let mut recorder = Recorder::append(&path).expect("opens");
    for event in [started(0), epoch(0, 1, Some(0.9)), epoch(0, 2, None)] {
        recorder.observe(&event);
    }
    recorder.finish().expect("writes");
    // A kill in the middle of a line.
    let mut text = std::fs::read(&path).expect("reads");
    text.extend_from_slice(b"{\"event\":\"epoch_en");
    std::fs::write(&path, &text).expect("writes");
    assert_eq!(read_record(&path).expect("a cut last line is no damage").len(), 3);
    // The run goes on after epoch 1.
    let mut recorder = Recorder::append(&path).expect("opens");
    let end = Event::LaneEnded { lane: 0, kept_epoch: 2, n_epochs: 2, reason: LaneEnd::Planned };
    for event in [started(1), epoch(0, 2, Some(0.7)), end.clone()] {
        recorder.observe(&event);
    }
    recorder.finish().expect("writes");
    let mut expected =
        vec![started(0), epoch(0, 1, Some(0.9)), started(1), epoch(0, 2, Some(0.7)), end.clone()];
    assert_eq!(read_record(&path).expect("reads"), expected);
    // It goes on once more, for another lane: that this one ends is told again, and known once.
    let mut recorder = Recorder::append(&path).expect("opens");
    for event in [started(2), end.clone()] {
        recorder.observe(&event);
    }
    recorder.finish().expect("writes");
    expected.splice(4.., [started(2), end]);
    assert_eq!(read_record(&path).expect("reads"), expected);
    std::fs::write(&path, "not json at all}\n{}\n").expect("writes");
    assert!(read_record(&path).is_err());
}
