//! The parts of the page, each made from the contents of the report.

mod classes;
mod columns;
mod learning;
mod rates;
mod recipe;
mod scores;
mod test_rows;
mod values;
mod verdict;

use crate::Contents;
use crate::document::{Align, Section, Table};

pub(crate) use verdict::head;

/// All parts in the order of the page. A new part is a line here.
pub(crate) fn all(contents: &Contents) -> Vec<Section> {
    let mut sections = vec![
        scores::section(contents),
        learning::section(contents),
        test_rows::section(contents),
        answers(contents),
    ];
    sections.extend(contents.more.iter().cloned());
    sections.push(columns::section(contents));
    sections.push(recipe::section(contents));
    sections
}

/// What the networks answered to the score rows.
fn answers(contents: &Contents) -> Section {
    if contents.manifest.class_names.is_empty() {
        values::section(contents)
    } else {
        classes::section(contents)
    }
}

/// A table whose first column is words and whose others are as `columns` says.
fn table(caption: &str, columns: &[(&str, Align)], rows: Vec<Vec<String>>) -> Table {
    let columns = columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect();
    Table { caption: caption.to_owned(), columns, rows }
}

/// Names of the user's longer than this are cut.
const NAME: usize = 60;
