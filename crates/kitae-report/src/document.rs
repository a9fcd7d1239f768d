//! What a page is made of: sections of blocks, without a word of HTML.

use crate::chart::Chart;

/// A part of the page with a title of its own.
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
    /// Pictures side by side, where there is room.
    Charts(Vec<Chart>),
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
///
/// ```
/// use kitae_report::document::{Block, Panel};
///
/// let panel = Panel { label: "fold 1".into(), blocks: vec![Block::Text("It ran as planned.".into())] };
/// assert_eq!(panel.blocks.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What chooses it.
    pub label: String,
    /// What it shows.
    pub blocks: Vec<Block>,
}

/// Rows and columns of text. The first column names its row.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What it holds, for those who do not see where it stands.
    pub caption: String,
    /// The headings.
    pub columns: Vec<(String, Align)>,
    /// As many cells a row as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// Where the text of a column ends.
///
/// ```
/// use kitae_report::document::Align;
///
/// // Numbers are compared digit by digit.
/// assert_ne!(Align::Left, Align::Right);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl Table {
    /// A table from literals.
    pub fn new(caption: &str, columns: &[(&str, Align)], rows: Vec<Vec<String>>) -> Self {
        let columns = columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect();
        Self { caption: caption.to_owned(), columns, rows }
    }
}

impl Section {
    /// All pictures of the section, in order.
    pub fn charts(&self) -> Vec<&Chart> {
        charts_of(&self.blocks)
    }
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
