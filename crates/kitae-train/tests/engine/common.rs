//! Small problems and runs for the tests of the engine.

use std::sync::atomic::AtomicBool;

use burn::tensor::Device;
use kitae_data::schema::{ColumnSchema, Kind, Schema};
use kitae_data::table::{Cells, Column, Table};
use kitae_data::target::Task;
use kitae_random::{Purpose, Stream};
use kitae_train::engine::{Checkpoints, LaneResult, Probing, RunContext, fit_lanes};
use kitae_train::{
    Engine, Event, Packing, Preset, Problem, Recipe, Seal, SplitBy, TaskChoice, TrainError, plan,
};

/// Two numbers that matter, one that does not, a category that matters, and a noisy target.
pub(crate) fn problem(task: Task, n_rows: usize) -> Problem {
    let mut stream = Stream::new(11, Purpose::Synthesis, [0; 3]);
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 3];
    let (mut colours, mut targets) = (Vec::new(), Vec::new());
    for _ in 0..n_rows {
        let numbers = [stream.normal(), stream.normal(), stream.normal()];
        let colour = stream.below(12) as u32;
        let signal = numbers[0] - 0.5 * numbers[1] * numbers[1] + f64::from(colour % 3);
        let noisy = signal + 0.3 * stream.normal();
        columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        colours.push(colour + 1);
        targets.push(noisy);
    }
    let levels = |n: usize| (0..n).map(|level| format!("level {level}")).collect::<Vec<_>>();
    let mut table_columns: Vec<Column> = columns
        .into_iter()
        .enumerate()
        .map(|(i, values)| Column { name: format!("x{i}"), cells: Cells::Numbers(values) })
        .collect();
    table_columns
        .push(Column { name: "colour".into(), cells: Cells::Levels { codes: colours, levels: levels(12) } });
    let target = match task {
        Task::Regression => Cells::Numbers(targets.iter().map(|value| 100.0 + 10.0 * value).collect()),
        Task::Classification => Cells::Levels {
            codes: targets
                .iter()
                .map(|value| 1 + u32::from(*value > 0.0) + u32::from(*value > 1.2))
                .collect(),
            levels: levels(3),
        },
    };
    table_columns.push(Column { name: "y".into(), cells: target });
    let schema = Schema { columns: table_columns.iter().map(describe).collect() };
    let table = Table { columns: table_columns, n_rows };
    Problem::new(table, schema, "y", TaskChoice::Told(task), Seal::default()).expect("the problem is sound")
}

/// The same rows, of which the column that does not matter, `x2`, becomes weights.
pub(crate) fn weighted(task: Task, n_rows: usize, weight: impl Fn(f64) -> f64) -> Problem {
    let mut problem = problem(task, n_rows);
    if let Cells::Numbers(numbers) = &mut problem.table.columns[2].cells {
        for number in numbers {
            *number = weight(*number);
        }
    }
    problem
}

/// The same rows, split by something else.
pub(crate) fn split(problem: Problem, by: SplitBy) -> Problem {
    let Problem { table, schema, target_column, facts, seal, .. } = problem;
    let choice = TaskChoice::Told(facts.task);
    Problem::new(table, schema, &target_column, choice, Seal { by, ..seal }).expect("the problem is sound")
}

pub(crate) fn by_group(problem: Problem, column: &str) -> Problem {
    split(problem, SplitBy::Group { column: column.to_owned() })
}

pub(crate) fn by_time(problem: Problem, column: &str) -> Problem {
    split(problem, SplitBy::Time { column: column.to_owned() })
}

fn describe(column: &Column) -> ColumnSchema {
    let (kind, levels) = match &column.cells {
        Cells::Numbers(_) => (Kind::Number, Vec::new()),
        Cells::Levels { levels, .. } => (Kind::Category, levels.clone()),
    };
    ColumnSchema {
        name: column.name.clone(),
        kind,
        n_distinct: levels.len(),
        levels,
        n_missing: 0,
        reason: "made for a test".into(),
        notation: kitae_data::notation::Notation::default(),
        findings: Vec::new(),
    }
}

