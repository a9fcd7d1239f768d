//! What the benchmarks share: a table of noise in memory.

use kitae_data::schema::{ColumnSchema, Kind, Schema};
use kitae_data::table::{Cells, Column, Table};
use kitae_data::target::Task;
use kitae_random::{Purpose, Stream};
use kitae_train::{Problem, Seal, TaskChoice};

/// The allocator that the command line uses too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Normal numbers and ten classes that have nothing to do with them.
pub(crate) fn problem(n_rows: usize, n_columns: usize) -> Problem {
    let mut stream = Stream::new(0, Purpose::Synthesis, [0; 3]);
    let mut columns: Vec<Column> = (0..n_columns)
        .map(|i| {
            let values = (0..n_rows).map(|_| stream.normal()).collect();
            Column { name: format!("x{i}"), cells: Cells::Numbers(values) }
        })
        .collect();
    let codes = (0..n_rows).map(|_| 1 + stream.below(10) as u32).collect();
    let levels = (0..10).map(|class| class.to_string()).collect();
    columns.push(Column { name: "y".into(), cells: Cells::Levels { codes, levels } });
    let schema = Schema { columns: columns.iter().map(described).collect() };
    let table = Table { columns, n_rows };
    let seal = Seal::default();
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
        notation: kitae_data::notation::Notation::default(),
        findings: Vec::new(),
    }
}

/// What follows an argument of this name.
pub(crate) fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// The number after `--threads`, or all threads.
pub(crate) fn threads() -> usize {
    let told = argument("--threads").and_then(|number| number.parse().ok());
    told.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}
