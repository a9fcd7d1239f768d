//! Blocks as text for a terminal.

use crate::document::{Block, Table};
use crate::words::{broken, n_letters};

/// How a terminal shows blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Letters of a line: longer sentences are broken between words.
    pub width: usize,
    /// Rows of a table that are shown; a line says how many more there are.
    pub most_rows: usize,
}

impl Terminal {
    /// Of no end: no sentence is broken, and tables are whole.
    pub const ENDLESS: Self = Self { width: usize::MAX, most_rows: usize::MAX };
}

/// The blocks one below the other, as lines that each end. Pictures are left out.
///
/// ```
/// use kitae_report::document::Block;
/// use kitae_report::text::{Terminal, text};
///
/// let blocks = [Block::Heading("Proof".into()), Block::Text("One lever helps, `--set a=1`.".into())];
/// assert_eq!(text(&blocks, &Terminal::ENDLESS), "Proof\nOne lever helps, `--set a=1`.\n");
/// let narrow = Terminal { width: 10, ..Terminal::ENDLESS };
/// assert_eq!(text(&blocks, &narrow), "Proof\nOne lever\nhelps,\n`--set a=1`.\n");
/// ```
pub fn text(blocks: &[Block], terminal: &Terminal) -> String {
    let mut lines = Vec::new();
    let mut last: Option<&Block> = None;
    for block in blocks {
        let has_title = matches!(block, Block::Heading(_) | Block::Table(_));
        if has_title && !last.is_none_or(|last| matches!(last, Block::Heading(_))) {
            lines.push(String::new());
        }
        draw(block, terminal, &mut lines);
        if !matches!(block, Block::Charts(_) | Block::Legend(_)) {
            last = Some(block);
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn draw(block: &Block, terminal: &Terminal, lines: &mut Vec<String>) {
    match block {
        Block::Heading(words) | Block::Text(words) | Block::Note(words) => {
            lines.extend(broken(words, terminal.width));
        }
        Block::Charts(_) | Block::Legend(_) => {}
        Block::Table(content) => table(content, terminal, lines),
        Block::Facts(facts) => {
            let width = facts.iter().map(|(name, _)| n_letters(name)).max().unwrap_or(0);
            lines.extend(facts.iter().map(|(name, value)| format!("  {name:<width$}  {}", one_line(value))));
        }
        // What is behind a line on a page is open here.
        Block::Details { blocks, .. } => lines.extend(text(blocks, terminal).lines().map(str::to_owned)),
        Block::Tabs { panels, .. } => {
            for panel in panels {
                lines.extend([String::new(), panel.label.clone()]);
                lines.extend(text(&panel.blocks, terminal).lines().map(str::to_owned));
            }
        }
    }
}

fn table(table: &Table, terminal: &Terminal, lines: &mut Vec<String>) {
    let n_shown = table.rows.len().min(terminal.most_rows);
    let rows: Vec<&Vec<String>> = std::iter::once(&table.columns).chain(&table.rows[..n_shown]).collect();
    let widest =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| n_letters(cell)).max();
    let widths: Vec<usize> = (0..table.columns.len()).filter_map(widest).collect();
    // Many columns stand closer, so that more of them have room.
    let is_wide = 2 + widths.iter().sum::<usize>() + 3 * widths.len().saturating_sub(1) > terminal.width;
    let gap = if is_wide { "  " } else { "   " };
    lines.extend(broken(&table.caption, terminal.width));
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{:<width$}", one_line(cell)));
        lines.push(format!("  {}", cells.collect::<Vec<_>>().join(gap)).trim_end().to_owned());
    }
    if n_shown < table.rows.len() {
        lines.push(format!("  and {} more", table.rows.len() - n_shown));
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}
