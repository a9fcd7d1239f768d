//! `kitae report --importance`: what a model relies on, measured, stored in its folder, and shown.

use std::path::Path;
use std::time::Duration;

use kitae_lab::{ColumnImportance, Importance, ImportanceConfig, Spread, importance};
use kitae_report::chart::{ForestRow, Shape, forest_columns};
use kitae_report::document::{Align, Block, Section, Table};
use kitae_train::engine::RunContext;
use kitae_train::files::read_bytes;

use crate::Console;
use crate::args::ReportArgs;
use crate::commands::train::problem_or;
use crate::commands::{StoredRun, threads};
use crate::failure::Failure;
use crate::folder::Run;
use crate::output::write_whole;
use crate::show::{count, interval, number, signed, table};

/// What was measured, in the model folder.
const FILE: &str = "importance.json";
/// Lines of the picture and of the terminal's table.
const MOST_LINES: usize = 30;
/// Lines of the page's table.
const MOST_ROWS: usize = 200;
/// Characters of a column's name.
const NAME: usize = 60;

/// Measures, stores and prints.
pub(super) fn measure(args: &ReportArgs, console: &mut Console) -> Result<(), Failure> {
    let machine = args.device.open()?;
    let model = StoredRun::load(&args.folder)?.model;
    let run = Run::of_model(&args.folder)?;
    let lost = "the importance of columns cannot be measured: bring the old file back";
    let problem = problem_or(&run, &machine, lost)?;
    let config = ImportanceConfig { n_repeats: args.permutations.get(), ..ImportanceConfig::default() };
    let clock = || Duration::ZERO;
    let context = RunContext {
        n_threads: machine.n_threads,
        packing: machine.packing,
        clock: &clock,
        ..RunContext::new(machine.device.clone())
    };
    let measured = threads(machine.n_threads)?.install(|| importance(&model, &problem, &config, &context))?;
    let json = serde_json::to_vec_pretty(&measured).map_err(|error| Failure::new(error.to_string()))?;
    write_whole(&args.folder.join(FILE), &json)?;
    // The page may be what is on the standard output.
    let to_console = args.out.as_deref() == Some(Path::new("-"));
    let stream = if to_console { &mut console.err } else { &mut console.out };
    write!(stream, "{}", text(&measured))?;
    Ok(())
}

/// What was measured of the model in this folder, as a section of its page; none if nothing was.
pub(super) fn section(folder: &Path) -> Option<Section> {
    let path = folder.join(FILE);
    let blocks = match read_bytes(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => vec![Block::Note(format!("The importance of columns cannot be read: {error}."))],
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(measured) => blocks(&measured),
            Err(error) => vec![Block::Note(format!("The importance of columns cannot be read: {error}."))],
        },
    };
    Some(Section { id: "importance".into(), title: "Permutation importance".into(), blocks })
}

fn text(measured: &Importance) -> String {
    let metric = measured.metric.of_class(measured.positive.as_deref());
    let mut lines = vec![["column", "drop", "95 % interval"].map(str::to_owned).to_vec()];
    let shown = measured.columns.iter().take(MOST_LINES);
    lines.extend(
        shown.map(|column| vec![shorten(&column.column), signed(column.drop), interval(column.interval)]),
    );
    let more = measured.columns.len().saturating_sub(MOST_LINES);
    let more = if more > 0 { format!("  and {}\n", count(more, "more column")) } else { String::new() };
    format!(
        "Permutation importance: by how much {metric} ({}) gets worse when a column is permuted\n{}{more}{}\n{}\n\n",
        number(measured.baseline),
        table(&lines),
        how(measured),
        CAVEAT
    )
}

/// Said wherever the numbers are.
const CAVEAT: &str = "It shows what the networks use, not what causes the target: correlated columns may each \
     look unimportant because the others remain.";

fn how(measured: &Importance) -> String {
    let permutations = count(measured.n_repeats, "permutation");
    let rows = count(measured.n_rows, "held-out row");
    match measured.spread {
        Spread::Folds => format!(
            "Means over {permutations} in each of {}, on {rows}. Intervals are over folds, corrected for the \
             training rows they share, each for one column alone: of many columns without any effect about \
             one in twenty would exclude zero.",
            count(measured.n_folds, "fold")
        ),
        Spread::Permutations => format!(
            "Means over {permutations} of {rows}. There is one fold, so intervals show only the spread over \
             permutations, not over rows or networks."
        ),
    }
}

fn blocks(measured: &Importance) -> Vec<Block> {
    let metric = measured.metric.of_class(measured.positive.as_deref());
    let mut blocks = vec![Block::Text(format!(
        "By how much {metric}, {} with all columns intact, gets worse when the values of one column are \
         permuted among the rows (Breiman 2001). {}",
        number(measured.baseline),
        how(measured)
    ))];
    let rows: Vec<(ForestRow, Shape)> = measured.columns.iter().take(MOST_LINES).map(row).collect();
    if rows.is_empty() {
        blocks.push(Block::Note("No column could be measured.".into()));
        return blocks;
    }
    let axis = format!("worsening of {metric}, right is more important");
    let title = "Permutation importance";
    blocks.push(Block::Charts(forest_columns("importance", title, &axis, &rows, Some(0.0))));
    blocks.push(Block::Text(format!("Filled dots: the interval excludes zero. {CAVEAT}")));
    let inner = vec![Block::Table(numbers(measured))];
    blocks.push(Block::Details { summary: "All columns as a table".into(), blocks: inner });
    blocks
}

fn row(column: &ColumnImportance) -> (ForestRow, Shape) {
    let is_sure = column.interval.is_some_and(|interval| interval.low > 0.0);
    let row = ForestRow {
        label: shorten(&column.column),
        mean: column.drop,
        low: column.interval.map(|interval| interval.low),
        high: column.interval.map(|interval| interval.high),
        note: signed(column.drop),
    };
    (row, if is_sure { Shape::Disc } else { Shape::Ring })
}

fn numbers(measured: &Importance) -> Table {
    let columns = [("column", Align::Left), ("drop", Align::Right), ("95 % interval", Align::Right)];
    let row = |column: &ColumnImportance| {
        vec![shorten(&column.column), signed(column.drop), interval(column.interval)]
    };
    let rows = measured.columns.iter().take(MOST_ROWS).map(row).collect();
    Table::new("Permutation importance of each column", &columns, rows)
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}
