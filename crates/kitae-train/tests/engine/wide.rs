//! Tables with more columns than rows: the linear model chooses its columns.

use kitae_data::schema::{ColumnSchema, Kind, Schema};
use kitae_data::table::{Cells, Column, Table};
use kitae_data::target::Task;
use kitae_eval::Metric;
use kitae_random::{Purpose, Stream};
use kitae_train::scores::score_all;
use kitae_train::{Event, Problem, Seal, TaskChoice, Trained, plan, train};

use crate::common::{Conditions, context, recipe};

const N_COLUMNS: usize = 500;

/// Columns of noise, and a target that only the eighth can tell: `target` makes it of that column and noise.
fn trained(n_rows: usize, task: Task, target: impl Fn(f64, f64) -> f64) -> Trained {
    let mut stream = Stream::new(3, Purpose::Synthesis, [0; 3]);
    let mut normals = || (0..n_rows).map(|_| stream.normal()).collect::<Vec<f64>>();
    let mut columns: Vec<(String, Vec<f64>)> =
        (0..N_COLUMNS).map(|column| (format!("x{column}"), normals())).collect();
    let own = normals();
    let y: Vec<f64> = columns[7].1.iter().zip(own).map(|(cell, own)| target(*cell, own)).collect();
    columns.push(("y".to_owned(), y));
    let described = |(name, _): &(String, Vec<f64>)| ColumnSchema {
        name: name.clone(),
        kind: Kind::Number,
        levels: Vec::new(),
        n_missing: 0,
        n_distinct: n_rows,
        reason: "made for a test".into(),
        notation: kitae_data::notation::Notation::default(),
        findings: Vec::new(),
    };
    let schema = Schema { columns: columns.iter().map(described).collect() };
    let columns = columns.into_iter().map(|(name, values)| Column { name, cells: Cells::Numbers(values) });
    let table = Table { columns: columns.collect(), n_rows };
    let seal = Seal::default();
    let problem = Problem::new(table, schema, "y", TaskChoice::Told(task), seal).expect("sound");
    let changes = "network.hidden = [4]\nnetwork.number_embedding.kind = 'none'\ntraining.epochs = 2\nsplit.validation_share = 0.25";
    let recipe = recipe(&problem, changes);
    let plan = plan(&problem, &recipe).expect("sound");
    let saved = vec![None; plan.lanes.len()];
    let place = context(&Conditions::default());
    train(&problem, &recipe, &plan, &saved, &place, &mut |_: &Event| {}).expect("trains")
}

fn linear(trained: &Trained) -> f64 {
    let baselines = &trained.model.manifest.scores.baselines;
    baselines.iter().find(|baseline| baseline.name == "linear model").expect("there is one").score.value.0
}

#[test]
fn one_column_among_hundreds_is_found_and_delivered() {
    let classes = trained(60, Task::Classification, |cell, own| f64::from(u8::from(cell + 0.2 * own > 0.0)));
    let accuracy = score_all(&classes.out_of_fold, Metric::Accuracy, 0, None)[0].value;
    assert!(linear(&classes) < 0.6, "log-loss {}", linear(&classes));
    assert!(accuracy.0 > 0.7, "accuracy {accuracy}");
    let three =
        trained(90, Task::Classification, |cell, own| (2.0 * cell + 0.2 * own).round().clamp(-1.0, 1.0));
    assert!(linear(&three) < 0.95, "log-loss {}", linear(&three));
    let values = trained(60, Task::Regression, |cell, own| 100.0 + 10.0 * cell + own);
    assert!(linear(&values) < 6.0, "rmse {}", linear(&values));
}

#[test]
fn noise_is_no_better_than_guessing() {
    let noise = trained(60, Task::Classification, |_, own| f64::from(u8::from(own > 0.0)));
    let accuracy = &score_all(&noise.out_of_fold, Metric::Accuracy, 0, None)[0];
    assert!((accuracy.value.0 - 0.5).abs() < 0.2, "accuracy {}", accuracy.value);
    assert!(linear(&noise) > 0.6, "log-loss {}", linear(&noise));
}
