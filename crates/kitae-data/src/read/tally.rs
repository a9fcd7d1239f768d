//! Cells of a column that could not be taken for what they say.

/// What cells of a column with a known kind were that have no value in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Infinite numbers; they count as missing.
    pub n_infinite: usize,
    /// Categories that the schema does not know.
    pub unseen: Oddities,
    /// Cells that are no numbers or times as their column writes them; they count as missing.
    pub odd: Oddities,
}

/// Cells of one kind: how many, and a few of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// How many cells.
    pub n_cells: usize,
    /// The first different ones, a few.
    pub texts: Vec<String>,
}

/// How many texts are kept.
const MOST_TEXTS: usize = 3;

impl Tally {
    pub(crate) fn merge(&mut self, next: &Self) {
        self.n_infinite += next.n_infinite;
        self.unseen.merge(&next.unseen);
        self.odd.merge(&next.odd);
    }
}

impl Oddities {
    #[cold]
    pub(super) fn add(&mut self, cell: &[u8]) {
        self.n_cells += 1;
        if self.texts.len() < MOST_TEXTS {
            self.keep(&String::from_utf8_lossy(cell));
        }
    }

    fn merge(&mut self, next: &Self) {
        self.n_cells += next.n_cells;
        next.texts.iter().for_each(|text| self.keep(text));
    }

    fn keep(&mut self, text: &str) {
        if self.texts.len() < MOST_TEXTS && !self.texts.iter().any(|known| known == text) {
            self.texts.push(text.to_owned());
        }
    }
}
