//! What a report is made of: sections of blocks, without a word of HTML and without the width of a terminal.

use crate::chart::Chart;

/// A report: what matters most, and the sections behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it is called.
    pub title: String,
    /// One line below the title.
    pub subtitle: String,
    /// What matters most, a sentence each.
    pub verdict: Vec<String>,
    /// A few numbers with their names.
    pub figures: Vec<(String, String)>,
    /// All else, in order.
    pub sections: Vec<Section>,
    /// Who wrote it, from what.
    pub foot: String,
}

impl Document {
    /// All pictures, in order; no two have the same name.
    pub fn charts(&self) -> Vec<&Chart> {
        self.sections.iter().flat_map(|section| charts_of(&section.blocks)).collect()
    }
}

/// A part of a report with a title of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Names the section in links: letters, digits and hyphens.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Its contents.
    pub blocks: Vec<Block>,
}

/// A piece of a section. All texts are plain: what is special in HTML is escaped, and `code` between
/// backticks is set as code.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Block {
    /// A heading within the section.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph about what is missing or needs care.
    Note(String),
    /// Pictures side by side, where there is room. What they show is told in sentences and tables too, so a
    /// terminal goes without them.
    Charts(Vec<Chart>),
    /// How to read the pictures; it goes where they go.
    Legend(String),
    /// Rows and columns.
    Table(Table),
    /// Names and what they stand for.
    Facts(Vec<(String, String)>),
    /// What is read by those who want to know more, behind a line that opens it.
    Details {
        /// The line.
        summary: String,
        /// What it opens.
        blocks: Vec<Block>,
    },
    /// Panels of which one is seen at a time; on paper all of them.
    Tabs {
        /// What is chosen.
        legend: String,
        /// The panels, at most 24.
        panels: Vec<Panel>,
    },
}

/// One of several panels.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What chooses it.
    pub label: String,
    /// What it shows.
    pub blocks: Vec<Block>,
}

/// Rows and columns of text. The first column names its row. A page and a terminal show as many rows as have
/// room there and say how many there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What it holds, for those who do not see where it stands.
    pub caption: String,
    /// The headings.
    pub columns: Vec<String>,
    /// As many cells a row as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table from literals and what was made.
    pub fn new(caption: &str, columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Self { caption: caption.to_owned(), columns, rows }
    }

    /// Whether a column holds numbers and intervals alone, which are compared digit by digit. The first one
    /// has names.
    pub(crate) fn is_of_numbers(&self, column: usize) -> bool {
        let is_number = |part: &str| part == "-" || part.parse::<f64>().is_ok();
        let is_of_numbers = |cell: &String| {
            cell.split(['[', ']', ',', ' ', '<', '×', '%']).filter(|part| !part.is_empty()).all(is_number)
        };
        column > 0 && self.rows.iter().filter_map(|row| row.get(column)).all(is_of_numbers)
    }
}

impl Section {
    /// A section from literals and what was made.
    pub fn new(id: &str, title: &str, blocks: Vec<Block>) -> Self {
        Self { id: id.to_owned(), title: title.to_owned(), blocks }
    }

    /// The section as blocks among others, below its title.
    pub fn into_blocks(self) -> impl Iterator<Item = Block> {
        std::iter::once(Block::Heading(self.title)).chain(self.blocks)
    }
}

/// Names and what they stand for, from literals.
pub(crate) fn facts<const N: usize>(facts: [(&str, String); N]) -> Vec<(String, String)> {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn charts_of(blocks: &[Block]) -> Vec<&Chart> {
    blocks.iter().flat_map(charts_of_block).collect()
}

fn charts_of_block(block: &Block) -> Vec<&Chart> {
    match block {
        Block::Charts(charts) => charts.iter().collect(),
        Block::Details { blocks, .. } => charts_of(blocks),
        Block::Tabs { panels, .. } => panels.iter().flat_map(|panel| charts_of(&panel.blocks)).collect(),
        _ => Vec::new(),
    }
}
