//! What five folds cost as lanes against five fits one after the other: same networks, same rows,
//! same threads, alternating in one run.
//!
//!     cargo bench -p kitae-train --bench folds [-- --threads N]
#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use burn::tensor::Device;
use kitae_data::schema::{ColumnSchema, Kind, Schema};
use kitae_data::table::{Cells, Column, Table};
use kitae_data::target::Task;
use kitae_random::{Purpose, Stream};
use kitae_train::engine::{Checkpoints, Place, fit_lanes};
use kitae_train::{Event, Packing, Plan, Preset, Problem, Recipe, Seal, SealUnit, TaskChoice, plan};

/// The allocator that the command line uses too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const N_ROWS: usize = 8_000;
const N_COLUMNS: usize = 32;
/// Alternating rounds; the fastest of each kind counts, as other work only ever slows a round down.
const ROUNDS: usize = 3;

fn main() {
    let n_threads = threads();
    println!("five folds of {N_ROWS} rows x {N_COLUMNS} numbers, three hidden layers, {n_threads} threads");
    println!("{:>6} {:>6} {:>14} {:>14} {:>7}", "width", "batch", "one by one, s", "as lanes, s", "ratio");
    let problem = problem();
    for (width, batch) in [(64, 32), (64, 256), (256, 32), (256, 256)] {
        let recipe = recipe(&problem, width, batch);
        let plan = plan(&problem, &recipe).expect("the problem is sound");
        let (mut alone, mut together) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            alone = alone.min(timed(|| one_by_one(&recipe, &plan, n_threads)));
            together = together.min(timed(|| fit(&recipe, &plan, 0..5, n_threads)));
        }
        let (alone, together) = (alone.as_secs_f64(), together.as_secs_f64());
        println!("{width:>6} {batch:>6} {alone:>14.2} {together:>14.2} {:>7.2}", alone / together);
    }
}

fn threads() -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--threads").skip(1);
    let told = arguments.next().and_then(|number| number.parse().ok());
    told.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn one_by_one(recipe: &Recipe, plan: &Plan, n_threads: usize) {
    for lane in 0..plan.lanes.len() {
        fit(recipe, plan, lane..lane + 1, n_threads);
    }
}

/// Trains some of the plan's lanes in one run; how they are packed is the engine's decision.
fn fit(recipe: &Recipe, plan: &Plan, lanes: std::ops::Range<usize>, n_threads: usize) {
    let place = Place {
        device: Device::flex(),
        n_threads,
        packing: Packing::Cache,
        clock: &|| Duration::ZERO,
        interrupt: &AtomicBool::new(false),
        checkpoints: Checkpoints::Off,
    };
    let lanes = &plan.lanes[lanes];
    let saved = vec![None; lanes.len()];
    fit_lanes(recipe, &plan.network, lanes, &saved, &place, &mut |_: &Event| {}).expect("the run ends well");
}

fn recipe(problem: &Problem, width: usize, batch: usize) -> Recipe {
    // About as many steps for either batch size, so that a round takes seconds.
    let epochs = (batch / 32).max(1);
    let changes = format!(
        "network.hidden = [{width}, {width}, {width}]
        training.epochs = {epochs}
        training.feeding = {{ kind = 'mini', rows = {batch} }}"
    );
    let changes = changes.parse().expect("the changes are TOML");
    Preset::Balanced.recipe(&problem.facts).with(&changes, &problem.facts).expect("the recipe is sound")
}

fn problem() -> Problem {
    let mut stream = Stream::new(0, Purpose::Synthesis, [0; 3]);
    let mut columns: Vec<Column> = (0..N_COLUMNS)
        .map(|i| {
            let values = (0..N_ROWS).map(|_| stream.normal()).collect();
            Column { name: format!("x{i}"), cells: Cells::Numbers(values) }
        })
        .collect();
    let codes = (0..N_ROWS).map(|_| 1 + stream.below(10) as u32).collect();
    let levels = (0..10).map(|class| class.to_string()).collect();
    columns.push(Column { name: "y".into(), cells: Cells::Levels { codes, levels } });
    let schema = Schema { columns: columns.iter().map(described).collect() };
    let table = Table { columns, n_rows: N_ROWS };
    let seal = Seal { seed: 0, share: 0.0, unit: SealUnit::Row };
    let choice = TaskChoice::Told(Task::Classification);
    Problem::new(table, schema, "y", choice, seal).expect("the problem is sound")
}

fn described(column: &Column) -> ColumnSchema {
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
        reason: "made for a benchmark".into(),
        warnings: Vec::new(),
    }
}
