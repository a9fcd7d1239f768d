//! Cells as they are written.

/// The cells of a column as they are written, without the quotes around them.
///
/// Made by [`Chunks::next_chunk`](super::Chunks::next_chunk) for the columns that
/// [`ChunkOptions::verbatim`](super::ChunkOptions::verbatim) names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerbatimColumn {
    text: Vec<u8>,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
}

impl VerbatimColumn {
    /// The text of a row's cell, UTF-8.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn cell(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start..self.ends[row]]
    }

    pub(super) fn extend<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>) {
        for cell in cells {
            self.text.extend_from_slice(cell);
            self.ends.push(self.text.len());
        }
    }

    pub(super) fn append(&mut self, next: &Self) {
        let start = self.text.len();
        self.text.extend_from_slice(&next.text);
        self.ends.extend(next.ends.iter().map(|end| start + end));
    }
}
