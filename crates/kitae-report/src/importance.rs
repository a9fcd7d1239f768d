//! What a model relies on: the permutation importance of its columns.

use kitae_lab::{ColumnImportance, Importance, Spread};

use crate::chart::{ForestRow, Shape, forest_columns};
use crate::document::{Block, Section, Table};
use crate::section::{NAME, note};
use crate::words::{count, interval, number, shorten, signed};

/// Lines of the picture.
const MOST_LINES: usize = 30;

/// What was measured, as a section of the model's page.
pub fn section(measured: &Importance) -> Section {
    titled(blocks(measured))
}

/// The same where something was measured that cannot be read.
pub fn lost(reason: &str) -> Section {
    titled(note(format!("The importance of columns cannot be read: {reason}.")))
}

fn titled(blocks: Vec<Block>) -> Section {
    Section::new("importance", "Permutation importance", blocks)
}

fn blocks(measured: &Importance) -> Vec<Block> {
    let metric = measured.metric.of_class(measured.positive.as_deref());
    let mut blocks = vec![Block::Text(format!(
        "By how much {metric}, {} with all columns intact, gets worse when the values of one column are \
         permuted among the rows (Breiman 2001). {}",
        number(measured.baseline),
        how(measured)
    ))];
    let rows: Vec<ForestRow> = measured.columns.iter().take(MOST_LINES).map(line).collect();
    if rows.is_empty() {
        blocks.push(Block::Note("No column could be measured.".into()));
        return blocks;
    }
    let axis = format!("worsening of {metric}, right is more important");
    let title = "Permutation importance";
    blocks.push(Block::Charts(forest_columns("importance", title, &axis, &rows, Some(0.0))));
    blocks.push(Block::Legend("Filled dots: the interval excludes zero.".into()));
    blocks.push(Block::Text(
        "It shows what the networks use, not what causes the target: correlated columns may each look unimportant \
         because the others remain."
            .into(),
    ));
    let inner = vec![Block::Table(numbers(measured))];
    blocks.push(Block::Details { summary: "All columns as a table".into(), blocks: inner });
    blocks
}

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

fn line(column: &ColumnImportance) -> ForestRow {
    let is_sure = column.interval.is_some_and(|interval| interval.low > 0.0);
    let shape = if is_sure { Shape::Disc } else { Shape::Ring };
    let label = shorten(&column.column, NAME);
    ForestRow { shape, ..ForestRow::new(&label, column.drop, column.interval, signed(column.drop)) }
}

fn numbers(measured: &Importance) -> Table {
    let columns = ["column", "drop", "95 % interval"];
    let row = |column: &ColumnImportance| {
        vec![shorten(&column.column, NAME), signed(column.drop), interval(column.interval)]
    };
    let rows = measured.columns.iter().map(row).collect();
    Table::new("Permutation importance of each column", &columns, rows)
}
