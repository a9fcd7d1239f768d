//! The cells of a table that a layout asks for, checked once and then read in blocks.

use super::calendar::TimePart;
use super::layout::{Aspect, Input, InputKind, Layout, Number};
use super::{PreprocessError, UnseenLevels};
use crate::table::{Cells, Column, MISSING, Table, UNSEEN};

/// The cells of one input.
#[derive(Clone, Copy)]
pub(super) enum InputCells<'a> {
    Numbers(&'a [f64]),
    Codes(&'a [u32]),
}

/// The cells of every input of `layout`, in order; `rows` are sure to be in the table.
pub(super) fn find_cells<'a>(
    layout: &Layout,
    table: &'a Table,
    rows: &[u32],
    unseen: UnseenLevels,
) -> Result<Vec<InputCells<'a>>, PreprocessError> {
    let n_rows = table.n_rows;
    if let Some(&row) = rows.iter().find(|row| **row as usize >= n_rows) {
        return Err(PreprocessError::RowOutside { row, n_rows });
    }
    let mut all = Vec::with_capacity(layout.inputs.len());
    for (input, column) in layout.inputs.iter().zip(find_columns(layout, table)?) {
        let cells = checked_cells(input, column, n_rows)?;
        if let (UnseenLevels::Refuse, InputCells::Codes(codes)) = (unseen, cells)
            && let Some(&row) = rows.iter().find(|row| codes[**row as usize] == UNSEEN)
        {
            return Err(PreprocessError::UnseenLevel { column: input.column.clone(), row });
        }
        all.push(cells);
    }
    Ok(all)
}

/// Which levels of each input enough of the `rows` hold: one, or `min_rows` for a code of an embedding;
/// empty for numbers.
pub(super) fn seen_levels(
    layout: &Layout,
    cells: &[InputCells],
    rows: &[u32],
    min_rows: usize,
) -> Vec<Vec<bool>> {
    let seen_of = |(input, cells): (&Input, &InputCells)| {
        let mut n_rows = vec![0_usize; input.levels().len()];
        if let InputCells::Codes(codes) = cells {
            for code in rows.iter().map(|row| codes[*row as usize]).filter(|code| *code != MISSING) {
                if let Some(n_rows) = n_rows.get_mut(code as usize - 1) {
                    *n_rows += 1;
                }
            }
        }
        let enough = if matches!(input.kind, InputKind::Code { .. }) { min_rows.max(1) } else { 1 };
        n_rows.into_iter().map(|n_rows| n_rows >= enough).collect()
    };
    layout.inputs.iter().zip(cells).map(seen_of).collect()
}

/// Where each number of a row comes from, given the cells and the seen levels of every input.
pub(super) fn sources<'a>(
    layout: &'a Layout,
    cells: &[InputCells<'a>],
    seen: &[Vec<bool>],
) -> Vec<Source<'a>> {
    let source = |number: &Number<'a>| Source {
        column: number.column,
        reader: Reader::new(number.part, cells[number.input], &seen[number.input]),
    };
    layout.numbers().iter().map(source).collect()
}

/// Where one number of every row comes from.
pub(super) struct Source<'a> {
    column: &'a str,
    reader: Reader<'a>,
}

enum Reader<'a> {
    Value(&'a [f64]),
    Time(&'a [f64], TimePart),
    Missing(&'a [f64]),
    /// What the codes 1 and 2 become; 0 for a level that no training row holds.
    Sign(&'a [u32], [f64; 2]),
    Level(&'a [u32], u32),
}

impl Source<'_> {
    /// Reads the numbers of `rows` into `numbers`; NaN where missing. Infinite ones are an error.
    pub(super) fn read(&self, rows: &[u32], numbers: &mut [f64]) -> Result<(), PreprocessError> {
        self.reader.read(rows, numbers);
        // Looking at every number without stopping early is what a processor does fastest.
        if !numbers.iter().fold(false, |any, number| any | number.is_infinite()) {
            return Ok(());
        }
        match rows.iter().zip(numbers).find(|(_, number)| number.is_infinite()) {
            Some((&row, _)) => Err(PreprocessError::Infinite { column: self.column.to_owned(), row }),
            None => Ok(()),
        }
    }
}

impl<'a> Reader<'a> {
    fn new(part: Aspect, cells: InputCells<'a>, seen: &[bool]) -> Self {
        match (cells, part) {
            (InputCells::Numbers(values), Aspect::Time(part)) => Self::Time(values, part),
            (InputCells::Numbers(values), Aspect::Missing) => Self::Missing(values),
            (InputCells::Numbers(values), _) => Self::Value(values),
            (InputCells::Codes(codes), Aspect::Level { position, .. }) => {
                Self::Level(codes, position as u32 + 1)
            }
            (InputCells::Codes(codes), _) => {
                let sign = |level: usize, sign: f64| if seen.get(level) == Some(&true) { sign } else { 0.0 };
                Self::Sign(codes, [sign(0, -1.0), sign(1, 1.0)])
            }
        }
    }

    fn read(&self, rows: &[u32], numbers: &mut [f64]) {
        match *self {
            Self::Value(values) => each(rows, numbers, |row| values[row]),
            Self::Time(seconds, part) => each(rows, numbers, |row| part.of(seconds[row])),
            Self::Missing(values) => each(rows, numbers, |row| f64::from(u8::from(values[row].is_nan()))),
            Self::Sign(codes, [first, second]) => each(rows, numbers, |row| match codes[row] {
                1 => first,
                2 => second,
                _ => 0.0,
            }),
            Self::Level(codes, code) => each(rows, numbers, |row| f64::from(u8::from(codes[row] == code))),
        }
    }
}

fn each(rows: &[u32], numbers: &mut [f64], number: impl Fn(usize) -> f64) {
    for (slot, &row) in numbers.iter_mut().zip(rows) {
        *slot = number(row as usize);
    }
}

fn find_columns<'a>(layout: &Layout, table: &'a Table) -> Result<Vec<&'a Column>, PreprocessError> {
    let found = table.columns_named(layout.inputs.iter().map(|input| input.column.as_str()));
    let lacking = layout.inputs.iter().zip(&found).filter(|(_, column)| column.is_none());
    let lacking: Vec<String> = lacking.map(|(input, _)| format!("`{}`", input.column)).collect();
    if lacking.is_empty() {
        Ok(found.into_iter().flatten().collect())
    } else {
        Err(PreprocessError::MissingColumns { columns: lacking.join(", ") })
    }
}

fn checked_cells<'a>(
    input: &Input,
    column: &'a Column,
    n_rows: usize,
) -> Result<InputCells<'a>, PreprocessError> {
    let name = || column.name.clone();
    if column.cells.len() != n_rows {
        return Err(PreprocessError::CellCount { column: name(), n_cells: column.cells.len(), n_rows });
    }
    let wants_levels =
        matches!(input.kind, InputKind::Sign { .. } | InputKind::OneHot { .. } | InputKind::Code { .. });
    let words = |levels: bool| if levels { "texts" } else { "numbers" };
    match &column.cells {
        Cells::Numbers(values) if !wants_levels => Ok(InputCells::Numbers(values)),
        Cells::Levels { codes, levels } if wants_levels && levels == input.levels() => {
            Ok(InputCells::Codes(codes))
        }
        Cells::Levels { .. } if wants_levels => Err(PreprocessError::OtherLevels { column: name() }),
        _ => Err(PreprocessError::WrongCells {
            column: name(),
            expected: words(wants_levels),
            found: words(!wants_levels),
        }),
    }
}
