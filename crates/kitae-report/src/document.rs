//! What a page is made of: sections of blocks, without a word of HTML.

use crate::chart::Chart;

/// A part of the page with a title of its own.
///
/// ```
/// use kitae_report::document::{Block, Section};
///
/// let section = Section {
///     id: "ledger".into(),
///     title: "What each lever earns".into(),
///     blocks: vec![Block::Text("Nothing was tried yet.".into())],
/// };
/// assert!(section.charts().is_empty());
/// ```
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
///
/// ```
/// use kitae_report::document::Block;
///
/// let blocks = [Block::Heading("By class".into()), Block::Text("See `model.json`.".into())];
/// assert_eq!(blocks.len(), 2);
/// ```
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
///
/// ```
/// use kitae_report::document::{Align, Table};
///
/// let table = Table {
///     caption: "Scores".into(),
///     columns: vec![("metric".into(), Align::Left), ("value".into(), Align::Right)],
///     rows: vec![vec!["auc".into(), "0.9798".into()]],
/// };
/// assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
/// ```
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
    ///
    /// ```
    /// use kitae_report::document::{Align, Block, Table};
    ///
    /// let rows = vec![vec!["auc".to_owned(), "0.9798".to_owned()]];
    /// let columns = [("metric", Align::Left), ("value", Align::Right)];
    /// let block = Block::Table(Table::new("Scores", &columns, rows));
    /// assert!(matches!(block, Block::Table(table) if table.columns[1].0 == "value"));
    /// ```
    pub fn new(caption: &str, columns: &[(&str, Align)], rows: Vec<Vec<String>>) -> Self {
        let columns = columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect();
        Self { caption: caption.to_owned(), columns, rows }
    }
}

impl Section {
    /// All pictures of the section, in order.
    ///
    /// ```
    /// use kitae_report::chart::{Axis, Frame};
    /// use kitae_report::document::{Block, Section};
    ///
    /// let frame = Frame::new(Axis::share("x"), Axis::share("y"), 200.0);
    /// let chart = frame.chart("a", "A", "A plot.", frame.axes());
    /// let blocks = vec![Block::Details { summary: "more".into(), blocks: vec![Block::Charts(vec![chart])] }];
    /// let section = Section { id: "s".into(), title: "S".into(), blocks };
    /// assert_eq!(section.charts()[0].name, "a");
    /// ```
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