/// A quick recipe: three folds, narrow layers, few epochs; `changes` is TOML merged into it, in parts
/// separated by `---` where a later part changes a key of an earlier one.
pub(crate) fn recipe(problem: &Problem, changes: &str) -> Recipe {
    let quick = "
        split.scheme = { kind = 'k_fold', n_folds = 3 }
        split.validation_share = 0.15
        network.hidden = [16, 16]
        network.number_embedding.kind = 'periodic'
        training.epochs = 4
        training.feeding = { kind = 'mini', rows = 32 }
    ";
    let base = Preset::Balanced.recipe(&problem.facts);
    let lay = |recipe: Recipe, text: &str| {
        recipe.with(&text.parse().expect("the test's TOML parses"), &problem.facts)
    };
    let layers = std::iter::once(quick).chain(changes.split("---"));
    layers.fold(base, |recipe, layer| lay(recipe, layer).expect("the recipe is sound"))
}

/// How a test run is carried out.
pub(crate) struct Conditions<'a> {
    pub(crate) engine: Engine,
    pub(crate) n_threads: usize,
    pub(crate) checkpoints: Checkpoints<'a>,
    pub(crate) interrupt: &'a AtomicBool,
    pub(crate) probing: Probing,
}

/// What tells the run of a test from others.
pub(crate) const RUN: &str = "the run of a test";

pub(crate) static NEVER: AtomicBool = AtomicBool::new(false);

impl Default for Conditions<'_> {
    fn default() -> Self {
        Self {
            engine: tensors(Packing::Whole),
            n_threads: 1,
            checkpoints: Checkpoints::Off,
            interrupt: &NEVER,
            probing: Probing::Off,
        }
    }
}

impl Conditions<'_> {
    pub(crate) fn of(engine: Engine) -> Self {
        Self { engine, ..Self::default() }
    }
}

/// The fused passes on host memory.
pub(crate) fn fused() -> Engine {
    Engine::of(Device::flex())
}

/// Packs of tensors.
pub(crate) fn tensors(packing: Packing) -> Engine {
    Engine::tensors(Device::flex(), packing)
}

/// Trains and returns what each lane delivers, with all events.
pub(crate) fn run(
    problem: &Problem,
    recipe: &Recipe,
    conditions: &Conditions,
) -> (Vec<LaneResult>, Vec<Event>) {
    let mut events = Vec::new();
    let results = try_run(problem, recipe, conditions, &mut |event: &Event| events.push(event.clone()))
        .expect("the run ends well");
    (results, events)
}

pub(crate) fn try_run(
    problem: &Problem,
    recipe: &Recipe,
    conditions: &Conditions,
    observer: &mut dyn FnMut(&Event),
) -> Result<Vec<LaneResult>, TrainError> {
    let plan = plan(problem, recipe)?;
    let saved = match conditions.checkpoints {
        Checkpoints::Into { folder, run, .. } => {
            kitae_train::engine::load_checkpoints(folder, plan.lanes.len(), run)?
        }
        Checkpoints::Off => vec![None; plan.lanes.len()],
    };
    let context = context(conditions);
    let mut observer = |event: &Event| observer(event);
    fit_lanes(recipe, &plan.network, &plan.lanes, &saved, &context, &mut observer)
}

pub(crate) fn context<'a>(conditions: &Conditions<'a>) -> RunContext<'a> {
    RunContext {
        n_threads: conditions.n_threads,
        interrupt: conditions.interrupt,
        checkpoints: conditions.checkpoints,
        probing: conditions.probing,
        ..RunContext::new(conditions.engine.clone())
    }
}

/// The training losses of lane 0, epoch by epoch.
pub(crate) fn losses(events: &[Event]) -> Vec<f64> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::EpochEnded { lane: 0, loss, .. } => *loss,
            _ => None,
        })
        .collect()
}
